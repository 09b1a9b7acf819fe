"""The bytes of OTLP: what the official protobuf classes read in them."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from fortuna_otel.export import wire

TEXT = st.text(max_size=300)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "bool_value"),
        (7, "int_value"),
        (-7, "int_value"),
        (-(2**63), "int_value"),
        (0.25, "double_value"),
        ("BTC/USDT", "string_value"),
        ("", "string_value"),
        (2**63, "string_value"),
    ],
)
def test_values_have_their_type(value: Any, kind: str) -> None:
    """An integer beyond 64 bits has no type of its own and is told as text."""
    message = AnyValue.FromString(wire.any_value(value))
    expected = str(value) if kind == "string_value" else value
    assert (message.WhichOneof("value"), getattr(message, kind)) == (kind, expected)


def test_arrays_keep_the_types_of_their_items() -> None:
    """An array of a resource attribute may mix them."""
    message = AnyValue.FromString(wire.any_value(["a", 1, True]))
    kinds = [item.WhichOneof("value") for item in message.array_value.values]
    assert kinds == ["string_value", "int_value", "bool_value"]


def test_half_a_surrogate_costs_one_character() -> None:
    """Text that no encoding knows must not cost the export."""
    assert AnyValue.FromString(wire.any_value("a\ud800b")).string_value == "a?b"


@given(st.dictionaries(TEXT, TEXT, max_size=5), TEXT, TEXT, TEXT)
def test_any_text_of_any_length_is_framed(
    attributes: dict[str, str], name: str, description: str, unit: str
) -> None:
    """Lengths need one, two or more bytes."""
    resource = Resource.FromString(wire.resource(attributes))
    assert {item.key: item.value.string_value for item in resource.attributes} == attributes
    metric = Metric.FromString(wire.metric(name, description, unit))
    assert (metric.name, metric.description, metric.unit) == (name, description, unit)
    scope = InstrumentationScope.FromString(wire.scope(name, unit))
    assert (scope.name, scope.version) == (name, unit)
    point = NumberDataPoint.FromString(
        wire.labels(wire.NUMBER_ATTRIBUTES, list(attributes), list(attributes.values()))
    )
    assert {item.key: item.value.string_value for item in point.attributes} == attributes


@given(st.binary(max_size=20_000))
def test_a_payload_is_what_was_framed(content: bytes) -> None:
    """A point without its header is its fields."""
    assert wire.payload(wire.field(1, content)) == content


def test_a_request_has_one_resource_and_one_scope() -> None:
    """And the metrics that follow it."""
    metrics = [wire.field(2, wire.metric(f"m{n}", "", "1")) for n in range(3)]
    head = wire.request(
        wire.resource({"service.name": "mm"}), wire.scope("s", "1"), sum(map(len, metrics))
    )
    message = ExportMetricsServiceRequest.FromString(head + b"".join(metrics))
    [resource_metrics] = message.resource_metrics
    assert resource_metrics.resource.attributes[0].value.string_value == "mm"
    [scope_metrics] = resource_metrics.scope_metrics
    assert [metric.name for metric in scope_metrics.metrics] == ["m0", "m1", "m2"]


def test_parts_become_one_gzip_body() -> None:
    """Compressed piece by piece, read as one."""
    parts: list[bytes | bytearray] = [b"a" * 1000, bytearray(b"b" * 1000), b""]
    assert gzip.decompress(wire.gzipped(parts)) == b"a" * 1000 + b"b" * 1000
    assert gzip.decompress(wire.compressed(b"abc")) == b"abc"
