"""`make demo` as a user meets it: starts, says what is where, refuses clearly, stops cleanly."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.e2e.desk import ROOT, Desk

pytestmark = pytest.mark.e2e


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the demo with bad input: it must end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "examples.desk.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_says_how_long_the_first_data_took_and_what_is_where(desk: Desk) -> None:
    """A user learns when data flowed, and every address, without reading the documentation."""
    output = desk.output
    assert re.search(r"first data on the board \d+\.\d s after `make demo`", output)
    for number in (desk.ports.pager, desk.ports.prometheus, desk.ports.alertmanager):
        assert f"http://127.0.0.1:{number}/" in output
    assert f"make top ARGS='--url http://127.0.0.1:{desk.ports.prometheus}'" in output
    assert "make fault NAME=list" in output
    assert "Ctrl-C" in output


def test_an_occupied_port_is_named_with_the_way_out(desk: Desk, tmp_path: Path) -> None:
    """A second demo on the same ports names each port, its owner and the flag that moves it."""
    moved = [f"--port={name}={number}" for name, number in asdict(desk.ports).items()]
    second = demo("--run-dir", str(tmp_path / "second"), *moved)
    assert second.returncode == 1
    assert f"{desk.ports.prometheus} (prometheus)" in second.stdout
    assert "--port prometheus=" in second.stdout


def test_the_run_directory_of_a_running_demo_is_left_alone(desk: Desk) -> None:
    """A second demo in the same place ends before it touches the first one's data."""
    ports = (desk.run_dir / "ports.json").read_text(encoding="utf-8")
    second = demo("--run-dir", str(desk.run_dir))
    assert second.returncode == 1
    assert "already running" in second.stdout
    assert "--run-dir" in second.stdout
    assert (desk.run_dir / "ports.json").read_text(encoding="utf-8") == ports


def test_a_wrong_mandates_file_is_refused_with_line_and_remedy(tmp_path: Path) -> None:
    """Nothing starts on a bad mandates file; the message says where and what to write."""
    good = (ROOT / "examples" / "mandates.yaml").read_text(encoding="utf-8")
    bad = tmp_path / "mandates.yaml"
    broken = re.sub(r"max: [0-9.]+ (bp|%)", "max: 25", good, count=1)
    assert broken != good
    bad.write_text(broken, encoding="utf-8")
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "max: 25" in text)
    run_dir = tmp_path / "run"
    refused = demo("--run-dir", str(run_dir), "--mandates", str(bad))
    assert refused.returncode == 1
    assert f"mandates.yaml:{line}" in refused.stdout
    assert "bp" in refused.stdout
    assert not (run_dir / "supervisord.pid").exists()


def test_an_unknown_port_name_lists_the_known_ones() -> None:
    """A typing error in --port costs one message."""
    refused = demo("--port", "promethius=9999")
    assert refused.returncode == 1
    assert "prometheus" in refused.stdout


def test_ctrl_c_ends_every_process_and_cancels_the_orders(tmp_path: Path) -> None:
    """After Ctrl-C nothing of the desk is left running."""
    desk = Desk(tmp_path / "stopped").wait_ready()
    try:
        pids = {path.stem: int(path.read_text()) for path in (desk.run_dir / "pids").glob("*.pid")}
        assert len(pids) >= 10
    finally:
        code = desk.stop()
    assert code == 0, desk.output
    assert [name for name, pid in pids.items() if alive(pid)] == []
    assert "stopped in" in desk.output
