"""`alerts test-fire` against the real Alertmanager: what arrives, what does not, and why."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.request
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk.stack import Ports
from fortuna_otel import cli
from fortuna_otel.alerts import loads
from fortuna_otel.alerts.alertmanager import render, templates
from fortuna_otel.alerts.testfire import Alertmanager
from tests.alerts.conftest import ROOT
from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROUTING = """\
teams:
  desk:
    page: {slack: works, webhook: works}
    ticket: {webhook: works}
    hours: {days: monday, from: "00:00", to: "00:01", zone: UTC}
  broken:
    page: {webhook: answers-500}
  nowhere:
    page: {slack: not-there}
  wrong:
    page: {webhook: answers-404}
fallback: desk
escalation: {alerts: KillSwitchFired, pagerduty: not-there}
log: works
heartbeat: {webhook: works}
grouping: {default: [client]}
"""


class Other:
    """The other side of every webhook: takes what it is sent, or refuses it."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        other = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = int(self.path.strip("/"))
                if status == 200:
                    other.taken.append(json.loads(body))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Running:
    """An Alertmanager with a routing file of its own."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.other = Other()
        self.url = f"http://127.0.0.1:{Ports.free().alertmanager}"
        self.routing = folder / "alerting" / "routing.yaml"
        (folder / "alerting" / "templates").mkdir(parents=True)
        self.routing.write_text(ROUTING, encoding="utf-8")
        secrets = folder / "secrets"
        secrets.mkdir()
        for name, status in (("works", 200), ("answers-500", 500), ("answers-404", 404)):
            (secrets / name).write_text(f"{self.other.url}/{status}", encoding="utf-8")
        routing = loads(ROUTING)
        config = render(routing, "routing.yaml").replace("secrets/", f"{secrets}/")
        (folder / "alerting" / "alertmanager.yml").write_text(config, encoding="utf-8")
        for path in (ROOT / "alerting" / "templates").glob("*.tmpl"):
            (folder / "alerting" / "templates" / path.name).write_text(path.read_text("utf-8"))
        (folder / "alerting" / "templates" / "routing.tmpl").write_text(templates(routing))
        self.process = subprocess.Popen(
            [
                *(binary("alertmanager"), f"--config.file={folder}/alerting/alertmanager.yml"),
                *(f"--storage.path={folder}/data", f"--web.listen-address={self.url[7:]}"),
                *("--cluster.listen-address=", "--log.level=error", *flags),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(200):
            with suppress(OSError), closing(urllib.request.urlopen(f"{self.url}/-/ready")):  # noqa: S310 - loopback
                return
            time.sleep(0.1)
        raise AssertionError("Alertmanager did not start")

    def stop(self) -> None:
        """End both."""
        self.process.terminate()
        self.process.wait(10)
        self.other.stop()

    def fire(self, *arguments: str) -> int:
        """Run the command."""
        own = ("--routing", str(self.routing), "--alertmanager", self.url)
        return cli.main(["alerts", "test-fire", *own, *arguments])


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """With counters that name receivers."""
    folder = tmp_path_factory.mktemp("testfire")
    running = Running(folder, "--enable-feature=receiver-name-in-metrics")
    yield running
    running.stop()


def outcome(printed: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What `--json` printed, by receiver and kind."""
    return {(one["receiver"], one["kind"]): one for one in json.loads(printed)}


