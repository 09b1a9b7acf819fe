"""What a capture checks against the registry, and how it says so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from fortuna_otel.signals import health, quotes
from fortuna_otel.testing import Capture, capture, problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric


@pytest.fixture
def desk() -> Iterator[Capture]:
    """Give a telemetry that nothing is wrong with yet."""
    with capture() as captured:
        yield captured


def metric_of(request: ExportMetricsServiceRequest, name: str) -> Metric:
    """Return one metric of a request."""
    return next(
        metric
        for resource_metrics in request.resource_metrics
        for scope_metrics in resource_metrics.scope_metrics
        for metric in scope_metrics.metrics
        if metric.name == name
    )


def changed(name: str, change: Callable[[Any], object]) -> list[str]:
    """Return the problems of a real export, one metric of which was changed."""
    with capture() as desk:
        desk.telemetry.heartbeat("quote").beat()
        with desk.telemetry.heartbeat("quote").turn():
            desk.clock.advance(0.2)
        desk.telemetry.account(client="acme", venue="binance", account="mm-1").flow(
            "BTC", 1.0, kind="deposit", direction="in"
        )
        desk.export()
        request = ExportMetricsServiceRequest()
        for sent in desk.transport.requests:
            request.MergeFrom(sent)
        assert problems(request) == []
        change(metric_of(request, name))
        return problems(request)


BEAT = "fortuna.heartbeat.timestamp"
FLOW = "fortuna.inventory.flow"
TURN = "fortuna.loop.duration"


def rename_attribute(metric: Metric) -> None:
    """Call the loop something else."""
    metric.gauge.data_points[0].attributes[0].key = "lop"


def number_attribute(metric: Metric) -> None:
    """Give the loop a number."""
    metric.gauge.data_points[0].attributes[0].value.int_value = 3


def open_set(metric: Metric) -> None:
    """Take a value from outside a closed set."""
    for item in metric.sum.data_points[0].attributes:
        if item.key == "kind":
            item.value.string_value = "gift"


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        (
            BEAT,
            lambda metric: setattr(metric, "name", "fortuna.hartbeat.timestamp"),
            f"the registry has no signal fortuna.hartbeat.timestamp; did you mean {BEAT}?",
        ),
        (
            BEAT,
            lambda metric: setattr(metric, "unit", "ms"),
            "fortuna.heartbeat.timestamp has unit 'ms', and 's' in the registry",
        ),
        (
            FLOW,
            lambda metric: metric.gauge.SetInParent(),
            "fortuna.inventory.flow is a gauge, and a counter in the registry",
        ),
        (
            FLOW,
            lambda metric: setattr(metric.sum, "aggregation_temporality", 1),
            "fortuna.inventory.flow is not cumulative: the stores take nothing else",
        ),
        (
            FLOW,
            lambda metric: setattr(metric.sum, "is_monotonic", False),
            "fortuna.inventory.flow is not monotonic: a counter only grows",
        ),
        (
            FLOW,
            open_set,
            "fortuna.inventory.flow: kind='gift' is none of deposit, internal, loan, withdrawal",
        ),
        (
            BEAT,
            rename_attribute,
            "fortuna.heartbeat.timestamp has the attributes lop, and loop in the registry",
        ),
        (BEAT, number_attribute, "fortuna.heartbeat.timestamp: loop is no string: int_value: 3"),
        (
            TURN,
            lambda metric: metric.histogram.data_points[0].explicit_bounds.append(99.0),
            "fortuna.loop.duration has other buckets than the registry",
        ),
    ],
)
def test_a_departure_from_the_registry_is_a_sentence(
    name: str, change: Callable[[Any], object], problem: str
) -> None:
    """Name, unit, kind, attributes, closed sets and buckets are compared, and the word is said."""
    assert changed(name, change) == [problem]


def test_metrics_of_others_are_theirs(desk: Capture) -> None:
    """Only what is called `fortuna.*` is ours to check."""
    desk.telemetry.provider.get_meter("other").create_counter("their.thing").add(1)
    desk.check()
    assert desk.value("their.thing") == 1


def test_a_metric_that_takes_our_prefix_is_found(desk: Capture) -> None:
    """Nobody defines it, so that nobody knows what its number means."""
    desk.telemetry.provider.get_meter("app").create_counter("fortuna.my.thing").add(1)
    with pytest.raises(AssertionError, match=r"the registry has no signal fortuna\.my\.thing"):
        desk.check()


def test_what_was_dropped_fails_the_check(desk: Capture) -> None:
    """Telemetry is silent towards the service; a test hears what was wrong, all of it, once."""
    orders = desk.telemetry.book(
        client="acme", venue="binance", symbol="BTC/USDT", account="mm-1", tag="core"
    ).orders
    for side in ("b", "b", "s"):
        orders.submitted(side)
    desk.telemetry.exposure(client="acme", asset="BTC").set(math.nan)
    with pytest.raises(AssertionError) as failure:
        desk.check()
    first, *lines = str(failure.value).splitlines()
    assert first == "the telemetry of test is not right:"
    assert len(lines) == 3
    assert "side='b' is none of buy, sell" in lines[0]
    assert "side='s' is none of buy, sell" in lines[1]
    assert "fortuna.exposure.net" in lines[2]


def test_a_series_beyond_the_limit_fails_the_check() -> None:
    """Such a series is missing from the board, however right its numbers are."""
    with capture(series_limit=60) as desk:
        for number in range(60):
            desk.telemetry.exposure(client=f"c{number}", asset="BTC").set(1.0)
        with pytest.raises(AssertionError, match=r"dropped as limit: fortuna\.exposure\.net"):
            desk.check()


def test_what_a_test_asked_for_is_expected(desk: Capture) -> None:
    """A test of wrong input reads what was dropped, and passes."""
    desk.telemetry.histogram(health.LOOP_DURATION, loop="quote").record(-1.0)
    (what,) = desk.dropped()
    assert what.startswith("dropped as invalid: fortuna.loop.duration{loop='quote'}")
    desk.check()


@pytest.mark.parametrize(
    ("signal", "attributes", "message"),
    [
        ("fortuna.quote.spraed", {}, "no signal fortuna.quote.spraed; did you mean"),
        (quotes.SPREAD, {"cleint": "acme"}, "no attribute 'cleint'; did you mean client?"),
        (quotes.DEPTH, {"side": "buy"}, "side='buy' is none of ask, bid"),
    ],
)
def test_a_question_without_a_possible_answer_is_refused(
    desk: Capture, signal: Any, attributes: dict[str, str], message: str
) -> None:
    """A typo would otherwise read as `not emitted`, and a test of absence would always pass."""
    for ask in (desk.value, desk.values, desk.points):
        with pytest.raises(LookupError, match=message):
            ask(signal, **attributes)
