"""Render cells into OTLP requests.

The protobuf messages of a metric are kept from export to export and only their times and values
are written anew; they are rebuilt when a series begins or ends. What the rules of the signals ask
of the wire is decided here:

- a gauge is sent again at every export; one that ended gets a single point with the flag
  NO_RECORDED_VALUE, which Prometheus stores as its staleness marker;
- a counter's first points are two, 0 one tick earlier and the value, or `increase()` would lose
  what happened before it was first seen;
- a value that is no finite number is dropped and counted without losing any other.

What began or ended counts as told only once the request was accepted (`Request.accepted`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    DataPointFlags,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from fortuna_otel import _numbers
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from fortuna_otel.export.cells import Cell, Counter, Gauge, Histogram
    from fortuna_otel.export.registry import Family

CHUNK = 2000
"""Series a Metric message: bounds what is rebuilt when one of them begins or ends."""

MAX_BYTES = 3_000_000
"""Uncompressed bytes a request, below every default limit on the way (gRPC hops allow 4 MiB)."""

CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
OLDEST_ZERO = 15 * 60 * 1_000_000_000
"""Nanoseconds for which a counter's 0 is worth telling: a store that refuses it as too old may
refuse the whole request with it."""

NO_VALUE = int(DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


@dataclass(slots=True)
class Request:
    """One body to send, and what its acceptance would settle."""

    body: bytes
    points: int
    began: list[Cell] = field(default_factory=list)
    ended: list[Cell] = field(default_factory=list)

    def accepted(self) -> None:
        """Note that the Collector has this request: what began is known, what ended is over."""
        for cell in self.began:
            cell.sent = True
        for cell in self.ended:
            cell.sent = False


@dataclass(slots=True)
class Piece:
    """A serialized Metric on its way into a request."""

    body: bytes
    points: int
    began: Sequence[Cell]
    ended: Sequence[Cell]


class Renderer:
    """Turn families of cells into requests of one resource."""

    def __init__(self, resource: Mapping[str, Any], scope: str, version: str) -> None:
        self.resource = Resource(attributes=_key_values(resource))
        self._resource = _field(1, self.resource.SerializeToString())
        scope_message = InstrumentationScope(name=scope, version=version)
        self._scope = _field(1, scope_message.SerializeToString())
        self._images: dict[str, tuple[int, list[_Image]]] = {}

    def requests(
        self,
        families: Iterable[Family],
        now: int,
        tick: int,
        earliest: int,
        last: Mapping[Cell, float] | None = None,
    ) -> Iterator[Request]:
        """Yield requests with all points of `families`, each at most `MAX_BYTES` long.

        Args:
            families: what to export.
            now: the time of the points, Unix nanoseconds.
            tick: nanoseconds between exports: how long before `now` a counter starts.
            earliest: no counter starts before this time: an earlier process may own it.
            last: in the last export, the gauges that do not end and what they say; all others end
                with it, whatever is written to them meanwhile.
        """
        pieces: list[Piece] = []
        size = 0
        start = min(max(now - tick, earliest), now - 1_000_000)
        for family in families:
            for piece in self._render(family, now, start, last):
                if pieces and size + len(piece.body) > MAX_BYTES:
                    yield self._request(pieces)
                    pieces, size = [], 0
                pieces.append(piece)
                size += len(piece.body)
        if pieces:
            yield self._request(pieces)

    def _render(
        self, family: Family, now: int, start: int, last: Mapping[Cell, float] | None
    ) -> list[Piece]:
        """Return what a family has to say; a fault of its own costs no other family."""
        try:
            rendered = [image.render(now, start, last) for image in self._images_of(family)]
        except Exception as error:  # noqa: BLE001  # whatever it is, the others are exported
            # Nobody knows what stands in its messages now: make them anew.
            self._images.pop(family.signal.name, None)
            family.drop(f"{family.signal.name}: {error!r}", DropReason.INTERNAL)
            return []
        return [piece for piece in rendered if piece is not None]

    def _images_of(self, family: Family) -> list[_Image]:
        version, images = self._images.get(family.signal.name, (-1, []))
        if version != family.version:
            version = family.version
            cells = list(family.cells.values())
            for number, first in enumerate(range(0, len(cells), CHUNK)):
                if number == len(images):
                    images.append(_Image(family))
                images[number].cells = cells[first : first + CHUNK]
            self._images[family.signal.name] = version, images
        return images

    @property
    def live(self) -> int:
        """Number of series in the last export."""
        return sum([image.live for _, images in self._images.values() for image in images])

    def _request(self, pieces: list[Piece]) -> Request:
        metrics = [_field(2, piece.body) for piece in pieces]
        scope_metrics = _field(2, b"".join([self._scope, *metrics]))
        return Request(
            body=_field(1, self._resource + scope_metrics),
            points=sum(piece.points for piece in pieces),
            began=[cell for piece in pieces for cell in piece.began],
            ended=[cell for piece in pieces for cell in piece.ended],
        )


class _Image:
    """The kept message of up to `CHUNK` series of one family."""

    def __init__(self, family: Family) -> None:
        self.cells: list[Cell] = []
        self._kind = _KINDS[family.signal.kind]
        self._metric, self._points = self._kind.metric(family)
        self._live: list[Cell] = []
        self._messages: list[Any] = []
        self._settled = True

    @property
    def live(self) -> int:
        """Number of series last written."""
        return len(self._live)

    def render(self, now: int, start: int, last: Mapping[Cell, float] | None) -> Piece | None:
        """Write the present values; None if there is nothing to say."""
        live: list[Cell] = []
        values: list[Any] = []
        ended: list[Cell] = []
        read = self._kind.read if last is None or self._kind.cumulative else last.get
        for cell in self.cells:
            value = read(cell)
            if value is not None:
                live.append(cell)
                values.append(value)
            elif cell.sent:
                ended.append(cell)
        began: list[Cell] = []
        if ended or not self._settled or live != self._live:
            began = [cell for cell in live if not cell.sent]
            self._rebuild(live, began, ended, now, start)
            self._settled = not (began or ended)
        if not live and not ended:
            return None
        write = self._kind.write
        for message, value in zip(self._messages, values, strict=True):
            message.time_unix_nano = now
            write(message, value)
        return Piece(self._metric.SerializeToString(), len(self._points), began, ended)

    def _rebuild(
        self, live: list[Cell], began: list[Cell], ended: list[Cell], now: int, start: int
    ) -> None:
        for cell in live:
            if cell.point is None:
                cell.start = start
                cell.point = self._kind.blank(cell)
        points = self._points
        del points[:]
        if self._kind.cumulative:
            # The time of the 0 is fixed by the first attempt, so that a second one after a lost
            # answer repeats it; another time would look like a reset.
            points.extend([cell.point for cell in began if now - cell.start <= OLDEST_ZERO])
        first = len(points)
        points.extend([cell.point for cell in live])
        last = len(points)
        for cell in ended:
            points.add().CopyFrom(cell.point)
            points[-1].flags = NO_VALUE
            points[-1].time_unix_nano = now
        self._live, self._messages = live, points[first:last]


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the series of one kind of signal become data points.

    `blank` makes the point of a cell with everything but its time and value: for a cumulative
    one, that is its zero.
    """

    metric: Callable[[Family], tuple[Metric, Any]]
    blank: Callable[[Any], Any]
    read: Callable[[Any], Any]
    write: Callable[[Any, Any], None]
    cumulative: bool


