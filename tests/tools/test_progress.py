"""How a build tells what it is doing, and what went wrong."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tools.catalogue import BuildError
from tools.progress import Progress, clock, explain, run


@pytest.mark.parametrize(("seconds", "written"), [(0.4, "0:00"), (59.9, "0:59"), (124, "2:04")])
def test_times_are_minutes_and_seconds(seconds: float, written: str) -> None:
    """A length of time reads the same everywhere."""
    assert clock(seconds) == written


def test_output_of_go_becomes_counts() -> None:
    """Downloads and compiled packages are counted, anything else is kept for the error."""
    progress = Progress("toy", expected=90)
    for line in (
        "go: downloading example.org/a v1.0.0",
        "example.org/a/internal",
        "example.org/b",
        "main.go:3:1: syntax error",
    ):
        progress.line(line)
    assert str(progress) == "toy: 0:00 of about 1:30, 1 modules fetched, 2 packages compiled"
    assert list(progress.tail) == ["main.go:3:1: syntax error"]


def test_a_terminal_line_is_redrawn_in_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal one line is replaced, and cut to its width."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "20")
    progress = Progress("a tool with a long name", expected=90)
    progress.tick()
    progress.end("built")
    assert capsys.readouterr().out == (
        "\r\x1b[2Ka tool with a long \r\x1b[2Ka tool with a long name: built\n"
    )


def test_a_long_step_shows_that_it_lives(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log gets a line every now and then, not only at the end."""
    monkeypatch.setattr("tools.progress.HEARTBEAT", 0.05)
    run(
        [sys.executable, "-c", "import time; time.sleep(0.5)"],
        Path.cwd(),
        os.environ,
        Progress("toy", expected=1),
    )
    assert capsys.readouterr().out.count("toy: 0:00 of about 0:01") >= 3


def test_a_failed_command_tells_its_last_words() -> None:
    """The end of the compiler's output is in the error."""
    with pytest.raises(BuildError, match="undefined: market"):
        run(
            [sys.executable, "-c", "print('x.go:1:1: undefined: market'); raise SystemExit(2)"],
            Path.cwd(),
            os.environ,
            Progress("toy", expected=1),
        )


@pytest.mark.parametrize(
    ("output", "remedy"),
    [
        ('Get "https://modules": dial tcp: lookup modules: no such host', "check the network"),
        ("write /tmp/x: no space left on device", "The disk is full"),
        ("missing go.sum entry for module providing package x", "--lock TOOL"),
        ("x.go:1:1: undefined: market", "Go's own words"),
    ],
)
def test_known_failures_say_what_to_do(output: str, remedy: str) -> None:
    """The compiler's words stay, and the way out comes after them."""
    assert explain(output).startswith(output)
    assert remedy in explain(output)
