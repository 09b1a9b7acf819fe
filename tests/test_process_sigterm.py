"""SIGTERM, where the service wants it handled."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import _process
from fortuna_otel._process import Sigterm
from tests.processes import Collector, listening, service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="collector")
def _collector() -> Iterator[Collector]:
    """Run a receiver."""
    with listening() as running:
        yield running


HANDLED = """
assert instrument(namespace="desk", handle_sigterm=True) is telemetry
assert instrument(namespace="desk", handle_sigterm=True) is telemetry
"""


def _terminated(collector: Collector, tmp_path: Path, script: str) -> tuple[int, str, str]:
    """Return how a service ended that was sent SIGTERM once it had counted an order."""
    with service(collector, tmp_path, script) as process:
        collector.wait_for(collector.has("fortuna.orders.submitted", 1.0))
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=30)
    return process.returncode, output, errors


def test_without_our_handler_it_is_a_crash(collector: Collector, tmp_path: Path) -> None:
    """Python's default: no exit handlers, no goodbye; nobody asked us to change that."""
    script = "book.orders.submitted('buy'); sys.stdin.read()"
    assert _terminated(collector, tmp_path, script)[0] == -signal.SIGTERM
    assert collector.state(0) == "running"


@pytest.mark.parametrize(
    "wait", ["sys.stdin.read()", "asyncio.run(asyncio.sleep(30))", "threading.Event().wait(30)"]
)
def test_with_it_the_service_says_stopped_and_dies_of_it(
    collector: Collector, tmp_path: Path, wait: str
) -> None:
    """Last counts and the end of every gauge, whatever the main thread waits for."""
    script = f"""{HANDLED}
import asyncio
book.quotes.update(bids=[(99.0, 1.0)], asks=[(101.0, 1.0)], mid=100.0)
book.orders.submitted("buy")
{wait}
"""
    assert _terminated(collector, tmp_path, script) == (-signal.SIGTERM, "", "")
    assert collector.state(0) == "stopped"
    assert collector.of(0, "fortuna.quote.spread")[-1].ended


def test_a_handler_that_was_there_decides(collector: Collector, tmp_path: Path) -> None:
    """It may trade on for a while: `stopped` is said when the process exits."""
    script = f"""
import signal
ending = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ending.set())
{HANDLED}
book.orders.submitted("buy")
while not ending.wait(0.01):
    pass
assert telemetry.flush()
book.orders.submitted("buy")
print("drained")
sys.exit(7)
"""
    assert _terminated(collector, tmp_path, script) == (7, "drained\n", "")
    assert collector.of(0, "fortuna.orders.submitted")[-1].value == 2.0
    assert collector.state(0) == "stopped"


