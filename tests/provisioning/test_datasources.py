"""Provisioning files beside the boards: what Grafana reads at its start."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from examples.desk.stack import Stack
from tests.provisioning.boards import EXPECTED, ROOT, committed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER = ROOT / "grafana-provisioning"
SOURCES = ("fortuna.yaml", "mimir.yaml.example")
# What pkg/services/provisioning takes from Grafana 10.4 to 13 and what of it is used here. A key it
# does not know it passes over in silence. `prune` since 11; before, a renamed source stays.
SOURCE_KEYS = (
    dict.fromkeys(("name", "uid", "type", "access", "url"), str)
    | dict.fromkeys(("isDefault", "editable"), bool)
    | dict.fromkeys(("jsonData", "secureJsonData"), dict)
)
PROVIDER_KEYS = (
    dict.fromkeys(("name", "folder", "folderUid", "type"), str)
    | dict.fromkeys(("allowUiUpdates", "disableDeletion"), bool)
    | {"options": dict, "updateIntervalSeconds": int}
)
# Of the two kinds of data source; a header's name is here, its value is a secret.
OPTIONS = {
    "prometheus": {
        *("timeInterval", "prometheusType", "prometheusVersion", "httpMethod", "cacheLevel"),
        *("manageAlerts", "httpHeaderName1"),
    },
    "alertmanager": {"implementation", "handleGrafanaManagedAlerts"},
}


def load(name: str) -> dict[str, Any]:
    """One provisioning file."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def sources() -> Iterator[dict[str, Any]]:
    """Every data source, the one that is switched on by a copy too."""
    for name in SOURCES:
        yield from load(f"datasources/{name}")["datasources"]


def check(entry: Mapping[str, Any], keys: Mapping[str, type]) -> None:
    """Fail where a key is unknown, or its value is not of the type that Grafana reads."""
    for key, value in entry.items():
        assert key in keys, (entry["name"], key)
        assert isinstance(value, keys[key]), (entry["name"], key)


@pytest.mark.parametrize("name", SOURCES)
def test_data_sources_are_written_as_grafana_reads_them(name: str) -> None:
    """Nothing misspelt, nothing of the wrong type, nothing that its plugin does not know."""
    file = load(f"datasources/{name}")
    assert file.keys() == {"apiVersion", "prune", "datasources"}
    assert file["apiVersion"] == 1
    for source in file["datasources"]:
        check(source, SOURCE_KEYS)
        assert source["access"] == "proxy", source["name"]
        assert source["editable"] is False, source["name"]
        assert source["jsonData"].keys() <= OPTIONS[source["type"]], source["name"]


def test_providers_are_written_as_grafana_reads_them() -> None:
    """The same of what says where the boards are."""
    file = load("dashboards/fortuna.yaml")
    assert file.keys() == {"apiVersion", "providers"}
    assert file["apiVersion"] == 1
    for provider in file["providers"]:
        check(provider, PROVIDER_KEYS)


def test_addresses_come_from_the_environment() -> None:
    """The same file serves demo and compose: nothing but ${NAME} stands in an address."""
    for source in sources():
        assert re.fullmatch(r"\$\{FORTUNA_\w+_URL\}", source["url"]), source["name"]


def test_data_sources_have_stable_uids() -> None:
    """Links and alert rules point at them."""
    found = {source["uid"]: source["type"] for source in sources()}
    assert found == {
        "prometheus": "prometheus",
        "alertmanager": "alertmanager",
        "mimir": "prometheus",
    }
    assert len({source["name"] for source in sources()}) == len(found)
    assert [source["name"] for source in sources() if source.get("isDefault")] == ["Prometheus"]


def test_stores_know_the_export_interval() -> None:
    """$__rate_interval is derived from it; type and version make variables cheap."""
    for source in sources():
        if source["type"] == "prometheus":
            options = source["jsonData"]
            assert options["timeInterval"] == "1s"
            assert options["prometheusType"] == source["name"]
            assert options["prometheusVersion"]


def test_mimir_is_asked_as_one_tenant() -> None:
    """The header's value is a secret: a viewer neither sees nor changes it."""
    (mimir,) = (source for source in sources() if source["uid"] == "mimir")
    assert mimir["jsonData"]["httpHeaderName1"] == "X-Scope-OrgID"
    assert mimir["secureJsonData"] == {"httpHeaderValue1": "${FORTUNA_TENANT}"}


def test_mimir_is_offered_only_where_there_is_one() -> None:
    """Grafana reads *.yaml and *.yml: the example is neither, and its copy is not committed."""
    loaded = {
        path.name for path in (FOLDER / "datasources").iterdir() if path.suffix in {".yaml", ".yml"}
    }
    assert loaded - {"mimir.yaml"} == {"fortuna.yaml"}
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "/grafana-provisioning/datasources/mimir.yaml" in ignored


@pytest.mark.parametrize("uid", EXPECTED)
def test_a_board_starts_at_a_data_source_that_exists(uid: str) -> None:
    """The data source variable starts at a uid that is provisioned."""
    chosen = committed(uid)["templating"]["list"][0]
    assert chosen["type"] == "datasource"
    assert chosen["current"]["value"] in {source["uid"] for source in sources()}


@pytest.mark.parametrize("uid", EXPECTED)
def test_folder_shares_neither_title_nor_uid_with_a_board(uid: str) -> None:
    """Grafana refuses the dashboard otherwise, and says so only in its log."""
    (provider,) = load("dashboards/fortuna.yaml")["providers"]
    assert provider["folder"] != committed(uid)["title"]
    assert provider["folderUid"] != committed(uid)["uid"]


def test_boards_are_read_from_beside_their_provider() -> None:
    """Wherever the directory is mounted, and never saved from the browser."""
    (provider,) = load("dashboards/fortuna.yaml")["providers"]
    assert provider["options"]["path"] == "${GF_PATHS_PROVISIONING}/dashboards"
    assert provider["allowUiUpdates"] is False


def compose() -> dict[str, str]:
    """What compose starts Grafana with."""
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    environment: dict[str, str] = yaml.safe_load(text)["services"]["grafana"]["environment"]
    return environment


def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What `make demo` starts Grafana with."""
    home = tmp_path / "grafana"
    (home / "bin").mkdir(parents=True)
    (home / "public").mkdir()
    (home / "bin" / "grafana").touch(mode=0o755)
    monkeypatch.setenv("GRAFANA_HOME", str(home))
    process = Stack(tmp_path / "run").grafana()
    assert process is not None
    return dict(process.env)


@pytest.mark.parametrize("where", ["compose", "demo"])
def test_the_desks_board_is_home(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who opens Grafana sees it first: a setting of the server, no file can say so."""
    environment = compose() if where == "compose" else demo(tmp_path, monkeypatch)
    provisioning = environment["GF_PATHS_PROVISIONING"]
    home = environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provisioning}/dashboards/fortuna.json"
    assert (FOLDER / "dashboards" / "fortuna.json").exists()


@pytest.mark.parametrize("where", ["compose", "demo"])
def test_every_variable_of_a_file_that_is_loaded_is_set(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Grafana reads one that is not set as nothing, and starts."""
    environment = compose() if where == "compose" else demo(tmp_path, monkeypatch)
    needed = {
        name
        for path in FOLDER.glob("*/*.yaml")
        if path.name != "mimir.yaml"
        for name in re.findall(r"(?<!\$)\$\{?([A-Z]\w+)", path.read_text(encoding="utf-8"))
    }
    assert {"FORTUNA_PROMETHEUS_URL", "FORTUNA_ALERTMANAGER_URL"} <= needed
    assert needed <= environment.keys()
