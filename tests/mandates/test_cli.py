"""`fortuna-otel mandates`."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from fortuna_otel import mandates
from fortuna_otel.cli import main
from fortuna_otel.mandates.fields import ALERTS
from fortuna_otel.mandates.thresholds import THRESHOLDS
from fortuna_otel.testing import Point, points_of

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "mandates.yaml"


@pytest.fixture
def file(good: str, tmp_path: Path) -> Path:
    """Return the path of the good file."""
    path = tmp_path / "mandates.yaml"
    path.write_text(good, encoding="utf-8")
    return path


def test_check_tells_what_is_in_a_good_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Totals, then a table by client; exit code 0."""
    assert main(["mandates", "check", str(file)]) == 0
    out, err = capsys.readouterr()
    assert out == (
        f"{file}: good: 1 client, 1 obligation, 1 book, 1 service\n"
        "\n"
        "client  name           obligations  books  markets           services\n"
        "acme    Acme Treasury            1      1  binance BTC/USDT  desk/mm-majors\n"
    )
    assert err == ""


def test_check_can_be_quiet(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For hooks and pipelines: nothing but problems."""
    assert main(["mandates", "check", "--quiet", str(file)]) == 0
    assert capsys.readouterr() == ("", "")


def test_check_tells_every_problem_of_every_file(
    good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All problems of all files on stderr, good files on stdout; exit code 1."""
    bad, fine, none = (tmp_path / name for name in ("bad.yaml", "good.yaml", "none.yaml"))
    bad.write_text(good.replace("0.4 %", "0.004").replace("tag:", "tga:"), encoding="utf-8")
    fine.write_text(good, encoding="utf-8")
    assert main(["mandates", "check", str(bad), str(fine), str(none)]) == 1
    out, err = capsys.readouterr()
    assert out.startswith(f"{fine}: good: ")
    assert err.splitlines() == [
        (
            f"{bad}:13: clients.acme.obligations.acme-btc.spread.max: `0.004` has no unit;"
            " write `0.4 %` or `40 bp` instead"
        ),
        (
            f"{bad}:16: clients.acme.obligations.acme-btc.books[0].tga: is not a known key;"
            " write `tag` instead"
        ),
        f"{bad}: 2 problems",
        f"{none}: cannot be read: No such file or directory",
        f"{none}: 1 problem",
    ]


def test_show_writes_everything_out(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its output is a mandates file that means the same."""
    assert main(["mandates", "show", str(file)]) == 0
    assert mandates.loads(capsys.readouterr().out) == mandates.load(file)


def test_show_tells_what_held_then(
    file: Path, good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--at` a day or an instant, before an amendment and after it."""
    amended = "venue: binance\n        amendments: [{from: 2026-12-01, spread: {max: 30 bp}}]"
    file.write_text(good.replace("venue: binance", amended), encoding="utf-8")
    for at, spread in (
        ("2026-11-30", "40 bp"),
        ("2026-12-01", "30 bp"),
        ("2026-11-30T23:59:59Z", "40 bp"),
        ("2026-12-01T00:00:00+01:00", "40 bp"),
    ):
        assert main(["mandates", "show", "--at", at, str(file)]) == 0
        assert f"max: {spread}\n" in capsys.readouterr().out
    assert main(["mandates", "show", "--at", "yesterday", str(file)]) == 1
    assert capsys.readouterr().err == (
        "--at: `yesterday` is not a date or time; write `2026-12-01` instead\n"
    )


def test_alerts_lists_what_may_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    """One line a figure's alert and severity, with the defaults of both tiers."""
    assert main(["mandates", "alerts"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["alert", "severity", "patience", "tolerance", "set", "by", "bounds"]
    assert len(rows) == sum(each.alert in ALERTS for each in THRESHOLDS)
    cells = [re.split(r"  +", row) for row in rows]
    assert cells[0][:5] == ["SpreadTooWide", "page", "1 min / 3 min", "-", "anybody"]
    assert ["VenueDown", "page", "5 s", "50 %", "defaults"] in [row[:5] for row in cells]


def test_show_tells_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong file has no meaning to show."""
    assert main(["mandates", "show", str(tmp_path / "none.yaml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The schema can be saved beside the file."""
    assert main(["mandates", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == {"defaults", "services", "clients"}


def test_export_refuses_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is exported, every problem is told; exit code 1."""
    path = tmp_path / "mandates.yaml"
    path.write_text("clients: {}\n", encoding="utf-8")
    assert main(["mandates", "export", str(path)]) == 1
    err = capsys.readouterr().err
    assert f"{path}:1: services: is missing" in err
    assert f"{path}: not exported, 1 problem" in err


class Collector(HTTPServer):
    """An OTLP receiver that keeps what arrives."""

    def __init__(self) -> None:
        self.arrived: Queue[tuple[dict[str, str], list[Point]]] = Queue()
        super().__init__(("127.0.0.1", 0), _Receive)

    def await_point(self, name: str) -> tuple[dict[str, str], Point]:
        """Return the first point of a signal that arrives, and its resource."""
        while True:
            resource, points = self.arrived.get(timeout=30)
            for point in points:
                if point.name == name:
                    return resource, point


class _Receive(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        request = ExportMetricsServiceRequest.FromString(body)
        resource = {
            item.key: item.value.string_value
            for item in request.resource_metrics[0].resource.attributes
        }
        self.server.arrived.put((resource, list(points_of(request))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Yield a receiver on a free port."""
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_export_runs_until_stopped(
    file: Path, collector: Collector, tmp_path: Path, stop: signal.Signals
) -> None:
    """It reports as desk/mandates, beats its loop, and says goodbye; exit code 0."""
    environment = os.environ | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "fortuna_otel.cli", "mandates", "export", str(file)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        resource, point = collector.await_point("fortuna.mandate.spread.max")
        assert (resource["service.namespace"], resource["service.name"]) == ("desk", "mandates")
        assert (point.attributes["mandate"], point.value) == ("acme-btc", 0.004)
        _, beat = collector.await_point("fortuna.heartbeat.timestamp")
        assert beat.attributes == {"loop": "export"}
        process.send_signal(stop)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert f"{file} is in force: 1 clients, 1 obligations, 1 books" in err
    states = [
        point.attributes["state"]
        for _, points in list(collector.arrived.queue)
        for point in points
        if point.name == "fortuna.service.state" and point.value == 1.0
    ]
    assert states[-1] == "stopped"
