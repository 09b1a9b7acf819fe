"""The desk's process runner, with real processes under a real supervisor."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from examples.desk.runner import Runner, RunnerError, supervisor_of
from examples.desk.stack import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAYS = "import time; print('up', flush=True); time.sleep(60)"
ENDS = "import sys; print('cannot go on: no market', file=sys.stderr); sys.exit(3)"
LEAVES = """
import signal, sys, time

def leave(*_):
    begun = time.time()
    time.sleep(0.3)
    print("left", begun, time.time(), flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, leave)
print("up", flush=True)
time.sleep(60)
"""


def python(name: str, code: str, **env: str) -> Process:
    """A process that runs a line of Python."""
    return Process(name=name, argv=(sys.executable, "-c", code), env=env, ready=None)


def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for a condition, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


@pytest.fixture
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a short name: a unix socket's path is limited."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture
def running(run_dir: Path) -> Iterator[Callable[..., Runner]]:
    """Start runners that are stopped whatever the test does."""
    started: list[Runner] = []

    def start(*processes: Process, restart: bool = False) -> Runner:
        runner = Runner(run_dir, [processes], restart=restart)
        started.append(runner)
        runner.start()
        return runner

    yield start
    for runner in started:
        runner.stop()


def pid(runner: Runner, name: str) -> int:
    """The pid a process left, once it has."""
    file = runner.run_dir / "pids" / f"{name}.pid"
    until(lambda: file.exists() and file.read_text().strip())
    return int(file.read_text())


def test_pid_files_name_the_processes_themselves(running: Callable[..., Runner]) -> None:
    """The pid left behind is that of the process, not of a shell around it."""
    runner = running(python("stays", STAYS))
    until(lambda: "up" in runner.tail("stays"))
    assert Path(f"/proc/{pid(runner, 'stays')}/cmdline").read_bytes().split(b"\0")[1] == b"-c"
    assert [(state.name, state.broken) for state in runner.states()] == [("stays", False)]


def test_a_process_that_ends_is_broken_and_its_last_words_are_kept(
    running: Callable[..., Runner],
) -> None:
    """What a process wrote before it ended is there for the message to the user."""
    runner = running(python("ends", ENDS))
    until(lambda: runner.states()[0].broken)
    assert "cannot go on: no market" in runner.tail("ends")


def test_a_crashed_process_is_started_again(running: Callable[..., Runner]) -> None:
    """With restart, kill -9 gives a new process under a new pid in the same file."""
    runner = running(python("stays", STAYS), restart=True)
    first = pid(runner, "stays")
    os.kill(first, signal.SIGKILL)
    until(lambda: pid(runner, "stays") != first)


def test_environment_and_percent_signs_arrive_unchanged(running: Callable[..., Runner]) -> None:
    """Supervisor's own expansions do not touch what a process is given."""
    code = "import os, time; print(os.environ['RATE'] + '%s', flush=True); time.sleep(60)"
    runner = running(python("percent", code, RATE="5 % of 10"))
    until(lambda: "5 % of 10%s" in runner.tail("percent"))


def test_stop_ends_every_process_even_a_suspended_one(running: Callable[..., Runner]) -> None:
    """A process that a fault suspended cannot hear SIGTERM; it is gone all the same."""
    runner = running(python("stays", STAYS), python("hangs", STAYS))
    pids = [pid(runner, "stays"), pid(runner, "hangs")]
    os.kill(pids[1], signal.SIGSTOP)
    runner.stop()
    assert not runner.running()
    assert [number for number in pids if Path(f"/proc/{number}").exists()] == []


def test_a_wave_stops_before_the_one_it_needs(run_dir: Path) -> None:
    """An engine still reaches its exchange while it says goodbye; a wave's members stop at once."""
    leaves = run_dir / "leaves.py"
    leaves.write_text(LEAVES, encoding="utf-8")
    names = ("exchange", "engine-a", "engine-b")
    exchange, *engines = (
        Process(name=name, argv=(sys.executable, str(leaves), name), env={}, ready=None)
        for name in names
    )
    runner = Runner(run_dir, [[exchange], engines], restart=False)
    runner.start()
    until(lambda: all("up" in runner.tail(name) for name in names))
    runner.stop()
    left = {name: runner.tail(name).split()[-2:] for name in names}
    begun = {name: float(times[0]) for name, times in left.items()}
    ended = {name: float(times[1]) for name, times in left.items()}
    assert begun["exchange"] >= max(ended["engine-a"], ended["engine-b"])
    assert begun["engine-b"] < ended["engine-a"]
    assert begun["engine-a"] < ended["engine-b"]


def test_a_supervisor_left_behind_is_found(running: Callable[..., Runner], run_dir: Path) -> None:
    """Killing the demo leaves its desk running; the next one can say so."""
    runner = running(python("stays", STAYS))
    until(lambda: supervisor_of(run_dir))
    found = supervisor_of(run_dir)
    assert found == int((run_dir / "supervisord.pid").read_text())
    runner.stop()
    assert supervisor_of(run_dir) is None


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    """The message says which option to change, instead of supervisor's own words."""
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with pytest.raises(RunnerError, match="--run-dir"):
        Runner(deep, [[python("stays", STAYS)]], restart=False).start()
