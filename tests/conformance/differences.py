"""Every way in which our requests differ from the stock SDK's on purpose, and why.

This is the one place: `same` takes exactly these out of both sides before it compares, and
`tests/conformance/test_stock.py` shows for each that it is still there, so that none outlives its
reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from tests.conformance.wire import NO_VALUE, image, metrics_of, points_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric


@dataclass(frozen=True, slots=True)
class Difference:
    """One intended difference.

    Attributes:
        name: What differs.
        side: Whose requests have it.
        reason: Why ours are better that way.
        erase: Takes it out of a metric of that side.
    """

    name: str
    side: Literal["ours", "stock", "both"]
    reason: str
    erase: Callable[[Metric], None]


def _each_point(change: Callable[[Any], None]) -> Callable[[Metric], None]:
    def erase(metric: Metric) -> None:
        for point in points_of(metric):
            change(point)

    return erase


def _without(unwanted: Callable[[Any], bool]) -> Callable[[Metric], None]:
    def erase(metric: Metric) -> None:
        points = points_of(metric)
        kept = [point for point in points if not unwanted(point)]
        del points[:]
        points.extend(kept)

    return erase


def _is_zero(point: Any) -> bool:
    """Whether this is the point that a cumulative series begins with."""
    return bool(point.start_time_unix_nano) and point.time_unix_nano == point.start_time_unix_nano


def _to_double(point: Any) -> None:
    if hasattr(point, "as_int") and point.WhichOneof("value") == "as_int":
        point.as_double = float(point.as_int)


def _clear(*fields: str) -> Callable[[Any], None]:
    def clear(point: Any) -> None:
        for field in fields:
            if field in point.DESCRIPTOR.fields_by_name:
                point.ClearField(field)

    return clear


DIFFERENCES = (
    Difference(
        "two first points",
        "ours",
        "a counter first seen at its value has no increase: 0 is sent one tick earlier",
        _without(_is_zero),
    ),
    Difference(
        "stale markers",
        "ours",
        "a series that ended gets NO_RECORDED_VALUE; the stock SDK repeats it for ever",
        _without(lambda point: bool(point.flags & NO_VALUE)),
    ),
    Difference(
        "always doubles",
        "stock",
        "a store keeps doubles anyway, and an int beyond 64 bits poisons a whole stock export",
        _each_point(_to_double),
    ),
    Difference(
        "no minimum and maximum",
        "stock",
        "a cumulative one never comes down again, and neither store keeps it",
        _each_point(_clear("min", "max")),
    ),
    Difference(
        "no exemplars",
        "stock",
        "nothing that reads them is part of the board, and each costs as much as its point",
        _each_point(_clear("exemplars")),
    ),
    Difference(
        "times",
        "both",
        "points are stamped with our tick, and a series starts one tick before it is first sent, "
        "not when its instrument was made",
        _each_point(_clear("time_unix_nano", "start_time_unix_nano")),
    ),
)


def same(
    ours: Iterable[ExportMetricsServiceRequest],
    stock: Iterable[ExportMetricsServiceRequest],
    *,
    names: Collection[str],
    differences: Iterable[Difference] = DIFFERENCES,
) -> None:
    """Assert that both sides say the same of the metrics of these names.

    Ours also carry the SDK's signals about itself, which is why names are given.
    """
    differences = tuple(differences)
    images = [
        image([_erased(request, side, names, differences) for request in requests])
        for side, requests in (("ours", ours), ("stock", stock))
    ]
    assert images[0] == images[1]


def _erased(
    request: ExportMetricsServiceRequest,
    side: str,
    names: Collection[str],
    differences: tuple[Difference, ...],
) -> ExportMetricsServiceRequest:
    copy = ExportMetricsServiceRequest()
    copy.CopyFrom(request)
    for resource_metrics in copy.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            kept = [metric for metric in scope_metrics.metrics if metric.name in names]
            del scope_metrics.metrics[:]
            scope_metrics.metrics.extend(kept)
    for metric in list(metrics_of(copy)):
        assert points_of(metric), f"{metric.name} was sent without a point"
        for difference in differences:
            if difference.side in (side, "both"):
                difference.erase(metric)
    return copy
