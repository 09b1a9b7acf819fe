"""What users install: the built wheel in an empty environment, against a Collector as it comes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.desk.stack import Ports
from scripts.registry import SECTIONS
from tests.e2e.pipeline import wait
from tools.build import BuildError, binary

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/fortuna_otel"

# Nothing but a receiver and a printer: no configuration of ours is needed to use the package.
COLLECTOR = """
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:%d"}}}}
exporters: {debug: {verbosity: detailed}}
service:
  pipelines: {metrics: {receivers: [otlp], exporters: [debug]}}
  telemetry: {metrics: {level: none}}
"""

# The condition of the README's loop: two seconds of it, so that both cadences come round.
QUOTING = """
import time

class Quoting:
    ends = time.monotonic() + 2.0

    def __bool__(self):
        time.sleep(0.05)
        return time.monotonic() < self.ends

quoting = Quoting()
"""

HEAVY = (
    "aiohttp",
    "ccxt",
    "grafana_foundation_sdk",
    "grpc",
    "pydantic",
    "pytest",
    "rich",
    "textual",
    "yaml",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release does."""
    target = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install it, with what it depends on and nothing else; return the Python there."""
    directory = tmp_path_factory.mktemp("installed") / "venv"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(directory)], check=True)
    python = directory / "bin/python"
    subprocess.run([*uv, "pip", "install", "--python", str(python), str(wheel)], check=True)
    return python


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Run a bare Collector; give its address and the file it prints to."""
    try:
        executable = binary("otelcol")
    except BuildError as error:
        pytest.fail(str(error), pytrace=False)
    port = Ports.free().otlp
    configuration, printed = tmp_path / "collector.yaml", tmp_path / "collector.log"
    configuration.write_text(COLLECTOR % port)
    with printed.open("wb") as log:
        process = subprocess.Popen([executable, "--config", configuration], stdout=log, stderr=log)
    try:
        wait(lambda: "Everything is ready" in printed.read_text(), 20, "the Collector's start")
        yield f"http://127.0.0.1:{port}", printed
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(15)


def run(python: Path, directory: Path, code: str, **variables: str) -> str:
    """Run code where only the wheel is, and return what it printed."""
    script = directory / "service.py"
    script.write_text(code)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "PYTHON"))}
    done = subprocess.run(
        [python, "-W", "error", script],
        cwd=directory,
        env={**kept, "XDG_RUNTIME_DIR": str(directory), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def readme() -> str:
    """Return the README's example."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    code: str
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return code


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every module, the marker for type checkers, the pytest plugin; no test, no example."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    modules = {
        f"fortuna_otel/{path.relative_to(PACKAGE).as_posix()}" for path in PACKAGE.rglob("*.py")
    }
    assert names == modules | {"fortuna_otel/py.typed", "_fortuna_otel_pytest.py"}
    assert {f"fortuna_otel/signals/{name}.py" for name in SECTIONS} <= names


def test_the_readme_example_reaches_a_bare_collector(
    environment: Path, collector: tuple[str, Path], tmp_path: Path
) -> None:
    """`pip install`, the README's lines, a Collector: the numbers arrive as they are promised."""
    url, printed = collector
    run(environment, tmp_path, QUOTING + readme(), OTEL_EXPORTER_OTLP_ENDPOINT=url)
    wait(lambda: "stopped" in printed.read_text(), 10, "the last words")
    text = printed.read_text()
    for name, value in (
        ("fortuna.quote.bid", "64000.100000"),
        ("fortuna.quote.liquidity", "32000.050000"),
        ("fortuna.fee.paid", None),
        ("fortuna.orders.ack.duration", None),
        ("fortuna.heartbeat.timestamp", None),
        ("fortuna.service.state", "1.000000"),
    ):
        _, _, about = text.partition(f"-> Name: {name}\n")
        assert about, f"{name} did not arrive"
        if value is not None:
            assert f"Value: {value}" in about.partition("-> Name:")[0], name
    assert "service.name: Str(mm-engine)" in text
    assert "service.namespace: Str(desk)" in text


def test_a_service_pays_for_the_core_alone(environment: Path, tmp_path: Path) -> None:
    """Importing the package imports nothing that is an extra, or that only tests need."""
    code = f"""
import sys
import fortuna_otel
loaded = {{name.partition(".")[0] for name in sys.modules}}
print(sorted(loaded & set({HEAVY!r})), "fortuna_otel.testing" in sys.modules)
"""
    assert run(environment, tmp_path, code) == "[] False\n"


def test_the_entry_points_resolve_without_extras(environment: Path, tmp_path: Path) -> None:
    """All but the pytest plugin, which pytest alone loads, import what the core depends on."""
    code = """
from importlib.metadata import distribution
for point in distribution("fortuna-otel").entry_points:
    if point.group != "pytest11":
        print(point.group, point.name, callable(point.load()))
"""
    assert run(environment, tmp_path, code).splitlines() == [
        "console_scripts fortuna-otel True",
        "opentelemetry_instrumentor fortuna True",
        "opentelemetry_metrics_exporter fortuna True",
    ]


def test_users_can_test_with_it(environment: Path, tmp_path: Path) -> None:
    """The capture needs no package beside the core, so that any test runner will do."""
    code = """
from fortuna_otel.testing import capture
with capture() as desk:
    desk.telemetry.exposure(client="acme", asset="BTC").set(4.0)
    print(desk.value("fortuna.exposure.net"))
    desk.check()
"""
    assert run(environment, tmp_path, code) == "4.0\n"


def test_type_checkers_find_the_types(environment: Path, tmp_path: Path) -> None:
    """`py.typed` is where a checker looks for it: the user's mypy sees `float`, not `Any`."""
    (tmp_path / "user.py").write_text(
        "from fortuna_otel import instrument\nreveal_type(instrument('mm').instance)\n"
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull]
    done = subprocess.run(
        [*command, "--python-executable", environment, "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 'Revealed type is "str | None"' in done.stdout, done.stdout + done.stderr
