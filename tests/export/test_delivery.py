"""Delivery through outages: nothing lost, order, bounds, silence, what is told again."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from fortuna_otel._environment import Environment
from fortuna_otel.export.transport import Accepted, TransportError
from fortuna_otel.testing import Capture, MemoryTransport, capture, points_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.meters.book import Book
    from fortuna_otel.testing import Point

AWAY = TransportError("cannot reach the Collector at http://x")
BUSY = TransportError("overloaded", answered=True, retry=True)
WRONG = TransportError("check the token", answered=True)
SUBMITTED = "fortuna.orders.submitted"


@pytest.fixture
def desk() -> Iterator[Capture]:
    """Give a telemetry without network."""
    with capture() as captured:
        yield captured


def _book(desk: Capture) -> Book:
    return desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")


def _series(points: list[Point]) -> list[tuple[int, float | None]]:
    """Return what a store has of one series: each time once, in order."""
    return sorted({(p.time, p.value) for p in points})


def test_an_outage_of_ten_minutes_loses_nothing() -> None:
    """Every critical half second and every ordinary second arrive, fresh ones before old ones."""
    with capture() as desk:
        book = _book(desk)
        loop = desk.telemetry.heartbeat("q")
        book.orders.submitted("buy")
        desk.export()
        beats, counts = [], [(desk.clock.time_ns(), 1.0)]
        desk.transport.failure = AWAY
        for number in range(600):
            for only_critical in (True, False):
                book.orders.submitted("buy")
                desk.clock.advance(0.25)
                loop.beat()
                assert desk.export(0.25, only_critical=only_critical) == []
                beats.append(desk.clock.time_ns())
                counts.append((desk.clock.time_ns(), 2.0 + 2 * number + (not only_critical)))
        buffer = desk.telemetry._pipeline._reader._delivery._buffer  # type: ignore[union-attr]
        assert buffer.size < 8 * 2**20
        desk.transport.failure = None
        back = len(desk.transport.requests)
        desk.export()
        times = [
            [p.time for p in points_of(request)][-1] for request in desk.transport.requests[back:]
        ]
        fresh = desk.clock.time_ns()
        assert times[0] == fresh
        assert fresh not in times[1:]
        assert times[1:] == sorted(times[1:])
        stored = _series(desk.points(SUBMITTED, side="buy"))
        assert stored[0][1] == 0.0
        assert stored[1:-1] == counts
        heard = {p.time for p in desk.points("fortuna.heartbeat.timestamp", loop="q")}
        assert heard >= set(beats)
        assert desk.value("fortuna.telemetry.dropped", reason="buffer_full") is None
        assert desk.value("fortuna.telemetry.dropped", reason="expired") is None


def test_a_small_buffer_loses_the_oldest_and_says_how_much(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It stays within its bound; each lost point is counted; one line says what to do."""
    limit = 50_000
    with capture(environment=Environment(buffer_bytes=limit)) as desk:
        loop = desk.telemetry.heartbeat("q")
        desk.export()
        desk.transport.failure = AWAY
        buffer = desk.telemetry._pipeline._reader._delivery._buffer  # type: ignore[union-attr]
        for _ in range(50):
            loop.beat()
            desk.export()
            assert buffer.size <= limit
        kept = sum(entry.request.points for entry in buffer._kept)
        assert kept > 0
        desk.transport.failure = None
        before = len(desk.points())
        desk.export()
        replayed = {p.time for p in desk.points("fortuna.heartbeat.timestamp")}
        seconds = sorted(replayed)[1:]
        assert len(seconds) < 50
        assert seconds[-1] - seconds[0] == (len(seconds) - 1) * 10**9
        lost = desk.value("fortuna.telemetry.dropped", reason="buffer_full")
        assert lost
        assert len(desk.points()) - before > kept
    assert caplog.text.count("raise FORTUNA_OTEL_BUFFER_BYTES") == 1


