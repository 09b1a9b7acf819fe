"""Forks, of every kind: each child is a process of its own, and none hangs."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.processes import Collector, listening, service, surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="collector")
def _collector() -> Iterator[Collector]:
    """Run a receiver."""
    with listening() as running:
        yield running


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
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    parent = [p.value for p in collector.of(0, "fortuna.orders.submitted")]
    child = [p.value for p in collector.of(1, "fortuna.orders.submitted")]
    assert parent[0] == 0.0
    assert parent[-1] == 2.0
    assert child[0] == 0.0
    assert set(child) == {0.0, 1.0}
    assert collector.of(1, "fortuna.quote.bid") == []
    assert collector.of(1, "fortuna.book.info")
    starts = {
        who: collector.of(who, "fortuna.orders.submitted")[0].start for who in collector.slots
    }
    assert starts[1] > starts[0]
    assert {p.attributes["state"] for p in collector.of(1, "fortuna.service.state")} == {
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
    with service(collector, tmp_path, script, **declared) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")
    assert {who for who, _ in collector.points} == {"pod-7", "pod-7/0"}
    child = [point for who, point in collector.points if who == "pod-7/0"]
    assert next(p.value for p in child if p.name == "fortuna.book.info") == 1.0
    assert {p.value for p in child if p.name == "fortuna.obligation.observed.time"} == {0.0}


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
    with service(collector, tmp_path, script, OTEL_METRIC_EXPORT_INTERVAL="10") as process:
        _, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors


def test_a_child_drops_what_its_parent_could_not_deliver(
    collector: Collector, tmp_path: Path
) -> None:
    """What is kept is the parent's: two that replay it would be one too many."""
    script = """
from fortuna_otel.export.transport import HttpTransport, TransportError
send = HttpTransport.send
def refuse(*_):
    raise TransportError("away")
HttpTransport.send = refuse
book.orders.submitted("buy")
telemetry.flush()
child = os.fork()
HttpTransport.send = send
if child == 0:
    telemetry.flush()
    sys.exit(0)
os.waitpid(child, 0)
telemetry.flush()
"""
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert collector.of(0, "fortuna.orders.submitted")[-1].value == 1.0
    assert 0.0 in {p.value for p in collector.of(0, "fortuna.orders.submitted")}
    assert collector.of(1, "fortuna.orders.submitted") == []
    assert collector.state(1) == "stopped"


MULTIPROCESSING = """
import multiprocessing
from fortuna_otel import instrument

def work():
    book = instrument(namespace="desk").book(
        client="acme", venue="v", symbol="A/B", account="a", tag="t"
    )
    book.orders.submitted("buy")

if __name__ == "__main__":
    telemetry = instrument(namespace="desk")
    book = telemetry.book(client="acme", venue="v", symbol="A/B", account="a", tag="t")
    book.orders.submitted("buy")
    telemetry.flush()
    children = [multiprocessing.get_context({method!r}).Process(target=work) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0, child.exitcode
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_children_of_multiprocessing_count_for_themselves_and_say_goodbye(
    collector: Collector, tmp_path: Path, method: str
) -> None:
    """They skip the exit handlers of the interpreter, but not multiprocessing's own."""
    program = tmp_path / "program.py"
    program.write_text(MULTIPROCESSING.replace("{method!r}", repr(method)))
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", str(program)],
        env=surroundings(collector, tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    counts = {
        who: [p.value for p in collector.of(who, "fortuna.orders.submitted")][-1]
        for who in collector.slots
    }
    assert len(counts) >= 2  # a child that has ended leaves its slot to the next
    assert set(counts.values()) == {1.0}
    goodbyes = [p for _, p in collector.points if p.attributes.get("state") == "stopped"]
    assert len(goodbyes) == 3
    starts = {(who, p.start) for who, p in collector.points if p.name == "fortuna.orders.submitted"}
    assert len(starts) == 3


GUNICORN = """
import os
from fortuna_otel import instrument

telemetry = instrument(namespace="desk")
telemetry.flush()

def application(environ, start_response):
    book = telemetry.book(client="acme", venue="v", symbol="A/B", account="a", tag="t")
    book.orders.submitted("buy")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [telemetry.instance.encode()]
"""


def test_the_workers_of_gunicorn_are_instances(collector: Collector, tmp_path: Path) -> None:
    """Loaded before the fork; each counts its own requests; SIGTERM to the master ends all well."""
    (tmp_path / "app.py").write_text(GUNICORN)
    address = tmp_path / "ready"
    config = tmp_path / "gunicorn.conf.py"
    config.write_text(
        "bind, workers, preload_app = '127.0.0.1:0', 2, True\n"
        "control_socket_disable = True\n"
        "def when_ready(server):\n"
        f"    host, port = server.LISTENERS[0].sock.getsockname()\n"
        f"    open({str(address)!r}, 'w').write(str(port))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", str(config), "app:application"],
        cwd=tmp_path,
        env=surroundings(collector, tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as master:
        try:
            collector.wait_for(lambda _: collector.slots == {0, 1, 2})
            answered = _ask(int(address.read_text()), 20)
        finally:
            master.send_signal(signal.SIGTERM)
            _, errors = master.communicate(timeout=30)
    assert master.returncode == 0, errors
    for slot in (1, 2):
        counts = [p.value for p in collector.of(slot, "fortuna.orders.submitted")]
        assert (counts[-1] if counts else 0.0) == answered.count(collector.id(slot))
    assert collector.of(0, "fortuna.orders.submitted") == []
    assert {collector.state(slot) for slot in (0, 1, 2)} == {"stopped"}


def _ask(port: int, times: int) -> list[str]:
    """Send requests to the workers, and return who answered each."""
    answers = []
    for _ in range(times):
        with contextlib.closing(urllib.request.urlopen(f"http://127.0.0.1:{port}/")) as answer:
            answers.append(answer.read().decode())
    return answers
