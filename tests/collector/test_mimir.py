"""`collector/mimir.yaml`: Mimir gets what Prometheus gets, by the same rules."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.build import binary

FOLDER = Path(__file__).resolve().parents[2] / "collector"


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, Any]]:
    """The single host's configuration and the overlay."""
    return {
        name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("single-host", "mimir")
    }


def test_the_collector_accepts_all_three() -> None:
    """As they are started together."""
    answer = subprocess.run(
        [
            binary("otelcol"),
            "validate",
            *(f"--config={FOLDER / name}.yaml" for name in ("single-host", "critical", "mimir")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.parametrize(("ours", "theirs"), [("mimir", "durable"), ("mimir_critical", "critical")])
def test_each_exporter_is_that_of_prometheus_with_a_tenant(
    files: dict[str, dict[str, Any]], ours: str, theirs: str
) -> None:
    """But for the address: the same queue, batches, retries and timeout."""
    exporter = dict(files["mimir"]["exporters"][f"otlp_http/{ours}"])
    assert list(exporter.pop("headers")) == ["X-Scope-OrgID"]
    assert exporter.pop("endpoint").endswith("/otlp")
    other = dict(files["single-host"]["exporters"][f"otlp_http/{theirs}"])
    assert other.pop("endpoint").endswith("/api/v1/otlp")
    assert exporter == other


def test_prometheus_keeps_getting_what_it_got(files: dict[str, dict[str, Any]]) -> None:
    """Lists are replaced, so each pipeline names both exporters."""
    for name, pipeline in files["mimir"]["service"]["pipelines"].items():
        before = files["single-host"]["service"]["pipelines"][name]["exporters"]
        assert pipeline["exporters"][: len(before)] == before
        assert len(pipeline["exporters"]) == len(before) + 1
