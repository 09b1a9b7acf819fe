"""`collector/single-host.yaml`: valid, and its numbers keep the promises they depend on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "collector" / "single-host.yaml"
CRITICAL = ROOT / "collector" / "critical.yaml"
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """Read a length of time as Go writes it: 2h50m."""
    parts = re.findall(r"(\d+)(ms|s|m|h)", text)
    assert "".join(number + unit for number, unit in parts) == text
    return sum(int(number) * UNITS[unit] for number, unit in parts)


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    """The configuration, with the generated filter."""
    loaded: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    critical = yaml.safe_load(CRITICAL.read_text(encoding="utf-8"))
    loaded["processors"].update(critical["processors"])
    return loaded


@pytest.fixture(scope="module")
def pipelines(config: dict[str, Any]) -> dict[str, Any]:
    """The pipelines by name."""
    found: dict[str, Any] = config["service"]["pipelines"]
    return found


def validate(*configs: Path) -> subprocess.CompletedProcess[str]:
    """Let the Collector itself say whether it would start."""
    return subprocess.run(
        [binary("otelcol"), "validate", *(f"--config={path}" for path in configs)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_collector_accepts_it() -> None:
    """Both files together are a configuration that starts."""
    answer = validate(CONFIG, CRITICAL)
    assert answer.returncode == 0, answer.stderr


def test_it_does_not_start_without_the_generated_filter() -> None:
    """Forgetting the second file is an error, not a critical pipeline that takes everything."""
    answer = validate(CONFIG)
    assert answer.returncode != 0
    assert "filter/critical" in answer.stderr


def test_memory_is_limited_first_everywhere(pipelines: dict[str, Any]) -> None:
    """Nothing is decoded into memory that is already full."""
    assert {pipeline["processors"][0] for pipeline in pipelines.values()} == {"memory_limiter"}


def test_both_pipelines_store_the_same_values(pipelines: dict[str, Any]) -> None:
    """The store takes equal duplicates only: the pipelines differ in the filter alone."""
    critical = [
        name for name in pipelines["metrics/critical"]["processors"] if name != "filter/critical"
    ]
    assert critical == pipelines["metrics/durable"]["processors"]


def test_no_batch_processor(config: dict[str, Any]) -> None:
    """It answers before data is safe, and is leaving the Collector; queues batch themselves."""
    assert not [name for name in config["processors"] if name.partition("/")[0] == "batch"]


def test_the_durable_pipeline_never_gives_up(config: dict[str, Any]) -> None:
    """On disk, bounded in bytes, retried for ever, and patient with a slow store."""
    exporter = config["exporters"]["otlp_http/durable"]
    queue = exporter["sending_queue"]
    assert exporter["retry_on_failure"]["max_elapsed_time"] == "0s"
    assert queue["storage"] in config["service"]["extensions"]
    assert queue["sizer"] == "bytes"
    # It would inherit bytes, and send 85 points a request.
    assert queue["batch"]["sizer"] == "items"
    assert seconds(exporter["timeout"]) >= 30


def test_the_critical_pipeline_never_refuses(config: dict[str, Any]) -> None:
    """In memory and without retry: one pipeline's error is an error for both."""
    exporter = config["exporters"]["otlp_http/critical"]
    queue = exporter["sending_queue"]
    assert exporter["retry_on_failure"] == {"enabled": False}
    assert "storage" not in queue
    # What a hung store leaves through, in points a second: above a whole desk's critical rate.
    rate = queue["num_consumers"] * queue["batch"]["max_size"] / seconds(exporter["timeout"])
    assert rate >= 40_000


def test_both_exporters_speak_what_prometheus_takes(config: dict[str, Any]) -> None:
    """To the same store on the same host, where compressing costs both ends and saves nothing."""
    exporters = [config["exporters"][f"otlp_http/{name}"] for name in ("critical", "durable")]
    assert {exporter["compression"] for exporter in exporters} == {"none"}
    assert len({exporter["endpoint"] for exporter in exporters}) == 1


def test_old_samples_are_dropped_before_the_store_refuses_them(config: dict[str, Any]) -> None:
    """The time filter is just inside Prometheus' out-of-order window."""
    prometheus = yaml.safe_load((ROOT / "storage" / "prometheus.yml").read_text(encoding="utf-8"))
    window = seconds(prometheus["storage"]["tsdb"]["out_of_order_time_window"])
    conditions = config["processors"]["filter/time"]["metrics"]["datapoint"]
    [age] = re.findall(r'Now\(\) - Duration\("(.+)"\)', conditions[0])
    [ahead] = re.findall(r'Now\(\) \+ Duration\("(.+)"\)', conditions[1])
    assert 0 < window - seconds(age) <= 900
    assert seconds(ahead) < 600


def test_its_own_metrics_are_fresher_than_the_lookback(config: dict[str, Any]) -> None:
    """Every 5 s or less, in full detail: a failed send says whether it was permanent."""
    metrics = config["service"]["telemetry"]["metrics"]
    assert metrics["level"] == "detailed"
    assert [reader["periodic"]["interval"] <= 5000 for reader in metrics["readers"]] == [True]


def strings(node: Any) -> Iterator[str]:
    """Yield every text in a configuration."""
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def test_every_variable_has_a_default_and_is_explained(config: dict[str, Any]) -> None:
    """It starts with no environment at all, and its head lists what can be set."""
    used = [use for text in strings(config) for use in re.findall(r"\$\{env:(.*?)\}", text)]
    head = CONFIG.read_text(encoding="utf-8").partition("\nextensions:")[0]
    assert used
    for use in used:
        name, _, default = use.partition(":-")
        assert default, f"{name} has no default"
        assert f"#   {name} " in head, f"{name} is not explained"


def test_it_listens_on_this_host_only(config: dict[str, Any]) -> None:
    """Whoever reaches the port writes metrics; opening it is a decision of its own."""
    endpoints = [
        config["receivers"]["otlp"]["protocols"]["http"]["endpoint"],
        config["extensions"]["health_check"]["endpoint"],
    ]
    assert all(":-127.0.0.1:" in endpoint for endpoint in endpoints)
