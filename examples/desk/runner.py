"""Run the desk's processes under supervisor: start, watch, stop, in the order they depend.

Supervisor rather than a runner of our own: it starts in priority order, restarts what crashes,
rotates logs, and ends every process group on SIGTERM.
"""

from __future__ import annotations

import configparser
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from supervisor.xmlrpc import SupervisorTransport

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from examples.desk.stack import Process

STOP_SECONDS = 8
LOG_BYTES = "5MB"
# A path in a unix socket address holds at most 107 bytes; deep temporary folders exceed it.
SOCKET_PATH_LIMIT = 107


class RunnerError(Exception):
    """A process of the desk did not start, or ended when it should not have."""


@dataclass(frozen=True, slots=True)
class State:
    """What supervisor says of one process."""

    name: str
    state: str
    pid: int
    description: str

    @property
    def broken(self) -> bool:
        """Whether it will not come up by itself."""
        return self.state in {"FATAL", "EXITED"}


class Runner:
    """The desk's processes under one supervisor.

    Args:
        run_dir: where configuration, logs (`logs/NAME.log`) and pids (`pids/NAME.pid`) go.
        waves: what to run. Waves start in their order and stop in the reverse one, each when the
            one after it has gone: engines cancel their orders on an exchange that still answers.
        restart: start a crashed process again, as a desk does; off to watch a crash page.
    """

    def __init__(self, run_dir: Path, waves: Sequence[Sequence[Process]], *, restart: bool) -> None:
        self.run_dir = run_dir
        self.processes = [process for wave in waves for process in wave]
        self._waves = waves
        self._restart = restart
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._socket = run_dir / "supervisor.sock"

    def start(self) -> None:
        """Write the configuration and start supervisor; processes come up behind it.

        Raises:
            RunnerError: if supervisor itself does not start.
        """
        if len(str(self._socket)) > SOCKET_PATH_LIMIT:
            raise RunnerError(
                f"{self._socket} is too long for a unix socket; choose a shorter --run-dir"
            )
        for folder in ("logs", "pids"):
            (self.run_dir / folder).mkdir(parents=True, exist_ok=True)
        for stale in (self.run_dir / "pids").iterdir():
            stale.unlink()
        config = self.run_dir / "supervisord.conf"
        with config.open("w", encoding="utf-8") as file:
            self._configuration().write(file)
        # A session of its own: Ctrl-C reaches us alone, and we stop the desk in order.
        with (self.run_dir / "logs" / "supervisord.err").open("wb") as errors:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(config)],
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        deadline = time.monotonic() + 10
        while not self._socket.exists():
            if self._supervisor.poll() is not None or time.monotonic() > deadline:
                error = (self.run_dir / "logs" / "supervisord.err").read_text(errors="replace")
                raise RunnerError(f"supervisor did not start: {error.strip() or 'no message'}")
            time.sleep(0.05)

    def states(self) -> list[State]:
        """Return the state of each process, in the order of starting.

        Raises:
            RunnerError: if supervisor has gone.
        """
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            # The proxy's types are wider than what supervisor answers.
            with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
                answer: object = proxy.supervisor.getAllProcessInfo()
        except (OSError, xmlrpc.client.Error) as error:
            raise RunnerError(f"supervisor does not answer: {error}") from error
        found = {
            str(info["name"]): State(
                str(info["name"]),
                str(info["statename"]),
                int(info["pid"]),
                str(info["description"]),
            )
            for info in (answer if isinstance(answer, list) else [])
        }
        return [found[process.name] for process in self.processes if process.name in found]

    def runs(self, name: str) -> bool:
        """Return whether a process of that name is among those to run."""
        return any(process.name == name for process in self.processes)

    def running(self) -> bool:
        """Return whether supervisor is alive."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def stop(self) -> None:
        """Stop every process, last started first, and wait for it."""
        if self._supervisor is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._supervisor.send_signal(signal.SIGTERM)
        try:
            self._supervisor.wait(timeout=STOP_SECONDS * len(self._waves) + 5)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._supervisor.pid, signal.SIGKILL)
            self._supervisor.wait(timeout=5)
        self._supervisor = None

    def tail(self, name: str, lines: int = 8) -> str:
        """Return the last lines a process wrote, for the message that says why it ended."""
        log = self.run_dir / "logs" / f"{name}.log"
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _configuration(self) -> configparser.RawConfigParser:
        config = configparser.RawConfigParser()
        config.read_dict(
            {
                "supervisord": {
                    "logfile": str(self.run_dir / "logs" / "supervisord.log"),
                    "logfile_maxbytes": LOG_BYTES,
                    "logfile_backups": "1",
                    "pidfile": str(self.run_dir / "supervisord.pid"),
                    "nodaemon": "true",
                },
                "unix_http_server": {"file": str(self._socket), "chmod": "0600"},
                "supervisorctl": {"serverurl": f"unix://{self._socket}"},
                "rpcinterface:supervisor": {
                    "supervisor.rpcinterface_factory": (
                        "supervisor.rpcinterface:make_main_rpcinterface"
                    )
                },
                # Supervisor stops one group after another, but a group's programs at once.
                **{
                    f"group:wave-{number}": {
                        "programs": ",".join(process.name for process in wave),
                        "priority": str(number),
                    }
                    for number, wave in enumerate(self._waves, 1)
                },
                **{
                    f"program:{process.name}": dict(self._program(process))
                    for process in self.processes
                },
            }
        )
        return config

    def _program(self, process: Process) -> Iterator[tuple[str, str]]:
        pid_file = self.run_dir / "pids" / f"{process.name}.pid"
        # The shell leaves its own pid, which exec hands to the process: restarts keep it right.
        # Renamed into place, so that nobody reads an empty file.
        named, draft = shlex.quote(str(pid_file)), shlex.quote(f"{pid_file}.new")
        script = f"echo $$ > {draft}; mv {draft} {named}; exec {shlex.join(process.argv)}"
        yield "command", _escape(f"/bin/sh -c {shlex.quote(script)}")
        yield "directory", _escape(str(Path.cwd()))
        yield "autorestart", "true" if self._restart else "false"
        yield "startsecs", "0"
        yield "stopwaitsecs", str(STOP_SECONDS)
        # A stopped engine cancels its orders itself: the signal goes to it alone.
        yield "stopsignal", "TERM"
        yield "redirect_stderr", "true"
        yield "stdout_logfile", _escape(str(self.run_dir / "logs" / f"{process.name}.log"))
        yield "stdout_logfile_maxbytes", LOG_BYTES
        yield "stdout_logfile_backups", "1"
        environment = ",".join(
            f'{key}="{_escape(value)}"' for key, value in sorted(process.env.items())
        )
        if environment:
            yield "environment", environment


def start_process(run_dir: Path, name: str) -> None:
    """Start a process of a running desk that has ended, and return at once.

    Raises:
        RunnerError: supervisor has gone, does not know it, or it is running.
    """
    transport = SupervisorTransport(None, None, f"unix://{run_dir / 'supervisor.sock'}")
    try:
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
            answer: object = proxy.supervisor.getAllProcessInfo()
            known = answer if isinstance(answer, list) else []
            group = next((one["group"] for one in known if one["name"] == name), name)
            proxy.supervisor.startProcess(f"{group}:{name}", False)
    except (OSError, xmlrpc.client.Error) as error:
        raise RunnerError(f"{name} cannot be started: {error}") from error


def supervisor_of(run_dir: Path) -> int | None:
    """Return the pid of the supervisor that still runs in a directory, if one does."""
    try:
        pid = int((run_dir / "supervisord.pid").read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if b"supervisord" in command and bytes(run_dir) in command else None


def _escape(text: str) -> str:
    """Return text as supervisor's configuration wants it: `%` begins an expansion."""
    return text.replace("%", "%%")
