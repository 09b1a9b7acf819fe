"""`make demo`: a desk trades, the board fills, alerts page; everything on this machine.

Sets nothing up for itself: `make demo` has made the environment and built the tools. Starts
the pipeline, the pager, the exchange and the engines; waits until the board has data; says
what is where; shows each page as it arrives; stops everything on Ctrl-C.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from examples.desk.plan import waves
from examples.desk.probe import Probe, answers
from examples.desk.runner import Runner, RunnerError, supervisor_of
from examples.desk.stack import Ports
from fortuna_otel.mandates import MandatesError, load
from tools.build import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
BOARD = ROOT / "grafana-provisioning" / "dashboards" / "fortuna.json"
FREE_BYTES = 2_000_000_000
READY_SECONDS = 60.0
DATA_SECONDS = 120.0
SINCE = " after `make demo`"
GRAFANA_HINT = (
    "Grafana is not on this machine: install it (grafana.com/grafana/download) so that "
    "`grafana` is on PATH, or set GRAFANA_HOME"
)


class DemoError(Exception):
    """The demo cannot run here; the message says why and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run the demo until Ctrl-C, or for `--seconds`; return the exit code."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    started = float(os.environ.get("FORTUNA_DEMO_STARTED", time.time()))
    run_dir: Path = options.run_dir.resolve()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        ports = _ports(options.port)
        mandates = load(options.mandates)
        _check_disk(run_dir)
        with _alone(run_dir):
            desk = waves(
                run_dir,
                ports,
                mandates,
                options.mandates.resolve(),
                seed=options.seed,
                colour=console.is_terminal,
            )
            runner = Runner(run_dir, desk, restart=options.restart)
            _check_ports(ports, grafana=runner.runs("grafana"))
            probe = Probe(f"http://127.0.0.1:{ports.prometheus}", BOARD, mandates)
            Demo(console, runner, probe, ports, started).run(options.seconds)
    except (DemoError, RunnerError, MandatesError, BuildError) as error:
        console.print(f"[bold red]✗[/] {error}", soft_wrap=True)
        return 1
    return 0


