"""Real services in processes of their own, and a receiver that hears them."""

from __future__ import annotations

import gzip
import itertools
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, TypeAlias

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from fortuna_otel.testing import Point, points_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Wanted: TypeAlias = "Callable[[list[tuple[str, Point]]], bool]"
"""Whether what a collector was told, by instance, is what a test waits for."""

_numbers = itertools.count()

PREAMBLE = """
import json, os, sys, threading, time
from fortuna_otel import instrument
telemetry = instrument(namespace="desk")
book = telemetry.book(client="acme", venue="v", symbol="A/B", account="a", tag="t")
"""


@dataclass
class Collector:
    """A receiver on this host, and what it was told, by instance.

    Attributes:
        service: Name of the services that a test starts: no other test's, so that their slots are
            its own, whatever else runs on this host.
    """

    port: int = 0
    points: list[tuple[str, Point]] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    hung: threading.Event | None = None
    service: str = field(default_factory=lambda: f"mm-{os.getpid()}-{next(_numbers)}")

    def wait_for(self, wanted: Wanted, timeout: float = 20.0) -> None:
        """Wait until what was told satisfies `wanted`."""
        with self.news:
            assert self.news.wait_for(lambda: wanted(self.points), timeout), self.points

    def id(self, slot: int) -> str:
        """Return the instance in a slot."""
        return f"h/{self.service}/{slot}"

    def of(self, slot: int, name: str) -> list[Point]:
        """Return the points of a signal from the instance in a slot, in the order of their time."""
        points = [p for who, p in self.points if who == self.id(slot) and p.name == name]
        return sorted(points, key=lambda point: point.time)

    def has(self, name: str, value: float | None, slot: int = 0) -> Wanted:
        """Return whether an instance said this."""
        return lambda points: any(
            who == self.id(slot) and point.name == name and point.value == value
            for who, point in points
        )

    def state(self, slot: int) -> str | None:
        """Return the last state of an instance."""
        told = [p for p in self.of(slot, "fortuna.service.state") if p.value]
        return told[-1].attributes["state"] if told else None

    @property
    def slots(self) -> set[int]:
        """Who sent anything."""
        return {int(who.rsplit("/", 1)[1]) for who, _ in self.points}


@contextmanager
def listening(port: int = 0) -> Iterator[Collector]:
    """Run a receiver."""
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


def service(
    collector: Collector, tmp_path: Path, script: str, **environment: str
) -> subprocess.Popen[str]:
    """Start a service that runs a script; end it as the test says, or by closing its input."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", PREAMBLE + script],
        env=surroundings(collector, tmp_path, **environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def surroundings(collector: Collector, tmp_path: Path, **environment: str) -> dict[str, str]:
    """Return the environment of a service."""
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("OTEL_")},
        "OTEL_SERVICE_NAME": collector.service,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
        "OTEL_RESOURCE_ATTRIBUTES": "host.name=h",
        # The first tick is soon and has everything; a request may take a second, as by default.
        "FORTUNA_OTEL_CRITICAL_EXPORT_INTERVAL": "100",
        "XDG_RUNTIME_DIR": str(tmp_path),
        **environment,
    }
