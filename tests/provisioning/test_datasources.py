"""Provisioning files beside the board: what Grafana reads at its start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2] / "grafana-provisioning"


def load(name: str) -> dict[str, Any]:
    """One provisioning file."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return loaded


def test_addresses_come_from_the_environment() -> None:
    """The same file serves demo and compose: nothing but ${NAME} stands in an address."""
    for source in load("datasources/fortuna.yaml")["datasources"]:
        assert re.fullmatch(r"\$\{FORTUNA_\w+_URL\}", source["url"]), source["name"]


def test_data_sources_have_stable_uids() -> None:
    """Links and alert rules point at them."""
    sources = load("datasources/fortuna.yaml")["datasources"]
    assert {source["uid"]: source["type"] for source in sources} == {
        "prometheus": "prometheus",
        "alertmanager": "alertmanager",
    }
    assert [source["name"] for source in sources if source.get("isDefault")] == ["Prometheus"]


def test_prometheus_knows_the_export_interval() -> None:
    """$__rate_interval is derived from it; type and version make variables cheap."""
    (prometheus,) = (
        source
        for source in load("datasources/fortuna.yaml")["datasources"]
        if source["type"] == "prometheus"
    )
    options = prometheus["jsonData"]
    assert options["timeInterval"] == "1s"
    assert options["prometheusType"] == "Prometheus"
    assert options["prometheusVersion"]


def test_the_board_selects_the_provisioned_data_source(board: dict[str, Any]) -> None:
    """The data source variable starts at a uid that exists."""
    chosen = board["templating"]["list"][0]
    uids = {source["uid"] for source in load("datasources/fortuna.yaml")["datasources"]}
    assert chosen["type"] == "datasource"
    assert chosen["current"]["value"] in uids


def test_folder_shares_neither_title_nor_uid_with_the_board(board: dict[str, Any]) -> None:
    """Grafana refuses the dashboard otherwise, and says so only in its log."""
    (provider,) = load("dashboards/fortuna.yaml")["providers"]
    assert provider["folder"] != board["title"]
    assert provider["folderUid"] != board["uid"]


def test_boards_are_read_from_beside_their_provider() -> None:
    """Wherever the directory is mounted, and never saved from the browser."""
    (provider,) = load("dashboards/fortuna.yaml")["providers"]
    assert provider["options"]["path"] == "${GF_PATHS_PROVISIONING}/dashboards"
    assert provider["allowUiUpdates"] is False
