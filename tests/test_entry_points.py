"""The stock SDK's own ways in: `opentelemetry-instrument`, and a provider that somebody configured.

Real processes, the real command, and a receiver on this host.
"""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
import textwrap
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.sdk.metrics.export import MetricReader

from fortuna_otel.auto import FortunaInstrumentor, ProviderReader
from fortuna_otel.testing import points_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.testing import Point

COMMAND = Path(sys.executable).with_name("opentelemetry-instrument")

SERVICE = """
    import sys, requests
    from opentelemetry import metrics
    from fortuna_otel import instrument

    metrics.get_meter("lib").create_counter("their.calls").add(3)
    telemetry = instrument("mm-engine", namespace="desk")
    requests.get(sys.argv[1])
    telemetry.heartbeat("quote").beat()
    telemetry.flush()
    print(telemetry.job, telemetry.instance)
"""


@dataclass
class Receiver:
    """What arrived: points by who sent them, and the connections they came over."""

    url: str = ""
    sent: list[tuple[str, str, Point]] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)

    @property
    def processes(self) -> set[tuple[str, str]]:
        """Who sent anything, as (job, instance)."""
        return {(job, instance) for job, instance, _ in self.sent}

    @property
    def stopped(self) -> bool:
        """Whether the process said goodbye."""
        state = {"state": "stopped"}
        return any(
            (point.attributes, point.value) == (state, 1.0)
            for point in self.of("fortuna.service.state")
        )

    def of(self, name: str) -> list[Point]:
        """Return the points of a metric in the order they came."""
        return [point for _, _, point in self.sent if point.name == name]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Take OTLP, and answer whatever else is asked."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["content-encoding"] == "gzip":
                body = gzip.decompress(body)
            request = ExportMetricsServiceRequest.FromString(body)
            resource = {
                item.key: item.value.string_value
                for resource_metrics in request.resource_metrics
                for item in resource_metrics.resource.attributes
            }
            namespace = resource.get("service.namespace")
            job = (
                f"{namespace}/{resource['service.name']}" if namespace else resource["service.name"]
            )
            state.connections.add(self.client_address[1])
            state.sent += [(job, resource["service.instance.id"], p) for p in points_of(request)]
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


def assert_instances(receiver: Receiver, job: str, stem: str, number: int) -> None:
    """Each process has its own slot; which ones are free depends on what else runs here."""
    assert {sent for sent, _ in receiver.processes} == {job}
    assert len(receiver.processes) == number
    assert all(re.fullmatch(rf"{stem}/\d+", instance) for _, instance in receiver.processes)