def test_what_is_older_than_a_quarter_of_an_hour_is_lost_as_expired(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No store takes it gladly any more; the log has a line of it."""
    with capture() as desk:
        desk.telemetry.heartbeat("q").beat()
        desk.transport.failure = AWAY
        desk.export()
        desk.export(901.0)
        desk.transport.failure = None
        desk.export()
        lost = desk.value("fortuna.telemetry.dropped", reason="expired")
        assert lost
        times = {p.time for p in desk.points("fortuna.heartbeat.timestamp")}
        assert len(times) == 2
    assert caplog.text.count("waited 15 minutes for the Collector") == 1


def test_what_is_kept_is_told_and_not_repeated(desk: Capture) -> None:
    """During an outage the 0 of a counter and the end of a gauge are rendered once, as ever."""
    book = _book(desk)
    market = desk.telemetry.market(venue="v", symbol="A/B")
    market.last(5.0)
    desk.export()
    desk.transport.failure = AWAY
    book.orders.submitted("buy")
    market.last(0.0)
    for _ in range(3):
        desk.export()
    desk.transport.failure = None
    desk.export()
    assert [p.value for p in desk.points(SUBMITTED)].count(0.0) == 1
    assert [p.ended for p in desk.points("fortuna.market.last")] == [False, True]


def test_a_gauge_that_came_and_went_in_an_outage_is_whole(desk: Capture) -> None:
    """It has its values and its end, each at its time; begun anew it lives on."""
    market = desk.telemetry.market(venue="v", symbol="A/B")
    desk.export()
    desk.transport.failure = AWAY
    for value in (5.0, 0.0, 6.0, 7.0):
        market.last(value)
        desk.export()
    desk.transport.failure = None
    desk.export()
    values = [value for _, value in sorted((p.time, p.value) for p in _last(desk))]
    assert values == [5.0, None, 6.0, 7.0, 7.0]
    market.last(0.0)
    desk.export()
    assert _last(desk)[-1].ended


def _last(desk: Capture) -> list[Point]:
    return desk.points("fortuna.market.last")


def test_an_old_end_that_arrives_late_ends_nothing_new(desk: Capture) -> None:
    """The replay of an end must not make a gauge forgotten that has begun anew."""
    market = desk.telemetry.market(venue="v", symbol="A/B")
    market.last(5.0)
    desk.export()
    desk.transport.failure = AWAY
    market.last(0.0)
    desk.export()
    market.last(6.0)
    desk.export()
    desk.transport.failure = None
    desk.export()
    desk.export()
    assert [p.value for p in _last(desk)][-1] == 6.0
    market.last(0.0)
    desk.export()
    assert _last(desk)[-1].ended


@pytest.mark.parametrize("failure", [AWAY, WRONG])
def test_what_was_lost_after_all_is_told_again(failure: TransportError) -> None:
    """Or `increase` would miss what a counter counted before it was first heard of."""
    with capture(environment=Environment(buffer_bytes=0)) as desk:
        book = _book(desk)
        market = desk.telemetry.market(venue="v", symbol="A/B")
        market.last(5.0)
        desk.export()
        start = desk.clock.time_ns()
        desk.transport.failure = failure
        book.orders.submitted("buy")
        market.last(0.0)
        for _ in range(3):
            desk.export()
        desk.transport.failure = None
        points = desk.export()
        zero, value = [p for p in points if p.name == SUBMITTED]
        assert (zero.value, value.value) == (0.0, 1.0)
        assert start < zero.time < value.time - 2 * 10**9
        assert [p.ended for p in points if p.name == "fortuna.market.last"] == [True]
        assert [p.name for p in desk.export()].count(SUBMITTED) == 1


def test_no_request_goes_out_while_the_collector_wants_silence(
    monkeypatch: pytest.MonkeyPatch, desk: Capture
) -> None:
    """Retry-After holds for every request; what was read meanwhile is kept."""
    _book(desk).orders.submitted("buy")
    attempts: list[int] = []
    send = MemoryTransport.send

    def count(transport: MemoryTransport, body: bytes, timeout: float) -> Accepted:
        attempts.append(desk.clock.time_ns())
        return send(transport, body, timeout)

    monkeypatch.setattr(MemoryTransport, "send", count)
    desk.transport.failure = TransportError("busy", answered=True, retry=True, retry_after=5.0)
    desk.export()
    asked = desk.clock.time_ns()
    assert attempts == [asked]
    desk.transport.failure = None
    for _ in range(4):
        desk.export(1.0)
    assert attempts == [asked]
    desk.export(1.0)
    assert len(attempts) > 5
    assert set(attempts[1:]) == {asked + 5 * 10**9}
    assert len(_series(desk.points(SUBMITTED))) == 7  # its 0, and six times 1


def test_the_last_words_are_not_kept_back_by_silence() -> None:
    """Unsaid they would look like a crash, and page somebody."""
    with capture() as desk:
        desk.transport.failure = TransportError("busy", answered=True, retry=True, retry_after=60.0)
        desk.export()
        desk.transport.failure = None
    assert desk.points("fortuna.service.state", state="stopped")[-1].value == 1.0


@pytest.mark.parametrize(("failure", "attempts"), [(WRONG, "all"), (BUSY, "one"), (AWAY, "one")])
def test_an_answer_says_whether_the_next_request_may_fare_better(
    monkeypatch: pytest.MonkeyPatch, failure: TransportError, attempts: str
) -> None:
    """413 for one says nothing of the others; no answer, or an overload, does."""
    sent = []

    def refuse(_transport: object, body: bytes, _timeout: float) -> Accepted:
        sent.append(body)
        raise failure

    monkeypatch.setattr("fortuna_otel.export.render.MAX_BYTES", 1)
    with capture() as desk:
        monkeypatch.setattr(MemoryTransport, "send", refuse)
        desk.telemetry.flush()
        assert (len(sent) >= 3) if attempts == "all" else (len(sent) == 1)
        monkeypatch.undo()


def test_a_wrong_token_costs_what_is_fresh_but_not_what_was_kept(desk: Capture) -> None:
    """A Collector that comes back with another token must not be fed the whole buffer to refuse."""
    loop = desk.telemetry.heartbeat("q")
    desk.transport.failure = AWAY
    for _ in range(10):
        loop.beat()
        desk.export()
    desk.transport.failure = WRONG
    for _ in range(3):
        desk.export()
    desk.transport.failure = None
    desk.export()
    assert len({p.time for p in desk.points("fortuna.heartbeat.timestamp")}) == 11
    lost = desk.value("fortuna.telemetry.dropped", reason="refused")
    assert lost


def test_a_kept_request_that_is_refused_is_lost_alone(
    monkeypatch: pytest.MonkeyPatch, desk: Capture
) -> None:
    """The others follow at the next tick, once a fresh one was accepted."""
    loop = desk.telemetry.heartbeat("q")
    desk.transport.failure = AWAY
    for _ in range(3):
        loop.beat()
        desk.export()
    desk.transport.failure = None
    send, oldest = MemoryTransport.send, desk.clock.time_ns() - 2 * 10**9

    def refuse(transport: MemoryTransport, body: bytes, timeout: float) -> Accepted:
        answer = send(transport, body, timeout)
        if next(points_of(desk.transport.requests[-1])).time == oldest:
            desk.transport.requests.pop()
            raise WRONG
        return answer

    monkeypatch.setattr(MemoryTransport, "send", refuse)
    for _ in range(10):
        desk.export()
    times = {p.time for p in desk.points("fortuna.heartbeat.timestamp")}
    assert oldest not in times
    assert len(times) == 12
    assert desk.value("fortuna.telemetry.buffered") == 0.0


def test_a_fault_of_the_transport_is_counted_and_costs_one_request(
    monkeypatch: pytest.MonkeyPatch, desk: Capture
) -> None:
    """Telemetry outlives its own mistakes."""
    monkeypatch.setattr(MemoryTransport, "send", lambda *_: 1 / 0)
    assert not desk.telemetry.flush()
    monkeypatch.undo()
    assert desk.telemetry.flush()
    assert desk.value("fortuna.telemetry.dropped", reason="internal")


def test_what_is_kept_is_shown(desk: Capture) -> None:
    """In requests, the batches of the definition; 0 in steady state."""
    desk.transport.failure = AWAY
    desk.export()
    desk.export()
    desk.transport.failure = None
    desk.export()
    fresh = [p for p in desk.points("fortuna.telemetry.buffered") if p.value]
    assert max(p.value or 0.0 for p in fresh) == 2.0
    assert desk.value("fortuna.telemetry.buffered") == 0.0


def test_an_outage_is_one_line_a_minute_and_its_end_another(
    caplog: pytest.LogCaptureFixture, desk: Capture
) -> None:
    """How long it lasted, how much was kept and delivered, and that nothing was lost."""
    with caplog.at_level(logging.INFO):
        desk.transport.failure = AWAY
        for _ in range(50):
            desk.export()
        assert caplog.text.count("cannot reach the Collector at http://x") == 1
        desk.export(60.0)
        assert caplog.text.count("cannot reach the Collector") == 2
        assert "exported again" not in caplog.text
        desk.transport.failure = None
        desk.export()
    [again] = [r.getMessage() for r in caplog.records if "exported again" in r.getMessage()]
    assert "an outage of 110 s" in again
    assert "0 points were lost" in again
    assert desk.value("fortuna.telemetry.exports", outcome="failed") == 51.0


def test_a_collector_that_flaps_does_not_flood_the_log(
    caplog: pytest.LogCaptureFixture, desk: Capture
) -> None:
    """One warning and one recovery a minute, however often it goes and comes."""
    with caplog.at_level(logging.INFO):
        for _ in range(10):
            desk.transport.failure = AWAY
            desk.export()
            desk.transport.failure = None
            desk.export()
    assert caplog.text.count("cannot reach the Collector") == 1
    assert caplog.text.count("exported again") == 1


def test_advice_of_the_collector_is_passed_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, desk: Capture
) -> None:
    """A success may carry a message; it is no rejection."""
    monkeypatch.setattr(MemoryTransport, "send", lambda *_: Accepted(0, "old client"))
    assert desk.telemetry.flush()
    assert desk.telemetry.flush()
    assert caplog.text.count("old client") == 1


def test_the_end_replays_what_it_can_behind_the_last_words() -> None:
    """First that the service has stopped, then what the Collector had missed."""
    with capture() as desk:
        loop = desk.telemetry.heartbeat("q")
        desk.transport.failure = AWAY
        for _ in range(3):
            loop.beat()
            desk.export()
        desk.transport.failure = None
        desk.clock.advance(1.0)
    names = [{p.name for p in points_of(request)} for request in desk.transport.requests]
    assert "fortuna.service.state" in names[0]
    assert len({p.time for p in desk.points("fortuna.heartbeat.timestamp")}) == 4


def test_the_end_says_what_remains_untold(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody may want to know why the last minutes are missing."""
    with capture() as desk:
        desk.transport.failure = AWAY
        desk.export()
    assert "the service ends before the Collector took everything" in caplog.text
