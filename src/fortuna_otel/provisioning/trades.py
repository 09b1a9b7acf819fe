"""What did we trade, and was it good?"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import fills, flows, markouts, promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import (
    BAR,
    BOOK_KEYS,
    FLOW_BAR,
    Column,
    Placed,
    Section,
    bars,
    cell,
    grid,
    ranged,
    select_book,
)
from fortuna_otel.provisioning.promql import BOOK, BOOKS, STEP

SIGNED = (
    style.coloured_text(),
    *style.threshold_properties((None, style.ASK), (0, style.TEXT)),
)
COMPONENTS = {
    "spread": style.BID,
    "inventory": style.TARGET,
    "fees": style.ASK,
    "funding": style.VIOLET,
    "loan": style.WARN,
    "gas": style.GREY,
}


def section() -> Section:
    """Build the section."""
    return Section(
        "Trades",
        (
            Placed(watched(_buys_and_sells(), "OneSidedFills"), 0, 0, 9, 8),
            Placed(_fill_counts(), 9, 0, 6, 8),
            Placed(watched(_pnl(), "Drawdown", "PnLUnexplained"), 15, 0, 9, 8),
            Placed(markouts.curve(), 0, 8, 10, 9),
            Placed(watched(markouts.table(), "AdverseSelection"), 10, 8, 14, 9),
            Placed(_today(), 0, 17, 24, 10),
            Placed(fills.table(), 0, 27, 24, 10),
        ),
    )


def _buys_and_sells() -> Any:
    buys, sells = (
        flows.worth(recorded.FLOW_TRADED_VALUE, (), STEP, BOOKS, side=side)
        for side in ("buy", "sell")
    )
    return (
        bars(
            "Buys and sells, $reference",
            "Own traded value of the selected books, in $reference at the rate of its minute: buys "
            "above zero, sells below, the line is their difference." + FLOW_BAR + " Empty: the "
            "selection traded nothing in the range.",
            interval=flows.BAR,
        )
        .with_target(ranged(buys, "A", "buys"))
        .with_target(ranged(f"-{sells}", "B", "sells"))
        .with_target(ranged(f"({buys} or 0 * {sells}) - ({sells} or 0 * {buys})", "C", "net"))
        .unit("short")
        .axis_centered_zero(True)
        .override_by_name("buys", [style.fixed(style.BID)])
        .override_by_name("sells", [style.fixed(style.ASK)])
        .override_by_name("net", style.net_line())
    )


def _fill_counts() -> Any:
    counted = (
        promql.increase(signals.trades.FILLS, (), STEP, BOOKS, side=side)
        for side in ("buy", "sell")
    )
    panel = bars(
        "Fills, buys and sells",
        "Own fills of the selected books, exactly: buys above zero, sells below." + BAR + " Empty: "
        "no book in the selection reports fills.",
    )
    for ref, sign, name, colour, expr in zip(
        "AB", ("", "-"), ("buys", "sells"), (style.BID, style.ASK), counted, strict=True
    ):
        panel.with_target(ranged(f"{sign}{expr}", ref, name))
        panel.override_by_name(name, [style.fixed(colour)])
    return panel.unit("none").decimals(0).axis_centered_zero(True)


def _pnl() -> Any:
    panel = bars(
        "PnL by component, $reference",
        "Profit less loss of the selected books, in $reference at the rate of its minute: "
        "**spread** earned against the mid at the fill, **inventory**: revaluation of "
        "what is held to the reference mid, **fees**, funding, loan interest, gas. Apart for the "
        "client's and the desk's capital, never added up; the lines are the **net** of one capital "
        "and what of it was **realized** (average cost, before fees)." + FLOW_BAR + " Empty: no "
        "selected book earned or lost anything in the range.",
        interval=flows.BAR,
    )
    net = flows.worth(recorded.FLOW_ATTRIBUTED_VALUE, ("capital",), STEP, BOOKS)
    booked = flows.worth(recorded.FLOW_REALIZED_VALUE, ("capital",), STEP, BOOKS)
    panel.with_target(ranged(flows.profit_by_component(STEP), "A", "{{component}} · {{capital}}"))
    panel.with_target(ranged(net, "B", "net · {{capital}}"))
    panel.with_target(ranged(booked, "C", "realized · {{capital}}"))
    for component, colour in COMPONENTS.items():
        panel.override_by_regexp(f"/^{component}/", [style.fixed(colour)])
    return (
        panel.override_by_regexp("/^net/", style.net_line())
        .override_by_regexp("/^realized/", [*style.net_line(), style.fixed(style.TARGET)])
        .unit("short")
    )


def today_by_component() -> Any:
    """Build what each component earned today."""
    money = cell(style.unit("short"), *SIGNED)
    return grid(
        "PnL today by component, $reference",
        "Profit less loss since 00:00 UTC of the selected books, in $reference at the rate of each "
        "minute, by what it comes from, one row a component and capital (the client's, the "
        "desk's), never added up. As of the last whole minute. NaN: a rate was missing for an "
        "hour. Empty: nothing was earned or lost today.",
        keys={"component": "component", "capital": "capital"},
        columns=(Column("PnL", flows.profit_by_component(flows.TODAY), money),),
        sort=(("PnL", True),),
        empty="nothing earned or lost today",
    )


def book_columns() -> tuple[Column, ...]:
    """List what each selected book traded today."""
    value, whole = style.unit("short"), style.unit("none", 0)
    sides = {"buy": ("bought", style.BID), "sell": ("sold", style.ASK)}
    counts = (
        Column(
            f"{side}s",
            flows.number(BOOK, flows.TODAY, side),
            cell(whole, style.fixed(colour), style.coloured_text()),
        )
        for side, (_, colour) in sides.items()
    )
    values = (
        Column(
            title,
            flows.traded(BOOK, flows.TODAY, side),
            cell(value, style.fixed(colour), style.coloured_text()),
        )
        for side, (title, colour) in sides.items()
    )
    return (
        *counts,
        Column("volume", flows.volume(BOOK, flows.TODAY), cell(value)),
        *values,
        Column("maker", flows.maker_share(BOOK, flows.TODAY), cell(style.unit("percentunit", 0))),
        Column("fees", flows.fees(BOOK, flows.TODAY), cell(value)),
        Column("PnL", flows.profit(BOOK, flows.TODAY), cell(value, *SIGNED)),
        Column("realized", flows.realized(BOOK, flows.TODAY), cell(value, *SIGNED)),
        Column(
            "last fill",
            promql.age(signals.trades.LAST_TIMESTAMP, BOOK, BOOKS),
            cell(style.unit("s", 0)),
        ),
    )


def _today() -> Any:
    return grid(
        "Traded today, by book",
        "Since 00:00 UTC, one row a selected book: fills that bought (**buys**) and sold "
        "(**sells**), **volume** in the base asset, value **bought** and **sold**, the **maker** "
        "share of the value, **fees** less rebates, **PnL** (fees and revaluation included), of it "
        "**realized** (average cost, before fees), in $reference at the rate of each minute, as of "
        "the last whole one; **last fill**: how long ago, within the hour. Empty: no "
        "selected book reports fills.",
        keys=BOOK_KEYS,
        columns=book_columns(),
        sort=(("bought", True),),
        key_properties={"client": cell(select_book())},
        empty="no book in the selection",
    )
