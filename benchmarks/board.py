"""How long the board takes: every query of every panel, as a browser asks, of 50,000 series."""

from __future__ import annotations

import contextlib
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import figures
from benchmarks.board_history import past
from benchmarks.child import ROOT
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.paging_stack import desk
from fortuna_otel.provisioning import panels, queries
from fortuna_otel.provisioning.promql import BOOK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from benchmarks.paging_stack import Prometheus
    from fortuna_otel.provisioning import PanelQuery

TEXT = """\
How long a trader waits for the whole board, on the real Prometheus with the committed
configuration, all rules running, with a desk of about 50 000 series that reports what pages every
second and the rest every three: as much as two cores carry for a quarter of an hour. Every query of
the board is asked with its variables filled in, as a browser does: six requests at once, a panel's
queries one after another. The range is the board's own, the last 15 minutes; before it there is a
past of a day of flows and uptimes, for what was earned and traded today and kept by the hour. It
ends with the last byte of the last answer: what Grafana itself adds, and drawing, is not in it.

*One market*: one obligation, as after a click on its row; *one client*: all of its markets; *all*:
every variable on All, as the board begins. *Open* is what is seen without opening a row, *all
panels* every row opened. *Beside the desk* the four engines, the pipeline and all rules share the
cores below with the queries; *alone* the engines stand still, as on a store with cores of its own.
The median of the turns counts."""

ENGINES: Final = 4
AT_ONCE: Final = 6
"""Connections that a browser opens to one host."""

RANGE: Final = 900
GOALS: Final = {"one market": 1.0, "all": 3.0}
OPEN, EVERY = "open", "all panels"
REST: Final = 15.0
"""Seconds after which what was under way has ended: exports, rules, collecting garbage."""

PACE: Final = {
    "OTEL_METRIC_EXPORT_INTERVAL": "3000",
    "FORTUNA_OTEL_CRITICAL_EXPORT_INTERVAL": "1000",
}
"""How often engines export, in ms."""

HEARD: Final = 0.95
"""Share of the range in which every engine must have been heard, for its figures to be some."""

SETTLED: Final = 3.0
"""Seconds after which what was told is stored and judged."""

BEGINNING: Final = 30.0
"""Seconds after which everybody reports."""

BOARD: Final = ROOT / "grafana-provisioning" / "dashboards" / "fortuna.json"


@dataclass(frozen=True, slots=True)
class Panel:
    """What is asked for one panel, and whether it is seen without opening a row."""

    title: str
    asked: tuple[PanelQuery, ...]
    opened: bool


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Ask for everything, for each selection, beside the desk and alone."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as running:
        progress("making a past of a day")
        past(Path(folder) / "data" / "prometheus", ENGINES * scale.paging_books)
        engines, _, prometheus = running.enter_context(
            desk(Path(folder), ENGINES, scale.paging_books, PACE)
        )
        warm = time.monotonic() + scale.board_warmup
        while time.monotonic() < warm:
            progress(f"warming up, {warm - time.monotonic():.0f} s")
            time.sleep(1.0)
        load = {
            "series": prometheus.value("sum(fortuna_telemetry_series)"),
            "samples/s": prometheus.value(
                "sum(rate(prometheus_tsdb_head_samples_appended_total[20s]))"
            ),
        }
        _must_be_whole(prometheus, min(RANGE, scale.board_warmup - BEGINNING))
        choices = selections(prometheus.rows("fortuna:book"))
        boards = {name: board(variables) for name, variables in choices.items()}
        times: dict[tuple[str, str], dict[str, list[float]]] = {}
        progress("beside the desk")
        for name, asked in boards.items():
            # Every row opened at once would keep the cores that the desk needs.
            opened = [panel for panel in asked if panel.opened]
            times["beside the desk", name] = turns(prometheus, opened, scale.board_turns)
        for engine in engines:
            engine.pause()
        # What they said last is asked for, as if it were now.
        still = time.time() - SETTLED
        time.sleep(REST)
        progress("alone")
        for name, asked in boards.items():
            times["alone", name] = turns(prometheus, asked, scale.board_turns, still)
    return outcome(boards, times, load)


def _must_be_whole(prometheus: Prometheus, seconds: float) -> None:
    """Refuse to measure a store that the desk's data did not reach.

    Raises:
        RuntimeError: an engine was not heard for too long; the machine had other work.
    """
    beats = "fortuna_heartbeat_timestamp_seconds{loop='quote'}"
    heard = prometheus.rows(f"count_over_time({beats}[{seconds:.0f}s:5s]) * 5 / {seconds:.0f}")
    shares = sorted(float(row["value"][1]) for row in heard)
    if len(shares) < ENGINES or shares[0] < HEARD:
        raise RuntimeError(
            f"the pipeline fell behind: engines were heard {[round(one, 2) for one in shares]} of"
            " the time; end what else runs on this machine and measure again"
        )


