"""What did we trade last? Own fills by book and side, the newest first."""

from __future__ import annotations

from typing import Any, Final

from fortuna_otel import signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.panels import (
    BOOK_KEYS,
    Column,
    cell,
    grid,
    select_book,
    transformation,
)
from fortuna_otel.provisioning.promql import BOOK, BOOKS, STEP

# Bars that are asked for, and rows that are kept of them: 80 books that trade all the time are
# 4,800 rows otherwise.
BARS: Final = 60
ROWS: Final = 200
SIDE: promql.Keys = (*BOOK, "side")


def columns() -> tuple[Column, ...]:
    """List what is said of a book's fills on one side in one bar."""
    quantity = f"({promql.increase(signals.trades.VOLUME, SIDE, STEP, BOOKS)} > 0)"
    notional = promql.increase(signals.trades.NOTIONAL, SIDE, STEP, BOOKS)
    maker = promql.increase(signals.trades.NOTIONAL, SIDE, STEP, BOOKS, liquidity="maker")
    quoted = promql.increase(signals.trades.NOTIONAL, (*SIDE, "quote"), STEP, BOOKS)
    worth = promql.by("sum", SIDE, promql.in_reference(f"{quoted} > 0", "quote"))
    return (
        Column(
            "fills",
            f"{promql.increase(signals.trades.FILLS, SIDE, STEP, BOOKS)} > 0",
            cell(style.unit("none", 0), style.width(60)),
        ),
        Column("quantity", quantity, cell(style.unit("locale"))),
        Column("price", promql.tidy(f"({notional} / {quantity})"), cell(style.unit("string"))),
        Column("value", worth, cell(style.unit("short"))),
        Column(
            "maker",
            f"{maker} / ({notional} > 0)",
            cell(style.unit("percentunit", 0), style.width(70)),
        ),
    )


def table() -> Any:
    """Build the table."""
    newest = (
        transformation("sortBy", fields={}, sort=[{"field": "Time", "desc": True}]),
        transformation("limit", limitField=ROWS),
    )
    return (
        grid(
            "Last fills",
            "Own fills of the selected books, the newest first: one row a book, side and bar in "
            "which there were any, by the bar's end. A bar covers $interval, longer where the "
            f"range has more than {BARS} of them; the newest {ROWS} rows of the range are kept. "
            "**quantity** in the base asset, **price** their average (value ÷ quantity in the "
            "quote currency, to seven digits), **value** in $reference at the rate of the bar's "
            "end, **maker** share of the value. Click a client to select the book. Empty cells: no "
            "rate, no maker fill. Empty: no fill in the range.",
            keys={"Time": "time", **BOOK_KEYS, "side": "side"},
            columns=columns(),
            sort=(("time", True),),
            key_properties={
                "time": cell(style.width(175)),
                "client": cell(select_book()),
                "side": cell(
                    style.word_properties({"buy": ("buy", style.BID), "sell": ("sell", style.ASK)}),
                    style.coloured_text(),
                    style.width(60),
                ),
            },
            steps=newest,
            empty="no fill in the range",
        )
        .interval("$interval")
        .max_data_points(BARS)
    )