@dataclass(frozen=True, slots=True)
class Demo:
    """One run of the demo; `started` is the Unix time of the user's command."""

    console: Console
    runner: Runner
    probe: Probe
    ports: Ports
    started: float

    def run(self, seconds: float | None) -> None:
        """Start everything, show it, and stop it on Ctrl-C or after that many seconds."""
        try:
            self.runner.start()
            self._wait_ready()
            self._wait_data()
            self._where()
            self._follow(seconds)
        except KeyboardInterrupt:
            self.console.print()
        finally:
            # A second Ctrl-C must not leave half a desk behind.
            previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
            with self.console.status("stopping: engines cancel their orders, then the pipeline …"):
                stopping = time.monotonic()
                self.runner.stop()
            signal.signal(signal.SIGINT, previous)
            self.console.print(f"stopped in {time.monotonic() - stopping:.1f} s")

    def _wait_ready(self) -> None:
        waiting = {
            process.name: process.ready for process in self.runner.processes if process.ready
        }
        begun = time.monotonic()
        with self.console.status("") as status:
            while waiting:
                status.update(f"starting: waiting for {', '.join(waiting)} …")
                for name, url in list(waiting.items()):
                    if answers(url):
                        self._done(name, time.monotonic() - begun, "")
                        del waiting[name]
                self._refuse_broken()
                if time.monotonic() - begun > READY_SECONDS:
                    name = next(iter(waiting))
                    raise DemoError(
                        f"{name} was not ready in {READY_SECONDS:.0f} s:\n{self.runner.tail(name)}"
                    )
                time.sleep(0.1)

    def _wait_data(self) -> None:
        begun = time.monotonic()
        have = 0
        with self.console.status("") as status:
            while have < self.probe.total:
                before, have = have, self.probe.answered()
                status.update(
                    f"waiting for data: {have} of the board's {self.probe.total} open panels …"
                )
                if have and not before:
                    self._done("first data on the board", time.time() - self.started, SINCE)
                self._refuse_broken()
                if time.monotonic() - begun > DATA_SECONDS:
                    missing = "\n  ".join(self.probe.missing())
                    raise DemoError(
                        f"no data after {DATA_SECONDS:.0f} s on the panels\n  {missing}"
                    )
                time.sleep(0.25)
        self._done("every open panel has data", time.time() - self.started, SINCE)

    def _done(self, what: str, seconds: float, since: str) -> None:
        self.console.print(f"[green]✓[/] {what} [dim]{seconds:.1f} s{since}[/]", soft_wrap=True)

    def _refuse_broken(self) -> None:
        for state in self.runner.states():
            if state.broken:
                raise DemoError(
                    f"{state.name} ended ({state.description}); its last words "
                    f"({self.runner.run_dir}/logs/{state.name}.log):\n{self.runner.tail(state.name)}"
                )

    def _where(self) -> None:
        ports = self.ports
        grafana = self.runner.runs("grafana")
        query = "api/v1/query?query=fortuna_quote_spread_ratio"
        self.console.print()
        for what, where in (
            ("board", f"http://127.0.0.1:{ports.grafana}/d/fortuna" if grafana else GRAFANA_HINT),
            ("terminal", f"{_top(ports)}   the board's first screen, in a second terminal"),
            ("pages", f"http://127.0.0.1:{ports.pager}/   what Slack and on-call receive"),
            ("Prometheus", f"http://127.0.0.1:{ports.prometheus}/{query}"),
            ("Alertmanager", f"http://127.0.0.1:{ports.alertmanager}/"),
            ("your service", f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{ports.otlp}"),
            ("logs", f"{self.runner.run_dir}/logs/"),
            ("break it", "make fault NAME=list   in a second terminal"),
            ("stop", "Ctrl-C"),
        ):
            self.console.print(f"  [bold]{what:<14}[/]{where}", soft_wrap=True)
        self.console.print()

    def _follow(self, seconds: float | None) -> None:
        """Show each page as the pager prints it, until told to stop."""
        deadline = None if seconds is None else time.monotonic() + seconds
        pages = _lines(self.runner.run_dir / "logs" / "pager.log")
        while deadline is None or time.monotonic() < deadline:
            for line in pages:
                if line is None:
                    break
                self.console.out(line, highlight=False)
            if not self.runner.running():
                raise DemoError(f"supervisor ended; see {self.runner.run_dir}/logs/supervisord.log")
            time.sleep(0.2)


def _top(ports: Ports) -> str:
    """Return the command that shows this demo in a terminal; the usual port is its default."""
    if ports.prometheus == Ports().prometheus:
        return "make top"
    return f"make top ARGS='--url http://127.0.0.1:{ports.prometheus}'"


def _lines(path: Path) -> Iterator[str | None]:
    """Yield each line added to a file from now on, and None whenever there is none yet."""
    with path.open(encoding="utf-8", errors="replace") as file:
        file.seek(0, os.SEEK_END)
        rest = ""
        while True:
            rest += file.readline()
            if rest.endswith("\n"):
                yield rest.rstrip("\n")
                rest = ""
            else:
                yield None


def _check_disk(run_dir: Path) -> None:
    run_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(run_dir).free
    if free < FREE_BYTES:
        raise DemoError(
            f"{run_dir} has {free / 1e9:.1f} GB free and the demo wants {FREE_BYTES / 1e9:.0f} GB "
            "for its queue and database: make room, or choose another place with --run-dir"
        )


@contextlib.contextmanager
def _alone(run_dir: Path) -> Iterator[None]:
    """Hold the run directory: a second demo would remove the first one's data under it."""
    with (run_dir / "demo.lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(
                f"a demo is already running in {run_dir}: stop it with Ctrl-C, or run this one "
                "beside it with another --run-dir and other --port numbers"
            ) from None
        if orphan := supervisor_of(run_dir):
            raise DemoError(
                f"an earlier demo was killed and its desk is still running in {run_dir}: "
                f"end it with `kill {orphan}`, then start the demo again"
            )
        yield


def _check_ports(ports: Ports, *, grafana: bool) -> None:
    taken = [
        (field.name, getattr(ports, field.name))
        for field in fields(ports)
        if (grafana or field.name != "grafana") and _occupied(getattr(ports, field.name))
    ]
    if taken:
        listed = "\n".join(
            f"  {number} ({name}): stop what uses it, or choose another: "
            f"make demo ARGS='--port {name}={number + 10000}'"
            for name, number in taken
        )
        raise DemoError(f"ports are occupied (is a demo running already?):\n{listed}")


def _occupied(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _ports(chosen: list[str]) -> Ports:
    names = [field.name for field in fields(Ports)]
    ports = Ports()
    for choice in chosen:
        name, _, number = choice.partition("=")
        if name not in names or not number.isdecimal() or not 0 < int(number) < 65536:
            raise DemoError(
                f"--port {choice}: write NAME=NUMBER with NAME one of {', '.join(names)}"
            )
        ports = replace(ports, **{name: int(number)})
    return ports


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make demo ARGS='…'", description="A market-making desk and its observability."
    )
    parser.add_argument(
        "--mandates", type=Path, default=ROOT / "examples" / "mandates.yaml", help="whose mandates"
    )
    parser.add_argument(
        "--run-dir", type=Path, default=ROOT / "var" / "demo", help="state and logs (var/demo)"
    )
    parser.add_argument(
        "--port", action="append", default=[], metavar="NAME=NUMBER", help="move one port"
    )
    parser.add_argument("--seed", type=int, default=7, help="of the market's randomness")
    parser.add_argument("--seconds", type=float, help="stop by itself after that long")
    parser.add_argument(
        "--no-restart",
        dest="restart",
        action="store_false",
        help="leave a crashed process down, so that its silence pages",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
