"""One number told to a bound series: what the caller waits for."""

from __future__ import annotations

import gc
import random
import socket
import statistics
import time
import timeit
from typing import TYPE_CHECKING, Any

import prometheus_client
from datadog.dogstatsd.base import DogStatsd

from benchmarks import figures
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.sides import Ours, Stock
from benchmarks.sink import Sink
from benchmarks.worker import Worker
from benchmarks.workload import Series, desk, histograms
from fortuna_otel.signals import quotes, trades

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

TEXT = """\
What a quoting loop pays each time it tells a number to a series it has bound at its start. At
100 000 calls a second, a microsecond a call is a tenth of a core, and of the interpreter's lock.

Everybody tells the same numbers with the same attributes, those of our own signals: 9 on the gauge
(`fortuna.quote.spread`), 10 on the counter (`fortuna.trades.fills`), 3 on the histogram
(`fortuna.orders.ack.duration`, 17 bounds). The stock SDK has no bound form; its dictionary of
attributes is made once and used again. Calls are timed in batches of 0.2 ms, of which the median
counts, in shuffled and interleaved rounds; **the cost of an empty loop, at its best, is
subtracted**, and what is below 1 ns then is shown as 1 ns. Times are those of the best round,
ratios the median over rounds.

Our histogram only keeps the number, and the export thread counts it into its bucket later: that
cost stands beside it. The others count at once. DogStatsD sends to a local UDP socket that nobody
reads, the cheapest there is for it; its aggregating client does not aggregate histograms."""

BATCH = 200e-6
"""Seconds of a batch: short beside what the operating system gives a process at a time."""

RESOLUTION = 1e-9
"""Seconds below which a call cannot be told from an empty loop."""

PENDING = 20_000
"""Observations that are folded at once when the cost of it is measured."""

KINDS = ("gauge", "counter", "histogram")
PEERS = {
    "value": "fortuna-otel, `gauge.value = x`",
    "ours": "fortuna-otel, bound",
    "stock": "OpenTelemetry SDK",
    "child": "prometheus_client, bound child",
    "labels": "prometheus_client, `labels(…)`",
    "statsd": "DogStatsD, unbuffered (default)",
    "buffered": "DogStatsD, buffered",
    "aggregated": "DogStatsD, aggregated by the client",
}


class Case:
    """A statement to time in batches of `calls`, and what to do after each of them, untimed."""

    def __init__(
        self, statement: str, scope: dict[str, Any], after: Callable[[], object] | None = None
    ) -> None:
        self.timer = timeit.Timer(statement, globals=scope)
        self.after = after
        self.calls = max(round(BATCH / min(self.timer.repeat(5, 100)) * 100), 1)


def rounds(endpoint: str, slice: float) -> Iterator[dict[str, float]]:  # noqa: A002  # as in Scale
    """Yield the seconds a call of each case takes, its loop included, by `kind/peer`."""
    ours, stock = Ours(endpoint), Stock(endpoint)
    cases: dict[str, Case] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unread:
        unread.bind(("127.0.0.1", 0))
        for kind, series in _series().items():
            cases |= _sdks(kind, series, ours, stock)
            cases |= _prometheus(kind, series)
            cases |= _statsd(kind, series, unread.getsockname()[1])
        empty = Case("pass", {})
        record = ours.bind(_series()["histogram"])
        shuffled = list(cases)
        while True:
            random.shuffle(shuffled)
            gc.collect()
            overhead = _time(empty, slice)
            found = {name: _time(cases[name], slice) for name in shuffled}
            yield {**found, "fold": _fold(record, ours), "overhead": overhead}


def _series() -> dict[str, Series]:
    book = {series.signal.name: series for series in desk(100)}
    return {
        "gauge": book[quotes.SPREAD.name],
        "counter": book[trades.FILLS.name],
        "histogram": next(histograms(1)),
    }


def _sdks(kind: str, series: Series, ours: Ours, stock: Stock) -> dict[str, Case]:
    signal, attributes = series
    verb = {"gauge": "set", "counter": "add", "histogram": "record"}[kind]
    cell = getattr(ours.telemetry, kind)(signal, **attributes)
    scope: dict[str, Any] = {"cell": cell, "method": stock.method(signal), "attributes": attributes}
    cases = {
        f"{kind}/ours": Case(
            f"cell.{verb}(0.0125)", scope, ours.export if kind == "histogram" else None
        ),
        f"{kind}/stock": Case("method(0.0125, attributes)", scope),
    }
    if kind == "gauge":
        cases["gauge/value"] = Case("cell.value = 0.0125", scope)
    return cases


