"""What the demo refuses before it starts anything."""

from __future__ import annotations

import shutil
import signal
import socket
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from examples.desk import demo
from examples.desk.stack import Ports

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Usage(NamedTuple):
    """What `shutil.disk_usage` returns."""

    total: int
    used: int
    free: int


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    """Leave the test runner's handlers as they were: the demo sets its own."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_terminal_is_offered_where_this_demo_is() -> None:
    """On the usual port the command needs no address; on another one it has it."""
    assert demo._top(Ports()) == "make top"
    moved = replace(Ports(), prometheus=19090)
    assert demo._top(moved) == "make top ARGS='--url http://127.0.0.1:19090'"


def test_too_little_disk_is_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says how much there is, how much is wanted, and which option moves it."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**10, 10**10, 10**9))
    assert demo.main(["--run-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "1.0 GB free" in said
    assert "2 GB" in said
    assert "--run-dir" in said
    assert not (tmp_path / "logs").exists()


def test_an_occupied_port_is_named_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Number, name and the option that moves it."""
    ports = Ports.free()
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", ports.pager))
        taken.listen()
        moved = [f"--port={name}={getattr(ports, name)}" for name in Ports.__dataclass_fields__]
        assert demo.main(["--run-dir", str(tmp_path), *moved]) == 1
    said = capsys.readouterr().out
    assert f"{ports.pager} (pager)" in said
    assert f"{ports.prometheus} (prometheus)" not in said
    assert "--port pager=" in said


@pytest.mark.parametrize("choice", ["pager", "pager=", "pager=70000", "pager=x", "radio=1"])
def test_a_wrong_port_choice_says_what_to_write(
    tmp_path: Path, choice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """NAME=NUMBER, and which names there are."""
    assert demo.main(["--run-dir", str(tmp_path), "--port", choice]) == 1
    assert "NAME=NUMBER" in capsys.readouterr().out


def test_a_missing_mandates_file_is_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for a wrong path."""
    assert demo.main(["--run-dir", str(tmp_path), "--mandates", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml" in capsys.readouterr().out


def test_unbuilt_tools_are_a_message_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Started without `make`, the demo says what builds the missing binary."""
    monkeypatch.setenv("FORTUNA_OTEL_CACHE", str(tmp_path / "empty"))
    assert demo.main(["--run-dir", str(tmp_path / "run")]) == 1
    assert "tools/build.py" in capsys.readouterr().out
