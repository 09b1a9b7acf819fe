"""What was sent: requests, and the data points in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import DataPointFlags

from fortuna_otel.export.transport import Accepted, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NO_VALUE = int(DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


@dataclass(frozen=True, slots=True)
class Point:
    """One data point as it was sent.

    `value` is the number of a gauge or counter, the count of a histogram, and None in the stale
    marker of a series that ended. `total` is a histogram's sum in its unit, `buckets` the counts
    between its bounds. Times are Unix nanoseconds; `start` is 0 on gauges.
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
    gzipped: bool = field(default=False, init=False)

    def send(self, body: bytes, timeout: float) -> Accepted:  # noqa: ARG002  # takes no time
        """Parse and keep a request.

        Raises:
            TransportError: while `failure` is set.
        """
        if self.failure is not None:
            raise self.failure
        self.requests.append(ExportMetricsServiceRequest.FromString(body))
        return Accepted(self.rejecting, "as told" if self.rejecting else "")

    def close(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """Nothing is shared."""


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
