"""The running demo as faults see it: what they ask of it, and what they may change."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TIMEOUT_SECONDS: Final = 5.0
# What nobody mends mends itself.
LONGEST_SECONDS: Final = 300.0


class FaultError(Exception):
    """The fault cannot be put in, or its page did not come; the message says why."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The page that must come.

    Attributes:
        alert: its name.
        about: what its text must mention.
        done: what was broken, for people.
    """

    alert: str
    about: str
    done: str


class Desk:
    """The running demo, as its run directory describes it.

    Args:
        run_dir: what `make demo` was started with.

    Raises:
        FaultError: no demo is running there.
    """

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        try:
            self.ports: dict[str, int] = json.loads((run_dir / "ports.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise FaultError(_not_running(run_dir)) from error
        try:
            self.pages(time.time())
        except (OSError, ValueError) as error:
            raise FaultError(_not_running(run_dir)) from error

    def pages(self, since: float) -> list[dict[str, Any]]:
        """Return what the pager received after a Unix time."""
        answer = self._ask("pager", f"/pages?since={since!r}")
        return list(answer["pages"])

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return an instant query's samples, as (labels, value), the greatest first."""
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": f"sort_desc({expression})"})
        answer = self._ask("prometheus", path)
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def greatest(self, expression: str, what: str) -> tuple[dict[str, str], float]:
        """Return a query's greatest sample.

        Raises:
            FaultError: there is none; `what` says what is missing.
        """
        rows = self.query(expression)
        if not rows:
            raise FaultError(f"{what} (nothing answers {expression})")
        return rows[0]

    def control(self, **command: object) -> Any:
        """Send the exchange's control endpoint a command."""
        return self._ask("exchange", "/_control", command)

    @contextlib.contextmanager
    def exchange(self, fault: str, **fields: object) -> Iterator[None]:
        """Break the exchange, for `seconds` at most; mend what was broken and nothing else."""
        made = self.control(**{"fault": fault, "seconds": LONGEST_SECONDS, **fields})
        try:
            yield
        finally:
            self.control(fault="clear", id=made["id"])

    def pid(self, name: str) -> int:
        """Return the process id of one of the desk's processes."""
        try:
            return int((self.run_dir / "pids" / f"{name}.pid").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise FaultError(
                f"{name} is not running: {self.run_dir}/pids has no id of it"
            ) from error

    @property
    def overrides(self) -> Path:
        """The engines' parameters that may change while they run."""
        return self.run_dir / "overrides.json"

    def _ask(self, part: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.ports[part]}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise FaultError(f"{part} refused: {error.read().decode()}") from error


def _not_running(run_dir: Path) -> str:
    return f"no demo is running in {run_dir}: start it with `make demo` in another terminal"


def replace(path: Path, content: object) -> None:
    """Write a file that its readers never see half written."""
    half = path.with_suffix(".new")
    half.write_text(json.dumps(content) + "\n", encoding="utf-8")
    half.replace(path)
