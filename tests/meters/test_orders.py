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
