"""Third-party instruments: what other libraries record, in the stock SDK's own encoding.

Their callbacks are code we do not know, so they run in a thread of their own: one that hangs stops
the metrics of others and nothing else. Faults cost their own points, `BaseException` included,
which kills the stock reader's thread in silence.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from fortuna_otel.export import render, wire
from fortuna_otel.export.delivery import Batch
from fortuna_otel.export.render import NO_VALUE, Request
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, ResourceMetrics, ScopeMetrics
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource
    from opentelemetry.sdk.metrics.export import MetricsData

    from fortuna_otel._clock import Clock
    from fortuna_otel._log import Throttle
    from fortuna_otel.export.registry import Registry

SERIES = 10_000
"""Series of one instrument of others: five times the SDK's own limit, beyond which it adds up what
does not belong together, or lets the last writer win. Each costs the SDK 5 kB."""

LATE = 10.0
"""Seconds after which a collection is said to hang."""

FORK_PATIENCE = 0.1
"""Seconds a fork waits for a collection to end; one that hangs is not waited for."""


@dataclass(slots=True)
class Wish:
    """One call for a collection; the last one is not exported from here.

    `batch` is what was exported, if anything, once `done` is set.
    """

    last: bool = False
    batch: Batch | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float) -> bool:
        """Wait until it is delivered, and return whether it is."""
        deadline = time.monotonic() + timeout
        if not self.done.wait(timeout):
            return False
        if self.batch is None:
            return True
        return self.batch.done.wait(deadline - time.monotonic()) and self.batch.delivered


class Foreign:
    """Collect the instruments of others.

    Args:
        sources: each has an SDK collect, and call `receive` with what it found.
        resource: who exports.
        gzipped: whether bodies are compressed.
        registry: counts faults.
        clock: what time is taken from.
        throttle: limits what is logged.
    """

    def __init__(
        self,
        sources: Sequence[Callable[[], None]],
        resource: Resource,
        *,
        gzipped: bool,
        registry: Registry,
        clock: Clock,
        throttle: Throttle,
    ) -> None:
        self._sources = sources
        self._resource = resource
        self._gzipped = gzipped
        self._registry = registry
        self._clock = clock
        self._throttle = throttle
        self._lock = threading.Lock()
        self._held = False
        self._since: float | None = None
        self._received: list[MetricsData] = []
        self._message = ExportMetricsServiceRequest()
        self._wishes: SimpleQueue[Wish] = SimpleQueue()
        self._submit: Callable[[Batch], None] | None = None

    # In the caller's thread

    def receive(self, data: MetricsData) -> None:
        """Take what the SDK has collected."""
        self._received.append(data)

    def requests(self) -> list[Request]:
        """Collect now, in this thread; raise nothing, whatever a callback raises."""
        self._since = self._clock.monotonic()
        message = ExportMetricsServiceRequest()
        with self._lock:
            for source in self._sources:
                self._received.clear()
                self._harmless(source)
                for data in self._received:
                    self._harmless(partial(_add, message, data))
        self._since = None
        for resource_metrics in message.resource_metrics:
            resource_metrics.resource.CopyFrom(self._resource)
        self._message = message
        self._warn_of_overflow(message)
        return self._encoded(message)

    def _harmless(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  # a callback may raise anything, CancelledError too
            self._registry.drop(DropReason.INTERNAL, f"third-party instruments: {error!r}")

    def _warn_of_overflow(self, message: ExportMetricsServiceRequest) -> None:
        """Say which instrument has all the series it may have: the SDK itself is silent then."""
        for _, _, metric in _each(message.resource_metrics):
            kind = metric.WhichOneof("data")
            if kind and len(getattr(metric, kind).data_points) >= SERIES:
                self._throttle.warn(
                    f"overflow {metric.name}",
                    "%s of another library has %d series or more: all further ones are added up "
                    "in one with the attribute otel.metric.overflow",
                    metric.name,
                    SERIES,
                )

    def last_words(self, timeout: float) -> list[Request]:
        """Return the last counts, and the end of every gauge.

        If a callback hangs, the gauges end that were exported before.
        """
        heard = True
        if self._submit is None:
            self.requests()
        else:
            heard = self._wish(Wish(last=True)).done.wait(timeout)
        message = ExportMetricsServiceRequest()
        message.CopyFrom(self._message)
        _end_gauges(message, None if heard else self._clock.time_ns())
        return self._encoded(message)

    def _encoded(self, message: ExportMetricsServiceRequest) -> list[Request]:
        requests = []
        for part in _parts(message):
            body, points = part.SerializeToString(), _count_points(part)
            if points:
                requests.append(Request(wire.compressed(body) if self._gzipped else body, points))
        return requests

    # In a thread of its own

    def start(self, submit: Callable[[Batch], None]) -> None:
        """Start the thread; `submit` takes what it collects.

        Raises:
            RuntimeError: if no thread can be started any more.
        """
        thread = threading.Thread(target=self._run, name="fortuna-otel-foreign", daemon=True)
        thread.start()
        self._submit = submit

    def ask(self) -> Wish:
        """Have the thread collect and export, and log what was dropped.

        While a callback hangs there, the latter is done here, in the thread that asks.
        """
        since = self._since
        if since is not None and (hung := self._clock.monotonic() - since) > LATE:
            self._throttle.warn(
                "foreign",
                "third-party instruments have not answered for %.0f s: one of their callbacks "
                "hangs. Their metrics stand still; ours do not.",
                hung,
            )
            self._harmless(self._registry.report)
        return self._wish(Wish())

    def _wish(self, wish: Wish) -> Wish:
        self._wishes.put(wish)
        return wish

    def _run(self) -> None:
        with _logged_seldom(self._throttle):
            while not any(wish.last for wish in self._grant()):
                pass

    def _grant(self) -> list[Wish]:
        """Collect once for everybody who asked meanwhile, and return who did.

        What was dropped is logged here, where a log handler that blocks delays none of our signals.
        """
        wishes = [self._wishes.get()]
        with suppress(Empty):
            while True:
                wishes.append(self._wishes.get_nowait())
        last = any(wish.last for wish in wishes)
        if not last:  # or the reader does, when all is said
            self._harmless(self._registry.report)
        requests = self.requests()
        batch = None
        if requests and self._submit is not None and not last:
            batch = Batch(requests, self._clock.monotonic(), ours=False)
            self._submit(batch)
        for wish in wishes:
            wish.batch = batch
            wish.done.set()
        return wishes

    # Fork

    def before_fork(self) -> None:
        """Keep a fork from copying locks that collecting holds, for a moment at most."""
        since = self._since
        hangs = since is not None and self._clock.monotonic() - since > FORK_PATIENCE
        self._held = self._lock.acquire(timeout=0.0 if hangs else FORK_PATIENCE)

    def after_fork_in_parent(self) -> None:
        """Go on collecting."""
        if self._held:
            self._held = False
            self._lock.release()


def _add(message: ExportMetricsServiceRequest, data: MetricsData) -> None:
    if data.resource_metrics:
        message.MergeFrom(encode_metrics(data))


def _parts(message: ExportMetricsServiceRequest) -> Iterator[ExportMetricsServiceRequest]:
    """Yield the message in requests that no receiver finds too large."""
    if message.ByteSize() <= render.MAX_BYTES:
        yield message
        return
    part, size = ExportMetricsServiceRequest(), 0
    for resource_metrics, scope_metrics, metric in _each(message.resource_metrics):
        one, of = resource_metrics.resource, scope_metrics.scope
        cost = metric.ByteSize() + one.ByteSize() + of.ByteSize()
        if size and size + cost > render.MAX_BYTES:
            yield part
            part, size = ExportMetricsServiceRequest(), 0
        resource = part.resource_metrics.add()
        resource.resource.CopyFrom(one)
        scope = resource.scope_metrics.add()
        scope.scope.CopyFrom(of)
        scope.metrics.append(metric)
        size += cost
    yield part


def _each(
    of: Iterable[ResourceMetrics],
) -> Iterator[tuple[ResourceMetrics, ScopeMetrics, Metric]]:
    for resource_metrics in of:
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                yield resource_metrics, scope_metrics, metric


def _count_points(message: ExportMetricsServiceRequest) -> int:
    return sum(
        len(getattr(metric, kind).data_points)
        for _, _, metric in _each(message.resource_metrics)
        if (kind := metric.WhichOneof("data"))
    )


def _end_gauges(message: ExportMetricsServiceRequest, now: int | None) -> None:
    """Turn the last points of gauges into stale markers: the process is leaving.

    With a time the points are old ones: the markers get it, and counters are left out.
    """
    for _, scope_metrics, metric in list(_each(message.resource_metrics)):
        kind = metric.WhichOneof("data")
        if kind == "gauge" or (kind == "sum" and not metric.sum.is_monotonic):
            for point in getattr(metric, kind).data_points:
                point.ClearField("as_double")
                point.ClearField("as_int")
                point.flags |= NO_VALUE
                if now is not None:
                    point.time_unix_nano = now
        elif now is not None:
            scope_metrics.metrics.remove(metric)


@contextmanager
def _logged_seldom(throttle: Throttle) -> Iterator[None]:
    """Limit what the SDK logs in this thread: a failing callback is a stack trace a second."""
    thread = threading.get_ident()

    def seldom(record: logging.LogRecord) -> bool:
        about = record.args[-1:] if isinstance(record.args, tuple) else ""
        return record.thread != thread or throttle.allows(f"{record.msg} {about}")

    logger = logging.getLogger("opentelemetry.sdk.metrics._internal.instrument")
    logger.addFilter(seldom)
    try:
        yield
    finally:
        logger.removeFilter(seldom)
