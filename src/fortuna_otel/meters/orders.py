"""Orders: their life, and the health of the path to the venue."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.meters._meter import Meter, choose, choose_or, harmless
from fortuna_otel.signals import orders as signals
from fortuna_otel.signals.enums import Action, BookSide, OrderError, Origin, Source, TradeSide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Counter
    from fortuna_otel.export.registry import Registry

MAX_UNRESOLVED = 10_000
"""Orders of unknown outcome that a book tells apart; more are not counted as unresolved."""


class Orders(Meter):
    """The orders of one book. Sides are `buy` and `sell`, durations seconds.

    | call | when |
    |---|---|
    | `submitted(side, queued=)` | an order was sent |
    | `acknowledged(side, latency=)` | the venue accepted it |
    | `cancelled(side, latency=)` | the venue confirmed that it is cancelled |
    | `filled(side)` | nothing of it is left |
    | `rejected(action=, reason=, origin=)` | it, or its cancel, was refused |
    | `unknown(action=, reason=)` | the answer never came: it may be live |
    | `open(bids=, asks=, oldest=, asked=)` | a view of the open orders came, changed or not |
    | `ghosts(count)` | a watcher compared the venue's orders with the engine's |
    """

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
        self._unknown: list[float] = []
        self._engine = source == Source.ENGINE
        self._lock = threading.RLock()
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
        """Count an order sent to the venue, `queued` seconds after our own limiter got it."""
        _of(self._submitted, side).add()
        if queued is not None:
            self._queue_duration.record(queued)

    @harmless
    def acknowledged(self, side: str, *, latency: float | None = None) -> None:
        """Count an order the venue accepted, `latency` seconds after it was sent."""
        _of(self._acknowledged, side).add()
        if latency is not None:
            self._ack_duration.record(latency)

    @harmless
    def cancelled(self, side: str, *, latency: float | None = None) -> None:
        """Count an order the venue confirmed as cancelled, `latency` seconds after we asked."""
        _of(self._cancelled, side).add()
        if latency is not None:
            self._cancel_duration.record(latency)

    @harmless
    def filled(self, side: str) -> None:
        """Count an order that was filled completely."""
        _of(self._filled, side).add()

    @harmless
    def rejected(self, *, action: str, reason: str, origin: str = "venue") -> None:
        """Count an order action that was refused.

        Args:
            action: submit, cancel.
            reason: insufficient_funds, post_only, not_found, rate_limited, auth, timeout,
                maintenance, network, invalid; another counts as `other`.
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

        It stays unresolved until `open` reports a view of the venue's open orders that was asked
        for, or at least received, later.

        Args:
            action: submit, cancel.
            reason: as in `rejected`, mostly `timeout` or `network`.
        """
        self._registry.counter(
            signals.UNKNOWN,
            **self._path,
            action=choose(Action, action, "action"),
            reason=choose_or(OrderError, reason, OrderError.OTHER),
        ).add()
        with self._lock:
            if len(self._unknown) < MAX_UNRESOLVED:
                self._unknown.append(self._now())
            self._tell_unresolved()

    @harmless
    def open(
        self,
        *,
        bids: int,
        asks: int,
        oldest: float | None = None,
        asked: float | None = None,
    ) -> None:
        """Set what the venue just confirmed: the number of live orders a side.

        Args:
            bids: open buy orders.
            asks: open sell orders.
            oldest: Unix time at which the oldest of them was created.
            asked: Unix time at which this view was asked for: what became unknown after that, it
                cannot settle. Unless given, it settles everything unknown until now.
        """
        buys, sells = _count(bids, "bids"), _count(asks, "asks")
        since = self._known(_numbers.unix_time, asked, "asked")
        self._oldest.value = self._known(_numbers.unix_time, oldest, "oldest")
        self._open[BookSide.BID].value = buys
        self._open[BookSide.ASK].value = sells
        self._updated.value = self._now()
        readable = asked is None or since is not None
        if self._engine and readable:  # a watcher does not know what was sent
            self._settle(since)

    @harmless
    def ghosts(self, count: int | None) -> None:
        """Set how many orders are live at the venue that the engine does not know.

        For a watcher, which sees both; None while it cannot.
        """
        gauge = self._registry.gauge(signals.GHOST, **self._book)
        gauge.value = self._known(_count, count, "ghosts")

    def _settle(self, asked: float | None) -> None:
        """Forget what became unknown before a view was asked for, or at all."""
        with self._lock:
            if self._unknown:
                self._unknown = [t for t in self._unknown if asked is not None and t >= asked]
            self._tell_unresolved()

    def _tell_unresolved(self) -> None:
        self._unresolved.value = float(len(self._unknown))
        self._unresolved_since.value = self._unknown[0] if self._unknown else None

    def _forget(self) -> None:
        self._lock = threading.RLock()
        self._unknown = []


def _of(counters: Mapping[str, Counter], side: str) -> Counter:
    """Return the counter of a side, faster than through the enum.

    Raises:
        ValueError: if there is no such side.
    """
    return counters.get(side) or counters[choose(TradeSide, side, "side")]


def _count(value: object, what: str) -> float:
    """Return a number of orders as a float.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is not finite, or below 0.
    """
    if value.__class__ is int:
        value = float(value)
    return _numbers.not_negative(value, what)
