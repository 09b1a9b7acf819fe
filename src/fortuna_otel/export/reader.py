"""The reader: a `MetricReader` that exports our cells and everybody else's instruments in one go.

It is registered on a normal `MeterProvider`. Each tick collects what third-party instruments
recorded (through the stock encoder), renders our cells, and sends both under one resource. Two
schedules share one thread: critical signals go out more often than the rest.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics.export import MetricReader

from fortuna_otel.export.render import NO_VALUE, Request
from fortuna_otel.export.transport import TransportError
from fortuna_otel.signals import health
from fortuna_otel.signals.enums import DropReason, ExportOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
    from opentelemetry.sdk.metrics.export import MetricsData

    from fortuna_otel._clock import Clock
    from fortuna_otel._log import Throttle
    from fortuna_otel.export.cells import Cell
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.export.render import Renderer
    from fortuna_otel.export.transport import Transport

SHUTDOWN_TIMEOUT = 2.0
"""Seconds the end of a process may wait for its last export."""

REQUEST_TIMEOUT = 1.0
"""Seconds a request may take: newer cumulative values replace what an older one would bring."""


class FortunaReader(MetricReader):
    """Export on an absolute schedule until shut down.

    Args:
        registry: the cells of this process.
        renderer: turns them into requests.
        transport: sends them.
        clock: wall clock of the points, monotonic clock of the schedule.
        throttle: limits what is logged.
        interval: seconds between exports of everything.
        critical_interval: seconds between exports of critical signals.
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
        last_words: Callable[[], Mapping[Cell, float]],
    ) -> None:
        super().__init__()
        self._registry = registry
        self._renderer = renderer
        self._transport = transport
        self._clock = clock
        self._throttle = throttle
        self._interval = interval
        self._critical_interval = min(critical_interval, interval)
        self._last_words = last_words
        self._series = registry.gauge(health.TELEMETRY_SERIES)
        self._buffered = registry.gauge(health.TELEMETRY_BUFFERED)
        self._duration = registry.histogram(health.TELEMETRY_EXPORT_DURATION)
        self._begin()

    def _begin(self) -> None:
        self._exporting = threading.Lock()
        self._collecting = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._collected: MetricsData | None = None
        self._earliest = self._clock.time_ns()
        self._held_for_fork = False
        self._failed = 0
        self._finished = False
        self._buffered.set(0.0)

    # Life

    def start(self) -> None:
        """Start the export thread."""
        self._thread = threading.Thread(target=self._run, name="fortuna-otel", daemon=True)
        self._thread.start()

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
        started = self._clock.monotonic()
        critical = Schedule(started, self._critical_interval)
        everything = Schedule(started, self._interval)
        while not self._stop.wait(
            max(0.0, min(critical.due, everything.due) - self._clock.monotonic())
        ):
            now = self._clock.monotonic()
            only_critical = not everything.reached(now)
            if critical.reached(now) or not only_critical:
                self.export(only_critical=only_critical)
        self._finish()

    def stop(self) -> None:
        """Tell the export thread to finish; `shutdown` waits for it."""
        self._stop.set()

    def shutdown(self, timeout_millis: float = SHUTDOWN_TIMEOUT * 1000.0, **_: Any) -> None:
        """Send the last values and the end of every gauge, and stop.

        The export thread does it, so that nothing can outlast the timeout: neither a name server
        nor a Collector that does not answer.
        """
        self.stop()
        if self._thread is None:
            self._finish()
        else:
            self._thread.join(timeout_millis / 1000.0)

    def _finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        self._registry.refresh()
        with self._exporting:
            self._export(only_critical=False, last=self._last_words())
        self._transport.close()

    # Fork

    def before_fork(self) -> None:
        """Keep a fork from copying locks that collecting holds; wait a second at most."""
        self._held_for_fork = self._collecting.acquire(timeout=1.0)

    def after_fork_in_parent(self) -> None:
        """Go on collecting."""
        if self._held_for_fork:
            self._held_for_fork = False
            self._collecting.release()

    def after_fork_in_child(self, renderer: Renderer) -> None:
        """Begin anew as another process, under the resource of the new renderer."""
        running = self._thread is not None and not self._finished
        self._renderer = renderer
        self._transport.forget()
        self._begin()
        if running:
            self.start()

    # One export

    def export(self, *, only_critical: bool = False) -> bool:
        """Export now and return whether everything was accepted; nothing is after the end.

        Args:
            only_critical: leave out what is not critical, and third-party instruments.
        """
        with self._exporting:
            if self._finished:
                return False
            try:
                self._registry.refresh()
                return self._export(only_critical=only_critical)
            finally:
                self._registry.report()

    def _export(self, *, only_critical: bool, last: Mapping[Cell, float] | None = None) -> bool:
        started = self._clock.monotonic()
        if not self._finished:
            self._series.set(float(self._renderer.live))
        rejected = lost = 0
        reachable = True
        for request in self._requests(only_critical=only_critical, last=last):
            if not reachable:
                lost += request.points
                continue
            try:
                answer = self._transport.send(request.body, REQUEST_TIMEOUT)
            except TransportError as error:
                reachable = error.answered
                lost += request.points
                self._warn(error)
            else:
                request.accepted()
                rejected += answer.rejected
                if answer.rejected:
                    self._registry.drop(
                        DropReason.REFUSED, f"by the Collector: {answer.reason}", answer.rejected
                    )
        self._count(lost=lost, rejected=rejected)
        self._duration.record(self._clock.monotonic() - started)
        return not lost and not rejected

    def _requests(
        self, *, only_critical: bool, last: Mapping[Cell, float] | None
    ) -> Iterator[Request]:
        families = [
            family
            for family in list(self._registry.families.values())
            if family.signal.critical or not only_critical
        ]
        interval = self._critical_interval if only_critical else self._interval
        yield from self._renderer.requests(
            families, self._clock.time_ns(), int(interval * 1e9), self._earliest, last
        )
        if not only_critical:
            # After our own: a callback of others that takes its time must not hold them up.
            yield from self._third_party()

    def _count(self, *, lost: int, rejected: int) -> None:
        outcome = (
            ExportOutcome.FAILED
            if lost
            else ExportOutcome.PARTIAL
            if rejected
            else ExportOutcome.DELIVERED
        )
        self._registry.counter(health.TELEMETRY_EXPORTS, outcome=outcome).add()
        if lost:
            # There is no replay buffer yet, so a failed request always finds it full.
            self._registry.count(DropReason.BUFFER_FULL, lost)
            self._failed += 1
        elif self._failed:
            self._throttle.info(
                "recovery", "metrics are exported again after %d failed exports", self._failed
            )
            self._failed = 0

    def _warn(self, error: TransportError) -> None:
        self._throttle.warn(
            "export",
            "metrics are not exported: %s. The service works on, but its board is blind.",
            error,
        )

    # Third-party instruments

    def _receive_metrics(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002  # the stock reader's signature
        **_: Any,
    ) -> None:
        self._collected = metrics_data

    def _third_party(self) -> Iterator[Request]:
        """Collect what other libraries recorded; their faults cost their points, not ours."""
        try:
            with self._collecting:
                self._collected = None
                self.collect()
                collected, self._collected = self._collected, None
            if collected is None or not collected.resource_metrics:
                return
            message = encode_metrics(collected)
            for resource_metrics in message.resource_metrics:
                resource_metrics.resource.CopyFrom(self._renderer.resource)
            if self._finished:
                _end_gauges(message)
            body, points = message.SerializeToString(), _count_points(message)
        except BaseException as error:  # noqa: BLE001  # a callback may raise anything, CancelledError too
            self._registry.drop(DropReason.INTERNAL, f"third-party instruments: {error!r}")
            return
        if points:
            yield Request(body, points)


