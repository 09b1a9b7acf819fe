"""Orders: life cycle, latency, rejects, and what is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel import Book, Orders
    from fortuna_otel.testing import Capture


def test_each_step_of_an_order_counts_by_side(desk: Capture, book: Book) -> None:
    """Four counters a side; a side that never traded has no series."""
    for step in ("submitted", "acknowledged", "cancelled", "filled"):
        getattr(book.orders, step)("buy")
        assert desk.value(f"fortuna.orders.{step}", side="buy") == 1.0
        assert desk.values(f"fortuna.orders.{step}", side="sell") == {}


def test_latencies_are_kept_by_account(desk: Capture, book: Book) -> None:
    """Histograms carry client, venue and account, and no symbol."""
    book.orders.submitted("buy", queued=0.002)
    book.orders.acknowledged("buy", latency=0.012)
    book.orders.cancelled("buy", latency=0.2)
    desk.export()
    for name, seconds in (("ack", 0.012), ("cancel", 0.2), ("queue", 0.002)):
        point = desk.points(f"fortuna.orders.{name}.duration")[-1]
        assert point.attributes == {"client": "acme", "venue": "binance", "account": "acme-mm"}
        assert (point.value, point.total) == (1.0, seconds)


def test_rejects_count_by_reason_and_origin(desk: Capture, book: Book) -> None:
    """A reason we do not know counts as other: a reject must not vanish."""
    book.orders.rejected(action="submit", reason="post_only")
    book.orders.rejected(action="cancel", reason="-2011", origin="venue")
    assert desk.value("fortuna.orders.rejected", reason="post_only", origin="venue") == 1.0
    assert desk.value("fortuna.orders.rejected", reason="other", action="cancel") == 1.0


def test_an_unknown_outcome_is_unresolved_until_a_later_view(desk: Capture, book: Book) -> None:
    """Orders whose answer never came are counted, dated from the first, and settled by `open`."""
    book.orders.open(bids=1, asks=1)
    assert desk.value("fortuna.orders.unresolved") == 0.0
    book.orders.unknown(action="submit", reason="timeout")
    first = desk.clock.now
    desk.clock.advance(3.0)
    book.orders.unknown(action="submit", reason="timeout")
    assert desk.value("fortuna.orders.unknown", reason="timeout") == 2.0
    assert desk.value("fortuna.orders.unresolved") == 2.0
    assert desk.value("fortuna.orders.unresolved.oldest.timestamp") == pytest.approx(first)
    book.orders.open(bids=1, asks=1)
    assert desk.value("fortuna.orders.unresolved") == 0.0
    assert desk.value("fortuna.orders.unresolved.oldest.timestamp") is None


def test_a_view_settles_only_what_it_can_have_seen(desk: Capture, book: Book) -> None:
    """One that was on its way when the answer failed to come knows nothing of that order."""
    asked = desk.clock.now
    desk.clock.advance(1.0)
    book.orders.unknown(action="submit", reason="timeout")
    desk.clock.advance(1.0)
    later = desk.clock.now
    book.orders.open(bids=1, asks=1, asked=asked)
    assert desk.value("fortuna.orders.unresolved") == 1.0
    desk.clock.advance(1.0)
    book.orders.unknown(action="cancel", reason="timeout")
    since = desk.clock.now
    book.orders.open(bids=1, asks=1, asked=later)
    assert desk.value("fortuna.orders.unresolved") == 1.0
    assert desk.value("fortuna.orders.unresolved.oldest.timestamp") == pytest.approx(since)
    book.orders.open(bids=1, asks=1)
    assert desk.value("fortuna.orders.unresolved") == 0.0


def test_a_view_that_cannot_be_read_settles_nothing(desk: Capture, book: Book) -> None:
    """The last one stands, with its age."""
    book.orders.open(bids=3, asks=3)
    confirmed = desk.clock.now
    desk.clock.advance(1.0)
    book.orders.unknown(action="submit", reason="network")
    book.orders.open(bids=None, asks=1)  # type: ignore[arg-type]
    assert desk.value("fortuna.orders.unresolved") == 1.0
    assert desk.value("fortuna.orders.open", side="bid") == 3.0
    assert desk.value("fortuna.orders.updated.timestamp") == pytest.approx(confirmed)


def test_a_watcher_settles_nothing_of_the_engine(desk: Capture, book: Book) -> None:
    """It does not know what was sent, and says nothing of it."""
    watched = desk.telemetry.book(
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        account="acme-mm",
        tag="core",
        source="venue",
    )
    watched.orders.open(bids=1, asks=1)
    assert desk.value("fortuna.orders.unresolved") is None
    book.orders.unknown(action="submit", reason="timeout")
    watched.orders.open(bids=1, asks=1)
    assert desk.value("fortuna.orders.unresolved") == 1.0


def test_unresolved_orders_are_kept_within_bounds(
    desk: Capture, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest ones: how long it has lasted must not be lost. The counter knows them all."""
    monkeypatch.setattr("fortuna_otel.meters.orders.MAX_UNRESOLVED", 2)
    first = desk.clock.now
    for _ in range(5):
        book.orders.unknown(action="submit", reason="timeout")
        desk.clock.advance(1.0)
    assert desk.value("fortuna.orders.unresolved") == 2.0
    assert desk.value("fortuna.orders.unresolved.oldest.timestamp") == pytest.approx(first)
    assert desk.value("fortuna.orders.unknown") == 5.0


