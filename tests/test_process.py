"""Real processes against a real receiver: how they end, fork, and tell each other apart."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from fortuna_otel import _process
from fortuna_otel.testing import Point, points_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


Wanted: TypeAlias = "Callable[[list[tuple[str, Point]]], bool]"
"""Whether what a collector was told, by instance, is what a test waits for."""


@dataclass
class Collector:
    """A receiver on this host, and what it was told, by instance."""

    port: int = 0
    points: list[tuple[str, Point]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    hung: threading.Event | None = None

    def wait_for(self, wanted: Wanted, timeout: float = 20.0) -> None:
        """Wait until what was told satisfies `wanted`."""
        with self.news:
            assert self.news.wait_for(lambda: wanted(self.points), timeout), self.points

    def of(self, instance: str, name: str) -> list[Point]:
        """Return the points of a signal from an instance."""
        return [point for who, point in self.points if who == instance and point.name == name]

    @property
    def instances(self) -> set[str]:
        """Who sent anything."""
        return {who for who, _ in self.points}


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Run a receiver."""
    with _collector() as running:
        yield running


@contextmanager
def _collector(port: int = 0) -> Iterator[Collector]:
    state = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = gzip.decompress(self.rfile.read(int(self.headers["content-length"])))
            if state.hung is not None:
                state.hung.wait(30.0)
            request = ExportMetricsServiceRequest.FromString(body)
            [resource] = {
                item.value.string_value
                for resource_metrics in request.resource_metrics
                for item in resource_metrics.resource.attributes
                if item.key == "service.instance.id"
            }
            with state.news:
                state.points += [(resource, point) for point in points_of(request)]
                state.news.notify_all()
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """A client that went away is what is tested."""

    server = Server(("127.0.0.1", port), Handler)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        if state.hung is not None:
            state.hung.set()
        server.shutdown()
        server.server_close()
        thread.join()


PREAMBLE = """
import json, os, sys, threading, time
from fortuna_otel import instrument
telemetry = instrument("mm", namespace="desk")
book = telemetry.book(client="acme", venue="v", symbol="A/B", account="a", tag="t")
"""


def _service(
    collector: Collector, tmp_path: Path, script: str, **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PREAMBLE + script],
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("OTEL_")},
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
            "OTEL_RESOURCE_ATTRIBUTES": "host.name=h",
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
            "XDG_RUNTIME_DIR": str(tmp_path),
            **environment,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _has(name: str, value: float | None, instance: str = "h/mm/0") -> Wanted:
    return lambda points: any(
        who == instance and point.name == name and point.value == value for who, point in points
    )


def test_a_process_that_ends_says_so(collector: Collector, tmp_path: Path) -> None:
    """A script without any shutdown: last counts are sent, gauges end, the state is `stopped`."""
    script = """
book.quotes.update(bids=[(99.0, 1.0)], asks=[(101.0, 1.0)], mid=100.0)
telemetry.flush()
book.orders.submitted("buy")
"""
    with _service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert collector.instances == {"h/mm/0"}
    assert [p.value for p in collector.of("h/mm/0", "fortuna.orders.submitted")] == [0.0, 1.0]
    assert collector.of("h/mm/0", "fortuna.quote.spread")[-1].ended
    states = {
        p.attributes["state"]: p.value for p in collector.of("h/mm/0", "fortuna.service.state")
    }
    assert states == {"running": None, "stopped": 1.0}


def test_an_exception_that_ends_the_service_is_a_graceful_end_too(
    collector: Collector, tmp_path: Path
) -> None:
    """The interpreter still runs its exit handlers."""
    with _service(collector, tmp_path, "raise SystemExit(3)") as process:
        process.communicate(timeout=30)
    assert process.returncode == 3
    state = collector.of("h/mm/0", "fortuna.service.state")[-1]
    assert (state.attributes, state.value) == ({"state": "stopped"}, 1.0)


