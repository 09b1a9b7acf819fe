"""The far end of the wire: a Collector that keeps raw bodies, and what they say.

Bodies are parsed with the official protobuf classes. `image` brings a request into a form in which
two of them can be compared: whatever is not taken out on purpose (`differences`) stays in it, down
to fields that nobody knows.
"""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import DataPointFlags

from fortuna_otel._environment import Environment
from fortuna_otel.export.transport import Accepted, TransportError
from fortuna_otel.telemetry import Telemetry
from fortuna_otel.testing import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

GZIP_MAGIC = b"\x1f\x8b"
NO_VALUE = int(DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)

Labels: TypeAlias = frozenset[tuple[str, str]]
Series: TypeAlias = tuple[str, Labels]


class Verdict(Enum):
    """What a Collector makes of a request."""

    ACCEPTED = "200"
    REFUSED = "400: never again"
    BUSY = "503: later"
    GONE = "no answer"

    @property
    def error(self) -> TransportError:
        """What a transport raises of it."""
        return TransportError(
            self.value,
            answered=self is not Verdict.GONE,
            retry=self is not Verdict.REFUSED,
        )


@dataclass(slots=True)
class Receiver:
    """A transport that keeps what was sent; `verdict` is asked what becomes of each request."""

    gzipped: bool = False
    verdict: Callable[[], Verdict] = lambda: Verdict.ACCEPTED
    sent: list[tuple[bytes, bool]] = field(default_factory=list)

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Keep a request and what became of it."""
        assert timeout > 0.0
        assert body.startswith(GZIP_MAGIC) == self.gzipped, "gzip if and only if it was asked for"
        verdict = self.verdict()
        self.sent.append((body, verdict is Verdict.ACCEPTED))
        if verdict is not Verdict.ACCEPTED:
            raise verdict.error
        return Accepted()

    def close(self) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """Nothing is shared."""


class Desk:
    """A telemetry before a `Receiver`, and its clock.

    Args:
        gzipped: What the receiver asks for.
        options: Passed on to `Telemetry`.
    """

    def __init__(self, *, gzipped: bool = False, **options: Any) -> None:
        self.clock = FakeClock()
        self.receiver = Receiver(gzipped)
        self.telemetry = Telemetry(
            "conformance",
            environment=options.pop("environment", Environment()),
            transport=self.receiver,
            clock=self.clock,
            instance="test/conformance/0",
            threaded=False,
            **options,
        )

    def export(self, seconds: float = 1.0) -> list[ExportMetricsServiceRequest]:
        """Let time pass and export; return the requests of this export, accepted or not."""
        self.clock.advance(seconds)
        before = len(self.receiver.sent)
        self.telemetry.flush()
        return [parse(body) for body, _ in self.receiver.sent[before:]]


def parse(body: bytes) -> ExportMetricsServiceRequest:
    """Read a body as a Collector does."""
    if body.startswith(GZIP_MAGIC):
        body = gzip.decompress(body)
    return ExportMetricsServiceRequest.FromString(body)


def metrics_of(request: ExportMetricsServiceRequest) -> Iterator[Metric]:
    """Yield every metric of a request."""
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            yield from scope_metrics.metrics


def points_of(metric: Metric) -> Any:
    """Return the repeated field of a metric's data points."""
    return getattr(metric, metric.WhichOneof("data") or "gauge").data_points


class Sample(NamedTuple):
    """What one data point says of its series; `bits` is None in the marker that ends it."""

    series: Series
    time: int
    start: int
    bits: bytes | None


def samples_of(requests: Iterable[ExportMetricsServiceRequest]) -> Iterator[Sample]:
    """Yield every data point of these requests."""
    for request in requests:
        for metric in metrics_of(request):
            for point in points_of(metric):
                labels = frozenset((item.key, item.value.string_value) for item in point.attributes)
                assert len(labels) == len(point.attributes), "an attribute is there twice"
                yield Sample(
                    (metric.name, labels),
                    point.time_unix_nano,
                    point.start_time_unix_nano,
                    None if point.flags & NO_VALUE else _bits(point),
                )


def _bits(point: Any) -> bytes:
    if hasattr(point, "bucket_counts"):
        return _histogram_bits(point.bucket_counts, point.sum)
    assert point.WhichOneof("value") == "as_double"
    return struct.pack("<d", point.as_double)


def _histogram_bits(counts: Iterable[int], total: float) -> bytes:
    return struct.pack("<d", total) + bytes(",".join(map(str, counts)), "ascii")


def bits(value: float) -> bytes:
    """Return the bits of a number's double: -0.0 is not 0.0 here."""
    return struct.pack("<d", value)


def histogram_bits(counts: Iterable[int], total: float) -> bytes:
    """Return what `Sample.bits` has for a histogram."""
    return _histogram_bits(counts, total)


Image: TypeAlias = dict[tuple[bytes, ...], dict[Labels, bytes]]


def image(requests: Iterable[ExportMetricsServiceRequest]) -> Image:
    """Return every series as bytes: by resource, scope and metric, then by attributes.

    Order is no part of it, nor is how points are spread over messages of one metric, nor a metric
    of which no point was left.
    """
    found: Image = {}
    for request in requests:
        for resource_metrics in request.resource_metrics:
            for scope_metrics in resource_metrics.scope_metrics:
                for metric in filter(points_of, scope_metrics.metrics):
                    where = (
                        *_sorted_attributes(resource_metrics.resource),
                        resource_metrics.schema_url.encode(),
                        _bytes(scope_metrics.scope),
                        scope_metrics.schema_url.encode(),
                        _bytes(_header(metric)),
                    )
                    _add(found.setdefault(where, {}), points_of(metric))
    return found


def _add(series: dict[Labels, bytes], points: Any) -> None:
    for point in points:
        labels = frozenset((item.key, _bytes(item.value).hex()) for item in point.attributes)
        assert labels not in series, "a series is there twice"
        bare = type(point)()
        bare.CopyFrom(point)
        bare.ClearField("attributes")
        series[labels] = _bytes(bare)


def _header(metric: Metric) -> Metric:
    """Return a metric without its points: name, unit, description, type, temporality."""
    header = type(metric)()
    header.CopyFrom(metric)
    del points_of(header)[:]
    return header


def _sorted_attributes(resource: Any) -> list[bytes]:
    return sorted(_bytes(item) for item in resource.attributes)


def _bytes(message: Any) -> bytes:
    data: bytes = message.SerializeToString(deterministic=True)
    return data
