"""The reader: schedules, third parties, failures, and the end."""

from __future__ import annotations

import asyncio
import logging
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics import MeterProvider

from fortuna_otel._environment import Environment
from fortuna_otel._log import logger
from fortuna_otel.export.schedule import Cadence
from fortuna_otel.signals import health, orders
from fortuna_otel.telemetry import Telemetry
from fortuna_otel.testing import MemoryTransport, capture, points_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fortuna_otel.export.render import Request
    from fortuna_otel.export.transport import Accepted
    from fortuna_otel.signals import Signal
    from fortuna_otel.testing import Point


def _names(points: Iterable[Point]) -> set[str]:
    return {point.name for point in points}


def test_critical_signals_travel_alone_in_between() -> None:
    """Half a second apart critical ones, each second everything."""
    with capture() as desk:
        desk.telemetry.heartbeat("q").beat()
        market = desk.telemetry.market(venue="v", symbol="A/B")
        market.last(1.0)
        desk.telemetry.provider.get_meter("lib").create_counter("third.party").add(1)
        critical = _names(desk.export(0.5, only_critical=True))
        assert "fortuna.heartbeat.timestamp" in critical
        assert not critical & {"fortuna.market.last", "third.party"}
        assert _names(desk.export()) >= {
            "fortuna.market.last",
            "third.party",
            "fortuna.heartbeat.timestamp",
        }


def test_a_critical_counter_begins_one_critical_tick_earlier() -> None:
    """The tick is that of the export which carries it first."""
    with capture() as desk:
        desk.clock.advance(10.0)
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        book.orders.submitted("buy")
        desk.export(0.5, only_critical=True)
        zero, value = desk.points("fortuna.orders.submitted")
        assert value.time - zero.time == 500_000_000


def test_the_thread_exports_on_its_own() -> None:
    """Without anybody calling anything, critical signals come again and again."""
    enough = threading.Event()

    class Counting(MemoryTransport):
        def send(self, body: bytes, timeout: float) -> Accepted:
            answer = super().send(body, timeout)
            if len(self.requests) >= 5:
                enough.set()
            return answer

    transport = Counting()
    telemetry = Telemetry(
        "threaded",
        environment=Environment(interval=0.02, critical_interval=0.01),
        transport=transport,
        instance="i",
    )
    telemetry.heartbeat("q").beat()
    try:
        assert enough.wait(10.0)
    finally:
        telemetry.shutdown()
    points = [p for request in transport.requests for p in points_of(request)]
    assert [p for p in points if p.name == "fortuna.heartbeat.timestamp"][-1].ended


