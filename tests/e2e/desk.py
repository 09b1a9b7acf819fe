"""The demonstration desk, run as a user runs it, for end-to-end tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examples.desk.stack import Ports
from tests.e2e.pipeline import PromQL, wait

if TYPE_CHECKING:
    from collections.abc import Callable

START_SECONDS = 120.0
STOP_SECONDS = 40.0
READY = "every open panel has data"
ROOT = Path(__file__).resolve().parents[2]


class Desk:
    """`python -m examples.desk.demo` on free ports, in a directory of its own.

    Args:
        run_dir: an empty directory; logs, pids, ports and overrides of the demo.
        arguments: more of the demo's options, such as `--no-restart`.
    """

    def __init__(self, run_dir: Path, *arguments: str) -> None:
        self.run_dir = run_dir
        self.ports = Ports.free()
        self._prometheus = PromQL(f"http://127.0.0.1:{self.ports.prometheus}")
        self._output = run_dir.with_suffix(".out")
        moved = [f"--port={name}={number}" for name, number in asdict(self.ports).items()]
        # No Grafana in tests: it is no part of the data's path, and CI has none.
        hidden = {name: os.environ[name] for name in os.environ if name != "GRAFANA_HOME"}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "examples.desk.demo"),
                    *("--run-dir", str(run_dir), *moved, *arguments),
                ],
                cwd=ROOT,
                env={**hidden, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """Everything the demo printed so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def wait_ready(self) -> Desk:
        """Wait until the demo says that every open panel has data."""

        def ready() -> bool:
            assert self.process.poll() is None, f"the demo ended:\n{self.output}"
            return READY in self.output

        self.wait(ready, START_SECONDS, "the demo to have data")
        return self

    def wait(self, condition: Callable[[], object], seconds: float, what: str) -> Any:
        """Return the condition's first truthy value, or fail with the demo's output."""
        try:
            return wait(condition, seconds, what, pause=0.2)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output}\n{self.logs()}") from None

    def logs(self, lines: int = 15) -> str:
        """Return the end of every process's log."""
        parts = []
        for log in sorted((self.run_dir / "logs").glob("*.log")):
            text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            parts.append(f"--- {log.name}\n" + "\n".join(text))
        return "\n".join(parts)

    def pid(self, name: str) -> int:
        """Return the process id of one of the desk's processes, right after restarts too."""
        return int((self.run_dir / "pids" / f"{name}.pid").read_text())

    @property
    def overrides(self) -> Path:
        """The engines' parameters that may change while they run."""
        return self.run_dir / "overrides.json"

    @property
    def control(self) -> str:
        """Address of the exchange's control endpoint."""
        return f"http://127.0.0.1:{self.ports.exchange}/_control"

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return an instant query's samples as (labels, value)."""
        return self._prometheus.samples(expression)

    def value(self, expression: str) -> float | None:
        """Return the only sample of an instant query, or None where there is none."""
        return self._prometheus.value(expression)

    def pages(self, since: float = 0.0) -> list[dict[str, Any]]:
        """Return what the local pager received since a Unix time."""
        url = f"http://127.0.0.1:{self.ports.pager}/pages?since={since}"
        with urllib.request.urlopen(url, timeout=10) as response:
            answer = json.load(response)
        pages = answer["pages"] if isinstance(answer, dict) else answer
        return list(pages)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop the demo as Ctrl-C does and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=STOP_SECONDS)
