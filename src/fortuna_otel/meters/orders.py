"""Orders: their life, and the health of the path to the venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.meters._meter import Meter, choose, choose_or, harmless
from fortuna_otel.signals import orders as signals
from fortuna_otel.signals.enums import Action, BookSide, OrderError, Origin, TradeSide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortuna_otel._clock import Clock
    from fortuna_otel.export.registry import Registry


class Orders(Meter):
    """The orders of one book. Sides are `buy` and `sell`, durations seconds on the wire."""

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        book: Mapping[str, str],
        path: Mapping[str, str],
        source: str,
    ) -> None:
        super().__init__(registry, clock)
        self._book = book
        self._path = path
        seen = {**book, "source": source}
        self._open = {side: registry.gauge(signals.OPEN, **seen, side=side) for side in BookSide}
        self._oldest = registry.gauge(signals.OLDEST_TIMESTAMP, **seen)
        self._updated = registry.gauge(signals.UPDATED_TIMESTAMP, **seen)
        self._unresolved = registry.gauge(signals.UNRESOLVED, **book)
        self._unresolved_since = registry.gauge(signals.UNRESOLVED_OLDEST_TIMESTAMP, **book)
        self._submitted, self._acknowledged, self._cancelled, self._filled = (
            {side.value: registry.counter(signal, **book, side=side) for side in TradeSide}
            for signal in (
                signals.SUBMITTED,
                signals.ACKNOWLEDGED,
                signals.CANCELLED,
                signals.FILLED,
            )
        )
        self._ack_duration = registry.histogram(signals.ACK_DURATION, **path)
        self._cancel_duration = registry.histogram(signals.CANCEL_DURATION, **path)
        self._queue_duration = registry.histogram(signals.QUEUE_DURATION, **path)

    def __repr__(self) -> str:
        return "book({client}, {venue}, {symbol}, {account}, {tag}).orders".format(**self._book)

    @harmless
    def submitted(self, side: str, *, queued: float | None = None) -> None:
        """Count an order sent to the venue; `queued` is how long our own limiter held it."""
        self._submitted[choose(TradeSide, side, "side")].add()
        if queued is not None:
            self._queue_duration.record(_numbers.not_negative(queued, "queued"))

    @harmless
    def acknowledged(self, side: str, *, latency: float | None = None) -> None:
        """Count an order the venue accepted, `latency` seconds after it was sent."""
        self._acknowledged[choose(TradeSide, side, "side")].add()
        if latency is not None:
            self._ack_duration.record(_numbers.not_negative(latency, "latency"))

    @harmless
    def cancelled(self, side: str, *, latency: float | None = None) -> None:
        """Count an order the venue confirmed as cancelled, `latency` seconds after we asked."""
        self._cancelled[choose(TradeSide, side, "side")].add()
        if latency is not None:
            self._cancel_duration.record(_numbers.not_negative(latency, "latency"))

    @harmless
    def filled(self, side: str) -> None:
        """Count an order that was filled completely."""
        self._filled[choose(TradeSide, side, "side")].add()

    @harmless
    def rejected(self, *, action: str, reason: str, origin: str = "venue") -> None:
        """Count an order action that was refused.

        Args:
            action: submit, cancel.
            reason: one of `fortuna_otel.signals.enums.OrderError`; another counts as `other`.
            origin: who refused: venue, local.
        """
        self._registry.counter(
            signals.REJECTED,
            **self._path,
            action=choose(Action, action, "action"),
            reason=choose_or(OrderError, reason, OrderError.OTHER),
            origin=choose(Origin, origin, "origin"),
        ).add()

    @harmless
    def unknown(self, *, action: str, reason: str) -> None:
        """Count an order action whose answer never came: the order may be live.

        It stays unresolved until `open` reports a later view of the venue's open orders.
        """
        self._registry.counter(
            signals.UNKNOWN,
            **self._path,
            action=choose(Action, action, "action"),
            reason=choose_or(OrderError, reason, OrderError.OTHER),
        ).add()
        self._unresolved.set((self._unresolved.value or 0.0) + 1.0)
        if self._unresolved_since.value is None:
            self._unresolved_since.set(self._now())

    @harmless
    def open(self, *, bids: int, asks: int, oldest: float | None = None) -> None:
        """Set what the venue just confirmed: the number of live orders a side.

        Args:
            bids: open buy orders.
            asks: open sell orders.
            oldest: Unix time at which the oldest of them was created.
        """
        counts = {
            BookSide.BID: _numbers.not_negative(bids, "bids"),
            BookSide.ASK: _numbers.not_negative(asks, "asks"),
        }
        self._oldest.value = None if oldest is None else _numbers.positive(oldest, "oldest")
        for side, count in counts.items():
            self._open[side].set(count)
        self._updated.set(self._now())
        self._unresolved.set(0.0)
        self._unresolved_since.value = None
