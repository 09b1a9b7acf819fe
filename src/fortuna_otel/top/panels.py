"""Each panel of the screens as lines, for any width and height."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortuna_otel._terminal import count
from fortuna_otel.top import figures, paint
from fortuna_otel.top.look import Cell, Tone
from fortuna_otel.top.paint import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel.top.model import Alert, Alerts, Desk, Row, Table, Tile
    from fortuna_otel.top.paint import Line

MONEY_WIDTH: Final = 26
COUNT_WIDTH: Final = 16
# Of the desk table: what each column is called where there is little room, and what gives way last.
_SHORT: Final = {"alerts": "al", "spread": "sprd", "exposure": "expo", "feed age": "feed"}
_KEEP: Final = {
    "state": 9,
    "alerts": 8,
    "depth": 7,
    "spread": 6,
    "PnL": 5,
    "exposure": 4,
    "budget": 3,
    "feed age": 2,
    "bid": 1,
    "ask": 1,
}
_NAMES_KEEP: Final = 10


def strip(tiles: Sequence[Tile], width: int) -> list[Line]:
    """Paint the status strip: in one row where there is room, else money above counts."""
    money = [one for one in tiles if one.money]
    counts = [one for one in tiles if not one.money]
    if width >= len(money) * MONEY_WIDTH + len(counts) * COUNT_WIDTH:
        spare = width - len(money) * MONEY_WIDTH - len(counts) * COUNT_WIDTH
        each = spare // len(tiles) if tiles else 0
        return _tiles(tiles, [(MONEY_WIDTH if one.money else COUNT_WIDTH) + each for one in tiles])
    return [
        *_tiles(money, [width // len(money) for _ in money]),
        *_tiles(counts, [width // len(counts) for _ in counts]),
    ]


def _tiles(tiles: Sequence[Tile], widths: Sequence[int]) -> list[Line]:
    heads: list[paint.Span] = []
    values: list[paint.Span] = []
    for one, width in zip(tiles, widths, strict=True):
        heads.append((paint.fit(one.title, width), Tone.FAINT))
        shown = paint.said(one.parts) if one.parts else paint.of(one.empty, Tone.FAINT)
        if paint.cells(paint.plain(shown)) >= width:
            # A number that is cut would be another one.
            shown = paint.cut(paint.said(one.brief), width - 1)
        values += [*shown, (" " * (width - paint.cells(paint.plain(shown))), Tone.PLAIN)]
    return [tuple(heads), tuple(values)] if tiles else []


def desk_rows(height: int) -> int:
    """Count the rows of the desk table that a height has room for."""
    return max(height - 2, 0)


def desk(view: Desk, width: int, height: int, cursor: int, top: int) -> list[Line]:
    """Paint the desk table: every obligation, the worst first."""
    table = view.table
    number = len(table.rows)
    last = min(top + desk_rows(height), number)
    note = f"{top + 1}-{last} of {number}" if number else ""
    head = paint.title("Desk · worst obligation first", width, note)
    if not number:
        return [head, *why_empty(table, width)]
    fields = _desk_fields(table, {}, most=24)
    if paint.needed(fields) > width:
        fields = _desk_fields(table, _SHORT, most=13)
    lines = paint.grid(fields, width, height - 1, cursor=cursor, top=top)
    return [head, *lines][:height]


def _desk_fields(table: Table, short: Mapping[str, str], most: int) -> list[Field]:
    return [
        *names(table.rows, ("client", "exchange", "symbol"), most),
        *(
            Field(
                short.get(title, title),
                tuple(row.cells[title] for row in table.rows),
                left=title == "state",
                keep=_KEEP.get(title, 0),
            )
            for title in table.titles
        ),
    ]


def names(rows: Sequence[Row], titles: Iterable[str], most: int = 24) -> list[Field]:
    """Make columns of what rows are about."""
    return [
        Field(
            title,
            tuple(Cell(row.keys[title]) for row in rows),
            left=True,
            keep=_NAMES_KEEP,
            most=most,
        )
        for title in titles
    ]


def why_empty(table: Table, width: int) -> list[Line]:
    """Say why a table has no row."""
    if table.problem:
        text, tone = f"refused: {table.problem}", Tone.BAD
    else:
        text, tone = table.empty, Tone.FAINT
    return [paint.of(line, tone) for line in paint.wrapped(text, width)]


def alerts(there: Alerts, width: int, height: int) -> list[Line]:
    """Paint the firing alerts: severity, since when, name, where, and their runbook."""
    firing = there.firing
    pages = sum(one.severity == "page" for one in firing)
    tickets = len(firing) - pages
    note = f"{count(pages, 'page')}, {count(tickets, 'ticket')}" if firing else ""
    head = paint.title("Firing alerts", width, note)
    if not firing:
        lines = paint.wrapped(there.quiet, width)
        return [head, *(paint.of(line, Tone.FAINT) for line in lines)][:height]
    fields = [
        Field("", tuple(_severity(one) for one in firing), left=True, keep=9),
        Field("", tuple(_since(one) for one in firing), keep=8),
        Field("", tuple(Cell(one.name) for one in firing), left=True, keep=10),
        Field("", tuple(Cell(one.where) for one in firing), left=True, keep=7, most=60),
        Field(
            "",
            tuple(Cell(f"docs/runbooks/{one.name}.md", Tone.FAINT) for one in firing),
            left=True,
            keep=1,
            most=60,
        ),
    ]
    # A name may be cut, what it is about may not vanish.
    spare = width - sum(field.width + 1 for field in fields[:3])
    if 1 < spare <= fields[3].width:
        fields[3] = Field("", fields[3].cells, left=True, keep=7, most=spare - 1)
    # Its columns need no head.
    return [head, *paint.grid(fields, width, height)[1:]][:height]


def _severity(one: Alert) -> Cell:
    return Cell(one.severity.upper(), Tone.BAD if one.severity == "page" else Tone.WARN)


def _since(one: Alert) -> Cell:
    return Cell(figures.age(max(one.seconds, 0.0)))
