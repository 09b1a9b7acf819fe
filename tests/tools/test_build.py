"""Building: whole or not at all, once, and with messages that help."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tools import build as building
from tools import catalogue
from tools.build import build, build_all, lock, main
from tools.catalogue import HERE, BuildError, binary, place, toolchain

if TYPE_CHECKING:
    from tests.tools.conftest import Workshop


class Usage(NamedTuple):
    """What `shutil.disk_usage` answers."""

    total: int
    used: int
    free: int


def test_builds_once_and_then_finds_it(
    workshop: Workshop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run builds nothing, and says where things are."""
    monkeypatch.setitem(catalogue.OWNERS, "toy", workshop.tool)
    build_all([workshop.tool])
    build_all([workshop.tool])
    assert len(workshop.calls) == 1
    assert binary("toy").read_text() == "built\n"
    assert "already built" in capsys.readouterr().out


def test_a_changed_pin_builds_anew_and_keeps_the_old(workshop: Workshop) -> None:
    """Another clone may still be at the old pin."""
    build_all([workshop.tool])
    (workshop.tool.folder / "go.sum").write_text("example.org/toy v1.2.4 h1:def=\n")
    build_all([workshop.tool])
    assert len(workshop.calls) == 2
    assert len(workshop.kept) == 2


def test_a_failed_build_leaves_nothing(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """No half-built folder is ever taken for a whole one."""
    monkeypatch.setenv("FAKE_ERROR", "main.go:1:2: undefined: x")
    with pytest.raises(BuildError, match="undefined: x"):
        build_all([workshop.tool])
    assert workshop.kept == []


def test_what_a_crash_left_behind_is_removed(workshop: Workshop) -> None:
    """A build that was killed costs its disk space only until the next."""
    leftover = place(workshop.tool, toolchain()).parent / "tmp-crashed"
    leftover.mkdir(parents=True)
    (leftover / "part").write_text("half")
    build_all([workshop.tool])
    assert workshop.kept == [place(workshop.tool, toolchain()).name]


def test_two_builds_at_once_compile_once(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second waits for the first and takes what it built."""
    monkeypatch.setenv("FAKE_SLEEP", "0.5")
    go = toolchain()
    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(build, workshop.tool, go, "toy") for _ in range(2)]:
            running.result()
    assert len(workshop.calls) == 1
    said = capsys.readouterr().out
    assert "another build of it is running, waiting" in said
    assert "already built" in said


def test_too_little_disk_is_refused_before_anything_starts(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not after seven minutes, and with the variables that move the caches."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(10, 10, 1 << 20))
    with pytest.raises(BuildError, match=r"(?s)needs about 4\.0 GiB.*0\.0 GiB.*FORTUNA_OTEL_CACHE"):
        build_all([catalogue.Tool("toy", workshop.tool.binaries, seconds=1, gib=4.0)])
    assert workshop.calls == []


def test_a_log_gets_plain_lines_with_times(
    workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where stdout is no terminal there are no control characters, and each step says its time."""
    build_all([workshop.tool])
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\r" not in said
    assert re.search(r"building 1 with go1\.26\.1, about 0:01", said)
    assert re.search(r"\[1/1\] toy v1\.2\.3: built in 0:0\d", said)
    assert re.search(r"toy ready after 0:0\d", said)


def test_flags_reach_the_compiler(workshop: Workshop) -> None:
    """Tags and stamps are part of what is built, paths of this machine are not."""
    build_all([workshop.tool])
    assert "-trimpath" in workshop.calls[0]
    assert "-ldflags=-s -w" in workshop.calls[0]
    assert workshop.calls[0].endswith("example.org/toy/cmd")


def test_a_lock_writes_the_pins_of_what_is_used(workshop: Workshop) -> None:
    """Go resolves the tool's own packages, in its module, and may write go.mod and go.sum."""
    lock(workshop.tool)
    assert workshop.calls == [
        "list -deps -tags= example.org/toy/cmd",
        f"-mod=mod {workshop.tool.folder}",
    ]


def test_errors_end_with_status_one_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """The command line tells people, not developers."""
    assert main(["nonsense"]) == 1
    assert "There is no tool nonsense" in capsys.readouterr().err


def test_a_cache_that_cannot_be_written_is_explained(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file where the cache should be gives its path and the variable that moves it."""
    (workshop.root / "file").write_text("")
    monkeypatch.setenv("FORTUNA_OTEL_CACHE", str(workshop.root / "file"))
    monkeypatch.setattr(building, "TOOLS", (workshop.tool,))
    assert main([]) == 1
    assert "FORTUNA_OTEL_CACHE" in capsys.readouterr().err


def test_mimir_is_built_only_when_asked_for() -> None:
    """The default list is what one host needs; the end-to-end tests ask for it by name."""
    default = {tool.name for tool in building._chosen([], everything=False)}
    assert default >= {"collector", "prometheus", "alertmanager", "pint"}
    assert "mimir" not in default
    assert "mimir" in {tool.name for tool in building._chosen([], everything=True)}
    assert [tool.name for tool in building._chosen(["mimir"], everything=False)] == ["mimir"]


def test_a_binary_and_its_tool_name_the_same_build() -> None:
    """`promtool` and `prometheus` are one module."""
    assert building._chosen(["promtool", "prometheus"], everything=False) == [
        catalogue.named("prometheus")
    ]


def test_runs_as_a_plain_script_without_our_environment() -> None:
    """`python3 tools/build.py` needs the standard library only."""
    answer = subprocess.run(
        [sys.executable, "-I", "-S", str(HERE / "build.py"), "--help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert "--print-bin" in answer.stdout
