"""The committed Alertmanager configuration, running, with the local pager at its other end."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk.stack import Ports, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20.0


def words(summary: str, alert: str, query: str = "") -> dict[str, str]:
    """The annotations that every rule has."""
    return {
        "summary": summary,
        "description": f"Why {summary}.",
        "context": "12 orders live & well: 3 < 5.",
        "action": "Do this first.",
        "runbook_url": f"/runbooks/{alert}",
        "dashboard_url": f"/d/fortuna{query}",
    }


def fetch(url: str, body: object = None) -> Any:
    """Send a GET, or a POST of JSON, and return what was answered."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
        text = response.read()
    return json.loads(text) if text[:1] in {b"{", b"["} else text.decode()


class Alerting:
    """Alertmanager with the production configuration, telling everything to the local pager."""

    def __init__(self, run_dir: Path) -> None:
        ports = Ports.free()
        stack = Stack(run_dir, ports)
        self.run_dir = run_dir
        self._url, self._pager = stack.url("alertmanager"), stack.url("pager")
        self.board = stack.url("grafana")
        self.pager = stack.url("pager")
        alertmanager = next(one for one in stack.components() if one.name == "alertmanager")
        pager = (sys.executable, "-m", "examples.desk.pager", "--port", str(ports.pager))
        self._running = [
            self._start("alertmanager", alertmanager.argv),
            self._start("pager", pager),
        ]
        for url in (f"{self._url}/-/ready", f"{self._pager}/pages"):
            self.wait(partial(self._answers, url), f"{url} to answer", START_SECONDS)

    def _start(self, name: str, argv: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with (self.run_dir / f"{name}.log").open("wb") as log:
            return subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)

    @staticmethod
    def _answers(url: str) -> bool:
        with contextlib.suppress(OSError):
            fetch(url)
            return True
        return False

    def stop(self) -> None:
        """End both."""
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(10)

    def log(self) -> str:
        """Return what Alertmanager logged."""
        return (self.run_dir / "alertmanager.log").read_text(encoding="utf-8")

    def alert(
        self,
        labels: dict[str, str],
        annotations: dict[str, str],
        *,
        ends: bool = False,
        lasted: float = 75,
    ) -> None:
        """Send one alert as Prometheus does."""
        now = datetime.now(UTC)
        started = now - timedelta(seconds=lasted)
        until = now if ends else now + timedelta(minutes=4)
        fetch(
            f"{self._url}/api/v2/alerts",
            [
                {
                    "labels": labels,
                    "annotations": annotations,
                    "startsAt": started.isoformat(),
                    "endsAt": until.isoformat(),
                }
            ],
        )

    def suppressed(self, **labels: str) -> bool:
        """Return whether an alert with these labels is there and muted."""
        return any(
            labels.items() <= alert["labels"].items() and alert["status"]["state"] == "suppressed"
            for alert in fetch(f"{self._url}/api/v2/alerts")
        )

    def pages(self, receiver: str, status: str, *texts: str) -> list[dict[str, Any]]:
        """Return what a receiver was told, with all these texts in it."""
        pages = fetch(f"{self._pager}/pages?since=0")["pages"]
        return [
            page
            for page in pages
            if page["receiver"] == receiver
            and page["status"] == status
            and all(text in json.dumps(page, ensure_ascii=False) for text in texts)
        ]

    def page(self, receiver: str, status: str, *texts: str) -> dict[str, Any]:
        """Return the first such page, once it is there."""
        found: list[dict[str, Any]] = self.wait(
            lambda: self.pages(receiver, status, *texts), f"{receiver} {status} {texts}"
        )
        return found[0]

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = 10.0) -> Any:
        """Return the condition's first truthy value."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if value := condition():
                return value
            time.sleep(0.05)
        raise AssertionError(f"waited {seconds:.0f} s for {what}\n{self.log()[-3000:]}")


@pytest.fixture(scope="session")
def alerting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alerting]:
    """One for all tests: each uses a client or a service of its own."""
    alerting = Alerting(tmp_path_factory.mktemp("alerting"))
    try:
        yield alerting
    finally:
        alerting.stop()
