"""What a series keeps of the process's memory."""

from __future__ import annotations

import gc
import re
import tracemalloc
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import figures
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.sides import side
from benchmarks.sink import Sink
from benchmarks.worker import Worker
from benchmarks.workload import desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXT = """\
A process holds every series it has ever bound. Memory that is not needed is cache that trading
loses, and objects that the garbage collector walks.

The growth of a fresh process from before binding to after the first export, over HTTP, by series
of quoting books. *Resident* is what the operating system counts (RSS), with what an export's
messages leave behind in the allocator; *at the peak* is what that export needed for a moment;
*live* is what Python's allocator has handed out (`tracemalloc`, in a process of its own). Goals are
for what the SDK itself holds; *with its handle* adds what the caller keeps to tell the series its
next number: for us the cell's method, for the stock SDK, which has no bound form, its dictionary of
attributes.

What stands in the way of 1/8: some 225 bytes of ours are the point as it goes over the wire. They
are kept because they make the export cheap; the attributes beside them make a declaration that is
made twice give the same meter."""

SIDES = {"ours": "fortuna-otel", "stock": "OpenTelemetry SDK"}
WAYS: tuple[dict[str, bool], ...] = ({}, {"traced": True}, {"handles": True})
GOALS = ("resident", "live")


def resident(*, peak: bool = False) -> int:
    """Return the bytes of this process that are in memory, or the most that ever were.

    Raises:
        OSError: if the system is not Linux.
    """
    status = Path("/proc/self/status").read_text("ascii")
    found = re.search(rf"^{'VmHWM' if peak else 'VmRSS'}:\s*(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise OSError("/proc/self/status does not tell the memory of this process")
    return 1024 * int(found.group(1))


def held(
    name: str, endpoint: str, number: int, *, traced: bool = False, handles: bool = False
) -> Iterator[dict[str, float]]:
    """Yield the bytes a series keeps after its first export, by how they are counted.

    Args:
        name: whose.
        endpoint: base URL of a Collector.
        number: of series.
        traced: whether live bytes, rather than those of the process.
        handles: whether with what their caller keeps.
    """
    exporting = side(name, endpoint, compressed=name == "ours")
    for series in desk(100):
        exporting.bind(series)(1.0)
    exporting.export()
    # What the first export imports and connects is not a series' fault.
    gc.collect()
    if traced:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0] if traced else resident()
    kept = []
    for series in desk(number + 100):
        write = exporting.bind(series)
        write(1.5)
        if handles:
            kept.append(write)
    exporting.export()
    gc.collect()
    if traced:
        yield {"live": (tracemalloc.get_traced_memory()[0] - before) / number}
    elif handles:
        yield {"resident, with its handle": (resident() - before) / number}
    else:
        most = resident(peak=True)
        yield {
            "resident": (resident() - before) / number,
            "resident, at the peak": (most - before) / number,
        }


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Measure both sides in both ways, each in a fresh process."""
    found: dict[str, dict[str, list[float]]] = {}
    rounds = min(scale.rounds, 3)
    with Sink() as sink:
        for done in range(rounds):
            for name, way in product(SIDES, WAYS):
                progress(f"round {done + 1} of {rounds}, {name}")
                options = {"name": name, "number": scale.held, **way}
                with Worker(held, endpoint=sink.url, **options) as worker:
                    for what, count in worker.round().items():
                        found.setdefault(what, {}).setdefault(name, []).append(count)
                sink.take()
    return outcome(found, scale.held)


def outcome(found: dict[str, dict[str, list[float]]], number: int) -> Outcome:
    """Return table and goals."""
    ratios = {what: figures.ratio(each["ours"], each["stock"]) for what, each in found.items()}
    rows = tuple(
        (what, *(figures.size(min(each[name])) for name in SIDES), figures.share(ratios[what]))
        for what, each in found.items()
    )
    goals = tuple(
        Goal(f"a series, {what}: of the stock SDK's", ratios[what], 1 / 8) for what in GOALS
    )
    columns = ("memory a series", *SIDES.values(), "ours of theirs")
    return Outcome((Table(f"Of {number:,} series", columns, rows),), goals)


MEASURE = Measure("memory", "Memory", TEXT, run)
