"""`make fault`: what it breaks, that it always heals, and what it says."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from examples.desk import faults
from examples.desk.faults import drill, injections

if TYPE_CHECKING:
    from collections.abc import Iterator

JOB = "desk/mm-majors"


class FakeDesk:
    """A run directory, and a server that is pager, Prometheus and exchange at once."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.pages: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []
        self.samples: dict[str, list[tuple[dict[str, str], float]]] = {}
        self.refuses = ""
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                arguments = dict(urllib.parse.parse_qsl(query))
                self._answer(desk.get(path, arguments))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.commands.append(json.loads(body))
                if desk.refuses:
                    self._answer({"error": desk.refuses}, 400)
                else:
                    self._answer({"id": len(desk.commands)})

            def _answer(self, content: object, status: int = 200) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(content).encode())

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        port = self.server.server_port
        ports = dict.fromkeys(("pager", "prometheus", "exchange"), port)
        (run_dir / "ports.json").write_text(json.dumps(ports))
        (run_dir / "overrides.json").write_text('{"globex": {"paused": true}}')
        (run_dir / "pids").mkdir()
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def get(self, path: str, arguments: dict[str, str]) -> object:
        """Answer what the desk asks."""
        if path == "/pages":
            since = float(arguments["since"])
            return {"pages": [page for page in self.pages if page["time"] > since]}
        rows = next((rows for text, rows in self.samples.items() if text in arguments["query"]), [])
        result = [{"metric": labels, "value": [0, str(value)]} for labels, value in rows]
        return {"data": {"result": result}}

    def page(self, alert: str, status: str, text: str) -> None:
        """Let a page arrive at both receivers."""
        for receiver in ("slack", "pagerduty"):
            self.pages.append(
                {
                    "time": time.time(),
                    "receiver": receiver,
                    "status": status,
                    "alert": alert,
                    "text": text,
                }
            )

    @property
    def overrides(self) -> Any:
        """What the engines would read."""
        return json.loads((self.run_dir / "overrides.json").read_text())


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeDesk]:
    """A desk that answers."""
    fake = FakeDesk(tmp_path)
    fake.samples["fortuna_orders_open"] = [({"job": JOB, "client": "acme", "venue": "okx"}, 9.0)]
    fake.samples["spread_of_max_ratio"] = [({"client": "acme"}, -0.4)]
    fake.samples["fortuna:exposure:limit"] = [({"client": "acme", "asset": "BTC"}, 7.0)]
    fake.samples["fortuna:exposure:drift"] = [({"client": "acme", "asset": "BTC"}, 0.5)]
    try:
        yield fake
    finally:
        fake.server.shutdown()
        fake.server.server_close()


@pytest.fixture
def sleeper(fake: FakeDesk) -> Iterator[subprocess.Popen[bytes]]:
    """A process that stands for the engine."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (fake.run_dir / "pids" / "mm-majors.pid").write_text(f"{process.pid}\n")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process is frozen."""
    return "State:\tT" in Path(f"/proc/{process.pid}/status").read_text()


def until(process: subprocess.Popen[bytes], *, frozen: bool) -> None:
    """Wait until the process is, or is no longer, frozen."""
    deadline = time.monotonic() + 5
    while stopped(process) is not frozen:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_silent_service_freezes_the_clients_engine_and_thaws_it(
    fake: FakeDesk, sleeper: subprocess.Popen[bytes]
) -> None:
    """SIGSTOP and SIGCONT, to the process whose orders they are."""
    with injections.silent_service(faults.Desk(fake.run_dir), "acme", 9.0) as expected:
        until(sleeper, frozen=True)
        assert (expected.alert, expected.about) == ("ServiceSilent", JOB)
    until(sleeper, frozen=False)


def test_it_thaws_although_something_went_wrong(
    fake: FakeDesk, sleeper: subprocess.Popen[bytes]
) -> None:
    """Ctrl-C is such a thing."""
    desk = faults.Desk(fake.run_dir)
    with contextlib.suppress(KeyboardInterrupt), injections.silent_service(desk, "acme", 9.0):
        raise KeyboardInterrupt
    until(sleeper, frozen=False)


def test_stale_feed_hangs_one_venue_for_one_engine(fake: FakeDesk) -> None:
    """Bounded in time by the exchange itself, and cleared at the end."""
    with injections.stale_feed(faults.Desk(fake.run_dir), "acme", 30.0) as expected:
        assert expected.alert == "FeedStale"
    assert fake.commands == [
        {"fault": "hang", "venue": "okx", "caller": "mm-majors", "seconds": 30.0},
        {"fault": "clear", "id": 1},
    ]


def test_wide_spread_aims_at_three_times_the_maximum(fake: FakeDesk) -> None:
    """From what it is now; other clients' overrides stay as they are, and this one's goes."""
    with injections.wide_spread(faults.Desk(fake.run_dir), "acme", 30.0) as expected:
        assert expected.alert == "SpreadTooWide"
        assert fake.overrides == {"globex": {"paused": True}, "acme": {"spread_multiplier": 7.5}}
    assert fake.overrides == {"globex": {"paused": True}}


def test_wide_spread_gives_back_the_override_that_was_there(fake: FakeDesk) -> None:
    """A desk that had changed something finds it as it was."""
    with injections.wide_spread(faults.Desk(fake.run_dir), "globex", 30.0):
        assert fake.overrides == {"globex": {"paused": True, "spread_multiplier": 7.5}}
    assert fake.overrides == {"globex": {"paused": True}}


