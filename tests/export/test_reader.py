"""The reader: schedules, third parties, failures, and the end."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING

import pytest
from opentelemetry.metrics import Observation
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics import MeterProvider

from fortuna_otel._environment import Environment
from fortuna_otel.export.reader import Schedule
from fortuna_otel.export.transport import Accepted, TransportError
from fortuna_otel.signals import health
from fortuna_otel.telemetry import Telemetry
from fortuna_otel.testing import MemoryTransport, capture, points_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.metrics import CallbackOptions

    from fortuna_otel.testing import Point


def _names(points: Iterable[Point]) -> set[str]:
    return {point.name for point in points}


def test_ticks_are_absolute_however_long_the_work_takes() -> None:
    """Eleven ticks of a second in eleven seconds, though each export takes 0.4 s."""
    schedule = Schedule(100.0, 1.0)
    now, ticks = 100.0, []
    while now < 111.0:
        now = max(now, schedule.due)
        if schedule.reached(now):
            ticks.append(now)
        now += 0.4
    assert ticks == [float(n) for n in range(101, 112)]


def test_missed_ticks_are_skipped_and_the_phase_is_kept() -> None:
    """After a stall of 3.5 s the next tick is at the next whole second."""
    schedule = Schedule(100.0, 1.0)
    assert schedule.reached(104.5)
    assert schedule.due == 105.0
    assert not schedule.reached(104.9)


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
    last = {p.name: p for p in points_of(transport.requests[-1])}
    assert last["fortuna.heartbeat.timestamp"].ended


def test_third_party_instruments_share_our_resource() -> None:
    """Instruments of other libraries go through the stock encoder into the same export."""
    with capture() as desk:
        meter = desk.telemetry.provider.get_meter("library")
        meter.create_counter("lib.requests").add(3, {"route": "/x"})
        meter.create_histogram("lib.latency").record(0.5)
        points = {point.name: point for point in desk.export()}
        assert points["lib.requests"].value == 3.0
        assert points["lib.requests"].attributes == {"route": "/x"}
        assert points["lib.latency"].value == 1.0
        for request in desk.transport.requests:
            for resource_metrics in request.resource_metrics:
                found = {
                    item.key: item.value.string_value
                    for item in resource_metrics.resource.attributes
                }
                assert found["service.instance.id"] == "test/test/0"


@pytest.mark.parametrize(
    "error", [RuntimeError, asyncio.CancelledError, SystemExit, KeyboardInterrupt]
)
def test_a_third_partys_fault_costs_only_its_own_points(error: type[BaseException]) -> None:
    """The stock reader's thread dies of a BaseException, for good and in silence."""

    def callback(_options: CallbackOptions) -> Iterable[Observation]:
        raise error

    with capture() as desk:
        desk.telemetry.provider.get_meter("lib").create_observable_gauge("lib.bad", [callback])
        desk.telemetry.heartbeat("q").beat()
        for _ in range(2):
            assert "fortuna.heartbeat.timestamp" in _names(desk.export())


def test_third_parties_are_asked_when_our_own_signals_are_out() -> None:
    """A callback that never returns must not keep the last words from being said."""
    with capture() as desk:
        heard: list[set[str]] = []

        def callback(_options: CallbackOptions) -> Iterable[Observation]:
            heard.append(_names(desk.points()))
            return []

        desk.telemetry.provider.get_meter("lib").create_observable_gauge("lib.slow", [callback])
        desk.telemetry.heartbeat("q").beat()
        desk.export()
        assert "fortuna.heartbeat.timestamp" in heard[0]


