"""The two that export: ours and the stock SDK, each fed and asked in the same way."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider, _Gauge
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from fortuna_otel import Telemetry

# The one private name: an environment for one Telemetry rather than for the whole process.
from fortuna_otel._environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.workload import Series
    from fortuna_otel.signals import Signal

    Write: TypeAlias = Callable[[float], object]

LIMIT = 1_000_000
"""Series either side may have, so that none of them is refused."""

NAME = "bench"


class Side(Protocol):
    """Somebody who exports."""

    def bind(self, series: Series) -> Write:
        """Return what a number of this series is told to."""

    def export(self) -> None:
        """Collect, encode and send everything now, and wait for the answer."""


class Ours:
    """fortuna-otel.

    Args:
        endpoint: base URL of a Collector.
        compressed: whether with gzip, as by default.
        running: whether it exports by itself, every second, as in a service.
    """

    def __init__(self, endpoint: str, *, compressed: bool = True, running: bool = False) -> None:
        self.telemetry = Telemetry(
            NAME,
            instance=NAME,
            environment=Environment.read(
                {
                    "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
                    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip" if compressed else "none",
                }
            ),
            series_limit=LIMIT,
            threaded=running,
        )

    def bind(self, series: Series) -> Write:
        """Return the cell's method: `set`, `add` or `record`."""
        signal, attributes = series
        if signal.kind == "gauge":
            return self.telemetry.gauge(signal, **attributes).set
        if signal.kind == "counter":
            return self.telemetry.counter(signal, **attributes).add
        return self.telemetry.histogram(signal, **attributes).record

    def export(self) -> None:
        """Export everything now.

        Raises:
            RuntimeError: if it was not accepted.
        """
        if not self.telemetry.flush():
            raise RuntimeError("the sink did not accept an export of ours")


class Stock:
    """The OpenTelemetry SDK with its OTLP/HTTP exporter, as its documentation sets it up.

    Its limit of 2000 series an instrument is lifted: beyond it, it would fold series into one.

    Args:
        endpoint: base URL of a Collector.
        compressed: whether with gzip; without it by default.
        running: whether it exports by itself, every second.
    """

    def __init__(self, endpoint: str, *, compressed: bool = False, running: bool = False) -> None:
        self._reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(
                f"{endpoint}/v1/metrics",
                compression=Compression.Gzip if compressed else Compression.NoCompression,
            ),
            export_interval_millis=1000.0 if running else math.inf,
            cardinality_limits={_Gauge: LIMIT, Counter: LIMIT, Histogram: LIMIT},
        )
        self._provider = MeterProvider(
            [self._reader],
            Resource.create({"service.name": NAME, "service.instance.id": NAME}),
            shutdown_on_exit=False,
        )
        self._meter = self._provider.get_meter("fortuna_otel")
        self._methods: dict[str, Callable[..., None]] = {}

    def bind(self, series: Series) -> Write:
        """Return the instrument's method with its attributes: it has no bound form."""
        return partial(self.method(series.signal), attributes=series.attributes)

    def method(self, signal: Signal) -> Callable[..., None]:
        """Return the `set`, `add` or `record` of the signal's instrument."""
        known = self._methods.get(signal.name)
        if known is None:
            known = self._methods[signal.name] = self._create(signal)
        return known

    def _create(self, signal: Signal) -> Callable[..., None]:
        if signal.kind == "gauge":
            return self._meter.create_gauge(signal.name, signal.unit, signal.brief).set
        if signal.kind == "counter":
            return self._meter.create_counter(signal.name, signal.unit, signal.brief).add
        return self._meter.create_histogram(
            signal.name,
            signal.unit,
            signal.brief,
            explicit_bucket_boundaries_advisory=signal.buckets,
        ).record

    def export(self) -> None:
        """Export everything now."""
        self._reader.collect()


SIDES: Final[Mapping[str, type[Ours | Stock]]] = {"ours": Ours, "stock": Stock}


def side(name: str, endpoint: str, *, compressed: bool, running: bool = False) -> Side:
    """Return `ours` or `stock`."""
    return SIDES[name](endpoint, compressed=compressed, running=running)