def test_inventory_drift_lifts_beyond_the_limit_and_gives_back(fake: FakeDesk) -> None:
    """The taker buys more than the limit; what is missing afterwards is sold back."""
    with injections.inventory_drift(faults.Desk(fake.run_dir), "acme", 60.0) as expected:
        assert (expected.alert, expected.about) == ("InventoryDrift", "acme BTC")
        fake.samples["fortuna:exposure:drift"] = [({}, -11.0)]
    lift, clear, back = fake.commands
    assert (lift["side"], lift["asset"], lift["seconds"]) == ("buy", "BTC", 60.0)
    assert lift["quantity"] == pytest.approx(13.1)
    assert clear == {"fault": "clear"}
    assert (back["side"], back["quantity"]) == ("sell", 11.0)


def run(fake: FakeDesk, seconds: float = 5.0) -> tuple[str, str]:
    """Run the wide-spread fault; return its last line and all that it printed."""
    printed = io.StringIO()
    console = Console(file=printed, width=300)
    desk = faults.Desk(fake.run_dir)
    return faults.run(
        desk, faults.FAULTS["wide-spread"], "acme", seconds, console
    ), printed.getvalue()


def follow(fake: FakeDesk, *, resolve: bool = True) -> threading.Thread:
    """Page when the override is there, and resolve when it is gone."""

    def react() -> None:
        while "acme" not in fake.overrides:
            time.sleep(0.01)
        fake.page("FeedStale", "firing", "FeedStale: acme's feed")
        fake.page("SpreadTooWide", "firing", "SpreadTooWide: globex is wide")
        fake.page("SpreadTooWide", "firing", "SpreadTooWide: acme is wide")
        while "acme" in fake.overrides:
            time.sleep(0.01)
        if resolve:
            fake.page("SpreadTooWide", "resolved", "Resolved: SpreadTooWide: acme is wide")

    thread = threading.Thread(target=react, daemon=True)
    thread.start()
    return thread


def test_the_timeline_says_when_what_arrived_and_when_it_was_over(fake: FakeDesk) -> None:
    """Its own page, not another client's or another alert's."""
    thread = follow(fake)
    told, printed = run(fake)
    thread.join()
    assert "page reached Slack after 0." in told
    assert "PagerDuty after 0." in told
    assert ": SpreadTooWide: acme is wide · healed" in told
    assert "resolved after" in told
    assert "globex" not in told + printed
    assert "wide-spread: acme's spread is multiplied by 7.5" in printed


def test_no_page_is_an_error_and_heals(fake: FakeDesk) -> None:
    """Bounded: it does not wait for ever."""
    with pytest.raises(faults.FaultError, match="no page SpreadTooWide about acme in 0 s"):
        run(fake, 0.3)
    assert "acme" not in fake.overrides


def test_a_page_that_never_resolves_is_an_error(
    fake: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An alert that stays on is one that people stop reading."""
    monkeypatch.setattr(drill, "RESOLVE_SECONDS", 0.3)
    follow(fake, resolve=False)
    with pytest.raises(faults.FaultError, match="not resolved"):
        run(fake)


def test_what_is_firing_already_cannot_be_tested(fake: FakeDesk) -> None:
    """No second page would come; nothing stays broken."""
    fake.samples["ALERTS"] = [({"alertname": "SpreadTooWide", "client": "acme"}, 1.0)]
    with pytest.raises(faults.FaultError, match="firing already"):
        run(fake)
    assert "acme" not in fake.overrides


def test_an_unknown_client_is_told_who_there_is(fake: FakeDesk) -> None:
    """A typing error costs one message."""
    fake.samples = {
        'client="nobody"': [],
        "sum by (client)": [({"client": "acme"}, 9.0), ({"client": "globex"}, 9.0)],
    }
    with (
        pytest.raises(faults.FaultError, match=r"--client nobody .*: acme, globex"),
        injections.silent_service(faults.Desk(fake.run_dir), "nobody", 9.0),
    ):
        pytest.fail("must not be injected")


def test_what_the_exchange_refuses_is_said(fake: FakeDesk) -> None:
    """Its own words."""
    fake.refuses = "no venue 'okx'"
    with pytest.raises(faults.FaultError, match=r"exchange refused: .*no venue"):
        faults.Desk(fake.run_dir).control(fault="hang")


def test_without_a_demo_it_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 and one line."""
    assert faults.main(["silent-service", "--run-dir", str(tmp_path)]) == 1
    assert "make demo" in " ".join(capsys.readouterr().out.split())


def test_a_demo_that_has_ended_is_not_running(fake: FakeDesk) -> None:
    """Its run directory is still there."""
    fake.server.shutdown()
    fake.server.server_close()
    with pytest.raises(faults.FaultError, match="no demo is running"):
        faults.Desk(fake.run_dir)


def test_list_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    """With what each does."""
    assert faults.main(["list"]) == 0
    said = capsys.readouterr().out
    for name in faults.FAULTS:
        assert name in said
    assert "SIGSTOP" in said


def test_ctrl_c_heals(fake: FakeDesk, sleeper: subprocess.Popen[bytes]) -> None:
    """As a user does it: the engine goes on, and the exit code says interrupted."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "examples.desk.faults",
            "silent-service",
            f"--run-dir={fake.run_dir}",
        ],
        cwd=Path(__file__).resolve().parents[3],
        stdout=subprocess.PIPE,
    )
    until(sleeper, frozen=True)
    os.kill(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    until(sleeper, frozen=False)
    assert process.returncode == 130
    assert b"healed" in said