def test_what_was_counted_until_then_is_exported_at_once(
    collector: Collector, tmp_path: Path
) -> None:
    """The handler that was there may end the process without its exit handlers."""
    script = f"""
import signal
def end(*_):
    time.sleep(1.0)
    os._exit(5)
signal.signal(signal.SIGTERM, end)
{HANDLED}
book.orders.submitted("buy")
telemetry.flush()
book.orders.submitted("buy")
print("counted", flush=True)
sys.stdin.read()
"""
    with service(
        collector,
        tmp_path,
        script,
        OTEL_METRIC_EXPORT_INTERVAL="60000",
        FORTUNA_OTEL_CRITICAL_EXPORT_INTERVAL="60000",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 5
    assert collector.of(0, "fortuna.orders.submitted")[-1].value == 2.0


def test_asyncios_own_handler_still_runs(collector: Collector, tmp_path: Path) -> None:
    """It listens to a file descriptor, which our handler leaves alone."""
    script = f"""
import asyncio, signal
async def main():
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    {HANDLED.strip().splitlines()[0]}
    book.orders.submitted("buy")
    await ending.wait()
    print("drained")
asyncio.run(main())
"""
    assert _terminated(collector, tmp_path, script) == (0, "drained\n", "")
    assert collector.state(0) == "stopped"


def test_handlers_that_call_each_other_come_to_an_end(collector: Collector, tmp_path: Path) -> None:
    """Ours, then one that calls ours, then ours again."""
    script = f"""
import signal
{HANDLED}
ours = signal.getsignal(signal.SIGTERM)
def end(number, frame):
    ours(number, frame)
    sys.exit(9)
signal.signal(signal.SIGTERM, end)
instrument(namespace="desk", handle_sigterm=True)
book.orders.submitted("buy")
sys.stdin.read()
"""
    assert _terminated(collector, tmp_path, script)[0] == 9
    assert collector.state(0) == "stopped"


def test_children_of_a_fork_say_goodbye_too(collector: Collector, tmp_path: Path) -> None:
    """They have the handler of their parent."""
    script = f"""
import signal
{HANDLED}
child = os.fork()
book.orders.submitted("buy")
if child == 0:
    sys.stdin.read()
telemetry.flush()
time.sleep(0.5)
os.kill(child, signal.SIGTERM)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
"""
    with service(collector, tmp_path, script) as process:
        collector.wait_for(collector.has("fortuna.orders.submitted", 1.0, 1))
        collector.wait_for(lambda _: collector.state(1) == "stopped")
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (0, "")


@pytest.fixture(name="original")
def _original() -> Iterator[None]:
    """Put the handler of this process back afterwards."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("original")
def test_what_is_ignored_stays_ignored(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever ignores SIGTERM has a reason; the log says that we do not handle it."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Sigterm().install()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    assert "stays so" in caplog.text


@pytest.mark.usefixtures("original")
def test_only_the_main_thread_can_set_it(caplog: pytest.LogCaptureFixture) -> None:
    """Elsewhere nothing is changed, nothing is raised, and the log says what to do."""
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=Sigterm().install)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before
    assert "in the main thread" in caplog.text


@pytest.mark.usefixtures("original")
def test_installing_twice_is_installing_once() -> None:
    """Or each signal would be handled twice."""
    sigterm = Sigterm()
    before = signal.getsignal(signal.SIGTERM)
    sigterm.install()
    sigterm.install()
    assert sigterm._previous is before
    assert signal.getsignal(signal.SIGTERM) == sigterm.handle


@pytest.mark.usefixtures("original")
def test_a_goodbye_is_not_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Supervisors send SIGTERM to what is ending by itself, too."""
    told: list[str] = []

    class Resident:
        def stop(self) -> None:
            told.append("stop")

        def shutdown(self, timeout: float) -> None:
            signal.raise_signal(signal.SIGTERM)
            told.append(f"shutdown {timeout > 0.0}")

    monkeypatch.setattr(_process, "living", [Resident()])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Sigterm().install()
    _process.at_exit()
    assert told == ["stop", "shutdown True"]


@pytest.mark.parametrize("number", range(1, 12))
def test_a_goodbye_can_be_interrupted_at_any_line(
    collector: Collector, tmp_path: Path, number: int
) -> None:
    """A handler would wait for ever for a lock that is held by what it interrupts."""
    script = f"""
import atexit, faulthandler, signal
import fortuna_otel
from fortuna_otel import _process
fortuna_otel.instrument(os.environ["OTEL_SERVICE_NAME"], namespace="desk", handle_sigterm=True)
faulthandler.dump_traceback_later(15, exit=True)
lines = []
def trace(frame, event, arg):
    names = _process.__file__, threading.__file__
    if event == "line" and frame.f_code.co_filename in names:
        lines.append(frame.f_lineno)
        if len(lines) == {number}:
            os.kill(os.getpid(), signal.SIGTERM)
    return trace
atexit.register(sys.settrace, trace)
"""
    with service(collector, tmp_path, script) as process:
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) in [(0, ""), (-signal.SIGTERM, "")]
    assert collector.state(0) == "stopped"
