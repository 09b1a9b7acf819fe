"""`storage/mimir.yaml`: what the rest of the system relies on, as Prometheus' file has it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

STORAGE = Path(__file__).resolve().parents[2] / "storage"
TEXT = (STORAGE / "mimir.yaml").read_text(encoding="utf-8")


def _plain(text: str) -> str:
    """Put the defaults in the place of variables, as Mimir does."""
    return re.sub(r"\$\{\w+:([^}]*)\}", r"\1", text)


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    """The configuration."""
    loaded: dict[str, Any] = yaml.safe_load(_plain(TEXT))
    return loaded


@pytest.fixture(scope="module")
def prometheus() -> dict[str, Any]:
    """The configuration of the other store."""
    loaded: dict[str, Any] = yaml.safe_load(
        (STORAGE / "prometheus.yml").read_text(encoding="utf-8")
    )
    return loaded


def test_names_and_labels_are_made_as_in_prometheus(
    config: dict[str, Any], prometheus: dict[str, Any]
) -> None:
    """One set of names for rules and board."""
    limits, otlp = config["limits"], prometheus["otlp"]
    assert limits["otel_metric_suffixes_enabled"] is True
    assert limits["otel_translation_strategy"] == otlp["translation_strategy"]
    promoted = limits["promote_otel_resource_attributes"].split(",")
    assert promoted == otlp["promote_resource_attributes"]


def test_time_is_judged_as_in_prometheus(
    config: dict[str, Any], prometheus: dict[str, Any]
) -> None:
    """The same samples are late, stale or in time."""
    window = prometheus["storage"]["tsdb"]["out_of_order_time_window"]
    assert config["limits"]["out_of_order_time_window"] == window
    flags = (STORAGE / "prometheus.flags").read_text(encoding="utf-8")
    assert f"--query.lookback-delta={config['querier']['lookback_delta']}" in flags
    assert config["ruler"]["evaluation_interval"] == prometheus["global"]["evaluation_interval"]
    assert config["limits"]["ruler_evaluation_delay_duration"] == "0s"
    retention = prometheus["storage"]["tsdb"]["retention"]["time"]
    assert config["limits"]["compactor_blocks_retention_period"] == retention


def test_it_listens_on_loopback_and_keeps_tenants_apart(config: dict[str, Any]) -> None:
    """Whoever reaches it reads and writes as anybody."""
    assert config["multitenancy_enabled"] is True
    server = config["server"]
    assert {server["http_listen_address"], server["grpc_listen_address"]} == {"127.0.0.1"}


def test_every_folder_is_on_its_volume(config: dict[str, Any]) -> None:
    """Nothing is written to the working directory, and no two parts share a folder."""
    folders = re.findall(r": (\$\{FORTUNA_MIMIR_DATA:\S+)", TEXT)
    assert len(folders) == len(set(folders)) >= 6
    assert all(_plain(folder).startswith("/var/lib/mimir/") for folder in folders)


def test_variables_have_defaults_as_mimir_reads_them() -> None:
    """`${A:b}`: with the `:-` of the shell and the Collector a default would begin with a dash."""
    variables = re.findall(r"\$\{[^}]*\}", TEXT)
    assert variables
    for variable in variables:
        assert re.fullmatch(r"\$\{FORTUNA_\w+:[^-}][^}]*\}", variable)
        assert variable[2:].partition(":")[0] in TEXT.partition("target:")[0], "it is listed above"


def test_every_default_that_breaks_something_is_explained(config: dict[str, Any]) -> None:
    """A platform engineer finds beside the file what each limit is there for."""
    readme = (STORAGE / "README.md").read_text(encoding="utf-8").partition("## Mimir")[2]
    for name in (
        "otel_metric_suffixes_enabled",
        "promote_otel_resource_attributes",
        "out_of_order_time_window",
        "ruler_evaluation_delay_duration",
        "enabled_promql_extended_range_selectors",
    ):
        assert name in config["limits"]
        assert name in readme