def _metrics(message: ExportMetricsServiceRequest) -> Iterator[Metric]:
    for resource_metrics in message.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            yield from scope_metrics.metrics


def _count_points(message: ExportMetricsServiceRequest) -> int:
    return sum(
        len(getattr(metric, kind).data_points)
        for metric in _metrics(message)
        if (kind := metric.WhichOneof("data"))
    )


def _end_gauges(message: ExportMetricsServiceRequest) -> None:
    """Turn the last points of gauges into stale markers: the process is leaving."""
    for metric in _metrics(message):
        kind = metric.WhichOneof("data")
        if kind == "gauge" or (kind == "sum" and not metric.sum.is_monotonic):
            for point in getattr(metric, kind).data_points:
                point.ClearField("as_double")
                point.ClearField("as_int")
                point.flags |= NO_VALUE


class Schedule:
    """Ticks at a fixed distance from the start, however long the work between them takes."""

    def __init__(self, start: float, interval: float) -> None:
        self._start = start
        self._interval = interval
        self.due = start + interval

    def reached(self, now: float) -> bool:
        """Return whether a tick is due, and move on to the first one after `now`."""
        if now < self.due:
            return False
        passed = int((now - self._start) / self._interval)
        self.due = self._start + (passed + 1) * self._interval
        return True