def run(
    receiver: Receiver, tmp_path: Path, script: str, *command: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a script to its end, and return what it said; variables are added to a bare host's."""
    (tmp_path / "service.py").write_text(textwrap.dedent(script))
    return subprocess.run(
        [*(command or (sys.executable,)), "service.py", receiver.url],
        cwd=tmp_path,
        env={
            **{key: value for key, value in os.environ.items() if not key.startswith("OTEL_")},
            "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_LOGS_EXPORTER": "none",
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
            "XDG_RUNTIME_DIR": str(tmp_path),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def assert_each_point_once(receiver: Receiver) -> None:
    """Nothing may be sent twice: two pipelines in one process would send all of it twice."""
    seen = [
        (point.name, tuple(sorted(point.attributes.items())), point.time)
        for _, _, point in receiver.sent
    ]
    assert len(seen) == len(set(seen))


def test_the_entry_points_lead_where_they_say() -> None:
    """What the stock loader finds under our name is a reader without arguments, and a loader."""
    found = {
        group: {point.name: point for point in entry_points(group=group)}["fortuna"].load()
        for group in ("opentelemetry_metrics_exporter", "opentelemetry_instrumentor", "pytest11")
    }
    assert found["opentelemetry_metrics_exporter"] is ProviderReader
    assert issubclass(ProviderReader, MetricReader)
    assert found["opentelemetry_instrumentor"] is FortunaInstrumentor
    assert found["pytest11"].__name__ == "_fortuna_otel_pytest"


def test_metrics_of_others_and_ours_leave_together(receiver: Receiver, tmp_path: Path) -> None:
    """Under `opentelemetry-instrument`, beside another instrumentation: one process to the store.

    Its counter, the metrics of an instrumented library and our cells arrive once, over one
    connection, under one instance id; `instrument()` joins what the environment started.
    """
    done = run(
        receiver,
        tmp_path,
        SERVICE,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="fortuna",
        OTEL_SERVICE_NAME="mm-engine",
        OTEL_RESOURCE_ATTRIBUTES="service.namespace=desk,host.name=h",
    )
    assert done.stdout.split() == ["desk/mm-engine", "h/mm-engine/0"]
    assert done.stderr == ""
    assert_instances(receiver, "desk/mm-engine", "h/mm-engine", 1)
    assert len(receiver.connections) == 1
    assert {point.value for point in receiver.of("their.calls")} == {3.0}
    assert receiver.of("http.client.duration")[-1].value == 1.0
    assert receiver.of("fortuna.heartbeat.timestamp")[0].attributes == {"loop": "quote"}
    assert receiver.stopped
    assert_each_point_once(receiver)


def test_a_service_without_our_sdk_needs_no_line_of_code(
    receiver: Receiver, tmp_path: Path
) -> None:
    """The environment alone exports what libraries record, and says that the service runs."""
    script = """
        from opentelemetry import metrics
        metrics.get_meter("lib").create_up_down_counter("their.size").add(3)
        metrics.get_meter_provider().force_flush()
    """
    done = run(
        receiver,
        tmp_path,
        script,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="fortuna",
        OTEL_RESOURCE_ATTRIBUTES="service.name=plain,host.name=h",
    )
    assert done.stderr == ""
    assert_instances(receiver, "plain", "h/plain", 1)
    values = [point.value for point in receiver.of("their.size")]
    assert values[0] == 3.0
    assert values[-1] is None
    assert receiver.stopped
    assert_each_point_once(receiver)


def test_nothing_is_lost_until_the_service_has_a_name(receiver: Receiver, tmp_path: Path) -> None:
    """Without OTEL_SERVICE_NAME the reader waits for `instrument()`, and says so."""
    done = run(
        receiver,
        tmp_path,
        SERVICE,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="fortuna",
        OTEL_RESOURCE_ATTRIBUTES="host.name=h",
    )
    assert (
        "no metric is exported until the service has a name: set OTEL_SERVICE_NAME" in done.stderr
    )
    assert_instances(receiver, "desk/mm-engine", "h/mm-engine", 1)
    assert {point.value for point in receiver.of("their.calls")} == {3.0}
    assert_each_point_once(receiver)


def test_the_environment_wins_and_a_difference_is_said(receiver: Receiver, tmp_path: Path) -> None:
    """One process has one identity; who finds another name on the board finds this in the log."""
    done = run(
        receiver,
        tmp_path,
        SERVICE,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="fortuna",
        OTEL_SERVICE_NAME="mm-eu",
        OTEL_RESOURCE_ATTRIBUTES="host.name=h",
    )
    assert "reports as mm-eu already; instrument() says desk/mm-engine" in done.stderr
    assert_instances(receiver, "mm-eu", "h/mm-eu", 1)


def test_the_provider_of_others_is_left_alone(receiver: Receiver, tmp_path: Path) -> None:
    """With the stock exporter configured, its metrics go its way, and ours go ours."""
    done = run(
        receiver,
        tmp_path,
        SERVICE,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="otlp",
        OTEL_SERVICE_NAME="mm-engine",
        OTEL_RESOURCE_ATTRIBUTES="service.namespace=desk,host.name=h,service.instance.id=mine",
    )
    assert done.stderr == ""
    assert receiver.processes == {("desk/mm-engine", "mine")}
    assert len(receiver.connections) >= 2
    assert {point.value for point in receiver.of("their.calls")} == {3.0}
    assert receiver.of("fortuna.heartbeat.timestamp")
    assert_each_point_once(receiver)


def test_a_provider_that_the_app_set_is_left_alone(receiver: Receiver, tmp_path: Path) -> None:
    """Who set the global provider keeps it; what it records does not leave through us."""
    script = """
        from opentelemetry import metrics
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from fortuna_otel import instrument

        reader = InMemoryMetricReader()
        provider = MeterProvider([reader])
        metrics.set_meter_provider(provider)
        telemetry = instrument("mm")
        metrics.get_meter("lib").create_counter("their.calls").add(3)
        telemetry.heartbeat("quote").beat()
        telemetry.flush()
        assert metrics.get_meter_provider() is provider
        (metric,) = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
        assert metric.name == "their.calls"
    """
    assert run(receiver, tmp_path, script).stderr == ""
    assert receiver.of("fortuna.heartbeat.timestamp")
    assert not receiver.of("their.calls")


def test_the_instrumentor_starts_the_service_without_a_line_of_code(
    receiver: Receiver, tmp_path: Path
) -> None:
    """No exporter of metrics configured: the command itself starts our telemetry, once."""
    script = """
        from fortuna_otel import instrument
        from fortuna_otel.auto import FortunaInstrumentor

        assert FortunaInstrumentor().is_instrumented_by_opentelemetry
        telemetry = instrument()
        assert instrument("mm") is telemetry
        telemetry.flush()
        FortunaInstrumentor().uninstrument()
        assert telemetry.closed
    """
    done = run(
        receiver,
        tmp_path,
        script,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="none",
        OTEL_SERVICE_NAME="mm",
        OTEL_RESOURCE_ATTRIBUTES="host.name=h",
    )
    assert done.stderr == ""
    assert_instances(receiver, "mm", "h/mm", 1)
    assert_each_point_once(receiver)


def test_a_fork_is_another_process(receiver: Receiver, tmp_path: Path) -> None:
    """A worker of a prefork server exports what it counts, theirs and ours, under its own id."""
    script = """
        import os, warnings
        from opentelemetry import metrics
        from fortuna_otel import instrument

        warnings.simplefilter("ignore", DeprecationWarning)
        calls = metrics.get_meter("lib").create_counter("their.calls")
        telemetry = instrument("mm")
        worker = os.fork()
        if worker == 0:
            assert instrument("mm") is telemetry
            calls.add(1)
            telemetry.heartbeat("worker").beat()
            telemetry.flush()
            telemetry.shutdown()
            os._exit(0)
        assert os.waitpid(worker, 0)[1] == 0
        telemetry.flush()
    """
    done = run(
        receiver,
        tmp_path,
        script,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="fortuna",
        OTEL_SERVICE_NAME="mm",
        OTEL_RESOURCE_ATTRIBUTES="host.name=h",
    )
    assert done.stderr == ""
    assert_instances(receiver, "mm", "h/mm", 2)
    workers = {who for _, who, p in receiver.sent if p.name == "their.calls" and p.value == 1.0}
    beating = {who for _, who, p in receiver.sent if p.name == "fortuna.heartbeat.timestamp"}
    assert len(workers) == 1
    assert workers == beating


def test_it_can_be_left_out(receiver: Receiver, tmp_path: Path) -> None:
    """By the standard variable that every instrumentation honours."""
    script = "from fortuna_otel.auto import FortunaInstrumentor as F\nprint(F()._instrumented)\n"
    done = run(
        receiver,
        tmp_path,
        script,
        str(COMMAND),
        sys.executable,
        OTEL_METRICS_EXPORTER="none",
        OTEL_SERVICE_NAME="mm",
        OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="fortuna",
    )
    assert done.stdout.split() == ["False"]
    assert receiver.sent == []
