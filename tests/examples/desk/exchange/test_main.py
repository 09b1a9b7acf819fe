"""The exchange as a process: it says where it is, what is wrong, and ends when told to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from examples.desk.exchange.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "examples.desk.exchange")


def test_it_serves_until_told_to_stop() -> None:
    """A free port is chosen for port 0, health answers, and SIGTERM ends it with 0."""
    with subprocess.Popen((*COMMAND, "--port", "0"), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().rsplit(maxsplit=1)[-1]
            with urllib.request.urlopen(f"{address}/_health", timeout=10) as answer:  # noqa: S310
                assert answer.status == 200
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_an_occupied_port_names_the_flag(capsys: pytest.CaptureFixture[str]) -> None:
    """The error says which port, and by which flag to choose another."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_a_wrong_mandates_file_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with the mandates is told as their own check tells it."""
    path = tmp_path / "mandates.yaml"
    path.write_text("clients: 3\n")
    assert main(["--mandates", str(path)]) == 2
    assert "mandates.yaml:1" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "70000", "http"])
def test_a_wrong_port_is_a_usage_error(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that is none is refused with what would be one."""
    with pytest.raises(SystemExit):
        main([f"--port={port}"])
    assert "0 (any free one) to 65535" in capsys.readouterr().err
