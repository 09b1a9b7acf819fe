"""The sender: what goes first, and that nobody waits for a slow Collector."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from fortuna_otel._clock import SystemClock
from fortuna_otel._environment import Environment
from fortuna_otel._log import Throttle
from fortuna_otel.export.buffer import OVERHEAD
from fortuna_otel.export.delivery import Batch, Delivery
from fortuna_otel.export.registry import Registry
from fortuna_otel.export.render import Request
from fortuna_otel.export.sender import Sender
from fortuna_otel.export.transport import Accepted, TransportError
from fortuna_otel.signals import health
from fortuna_otel.telemetry import Telemetry
from fortuna_otel.testing import MemoryTransport, points_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AWAY = TransportError("away")


class Gate:
    """A transport that answers when it is let, and notes what it was sent."""

    gzipped = True

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.failure: BaseException | None = None
        self.open = threading.Event()
        self.open.set()
        self.news = threading.Condition()
        self.closed = False
        self.takes = 0.0

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Answer once the gate is open."""
        with self.news:
            failure = self.failure
            self.sent.append(body)
            self.news.notify_all()
        if not self.open.wait(timeout):
            raise TransportError("too slow")
        time.sleep(self.takes)
        if failure is not None:
            raise failure
        return Accepted()

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def forget(self) -> None:
        """Nothing is shared."""

    def wait_for(self, condition: Callable[[list[bytes]], bool]) -> None:
        """Wait until what was sent is as it should be."""
        with self.news:
            assert self.news.wait_for(lambda: condition(self.sent), 10.0), self.sent


class Bench:
    """A sender with its thread, a transport, and batches of one request each."""

    def __init__(self, timeout: float = 10.0, buffer_bytes: int = 10**6) -> None:
        self.gate = Gate()
        clock = SystemClock()
        self.throttle = Throttle(clock)
        self.registry = Registry(self.throttle)
        self.delivery = Delivery(
            self.gate,
            self.registry,
            clock,
            self.throttle,
            timeout=timeout,
            buffer_bytes=buffer_bytes,
        )
        self.sender = Sender(self.delivery, self.registry)
        self.sender.start()

    def submit(self, name: str, *, ours: bool = True, next_tick: float = 10.0) -> Batch:
        """Hand over a batch of one request with this body."""
        batch = Batch([Request(name.encode(), 1)], time.monotonic(), ours=ours)
        self.sender.submit(batch, time.monotonic() + next_tick)
        return batch

    def end(self, seconds: float = 1.0) -> None:
        """Let everything go, and wait for the end."""
        self.gate.open.set()
        self.sender.close(time.monotonic() + seconds)
        self.sender.join(10.0)


@pytest.fixture(name="bench")
def _bench() -> Iterator[Bench]:
    """Give a sender, and end it afterwards."""
    bench = Bench()
    yield bench
    bench.end()
    assert bench.gate.closed


def _held(bench: Bench) -> Batch:
    """Have the sender wait for an answer, so that what follows is waiting together."""
    bench.gate.open.clear()
    first = bench.submit("first")
    bench.gate.wait_for(lambda sent: sent == [b"first"])
    return first


def test_the_newest_goes_first_and_ours_before_those_of_others(bench: Bench) -> None:
    """What is fresh is not late because something else is."""
    _held(bench)
    batches = [bench.submit("a"), bench.submit("x", ours=False), bench.submit("b")]
    bench.gate.open.set()
    assert all(batch.done.wait(10.0) and batch.delivered for batch in batches)
    assert bench.gate.sent == [b"first", b"b", b"a", b"x"]


def test_what_waits_too_long_is_kept_and_follows(bench: Bench) -> None:
    """A Collector that is slower than the ticks gets the newest ones; the others wait in order."""
    _held(bench)
    batches = [bench.submit(str(number)) for number in range(5)]
    bench.gate.open.set()
    bench.gate.wait_for(lambda sent: len(sent) == 6)
    assert bench.gate.sent == [b"first", b"4", b"3", b"0", b"1", b"2"]
    assert [batch.delivered for batch in batches] == [False, False, False, True, True]


def test_what_waits_for_an_attempt_that_hangs_is_bounded() -> None:
    """A name server may not answer for minutes; the buffer has a bound, and the newest stay."""
    bench = Bench(buffer_bytes=3 * (OVERHEAD + 4))
    first = _held(bench)
    batches = [bench.submit(f"{number:04}") for number in range(50)]
    others = [bench.submit(f"x{number:03}", ours=False) for number in range(50)]
    assert not first.done.is_set()
    assert [batch.done.is_set() for batch in batches] == [True] * 48 + [False] * 2
    assert [batch.done.is_set() for batch in others] == [True] * 48 + [False] * 2
    assert bench.delivery.buffered == 3
    dropped = bench.registry.counter(health.TELEMETRY_DROPPED, reason="buffer_full")
    assert dropped.value == 2 * 48 - 3
    bench.gate.open.set()
    bench.gate.wait_for(lambda sent: len(sent) == 8)
    sent = [b"first", b"0049", b"0048", b"x049", b"x048", b"x045", b"x046", b"x047"]
    assert bench.gate.sent == sent
    bench.end()