def _prometheus(kind: str, series: Series) -> dict[str, Case]:
    signal, attributes = series
    options: dict[str, Any] = {"registry": prometheus_client.CollectorRegistry()}
    if kind == "histogram":
        options["buckets"] = signal.buckets
    metric = getattr(prometheus_client, kind.capitalize())(kind, kind, [*attributes], **options)
    verb = {"gauge": "set", "counter": "inc", "histogram": "observe"}[kind]
    values = tuple(attributes.values())
    scope = {"metric": metric, "values": values, "child": metric.labels(*values)}
    return {
        f"{kind}/child": Case(f"child.{verb}(0.0125)", scope),
        f"{kind}/labels": Case(f"metric.labels(*values).{verb}(0.0125)", scope),
    }


def _statsd(kind: str, series: Series, port: int) -> dict[str, Case]:
    tags = [f"{name}:{value}" for name, value in series.attributes.items()]
    clients: dict[str, dict[str, Any]] = {
        "statsd": {},
        "buffered": {"disable_buffering": False},
        "aggregated": {"disable_aggregation": False},
    }
    verb = {"gauge": "gauge", "counter": "increment", "histogram": "histogram"}[kind]
    return {
        f"{kind}/{name}": Case(
            f"client.{verb}('{kind}', 0.0125, tags=tags)",
            {"client": DogStatsd("127.0.0.1", port, **options), "tags": tags},
        )
        for name, options in clients.items()
    }


def _time(case: Case, seconds: float) -> float:
    """Return the seconds of one call: the median of batches that take `seconds` together."""
    batches: list[float] = []
    while sum(batches) < seconds:
        batches.append(case.timer.timeit(case.calls))
        if case.after:
            case.after()
    return statistics.median(batches) / case.calls


def _fold(record: Callable[[float], object], ours: Ours) -> float:
    """Return the CPU seconds the export spends on one observation that was recorded before."""
    ours.export()
    started = time.process_time()
    ours.export()
    without = time.process_time() - started
    for number in range(PENDING):
        record(0.0001 * (number % 400))
    started = time.process_time()
    ours.export()
    return max(time.process_time() - started - without, 0.0) / PENDING


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Run every case in interleaved rounds."""
    found: dict[str, list[float]] = {}
    with Sink() as sink, Worker(rounds, endpoint=sink.url, slice=scale.slice) as worker:
        for number in range(scale.repeats):
            progress(f"round {number + 1} of {scale.repeats}")
            for name, seconds in worker.round().items():
                found.setdefault(name, []).append(seconds)
    return outcome(found)


def outcome(raw: dict[str, list[float]]) -> Outcome:
    """Return tables, goals and plot of the seconds of each round (see `rounds`)."""
    found = net(raw)
    goals = [
        Goal(
            f"{kind}, bound: of {peer}",
            figures.ratio(found[f"{kind}/ours"], found[f"{kind}/{other}"]),
            limit,
        )
        for kind in KINDS
        for other, peer, limit in (
            ("stock", "the stock SDK's", 1 / 150),
            ("child", "a bound prometheus_client child's", 1 / 5),
        )
    ]
    return Outcome(
        (_table(found), _later(found)),
        tuple(goals),
        plot={
            "peers": list(PEERS.values()),
            "seconds": {
                kind: [_best(found.get(f"{kind}/{peer}")) for peer in PEERS] for kind in KINDS
            },
        },
    )


def net(raw: dict[str, list[float]]) -> dict[str, list[float]]:
    """Return the seconds of each call without those of the loop around it.

    The best empty loop of all is what counts: to subtract one that was disturbed would make a
    call look faster than it ever was.
    """
    overhead = min(raw["overhead"])
    return {
        name: [max(each - overhead, RESOLUTION) for each in rounds] if "/" in name else rounds
        for name, rounds in raw.items()
    }


def _best(rounds: Sequence[float] | None) -> float | None:
    return None if rounds is None else min(rounds)


def _table(found: dict[str, list[float]]) -> Table:
    rows = []
    for peer, what in PEERS.items():
        row = [what]
        for kind in KINDS:
            best = _best(found.get(f"{kind}/{peer}"))
            if best is None:
                row += ["", ""]
                continue
            ratio = figures.ratio(found[f"{kind}/{peer}"], found[f"{kind}/stock"])
            row += [figures.time(best), figures.share(ratio)]
        rows.append(tuple(row))
    columns = ("a call", *(name for kind in KINDS for name in (kind, "of stock")))
    return Table("In the caller's thread", columns, tuple(rows))


def _later(found: dict[str, list[float]]) -> Table:
    call, fold = found["histogram/ours"], found["fold"]
    both = [now + later for now, later in zip(call, fold, strict=True)]
    stock = found["histogram/stock"]
    return Table(
        "A histogram's observation, all CPU",
        ("", "in the call", "in the export", "all", "of stock"),
        (
            (
                "fortuna-otel",
                *(figures.time(min(each)) for each in (call, fold, both)),
                figures.share(figures.ratio(both, stock)),
            ),
            ("OpenTelemetry SDK", figures.time(min(stock)), "", figures.time(min(stock)), "1.00"),
        ),
    )


MEASURE = Measure("calls", "One number", TEXT, run)
