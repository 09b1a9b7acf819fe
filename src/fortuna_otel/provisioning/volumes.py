"""Did we trade what we promised, and not more?"""

from __future__ import annotations

from typing import Any, Final

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.panels import OBLIGATION_KEYS, Column, cell, grid, select_obligation
from fortuna_otel.provisioning.promql import CLIENT_MARKET, OBLIGATION, OBLIGATIONS

TERM: Final[promql.Keys] = (*OBLIGATION, "window")
_MARKET: Final[promql.Keys] = (*CLIENT_MARKET, "window")


def least() -> str:
    """Traded value that each obligation promises over a window."""
    return _term(signals.mandates.VOLUME_MIN)


def most() -> str:
    """Traded value that each obligation allows over a window."""
    return _term(signals.mandates.VOLUME_MAX)


def traded() -> str:
    """What was traded of it in the window so far, over all accounts and tags of the client."""
    so_far = promql.live(recorded.KPI_TRADED, _MARKET, OBLIGATIONS, aggregator="sum")
    promised = promql.by("group", TERM, f"{least()} or {most()}")
    return f"({promised} * on ({','.join(_MARKET)}) group_left () {so_far})"


def _term(signal: signals.Signal) -> str:
    return promql.of_selected(promql.term(signal, TERM, OBLIGATIONS), CLIENT_MARKET)


def _share(promised: str, *steps: style.Step) -> tuple[str, tuple[style.Property, ...]]:
    """What was traded as a share of a promise, and how it looks."""
    look = (style.unit("percentunit", 0), style.coloured_text())
    return f"{traded()} / ({promised} > 0)", cell(*look, style.threshold_properties(*steps))


def table() -> Any:
    """Build the table."""
    value = cell(style.unit("short"))
    return grid(
        "Volume promised",
        "Own traded value of each obligation that promises or limits one, in the quote currency, "
        "over all its accounts and tags, so far in the UTC day or month, as of the last whole "
        "minute: **traded**, **least** and **most** of the mandate, **of least** and **of most** "
        "the shares reached. What a week has traded so far is not recorded. Account and tag choose "
        "which rows are shown. Empty: no obligation in the selection promises a volume.",
        keys={**OBLIGATION_KEYS, "window": "window"},
        columns=(
            Column("traded", traded(), value),
            Column("least", least(), value),
            Column("of least", *_share(least(), (None, style.WARN), (1, style.GOOD))),
            Column("most", most(), value),
            Column(
                "of most",
                *_share(most(), (None, style.TEXT), (0.9, style.WARN), (1, style.ASK)),
            ),
        ),
        order=(
            *("client", "exchange", "symbol", "window"),
            *("traded", "least", "of least", "most", "of most"),
        ),
        sort=(("of least", False), ("of most", True)),
        key_properties={"client": cell(select_obligation())},
        empty="no obligation with a volume in the selection",
    )
