"""What did we trade, and was it good?"""

from __future__ import annotations

from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.panels import (
    BAR,
    BOOK_KEYS,
    Column,
    Placed,
    Section,
    bars,
    cell,
    grid,
    ranged,
    select_book,
)
from fortuna_otel.provisioning.promql import BOOK, BOOKS, STEP, TODAY

COMPONENTS = {
    "spread": style.BID,
    "inventory": style.TARGET,
    "fees": style.ASK,
    "funding": style.VIOLET,
    "loan": style.WARN,
    "gas": style.GREY,
}


def profit(keys: promql.Keys, window: str, scope: promql.Scope = BOOKS) -> str:
    """Profit less loss of every component over a window, in the reference currency."""
    return _netted(signals.trades.PNL_ATTRIBUTED, keys, window, scope)


def realized(keys: promql.Keys, window: str, scope: promql.Scope = BOOKS) -> str:
    """Realized gain less loss over a window, average cost, in the reference currency."""
    return _netted(signals.trades.PNL_REALIZED, keys, window, scope)


def _netted(signal: signals.Signal, keys: promql.Keys, window: str, scope: promql.Scope) -> str:
    net = promql.gain_less_loss(signal, (*keys, "quote"), window, scope)
    return promql.by("sum", keys, promql.in_reference(net, "quote"))


def profit_by_capital(keys: promql.Keys, window: str) -> str:
    """Sum profit to `keys`, apart for the client's and the desk's capital."""
    books = promql.select(signals.quotes.BOOK_INFO, BOOKS)
    capital = promql.by(
        "max", (*BOOK, "capital"), f"last_over_time({books}[{promql.SILENCE_WINDOW}])"
    )
    each = profit((*BOOK, *keys), window)
    joined = f"{each} * on ({','.join(BOOK)}) group_left (capital) {capital}"
    return promql.by("sum", ("capital", *keys), joined)


def section() -> Section:
    """Build the section."""
    return Section(
        "Trades",
        (
            Placed(_buys_and_sells(), 0, 0, 12, 8),
            Placed(_pnl(), 12, 0, 12, 8),
            Placed(_fills(), 0, 8, 24, 10),
        ),
    )


def traded(window: str, side: str) -> str:
    """Own traded value of one side over a window, in the reference currency."""
    value = promql.increase(signals.trades.NOTIONAL, ("quote",), window, BOOKS, side=side)
    return f"sum({promql.in_reference(value, 'quote')})"


def _buys_and_sells() -> Any:
    buys, sells = traded(STEP, "buy"), traded(STEP, "sell")
    return (
        bars(
            "Buys and sells, $reference",
            "Own traded value of the selected books, in $reference at the rate of the moment: buys "
            "above zero, sells below, the line is their difference." + BAR + " Empty: no book in "
            "the selection reports fills.",
        )
        .with_target(ranged(buys, "A", "buys"))
        .with_target(ranged(f"-{sells}", "B", "sells"))
        .with_target(ranged(f"{buys} - {sells}", "C", "net"))
        .unit("short")
        .axis_centered_zero(True)
        .override_by_name("buys", [style.fixed(style.BID)])
        .override_by_name("sells", [style.fixed(style.ASK)])
        .override_by_name("net", style.net_line())
    )


def _pnl() -> Any:
    panel = bars(
        "PnL by component, $reference",
        "Profit less loss of the selected books, in $reference at the rate of the moment: "
        "**spread** earned against the mid at the fill, **inventory**: revaluation of "
        "what is held to the reference mid, **fees**. Apart for the client's and the desk's "
        "capital, never added up; the line is the sum of one capital." + BAR + " Empty: no "
        "selected book reports PnL.",
    )
    panel.with_target(
        ranged(profit_by_capital(("component",), STEP), "A", "{{component}} · {{capital}}")
    ).with_target(ranged(profit_by_capital((), STEP), "B", "net · {{capital}}"))
    for component, colour in COMPONENTS.items():
        panel.override_by_regexp(f"/^{component}/", [style.fixed(colour)])
    return panel.override_by_regexp("/^net/", style.net_line()).unit("short")


def _fills() -> Any:
    sides = {
        side: promql.increase(signals.trades.NOTIONAL, (*BOOK, "quote"), TODAY, BOOKS, side=side)
        for side in ("buy", "sell")
    }
    bought, sold = (
        promql.by("sum", BOOK, promql.in_reference(value, "quote")) for value in sides.values()
    )
    maker = promql.increase(signals.trades.NOTIONAL, BOOK, TODAY, BOOKS, liquidity="maker")
    every = promql.increase(signals.trades.NOTIONAL, BOOK, TODAY, BOOKS)
    last = promql.age(signals.trades.LAST_TIMESTAMP, BOOK, BOOKS)
    value = style.unit("short")
    return grid(
        "Traded today, by book",
        "Since 00:00 UTC, one row a selected book: fills, value **bought** and **sold**, the "
        "**maker** share of the value, **PnL** (fees and revaluation included), of it "
        "**realized** (average cost, before fees), in "
        "$reference at the current rate; **last fill**: how long ago, within the hour. Empty: no "
        "selected book reports fills.",
        keys=BOOK_KEYS,
        columns=(
            Column(
                "fills",
                promql.increase(signals.trades.FILLS, BOOK, TODAY, BOOKS),
                cell(style.unit("none", 0)),
            ),
            Column("bought", bought, cell(value, style.fixed(style.BID), style.coloured_text())),
            Column("sold", sold, cell(value, style.fixed(style.ASK), style.coloured_text())),
            Column("maker", f"{maker} / ({every} > 0)", cell(style.unit("percentunit", 0))),
            Column(
                "PnL",
                profit(BOOK, TODAY),
                cell(
                    value,
                    style.coloured_text(),
                    style.threshold_properties((None, style.ASK), (0, style.TEXT)),
                ),
            ),
            Column(
                "realized",
                realized(BOOK, TODAY),
                cell(
                    value,
                    style.coloured_text(),
                    style.threshold_properties((None, style.ASK), (0, style.TEXT)),
                ),
            ),
            Column("last fill", last, cell(style.unit("s", 0))),
        ),
        sort=(("bought", True),),
        key_properties={"client": cell(select_book())},
        empty="no book in the selection",
    )
