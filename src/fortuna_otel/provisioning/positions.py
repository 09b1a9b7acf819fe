"""What is open on derivatives and in pools, and what is it worth?

By book, unlike the balances beside them: symbol and tag apply.
"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import BOOK_KEYS, Column, cell, grid, select_book
from fortuna_otel.provisioning.promql import ACCOUNT, BOOK, BOOKS, MARKET


def size() -> str:
    """Open position of each derivatives book in the base asset, negative when short."""
    return promql.live(signals.trades.POSITION_SIZE, BOOK, BOOKS)


def unrealized() -> str:
    """What each open position, spot too, would earn at the reference mid, in $reference."""
    each = promql.live(signals.trades.PNL_UNREALIZED, (*BOOK, "quote"), BOOKS)
    return promql.by("sum", BOOK, promql.in_reference(each, "quote"))


def _of_position(expr: str, on: promql.Keys) -> str:
    """Give a number of a market or an account to each position there."""
    return f"0 * {size()} + on ({','.join(on)}) group_left () {expr}"


def columns() -> tuple[Column, ...]:
    """List what is said of a position."""
    of_max = promql.live(recorded.POSITION_OF_MAX_RATIO, BOOK, BOOKS)
    margin = promql.live(recorded.MARGIN_RATIO, ACCOUNT, promql.ACCOUNTS)
    funding = promql.live(signals.trades.FUNDING_RATE, MARKET, promql.MARKETS)
    confirmed = promql.age(signals.inventory.UPDATED_TIMESTAMP, ACCOUNT, promql.ACCOUNTS)
    share = (style.unit("percentunit", 0), style.coloured_text(), style.width(80))
    return (
        Column("size", size(), cell(style.amount())),
        Column(
            "of max",
            of_max,
            cell(
                *share,
                style.threshold_properties(
                    (None, style.TEXT), (0.8, style.WARN), (0.95, style.ASK)
                ),
            ),
        ),
        Column(
            "entry",
            promql.tidy(promql.live(signals.trades.POSITION_ENTRY, BOOK, BOOKS)),
            cell(style.unit("string"), style.aligned("right")),
        ),
        Column(
            "unrealized",
            unrealized(),
            cell(
                style.unit("short"),
                style.coloured_text(),
                style.threshold_properties((None, style.ASK), (0, style.TEXT)),
            ),
        ),
        Column(
            "funding",
            _of_position(funding, MARKET),
            cell(style.unit("percentunit", 4), style.width(90)),
        ),
        Column(
            "margin",
            _of_position(margin, ACCOUNT),
            cell(
                *share,
                style.threshold_properties((None, style.TEXT), (0.5, style.WARN), (0.7, style.ASK)),
            ),
        ),
        Column(
            "as of",
            _of_position(confirmed, ACCOUNT),
            cell(style.age(60, 120), style.width(70)),
        ),
    )


def table() -> Any:
    """Build the table of positions."""
    return grid(
        "Positions",
        "One row a selected book with an open position. Of derivatives: **size** in the base "
        "asset, negative when short, **of max** the mandate allows the book, average **entry** "
        "price, next **funding** payment (above 0 longs pay), maintenance **margin** ÷ equity of "
        "its account (100 % is liquidation), **as of**: age of the account's confirmation. "
        "**unrealized**: size · (reference mid - entry), spot too, in $reference at the current "
        "rate. Empty cells: not reported, or spot. Empty: no position in the selection.",
        keys=BOOK_KEYS,
        columns=columns(),
        sort=(("of max", True), ("unrealized", False)),
        key_properties={"client": cell(select_book())},
        empty="no position in the selection",
    )


def pools() -> Any:
    """Build the table of positions in pools."""
    distances = {
        side: promql.live(signals.onchain.DEX_POSITION_DISTANCE, BOOK, BOOKS, side=side)
        for side in ("bid", "ask")
    }
    edge = cell(
        style.unit("percentunit", 2),
        style.coloured_text(),
        style.threshold_properties((None, style.ASK), (0, style.WARN), (0.01, style.TEXT)),
    )
    return watched(
        grid(
            "Pools",
            "One row a selected book in an automated market maker. **range**: whether the pool's "
            "price is inside one of its ranges; outside, it provides nothing. **below**, "
            "**above**: distance from the price to the nearest own edge on that side, negative "
            "once outside. Empty: no book of the selection is in a pool.",
            keys=BOOK_KEYS,
            columns=(
                Column(
                    "range",
                    promql.live(
                        signals.onchain.DEX_POSITION_IN_RANGE, BOOK, BOOKS, aggregator="max"
                    ),
                    cell(
                        style.word_properties({0: ("outside", style.BAD), 1: ("in", style.CLEAR)}),
                        style.coloured_cell(),
                        style.fixed(style.CLEAR),
                        style.width(80),
                    ),
                ),
                Column("below", distances["bid"], edge),
                Column("above", distances["ask"], edge),
            ),
            sort=(("range", False), ("below", False)),
            key_properties={"client": cell(select_book())},
            empty="no book in a pool",
        ),
        "PositionOutOfRange",
        "GasLow",
    )
