"""The panels of one book as lines, for any width and height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortuna_otel._terminal import count
from fortuna_otel.top import figures, paint
from fortuna_otel.top.look import MARKS, MISSING, Cell, Tone
from fortuna_otel.top.paint import Field
from fortuna_otel.top.panels import names, why_empty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortuna_otel.top.model import OneBook, Row, Table
    from fortuna_otel.top.paint import Line

MARKERS: Final = ("best ask", "fair", "best bid")
_OUTSIDE: Final = 1.000001
"""Exactly at its limit is kept; a millionth is left to binary fractions, as in the alerts."""


def summary(view: OneBook, width: int, height: int) -> list[Line]:
    """Say in three lines how the book stands, and what it earned and traded today."""
    row = view.standing
    if row is None:
        first = paint.of("no obligation: nothing is promised on this market", Tone.FAINT)
    else:
        state = row.cells["state"]
        first = (
            (state.text.upper(), state.tone if state.tone is not Tone.PLAIN else Tone.TITLE),
            ("  ", Tone.PLAIN),
            *paint.said(
                [
                    ("spread", row.cells["spread"]),
                    ("depth", row.cells["depth"]),
                    ("exposure", row.cells["exposure"]),
                    ("budget", row.cells["budget"]),
                    ("feed", row.cells["feed age"]),
                ]
            ),
        )
    return [paint.cut(line, width) for line in (first, _market(view), _profit(view))][:height]


def _market(view: OneBook) -> Line:
    ticker = view.ticker
    change = ticker["24 h"]
    as_of = ticker["as of"]
    late = Tone.PLAIN if as_of is None or as_of < 5 else Tone.WARN if as_of < 10 else Tone.BAD
    return paint.said(
        [
            ("market bid", Cell(figures.price(ticker["bid"]), Tone.BID)),
            ("ask", Cell(figures.price(ticker["ask"]), Tone.ASK)),
            ("last", Cell(figures.price(ticker["last"]))),
            ("24 h", MISSING if change is None else Cell(figures.percent(change, 2))),
            ("quotes as of", Cell(figures.age(as_of), late)),
        ]
    )


def _profit(view: OneBook) -> Line:
    """Write the profit of today and its parts; the books are those of the selection."""
    if not view.profit:
        return paint.of("PnL today: not reported", Tone.FAINT)
    books = f", {count(view.of, 'book')}," if view.of > 1 else ""
    total = [(f"PnL today{books} {name}", one) for name, one in view.profit]
    parts = paint.said(view.components)
    return (*paint.said(total), ("  = ", Tone.FAINT), *parts) if parts else paint.said(total)


def spread(view: OneBook, width: int, height: int) -> list[Line]:
    """Paint the spread against what is promised, and how it went, up to the widest allowed."""
    ticker = view.ticker
    own, target, widest = ticker["spread"], ticker["target"], ticker["max"]
    beyond = own is not None and widest is not None and own > widest * _OUTSIDE
    now = Cell(figures.bp(own), Tone.BAD if beyond else Tone.PLAIN, own)
    values = view.spread.values[-max(width - 1, 1) :]
    span = figures.span(view.spread.step * (len(values) - 1))
    head = (
        ("Spread ", Tone.TITLE),
        *paint.said(
            [
                ("own", now),
                ("target", Cell(figures.bp(target))),
                ("max", Cell(figures.bp(widest))),
            ]
        ),
        (
            "  not two-sided, or nobody reports"
            if own is None
            else f"  last {span}, full height {_height_of(view)}",
            Tone.FAINT,
        ),
    )
    top = _top(view)
    lines = [paint.of(line) for line in paint.chart(values, top, max(height - 1, 1))]
    return [paint.cut(head, width), *lines][:height]


def _top(view: OneBook) -> float:
    widest = view.ticker["max"]
    there = [value for value in view.spread.values if value is not None]
    return max([*there, widest or 0.0])


def _height_of(view: OneBook) -> str:
    widest = view.ticker["max"]
    if widest is not None and _top(view) <= widest * _OUTSIDE:
        return "= max"
    return f"= {figures.bp(_top(view))}"


def ladder(view: OneBook, width: int, height: int) -> list[Line]:
    """Paint the live ladder around the touch; levels that do not fit are the outermost."""
    head = paint.title("Live ladder", width, f"as of {figures.age(view.ticker['as of'])}")
    own = [row for row in view.ladder.rows if row.keys["level"] not in MARKERS]
    rows = _around_touch(view.ladder.rows, max(height - 2, 0))
    if not rows:
        return [head, *why_empty(view.ladder, width)][:height]
    # What was quoted shows as it was; the fair price is computed, and has as many decimals.
    quoted = [row.value("price") for row in rows if row.keys["level"] != "fair"]
    decimals = max((figures.price_decimals(one) for one in quoted if one is not None), default=2)
    totals = {
        side: max((_cumulative(row) or 0.0 for row in own if row.keys["side"] == side), default=0)
        for side in ("bid", "ask")
    }
    room = min((width - 52) // 2, 20)
    # A bar of two cells would say nothing.
    room = room if room >= 4 else 0
    fields = [
        *([Field("", tuple(_bar(row, "bid", totals, room) for row in rows))] if room else []),
        Field("cum", tuple(_sized(row, "cum ") for row in rows), keep=2),
        Field("bid", tuple(_sized(row, "size ") for row in rows), keep=5),
        Field("price", tuple(_priced(row, decimals) for row in rows), keep=6),
        Field("ask", tuple(_sized(row, "size") for row in rows), keep=5),
        Field("cum", tuple(_sized(row, "cum") for row in rows), keep=2),
        *(
            [Field("", tuple(_bar(row, "ask", totals, room) for row in rows), left=True)]
            if room
            else []
        ),
        Field("bp", tuple(_distance(row) for row in rows), keep=4),
        Field("", tuple(_named(row) for row in rows), left=True, keep=3),
    ]
    lines = paint.grid(fields, width, height - 1)
    missing = [side for side in ("bid", "ask") if not totals[side]]
    if own and missing:
        head = (*head[:1], (f" · no {missing[0]} rests", Tone.BAD))
    elif not own:
        head = (*head[:1], (f" · {view.ladder.empty}", Tone.BAD))
    return [head, *lines][:height]


def _around_touch(rows: Sequence[Row], room: int) -> list[Row]:
    """Drop the outermost levels, on the side that has more of them first."""
    kept = list(rows)
    while len(kept) > room:
        asks = [row for row in kept if row.keys["side"] == "ask"]
        bids = [row for row in kept if row.keys["side"] == "bid"]
        # Prices descend: the outermost ask is the first row, the outermost bid the last one.
        kept.remove(asks[0] if len(asks) >= len(bids) and asks else kept[-1])
    return kept


def _cumulative(row: Row) -> float | None:
    return row.value("cum " if row.keys["side"] == "bid" else "cum")


def _bar(row: Row, side: str, totals: Mapping[str, float], room: int) -> Cell:
    """Draw how much of a side rests up to this level."""
    total = totals[side]
    up_to = _cumulative(row)
    if row.keys["side"] != side or not total or up_to is None:
        return Cell("")
    tone = Tone.BID if side == "bid" else Tone.ASK
    return Cell(paint.bar(up_to / total, room, left=side == "ask"), tone)


def _sized(row: Row, title: str) -> Cell:
    value = row.value(title)
    tone = Tone.BID if title.endswith(" ") else Tone.ASK
    return Cell("") if value is None else Cell(figures.amount(value), tone, value)


def _priced(row: Row, decimals: int) -> Cell:
    value = row.value("price")
    if value is None:
        return MISSING
    return Cell(figures.price(value, decimals), Tone.PLAIN, value)


def _distance(row: Row) -> Cell:
    value = row.value("from mid")
    return Cell("") if value is None else Cell(f"{value:+,.1f}", Tone.FAINT, value)


def _named(row: Row) -> Cell:
    level = row.keys["level"]
    return Cell(level if level in MARKERS else "", Tone.NOTE)


def depth(view: OneBook, width: int, height: int) -> list[Line]:
    """Paint own depth by distance from mid against what is required, bids left, asks right."""
    quote = view.book.symbol.partition("/")[2].partition(":")[0]
    head = paint.title("Depth against mandate", width, quote)
    rows = view.depth.rows
    if not rows:
        return [head, *why_empty(view.depth, width)][:height]
    keep = {"cov": 9, "now": 8, "min": 7, "avg": 3, "share": 2}

    def field(side: str, name: str) -> Field:
        found = tuple(row.cells[f"{side} {name}"] for row in rows)
        shown = f"{side} {name}" if name == "now" else name
        return Field(shown, found, keep=keep[name])

    fields = [
        *(field("bid", name) for name in ("cov", "min", "avg", "share", "now")),
        Field("±%", tuple(Cell(row.keys["band"], Tone.TITLE) for row in rows), keep=10),
        *(field("ask", name) for name in ("now", "share", "avg", "min", "cov")),
    ]
    return [head, *paint.grid(fields, width, height - 1)][:height]


def holdings(view: OneBook, width: int, height: int) -> list[Line]:
    """Paint the client's exposure by asset, and the account's balances below it."""
    note = "whole client and account"
    lines: list[Line] = [paint.title("Inventory", width, note)]
    room = max(height - 1, 0)
    exposed, held = view.exposure, view.balance
    upper = max(room // 2, room - len(held.rows) - 1)
    lines += _holding(exposed, ("asset", "capital"), width, min(upper, len(exposed.rows) + 1))
    lines += _holding(held, ("asset",), width, max(height - len(lines), 0))
    return lines[:height]


def _holding(table: Table, keys: Sequence[str], width: int, height: int) -> list[Line]:
    if not table.rows:
        return why_empty(table, width)[: max(height, 1)]
    keep = {"net": 9, "of limit": 8, "value": 5, "target": 4, "free": 9, "used": 8, "of float": 7}
    fields = [
        *names(table.rows, keys, most=12),
        *(
            Field(title, tuple(row.cells[title] for row in table.rows), keep=keep.get(title, 3))
            for title in table.titles
        ),
    ]
    return paint.grid(fields, width, height)


def traded(view: OneBook, width: int, height: int) -> list[Line]:
    """Paint what each book of the obligation traded today."""
    head = paint.title("Traded today", width, "since 00:00 UTC")
    rows = view.traded.rows
    if not rows:
        return [head, *why_empty(view.traded, width)][:height]
    keep = {"PnL": 9, "bought": 8, "sold": 8, "fills": 7, "last fill": 6, "realized": 4}
    sides = {"bought": Tone.BID, "sold": Tone.ASK}
    fields = [
        *names(rows, ("account", "tag"), most=14),
        *(
            Field(
                title,
                tuple(_toned(row.cells[title], sides.get(title)) for row in rows),
                keep=keep.get(title, 3),
            )
            for title in view.traded.titles
        ),
    ]
    return [head, *paint.grid(fields, width, height - 1)][:height]


def _toned(one: Cell, tone: Tone | None) -> Cell:
    return one if tone is None or one.value is None else Cell(one.text, tone, one.value)


def legend() -> str:
    """Say what the marks behind numbers mean."""
    return f"{MARKS[Tone.WARN]} near limit  {MARKS[Tone.BAD]} beyond  {MISSING.text} missing"
