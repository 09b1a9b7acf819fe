"""The same values through our exporter and through the stock SDK: the same request."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

from fortuna_otel import signals
from fortuna_otel._version import sdk_version
from fortuna_otel.export.pipeline import SCOPE
from tests.conformance.differences import DIFFERENCES, same
from tests.conformance.strategies import (
    BOUNDED,
    amounts,
    exact,
    numbers,
    printable,
    seconds,
    series,
)
from tests.conformance.wire import Desk, parse, samples_of

if TYPE_CHECKING:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    from fortuna_otel.signals import Signal
    from tests.conformance.differences import Difference


class Stock:
    """The stock SDK under the resource and scope of a desk; instruments are made by signal."""

    def __init__(self, desk: Desk) -> None:
        self._reader = InMemoryMetricReader()
        provider = desk.telemetry.provider
        assert isinstance(provider, MeterProvider)
        self._provider = MeterProvider(
            [self._reader],
            resource=Resource(provider._sdk_config.resource.attributes),
            shutdown_on_exit=False,
        )
        self._meter = self._provider.get_meter(SCOPE, sdk_version())
        self._instruments: dict[str, Any] = {}

    def write(self, signal: Signal, labels: dict[str, str], value: float) -> None:
        """Set, add or record, whichever fits the signal."""
        instrument = self._instruments.get(signal.name) or self._make(signal)
        call = {"gauge": "set", "counter": "add", "histogram": "record"}[signal.kind]
        getattr(instrument, call)(value, labels)

    def _make(self, signal: Signal) -> Any:
        texts = {"unit": signal.unit, "description": signal.brief}
        if signal.kind == "gauge":
            made: Any = self._meter.create_gauge(signal.name, **texts)
        elif signal.kind == "counter":
            made = self._meter.create_counter(signal.name, **texts)
        else:
            made = self._meter.create_histogram(
                signal.name, **texts, explicit_bucket_boundaries_advisory=signal.buckets
            )
        self._instruments[signal.name] = made
        return made

    def export(self) -> ExportMetricsServiceRequest:
        """Return the request that the stock exporter would send."""
        collected = self._reader.get_metrics_data()
        assert collected is not None
        return parse(encode_metrics(collected).SerializeToString())


def _write(desk: Desk, signal: Signal, labels: dict[str, str], value: Any) -> None:
    telemetry = desk.telemetry
    if signal.kind == "gauge":
        telemetry.gauge(signal, **labels).set(value)
    elif signal.kind == "counter":
        telemetry.counter(signal, **labels).add(value)
    else:
        telemetry.histogram(signal, **labels).record(value)


def _plain(value: Any) -> float:
    """Return what the stock SDK is given: it knows int and float only, and loses large ints."""
    return value if type(value) is int and abs(value) < 2**63 else float(value)


@BOUNDED
@given(series("gauge"), numbers)
def test_a_gauge_is_what_the_stock_sdk_sends(
    target: tuple[Signal, dict[str, str]], number: Any
) -> None:
    """Any signal, any attributes, any number: to the last bit."""
    signal, labels = target
    desk = Desk()
    stock = Stock(desk)
    _write(desk, signal, labels, number)
    stock.write(signal, labels, _plain(number))
    same(desk.export(), [stock.export()], names={signal.name})


@BOUNDED
@given(series("counter"), amounts)
def test_an_amount_is_what_the_stock_sdk_sends(
    target: tuple[Signal, dict[str, str]], amount: Any
) -> None:
    """Of any type and size, to the last bit; 0 alone is not exported before it counts something."""
    signal, labels = target
    desk = Desk()
    stock = Stock(desk)
    _write(desk, signal, labels, amount)
    stock.write(signal, labels, float(amount))
    if float(amount) == 0.0:
        assert not [found for found in samples_of(desk.export()) if found.series[0] == signal.name]
    else:
        same(desk.export(), [stock.export()], names={signal.name})


@BOUNDED
@given(series("counter"), st.lists(st.lists(exact, max_size=20), min_size=1, max_size=4))
def test_a_counter_is_what_the_stock_sdk_sends(
    target: tuple[Signal, dict[str, str]], ticks: list[list[float]]
) -> None:
    """The sum over several exports."""
    signal, labels = target
    desk = Desk()
    stock = Stock(desk)
    for added in ticks:
        for amount in (*added, 1.0):
            _write(desk, signal, labels, amount)
            stock.write(signal, labels, amount)
        same(desk.export(), [stock.export()], names={signal.name})


@BOUNDED
@given(series("histogram"), seconds)
def test_an_observation_is_what_the_stock_sdk_sends(
    target: tuple[Signal, dict[str, str]], value: float
) -> None:
    """It falls into the same bucket, though it be a bound or next to one."""
    signal, labels = target
    desk = Desk()
    stock = Stock(desk)
    _write(desk, signal, labels, value)
    stock.write(signal, labels, value)
    same(desk.export(), [stock.export()], names={signal.name})


@BOUNDED
@given(series("histogram"), st.lists(st.lists(exact, max_size=20), min_size=1, max_size=4))
def test_a_histogram_is_what_the_stock_sdk_sends(
    target: tuple[Signal, dict[str, str]], ticks: list[list[float]]
) -> None:
    """Bounds, counts and sum, over several exports."""
    signal, labels = target
    desk = Desk()
    stock = Stock(desk)
    for recorded in ticks:
        for value in (*recorded, 0.25):
            _write(desk, signal, labels, value)
            stock.write(signal, labels, value)
        same(desk.export(), [stock.export()], names={signal.name})


@BOUNDED
@given(
    st.sampled_from([signals.market.FEED_GAPS, signals.health.LOOP_DURATION]),
    st.lists(st.lists(st.floats(0.0, 1e9), max_size=20), min_size=1, max_size=4),
)
def test_a_sum_is_as_exact_as_doubles_are(signal: Signal, ticks: list[list[float]]) -> None:
    """Where additions round, the order may matter, but never more than a rounding each."""
    desk = Desk()
    labels = dict.fromkeys(signal.attributes, "x")
    told: list[float] = []
    for values in ticks:
        for value in (*values, 0.1):
            _write(desk, signal, labels, value)
            told.append(value)
        [found] = [
            found
            for found in samples_of(desk.export())
            if found.series[0] == signal.name and found.time > found.start
        ]
        assert found.bits is not None
        [total] = struct.unpack("<d", found.bits[:8])
        exactly = math.fsum(told)
        assert abs(total - exactly) <= len(told) * 2.0**-53 * exactly


@BOUNDED
@given(st.data())
def test_a_whole_desk_is_what_the_stock_sdk_sends(data: st.DataObject) -> None:
    """Many signals at once, over several ticks, compressed or not: nothing gets mixed up."""
    chosen = data.draw(
        st.lists(
            st.one_of(series("gauge"), series("counter"), series("histogram")),
            min_size=1,
            max_size=12,
            unique_by=lambda target: (target[0].name, tuple(target[1].values())),
        )
    )
    chosen = _within_limits(chosen)
    desk = Desk(gzipped=data.draw(st.booleans()))
    stock = Stock(desk)
    for _ in range(data.draw(st.integers(1, 3))):
        for signal, labels in chosen:
            value = data.draw(
                numbers if signal.kind == "gauge" else exact.map(lambda amount: amount + 1.0)
            )
            _write(desk, signal, labels, value)
            stock.write(signal, labels, _plain(value))
        same(desk.export(), [stock.export()], names={signal.name for signal, _ in chosen})


def _within_limits(
    chosen: list[tuple[Signal, dict[str, str]]],
) -> list[tuple[Signal, dict[str, str]]]:
    """Keep one series of each signal: another of the same identity may be refused."""
    return list({signal.name: (signal, labels) for signal, labels in chosen}.values())


@pytest.mark.parametrize("signal", signals.ALL, ids=lambda signal: signal.name)
def test_every_signal_is_described_as_the_stock_sdk_would(signal: Signal) -> None:
    """Name, unit, description, type, temporality, monotonicity and bounds of the registry."""
    desk = Desk()
    stock = Stock(desk)
    closed = {name: next(iter(enum)).value for name, enum in signal.closed}
    labels = {name: closed.get(name, f"a {name}") for name in signal.attributes}
    if signal.name.startswith(("fortuna.telemetry.", "fortuna.service.")):
        # The SDK writes these itself: only how they are described can be compared.
        desk.telemetry.gauge(signals.health.HEARTBEAT_TIMESTAMP, loop="q").set(1.0)
        desk.telemetry.counter(signals.health.TELEMETRY_DROPPED, reason="invalid").add()
        desk.telemetry.counter(signals.health.TELEMETRY_EXPORTS, outcome="delivered").add()
        desk.export()
        stock.write(signal, labels, 1.0)
        assert _described(desk.export(), signal) == _described([stock.export()], signal)
        return
    _write(desk, signal, labels, 0.25)
    stock.write(signal, labels, 0.25)
    same(desk.export(), [stock.export()], names={signal.name})


def _described(requests: list[ExportMetricsServiceRequest], signal: Signal) -> set[tuple[Any, ...]]:
    found = set()
    for request in requests:
        for resource_metrics in request.resource_metrics:
            for scope_metrics in resource_metrics.scope_metrics:
                for metric in scope_metrics.metrics:
                    if metric.name == signal.name:
                        kind = metric.WhichOneof("data")
                        data = getattr(metric, kind or "gauge")
                        found.add(
                            (
                                metric.unit,
                                metric.description,
                                kind,
                                getattr(data, "aggregation_temporality", None),
                                getattr(data, "is_monotonic", None),
                                tuple(item.key for item in data.data_points[0].attributes),
                                tuple(getattr(data.data_points[0], "explicit_bounds", ())),
                            )
                        )
    assert len(found) == 1, found
    return found


@BOUNDED
@given(
    st.dictionaries(
        st.text("abcdefghijklmnopqrstuvwxyz._", min_size=1, max_size=20),
        st.text(printable, max_size=40),
        max_size=5,
    )
)
def test_resource_attributes_of_the_deployment_are_the_stock_sdks(declared: dict[str, str]) -> None:
    """What OTEL_RESOURCE_ATTRIBUTES says arrives as it would from any other service."""
    from urllib.parse import quote  # noqa: PLC0415

    with pytest.MonkeyPatch.context() as patch:
        text = ",".join(f"{key}={quote(value, safe='')}" for key, value in declared.items())
        patch.setenv("OTEL_RESOURCE_ATTRIBUTES", text)
        desk = Desk()
        stock = Resource.create({"service.name": "conformance"})
    [resource_metrics] = desk.export()[0].resource_metrics
    sent = {item.key: item.value.string_value for item in resource_metrics.resource.attributes}
    ours = {"service.instance.id", "host.name"}
    assert sent.keys() >= ours
    expected = {**stock.attributes, **{key: sent[key] for key in ours - stock.attributes.keys()}}
    expected["service.instance.id"] = "test/conformance/0"  # what the code says wins
    assert sent == expected


def _sides() -> tuple[list[ExportMetricsServiceRequest], list[ExportMetricsServiceRequest]]:
    """Return requests of both sides that have every difference in them."""
    desk = Desk()
    stock = Stock(desk)
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    market = {"venue": "v", "symbol": "A/B", "base": "A", "quote": "B", "settle": ""}
    ended = desk.telemetry.gauge(signals.market.ASK, **market)
    ended.set(1.0)
    desk.export()
    ended.end()
    with tracer.start_as_current_span("a span, so that the stock SDK takes exemplars"):
        for signal, labels, value in (
            (signals.market.BID, market, 1.0),
            (signals.health.LOOP_DURATION, {"loop": "q"}, 0.5),
            (signals.market.FEED_GAPS, {"venue": "v", "stream": "book"}, 1),
        ):
            _write(desk, signal, labels, value)
            stock.write(signal, labels, value)
    return desk.export(), [stock.export()]


NAMES = frozenset(
    (
        "fortuna.market.ask",
        "fortuna.market.bid",
        "fortuna.loop.duration",
        "fortuna.feed.gaps",
    )
)


def test_the_differences_together_explain_everything() -> None:
    """With all of them taken out, both sides are the same: the witnesses below are sound."""
    ours, stock = _sides()
    same(ours, stock, names=NAMES)


@pytest.mark.parametrize("difference", DIFFERENCES, ids=lambda difference: difference.name)
def test_each_difference_is_still_there(difference: Difference) -> None:
    """An exception that is not needed any more would hide a fault."""
    ours, stock = _sides()
    rest = [other for other in DIFFERENCES if other is not difference]
    with pytest.raises(AssertionError):
        same(ours, stock, names=NAMES, differences=rest)
