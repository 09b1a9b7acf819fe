"""One export: what it costs the process, and what goes over the wire."""

from __future__ import annotations

import gc
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks import figures
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.sides import side
from benchmarks.sink import Sink
from benchmarks.worker import Worker
from benchmarks.workload import Values, desk, histograms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TEXT = """\
Every second the process collects, encodes, compresses and sends all its series. What that costs
is taken from trading: on one core directly, on several through the interpreter's lock.

Both sides export the series of quoting books (62 of 92 are ladder, depth and prices, the rest
orders, fills and PnL) with 8 to 11 attributes each, over HTTP to a process that only answers;
**every value changes between two exports**. CPU is that of the whole process, all threads and the
kernel's share included; an export's wall time contains the pauses in which ours lets the trading
thread in. Times are those of the best round, ratios the median over interleaved rounds. The stock
SDK comes uncompressed, ours with gzip, so both are measured in both ways, and their CPU is judged
like for like; the last two columns compare with the stock SDK as it comes. Its gzip is of level 9,
ours of level 1: it saves some more bytes for several times the CPU. Bytes are those of request
bodies; within 1 % counts as no more, since smaller requests repeat a few names. Histograms (17
bounds, 5 new observations each) are measured apart: a desk exports few.

What stands in the way of 1/100: a fixed cost of about a millisecond (threads that wake each other,
one HTTP request), which is all there is with 1000 series; gzip, some 300 ns a point, for a
fifteenth of the bytes; and pauses every 60 µs, in which the trading thread is let in. In larger
pieces with fewer pauses an export of 50 000 uncompressed series cost 1/76, and messages waited
longer."""

NAMES = {
    ("ours", True): "fortuna-otel, gzip (default)",
    ("ours", False): "fortuna-otel, uncompressed",
    ("stock", False): "OpenTelemetry SDK, uncompressed (default)",
    ("stock", True): "OpenTelemetry SDK, gzip",
}
NO_MORE = 1.01
"""Requests of at most 3 MB and chunks of at most 1000 points repeat a few names."""

OBSERVATIONS = 5
"""Observations of each histogram between two exports."""


def exporter(
    name: str, endpoint: str, number: int, *, compressed: bool, kind: str = "desk"
) -> Iterator[dict[str, float]]:
    """Yield the seconds of `cpu` and `wall` of one export after another; two are not counted."""
    exporting = side(name, endpoint, compressed=compressed)
    series = list(desk(number) if kind == "desk" else histograms(number))
    values = Values(series)
    writes = [exporting.bind(one) for one in series]
    times = 1 if kind == "desk" else OBSERVATIONS

    def change() -> None:
        for _ in range(times):
            for write, value in zip(writes, values, strict=True):
                write(value)

    for _ in range(2):
        change()
        exporting.export()
        yield {}
    while True:
        change()
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        exporting.export()
        yield {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


class Run:
    """One side at one size, over all rounds."""

    def __init__(self, sink: Sink, worker: Worker, number: int, *, compressed: bool) -> None:
        self._sink = sink
        self._worker = worker
        self._number = number
        self._compressed = compressed
        self.cpu: list[float] = []
        self.wall: list[float] = []
        self.bytes: list[float] = []

    def round(self) -> None:
        """Export once.

        Raises:
            RuntimeError: if a point did not arrive, or not as it should.
        """
        found = self._worker.round()
        taken = self._sink.take()
        if taken["points"] < self._number:
            raise RuntimeError(f"only {taken['points']} of {self._number} points were exported")
        if taken["compressed"] != (taken["requests"] if self._compressed else 0):
            raise RuntimeError(f"{taken['compressed']} of {taken['requests']} requests use gzip")
        if found:
            self.cpu.append(found["cpu"])
            self.wall.append(found["wall"])
            # By point: ours brings a few series about itself.
            self.bytes.append(taken["bytes"] / taken["points"])


def interleaved(
    number: int,
    sides: Sequence[tuple[str, bool]],
    rounds: int,
    progress: Callable[[str], None],
    kind: str = "desk",
) -> dict[tuple[str, bool], Run]:
    """Return the rounds of each side, which took turns."""
    runs: dict[tuple[str, bool], Run] = {}
    with ExitStack() as stack:
        sink = stack.enter_context(Sink())
        for name, compressed in sides:
            options = {"name": name, "compressed": compressed, "number": number, "kind": kind}
            worker = stack.enter_context(Worker(exporter, endpoint=sink.url, **options))
            runs[name, compressed] = Run(sink, worker, number, compressed=compressed)
        for done in range(rounds + 2):
            progress(f"{number:,} of a {kind}, round {done + 1} of {rounds + 2}")
            for run in runs.values():
                run.round()
    return runs


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Export every size from every side, then histograms."""
    keys = list(NAMES)
    found = {number: interleaved(number, keys, scale.rounds, progress) for number in scale.sizes}
    default = [("ours", True), ("stock", False)]
    points = scale.sizes[0]
    return outcome(found, points, interleaved(points, default, scale.rounds, progress, "histogram"))


def outcome(
    found: Mapping[int, Mapping[tuple[str, bool], Run]],
    buckets: int,
    histogram: Mapping[tuple[str, bool], Run],
) -> Outcome:
    """Return tables, goals and plot."""
    tables = [_table(f"{number:,} series", number, runs) for number, runs in found.items()]
    tables.append(_table(f"{buckets:,} histograms", buckets, histogram))
    goals = []
    for compressed, how in ((False, "uncompressed"), (True, "gzip")):
        goals += [
            Goal(
                f"{number:,} series, {how}: CPU of the stock SDK's",
                _of(runs["ours", compressed], runs["stock", compressed], "cpu"),
                1 / 100,
            )
            for number, runs in found.items()
        ]
    for compressed, how in ((True, "as they come"), (False, "uncompressed")):
        worst = max(
            _of(runs["ours", compressed], runs["stock", False], "bytes") for runs in found.values()
        )
        goals.append(Goal(f"bytes a point, {how}: of the stock SDK's", worst, NO_MORE))
    lines = {
        NAMES[key]: [min(runs[key].cpu) / number for number, runs in found.items()]
        for key in NAMES
        if all(key in runs for runs in found.values())
    }
    return Outcome(tuple(tables), tuple(goals), plot={"sizes": list(found), "seconds": lines})


def _of(ours: Run, stock: Run, what: str) -> float:
    return figures.ratio(getattr(ours, what), getattr(stock, what))


def _table(title: str, number: int, runs: Mapping[tuple[str, bool], Run]) -> Table:
    stock = runs["stock", False]
    rows = tuple(
        (
            NAMES[key],
            figures.time(min(run.cpu) / number),
            figures.time(min(run.cpu)),
            figures.time(min(run.wall)),
            figures.digits(min(run.bytes)),
            figures.share(_of(run, stock, "cpu")),
            figures.share(_of(run, stock, "bytes")),
        )
        for key, run in runs.items()
    )
    columns = ("", "CPU a point", "CPU", "wall", "bytes a point", "CPU of stock", "bytes of stock")
    return Table(title, columns, rows)


MEASURE = Measure("export", "An export", TEXT, run)
