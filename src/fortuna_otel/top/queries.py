"""What is asked: the board's own expressions, by the panel they stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortuna_otel import recorded
from fortuna_otel.provisioning import (
    alerts,
    balances,
    depths,
    desk,
    flows,
    general,
    health,
    inventory,
    market,
    obligations,
    promql,
    spread,
    trades,
    variables,
)
from fortuna_otel.provisioning.interpolate import duration_seconds, substitute
from fortuna_otel.top.store import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel.provisioning.panels import Column

POINTS: Final = 120
"""Of a sparkline, `$interval` apart."""

KNOWN_WINDOW: Final = "15m"
"""A book that nobody has reported for longer is no choice; the board's own range."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression of the board with its variables, and whether it is a line over time."""

    expr: str
    line: bool = False


def known() -> dict[str, str]:
    """Ask what can be chosen."""
    books = f"last_over_time({variables.known_books()}[{KNOWN_WINDOW}])"
    return {
        "books": promql.by("group", promql.BOOK, books),
        "currencies": promql.by("group", ("currency",), variables.known_currencies()),
        "today": variables.SECONDS_TODAY,
    }


def known_assets() -> str:
    """Ask which assets the selected accounts hold."""
    return promql.by("group", ("asset",), variables.known_assets())


def rates() -> dict[str, Asked]:
    """Ask which quote currencies are selected, and which have a rate in the reference currency."""
    rated = promql.live(recorded.QUOTE_RATE, ("quote",), promql.REFERENCE)
    return {"quotes": Asked(promql.selected_books(("quote",))), "rates": Asked(rated)}


def strip() -> dict[str, Asked]:
    """Ask what the status strip shows."""
    return {
        "pnl": Asked(flows.profit(("capital",), flows.TODAY)),
        "delta": Asked(inventory.delta()),
        "resting": Asked(general.resting()),
        "not kept": Asked(obligations.out_of_terms()),
        "obligations": Asked(f"count({promql.selected_obligations()})"),
        "feed": Asked(f"max({health.feed_age_by_market()})"),
        "venues not ok": Asked(general.venues_not_ok()),
        "venues": Asked(f"count({general.reporting_venues()})"),
        "services silent": Asked(general.services_silent()),
        "services": Asked(f"count({health.expected_services()})"),
    }


def firing() -> dict[str, Asked]:
    """Ask which alerts fire, since when, and whether any could."""
    return {
        "pages": Asked(general.firing_pages()),
        "firing": Asked(alerts.lasting(alerts.SELECTED)),
    }


def columns(name: str, those: Sequence[Column]) -> dict[str, Asked]:
    """Ask what a table's columns show."""
    return {f"{name}/{column.title}": Asked(column.expr) for column in those}


def first_screen() -> dict[str, Asked]:
    """Ask everything of the first screen."""
    return strip() | rates() | firing() | columns("desk", desk.columns())


def one_book() -> dict[str, Asked]:
    """Ask everything about the one book."""
    return {
        **rates(),
        **firing(),
        **columns("desk", desk.columns()),
        **{f"ticker/{name}": Asked(expr) for name, expr in market.ticker_numbers().items()},
        "spread": Asked(spread.of_one()["own"], line=True),
        **columns("ladder", ladder()),
        **columns("depth", depths.band_columns()),
        **columns("exposure", chosen(inventory.exposure_columns(), EXPOSURE)),
        **columns("balance", chosen(balances.columns(), BALANCE)),
        **columns("traded", trades.book_columns()),
        "pnl": Asked(flows.profit(("capital",), flows.TODAY)),
        "pnl by component": Asked(flows.profit_by_component(flows.TODAY)),
    }


LADDER: Final = ("cum ", "size ", "price", "size", "cum", "from mid")
EXPOSURE: Final = ("net", "target", "of limit", "value")
BALANCE: Final = ("free", "used", "of float", "as of")


def ladder() -> list[Column]:
    """List the ladder's columns; its bars are drawn from the sums."""
    return chosen(market.ladder_columns(), LADDER)


def chosen(those: Iterable[Column], titles: Sequence[str]) -> list[Column]:
    """List some columns of a table by their titles.

    Raises:
        KeyError: the table has no such column.
    """
    found = {column.title: column for column in those}
    return [found[title] for title in titles]


def questions(
    asked: Mapping[str, Asked], values: Mapping[str, str | Sequence[str]]
) -> dict[str, Question]:
    """Put the variables' values into the expressions, as Grafana does."""
    step = duration_seconds(str(values["interval"]))
    return {
        name: Question(
            substitute(one.expr, values),
            seconds=step * POINTS if one.line else 0.0,
            step=step if one.line else 0.0,
        )
        for name, one in asked.items()
    }