def test_every_receiver_is_tried_and_each_failure_has_its_reason(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sent, answered with an error, wrong, and without its secret, in one round."""
    assert running.fire("--json", "--timeout", "15") == 1
    printed = capsys.readouterr()
    found = outcome(printed.out)
    assert set(found) == {
        *(("desk-page", "slack"), ("desk-page", "webhook"), ("desk-ticket", "webhook")),
        *(("broken-page", "webhook"), ("nowhere-page", "slack"), ("wrong-page", "webhook")),
        *(("escalation", "pagerduty"), ("log", "webhook"), ("heartbeat", "webhook")),
    }
    for name in ("desk-page", "desk-ticket", "log"):
        sent = found[name, "webhook"]
        assert (sent["state"], sent["reason"], sent["resolved"]) == ("sent", "", True)
        assert 0 <= sent["seconds"] < 15
    assert found["desk-page", "slack"]["state"] == "sent"
    # Nobody tells a heartbeat that it is over.
    assert found["heartbeat", "webhook"]["state"] == "sent"
    assert found["heartbeat", "webhook"]["resolved"] is None
    broken = found["broken-page", "webhook"]
    assert broken["state"] == "failed"
    assert "5xx" in broken["reason"]
    assert found["wrong-page", "webhook"]["state"] == "failed"
    assert "4xx" in found["wrong-page", "webhook"]["reason"]
    for way in (("nowhere-page", "slack"), ("escalation", "pagerduty")):
        assert found[way]["state"] == "failed"
        assert "its secret's file is missing" in found[way]["reason"]
    assert "TEST to 8 receivers: people are called" in printed.err
    assert "desk-page webhook: sent" in printed.err


def test_what_is_sent_says_that_it_is_a_test(running: Running) -> None:
    """In its labels and in every line, first and when it is over."""
    running.other.taken.clear()
    assert running.fire("--receiver", "desk-page") == 0
    webhooks = [body for body in running.other.taken if "alerts" in body]
    told = [body for body in webhooks if body["receiver"] == "desk-page"]
    assert [body["status"] for body in told] == ["firing", "resolved"]
    [alert] = told[0]["alerts"]
    assert alert["labels"]["test"] == "true"
    assert alert["annotations"]["summary"].startswith("TEST of desk-page at ")
    slack = [body["attachments"][0] for body in running.other.taken if "attachments" in body]
    assert slack[0]["title"] == "Page · TestFire (TEST)"
    assert slack[0]["fallback"].startswith("TEST: TestFire: TEST of desk-page")
    assert slack[0]["footer"] == "a test: nothing is wrong, do nothing"
    assert slack[0]["color"] == "#8d8d8d"


def test_a_message_that_is_out_at_once_is_not_waited_for(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alertmanager may have told that it is over before it answers who said so."""
    say = Alertmanager.alert

    def slow(
        self: Alertmanager, labels: dict[str, str], words: dict[str, str], *, over: bool
    ) -> None:
        say(self, labels, words, over=over)
        if over:
            time.sleep(2.5)  # two of Alertmanager's rounds

    monkeypatch.setattr(Alertmanager, "alert", slow)
    assert running.fire("--receiver", "desk-page", "--timeout", "5") == 0


def test_an_attempt_without_its_refusal_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two are counted one after the other; a reading between them is read again."""
    sample = 'alertmanager_notification_requests_{}total{{integration="slack"}} {}\n'
    between = sample.format("", 1) + sample.format("failed_", 0)
    after = sample.format("", 1) + sample.format("failed_", 1)
    readings = iter([between, after, after])
    monkeypatch.setattr(Alertmanager, "_get", lambda self, path: next(readings))
    assert Alertmanager("http://127.0.0.1:9").counts()["", "slack"].taken == 0


def test_a_ticket_arrives_outside_of_hours_too(running: Running) -> None:
    """The test is of the way, not of the hour; the file's hours are one minute a week."""
    assert running.fire("--severity", "ticket", "--receiver", "desk-ticket") == 0


def test_a_table_is_for_people(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a way, and a sum."""
    assert running.fire("--receiver", "desk-page", "--receiver", "nowhere-page") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["receiver", "by", "state", "after", "then", "why"]
    assert [line.split()[:3] for line in lines[1:4]] == [
        ["desk-page", "slack", "sent"],
        ["desk-page", "webhook", "sent"],
        ["nowhere-page", "slack", "failed"],
    ]
    assert lines[-1] == "2 of 3 ways took the test"


def test_a_silence_is_told(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    """A test that does not arrive because somebody muted it is no failure of the way."""
    silence = {
        "matchers": [{"name": "owner", "value": "desk", "isRegex": False, "isEqual": True}],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": "2099-01-01T00:00:00Z",
        "createdBy": "test",
        "comment": "test",
    }
    request = urllib.request.Request(  # noqa: S310
        f"{running.url}/api/v2/silences",
        data=json.dumps(silence).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        number = json.load(answer)["silenceID"]
    try:
        assert running.fire("--receiver", "desk-ticket", "--timeout", "2") == 1
        assert f"muted by silence {number}" in capsys.readouterr().out
    finally:
        url = f"{running.url}/api/v2/silence/{number}"
        end = urllib.request.Request(url, method="DELETE")  # noqa: S310
        urllib.request.urlopen(end).close()  # noqa: S310


def test_another_configuration_is_told(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """A receiver that Alertmanager does not have was never loaded."""
    text = running.routing.read_text("utf-8")
    running.routing.write_text(text.replace("  wrong:", "  new:"), encoding="utf-8")
    try:
        assert running.fire() == 2
    finally:
        running.routing.write_text(text, encoding="utf-8")
    said = capsys.readouterr().err
    assert "knows no new-page: it runs with another configuration" in said


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--receiver", "desk"), "there is no receiver desk; write one of desk-page, desk-ticket"),
        (("--receiver", "desk-page", "--severity", "ticket"), "none of desk-page hears a ticket"),
        (("--alertmanager", "localhost"), "`localhost` is no URL"),
        (("--alertmanager", "http://127.0.0.1:9"), "does not answer at http://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_done_is_told(
    running: Running, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    """Exit code 2: nothing was sent."""
    assert running.fire(*arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "x", "601", "-1"])
def test_a_wrong_timeout_is_refused(running: Running, seconds: str) -> None:
    """Before anybody is called."""
    with pytest.raises(SystemExit) as caught:
        running.fire("--timeout", seconds)
    assert caught.value.code == 2


def test_without_names_in_counters_receivers_are_tried_in_turn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The flag is new; an Alertmanager without it can be tested too."""
    running = Running(tmp_path)
    try:
        names = ("desk-page", "nowhere-page", "desk-ticket")
        chosen = [word for name in names for word in ("--receiver", name)]
        assert running.fire(*chosen, "--json") == 1
    finally:
        running.stop()
    printed = capsys.readouterr()
    assert "counters do not name receivers: one after another" in printed.err
    found = outcome(printed.out)
    assert found["desk-page", "slack"]["state"] == "sent"
    assert found["nowhere-page", "slack"]["state"] == "failed"
    assert found["desk-ticket", "webhook"]["state"] == "sent"
