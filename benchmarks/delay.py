"""A message's wait for a trading loop whose process also exports."""

from __future__ import annotations

import gc
import random
import socket
import statistics
import subprocess
import sys
import time
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import figures
from benchmarks.child import ROOT
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.sender import MESSAGE
from benchmarks.sides import side
from benchmarks.sink import Sink
from benchmarks.worker import Worker
from benchmarks.workload import Values, desk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.sides import Write

TEXT = """\
How late a message of the venue is seen because the process exports its telemetry: the delay that
loses a queue position or leaves a stale quote in the book.

Another process sends 1000 messages a second over UDP, each with its time of sending, whether or not
they are received (open loop). The trading loop takes one, works on it for some 10 µs and tells five
of its series a new number, each message five others; what is measured is the time from sending to
receiving. A message that finds the socket's buffer full is lost. Meanwhile the process exports all
its series every second by its own schedule (we export the critical quarter of them twice), over
HTTP, as it comes: gzip for us, none for the stock SDK.
Windows take turns, each in a fresh process and after a warm-up that holds the first exports.
Quantiles are of all windows together; the ratio is the median over rounds. What is left without
telemetry is the operating system on so few cores, shared with the sender and the receiver of the
exports.

What stands in the way of 1.5: a thread that finds the interpreter taken waits until it is free, up
to 60 µs, and then some 50 µs more until the kernel has woken it. With 50 000 series that happens to
more than one message in a hundred."""

RATE = 1_000
UPDATES = 5
"""Series that are told a number at each message."""

TOLD = 5_000
"""Series that are told numbers in turn, most of them once a second."""

WORK = range(300)
"""Some 10 µs of pure Python, as a strategy would take."""

NONE = "none"
SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)


class Window(NamedTuple):
    """One process over one window.

    `delays` are in ns, ascending; `lost` messages found the socket's buffer full; `rate` is that
    of the data points exported, per second, the warm-up included.
    """

    delays: list[int]
    lost: int
    rate: float

    @property
    def p99(self) -> float:
        """The delay that 99 % of messages did not exceed."""
        return figures.quantile(self.delays, 0.99)


def window(
    name: str, endpoint: str, number: int, seconds: float, warmup: float
) -> Iterator[dict[str, Any]]:
    """Yield the delay in ns of every message that came once it was warm, and the number lost."""
    told = [] if name == NONE else _tell(name, endpoint, number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10.0)
        sender = subprocess.Popen(  # noqa: S603  # a module of this package
            [
                *(sys.executable, "-m", "benchmarks.sender"),
                *(str(receiver.getsockname()[1]), str(RATE), str(warmup + seconds)),
            ],
            cwd=ROOT,
        )
        gc.collect()
        delays = _trade(receiver, int(RATE * (warmup + seconds)), told)
        sender.wait()
    counted = [delay for number, delay in delays if number >= RATE * warmup]
    yield {"delays": counted, "lost": int(RATE * seconds) - len(counted)}


def _tell(name: str, endpoint: str, number: int) -> list[tuple[Write, float]]:
    """Start to export so many series; return some of them, anywhere in the memory of all.

    What is not returned is not kept: the garbage collector should walk the exporter's objects,
    and not those of the benchmark.
    """
    exporting = side(name, endpoint, compressed=name == "ours", running=True)
    series = list(desk(number))
    values = list(Values(series))
    for one, value in zip(series, values, strict=True):
        exporting.bind(one)(value)
    chosen = random.Random(5).sample(range(number), min(number, TOLD))  # noqa: S311
    return [(exporting.bind(series[at]), values[at]) for at in chosen]


def _trade(
    receiver: socket.socket, messages: int, told: Sequence[tuple[Write, float]]
) -> list[tuple[int, int]]:
    """Receive until the last message; return number and delay in ns of each."""
    delays = []
    following = cycle(told)
    updates = range(UPDATES if told else 0)
    total = message = 0
    while message < messages - 1:
        try:
            received = receiver.recv(MESSAGE.size)
        except TimeoutError:
            break  # the last one was lost
        now = time.monotonic_ns()
        message, sent = MESSAGE.unpack(received)
        delays.append((message, now - sent))
        for number in WORK:
            total += number
        for _ in updates:
            write, value = next(following)
            write(value + total % 1000)
    return delays


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Let all take turns, a window each a round."""
    cases = [(NONE, 0)]
    cases += [(name, number) for number in scale.delayed for name in ("ours", "stock")]
    found: dict[tuple[str, int], list[Window]] = {case: [] for case in cases}
    with Sink() as sink:
        for done in range(scale.rounds):
            for at in range(len(cases)):
                case = name, number = cases[(at + done) % len(cases)]
                progress(f"round {done + 1} of {scale.rounds}, {name} {number:,}")
                options = {"name": name, "number": number, "endpoint": sink.url}
                with Worker(
                    window, **options, seconds=scale.seconds, warmup=scale.warmup
                ) as worker:
                    answer = worker.round()
                    points = sink.take()["points"]
                sink.take()  # its last words
                rate = points / (scale.seconds + scale.warmup)
                found[case].append(Window(sorted(answer["delays"]), answer["lost"], rate))
    return outcome(found)


def outcome(found: Mapping[tuple[str, int], Sequence[Window]]) -> Outcome:
    """Return table, goals and plot of the windows of each case."""
    calm = [window.p99 for window in found[NONE, 0]]
    rows, goals, lines = [], [], {}
    for (name, number), windows in found.items():
        pooled = sorted(delay for window in windows for delay in window.delays)
        ratio = figures.ratio([window.p99 for window in windows], calm)
        what = {
            NONE: "no telemetry",
            "ours": f"fortuna-otel, {number:,} series",
            "stock": f"OpenTelemetry SDK, {number:,} series",
        }[name]
        rows.append(
            (
                what,
                *(figures.time(figures.quantile(pooled, share) / 1e9) for share in SHARES),
                figures.share(ratio),
                str(sum(window.lost for window in windows)),
                figures.digits(statistics.median(window.rate for window in windows)),
            )
        )
        if name == "ours":
            goals.append(Goal(f"{number:,} series: p99 of that without telemetry", ratio, 1.5))
        lines[what] = _tail(pooled)
    columns = ("", "p50", "p90", "p99", "p99.9", "max", "p99 of none", "lost", "points/s sent")
    title = f"Delay of a message, {len(calm)} windows each"
    return Outcome((Table(title, columns, tuple(rows)),), tuple(goals), plot={"tails": lines})


def _tail(ordered: Sequence[int]) -> list[tuple[float, float]]:
    """Return (share of messages that waited longer, seconds), at even distances of a logarithm."""
    shares = [10.0 ** (-step / 10.0) for step in range(38)]
    return [
        (share, figures.quantile(ordered, 1.0 - share) / 1e9)
        for share in shares
        if share * len(ordered) >= 1.0
    ]


MEASURE = Measure("delay", "A message's delay", TEXT, run)
