"""Third-party instruments: what others record, and what their faults may cost."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING

import pytest
from opentelemetry.metrics import Observation

from fortuna_otel._environment import Environment
from fortuna_otel.export import foreign
from fortuna_otel.telemetry import Telemetry
from fortuna_otel.testing import MemoryTransport, capture, points_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from opentelemetry.metrics import CallbackOptions

    from fortuna_otel.export.transport import Accepted
    from fortuna_otel.testing import Point


def _names(points: Iterable[Point]) -> set[str]:
    return {point.name for point in points}


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


def test_what_is_too_large_for_one_request_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers refuse requests beyond a size, as a whole."""
    with capture() as desk:
        meter = desk.telemetry.provider.get_meter("lib")
        for number in range(5):
            meter.create_counter(f"lib.counter.{number}").add(1)
        monkeypatch.setattr("fortuna_otel.export.render.MAX_BYTES", 300)
        desk.export()
        carrying = [
            {p.name for p in points_of(request)}
            for request in desk.transport.requests
            if any(p.name.startswith("lib.") for p in points_of(request))
        ]
        assert len(carrying) > 1
        assert set.union(*carrying) == {f"lib.counter.{number}" for number in range(5)}


def test_an_instrument_that_has_all_the_series_it_may_have_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK adds up what does not belong together then, and says nothing."""
    monkeypatch.setattr(foreign, "SERIES", 3)
    with capture() as desk:
        counter = desk.telemetry.provider.get_meter("lib").create_counter("lib.routes")
        counter.add(1, {"route": "/a"})
        counter.add(1, {"route": "/b"})
        desk.export()
        assert not caplog.text
        counter.add(1, {"route": "/c"})
        desk.export()
        desk.export()
    assert caplog.text.count("lib.routes of another library has 3 series or more") == 1


def test_the_fault_of_one_provider_does_not_cost_another() -> None:
    """A provider that the environment configured, and our own."""
    with capture() as desk:

        def fail() -> None:
            raise RuntimeError("broken")

        desk.telemetry._pipeline.collect_from(fail)
        desk.telemetry.provider.get_meter("lib").create_counter("lib.counter").add(1)
        assert "lib.counter" in _names(desk.export())
        desk.telemetry.provider.get_meter("lib").create_gauge("lib.poison").set(2**70)
        assert desk.value("fortuna.telemetry.dropped", reason="internal")


# In a thread of its own


class Library:
    """A library with a gauge whose callback hangs, once told to."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.hangs = False
        self.hanging = threading.Event()
        self.go_on = threading.Event()
        meter = telemetry.provider.get_meter("lib")
        meter.create_observable_gauge("lib.gauge", [self._observe])
        meter.create_counter("lib.counter").add(1)

    def _observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        if self.hangs:
            self.hanging.set()
            self.go_on.wait(30.0)
        return [Observation(1.0)]


class Watched(MemoryTransport):
    """A transport that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.news = threading.Condition()

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Keep a request, and tell who waits."""
        with self.news:
            answer = super().send(body, timeout)
            self.news.notify_all()
        return answer

    def points(self) -> list[Point]:
        """Return what was sent."""
        return [point for request in list(self.requests) for point in points_of(request)]

    def wait_for(self, condition: Callable[[list[Point]], bool]) -> None:
        """Wait until the points are as they should be."""
        with self.news:
            assert self.news.wait_for(lambda: condition(self.points()), 10.0)


@pytest.fixture(name="running")
def _running() -> Iterator[tuple[Telemetry, Watched, Library]]:
    """Give a telemetry with threads, its transport, and a library that records."""
    transport = Watched()
    telemetry = Telemetry(
        "foreign",
        environment=Environment(interval=0.05, critical_interval=0.025),
        transport=transport,
        instance="i",
    )
    library = Library(telemetry)
    telemetry.heartbeat("q").beat()
    yield telemetry, transport, library
    library.go_on.set()
    telemetry.shutdown()


def test_a_callback_that_hangs_delays_nobody(
    running: tuple[Telemetry, Watched, Library],
) -> None:
    """Not our signals, not a flush, not the end; the gauges of others end even so."""
    telemetry, transport, library = running
    transport.wait_for(lambda points: "lib.gauge" in _names(points))
    library.hangs = True
    assert library.hanging.wait(10.0)
    seen = len(transport.requests)
    transport.wait_for(lambda _: len(transport.requests) > seen + 5)
    assert telemetry.flush()
    telemetry.shutdown()
    assert not library.go_on.is_set()
    assert [p.value for p in transport.points() if p.name == "lib.counter"][-1] == 1.0
    last = [p for p in transport.points() if p.name == "lib.gauge"][-1]
    assert last.ended
    assert last.time > [p for p in transport.points() if p.name == "lib.gauge"][-2].time


def test_a_fork_does_not_wait_for_a_callback_that_hangs(
    running: tuple[Telemetry, Watched, Library],
) -> None:
    """A tenth of a second at most, and nothing once it is known to hang."""
    telemetry, _, library = running
    library.hangs = True
    assert library.hanging.wait(10.0)
    reader = telemetry._pipeline._reader
    assert reader is not None
    held = reader._foreign
    held.before_fork()
    assert not held._held
    held.after_fork_in_parent()
    library.hangs = False
    library.go_on.set()
    assert telemetry.flush()
    held.before_fork()
    assert held._held
    held.after_fork_in_parent()
    assert telemetry.flush()


def test_a_callback_that_hangs_is_named_once(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    running: tuple[Telemetry, Watched, Library],
) -> None:
    """Somebody has to mend it; a line a minute is enough."""
    _, transport, library = running
    monkeypatch.setattr(foreign, "LATE", 0.05)
    library.hangs = True
    assert library.hanging.wait(10.0)
    seen = len(transport.requests)
    transport.wait_for(lambda _: len(transport.requests) > seen + 20)
    assert caplog.text.count("one of their callbacks hangs") == 1


def test_a_callback_that_fails_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The stock SDK writes a stack trace at each collection, which with us is each second."""
    transport = Watched()
    telemetry = Telemetry(
        "failing",
        environment=Environment(interval=0.02, critical_interval=0.02),
        transport=transport,
        instance="i",
    )
    calls: list[int] = []
    enough = threading.Event()

    def fail(_options: CallbackOptions) -> Iterable[Observation]:
        calls.append(1)
        if len(calls) > 5:
            enough.set()
        raise RuntimeError("no answer")

    with caplog.at_level(logging.WARNING):
        telemetry.provider.get_meter("lib").create_observable_gauge("lib.bad", [fail])
        assert enough.wait(10.0)
        telemetry.shutdown()
    assert caplog.text.count("Callback failed for instrument lib.bad") == 1


def test_the_last_counts_of_others_are_told(running: tuple[Telemetry, Watched, Library]) -> None:
    """What they counted since the last export, and the end of their gauges."""
    telemetry, transport, _ = running
    telemetry.provider.get_meter("lib").create_counter("lib.counter").add(4)
    telemetry.shutdown()
    points = transport.points()
    assert [p.value for p in points if p.name == "lib.counter"][-1] == 5.0
    assert [p for p in points if p.name == "lib.gauge"][-1].ended
