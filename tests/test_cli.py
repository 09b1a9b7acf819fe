"""The `fortuna-otel` command itself."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from fortuna_otel import cli


def run(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, after some code."""
    script = f"{code}\nimport sys\nfrom fortuna_otel.cli import main\nsys.exit(main({arguments!r}))"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` is the installed one."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"fortuna-otel {version('fortuna-otel')}\n"


def test_no_command_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command, the usage; exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["mandates"], ["mandates", "check"]])
def test_help_is_there_at_every_level(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each level lists what is below it."""
    with pytest.raises(SystemExit) as caught:
        cli.main([*arguments, "--help"])
    assert caught.value.code == 0
    assert "usage: fortuna-otel" in capsys.readouterr().out


@pytest.mark.parametrize("module", ["pydantic", "yaml"])
def test_a_missing_extra_is_named(module: str) -> None:
    """Without an extra the command starts, and says how to get it; exit code 2."""
    absent = f"import sys; sys.modules[{module!r}] = None"
    done = run("mandates", "check", "x.yaml", code=absent)
    assert done.returncode == 2
    assert done.stderr == (
        f"fortuna-otel: {module} is not installed; run: pip install 'fortuna-otel[mandates]'\n"
    )
    assert run("mandates", "--help", code=absent).returncode == 0


def test_another_missing_module_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what an extra brings is explained away."""

    def broken(_: object) -> int:
        raise ModuleNotFoundError("No module named 'fortuna_otel.nonsense'", name="fortuna_otel")

    monkeypatch.setattr("fortuna_otel.mandates.cli.schema", broken)
    with pytest.raises(ModuleNotFoundError):
        cli.main(["mandates", "schema"])


def test_an_interrupt_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends a command without a traceback; exit code 130."""

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("fortuna_otel.mandates.cli.schema", interrupted)
    assert cli.main(["mandates", "schema"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_stops_reading_is_no_error() -> None:
    """`fortuna-otel mandates schema | head -1` prints a line and nothing else."""
    command = f"{sys.executable} -m fortuna_otel.cli mandates schema"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | head -1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")
