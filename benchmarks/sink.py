"""A Collector that only answers: a process that keeps what it is sent until asked.

The exporter under test talks real HTTP to it, yet whatever is done with the bodies is done after
the measurement and in another process.
"""

from __future__ import annotations

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from benchmarks.child import Child


class Sink(Child):
    """The process; `url` is its base URL."""

    def __init__(self) -> None:
        super().__init__("benchmarks.sink")

    def __enter__(self) -> Self:
        super().__enter__()
        self.url = f"http://127.0.0.1:{int(self.listen())}"
        return self

    def take(self) -> dict[str, int]:
        """Return what came since last time.

        That is the number of `requests`, of which so many were `compressed`, of `bytes` on the
        wire (bodies; headers are some 200 bytes a request) and of data `points`.
        """
        taken: dict[str, int] = json.loads(self.ask("take"))
        return taken


class Handler(BaseHTTPRequestHandler):
    """Keep every body, and whether it is compressed."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    bodies: list[tuple[bool, bytes]]

    def do_POST(self) -> None:
        """Answer 200 with an empty ExportMetricsServiceResponse."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.bodies.append((self.headers.get("content-encoding") == "gzip", body))
        self.send_response_only(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def points(body: bytes) -> int:
    """Return the number of data points in a request."""
    return sum(
        len(getattr(metric, metric.WhichOneof("data") or "gauge").data_points)
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    )


def main() -> None:
    """Serve on a free port until standard input ends."""
    bodies: list[tuple[bool, bytes]] = []
    handler = type("BoundHandler", (Handler,), {"bodies": bodies})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        for _ in sys.stdin:
            taken = bodies[:]
            del bodies[: len(taken)]
            plain = [gzip.decompress(body) if packed else body for packed, body in taken]
            answer = {
                "requests": len(taken),
                "compressed": sum(packed for packed, _ in taken),
                "bytes": sum(len(body) for _, body in taken),
                "points": sum(map(points, plain)),
            }
            print(json.dumps(answer), flush=True)
        server.shutdown()


if __name__ == "__main__":
    main()
