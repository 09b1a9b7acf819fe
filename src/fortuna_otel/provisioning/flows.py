"""What flowed: fills, volume, traded value, PnL and fees, counted by the minute.

`alerting/rules/flows.yaml` records what flowed in each minute, and its worth in each reference
currency at the rate of that minute. Minutes that follow each other add up to what was traded in
them, over restarts too; a day of them is read at once, a day of counters is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import recorded
from fortuna_otel.provisioning.promql import (
    BOOK,
    BOOKS,
    Keys,
    Scope,
    by,
    check_labels,
    live,
    select,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortuna_otel.signals.spec import Recorded

TODAY = "${today}s"
# Bars of what flows are `$interval` wide, never narrower than the minute it is recorded by: the
# smallest step of their panel. What a bar adds up is as wide as the step, whatever that has become.
BAR = "${bar}s"


def flowed(
    metric: Recorded, keys: Keys, window: str, scope: Scope = (), **labels: str | Sequence[str]
) -> str:
    """Sum what flowed in the whole minutes of a window; NaN where a part of it is unknown.

    A window in which nothing flowed has no sample: `counted` tells it from one nobody knows of.

    Args:
        metric: one of `recorded.FLOW_*`: a sample for each minute in which something flowed.
        keys: labels to sum to. Values of client's and desk's capital must stay apart.
        window: at least a minute.
        scope: matchers that follow the variables.
        labels: as for `select`; a value needs its currency.
    """
    check_labels(metric, keys)
    return by("sum", keys, f"sum_over_time({select(metric, scope, **labels)}[{window}])")


def worth(metric: Recorded, keys: Keys, window: str, scope: Scope = (), **labels: str) -> str:
    """Sum what flowed in a window (see `flowed`) in $reference, at the rate of each minute."""
    return flowed(metric, keys, window, scope, currency="$reference", **labels)


def counted(level: Recorded, keys: Keys, scope: Scope = (), *, valued: bool = True) -> str:
    """Read 0 for each `keys` with a selected book whose flows are accounted for.

    Args:
        level: the recorded level of the flow's counters.
        keys: of a book, and its capital.
        scope: matchers that follow the variables.
        valued: only while flows are valued in $reference.
    """
    books = live(recorded.BOOK, (*BOOK, "capital"), scope, aggregator="group")
    known = live(level, BOOK, scope, aggregator="group")
    accounted = f"{books} and on ({','.join(BOOK)}) {known}"
    zero = f"0 * {by('group', keys, accounted)}"
    if not valued:
        return f"({zero})"
    in_currency = live(recorded.FLOW_CURRENCY, (), aggregator="group", currency="$reference")
    return f"({zero} and on () {in_currency})"


def profit(keys: Keys, window: str, scope: Scope = BOOKS) -> str:
    """Profit less loss over a window, every component, in $reference at each minute's rate.

    Where nothing flowed it is 0, and NaN where a rate was missing.

    Args:
        keys: labels of a book, or its capital: never add the client's to the desk's.
        window: whole minutes.
        scope: matchers that follow the variables.
    """
    return _of(recorded.FLOW_ATTRIBUTED_VALUE, recorded.FLOW_ATTRIBUTED_LEVEL, keys, window, scope)


def realized(keys: Keys, window: str, scope: Scope = BOOKS) -> str:
    """Realized gain less loss over a window: average cost, before fees, valued as `profit` is."""
    return _of(recorded.FLOW_REALIZED_VALUE, recorded.FLOW_REALIZED_LEVEL, keys, window, scope)


def fees(keys: Keys, window: str, scope: Scope = BOOKS) -> str:
    """Trading fees less rebates over a window, valued as `profit` is."""
    return _of(recorded.FLOW_FEES_VALUE, recorded.FLOW_FEES_LEVEL, keys, window, scope)


def traded(keys: Keys, window: str, side: str, scope: Scope = BOOKS) -> str:
    """Own traded value of one side over a window, valued as `profit` is."""
    levels = recorded.FLOW_TRADED_LEVEL
    return _of(recorded.FLOW_TRADED_VALUE, levels, keys, window, scope, side=side)


def number(keys: Keys, window: str, side: str, scope: Scope = BOOKS) -> str:
    """Own fills of one side over a window of whole minutes."""
    flow, level = recorded.FLOW_FILLS, recorded.FLOW_FILLS_LEVEL
    return _of(flow, level, keys, window, scope, valued=False, side=side)


def volume(keys: Keys, window: str, scope: Scope = BOOKS) -> str:
    """Filled quantity over a window of whole minutes, in the base asset."""
    flow, level = recorded.FLOW_VOLUME, recorded.FLOW_VOLUME_LEVEL
    return _of(flow, level, keys, window, scope, valued=False)


def maker_share(keys: Keys, window: str, scope: Scope = BOOKS) -> str:
    """Share of the own traded value that rested in the book before, of one quote currency."""
    flow, level = recorded.FLOW_TRADED, recorded.FLOW_TRADED_LEVEL
    maker = _of(flow, level, keys, window, scope, valued=False, liquidity="maker")
    return f"({maker} / ({flowed(flow, keys, window, scope)} > 0))"


def profit_by_component(window: str, scope: Scope = BOOKS) -> str:
    """Profit less loss of each component that moved, apart for the client's and desk's capital."""
    return worth(recorded.FLOW_ATTRIBUTED_VALUE, ("component", "capital"), window, scope)


def _of(
    metric: Recorded,
    level: Recorded,
    keys: Keys,
    window: str,
    scope: Scope,
    *,
    valued: bool = True,
    **labels: str,
) -> str:
    """Sum what flowed in a window: 0, not nothing, where flows are accounted for and none was."""
    read = worth if valued else flowed
    found = read(metric, keys, window, scope, **labels)
    return f"({found} or {counted(level, keys, scope, valued=valued)})"