def test_a_forked_child_has_nothing_unresolved(desk: Capture, book: Book) -> None:
    """What the parent sent, the parent settles."""
    book.orders.unknown(action="submit", reason="timeout")
    desk.telemetry.registry.forget()
    book._forget()
    book.orders.unknown(action="submit", reason="timeout")
    assert desk.value("fortuna.orders.unresolved") == 1.0


def test_a_watcher_counts_ghosts(desk: Capture, book: Book) -> None:
    """0 is good news; while it cannot compare, there is no number; a wrong one ends the last."""
    assert desk.value("fortuna.orders.ghost") is None
    book.orders.ghosts(2)
    assert desk.value("fortuna.orders.ghost") == 2.0
    book.orders.ghosts(0)
    assert desk.value("fortuna.orders.ghost") == 0.0
    book.orders.ghosts(None)
    assert desk.value("fortuna.orders.ghost") is None
    book.orders.ghosts(1)
    book.orders.ghosts(-1)
    assert desk.value("fortuna.orders.ghost") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_view_of_open_orders_is_confirmed_when_it_comes(desk: Capture, book: Book) -> None:
    """Counts of both sides, the oldest order, and the time of the view."""
    book.orders.open(bids=10, asks=0, oldest=1_794_999_000.0)
    assert desk.value("fortuna.orders.open", side="bid") == 10.0
    assert desk.value("fortuna.orders.open", side="ask") == 0.0
    assert desk.value("fortuna.orders.oldest.timestamp") == 1_794_999_000.0
    assert desk.value("fortuna.orders.updated.timestamp") == pytest.approx(desk.clock.now)
    book.orders.open(bids=0, asks=0)
    assert desk.value("fortuna.orders.oldest.timestamp") is None


@pytest.mark.parametrize(
    "call",
    [
        lambda orders: orders.submitted("bid"),
        lambda orders: orders.acknowledged("sideways", latency=1.0),
        lambda orders: orders.rejected(action="modify", reason="auth"),
        lambda orders: orders.rejected(action="submit", reason="auth", origin="moon"),
        lambda orders: orders.open(bids=-1, asks=0),
        lambda orders: orders.open(bids="two", asks=0),
    ],
)
def test_wrong_calls_are_dropped_whole(
    desk: Capture, book: Book, call: Callable[[Orders], None]
) -> None:
    """Nothing of a wrong call is exported, and it is counted."""
    call(book.orders)
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    assert not [p for p in desk.points() if p.name.startswith("fortuna.orders.")]


def test_a_view_asked_for_in_milliseconds_settles_nothing(desk: Capture) -> None:
    """It would be later than everything: an order may be live that nobody knows of."""
    book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
    book.orders.unknown(action="submit", reason="timeout")
    book.orders.open(bids=1, asks=1, asked=desk.clock.now * 1000.0)
    assert desk.value("fortuna.orders.unresolved") == 1.0
