"""The sharp edges of telemetry in a trading process, and the test that keeps each of them blunt.

Every row of the facts that the SDK was built on (what the stock SDK or a naive one does to a desk),
by number; a row may name several tests, wherever they are. Two tests at the end see that no row is
missing and that every test named exists.

1. Series beyond a limit collapse into one, in silence:
   - test_a_family_is_bounded_by_what_it_is_about
   - test_beyond_the_limit_of_the_process_all_others_are_told
   - test_instruments_of_others_do_not_collapse_in_silence
2. Attribute sets that were ever seen use a limit up:
   - test_membership_may_change_each_tick
   - test_a_version_a_tick_never_meets_the_limit
3. A series can never be removed:
   - test_a_gauge_that_ended_gets_one_stale_marker
4. A removed series lingers for five minutes:
   - test_any_history_is_told_in_full
   - test_a_marker_ends_a_series_in_both_stores
5. One poisoned value loses every metric of the process:
   - test_a_poisoned_value_is_dropped_without_losing_others
   - test_cells_take_anything
6. A wrong value raises into trading code, or floods the log:
   - test_what_cannot_be_taken_is_counted_and_never_raised
   - test_a_hundred_thousand_bad_calls_are_a_handful_of_lines
7. A BaseException ends the export thread for good:
   - test_the_export_thread_survives_anything
8. One slow callback discards the whole collection:
   - test_a_callback_that_hangs_delays_nobody
9. The interval drifts by the length of each export:
   - test_ticks_are_absolute_however_long_the_work_takes
10. Writing waits for a lock while an export collects:
   - test_writing_never_waits_for_an_export
11. An export a minute, uncompressed or at gzip level 9:
   - test_defaults_are_those_of_a_desk
12. A request above 4 MB is encoded again and again, and lost:
   - test_a_request_never_exceeds_what_every_hop_takes
   - test_the_widest_series_fit_into_a_request
13. A redirect counts as a success:
   - test_only_2xx_is_a_success
14. What a Collector rejects is not noticed:
   - test_partial_success_is_read
15. The end of a process loses its last second, or takes ten:
   - test_a_process_that_ends_says_so
   - test_a_hung_collector_does_not_hold_up_the_end
16. A forked child hangs, or counts what its parent counted:
   - test_forking_again_and_again_never_hangs
   - test_a_forked_child_is_another_process
17. A second reader makes every call dearer:
   - test_there_is_one_reader
18. Names are lower-cased on their way:
   - test_every_signal_is_described_as_the_stock_sdk_would
19. A pin on one release of OpenTelemetry breaks the next install:
   - test_opentelemetry_is_not_pinned
20. Logs cost as much as the metrics they repeat:
   - test_a_log_event_is_a_signal_and_nothing_is_queued
21. The first measurement of a series costs as much as a hundred:
   - test_what_a_desk_does_all_day_binds_nothing
22. Every export provokes the garbage collector:
   - test_an_export_makes_no_garbage
"""

from __future__ import annotations

import ast
import gc
import importlib.metadata
import re
import sys
import threading
import tracemalloc
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider

