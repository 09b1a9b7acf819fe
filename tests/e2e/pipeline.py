"""The pipeline of one host, run for real, with eyes on both ends: what tests send and receive."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, TypeVar

from examples.desk.stack import Ports, Stack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

START_SECONDS = 30.0
STOP_SECONDS = 15.0
T = TypeVar("T")


def wait(condition: Callable[[], T], seconds: float, what: str, *, pause: float = 0.05) -> T:
    """Return the condition's first truthy value, or fail after that long."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}; at last it was {value!r}")
        time.sleep(pause)


class Pipeline:
    """Collector, Prometheus and Alertmanager on free ports, each of which can be taken away.

    Args:
        run_dir: An empty directory for configuration, data and logs.

    Raises:
        BuildError: A binary is not built yet; the message says how.
    """

    def __init__(self, run_dir: Path) -> None:
        self.ports = Ports.free()
        self.stack = Stack(run_dir, self.ports)
        self.prometheus = PromQL(self.stack.url("prometheus"))
        self._components = {process.name: process for process in self.stack.components()}
        self.receiver = Receiver(self.ports.pager)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._logs = run_dir / "logs"
        self._logs.mkdir()

    def __enter__(self) -> Self:
        self.receiver.start()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.receiver.stop()

    def start(self, *names: str) -> None:
        """Start these components, or all, and wait until each answers."""
        chosen = names or tuple(self._components)
        for name in chosen:
            process = self._components[name]
            with (self._logs / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    process.argv,
                    env={**os.environ, **process.env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        for name in chosen:
            self._wait_ready(name)

    def kill(self, name: str) -> None:
        """End a component as a crash does."""
        process = self._running.pop(name)
        process.kill()
        process.wait(STOP_SECONDS)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a component that stays ours."""
        self._running[name].send_signal(number)

    def stop(self) -> None:
        """End what is running, each by its own process handle."""
        for process in self._running.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        self._running.clear()

    def restore(self) -> None:
        """Bring back whatever a test took away."""
        for name, process in list(self._running.items()):
            process.send_signal(signal.SIGCONT)
            if process.poll() is not None:
                del self._running[name]
        gone = [name for name in self._components if name not in self._running]
        if gone:
            self.start(*gone)

    def logs(self, lines: int = 25) -> str:
        """Return the end of each component's log."""
        parts = []
        for log in sorted(self._logs.glob("*.log")):
            text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            parts.append(f"--- {log}\n" + "\n".join(text))
        return "\n".join(parts)

    def push(self, *metrics: Mapping[str, Any], **resource: str) -> int:
        """Send metrics by plain OTLP/HTTP in JSON, as any OpenTelemetry SDK may; return the status.

        Args:
            metrics: What `gauge` and `counter` return.
            resource: Resource attributes, with `__` for a dot.
        """
        attributes = {key.replace("__", "."): value for key, value in resource.items()}
        body = {
            "resourceMetrics": [
                {
                    "resource": {"attributes": _attributes(attributes)},
                    "scopeMetrics": [{"scope": {"name": "test"}, "metrics": list(metrics)}],
                }
            ]
        }
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.stack.url('otlp')}/v1/metrics",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code

    def _wait_ready(self, name: str) -> None:
        url = self._components[name].ready

        def ready() -> bool:
            code = self._running[name].poll()
            assert code is None, f"{name} ended with {code}:\n{self.logs()}"
            with contextlib.suppress(OSError):
                return url is None or _get(url) is not None
            return False

        wait(ready, START_SECONDS, f"{name} to answer at {url}")


def gauge(name: str, unit: str, *points: Mapping[str, Any]) -> dict[str, Any]:
    """Write a gauge as OTLP/JSON has it."""
    return {"name": name, "unit": unit, "gauge": {"dataPoints": list(points)}}


def counter(name: str, unit: str, *points: Mapping[str, Any]) -> dict[str, Any]:
    """Write a cumulative monotonic sum as OTLP/JSON has it."""
    total = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": list(points)}
    return {"name": name, "unit": unit, "sum": total}


def point(value: float | None, at: float, **attributes: str) -> dict[str, Any]:
    """Write one data point; None is the marker that ends a series.

    Args:
        value: What was measured.
        at: Unix time, in seconds.
        attributes: Of the point.
    """
    nanoseconds = str(round(at * 1000) * 1_000_000)  # a float holds milliseconds, no more
    data = {
        "attributes": _attributes(attributes),
        "timeUnixNano": nanoseconds,
        "startTimeUnixNano": nanoseconds,
    }
    return {**data, "flags": 1} if value is None else {**data, "asDouble": value}


def _attributes(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]


def _get(url: str, headers: Mapping[str, str] | None = None) -> Any:
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
        body = response.read()
    return json.loads(body) if body.startswith((b"{", b"[")) else body.decode()


class PromQL:
    """Questions to one Prometheus, or to a store that answers as it does.

    Args:
        url: Its address, up to where `/api/v1` begins.
        headers: Sent with each question.
    """

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        self.url = url
        self._headers = headers

    def get(self, path: str, **arguments: str) -> Any:
        """Return the data that a path of the API answers with."""
        query = f"?{urllib.parse.urlencode(arguments)}" if arguments else ""
        return _get(f"{self.url}/api/v1/{path}{query}", self._headers)["data"]

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """Return the result of an instant query, as the API words it."""
        arguments = {"query": expression} | ({} if at is None else {"time": f"{at:.3f}"})
        return list(self.get("query", **arguments)["result"])

    def samples(
        self, expression: str, at: float | None = None
    ) -> list[tuple[dict[str, str], float]]:
        """Return an instant vector as (labels, value)."""
        return [(row["metric"], float(row["value"][1])) for row in self.query(expression, at)]

    def value(self, expression: str, at: float | None = None) -> float | None:
        """Return the only sample of an instant vector, or None where there is none."""
        rows = self.samples(expression, at)
        assert len(rows) <= 1, f"{expression} has {len(rows)} series"
        return rows[0][1] if rows else None

    def raw(self, selector: str, window: str = "10m") -> list[tuple[float, float]]:
        """Return every stored (time, value) of one series within the window."""
        rows = self.query(f"{selector}[{window}]")
        assert len(rows) <= 1, f"{selector} has {len(rows)} series"
        return [(float(at), float(value)) for at, value in rows[0]["values"]] if rows else []

    def wait(self, expression: str, seconds: float = 15.0) -> list[tuple[dict[str, str], float]]:
        """Return an instant vector as soon as it is not empty, or fail after that long."""
        return wait(lambda: self.samples(expression), seconds, f"{expression} to return data")


@dataclass(frozen=True, slots=True)
class Notification:
    """One POST that the receiver took."""

    kind: str  # slack, pagerduty or webhook
    at: float  # Unix time
    body: dict[str, Any]

    def __contains__(self, text: str) -> bool:
        """Tell whether the text is anywhere in what was sent."""
        return text in json.dumps(self.body, ensure_ascii=False)


PATHS = {"/slack": "slack", "/v2/enqueue": "pagerduty", "/webhook": "webhook"}


class Receiver:
    """Takes what Alertmanager sends to Slack, PagerDuty (Events v2) and a webhook.

    Args:
        port: Where to listen, on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self.taken: list[Notification] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kind = PATHS.get(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if kind is None:
                    self.send_error(404)
                    return
                receiver.taken.append(Notification(kind, time.time(), json.loads(body)))
                # What the real ones answer; Alertmanager takes anything else as a failure.
                self.send_response(202 if kind == "pagerduty" else 200)
                self.end_headers()
                self.wfile.write(b'{"status":"success"}' if kind == "pagerduty" else b"ok")

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Stay quiet: a failure shows what was taken."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def matching(self, kind: str, *texts: str) -> list[Notification]:
        """Return what came for one kind of receiver with all these texts in it."""
        return [
            taken
            for taken in self.taken
            if taken.kind == kind and all(text in taken for text in texts)
        ]

    def wait(self, kind: str, *texts: str, seconds: float = 20.0) -> Notification:
        """Return the first such notification, or fail with what came instead."""
        found = wait(lambda: self.matching(kind, *texts), seconds, f"{kind} with {texts}")
        return found[0]


class Sender:
    """A service that counts, and keeps what was not acknowledged, as an SDK with a buffer does.

    Args:
        pipeline: Where to.
        instance: Its service.instance.id.
    """

    INTERVAL = 0.2

    def __init__(self, pipeline: Pipeline, instance: str) -> None:
        self.selector = f'fortuna_test_sequence_total{{instance="{instance}"}}'
        self.acknowledged: list[tuple[float, float]] = []
        self.refused = 0
        self._pipeline = pipeline
        self._instance = instance
        self._waiting: deque[tuple[float, float]] = deque()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(STOP_SECONDS)

    def wait(self, more: int) -> None:
        """Wait until that many more steps are acknowledged."""
        goal = len(self.acknowledged) + more
        wait(lambda: len(self.acknowledged) >= goal, 30, f"{goal} acknowledged steps")

    def wait_stored(self, prometheus: PromQL, seconds: float) -> None:
        """Wait until exactly what was acknowledged is stored, each sample once."""

        def same() -> bool:
            return prometheus.raw(self.selector) == self.acknowledged

        with contextlib.suppress(AssertionError):
            wait(same, seconds, "the samples")
        stored = set(prometheus.raw(self.selector))
        lost = sorted(set(self.acknowledged) - stored)
        assert not lost, (
            f"{len(lost)} of {len(self.acknowledged)} acknowledged samples lost: {lost}"
        )
        extra = sorted(stored - set(self.acknowledged))
        assert not extra, f"stored, though never acknowledged: {extra}"

    def _run(self) -> None:
        count = 0
        while not self._ending.wait(self.INTERVAL):
            count += 1
            self._waiting.append((round(time.time(), 3), float(count)))
            while self._waiting and self._push(*self._waiting[0]):
                self.acknowledged.append(self._waiting.popleft())

    def _push(self, at: float, count: float) -> bool:
        metrics = (
            counter("fortuna.test.sequence", "{event}", point(count, at)),
            # One that is critical, so that both pipelines have work.
            gauge("fortuna.heartbeat.timestamp", "s", point(at, at, loop="test")),
        )
        with contextlib.suppress(OSError):
            status = self._pipeline.push(
                *metrics, service__name="test", service__instance__id=self._instance
            )
            self.refused += status != 200
            return status == 200
        return False
