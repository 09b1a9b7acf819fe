"""Delivery: what becomes of a request, from its first attempt until it is accepted or lost.

Fresh requests go first and kept ones behind them, oldest first, so that an outage makes no fresh
number late. What is kept counts as told (`Request.accepted`): it will arrive, and in its order of
time, so that what follows it need not repeat it. If it is lost after all, the renderer tells again
what it told.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import IntEnum
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from fortuna_otel.export.buffer import MAX_AGE, Buffer
from fortuna_otel.export.transport import TransportError
from fortuna_otel.signals import health
from fortuna_otel.signals.enums import DropReason, ExportOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel._clock import Clock
    from fortuna_otel._log import Throttle
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.export.render import Request
    from fortuna_otel.export.transport import Transport

LEAST = 0.05
"""Seconds that must be left for a kept request to be tried."""


@dataclass(slots=True)
class Batch:
    """The requests of one tick.

    Attributes:
        requests: what to send, in this order.
        at: when they were rendered, in monotonic seconds.
        ours: whether they are our own signals; those of others are no export of their own.
        deadline: when to have given up, in monotonic seconds; None leaves it to the delivery.
        last: whether they are the last words, which are tried whatever happened before.
        done: set when every request was accepted, kept or lost.
        delivered: whether every request was accepted as a whole; to be read when `done`.
    """

    requests: list[Request]
    at: float
    ours: bool = True
    deadline: float | None = None
    last: bool = False
    done: threading.Event = field(default_factory=threading.Event)
    delivered: bool = False


class _Fate(IntEnum):
    ACCEPTED = 1
    PARTIAL = 2
    LATER = 3
    NEVER = 4


class Delivery:
    """Bring requests to the Collector. Used by one thread at a time, where not said otherwise.

    Args:
        transport: sends them.
        registry: counts what is lost.
        clock: what time is taken from.
        throttle: limits what is logged.
        timeout: seconds a fresh batch may take: a newer one is there then.
        buffer_bytes: memory for what cannot be sent now.
    """

    def __init__(
        self,
        transport: Transport,
        registry: Registry,
        clock: Clock,
        throttle: Throttle,
        *,
        timeout: float,
        buffer_bytes: int,
    ) -> None:
        self._transport = transport
        self._registry = registry
        self._clock = clock
        self._throttle = throttle
        self._timeout = timeout
        # Bound first: at the limit of series it would be refused at every export.
        self._exports = {
            outcome: registry.counter(health.TELEMETRY_EXPORTS, outcome=outcome)
            for outcome in ExportOutcome
        }
        self._duration = registry.histogram(health.TELEMETRY_EXPORT_DURATION)
        self._buffer = Buffer(buffer_bytes, gzipped=transport.gzipped, lost=self._lose)
        self._untold: SimpleQueue[Request] = SimpleQueue()
        self._silent_until = 0.0
        self._outage: _Outage | None = None
        self._available = True
        self._welcome = True

    @property
    def buffered(self) -> int:
        """Number of requests that are kept."""
        return len(self._buffer)

    @property
    def available(self) -> bool:
        """Whether the Collector answered what it was last sent, and did not ask for silence."""
        return self._available and self._clock.monotonic() >= self._silent_until

    def lost(self) -> Iterator[Request]:
        """Yield every request that was lost since the last call. Any thread may ask."""
        while True:
            try:
                yield self._untold.get_nowait()
            except Empty:
                return

    # Fresh requests

    def deliver(self, batch: Batch) -> None:
        """Send a batch; keep what the Collector cannot take now."""
        deadline = self._clock.monotonic() + self._timeout
        if batch.deadline is not None:
            deadline = min(deadline, batch.deadline)
        fates = []
        attempt = batch.last or self._clock.monotonic() >= self._silent_until
        for request in batch.requests:
            fate = _Fate.LATER
            if attempt and self._clock.monotonic() < deadline:
                fate = self._send(request, request.body, deadline)
            if fate is _Fate.LATER:
                attempt = False
                self._keep(request, batch)
            fates.append(fate)
        self._conclude(batch, fates)
        self._settle()

    def keep(self, batch: Batch) -> None:
        """Keep a batch without an attempt: a newer one makes it. Any thread may."""
        for request in batch.requests:
            self._keep(request, batch)
        self._conclude(batch, [_Fate.LATER])

    def abandon(self, batch: Batch) -> None:
        """Lose a batch that was not rendered to its end. Any thread may."""
        for request in batch.requests:
            self._lose(request, DropReason.INTERNAL)

    def _keep(self, request: Request, batch: Batch) -> None:
        self._buffer.keep(request, batch.at, self._clock.monotonic())

    def _conclude(self, batch: Batch, fates: list[_Fate]) -> None:
        worst = max(fates, default=_Fate.ACCEPTED)
        batch.delivered = worst is _Fate.ACCEPTED
        if batch.ours:
            outcome = (
                ExportOutcome.DELIVERED
                if batch.delivered
                else ExportOutcome.PARTIAL
                if worst is _Fate.PARTIAL
                else ExportOutcome.FAILED
            )
            self._exports[outcome].add()
            self._duration.record(self._clock.monotonic() - batch.at)
        batch.done.set()

    # Kept requests

    def replay(self, deadline: float) -> bool:
        """Try the oldest kept request, and return whether it is worth trying the next one.

        It is while what was sent last was accepted: whoever refuses one for a wrong token would
        refuse all of them, for good.
        """
        now = self._clock.monotonic()
        self._buffer.expire(now)
        oldest = self._buffer.oldest()
        if oldest is None or not self._welcome or deadline - now < LEAST:
            self._settle()
            return False
        fate = self._send(*oldest, min(deadline, now + self._timeout))
        if fate is not _Fate.LATER:
            self._buffer.remove(oldest[0])
            if self._outage is not None and fate is not _Fate.NEVER:
                self._outage.replayed += 1
            self._settle()
        return self._welcome

    # One attempt

    def _send(self, request: Request, body: bytes, deadline: float) -> _Fate:
        try:
            answer = self._transport.send(body, max(0.0, deadline - self._clock.monotonic()))
        except TransportError as error:
            self._welcome = False
            if error.retry:
                self._wait(error)
                return _Fate.LATER
            self._throttle.warn(
                "refused",
                "metrics are not exported, and will never be: %s. The service works on; "
                "fortuna.telemetry.dropped counts what is lost.",
                error,
            )
            self._lose(request, DropReason.REFUSED)
            self._available |= error.answered  # and may take the next one
            return _Fate.NEVER
        except Exception as error:  # noqa: BLE001  # a fault of one request is not the others'
            self._registry.drop(DropReason.INTERNAL, f"a request: {error!r}")
            self._lose(request, DropReason.INTERNAL)
            return _Fate.NEVER
        if self._outage is not None and not self._welcome:
            self._outage.until = self._clock.monotonic()
        self._available = self._welcome = True
        self._silent_until = 0.0
        if answer.rejected:
            self._registry.drop(
                DropReason.REFUSED, f"by the Collector: {answer.reason}", answer.rejected
            )
            return _Fate.PARTIAL
        if answer.reason:
            self._throttle.warn("advice", "the Collector took the metrics, but: %s", answer.reason)
        return _Fate.ACCEPTED

    def _lose(self, request: Request, reason: DropReason) -> None:
        self._registry.count(reason, request.points)
        self._untold.put(request)
        outage = self._outage
        if outage is not None:
            outage.lost += request.points
        if reason is DropReason.EXPIRED:
            self._throttle.warn(
                "expired",
                "metrics that waited %.0f minutes for the Collector are lost: make it answer, or "
                "answer faster",
                MAX_AGE / 60.0,
            )
        elif reason is DropReason.BUFFER_FULL:
            self._throttle.warn(
                "buffer",
                "the replay buffer is full (%d bytes): the oldest metrics in it are lost. Make the "
                "Collector answer, or raise FORTUNA_OTEL_BUFFER_BYTES",
                self._buffer.limit,
            )

    # Outages

    def _wait(self, error: TransportError) -> None:
        now = self._clock.monotonic()
        self._available = False
        self._silent_until = now + error.retry_after
        if self._outage is None:
            self._outage = _Outage(since=now)
        self._outage.said |= self._throttle.warn(
            "export",
            "metrics are not exported: %s. The service works on, but its board is blind; the "
            "last %.0f minutes are kept and sent later.",
            error,
            MAX_AGE / 60.0,
        )

    def _settle(self) -> None:
        """Say that an outage is over when nothing of it is left."""
        outage = self._outage
        if outage is None or not self._welcome or len(self._buffer):
            return
        self._outage = None
        if outage.said:
            self._throttle.info(
                "recovery",
                "metrics are exported again after an outage of %.0f s: %d kept requests were "
                "delivered, %d points were lost",
                outage.until - outage.since,
                outage.replayed,
                outage.lost,
            )

    # The end

    def close(self) -> None:
        """Close the connection, and say what remains untold."""
        if len(self._buffer):
            self._throttle.warn(
                "end",
                "the service ends before the Collector took everything: %d requests are lost",
                len(self._buffer),
            )
        self._transport.close()


@dataclass(slots=True)
class _Outage:
    """What is said of an outage when it is over; times are in monotonic seconds."""

    since: float
    until: float = 0.0
    replayed: int = 0
    lost: int = 0
    said: bool = False
