"""Real processes against a real receiver: how they end, and tell each other apart."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import _process
from tests.processes import Collector, listening, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="collector")
def _collector() -> Iterator[Collector]:
    """Run a receiver."""
    with listening() as running:
        yield running


def test_a_process_that_ends_says_so(collector: Collector, tmp_path: Path) -> None:
    """A script without any shutdown: last counts are sent, gauges end, the state is `stopped`."""
    script = """
book.quotes.update(bids=[(99.0, 1.0)], asks=[(101.0, 1.0)], mid=100.0)
telemetry.flush()
book.orders.submitted("buy")
"""
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert collector.slots == {0}
    assert [p.value for p in collector.of(0, "fortuna.orders.submitted")] == [0.0, 1.0]
    assert collector.of(0, "fortuna.quote.spread")[-1].ended
    states = {p.attributes["state"]: p.value for p in collector.of(0, "fortuna.service.state")}
    assert states == {"running": None, "stopped": 1.0}


def test_an_exception_that_ends_the_service_is_a_graceful_end_too(
    collector: Collector, tmp_path: Path
) -> None:
    """The interpreter still runs its exit handlers."""
    with service(collector, tmp_path, "raise SystemExit(3)") as process:
        process.communicate(timeout=30)
    assert process.returncode == 3
    state = collector.of(0, "fortuna.service.state")[-1]
    assert (state.attributes, state.value) == ({"state": "stopped"}, 1.0)


def test_a_killed_process_says_nothing(collector: Collector, tmp_path: Path) -> None:
    """A kill -9 must look like a crash: no stale markers, no `stopped`."""
    with service(collector, tmp_path, "book.state('quoting'); sys.stdin.read()") as process:
        collector.wait_for(collector.has("fortuna.book.state", 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not any(point.ended for _, point in collector.points)


@pytest.mark.parametrize(
    "held", ["telemetry._lock", "book.trades._turns._lock", "obligation._lock"]
)
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
    with service(collector, tmp_path, script, OTEL_METRIC_EXPORT_INTERVAL="1000") as process:
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
    with service(collector, tmp_path, script) as process:
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
    with service(absent, tmp_path, "telemetry.flush(); telemetry.flush()") as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors.count("cannot reach the Collector at http://127.0.0.1:9/v1/metrics") == 1
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in errors


def test_two_processes_of_one_service_are_two_instances(
    collector: Collector, tmp_path: Path
) -> None:
    """And a third takes the slot of one that was killed."""
    script = "book.orders.submitted('buy'); sys.stdin.read()"
    with service(collector, tmp_path, script) as first:
        collector.wait_for(collector.has("fortuna.orders.submitted", 1.0, 0))
        with service(collector, tmp_path, script) as second:
            collector.wait_for(collector.has("fortuna.orders.submitted", 1.0, 1))
            first.kill()
            first.wait()
            collector.points.clear()
            with service(collector, tmp_path, script) as third:
                collector.wait_for(collector.has("fortuna.orders.submitted", 1.0, 0))
                third.communicate()
            second.communicate()
    assert collector.slots == {0, 1}


def test_the_first_telemetry_becomes_the_processs_meter_provider(
    collector: Collector, tmp_path: Path
) -> None:
    """Libraries that use the OpenTelemetry API are exported without being told."""
    script = """
from opentelemetry import metrics
metrics.get_meter("lib").create_counter("lib.calls").add(7)
other = instrument("other")
"""
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert collector.of(0, "lib.calls")[-1].value == 7.0
    assert {who for who, p in collector.points if p.name == "lib.calls"} == {collector.id(0)}


def test_an_exit_handler_of_the_service_is_still_told(collector: Collector, tmp_path: Path) -> None:
    """Whatever was registered after `instrument()` runs before the last words."""
    script = """
import atexit
atexit.register(lambda: book.orders.submitted("sell"))
"""
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert collector.of(0, "fortuna.orders.submitted")[-1].attributes["side"] == "sell"
    assert collector.state(0) == "stopped"


def test_a_service_that_begins_at_the_end_of_the_interpreter_does_no_harm(
    collector: Collector, tmp_path: Path
) -> None:
    """No threads can be started there any more since Python 3.12; what is flushed is exported."""
    script = """
import threading
def late():
    other = instrument(os.environ["OTEL_SERVICE_NAME"] + "-late", namespace="desk")
    other.heartbeat("q").beat()
    other.flush()
    other.shutdown()
start = threading.Thread.start
def refuse(thread):
    raise RuntimeError("can't create new thread at interpreter shutdown")
threading.Thread.start = refuse
late()
threading.Thread.start = start
"""
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "telemetry is only exported by flush()" in errors
    late = [p for who, p in collector.points if who == f"h/{collector.service}-late/0"]
    assert {
        p.attributes["state"] for p in late if p.name == "fortuna.service.state" if p.value
    } == {
        "running",
        "stopped",
    }


def test_asyncio_and_threads_write_to_the_same_cells(collector: Collector, tmp_path: Path) -> None:
    """Nothing is lost between them, and the loop ends as it would without telemetry."""
    script = """
import asyncio
def count():
    for _ in range(1000):
        book.orders.submitted("buy")
async def main():
    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        book.orders.submitted("buy")
        await asyncio.sleep(0.001)
    await asyncio.gather(*(asyncio.to_thread(thread.join) for thread in threads))
asyncio.run(main())
"""
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert collector.of(0, "fortuna.orders.submitted")[-1].value == 4100.0


def test_processes_with_different_temporary_directories_are_two_instances(
    collector: Collector, tmp_path: Path
) -> None:
    """As are those of two users, or of a container that shares the host's network."""
    script = "book.orders.submitted('buy'); sys.stdin.read()"
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
    own = [{"TMPDIR": str(place), "XDG_RUNTIME_DIR": str(place)} for place in places]
    with service(collector, tmp_path, script, **own[0]) as first:
        collector.wait_for(collector.has("fortuna.orders.submitted", 1.0, 0))
        with service(collector, tmp_path, script, **own[1]) as second:
            collector.wait_for(collector.has("fortuna.orders.submitted", 1.0, 1))
            second.communicate()
        first.communicate()
    assert collector.slots == {0, 1}
