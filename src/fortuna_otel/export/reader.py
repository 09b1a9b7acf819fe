"""The reader: a `MetricReader` that exports our cells and everybody else's instruments.

It is registered on a normal `MeterProvider`. Three threads share the work, so that none of them
waits for what another has no power over: this one renders our cells, exactly on schedule; the
sender delivers (`fortuna_otel.export.sender`); a third one runs the callbacks of others
(`fortuna_otel.export.foreign`).
"""

from __future__ import annotations

import inspect
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.metrics import (
    Counter,
    Histogram,
    ObservableCounter,
    ObservableGauge,
    ObservableUpDownCounter,
    UpDownCounter,
    _Gauge,
)
from opentelemetry.sdk.metrics.export import MetricReader

from fortuna_otel._log import logger
from fortuna_otel.export.delivery import Batch, Delivery
from fortuna_otel.export.foreign import SERIES, Foreign, Wish
from fortuna_otel.export.schedule import Cadence, Timetable, cadence
from fortuna_otel.export.sender import Sender
from fortuna_otel.signals import health
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from opentelemetry.sdk.metrics.export import MetricsData

    from fortuna_otel._clock import Clock
    from fortuna_otel._log import Throttle
    from fortuna_otel.export.cells import Cell
    from fortuna_otel.export.registry import Family, Registry
    from fortuna_otel.export.render import Renderer
    from fortuna_otel.export.transport import Transport

SHUTDOWN_TIMEOUT = 2.0
"""Seconds the end of a process may wait for its last export."""

FLUSH_TIMEOUT = 5.0
"""Seconds `export` waits for the threads that do it."""

FOREIGN_TIMEOUT = 0.5
"""Seconds the end of a process waits for the callbacks of others."""

FOREVER = float("inf")


@dataclass(slots=True)
class _Flush:
    """A call for an export now."""

    cadences: Collection[Cadence]
    batch: Batch | None = None
    foreign: Wish | None = None
    begun: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float) -> bool:
        """Wait until it is delivered, and return whether our own signals are."""
        deadline = time.monotonic() + timeout
        if not self.begun.wait(timeout) or self.batch is None:
            return False
        delivered = self.batch.done.wait(deadline - time.monotonic()) and self.batch.delivered
        if self.foreign is not None:
            self.foreign.wait(min(FOREIGN_TIMEOUT, deadline - time.monotonic()))
        return delivered


