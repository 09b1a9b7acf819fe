"""For your tests: a telemetry without network whose clock you hold.

    from fortuna_otel.testing import capture

    with capture() as desk:
        engine = Engine(desk.telemetry)
        engine.quote()
        assert desk.value("fortuna.quote.spread", client="acme") == pytest.approx(0.001)

Everything but the connection is real: what `value` returns was rendered to OTLP and parsed again
with the official protobuf classes.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from fortuna_otel._environment import Environment
from fortuna_otel.export.render import NO_VALUE
from fortuna_otel.export.transport import Accepted, TransportError
from fortuna_otel.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class FakeClock:
    """A clock that stands still until told otherwise. Starts in November 2026."""

    def __init__(self, unix: float = 1_795_000_000.0) -> None:
        self._ns = int(unix * 1e9)
        self._monotonic = 1_000.0

    def time_ns(self) -> int:
        """Return the wall clock in Unix nanoseconds."""
        return self._ns

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return self._monotonic

    @property
    def now(self) -> float:
        """The wall clock in Unix seconds."""
        return self._ns / 1e9

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._ns += round(seconds * 1e9)
        self._monotonic += seconds


@dataclass(frozen=True, slots=True)
class Point:
    """One data point as it was sent.

    `value` is the number of a gauge or counter, the count of a histogram, and None in the stale
    marker of a series that ended. Times are Unix nanoseconds; `start` is 0 on gauges.
    """

    name: str
    attributes: Mapping[str, str]
    value: float | None
    time: int
    start: int = 0
    total: float = 0.0
    buckets: tuple[int, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether this is the stale marker of a series."""
        return self.value is None


@dataclass(slots=True)
class MemoryTransport:
    """Keep what was sent; refuse it while `failure` is set; reject `rejecting` points a request."""

    requests: list[ExportMetricsServiceRequest] = field(default_factory=list)
    failure: TransportError | None = None
    rejecting: int = 0

    def send(self, body: bytes, timeout: float) -> Accepted:  # noqa: ARG002  # takes no time
        """Parse and keep a request."""
        if self.failure is not None:
            raise self.failure
        self.requests.append(ExportMetricsServiceRequest.FromString(body))
        return Accepted(self.rejecting, "as told" if self.rejecting else "")

    def close(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """Nothing is shared."""


class Capture:
    """A telemetry, its clock, and what it sent.

    Attributes:
        telemetry: what the code under test is given.
        clock: its clock; `export` advances it by a second.
        transport: where its requests went.
    """

    def __init__(self, service: str = "test", **options: Any) -> None:
        self.clock = FakeClock()
        self.transport = MemoryTransport()
        self.telemetry = Telemetry(
            service,
            environment=options.pop("environment", Environment()),
            transport=self.transport,
            clock=self.clock,
            instance=f"test/{service}/0",
            threaded=False,
            **options,
        )

    def export(self, seconds: float = 1.0, *, only_critical: bool = False) -> list[Point]:
        """Let time pass and export; return the points of this export."""
        self.clock.advance(seconds)
        before = len(self.transport.requests)
        self.telemetry.flush(only_critical=only_critical)
        return self._points_since(before)

    def points(self, name: str | None = None, **attributes: str) -> list[Point]:
        """Return every point sent so far of a signal, in order; attributes narrow it."""
        return [
            point
            for point in self._points_since(0)
            if (name is None or point.name == name) and _matches(point, attributes)
        ]

    def value(self, name: str, **attributes: str) -> float | None:
        """Export, and return the present value of the one series that matches; None if none does.

        Args:
            name: OpenTelemetry name of the signal.
            attributes: as many as it takes to single the series out.

        Raises:
            LookupError: if several series match.
        """
        values = self.values(name, **attributes)
        if len(values) > 1:
            listed = "; ".join(", ".join(f"{k}={v}" for k, v in key) for key in values)
            raise LookupError(f"{len(values)} series of {name} match, be more precise: {listed}")
        return next(iter(values.values()), None)

    def values(self, name: str, **attributes: str) -> dict[tuple[tuple[str, str], ...], float]:
        """Export, and return the present value of every series that matches, by its attributes."""
        self.export(0.0)
        latest: dict[tuple[tuple[str, str], ...], Point] = {}
        for point in self.points(name, **attributes):
            latest[tuple(point.attributes.items())] = point
        return {key: point.value for key, point in latest.items() if point.value is not None}

    def _points_since(self, first: int) -> list[Point]:
        return [
            point for request in self.transport.requests[first:] for point in points_of(request)
        ]


@contextmanager
def capture(service: str = "test", **options: Any) -> Iterator[Capture]:
    """Give a `Capture`, and shut its telemetry down afterwards.

    Args:
        service: name of the service.
        options: passed on to `Telemetry`.
    """
    captured = Capture(service, **options)
    try:
        yield captured
    finally:
        captured.telemetry.shutdown()


def points_of(request: ExportMetricsServiceRequest) -> Iterator[Point]:
    """Yield every data point of a request."""
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                for point in getattr(metric, metric.WhichOneof("data") or "gauge").data_points:
                    yield _point(metric.name, point)


def _point(name: str, point: Any) -> Point:
    attributes = {item.key: item.value.string_value for item in point.attributes}
    if hasattr(point, "bucket_counts"):
        return Point(
            name,
            attributes,
            float(point.count),
            point.time_unix_nano,
            point.start_time_unix_nano,
            point.sum,
            tuple(point.bucket_counts),
        )
    kind = point.WhichOneof("value")
    value = None if point.flags & NO_VALUE or kind is None else float(getattr(point, kind))
    return Point(name, attributes, value, point.time_unix_nano, point.start_time_unix_nano)


def _matches(point: Point, attributes: Mapping[str, str]) -> bool:
    return attributes.items() <= point.attributes.items()