def test_a_killed_process_says_nothing(collector: Collector, tmp_path: Path) -> None:
    """A kill -9 must look like a crash: no stale markers, no `stopped`."""
    with _service(collector, tmp_path, "book.state('quoting'); sys.stdin.read()") as process:
        collector.wait_for(_has("fortuna.book.state", 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not any(point.ended for _, point in collector.points)


@pytest.mark.parametrize("held", ["telemetry._lock", "book.trades._lock", "obligation._lock"])
def test_a_signal_in_the_middle_of_a_call_still_says_stopped(
    collector: Collector, tmp_path: Path, held: str
) -> None:
    """A handler runs in the thread it interrupts, which holds what it will never release."""
    script = f"""
import signal
from fortuna_otel import Obligation
obligation = telemetry.obligation(
    Obligation(mandate="m", client="acme", venue="v", symbol="A/B")
)
book.trades.restore(position=1.0)
def end(*_):
    telemetry.shutdown()
    os._exit(0)
signal.signal(signal.SIGTERM, end)
{held}.acquire()
os.kill(os.getpid(), signal.SIGTERM)
"""
    with _service(collector, tmp_path, script, OTEL_METRIC_EXPORT_INTERVAL="1000") as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    collector.wait_for(
        lambda points: any(p.attributes.get("state") == "stopped" for _, p in points)
    )


def test_a_hung_collector_does_not_hold_up_the_end(collector: Collector, tmp_path: Path) -> None:
    """The last export has 2 s; what cannot be told then stays untold."""
    collector.hung = threading.Event()
    script = """
before = time.monotonic()
import atexit
from fortuna_otel import _process
atexit.unregister(_process.at_exit)
telemetry.shutdown()
print(json.dumps(time.monotonic() - before))
"""
    with _service(collector, tmp_path, script) as process:
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(output) < 3.0


def test_all_services_of_a_process_end_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody is told before anybody is waited for, and one deadline is for all."""
    now = 100.0
    told: list[str] = []
    waits: list[float] = []

    class Resident:
        def stop(self) -> None:
            told.append("stop")

        def shutdown(self, timeout: float) -> None:
            nonlocal now
            told.append("shutdown")
            waits.append(timeout)
            now += 1.5

    monkeypatch.setattr(_process, "living", [Resident(), Resident(), Resident()])
    monkeypatch.setattr(time, "monotonic", lambda: now)
    _process.at_exit()
    assert told == ["stop"] * 3 + ["shutdown"] * 3
    assert waits == [2.0, 0.5, 0.0]


def test_without_a_collector_the_service_works_and_ends(tmp_path: Path) -> None:
    """One warning that names the endpoint and the remedy, and exit code 0."""
    absent = Collector(port=9)
    with _service(absent, tmp_path, "telemetry.flush(); telemetry.flush()") as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors.count("cannot reach the Collector at http://127.0.0.1:9/v1/metrics") == 1
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in errors


def test_two_processes_of_one_service_are_two_instances(
    collector: Collector, tmp_path: Path
) -> None:
    """And a third takes the slot of one that was killed."""
    script = "book.orders.submitted('buy'); sys.stdin.read()"
    with _service(collector, tmp_path, script) as first:
        collector.wait_for(_has("fortuna.orders.submitted", 1.0, "h/mm/0"))
        with _service(collector, tmp_path, script) as second:
            collector.wait_for(_has("fortuna.orders.submitted", 1.0, "h/mm/1"))
            first.kill()
            first.wait()
            collector.points.clear()
            with _service(collector, tmp_path, script) as third:
                collector.wait_for(_has("fortuna.orders.submitted", 1.0, "h/mm/0"))
                third.communicate()
            second.communicate()
    assert collector.instances == {"h/mm/0", "h/mm/1"}


def test_a_forked_child_is_another_process(collector: Collector, tmp_path: Path) -> None:
    """New slot, own thread, counters from zero, and none of the parent's gauges."""
    script = """
book.orders.submitted("buy")
book.quotes.update(bids=[(99.0, 1.0)], asks=[], mid=100.0)
telemetry.flush()
child = os.fork()
if child == 0:
    mine = telemetry.book(client="acme", venue="v", symbol="A/B", account="a", tag="t")
    assert mine is book
    mine.orders.submitted("buy")
    telemetry.flush()
    sys.exit(0)
os.waitpid(child, 0)
book.orders.submitted("buy")
"""
    with _service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    parent = [p.value for p in collector.of("h/mm/0", "fortuna.orders.submitted")]
    child = [p.value for p in collector.of("h/mm/1", "fortuna.orders.submitted")]
    assert parent[0] == 0.0
    assert parent[-1] == 2.0
    assert child[0] == 0.0
    assert set(child) == {0.0, 1.0}
    assert collector.of("h/mm/1", "fortuna.quote.bid") == []
    assert collector.of("h/mm/1", "fortuna.book.info")
    starts = {
        who: collector.of(who, "fortuna.orders.submitted")[0].start for who in collector.instances
    }
    assert starts["h/mm/1"] > starts["h/mm/0"]
    assert {p.attributes["state"] for p in collector.of("h/mm/1", "fortuna.service.state")} == {
        "running",
        "stopped",
    }


def test_the_child_of_a_fork_goes_on_declaring_what_was_declared(
    collector: Collector, tmp_path: Path
) -> None:
    """Under an id of its own, though one was declared: books, obligations and their schedule."""
    script = """
from fortuna_otel import Obligation
obligation = telemetry.obligation(
    Obligation(mandate="m", client="acme", venue="v", symbol="A/B")
)
obligation.attach(book)
obligation.schedule(False)
child = os.fork()
if child == 0:
    book.quotes.update(bids=[(99.0, 1.0)], asks=[(101.0, 1.0)], mid=100.0)
    telemetry.flush()
    sys.exit(0)
os.waitpid(child, 0)
"""
    declared = {"OTEL_RESOURCE_ATTRIBUTES": "service.instance.id=pod-7"}
    with _service(collector, tmp_path, script, **declared) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert collector.instances == {"pod-7", "pod-7/0"}
    assert collector.of("pod-7/0", "fortuna.book.info")[0].value == 1.0
    assert {p.value for p in collector.of("pod-7/0", "fortuna.obligation.observed.time")} == {0.0}


def test_forking_again_and_again_never_hangs(collector: Collector, tmp_path: Path) -> None:
    """The stock SDK hung 53 of 60 children: locks were copied while they were held."""
    script = """
def work():
    while True:
        book.trades.fill(side="buy", price=1.0, quantity=1.0, liquidity="maker", mid=1.0)
        telemetry.flush()
threading.Thread(target=work, daemon=True).start()
for _ in range(20):
    child = os.fork()
    if child == 0:
        book.orders.submitted("buy")
        telemetry.flush()
        os._exit(0)
    deadline = time.monotonic() + 20.0
    while time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            break
        time.sleep(0.005)
    else:
        os.kill(child, 9)
        os._exit(1)
os._exit(0)
"""
    with _service(collector, tmp_path, script, OTEL_METRIC_EXPORT_INTERVAL="10") as process:
        _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors


def test_the_first_telemetry_becomes_the_processs_meter_provider(
    collector: Collector, tmp_path: Path
) -> None:
    """Libraries that use the OpenTelemetry API are exported without being told."""
    script = """
from opentelemetry import metrics
metrics.get_meter("lib").create_counter("lib.calls").add(7)
other = instrument("other")
"""
    with _service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert collector.of("h/mm/0", "lib.calls")[-1].value == 7.0
    assert collector.of("h/other/0", "lib.calls") == []
