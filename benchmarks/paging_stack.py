"""The pipeline, the engines and the receiver that the paging measure runs on."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from benchmarks.child import ROOT, Child
from benchmarks.paging_desk import write
from examples.desk.stack import Ports, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PATHS: Final = {"/slack": "slack", "/v2/enqueue": "pagerduty", "/webhook": "webhook"}


class Received(NamedTuple):
    """A notification: the kind of its receiver, when it came, whether it opens something."""

    kind: str
    at: float
    firing: bool
    text: str

    @classmethod
    def of(cls, kind: str, body: Any) -> Received:
        """Read what Alertmanager sent."""
        if kind == "pagerduty":
            firing = body["event_action"] == "trigger"
        elif kind == "slack":
            firing = not body["attachments"][0]["title"].startswith("Resolved")
        else:
            firing = body["status"] == "firing"
        return cls(kind, time.time(), firing, json.dumps(body, ensure_ascii=False))


@dataclass
class Receiver:
    """Slack, PagerDuty and a webhook on one port; keeps what comes."""

    port: int
    taken: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        taken = self.taken

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                taken.append(Received.of(PATHS[self.path], json.loads(body)))
                self.send_response(202 if self.path == "/v2/enqueue" else 200)
                self.end_headers()
                # Alertmanager takes anything else for a failure.
                self.wfile.write(b"ok" if self.path == "/slack" else b'{"status":"success"}')

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class Prometheus:
    """Questions to the store."""

    def __init__(self, url: str) -> None:
        self._url = url

    def answer(self, expression: str, path: str = "query", **more: str) -> bytes:
        """Return the answer to a query as it comes."""
        # Posted, since all books of a desk do not fit into an address.
        arguments = urllib.parse.urlencode({"query": expression, **more}).encode()
        url = f"{self._url}/api/v1/{path}"
        with urllib.request.urlopen(url, arguments, timeout=60) as response:  # noqa: S310  # loopback
            return bytes(response.read())

    def rows(self, expression: str, path: str = "query", **more: str) -> list[dict[str, Any]]:
        """Return the result of a query."""
        return list(json.loads(self.answer(expression, path, **more))["data"]["result"])

    def value(self, expression: str) -> float:
        """Return the one sample of a query, 0 where there is none."""
        rows = self.rows(expression)
        return float(rows[0]["value"][1]) if rows else 0.0

    def first(self, expression: str, after: float) -> float | None:
        """Return the time of the first sample in the minute after a moment.

        Where the expression says `> limit`, of the first sample above it.
        """
        selector, _, limit = expression.partition(" > ")
        for row in self.rows(f"{selector}[1m]", time=repr(after + 60.0)):
            for at, value in row["values"]:
                if at >= after - 0.001 and (not limit or float(value) > float(limit)):
                    return float(at)
        return None


@contextlib.contextmanager
def desk(
    run_dir: Path, engines: int, books: int, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[list[Child], Receiver, Prometheus]]:
    """Run pipeline, mandates exporter and engines; yield the engines, the receiver, the store.

    Args:
        run_dir: for their files.
        engines: number of processes.
        books: of each engine.
        settings: of the engines' environment.
    """
    ports = Ports.free()
    stack = Stack(run_dir, ports)
    file = run_dir / "mandates.yaml"
    write(file, engines, books)
    logs = run_dir / "logs"
    logs.mkdir()
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": stack.url("otlp")}
    with contextlib.ExitStack() as running:
        receiver = Receiver(ports.pager)
        running.callback(receiver.close)
        exporter = (sys.executable, "-m", "fortuna_otel.cli", "mandates", "export", str(file))
        commands = [(each.name, each.argv, dict(each.env)) for each in stack.components()]
        for name, argv, more in [*commands, ("mandates", exporter, {})]:
            with (logs / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(  # noqa: S603  # ours
                    argv, cwd=ROOT, env={**environment, **more}, stdout=log, stderr=log
                )
            running.callback(process.wait, 20)
            running.callback(process.terminate)
        told = {**(settings or {}), "OTEL_EXPORTER_OTLP_ENDPOINT": stack.url("otlp")}
        children = [
            running.enter_context(
                Child("benchmarks.paging_desk", str(engine), str(books), str(file), **told)
            )
            for engine in range(engines)
        ]
        yield children, receiver, Prometheus(stack.url("prometheus"))