def selections(books: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, str | list[str]]]:
    """Return values of every variable: the first book's market, its client, and All."""
    known = sorted(
        ({name: row["metric"].get(name, "") for name in BOOK} for row in books),
        key=lambda one: tuple(one.values()),
    )
    first = known[0]
    return {
        "one market": chosen([one for one in known if one == first]),
        "one client": chosen([one for one in known if one["client"] == first["client"]]),
        "all": chosen(known),
    }


def chosen(books: Sequence[Mapping[str, str]]) -> dict[str, str | list[str]]:
    """Return values of every variable with these books selected, as Grafana fills them."""
    names = {"exchange" if name == "venue" else name: name for name in BOOK}
    return {
        **{name: sorted({book[label] for book in books}) for name, label in names.items()},
        **{f"one_{name}": books[0][label] for name, label in names.items()},
        "asset": sorted({book["symbol"].partition("/")[0] for book in books}),
        "reference": "USD",
        "interval": "15s",
        "bar": "60",
        "today": str(max(60, int(time.time() % 86_400))),
    }


def board(variables: Mapping[str, str | list[str]]) -> list[Panel]:
    """Return every panel with its queries."""
    raw = json.loads(BOARD.read_text(encoding="utf-8"))
    found = []
    for panel in panels(raw):
        asked = queries({"panels": [panel]}, variables, range_seconds=RANGE)
        if asked:
            found.append(Panel(asked[0].panel, tuple(asked), panel in raw["panels"]))
    return found


def turns(
    prometheus: Prometheus, asked: Sequence[Panel], number: int, at: float | None = None
) -> dict[str, list[float]]:
    """Return seconds of the open panels, of all panels, and of each panel by itself, by turn.

    Args:
        prometheus: the store.
        asked: every panel.
        number: of turns.
        at: the board's now; the clock's unless given.
    """
    parts = {OPEN: [panel for panel in asked if panel.opened], EVERY: asked}
    found: dict[str, list[float]] = {}
    for _ in range(number):
        for name, those in parts.items():
            if name == OPEN or len(those) > len(parts[OPEN]):
                found.setdefault(name, []).append(together(prometheus, those, at))
        for panel in asked:
            found.setdefault(f"panel {panel.title}", []).append(ask(prometheus, panel, at))
    return found


def together(prometheus: Prometheus, asked: Iterable[Panel], at: float | None) -> float:
    """Ask for panels as a browser does and return when the last answer is there."""
    started = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda panel: ask(prometheus, panel, at), asked))
    return time.perf_counter() - started


def ask(prometheus: Prometheus, panel: Panel, at: float | None) -> float:
    """Ask a panel's queries, one after another, and return how long they took."""
    started = time.perf_counter()
    now = at or time.time()
    for query in panel.asked:
        if query.instant:
            prometheus.answer(query.expr, time=f"{now:.3f}")
        else:
            start = f"{now - RANGE:.3f}"
            prometheus.answer(
                query.expr, "query_range", start=start, end=f"{now:.3f}", step=f"{query.step:g}"
            )
    return time.perf_counter() - started


def outcome(
    boards: Mapping[str, Sequence[Panel]],
    times: Mapping[tuple[str, str], Mapping[str, Sequence[float]]],
    load: Mapping[str, float],
) -> Outcome:
    """Return tables and goals."""
    middle = {
        key: {what: statistics.median(each) for what, each in found.items()}
        for key, found in times.items()
    }
    names = list(boards)
    whole = Table(
        "Until the last panel is there",
        ("", *names),
        tuple(
            (f"{what}, {where}", *(figures.time(middle[where, name][what]) for name in names))
            for where in dict.fromkeys(where for where, _ in times)
            for what in (OPEN, EVERY)
            if what in middle[where, names[0]]
        ),
    )
    alone = {name: middle["alone", name] for name in names}
    # A title holds what is selected, so that a panel is the same by its place.
    panels_alone = [
        {
            name: (panel, alone[name][f"panel {panel.title}"])
            for name, panel in zip(names, same, strict=True)
        }
        for same in zip(*boards.values(), strict=True)
    ]
    slowest = sorted(panels_alone, key=lambda one: -one["all"][1])
    each = Table(
        "Each panel by itself, alone, the slowest first",
        ("", "queries", *names),
        tuple(
            (
                one["all"][0].title,
                str(len(one["all"][0].asked)),
                *(figures.time(seconds) for _, seconds in one.values()),
            )
            for one in slowest
        ),
    )
    carried = Table(
        "Meanwhile",
        ("", "found"),
        (
            *((name, figures.digits(value)) for name, value in load.items()),
            ("panels", str(len(boards["all"]))),
            ("queries", str(sum(len(panel.asked) for panel in boards["all"]))),
        ),
    )
    goals = tuple(
        Goal(f"{name}: all panels, store alone, s", alone[name][EVERY], limit)
        for name, limit in GOALS.items()
    )
    return Outcome((whole, each, carried), goals)


MEASURE = Measure("board", "The board", TEXT, run)
