"""What the registry says about what was sent."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from fortuna_otel import signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

    from fortuna_otel.signals import Signal

PREFIX = "fortuna."
"""Names that only the registry may give; metrics of other libraries are theirs to check."""

_DATA = {"gauge": "gauge", "sum": "counter", "histogram": "histogram"}
_CUMULATIVE = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE


def known(name: str) -> Signal | None:
    """Return the signal of a name, None if it is another library's.

    Raises:
        LookupError: if the name is ours to define, and is not defined; the message has what is
            nearest to it.
    """
    signal = signals.BY_NAME.get(name)
    if signal is None and name.startswith(PREFIX):
        raise LookupError(f"the registry has no signal {name}{_nearest(name, signals.BY_NAME)}")
    return signal


def require(signal: Signal, attributes: Mapping[str, str]) -> None:
    """Refuse a question that no series can answer.

    Raises:
        LookupError: if the signal has no such attribute, or the attribute no such value.
    """
    for name, value in attributes.items():
        if name not in signal.attributes:
            raise LookupError(
                f"{signal.name} has no attribute {name!r}{_nearest(name, signal.attributes)}; "
                f"it has {', '.join(signal.attributes) or 'none'}"
            )
        values = signal.values(name)
        if values is not None and value not in values:
            raise LookupError(
                f"{signal.name}: {name}={value!r} is none of {', '.join(sorted(values))}"
            )


def problems(request: ExportMetricsServiceRequest) -> list[str]:
    """Return where a request departs from the registry, a sentence each; none if nowhere.

    Every metric called `fortuna.*` must be in the registry, and have its unit, its kind of
    instrument, exactly its attributes, all of them strings, and values out of the closed sets.
    """
    found: dict[str, None] = {}
    for resource_metrics in request.resource_metrics:
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                found.update(dict.fromkeys(_of_metric(metric)))
    return list(found)


def _of_metric(metric: Metric) -> Iterator[str]:
    try:
        signal = known(metric.name)
    except LookupError as error:
        yield str(error)
        return
    if signal is None:
        return
    data = metric.WhichOneof("data") or "nothing"
    kind = _DATA.get(data, data)
    if kind != signal.kind:
        yield f"{metric.name} is a {kind}, and a {signal.kind} in the registry"
        return
    if metric.unit != signal.unit:
        yield f"{metric.name} has unit {metric.unit!r}, and {signal.unit!r} in the registry"
    body = getattr(metric, data)
    if data != "gauge" and body.aggregation_temporality != _CUMULATIVE:
        yield f"{metric.name} is not cumulative: the stores take nothing else"
    if data == "sum" and not body.is_monotonic:
        yield f"{metric.name} is not monotonic: a counter only grows"
    for point in body.data_points:
        yield from _of_point(signal, point)


def _of_point(signal: Signal, point: Any) -> Iterator[str]:
    names = [item.key for item in point.attributes]
    if sorted(names) != sorted(signal.attributes):
        yield (
            f"{signal.name} has the attributes {', '.join(names) or 'none'}, and "
            f"{', '.join(signal.attributes) or 'none'} in the registry"
        )
        return
    for item in point.attributes:
        if item.value.WhichOneof("value") != "string_value":
            yield f"{signal.name}: {item.key} is no string: {str(item.value).strip()}"
            continue
        values = signal.values(item.key)
        if values is not None and item.value.string_value not in values:
            yield (
                f"{signal.name}: {item.key}={item.value.string_value!r} is none of "
                f"{', '.join(sorted(values))}"
            )
    if signal.kind == "histogram" and tuple(point.explicit_bounds) != signal.buckets:
        yield f"{signal.name} has other buckets than the registry"


def _nearest(word: str, words: Any) -> str:
    near = get_close_matches(word, list(words), n=1)
    return f"; did you mean {near[0]}?" if near else ""
