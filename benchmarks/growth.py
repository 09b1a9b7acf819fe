"""From a small bot to a whole desk in one process: what ten times the series cost."""

from __future__ import annotations

import gc
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks import figures
from benchmarks.memory import resident
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.sides import Ours
from benchmarks.sink import Sink
from benchmarks.worker import Worker
from benchmarks.workload import Values, desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TEXT = """\
Ten times the series must cost ten times as much, and not a hundred. An export (its CPU, as above)
and the memory of the process are measured for each number of series, in processes that take turns.
The exponent is that of the power law which fits best from 10 000 series on, the slope in the plot:
1 is linear, 2 square; up to 1.1 counts as linear, since caches are smaller than 100 000 series.
With fewer series the fixed cost of an export shows, and flatters the exponent."""

LINEAR = 1.1
LARGE = 10_000
"""Series from which on fixed cost is small."""


def growing(endpoint: str, number: int) -> Iterator[dict[str, float]]:
    """Yield `cpu` seconds of one export after another, and the `memory` the series hold."""
    exporting = Ours(endpoint)
    exporting.export()
    series = list(desk(number))
    values = Values(series)
    told = list(values)
    gc.collect()
    before = resident()
    for one, value in zip(series, told, strict=True):
        exporting.bind(one)(value)
    exporting.export()
    gc.collect()
    held = resident() - before
    writes = [exporting.bind(one) for one in series]
    exporting.export()
    while True:
        for write, value in zip(writes, values, strict=True):
            write(value)
        gc.collect()
        started = time.process_time()
        exporting.export()
        yield {"cpu": time.process_time() - started, "memory": held}


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Export each number of series in turn."""
    found: dict[int, list[dict[str, float]]] = {number: [] for number in scale.growth}
    with ExitStack() as stack:
        sink = stack.enter_context(Sink())
        workers = {}
        for number in found:
            progress(f"{number:,} series")
            options = {"endpoint": sink.url, "number": number}
            workers[number] = stack.enter_context(Worker(growing, **options))
        for done in range(scale.rounds):
            for number, worker in workers.items():
                progress(f"round {done + 1} of {scale.rounds}, {number:,} series")
                found[number].append(worker.round())
                sink.take()
    return outcome(found)


def outcome(found: Mapping[int, Sequence[Mapping[str, float]]]) -> Outcome:
    """Return table, goals and plot."""
    sizes = list(found)
    lines = {
        what: [min(each[what] for each in found[number]) for number in sizes]
        for what in ("cpu", "memory")
    }
    rows = tuple(
        (
            f"{number:,}",
            figures.time(cpu),
            figures.time(cpu / number),
            figures.size(memory),
            figures.size(memory / number),
        )
        for number, cpu, memory in zip(sizes, lines["cpu"], lines["memory"], strict=True)
    )
    columns = ("series", "CPU of an export", "by point", "memory", "by series")
    large = next((at for at, size in enumerate(sizes) if size >= LARGE), 0)
    goals = tuple(
        Goal(f"exponent of {name}", figures.exponent(sizes[large:], line[large:]), LINEAR)
        for name, line in (("an export's CPU", lines["cpu"]), ("memory", lines["memory"]))
    )
    title = f"From {sizes[0]:,} to {sizes[-1]:,} series"
    return Outcome((Table(title, columns, rows),), goals, plot={"sizes": sizes, **lines})


MEASURE = Measure("growth", "Growth", TEXT, run)
