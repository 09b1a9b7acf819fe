"""`storage/prometheus.yml` and its flags: valid, and what the rest of the system relies on."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.build import binary

STORAGE = Path(__file__).resolve().parents[2] / "storage"


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    """The configuration."""
    loaded: dict[str, Any] = yaml.safe_load(
        (STORAGE / "prometheus.yml").read_text(encoding="utf-8")
    )
    return loaded


@pytest.fixture(scope="module")
def flags() -> list[str]:
    """The flags, without comments."""
    lines = (STORAGE / "prometheus.flags").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_prometheus_accepts_it_and_finds_the_rules() -> None:
    """The file as committed, with its paths as they are."""
    answer = subprocess.run(
        [binary("promtool"), "check", "config", STORAGE / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"[1-9]\d* rule files found", answer.stdout)


def test_rules_are_evaluated_every_second(config: dict[str, Any]) -> None:
    """Alerts within seconds begin here."""
    assert config["global"]["evaluation_interval"] == "1s"


def test_every_flag_is_explained(flags: list[str]) -> None:
    """A platform engineer finds each flag, and what breaks without it, beside the file."""
    table = (STORAGE / "README.md").read_text(encoding="utf-8")
    assert len(flags) >= 3
    for flag in flags:
        assert f"| `{flag}` |" in table


def test_a_missed_push_is_no_gap(config: dict[str, Any], flags: list[str]) -> None:
    """The lookback covers two scrapes, and no more than what may linger of a dead process."""
    [lookback] = [flag for flag in flags if flag.startswith("--query.lookback-delta=")]
    seconds = int(lookback.rpartition("=")[2].removesuffix("s"))
    assert seconds == 10
    assert 2 * int(config["global"]["scrape_interval"].removesuffix("s")) <= seconds


def test_labels_are_few_and_never_the_version(config: dict[str, Any]) -> None:
    """A label that a deploy changes would double every series."""
    assert config["otlp"]["promote_resource_attributes"] == [
        "host.name",
        "deployment.environment.name",
    ]
