"""What the screens show, made of the store's answers: plain data, missing where there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fortuna_otel.provisioning.alerts import LABELS
from fortuna_otel.top.look import Cell, cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel.provisioning.panels import Column
    from fortuna_otel.top.selection import Book
    from fortuna_otel.top.store import Answer

Answers: TypeAlias = "Mapping[str, Answer]"


@dataclass(frozen=True, slots=True)
class Tile:
    """One number of the status strip, or one for each of a few names.

    Attributes:
        title: what it is.
        parts: the numbers by name; none where there is no number.
        empty: why there may be none.
        brief: the numbers in thousands and millions, where there is little room.
        money: whether it is a value in the reference currency.
    """

    title: str
    parts: tuple[tuple[str, Cell], ...]
    empty: str
    brief: tuple[tuple[str, Cell], ...] = ()
    money: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: what it is about, and its cells by column."""

    keys: Mapping[str, str]
    cells: Mapping[str, Cell]

    def value(self, title: str) -> float | None:
        """Return a cell's number."""
        return self.cells[title].value


@dataclass(frozen=True, slots=True)
class Table:
    """Rows in their order; where there is none, `empty` says why, `problem` what was refused."""

    titles: tuple[str, ...]
    rows: tuple[Row, ...]
    empty: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """A firing alert, and for how many seconds what it complains of has held."""

    severity: str
    name: str
    labels: Mapping[str, str]
    seconds: float

    @property
    def where(self) -> str:
        """What it is about."""
        return " ".join(self.labels[name] for name in LABELS if self.labels.get(name))

    def concerns(self, book: Book) -> bool:
        """Return whether it is about this book, or about something this book is part of."""
        parts = dict(zip(("client", "venue", "symbol", "account", "tag"), book, strict=True))
        return all(self.labels.get(name) in {None, "", part} for name, part in parts.items())


@dataclass(frozen=True, slots=True)
class Alerts:
    """The firing alerts; where there is none, `quiet` says what that means."""

    firing: tuple[Alert, ...]
    quiet: str


@dataclass(frozen=True, slots=True)
class Desk:
    """The first screen."""

    tiles: tuple[Tile, ...]
    table: Table
    alerts: Alerts
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line over time: a value or None at each step, the last one the newest."""

    values: tuple[float | None, ...]
    step: float


@dataclass(frozen=True, slots=True)
class OneBook:
    """The screen of one book; `standing` is its obligation's row of the desk table."""

    book: Book
    number: int
    of: int
    standing: Row | None
    ticker: Mapping[str, float | None]
    spread: Line
    ladder: Table
    depth: Table
    exposure: Table
    balance: Table
    traded: Table
    profit: tuple[tuple[str, Cell], ...]
    components: tuple[tuple[str, Cell], ...]
    alerts: Alerts
    notes: tuple[str, ...]


def table(
    name: str,
    keys: Mapping[str, str],
    columns: Sequence[Column],
    answers: Answers,
    *,
    empty: str,
) -> Table:
    """Merge the answers of a table's columns into rows, one for each combination of the keys.

    Args:
        name: what the columns were asked as.
        keys: labels that make a row, with what they are called.
        columns: of the board.
        answers: what the store said.
        empty: why there may be no row.
    """
    values: dict[tuple[str, ...], dict[str, float]] = {}
    problems = []
    for column in columns:
        answer = answers[f"{name}/{column.title}"]
        if answer.problem:
            problems.append(f"{column.title}: {answer.problem}")
        for sample in answer.samples:
            key = tuple(sample.labels.get(label, "") for label in keys)
            values.setdefault(key, {})[column.title] = sample.value
    rows = (
        Row(
            dict(zip(keys.values(), key, strict=True)),
            {column.title: cell(column, there.get(column.title)) for column in columns},
        )
        for key, there in values.items()
    )
    titles = tuple(column.title for column in columns)
    return Table(titles, tuple(rows), empty, "; ".join(problems))


def ordered(there: Table, sort: Sequence[tuple[str, bool]]) -> Table:
    """Sort as the board does: by columns that ascend or descend; what is missing comes last."""

    def rank(row: Row) -> tuple[object, ...]:
        return (
            *(_place(row.value(title), down=down) for title, down in sort),
            *row.keys.values(),
        )

    rows = tuple(sorted(there.rows, key=rank))
    return Table(there.titles, rows, there.empty, there.problem)


def _place(value: float | None, *, down: bool) -> float:
    if value is None:
        return math.inf
    return -value if down else value


def firing(answers: Answers, book: Book | None = None) -> Alerts:
    """List the firing alerts, or those that concern a book: pages first, then the newest first."""
    alerts = [
        Alert(
            sample.labels.get("severity", ""),
            sample.labels.get("alertname", "?"),
            sample.labels,
            sample.value,
        )
        for sample in answers["firing"].samples
    ]
    alerts.sort(key=lambda one: (one.severity, one.seconds, one.name, one.where))
    # The number of pages is there only while the Watchdog fires.
    running = answers["pages"].value is not None
    return Alerts(
        tuple(one for one in alerts if book is None or one.concerns(book)),
        "none" if running else "the rules are not running: no alert can fire",
    )


def line(answer: Answer, at: float, step: float, points: int) -> Line:
    """Place an answer's points on the steps up to now; a step without one is a gap."""
    end = math.floor(at / step) * step
    there = {
        round((end - time) / step): value
        for sample in answer.samples
        for time, value in sample.points
    }
    return Line(tuple(there.get(back) for back in range(points, -1, -1)), step)


def refused(answers: Answers, names: Iterable[str] = ()) -> tuple[str, ...]:
    """Say which questions the store would not evaluate, and why."""
    return tuple(
        f"{name}: {answers[name].problem}" for name in names or answers if answers[name].problem
    )
