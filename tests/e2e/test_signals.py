"""The registry against the real Collector and the real store."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from examples.desk.stack import Ports
from fortuna_otel import signals
from tests.e2e.pipeline import counter, gauge, point, wait
from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.signals import Signal
    from tests.e2e.pipeline import Pipeline, PromQL

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
ADDED = {"__name__", "job", "instance", "host_name", "deployment_environment_name", "le"}


def sample(signal: Signal) -> dict[str, Any]:
    """Write one data point of a signal, every attribute set."""
    closed = {attribute: next(iter(enum)).value for attribute, enum in signal.closed}
    values = {attribute: closed.get(attribute, attribute) for attribute in signal.attributes}
    data = point(1.5, time.time(), **values)
    if signal.kind == "gauge":
        return gauge(signal.name, signal.unit, data)
    if signal.kind == "counter":
        return counter(signal.name, signal.unit, data)
    del data["asDouble"]
    data |= {"count": "1", "sum": 1.5, "explicitBounds": list(signal.buckets)}
    data["bucketCounts"] = ["1", *("0" for _ in signal.buckets)]
    histogram = {"aggregationTemporality": 2, "dataPoints": [data]}
    return {"name": signal.name, "unit": signal.unit, "histogram": histogram}


def stored(promql: PromQL, job: str) -> dict[str, set[str]]:
    """Return the label names of each metric that a job has in the store."""
    found: dict[str, set[str]] = {}
    for labels, _ in promql.samples(f'{{job="{job}", __name__=~"fortuna_.+"}}'):
        found.setdefault(labels["__name__"], set()).update(set(labels) - ADDED)
    return found


def test_every_signal_is_stored_under_the_name_and_labels_we_say(
    pipeline: Pipeline, promql: PromQL
) -> None:
    """Collector and Prometheus make of each definition exactly what the constants promise."""
    pushed = [sample(signal) for signal in signals.ALL]
    resource = {"service__namespace": "test", "service__name": "registry"}
    assert pipeline.push(*pushed, **resource, service__instance__id="registry/0") == 200
    expected = {
        name: set(signal.attributes) for signal in signals.ALL for name in signal.series_names()
    }
    wait(lambda: len(stored(promql, "test/registry")) >= len(expected), 15, "every signal")
    assert stored(promql, "test/registry") == expected


@pytest.fixture
def critical_only(pipeline: Pipeline, tmp_path: Path) -> Iterator[str]:
    """A Collector that has nothing but the generated filter; where to push."""
    port = Ports.free().otlp
    config = {
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{port}"}}}},
        "exporters": {"otlp_http": {"endpoint": f"{pipeline.prometheus.url}/api/v1/otlp"}},
        "service": {
            "telemetry": {"metrics": {"level": "none"}},
            "pipelines": {
                "metrics": {
                    "receivers": ["otlp"],
                    "processors": ["filter/critical"],
                    "exporters": ["otlp_http"],
                }
            },
        },
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    files = (tmp_path / "config.yaml", ROOT / "collector/critical.yaml")
    with (tmp_path / "collector.log").open("wb") as log:
        process = subprocess.Popen(
            [binary("otelcol"), *(f"--config={path}" for path in files)],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    yield f"http://127.0.0.1:{port}/v1/metrics"
    process.terminate()
    process.wait(15)


def test_the_critical_filter_lets_critical_signals_through_and_nothing_else(
    critical_only: str, promql: PromQL
) -> None:
    """The real Collector reads the generated expression as we mean it."""
    resource = {"service.namespace": "test", "service.name": "critical"}
    foreign = gauge("fortuna.heartbeat.timestamp.of.others", "s", point(1.5, time.time()))
    metrics = [*(sample(signal) for signal in signals.ALL), foreign]
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in resource.items()]
    body = {
        "resourceMetrics": [
            {
                "resource": {"attributes": attributes},
                "scopeMetrics": [{"scope": {"name": "test"}, "metrics": metrics}],
            }
        ]
    }
    request = urllib.request.Request(  # noqa: S310 - loopback
        critical_only,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )

    def accepted() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
        return False

    wait(accepted, 15, "the Collector to take a request")
    expected = {name for signal in signals.ALL if signal.critical for name in signal.series_names()}
    wait(lambda: len(stored(promql, "test/critical")) >= len(expected), 15, "critical signals")
    assert set(stored(promql, "test/critical")) == expected