def test_a_value_that_the_stock_encoder_cannot_take_costs_only_third_parties() -> None:
    """`gauge.set(True)` loses every metric of a stock provider; ours still go out."""
    with capture() as desk:
        gauge = desk.telemetry.provider.get_meter("lib").create_gauge("lib.poison")
        gauge.set(2**70)
        desk.telemetry.heartbeat("q").beat()
        assert "fortuna.heartbeat.timestamp" in _names(desk.export())
        assert desk.value("fortuna.telemetry.dropped", reason="internal") == 1.0


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

    def export(**_: object) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise asyncio.CancelledError
        again.set()
        return True

    monkeypatch.setattr(reader, "export", export)
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
        monkeypatch.setattr(desk.telemetry._pipeline._reader, "_export", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.telemetry.flush()
        monkeypatch.undo()
    assert "last is 'x'" in caplog.text


def test_an_unreachable_collector_is_one_warning_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Samples are counted as dropped, what began is told again, recovery is said."""
    with capture() as desk, caplog.at_level(logging.INFO):
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        book.orders.submitted("buy")
        desk.transport.failure = TransportError("cannot reach the Collector at http://x")
        for _ in range(50):
            desk.export()
        assert caplog.text.count("cannot reach the Collector at http://x") == 1
        desk.export(60.0)
        assert caplog.text.count("cannot reach the Collector") == 2
        desk.transport.failure = None
        points = desk.export()
        assert [p.value for p in points if p.name == "fortuna.orders.submitted"] == [0.0, 1.0]
        assert "exported again after 51 failed exports" in caplog.text
        lost = desk.value("fortuna.telemetry.dropped", reason="buffer_full")
        assert lost is not None
        assert lost > 51
        assert desk.value("fortuna.telemetry.exports", outcome="failed") == 51.0


def test_a_collector_that_flaps_does_not_flood_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """One warning and one recovery a minute, however often it goes and comes."""
    with capture() as desk, caplog.at_level(logging.INFO):
        for _ in range(10):
            desk.transport.failure = TransportError("cannot reach the Collector at http://x")
            desk.export()
            desk.transport.failure = None
            desk.export()
        assert caplog.text.count("cannot reach the Collector") == 1
        assert caplog.text.count("exported again") == 1


@pytest.mark.parametrize(("answered", "attempts"), [(True, 3), (False, 1)])
def test_a_request_that_was_answered_badly_does_not_stop_the_next(
    monkeypatch: pytest.MonkeyPatch, answered: bool, attempts: int
) -> None:
    """413 for one request says nothing of the others; no answer at all does."""
    sent = []

    def refuse(_transport: object, body: bytes, _timeout: float) -> Accepted:
        sent.append(body)
        raise TransportError("no", answered=answered)

    monkeypatch.setattr("fortuna_otel.export.render.MAX_BYTES", 1)
    monkeypatch.setattr(MemoryTransport, "send", refuse)
    with capture() as desk:
        desk.telemetry.flush()
        families = {
            p.name for b in sent for p in points_of(ExportMetricsServiceRequest.FromString(b))
        }
        assert len(sent) == (len(families) if answered else attempts)
        assert len(families) >= attempts


def test_partial_success_is_counted() -> None:
    """Points that the Collector took the request for, but refused, are dropped and said so."""
    with capture() as desk:
        desk.transport.rejecting = 2
        desk.export()
        desk.transport.rejecting = 0
        assert desk.value("fortuna.telemetry.dropped", reason="refused") == 2.0
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
        meter.create_gauge("lib.gauge").set(5.0)
        meter.create_up_down_counter("lib.queue").add(2)
        meter.create_counter("lib.counter").add(1)
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        book.orders.submitted("buy")
        desk.export()
        book.orders.submitted("buy")
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


def test_observable_instruments_are_collected_once_an_export() -> None:
    """A callback is asked when its points are sent, and not more often."""
    calls = []

    def callback(_options: CallbackOptions) -> Iterable[Observation]:
        calls.append(1)
        return [Observation(1.0)]

    with capture() as desk:
        desk.telemetry.provider.get_meter("lib").create_observable_gauge("lib.seen", [callback])
        desk.export()
        desk.export(only_critical=True)
        assert len(calls) == 1