class FortunaReader(MetricReader):
    """Export on an absolute schedule until shut down.

    Args:
        registry: the cells of this process.
        renderer: turns them into requests.
        transport: sends them.
        clock: wall clock of the points, monotonic clock of the schedule.
        throttle: limits what is logged.
        interval: seconds between exports of ordinary signals.
        critical_interval: seconds between exports of critical ones.
        buffer_bytes: memory for what the Collector cannot take now.
        last_words: called before the last export; the gauges it returns say their last value
            then, all others end.
    """

    def __init__(
        self,
        registry: Registry,
        renderer: Renderer,
        transport: Transport,
        clock: Clock,
        throttle: Throttle,
        *,
        interval: float,
        critical_interval: float,
        buffer_bytes: int,
        last_words: Callable[[], Mapping[Cell, float]],
    ) -> None:
        super().__init__(**_limits())
        self._registry = registry
        self._renderer = renderer
        self._transport = transport
        self._clock = clock
        self._throttle = throttle
        self._interval = interval
        self._critical_interval = critical_interval
        self._buffer_bytes = buffer_bytes
        self._last_words = last_words
        self._sources: list[Callable[[], None]] = [self._collect_foreign]
        self._series = registry.gauge(health.TELEMETRY_SERIES)
        self._buffered = registry.gauge(health.TELEMETRY_BUFFERED)
        self._begin()

    def _begin(self) -> None:
        self._delivery = Delivery(
            self._transport,
            self._registry,
            self._clock,
            self._throttle,
            timeout=self._interval,
            buffer_bytes=self._buffer_bytes,
        )
        self._sender = Sender(self._delivery, self._registry)
        self._foreign = Foreign(
            self._sources,
            self._renderer.resource,
            gzipped=self._transport.gzipped,
            registry=self._registry,
            clock=self._clock,
            throttle=self._throttle,
        )
        self._timetable = Timetable(
            self._clock.monotonic(), self._interval, self._critical_interval
        )
        # Every counter's 0 is as old as the shortest of the intervals: any of them would do.
        self._zero_before = int(self._timetable.intervals[Cadence.CRITICAL] * 1e9)
        # A queue, not an event: putting is safe in a signal handler that interrupted a put.
        self._calls: SimpleQueue[_Flush | None] = SimpleQueue()
        self._exporting = threading.RLock()  # a signal handler may end what it interrupts
        self._thread: threading.Thread | None = None
        self._earliest = self._clock.time_ns()
        self._deadline = FOREVER
        self._finished = False

    # Life

    def start(self) -> None:
        """Start the threads; at the end of the interpreter, where there are no new ones, do not."""
        thread = threading.Thread(target=self._run, name="fortuna-otel", daemon=True)
        try:
            self._sender.start()
            self._foreign.start(self._sender.submit)
            thread.start()
        except RuntimeError as error:
            logger.warning("telemetry is only exported by flush() and at the end: %s", error)
        else:
            self._thread = thread

    def _run(self) -> None:
        while True:
            try:
                self._loop()
            except BaseException as error:  # noqa: BLE001  # telemetry must outlive any fault of its own
                self._registry.drop(
                    DropReason.INTERNAL, f"the export thread was interrupted: {error!r}"
                )
            else:
                return

    def _loop(self) -> None:
        while True:
            try:
                call = self._calls.get(
                    timeout=max(0.0, self._timetable.due - self._clock.monotonic())
                )
            except Empty:
                self._tick(self._timetable.reached(self._clock.monotonic()))
                continue
            if call is None:
                self._finish()
                self._refuse_calls()
                return
            try:
                call.batch, call.foreign = self._tick(call.cadences)
            finally:
                call.begun.set()

    def _refuse_calls(self) -> None:
        """Let nobody wait for what will not come."""
        with suppress(Empty):
            while True:
                call = self._calls.get_nowait()
                if call is not None:
                    call.begun.set()

    def _tick(self, cadences: Collection[Cadence]) -> tuple[Batch | None, Wish | None]:
        if not cadences:
            return None, None
        wish = None
        try:
            batch = self._read(cadences)
            self._sender.submit(batch, self._timetable.due)
        finally:
            # After our own: nothing of others may hold them up, nor what is logged there.
            if Cadence.ORDINARY in cadences:
                wish = self._foreign.ask()
        return batch, wish

    def hurry(self) -> None:
        """Have the export thread export now, without waiting for it."""
        if self._thread is not None:
            self._calls.put(_Flush(list(Cadence)))

    def stop(self) -> None:
        """Tell the export thread to finish; `shutdown` waits for it."""
        self._calls.put(None)

    def shutdown(self, timeout_millis: float = SHUTDOWN_TIMEOUT * 1000.0, **_: Any) -> None:
        """Send the last values and the end of every gauge, and stop.

        The threads do it, so that nothing can outlast the timeout: neither a name server nor a
        Collector that does not answer.
        """
        timeout = timeout_millis / 1000.0
        self._deadline = min(self._deadline, self._clock.monotonic() + timeout)
        self.stop()
        thread = self._thread
        if thread is None:
            self._finish()
        elif thread is not threading.current_thread():
            thread.join(timeout)

    def _finish(self) -> None:
        if self._finished:
            return
        with self._exporting:
            self._finished = True
            deadline = min(self._deadline, self._clock.monotonic() + SHUTDOWN_TIMEOUT)
            batch = self._read(list(Cadence), self._last_words())
            batch.deadline = deadline
            threaded = self._thread is not None
            deliver = self._sender.submit if threaded else self._delivery.deliver
            deliver(batch)
            patience = min(FOREIGN_TIMEOUT, deadline - self._clock.monotonic())
            others = self._foreign.last_words(max(0.0, patience))
            if others:
                deliver(Batch(others, self._clock.monotonic(), ours=False, deadline=deadline))
            if threaded:
                self._sender.close(deadline)
                self._registry.report()
                self._sender.join(deadline - self._clock.monotonic())
            else:
                self._replay(deadline)
                self._delivery.close()
                self._registry.report()

    # Fork

    def before_fork(self) -> None:
        """Keep a fork from copying locks that collecting holds."""
        self._foreign.before_fork()

    def after_fork_in_parent(self) -> None:
        """Go on collecting."""
        self._foreign.after_fork_in_parent()

    def after_fork_in_child(self, renderer: Renderer) -> None:
        """Begin anew as another process, under the resource of the new renderer.

        What is kept for another attempt is the parent's.
        """
        running = self._thread is not None and not self._finished
        self._renderer = renderer
        self._transport.forget()
        self._begin()
        if running:
            self.start()

    # One export

    def export(self, *, only_critical: bool = False) -> bool:
        """Export now and return whether it was accepted; nothing is after the end.

        Waits for it, `FLUSH_TIMEOUT` seconds at most.

        Args:
            only_critical: leave out what is not critical, and third-party instruments.
        """
        flush = _Flush([Cadence.CRITICAL] if only_critical else list(Cadence))
        if self._thread is None:
            with self._exporting:
                return not self._finished and self._export_here(flush.cadences)
        if self._finished or threading.current_thread() is self._thread:
            return False
        self._calls.put(flush)
        if self._finished and not flush.begun.is_set():
            return False  # it may be behind the end, where nobody looks any more
        return flush.wait(FLUSH_TIMEOUT)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002  # bounded anyway
        """Export now, as `MeterProvider.force_flush` asks for."""
        return self.export()

    def _export_here(self, cadences: Collection[Cadence]) -> bool:
        try:
            batch = self._read(cadences)
            self._delivery.deliver(batch)
            if Cadence.ORDINARY in cadences:
                others = Batch(self._foreign.requests(), self._clock.monotonic(), ours=False)
                self._delivery.deliver(others)
            self._replay(FOREVER)
        finally:
            self._registry.report()
        return batch.delivered

    def _replay(self, deadline: float) -> None:
        while self._delivery.replay(deadline):
            pass

    def _read(
        self, cadences: Collection[Cadence], last: Mapping[Cell, float] | None = None
    ) -> Batch:
        """Render what is due, what is most urgent first."""
        batch = Batch([], self._clock.monotonic(), last=last is not None)
        for request in self._delivery.lost():
            self._renderer.lost(request)
        try:
            self._registry.refresh()
            if last is None:
                self._series.set(float(self._renderer.live))
                self._buffered.set(float(self._delivery.buffered))
            families = sorted(
                [
                    f
                    for f in list(self._registry.families.values())
                    if cadence(f.signal) in cadences
                ],
                key=_urgency,
            )
            for request in self._renderer.requests(
                families, self._clock.time_ns(), self._zero_before, self._earliest, last
            ):
                # From here on it is the delivery's: sent or kept, or reported lost.
                request.accepted()
                batch.requests.append(request)
        except BaseException:
            self._delivery.abandon(batch)
            raise
        return batch

    # Third-party instruments

    def collect_from(self, pull: Callable[[], None]) -> Callable[[MetricsData], None]:
        """Have `pull` called at each collection too; return what takes what it collects."""
        self._sources.append(pull)
        return self._receive_metrics

    def _collect_foreign(self) -> None:
        self.collect(timeout_millis=60_000)

    def _receive_metrics(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002  # the stock reader's signature
        **_: Any,
    ) -> None:
        self._foreign.receive(metrics_data)


def _urgency(family: Family) -> int:
    return list(Cadence).index(cadence(family.signal))


def _limits() -> dict[str, Any]:
    """Return what raises the SDK's limit of series an instrument, if a reader may do that."""
    if "cardinality_limits" not in inspect.signature(MetricReader.__init__).parameters:
        return {}
    kinds = (
        *(Counter, UpDownCounter, Histogram, _Gauge),
        *(ObservableCounter, ObservableUpDownCounter, ObservableGauge),
    )
    return {"cardinality_limits": dict.fromkeys(kinds, SERIES)}
