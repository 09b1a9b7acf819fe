"""Rendering: what the rules of the signals ask of the wire."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from fortuna_otel._log import Throttle
from fortuna_otel.export import chunk, render
from fortuna_otel.export.registry import Registry
from fortuna_otel.export.render import Renderer
from fortuna_otel.signals import health, market
from fortuna_otel.testing import FakeClock, points_of

if TYPE_CHECKING:
    from fortuna_otel.testing import Point

NOW = 1_795_000_000_000_000_000
SECOND = 1_000_000_000
M = {"venue": "v", "symbol": "A/B", "base": "A", "quote": "B", "settle": ""}


@pytest.fixture
def renderer() -> Renderer:
    """Give a renderer of a small resource."""
    return Renderer({"service.name": "mm", "pid": 7, "x": ["a", True, 0.5]}, "scope", "1.0")


def _render(
    renderer: Renderer,
    registry: Registry,
    now: int = NOW,
    *,
    accept: bool = True,
    earliest: int = 0,
) -> list[Point]:
    points: list[Point] = []
    for request in renderer.requests(registry.families.values(), now, SECOND, earliest):
        message = ExportMetricsServiceRequest.FromString(request.body)
        points += points_of(message)
        if accept:
            request.accepted()
    return points


def test_the_bytes_are_an_otlp_request(renderer: Renderer, registry: Registry) -> None:
    """Resource, scope, name, unit and description as the official classes read them."""
    registry.gauge(market.BID, **M).set(64_000.0)
    [request] = renderer.requests(registry.families.values(), NOW, SECOND, 0)
    message = ExportMetricsServiceRequest.FromString(request.body)
    [resource_metrics] = message.resource_metrics
    attributes = {item.key: item.value for item in resource_metrics.resource.attributes}
    assert attributes["service.name"].string_value == "mm"
    assert attributes["pid"].int_value == 7
    assert [v.WhichOneof("value") for v in attributes["x"].array_value.values] == [
        "string_value",
        "bool_value",
        "double_value",
    ]
    [scope_metrics] = resource_metrics.scope_metrics
    assert (scope_metrics.scope.name, scope_metrics.scope.version) == ("scope", "1.0")
    [metric] = scope_metrics.metrics
    assert (metric.name, metric.unit) == ("fortuna.market.bid", "{quote}")
    assert metric.description == market.BID.brief
    [point] = metric.gauge.data_points
    assert (point.as_double, point.time_unix_nano, request.points) == (64_000.0, NOW, 1)
    assert {item.key: item.value.string_value for item in point.attributes} == M


def test_sums_are_monotonic_and_cumulative(renderer: Renderer, registry: Registry) -> None:
    """Prometheus drops delta."""
    registry.counter(health.TELEMETRY_EXPORTS, outcome="failed").add(2.0)
    registry.histogram(health.LOOP_DURATION, loop="q").record(0.5)
    [request] = renderer.requests(registry.families.values(), NOW, SECOND, 0)
    metrics = {
        metric.name: metric
        for metric in ExportMetricsServiceRequest.FromString(request.body)
        .resource_metrics[0]
        .scope_metrics[0]
        .metrics
    }
    cumulative = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    total = metrics["fortuna.telemetry.exports"].sum
    assert total.is_monotonic
    assert total.aggregation_temporality == cumulative
    histogram = metrics["fortuna.loop.duration"].histogram
    assert histogram.aggregation_temporality == cumulative
    assert tuple(histogram.data_points[0].explicit_bounds) == health.LOOP_DURATION.buckets


def test_a_gauge_is_sent_again_at_every_export(renderer: Renderer, registry: Registry) -> None:
    """With the time of the export."""
    registry.gauge(market.BID, **M).set(1.0)
    for tick in range(3):
        [point] = _render(renderer, registry, NOW + tick * SECOND)
        assert (point.value, point.time) == (1.0, NOW + tick * SECOND)


def test_a_gauge_that_ended_gets_one_stale_marker(renderer: Renderer, registry: Registry) -> None:
    """Exactly once, and the series may begin again later."""
    gauge = registry.gauge(market.BID, **M)
    gauge.set(1.0)
    _render(renderer, registry)
    gauge.end()
    [marker] = _render(renderer, registry, NOW + SECOND)
    assert marker.ended
    assert marker.attributes == M
    assert marker.time == NOW + SECOND
    assert _render(renderer, registry, NOW + 2 * SECOND) == []
    gauge.set(2.0)
    assert [p.value for p in _render(renderer, registry, NOW + 3 * SECOND)] == [2.0]


def test_the_marker_is_repeated_until_it_was_accepted(
    renderer: Renderer, registry: Registry
) -> None:
    """A lost request must not leave a dead series on the board."""
    gauge = registry.gauge(market.BID, **M)
    gauge.set(1.0)
    _render(renderer, registry)
    gauge.end()
    assert _render(renderer, registry, accept=False)[0].ended
    assert _render(renderer, registry)[0].ended
    assert _render(renderer, registry) == []


def test_a_gauge_that_was_never_accepted_has_no_end(renderer: Renderer, registry: Registry) -> None:
    """Nobody knows it, so there is nothing to end."""
    gauge = registry.gauge(market.BID, **M)
    gauge.set(1.0)
    _render(renderer, registry, accept=False)
    gauge.end()
    assert _render(renderer, registry) == []


def test_a_gauge_set_and_ended_between_exports_leaves_no_trace(
    renderer: Renderer, registry: Registry
) -> None:
    """The export sees what stands at its time."""
    gauge = registry.gauge(market.BID, **M)
    gauge.set(1.0)
    gauge.end()
    assert _render(renderer, registry) == []


def test_a_counter_begins_with_two_points(renderer: Renderer, registry: Registry) -> None:
    """0 one tick earlier and the value; from then on one point, all from the same start."""
    counter = registry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    assert _render(renderer, registry) == []
    counter.add(3.0)
    zero, first = _render(renderer, registry)
    assert (zero.value, zero.time) == (0.0, NOW - SECOND)
    assert (first.value, first.time) == (3.0, NOW)
    counter.add(1.0)
    [second] = _render(renderer, registry, NOW + SECOND)
    assert (second.value, second.time) == (4.0, NOW + SECOND)
    assert {zero.start, first.start, second.start} == {NOW - SECOND}


def test_an_announced_counter_is_exported_as_0(renderer: Renderer, registry: Registry) -> None:
    """Pairs that are subtracted are there from binding."""
    registry.counter(health.TELEMETRY_EXPORTS, outcome="failed").announce()
    assert [point.value for point in _render(renderer, registry)] == [0.0, 0.0]


def test_the_first_two_points_are_repeated_with_the_same_zero_until_accepted(
    renderer: Renderer, registry: Registry
) -> None:
    """A zero at another time after a lost answer would look like a reset, and count double."""
    counter = registry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    counter.add(3.0)
    _render(renderer, registry, accept=False)
    zero, value = _render(renderer, registry, NOW + 5 * SECOND)
    assert (zero.value, zero.time) == (0.0, NOW - SECOND)
    assert (value.value, value.time) == (3.0, NOW + 5 * SECOND)
    assert len(_render(renderer, registry, NOW + 6 * SECOND)) == 1


def test_a_zero_that_is_too_old_is_left_out(renderer: Renderer, registry: Registry) -> None:
    """A store that refuses it may refuse the whole request with it."""
    registry.counter(health.TELEMETRY_EXPORTS, outcome="failed").add(3.0)
    _render(renderer, registry, accept=False)
    points = _render(renderer, registry, NOW + 16 * 60 * SECOND)
    assert [point.value for point in points] == [3.0]


def test_no_counter_begins_before_its_process(renderer: Renderer, registry: Registry) -> None:
    """The time before belongs to the process that had this instance id before."""
    registry.counter(health.TELEMETRY_EXPORTS, outcome="failed").add(3.0)
    zero, _ = _render(renderer, registry, earliest=NOW - SECOND // 4)
    assert zero.time == NOW - SECOND // 4


def test_zero_and_value_never_share_a_moment(renderer: Renderer, registry: Registry) -> None:
    """Two values of one series at one time make Prometheus refuse the request."""
    registry.counter(health.TELEMETRY_EXPORTS, outcome="failed").add(3.0)
    zero, value = _render(renderer, registry, earliest=NOW)
    assert zero.time <= value.time - 1_000_000


def test_a_histogram_begins_with_an_empty_one(renderer: Renderer, registry: Registry) -> None:
    """Its count and buckets are counters too."""
    histogram = registry.histogram(health.LOOP_DURATION, loop="q")
    assert _render(renderer, registry) == []
    histogram.record(0.5)
    histogram.record(40.0)
    empty, first = _render(renderer, registry)
    assert (empty.value, empty.total, sum(empty.buckets)) == (0.0, 0.0, 0)
    assert (first.value, first.total, first.buckets[-1]) == (2.0, 40.5, 1)
    assert len(first.buckets) == len(health.LOOP_DURATION.buckets) + 1
    assert len(_render(renderer, registry, NOW + SECOND)) == 1


class Odd:
    """A number that cannot be had."""

    def __float__(self) -> float:
        """Fail in a way of its own."""
        raise RuntimeError("no number today")


@pytest.mark.parametrize(
    "poison",
    [
        Odd(),
        Decimal("sNaN"),
        "1",
        b"1",
        math.nan,
        math.inf,
        -math.inf,
        10**400,
        None,
        object(),
        1j,
    ],
)
def test_a_poisoned_value_is_dropped_without_losing_others(
    renderer: Renderer, registry: Registry, poison: Any
) -> None:
    """The stock encoder loses the whole export; here one point is missing, and counted."""
    bad = registry.gauge(market.BID, **M)
    registry.gauge(market.ASK, **M).set(2.0)
    registry.gauge(market.BID, **{**M, "venue": "w"}).set(3.0)
    bad.set(1.0)
    _render(renderer, registry)
    bad.set(poison)
    points = [p for p in _render(renderer, registry) if p.name.startswith("fortuna.market")]
    assert [point.value for point in points if not point.ended] == [3.0, 2.0]
    assert [point.attributes for point in points if point.ended] == [M]
    assert registry.counter(health.TELEMETRY_DROPPED, reason="invalid").value == 1.0


@pytest.mark.parametrize("number", [7, 2**70, Decimal("1.5"), -0.0, 5e-324, True])
def test_other_numbers_are_exported_as_doubles(
    renderer: Renderer, registry: Registry, number: Any
) -> None:
    """Ints of any size that a double holds, Decimals, and truth as 1."""
    registry.gauge(market.BID, **M).set(number)
    assert [point.value for point in _render(renderer, registry)] == [float(number)]


def test_a_family_that_cannot_be_rendered_costs_no_other(
    renderer: Renderer, registry: Registry
) -> None:
    """It is counted and named, and comes back whole as soon as it can."""
    gauge = registry.gauge(market.BID, **M)
    counter = registry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    histogram = registry.histogram(health.LOOP_DURATION, loop="q")
    gauge.set(1.0)
    histogram.record(0.5)
    counter.add()
    _render(renderer, registry)
    counter.value = "broken"  # type: ignore[assignment]
    names = {point.name for point in _render(renderer, registry, NOW + SECOND)}
    assert names >= {"fortuna.market.bid", "fortuna.loop.duration"}
    assert "fortuna.telemetry.exports" not in names
    assert registry.counter(health.TELEMETRY_DROPPED, reason="internal").value == 1.0
    counter.value = 2.0
    points = _render(renderer, registry, NOW + 2 * SECOND)
    assert [p.value for p in points if p.name == "fortuna.telemetry.exports"] == [2.0]


@given(st.lists(st.sampled_from([None, 1.0, 2.0]), min_size=1, max_size=20))
def test_any_history_is_told_in_full(history: list[float | None]) -> None:
    """A reader that keeps the latest point of the series always knows its present value.

    And never is an end told twice, nor of a series that was not there.
    """
    registry = Registry(Throttle(FakeClock()))
    renderer = Renderer({}, "s", "")
    gauge = registry.gauge(market.BID, **M)
    known = None
    for tick, value in enumerate(history):
        gauge.value = value
        points = _render(renderer, registry, NOW + tick * SECOND)
        if points:
            [point] = points
            assert point.value is not None or known is not None
            known = point.value
        assert known == value


def test_series_beyond_a_chunk_are_all_there(
    renderer: Renderer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many series are spread over several messages of one metric."""
    monkeypatch.setattr(chunk, "SIZE", 3)
    cells = [registry.gauge(market.BID, **{**M, "venue": f"v{n}"}) for n in range(10)]
    for number, cell in enumerate(cells):
        cell.set(float(number))
    assert [point.value for point in _render(renderer, registry)] == [float(n) for n in range(10)]
    cells[4].end()
    ended = [point for point in _render(renderer, registry) if point.ended]
    assert [point.attributes["venue"] for point in ended] == ["v4"]
    registry.gauge(market.BID, **{**M, "venue": "late"}).set(99.0)
    assert {p.value for p in _render(renderer, registry)} == {*range(10), 99.0} - {4.0}


def test_requests_are_split_by_size_and_settled_one_by_one(
    renderer: Renderer, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the Collector did not take is told again; what it took is not."""
    monkeypatch.setattr(render, "MAX_BYTES", 700)
    for signal in (market.BID, market.ASK, market.LAST):
        registry.gauge(signal, **M).set(1.0)
    counter = registry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    counter.add()
    requests = list(renderer.requests(registry.families.values(), NOW, SECOND, 0))
    assert len(requests) > 1
    assert sum(request.points for request in requests) == 5
    requests[0].accepted()
    assert registry.gauge(market.BID, **M).sent
    assert not counter.sent


def test_live_series_are_counted(renderer: Renderer, registry: Registry) -> None:
    """What was in the last export, not what is bound."""
    registry.gauge(market.BID, **M).set(1.0)
    registry.gauge(market.ASK, **M)
    _render(renderer, registry)
    assert renderer.live == 1