from fortuna_otel._environment import Environment
from fortuna_otel.export.cells import PENDING
from fortuna_otel.export.transport import Accepted, HttpTransport
from fortuna_otel.signals import health, market
from fortuna_otel.telemetry import Telemetry
from tests.conformance.wire import (
    Desk,
    Receiver,
    bits,
    histogram_bits,
    metrics_of,
    parse,
    points_of,
    samples_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
BOOK: dict[str, Any] = {"client": "acme", "venue": "v", "symbol": "A/B", "account": "m", "tag": "t"}


class Forgetful(Receiver):
    """A Collector that keeps nothing, so that only what the export keeps is measured."""

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Accept and forget."""
        return Accepted()


def test_instruments_of_others_do_not_collapse_in_silence() -> None:
    """2500 series of another library arrive as 2500: the stock limit makes 2001 of them."""
    desk = Desk()
    counter = desk.telemetry.provider.get_meter("library").create_counter("library.routes")
    for number in range(2500):
        counter.add(1, {"route": f"/{number}"})
    points = sum(
        len(points_of(metric))
        for request in desk.export()
        for metric in metrics_of(request)
        if metric.name == "library.routes"
    )
    assert points == 2500


def test_writing_never_waits_for_an_export() -> None:
    """While a Collector hangs in the middle of an export, everything can be written and bound."""
    hanging, released = threading.Event(), threading.Event()

    class Hanging(Receiver):
        def send(self, body: bytes, timeout: float) -> Accepted:
            hanging.set()
            assert released.wait(30.0)
            return super().send(body, timeout)

    telemetry = Telemetry(
        "hanging",
        environment=Environment(),
        transport=Hanging(),
        instance="test/hanging/0",
        threaded=False,
    )
    book = telemetry.book(**BOOK)
    export = threading.Thread(target=telemetry.flush)
    export.start()
    written = threading.Event()

    def trade() -> None:
        for _ in range(100):
            book.quotes.update(bids=[(99.0, 1.0)], asks=[(101.0, 1.0)], mid=100.0)
            book.orders.submitted("buy", queued=0.1)
            book.trades.fill(side="buy", price=100.0, quantity=1.0, liquidity="maker")
            telemetry.market(venue="v", symbol="A/B").top(bid=99.0, ask=101.0)
            telemetry.heartbeat("q").beat()
        written.set()

    assert hanging.wait(30.0)
    trader = threading.Thread(target=trade)
    trader.start()
    try:
        assert written.wait(30.0), "trading code waits for the Collector"
    finally:
        released.set()
        export.join(30.0)
        trader.join(30.0)
        telemetry.shutdown()


def test_threads_that_share_a_series_lose_no_count() -> None:
    """Four threads count into the same cells while a fifth exports: not one is missing."""
    desk = Desk()
    gaps = desk.telemetry.counter(market.FEED_GAPS, venue="v", stream="s")
    turns = desk.telemetry.histogram(health.LOOP_DURATION, loop="q")
    ended = threading.Event()

    def export() -> None:
        while not ended.is_set():
            desk.export()

    def count() -> None:
        for _ in range(10_000):
            gaps.add()
            turns.record(0.5)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    exporter = threading.Thread(target=export)
    counters = [threading.Thread(target=count) for _ in range(4)]
    try:
        for thread in (exporter, *counters):
            thread.start()
        for thread in counters:
            thread.join(60.0)
    finally:
        ended.set()
        exporter.join(60.0)
        sys.setswitchinterval(interval)
    told = {sample.series[0]: sample.bits for sample in samples_of(desk.export())}
    assert told["fortuna.feed.gaps"] == bits(40_000.0)
    buckets = [0] * (len(turns.bounds) + 1)
    buckets[turns.bounds.index(0.5)] = 40_000
    assert told["fortuna.loop.duration"] == histogram_bits(buckets, 20_000.0)


def test_defaults_are_those_of_a_desk() -> None:
    """A second, half of one for what is critical, and compressed."""
    environment = Environment.read({})
    assert (environment.interval, environment.critical_interval) == (1.0, 0.5)
    assert HttpTransport(environment).gzipped
    desk = Desk(gzipped=True)
    desk.export()
    for body, _ in desk.receiver.sent:
        assert body[8] == 4, "gzip's header says that the fastest level was used"
        assert parse(body).resource_metrics


def test_there_is_one_reader() -> None:
    """Ours; a second one would make every call of every instrument dearer."""
    provider = Desk().telemetry.provider
    assert isinstance(provider, MeterProvider)
    readers = getattr(provider, "_metric_readers", None)
    if readers is None:  # where releases before 1.45 keep them
        readers = provider._sdk_config.metric_readers  # type: ignore[attr-defined]
    assert len(readers) == 1


def test_opentelemetry_is_not_pinned() -> None:
    """Other instrumentations of the service decide its release; none of them is ours to require."""
    needed = [
        requirement
        for requirement in importlib.metadata.requires("fortuna-otel") or []
        if requirement.startswith("opentelemetry") and "extra ==" not in requirement
    ]
    assert needed
    for requirement in needed:
        assert re.fullmatch(
            r"opentelemetry-(api|sdk|exporter-otlp[\w-]*|proto)>=1\.\d+", requirement
        )


def test_what_a_desk_does_all_day_binds_nothing() -> None:
    """Declaring binds; quoting, ordering and beating only write."""
    desk = Desk()
    telemetry = desk.telemetry
    book = telemetry.book(**BOOK)
    seen = telemetry.market(venue="v", symbol="A/B")
    loop = telemetry.heartbeat("q")

    def turn() -> None:
        book.quotes.update(bids=[(99.0, 1.0)], asks=[(101.0, 1.0)], mid=100.0)
        for side in ("buy", "sell"):
            book.orders.submitted(side, queued=0.1)
            book.orders.acknowledged(side, latency=0.1)
            book.orders.cancelled(side, latency=0.1)
            book.orders.filled(side)
        seen.top(bid=99.0, ask=101.0)
        loop.beat()

    before = telemetry.registry.bound
    turn()
    assert telemetry.registry.bound == before
    desk.export()
    ladder = telemetry.registry.bound
    turn()
    desk.export()
    assert telemetry.registry.bound == ladder


def _steady(series: int) -> Callable[[], bool]:
    telemetry = Telemetry(
        "steady",
        environment=Environment(),
        transport=Forgetful(),
        instance="test/steady/0",
        threaded=False,
    )
    for number in range(series):
        telemetry.gauge(health.HEARTBEAT_TIMESTAMP, loop=f"l{number}").set(1.0)
        telemetry.counter(market.FEED_GAPS, venue="v", stream=f"s{number}").add()
    return telemetry.flush


def test_an_export_makes_no_garbage() -> None:
    """The objects that an export leaves to the collector do not grow with the series."""
    made = []
    for series in (10, 3000):
        flush = _steady(series)
        for _ in range(3):
            flush()
        gc.collect()
        gc.disable()
        try:
            before = len(gc.get_objects())
            for _ in range(5):
                flush()
            made.append(len(gc.get_objects()) - before)
        finally:
            gc.enable()
    assert made[1] <= made[0] + 200


def _disabled() -> Telemetry:
    return Telemetry("off", environment=Environment(disabled=True), threaded=False)


def _ended() -> Telemetry:
    desk = Desk()
    desk.telemetry.shutdown()
    return desk.telemetry


def _stalled() -> Telemetry:
    return Desk().telemetry


def _full() -> Telemetry:
    return Desk(series_limit=20).telemetry


@pytest.mark.parametrize("of", [_disabled, _ended, _stalled, _full])
def test_nobody_exports_and_memory_does_not_grow(of: Callable[[], Telemetry]) -> None:
    """Switched off, shut down, stalled or beyond its limit: what is written is not heaped up."""
    telemetry = of()
    book = telemetry.book(**BOOK)
    counter = telemetry.counter(market.FEED_GAPS, venue="v", stream="s")
    histogram = telemetry.histogram(health.LOOP_DURATION, loop="q")

    def work(count: int) -> None:
        for number in range(count):
            counter.add(number + 0.5)
            histogram.record(number + 0.5)
            if number % 50 == 0:
                book.orders.submitted("buy", queued=number + 0.5)
                book.quotes.update(bids=[(99.0 + number, 1.0)], asks=[], mid=None)
                book.trades.fill(side="buy", price=1.0, quantity=1.0, liquidity="maker", mid=1.0)

    work(PENDING + 1)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work(65_536)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # What a full queue exchanges is traced anew: 65,536 doubles are 2.1 MB.
    assert after - before < 2_500_000


def _rows() -> dict[int, list[str]]:
    rows: dict[int, list[str]] = {}
    for line in (__doc__ or "").splitlines():
        if match := re.match(r"(\d+)\. ", line):
            rows[int(match[1])] = []
        elif line.startswith("   - "):
            rows[max(rows)].append(line.removeprefix("   - "))
    return rows


def test_every_edge_has_a_test() -> None:
    """All 22 of them."""
    assert list(_rows()) == list(range(1, 23))
    assert all(_rows().values())


@cache
def _tests() -> frozenset[str]:
    """Return the name of every test there is."""
    found: set[str] = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return frozenset(found)


@pytest.mark.parametrize("named", sorted({name for names in _rows().values() for name in names}))
def test_the_test_of_an_edge_exists(named: str) -> None:
    """A test that was renamed or removed is missed."""
    assert named in _tests()