def test_the_export_thread_survives_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever interrupts the loop is counted, and the loop begins again."""
    transport = MemoryTransport()
    telemetry = Telemetry(
        "sturdy",
        environment=Environment(interval=0.01),
        transport=transport,
        instance="i",
        threaded=False,
    )
    reader = telemetry._pipeline._reader
    assert reader is not None
    calls = []
    again = threading.Event()

    def tick(_: object) -> tuple[None, None]:
        calls.append(1)
        if len(calls) == 1:
            raise asyncio.CancelledError
        again.set()
        return None, None

    monkeypatch.setattr(reader, "_tick", tick)
    reader.start()
    assert again.wait(10.0)
    monkeypatch.undo()
    telemetry.shutdown()
    assert telemetry.counter(health.TELEMETRY_DROPPED, reason="internal").value == 1.0


def test_what_was_dropped_is_logged_though_the_export_fails(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours must not hide the others."""
    with capture() as desk:
        market = desk.telemetry.market(venue="v", symbol="A/B")
        market.last("x")  # type: ignore[arg-type]
        reader = desk.telemetry._pipeline._reader
        assert reader is not None
        monkeypatch.setattr(reader._renderer, "requests", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.telemetry.flush()
        monkeypatch.undo()
    assert "last is 'x'" in caplog.text


def test_what_was_rendered_before_a_fault_is_counted_and_told_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody sends it; or the 0 of a counter would be missing for good."""
    with capture() as desk:
        reader = desk.telemetry._pipeline._reader
        assert reader is not None
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        desk.export()
        book.orders.submitted("buy")
        requests = reader._renderer.requests

        def fail(*arguments: Any) -> Iterator[Request]:
            yield from requests(*arguments)
            raise asyncio.CancelledError

        monkeypatch.setattr(reader._renderer, "requests", fail)
        with pytest.raises(asyncio.CancelledError):
            desk.telemetry.flush()
        monkeypatch.undo()
        desk.clock.advance(1.0)
        points = desk.export()
        assert [p.value for p in points if p.name == "fortuna.orders.submitted"] == [0.0, 1.0]
        assert desk.value("fortuna.telemetry.dropped", reason="internal")


def test_a_log_handler_that_blocks_delays_no_export() -> None:
    """A full pipe, or a remote sink: what was dropped is logged aside, and we go on."""
    go_on, blocked, enough = threading.Event(), threading.Event(), threading.Event()

    class Blocking(logging.Handler):
        def emit(self, _: logging.LogRecord) -> None:
            blocked.set()
            go_on.wait(30.0)

    class Counting(MemoryTransport):
        after = 0

        def send(self, body: bytes, timeout: float) -> Accepted:
            self.after += blocked.is_set()
            if self.after >= 5:
                enough.set()
            return super().send(body, timeout)

    telemetry = Telemetry(
        "logging",
        environment=Environment(interval=0.02, critical_interval=0.01),
        transport=Counting(),
        instance="i",
    )
    handler = Blocking()
    logger.addHandler(handler)
    try:
        telemetry.market(venue="v", symbol="A/B").last("x")  # type: ignore[arg-type]
        assert blocked.wait(10.0)
        assert enough.wait(10.0)
    finally:
        go_on.set()
        logger.removeHandler(handler)
        telemetry.shutdown()


def test_each_cadence_reads_its_own_signals() -> None:
    """Critical signals are not repeated with the ordinary ones, nor are slow ones."""
    with capture() as desk:
        desk.telemetry.heartbeat("q").beat()
        reader = desk.telemetry._pipeline._reader
        assert reader is not None
        found = {}
        for due in Cadence:
            requests = reader._read([due]).requests
            parsed = [ExportMetricsServiceRequest.FromString(r.body) for r in requests]
            found[due] = {p.name for request in parsed for p in points_of(request)}
        assert "fortuna.heartbeat.timestamp" in found[Cadence.CRITICAL]
        assert "fortuna.telemetry.buffered" in found[Cadence.ORDINARY]
        assert "fortuna.telemetry.series" in found[Cadence.SLOW]
        everything = set.union(*found.values())
        assert sum(map(len, found.values())) == len(everything)


@pytest.mark.parametrize(
    "signal", [orders.SUBMITTED, health.TELEMETRY_DROPPED, health.TELEMETRY_EXPORTS]
)
def test_a_counter_begins_a_critical_tick_before_its_first_export(signal: Signal) -> None:
    """Whatever its cadence: nothing was counted before, and one request holds all of them."""
    with capture() as desk:
        desk.clock.advance(10.0)
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        book.orders.submitted("buy")
        desk.telemetry.counter(health.TELEMETRY_DROPPED, reason="invalid").add()
        desk.export()
        desk.export()
        zero, value = desk.points(signal)[:2]
        assert (zero.value, value.value) == (0.0, 1.0)
        assert value.time - zero.time == 500_000_000


def test_everything_that_is_due_fits_into_one_request() -> None:
    """Each costs a round trip; what is most urgent stands first."""
    with capture() as desk:
        desk.telemetry.heartbeat("q").beat()
        desk.export()
        [request] = desk.transport.requests
        names = [point.name for point in points_of(request)]
        assert names.index("fortuna.heartbeat.timestamp") < names.index("fortuna.telemetry.series")


def test_partial_success_is_counted() -> None:
    """Points that the Collector took the request for, but refused, are dropped and said so."""
    with capture() as desk:
        desk.transport.rejecting = 2
        desk.export()
        desk.transport.rejecting = 0
        requests = len(desk.transport.requests)
        assert desk.value("fortuna.telemetry.dropped", reason="refused") == 2.0 * requests
        assert desk.value("fortuna.telemetry.exports", outcome="partial") == 1.0


def test_each_rejected_point_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over however many requests an export is spread."""
    monkeypatch.setattr("fortuna_otel.export.render.MAX_BYTES", 1)
    with capture() as desk:
        desk.transport.rejecting = 1
        desk.export()
        desk.transport.rejecting = 0
        sent = len(desk.transport.requests)
        assert sent > 1
        assert desk.value("fortuna.telemetry.dropped", reason="refused") == sent


def test_the_sdk_tells_about_itself() -> None:
    """Series, buffer, exports and their duration."""
    with capture() as desk:
        desk.export()
        series = desk.value("fortuna.telemetry.series")
        assert series is not None
        assert series > 1.0
        assert desk.value("fortuna.telemetry.buffered") == 0.0
        assert desk.value("fortuna.telemetry.exports", outcome="delivered") == 3.0
        assert desk.value("fortuna.telemetry.export.duration") == 4.0


def test_a_graceful_end_ends_every_gauge_but_says_stopped() -> None:
    """A deploy must not look like a crash: one ordinary last sample, everything else ends."""
    with capture() as desk:
        desk.telemetry.market(venue="v", symbol="A/B").top(bid=1.0, ask=2.0)
        meter = desk.telemetry.provider.get_meter("lib")
        gauge = meter.create_gauge("lib.gauge")
        gauge.set(5.0)
        meter.create_up_down_counter("lib.queue").add(2)
        meter.create_counter("lib.counter").add(1)
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        book.orders.submitted("buy")
        desk.export()
        book.orders.submitted("buy")
        gauge.set(6.0)  # older SDKs forget a gauge that was collected
        before = len(desk.transport.requests)
        desk.clock.advance(0.1)
    last = [p for request in desk.transport.requests[before:] for p in points_of(request)]
    counters = {
        "fortuna.orders.submitted",
        "fortuna.telemetry.exports",
        "fortuna.telemetry.export.duration",
        "fortuna.pnl.attributed",
        "lib.counter",
    }
    assert {p.name for p in last if not p.ended} == {"fortuna.service.state", *counters}
    assert [p.value for p in last if p.name == "fortuna.orders.submitted"] == [2.0]
    state = {p.attributes["state"]: p.value for p in last if p.name == "fortuna.service.state"}
    assert state == {"running": None, "stopped": 1.0}
    ended = {p.name for p in last if p.ended}
    assert ended >= {"fortuna.market.bid", "fortuna.book.info", "lib.gauge", "lib.queue"}
    assert "fortuna.service.started.timestamp" in ended


def test_the_last_words_are_heard_at_the_series_limit() -> None:
    """`stopped` has its place from the start."""
    with capture(series_limit=30) as desk:
        for number in range(40):
            desk.telemetry.heartbeat(str(number)).beat()
        refused = desk.value("fortuna.telemetry.dropped", reason="limit")
        assert refused is not None
        assert refused > 0.0
    assert desk.points("fortuna.service.state", state="stopped")[-1].value == 1.0


def test_what_is_written_after_the_end_does_not_undo_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that still runs while the last export is rendered; later flushes export nothing."""
    with capture() as desk:
        loop = desk.telemetry.heartbeat("q")
        loop.beat()
        desk.export()
        time_ns = desk.clock.time_ns

        def write_late() -> int:
            desk.telemetry.state("running")
            desk.telemetry.gauge(health.HEARTBEAT_TIMESTAMP, loop="q").set(1.0)
            return time_ns()

        monkeypatch.setattr(desk.clock, "time_ns", write_late)
        desk.telemetry.shutdown()
        monkeypatch.undo()
        assert desk.points("fortuna.heartbeat.timestamp")[-1].ended
        states = {p.attributes["state"]: p.value for p in desk.points("fortuna.service.state")}
        assert states == {"running": None, "stopped": 1.0}
        sent = len(desk.transport.requests)
        assert not desk.telemetry.flush()
        assert len(desk.transport.requests) == sent


def test_shutting_down_twice_says_it_once() -> None:
    """Also by way of the provider, as OpenTelemetry users would."""
    with capture() as desk:
        provider = desk.telemetry.provider
        assert isinstance(provider, MeterProvider)
        provider.shutdown()
        count = len(desk.transport.requests)
        desk.telemetry.shutdown()
        assert len(desk.transport.requests) == count


def test_nobody_waits_for_a_flush_that_will_not_come() -> None:
    """One that was called while the end was under way returns at once, and says so."""
    telemetry = Telemetry(
        "late", environment=Environment(), transport=MemoryTransport(), instance="i"
    )
    reader = telemetry._pipeline._reader
    assert reader is not None
    reader.stop()
    reader.hurry()
    results: list[bool] = []
    asking = threading.Thread(target=lambda: results.append(reader.export()))
    asking.start()
    asking.join(3.0)
    assert results in ([False], [True])
    telemetry.shutdown()
    assert not telemetry.flush()


def test_nobody_waits_for_a_flush_behind_the_end() -> None:
    """One that is called when the last look at the calls was taken."""
    telemetry = Telemetry(
        "later",
        environment=Environment(interval=0.02, critical_interval=0.01),
        transport=MemoryTransport(),
        instance="i",
    )
    reader = telemetry._pipeline._reader
    assert reader is not None
    calls = reader._calls

    def put(call: Any) -> None:
        reader._calls = calls
        telemetry.shutdown()
        calls.put(call)

    reader._calls = SimpleNamespace(put=put, get=calls.get)  # type: ignore[assignment]
    results: list[bool] = []
    asking = threading.Thread(target=lambda: results.append(reader.export()))
    asking.start()
    asking.join(4.0)
    assert results == [False]