def test_kept_requests_follow_the_first_fresh_one_that_is_accepted(bench: Bench) -> None:
    """And nothing is tried twice a tick while nobody answers."""
    bench.gate.failure = AWAY
    for number in range(3):
        assert bench.submit(str(number)).done.wait(10.0)
    other = bench.submit("x", ours=False)
    assert other.done.wait(10.0)
    assert bench.gate.sent == [b"0", b"1", b"2"]
    bench.gate.failure = None
    bench.submit("3")
    bench.gate.wait_for(lambda sent: len(sent) == 8)
    assert bench.gate.sent[3:] == [b"3", b"0", b"1", b"2", b"x"]


def test_a_replay_stops_for_what_is_fresh(bench: Bench) -> None:
    """Between any two kept requests a fresh one may come."""
    bench.gate.failure = AWAY
    for number in range(40):
        assert bench.submit(str(number)).done.wait(10.0)
    bench.gate.failure = None
    bench.submit("fresh")
    bench.gate.wait_for(lambda sent: len(sent) > 45)
    assert bench.submit("fresher").done.wait(10.0)
    bench.gate.wait_for(lambda sent: len(sent) == 82)
    replayed = bench.gate.sent[41:]
    place = replayed.index(b"fresher")
    assert 0 < place < 40
    assert replayed[:place] + replayed[place + 1 :] == [str(n).encode() for n in range(40)]


def test_a_replay_ends_before_the_next_tick(bench: Bench) -> None:
    """With no time left none is begun."""
    bench.gate.failure = AWAY
    assert bench.submit("old").done.wait(10.0)
    bench.gate.failure = None
    assert bench.submit("fresh", next_tick=0.0).done.wait(10.0)
    assert bench.submit("fresher").done.wait(10.0)
    bench.gate.wait_for(lambda sent: len(sent) == 4)
    assert bench.gate.sent == [b"old", b"fresh", b"fresher", b"old"]


def test_the_sender_survives_anything(bench: Bench) -> None:
    """Whatever interrupts it is counted, and the next batch is delivered."""
    bench.gate.failure = asyncio.CancelledError()
    bench.submit("a")
    bench.gate.wait_for(lambda sent: sent == [b"a"])
    bench.gate.failure = None
    assert bench.submit("b").done.wait(10.0)
    assert bench.registry.counter(health.TELEMETRY_DROPPED, reason="internal").value == 1.0


def test_the_end_is_in_time_whatever_waits() -> None:
    """As much of the buffer as fits, and no more."""
    bench = Bench(timeout=0.05)
    bench.gate.open.clear()
    for number in range(3):
        assert bench.submit(str(number)).done.wait(10.0)
    begun = time.monotonic()
    bench.sender.close(begun + 0.2)
    bench.sender.join(10.0)
    assert bench.gate.closed
    assert time.monotonic() - begun < 5.0
    assert bench.delivery.buffered == 3


def test_what_finds_no_time_any_more_is_kept_without_an_attempt() -> None:
    """The first request of a batch may take all the time there is; nobody is at fault then."""
    bench = Bench(timeout=0.2)
    batch = Batch([Request(b"slow", 1), Request(b"late", 1)], time.monotonic())
    batch.deadline = time.monotonic() + 0.05
    bench.gate.takes = 0.1
    bench.sender.submit(batch, time.monotonic())
    assert batch.done.wait(10.0)
    assert bench.gate.sent == [b"slow"]
    assert bench.delivery.buffered == 1
    assert bench.delivery.available
    bench.end(0.0)


def test_a_collector_that_hangs_delays_no_reading() -> None:
    """Readings keep to the schedule while requests wait, and all of them arrive afterwards."""

    class Hanging(MemoryTransport):
        hung = threading.Event()

        def send(self, body: bytes, timeout: float) -> Accepted:
            if not self.hung.is_set() and not self.hung.wait(timeout):
                raise TransportError("too slow")
            return super().send(body, timeout)

    transport = Hanging()
    telemetry = Telemetry(
        "hanging",
        environment=Environment(interval=0.1, critical_interval=0.1),
        transport=transport,
        instance="i",
    )
    telemetry.heartbeat("q").beat()
    exports = telemetry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    deadline = time.monotonic() + 10.0
    while exports.value < 10.0 and time.monotonic() < deadline:
        time.sleep(0.01)
    transport.hung.set()
    assert telemetry.flush()
    telemetry.shutdown()
    points = [p for request in transport.requests for p in points_of(request)]
    times = sorted({p.time for p in points if p.name == "fortuna.heartbeat.timestamp"})
    steps = [later - earlier for earlier, later in pairwise(times[:-2])]
    assert len(steps) >= 8
    assert sum(steps) / len(steps) == pytest.approx(0.1e9, rel=0.3)