def _gauge_metric(family: Family) -> tuple[Metric, Any]:
    metric = _metric(family)
    return metric, metric.gauge.data_points


def _sum_metric(family: Family) -> tuple[Metric, Any]:
    metric = _metric(family)
    metric.sum.aggregation_temporality = CUMULATIVE
    metric.sum.is_monotonic = True
    return metric, metric.sum.data_points


def _histogram_metric(family: Family) -> tuple[Metric, Any]:
    metric = _metric(family)
    metric.histogram.aggregation_temporality = CUMULATIVE
    return metric, metric.histogram.data_points


def _metric(family: Family) -> Metric:
    signal = family.signal
    return Metric(name=signal.name, unit=signal.unit, description=signal.brief)


def _gauge_blank(cell: Gauge) -> NumberDataPoint:
    return NumberDataPoint(attributes=_attributes(cell))


def _sum_blank(cell: Counter) -> NumberDataPoint:
    return NumberDataPoint(
        attributes=_attributes(cell),
        start_time_unix_nano=cell.start,
        time_unix_nano=cell.start,
        as_double=0.0,
    )


def _histogram_blank(cell: Histogram) -> HistogramDataPoint:
    return HistogramDataPoint(
        attributes=_attributes(cell),
        start_time_unix_nano=cell.start,
        time_unix_nano=cell.start,
        explicit_bounds=cell.bounds,
        bucket_counts=[0] * (len(cell.bounds) + 1),
        sum=0.0,
    )


def _read_gauge(cell: Gauge) -> float | None:
    value = cell.value
    if value.__class__ is float and value - value == 0.0:  # neither NaN nor infinite
        return value
    return None if value is None else _number(cell, value)


def _number(cell: Gauge, value: object) -> float | None:
    """Return what other number types stand for (int, Decimal, numpy); drop the rest."""
    try:
        return _numbers.finite(value, "the value")
    except Exception as error:  # noqa: BLE001  # any object may be set, and raise anything
        cell.family.drop(f"{cell!r} was set to no finite number: {error}")
        return None


def _read_counter(cell: Counter) -> float | None:
    value = cell.value
    return value if value > 0.0 or cell.announced else None


def _read_histogram(cell: Histogram) -> tuple[list[int], float] | None:
    counts = cell.counts.copy()
    return (counts, cell.total) if any(counts) else None


def _write_number(point: Any, value: float) -> None:
    point.as_double = value


def _write_histogram(point: Any, value: tuple[list[int], float]) -> None:
    counts, total = value
    point.count = sum(counts)
    point.sum = total
    point.bucket_counts[:] = counts


_KINDS = {
    "gauge": _Kind(_gauge_metric, _gauge_blank, _read_gauge, _write_number, cumulative=False),
    "counter": _Kind(_sum_metric, _sum_blank, _read_counter, _write_number, cumulative=True),
    "histogram": _Kind(
        _histogram_metric, _histogram_blank, _read_histogram, _write_histogram, cumulative=True
    ),
}


def _attributes(cell: Cell) -> list[KeyValue]:
    return _key_values(dict(zip(cell.family.signal.attributes, cell.attributes, strict=True)))


def _key_values(attributes: Mapping[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any_value(value)) for key, value in attributes.items()]


def _any_value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, (list, tuple)):
        return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in value]))
    return AnyValue(string_value=str(value))


def _field(number: int, payload: bytes) -> bytes:
    """Return a length-delimited protobuf field."""
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
