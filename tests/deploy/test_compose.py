"""`deploy/compose.yaml`: no container engine runs here, so everything short of one is checked."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.build import binary

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy" / "compose.yaml"
# Go modules of the official contrib image, release 0.158: those that ours may use.
CONTRIB = {
    "go.opentelemetry.io/collector/receiver/otlpreceiver",
    "go.opentelemetry.io/collector/processor/memorylimiterprocessor",
    "go.opentelemetry.io/collector/exporter/debugexporter",
    "go.opentelemetry.io/collector/exporter/otlpexporter",
    "go.opentelemetry.io/collector/exporter/otlphttpexporter",
    "go.opentelemetry.io/collector/confmap/provider/envprovider",
    "go.opentelemetry.io/collector/confmap/provider/fileprovider",
    "go.opentelemetry.io/collector/confmap/provider/yamlprovider",
    *(
        f"github.com/open-telemetry/opentelemetry-collector-contrib/{path}"
        for path in (
            "extension/basicauthextension",
            "extension/bearertokenauthextension",
            "extension/headerssetterextension",
            "extension/healthcheckextension",
            "extension/storage/filestorage",
            "exporter/fileexporter",
            "processor/filterprocessor",
            "processor/resourceprocessor",
            "processor/transformprocessor",
        )
    ),
}
PINNED = re.compile(r"^[a-z0-9/-]+:v?\d+\.\d+\.\d+$")


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    """The file as the compose reference implementation loads, validates and resolves it."""
    loaded = subprocess.run(
        [binary("compose"), "-format", "json", COMPOSE.name],
        cwd=COMPOSE.parent,  # where `docker compose -f` resolves relative mounts
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    model: dict[str, Any] = json.loads(loaded.stdout)
    return model


def test_a_wrong_key_is_refused(tmp_path: Path) -> None:
    """The check itself can fail: an unknown key of a service does not pass."""
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text(encoding="utf-8").replace("restart:", "restarts:", 1))
    loaded = subprocess.run(
        [binary("compose"), str(wrong)], capture_output=True, text=True, check=False
    )
    assert loaded.returncode != 0


def test_every_mounted_file_exists(model: dict[str, Any]) -> None:
    """A mount of a missing file would make the engine create a directory in its place."""
    sources = [
        Path(volume["source"])
        for service in model["services"].values()
        for volume in service.get("volumes", [])
        if volume["type"] == "bind"
    ]
    assert len(sources) >= 8
    assert [str(source) for source in sources if not source.exists()] == []


def test_images_are_pinned(model: dict[str, Any]) -> None:
    """Each image names an exact version, never a moving tag."""
    images = [service["image"] for service in model["services"].values()]
    assert [image for image in images if not PINNED.match(image)] == []


def test_grafana_is_12_or_later(model: dict[str, Any]) -> None:
    """The board is generated for Grafana 12 and later."""
    major = int(model["services"]["grafana"]["image"].partition(":")[2].partition(".")[0])
    assert major >= 12


def test_versions_are_those_the_tests_run(model: dict[str, Any]) -> None:
    """The images are the versions of the binaries that the end-to-end tests use."""
    manifest = yaml.safe_load((ROOT / "tools/collector/manifest.yaml").read_text(encoding="utf-8"))
    collector = {
        component["gomod"].split()[1].removeprefix("v") for component in manifest["receivers"]
    }
    assert {model["services"]["collector"]["image"].partition(":")[2]} == collector
    for service, flag in (("prometheus", "--version"), ("alertmanager", "--version")):
        version = model["services"][service]["image"].partition(":v")[2]
        said = subprocess.run(
            [binary(service), flag], capture_output=True, text=True, check=True
        ).stdout
        assert f"version {version}" in said


def test_our_collector_has_only_what_the_official_image_has() -> None:
    """`otelcol validate` proves the configuration on ours; this carries it to the image."""
    manifest = yaml.safe_load((ROOT / "tools/collector/manifest.yaml").read_text(encoding="utf-8"))
    ours = {
        component["gomod"].split()[0]
        for kind in ("receivers", "processors", "exporters", "extensions", "providers")
        for component in manifest[kind]
    }
    assert ours - CONTRIB == set()


def test_published_ports_of_the_stores_stay_on_this_host(model: dict[str, Any]) -> None:
    """Prometheus and Alertmanager have no guard of their own: only OTLP and the board are open."""
    ports = model["services"]["prometheus"]["ports"]
    assert {port["published"] for port in ports if port.get("host_ip") != "127.0.0.1"} == {
        "4318",
        "3000",
    }
