"""What a measure found: tables, goals and the numbers of its plot, kept as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Table:
    """Figures as they are read: the first column says what a row is, all others are numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: {row!r} does not fit {self.columns!r}")


@dataclass(frozen=True, slots=True)
class Goal:
    """A promise, and what was measured: met if that is not above the limit."""

    what: str
    measured: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether it is kept."""
        return self.measured <= self.limit

    @property
    def verdict(self) -> str:
        """The result as it is read."""
        return f"{figures.share(self.measured)} {'met' if self.met else '**not met**'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """All a measure found.

    Attributes:
        tables: its figures.
        goals: what was promised of them.
        plot: numbers for its plot, if it has one (see `benchmarks.plots`).
        when: day it was measured.
        load: load average of the machine before the run.
        drift: speed of the machine around it, the fastest by the slowest (`machine.calibrate`).
        seconds: how long it took.
    """

    tables: tuple[Table, ...]
    goals: tuple[Goal, ...]
    plot: Mapping[str, Any] = field(default_factory=dict)
    when: str = ""
    load: float = 0.0
    drift: float = 1.0
    seconds: float = 0.0

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Outcome:
        """Return what `dataclasses.asdict` made into plain data."""
        return cls(
            tuple(
                Table(
                    table["title"],
                    tuple(table["columns"]),
                    tuple(tuple(row) for row in table["rows"]),
                )
                for table in raw["tables"]
            ),
            tuple(Goal(**goal) for goal in raw["goals"]),
            raw["plot"],
            raw["when"],
            raw["load"],
            raw["drift"],
            raw["seconds"],
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the measures.

    Attributes:
        name: what `--only` calls it.
        title: heading on the page.
        text: what is measured, how, and what it means to a desk; Markdown.
        run: measures at a given scale: see `Scale`.
    """

    name: str
    title: str
    text: str
    run: Callable[[Scale, Callable[[str], None]], Outcome]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything a measure does. `FULL` is what the page shows.

    Attributes:
        rounds: interleaved rounds of measures that take long.
        repeats: interleaved rounds of measures that do not.
        slice: seconds for which one call is timed in one repeat.
        seconds: length of one window of the delay measure, and of its warm-up.
        sizes: numbers of series exported side by side.
        delayed: numbers of series exported while the delay is measured.
        growth: numbers of series of the growth measure.
        held: number of series of the memory measure.
        paged: number of faults of the paging measure.
        paging_books: number of books that each of its engines reports.
        paging_warmup: seconds before the first of them.
        board_warmup: seconds before the board is asked for.
        board_turns: number of times.
    """

    rounds: int
    repeats: int
    slice: float
    seconds: float
    warmup: float
    sizes: tuple[int, ...]
    delayed: tuple[int, ...]
    growth: tuple[int, ...]
    held: int
    paged: int
    paging_books: int
    paging_warmup: float
    board_warmup: float
    board_turns: int


FULL = Scale(
    rounds=5,
    repeats=60,
    slice=0.005,
    seconds=6.0,
    warmup=2.5,
    sizes=(1_000, 10_000, 50_000),
    delayed=(10_000, 50_000),
    growth=(1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000),
    held=20_000,
    paged=120,
    paging_books=75,
    paging_warmup=45.0,
    board_warmup=960.0,
    board_turns=5,
)
QUICK = Scale(
    rounds=2,
    repeats=12,
    slice=0.004,
    seconds=2.5,
    warmup=1.5,
    sizes=(1_000, 10_000),
    delayed=(10_000,),
    growth=(1_000, 10_000, 30_000),
    held=5_000,
    paged=20,
    paging_books=25,
    paging_warmup=20.0,
    board_warmup=60.0,
    board_turns=2,
)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcomes of one Python by the name of their measure, and the facts of the machine."""

    python: str
    facts: Mapping[str, str]
    outcomes: Mapping[str, Outcome]

    @classmethod
    def load(cls, path: Path) -> Report:
        """Return what `save` wrote."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        outcomes = {name: Outcome.parse(outcome) for name, outcome in raw["outcomes"].items()}
        return cls(raw["python"], raw["facts"], outcomes)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        path.write_text(text + "\n", encoding="utf-8")
