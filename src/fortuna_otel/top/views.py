"""The two screens, put together from the store's answers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from fortuna_otel.provisioning import balances, depths, desk, inventory, market, trades
from fortuna_otel.provisioning.interpolate import duration_seconds
from fortuna_otel.provisioning.panels import BOOK_KEYS, OBLIGATION_KEYS
from fortuna_otel.top import figures, look, model, queries
from fortuna_otel.top.look import Cell, Tone
from fortuna_otel.top.model import Desk, OneBook, Table, Tile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortuna_otel.top.model import Answers
    from fortuna_otel.top.selection import Book, Known, Selection
    from fortuna_otel.top.store import Answer


_NOTHING = (
    "nothing is known here: no service and no mandates exporter has reported a book within 15 "
    "minutes; do services send to this store?"
)


def first_screen(answers: Answers, selection: Selection, known: Known) -> Desk:
    """Build the status strip, the desk table and the alerts."""
    notes = _notes(answers, selection.reference, queries.strip() | queries.firing())
    return Desk(
        tiles=_tiles(answers, selection.reference),
        table=_desk_table(answers),
        alerts=model.firing(answers),
        notes=notes if known.books else (_NOTHING, *notes),
    )


def one_book(
    answers: Answers, selection: Selection, books: list[Book], number: int, at: float
) -> OneBook:
    """Build everything about one of the selected books."""
    book = books[number]
    step = duration_seconds(selection.interval)
    tables = _tables(answers)
    # The selection has every account of the obligation; the head line names one.
    tables["balance"] = replace(
        tables["balance"],
        rows=tuple(row for row in tables["balance"].rows if row.keys["account"] == book.account),
    )
    named = {"client": book.client, "exchange": book.exchange, "symbol": book.symbol}
    standing = [
        row
        for row in _desk_table(answers).rows
        if all(row.keys[name] == value for name, value in named.items())
    ]
    return OneBook(
        book=book,
        number=number + 1,
        of=len(books),
        standing=standing[0] if standing else None,
        ticker={name: answers[f"ticker/{name}"].value for name in market.ticker_numbers()},
        spread=model.line(answers["spread"], at, step, queries.POINTS),
        profit=_money("", "capital", answers["pnl"], "", profit=True).parts,
        components=_components(answers["pnl by component"]),
        alerts=model.firing(answers, book),
        notes=_notes(
            answers,
            selection.reference,
            [name for name in answers if name.partition("/")[0] not in tables],
        ),
        **tables,
    )


def _tables(answers: Answers) -> dict[str, Table]:
    holding = {"client": "client", "asset": "asset", "capital": "capital"}
    balance = {"client": "client", "venue": "exchange", "account": "account", "asset": "asset"}
    exposed = queries.chosen(inventory.exposure_columns(), queries.EXPOSURE)
    held = queries.chosen(balances.columns(), queries.BALANCE)
    return {
        "ladder": model.ordered(
            model.table(
                "ladder",
                {"side": "side", "level": "level"},
                queries.ladder(),
                answers,
                empty="no resting order in this book",
            ),
            (("price", True),),
        ),
        "depth": _by_band(
            model.table(
                "depth",
                {"band": "band"},
                depths.band_columns(),
                answers,
                empty="this obligation reports no depth",
            )
        ),
        "exposure": _worst_exposed(
            model.table(
                "exposure",
                holding,
                exposed,
                answers,
                empty="no exposure in the selection",
            )
        ),
        "balance": model.ordered(
            model.table(
                "balance",
                balance,
                held,
                answers,
                empty="no account in the selection reports",
            ),
            (("of float", False),),
        ),
        "traded": model.ordered(
            model.table(
                "traded",
                BOOK_KEYS,
                trades.book_columns(),
                answers,
                empty="no selected book reports fills",
            ),
            (),
        ),
    }


def _desk_table(answers: Answers) -> Table:
    there = model.table("desk", OBLIGATION_KEYS, desk.columns(), answers, empty=desk.EMPTY)
    return model.ordered(there, desk.SORT)


def _by_band(there: Table) -> Table:
    rows = sorted(there.rows, key=lambda row: _distance(row.keys["band"]))
    return replace(there, rows=tuple(rows))


def _distance(band: str) -> float:
    try:
        return float(band)
    except ValueError:
        return math.inf


def _worst_exposed(there: Table) -> Table:
    """Put what is farthest into its limit first, whichever side it is on."""

    def rank(share: float | None) -> float:
        return -1.0 if share is None else abs(share)

    rows = sorted(there.rows, key=lambda row: (-rank(row.value("of limit")), *row.keys.values()))
    return replace(there, rows=tuple(rows))


def _tiles(answers: Answers, reference: str) -> tuple[Tile, ...]:
    oldest = answers["feed"].value
    feed = {column.title: column for column in desk.columns()}["feed age"]
    pages = answers["pages"].value
    unrated = f"no rate in {reference}" if _unrated(answers) else ""
    return (
        _money(
            f"PnL today {reference}",
            "capital",
            answers["pnl"],
            unrated or "not reported",
            profit=True,
        ),
        _money(f"net delta {reference}", "capital", answers["delta"], unrated or "no limit set"),
        _money(f"resting {reference}", "side", answers["resting"], unrated or "no book"),
        _count("not kept", answers["not kept"], answers["obligations"], "no obligation"),
        Tile("oldest feed", _only(oldest, look.cell(feed, oldest)), "no feed"),
        _count("venues not ok", answers["venues not ok"], answers["venues"], "no status"),
        _count("silent services", answers["services silent"], answers["services"], "none expected"),
        Tile("firing pages", _only(pages, look.counted(pages, None)), "rules not running"),
    )


def _money(title: str, label: str, answer: Answer, empty: str, *, profit: bool = False) -> Tile:
    """One number for each capital or side: a client's profit is not the desk's."""
    sides = {"bid": Tone.BID, "ask": Tone.ASK}
    signed = label == "capital"
    parts, brief = [], []
    # Bid before ask, client before desk.
    found = sorted(answer.by(label).items(), key=lambda one: (one[0] == "ask", one[0]))
    for name, value in found:
        tone = Tone.BAD if profit and value < 0 else sides.get(name, Tone.PLAIN)
        parts.append((name, Cell(figures.money(value, signed=signed), tone, value)))
        brief.append((name, Cell(figures.brief(value, signed=signed), tone, value)))
    return Tile(title, tuple(parts), empty, tuple(brief), money=True)


def _count(title: str, part: Answer, whole: Answer, empty: str) -> Tile:
    return Tile(title, _only(part.value, look.counted(part.value, whole.value)), empty)


def _only(value: float | None, shown: Cell) -> tuple[tuple[str, Cell], ...]:
    return () if value is None else (("", shown),)


def _components(answer: Answer) -> tuple[tuple[str, Cell], ...]:
    """Parts of the profit in the board's order; the capital is named where there are two."""
    found = {
        (sample.labels.get("capital", ""), sample.labels.get("component", "")): sample.value
        for sample in answer.samples
    }
    capitals = sorted({capital for capital, _ in found})
    return tuple(
        (
            f"{component} {capital}" if len(capitals) > 1 else component,
            Cell(figures.money(value, signed=True), value=value),
        )
        for capital in capitals
        for component in trades.COMPONENTS
        if (value := found.get((capital, component))) is not None
    )


def _notes(answers: Answers, reference: str, names: Iterable[str]) -> tuple[str, ...]:
    quotes = _unrated(answers)
    notes = []
    if quotes:
        notes.append(
            f"no rate of {', '.join(quotes)} in {reference}: what is there now is left out"
        )
    notes += [f"the store refused {problem}" for problem in model.refused(answers, names)]
    return tuple(notes)


def _unrated(answers: Answers) -> list[str]:
    """List the quote currencies of the selection that have no rate in the reference."""
    return sorted(answers["quotes"].by("quote").keys() - answers["rates"].by("quote").keys())
