"""`alerting/alertmanager.yml`: who is told, in which words, and which alerts mute which."""

from __future__ import annotations

import html
import subprocess
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.alerting.conftest import words
from tools.build import binary

if TYPE_CHECKING:
    from tests.alerting.conftest import Alerting

CONFIG = Path(__file__).resolve().parents[2] / "alerting" / "alertmanager.yml"


def amtool(*argv: str) -> str:
    """Run amtool and return what it says."""
    answer = subprocess.run(
        [str(binary("amtool")), *argv], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_alertmanager_accepts_it() -> None:
    """The file as committed, templates and all."""
    assert "SUCCESS" in amtool("check-config", str(CONFIG))


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ("alertname=SpreadTooWide severity=page owner=desk client=acme", "log,desk-page"),
        ("alertname=ServiceSilent severity=page owner=desk job=desk/mm", "log,desk-page"),
        ("alertname=PipelineBehind severity=page owner=platform", "log,platform-page"),
        ("alertname=InventoryDrift severity=ticket owner=desk client=acme", "log,desk-ticket"),
        ("alertname=MandatesRejected severity=ticket owner=platform", "log,platform-ticket"),
        (
            "alertname=UptimeAtRisk severity=ticket owner=client-manager",
            "log,client-manager-ticket",
        ),
        # A manager has no pager: his pages ring at the desk.
        ("alertname=UptimeAtRisk severity=page owner=client-manager", "log,desk-page"),
        ("alertname=KillSwitchFired severity=page owner=desk", "log,escalation,desk-page"),
        ("alertname=QuoteOffReference severity=page owner=desk", "log,escalation,desk-page"),
        ("alertname=MarginLow severity=page owner=desk", "log,escalation,desk-page"),
        ("alertname=MarginLow severity=ticket owner=desk", "log,desk-ticket"),
        ("alertname=Watchdog severity=heartbeat owner=platform", "heartbeat"),
        ("alertname=Mislabelled", "log,desk-page"),
        ("alertname=Mislabelled severity=ticket owner=nobody", "log,desk-ticket"),
    ],
)
def test_each_alert_finds_its_receivers(labels: str, told: str) -> None:
    """By severity and owner; some call two at once; what nobody claims still pages."""
    found = amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels.split())
    assert found.strip() == told


SILENT = {"alertname": "ServiceSilent", "severity": "page", "owner": "desk"}
SPREAD = {"alertname": "SpreadTooWide", "severity": "page", "owner": "desk"}


def test_a_page_says_everything_that_on_call_needs(alerting: Alerting) -> None:
    """Slack and PagerDuty: what, where, by how much, since when, what to do, where to look."""
    summary = "waystar on binance BTC/USDT: spread 60.0 bp, 40.0 bp allowed"
    annotations = words(summary, "SpreadTooWide", "?var-client=waystar&var-symbol=BTC%2FUSDT")
    labels = {**SPREAD, "client": "waystar", "venue": "binance", "symbol": "BTC/USDT"}
    alerting.alert(labels, annotations)

    slack = alerting.page("slack", "firing", "waystar")
    assert slack["alert"] == "SpreadTooWide"
    message: dict[str, Any] = slack["body"]["attachments"][0]
    assert message["title"] == "Page · SpreadTooWide"
    assert message["fallback"] == f"SpreadTooWide: {summary}"
    assert message["color"] == "#e01e5a"
    assert message["text"].splitlines() == [
        f"*{summary}*",
        f"Why {summary}.",
        "12 orders live &amp; well: 3 &lt; 5.",
        "→ Do this first.",
    ]
    fields = {field["title"]: field["value"] for field in message["fields"]}
    assert fields["Where"] == "waystar · binance BTC/USDT"
    assert fields["Since"].endswith(" UTC")
    assert fields["Owner"] == "desk on-call"
    assert fields["Next"] == "second trader after 5 min, head of trading after 10"
    links = {action["text"]: action["url"] for action in message["actions"]}
    board = f"{alerting.board}/d/fortuna?var-client=waystar&var-symbol=BTC%2FUSDT"
    runbook = f"{alerting.pager}/runbooks/SpreadTooWide"
    assert message["title_link"] == links["Board"] == board
    assert links["Runbook"] == runbook
    silence = urllib.parse.unquote(links["Silence"].partition("filter=")[2])
    assert set(silence.strip("{}").split(", ")) == {
        f'{name}="{value}"' for name, value in labels.items()
    }

    event = alerting.page("pagerduty", "firing", "waystar")["body"]
    assert event["event_action"] == "trigger"
    assert event["client_url"] == board
    assert {link["text"]: link["href"] for link in event["links"]} == links
    payload = event["payload"]
    assert payload["summary"] == f"SpreadTooWide: {summary}"
    assert payload["severity"] == "critical"
    assert payload["class"] == "SpreadTooWide"
    assert payload["component"] == "binance"
    assert payload["group"] == "waystar"
    assert payload["source"] == "waystar · binance BTC/USDT"
    details = payload["custom_details"]
    assert details["action"] == "Do this first."
    assert details["context"] == "12 orders live & well:\N{NO-BREAK SPACE}3 < 5."
    assert details["next"] == fields["Next"]
    assert details["firing"] == summary.replace(": ", ":\N{NO-BREAK SPACE}")
    assert details["num_firing"] == 1

    webhook = alerting.page("webhook", "firing", "waystar")["body"]
    assert webhook["alerts"][0]["annotations"] == annotations


def test_resolved_is_a_second_message_and_closes_the_same_incident(alerting: Alerting) -> None:
    """Green in Slack, with how long it took; the same dedup key in PagerDuty."""
    labels = {**SPREAD, "client": "umbrella", "venue": "okx", "symbol": "ETH/USDT"}
    annotations = words("umbrella is wide", "SpreadTooWide")
    alerting.alert(labels, annotations)
    opened = alerting.page("pagerduty", "firing", "umbrella")["body"]
    alerting.alert(labels, annotations, ends=True)

    message = alerting.page("slack", "resolved", "umbrella")["body"]["attachments"][0]
    assert message["title"] == "Resolved · SpreadTooWide"
    assert message["color"] == "#2eb67d"
    assert message["text"].strip() == "✓ umbrella is wide"
    assert message["fallback"] == "Resolved: SpreadTooWide: umbrella is wide"
    since = {field["title"]: field["value"] for field in message["fields"]}["Since"]
    assert ", for 1m 15s" in since or ", for 1m 16s" in since
    closed = alerting.page("pagerduty", "resolved", "umbrella")["body"]
    assert closed["event_action"] == "resolve"
    assert closed["dedup_key"] == opened["dedup_key"]
    assert len(alerting.pages("slack", "firing", "umbrella")) == 1


def test_several_markets_of_one_client_at_one_venue_are_one_incident(alerting: Alerting) -> None:
    """The second joins within seconds; another client is another incident."""
    for client, symbol in (
        ("soylent", "BTC/USDT"),
        ("soylent", "ETH/USDT"),
        ("oscorp", "ETH/USDT"),
    ):
        alerting.alert(
            {**SPREAD, "client": client, "venue": "okx", "symbol": symbol},
            words(f"{client} {symbol} is wide", "SpreadTooWide"),
        )
    both = alerting.page("slack", "firing", "soylent BTC/USDT", "soylent ETH/USDT")
    assert both["body"]["attachments"][0]["title"] == "Page · SpreadTooWide (2)"
    assert "(and 1 more)" in both["text"]
    keys = {
        page["body"]["dedup_key"]
        for client in ("soylent", "oscorp")
        for page in alerting.pages("pagerduty", "firing", client)
    }
    assert len(keys) == 2


def test_each_silent_service_rings_by_itself(alerting: Alerting) -> None:
    """A second dead engine must not hide in the first one's incident."""
    for job in ("desk/first", "desk/second"):
        alerting.alert(
            {**SILENT, "job": job, "instance": f"h/{job}/0"},
            words(f"{job} is silent", "ServiceSilent"),
        )
    first = alerting.page("pagerduty", "firing", "desk/first is silent")["body"]
    second = alerting.page("pagerduty", "firing", "desk/second is silent")["body"]
    assert first["dedup_key"] != second["dedup_key"]
    assert first["payload"]["component"] == "desk/first"


def test_the_watchdog_reaches_the_heartbeat_and_nobody_else(alerting: Alerting) -> None:
    """It would page for ever."""
    watchdog = {"alertname": "Watchdog", "severity": "heartbeat", "owner": "platform"}
    alerting.alert(watchdog, words("alive", "Watchdog"))
    alerting.alert(
        {"alertname": "Mark", "severity": "page", "owner": "desk"}, words("mark", "Mark")
    )
    alerting.page("slack", "firing", "mark")
    assert alerting.pages("slack", "firing", "Watchdog") == []
    assert alerting.pages("pagerduty", "firing", "Watchdog") == []


def test_what_calls_two_calls_two(alerting: Alerting) -> None:
    """Two services of PagerDuty, so two incidents; Slack says it once."""
    labels = {"alertname": "MarginLow", "severity": "page", "owner": "desk", "client": "thin-ice"}
    alerting.alert(labels, words("thin-ice is short of margin", "MarginLow"))
    called = alerting.wait(
        lambda: len(found := alerting.pages("pagerduty", "firing", "thin-ice")) == 2 and found,
        "two calls",
    )
    assert {page["body"]["routing_key"] for page in called} == {
        "pagerduty-routing-key",
        "pagerduty-escalation-routing-key",
    }
    assert len(alerting.pages("slack", "firing", "thin-ice")) == 1
    fields = alerting.page("slack", "firing", "thin-ice")["body"]["attachments"][0]["fields"]
    assert {"title": "Next", "value": "second trader called too, head of trading after 10 min",
            "short": True} in fields  # fmt: skip


def test_assets_of_one_client_are_incidents_of_their_own(alerting: Alerting) -> None:
    """A drift in ETH must not hide in the incident about BTC."""
    for asset in ("BTC", "ETH"):
        labels = {"alertname": "InventoryDrift", "client": "initech", "asset": asset}
        text = f"initech {asset} drifts"
        alerting.alert(
            {**labels, "severity": "page", "owner": "desk"}, words(text, "InventoryDrift")
        )
    keys = {
        alerting.page("pagerduty", "firing", f"initech {asset} drifts")["body"]["dedup_key"]
        for asset in ("BTC", "ETH")
    }
    assert len(keys) == 2


def test_a_long_incident_fits_slack(alerting: Alerting) -> None:
    """What leads in full, some others by their line, the rest as a number."""
    for number in range(30):
        labels = {**SPREAD, "client": "massive", "venue": "okx", "symbol": f"A{number:02}/USDT"}
        annotations = words(f"massive {number:02} " + "<long> " * 90, "SpreadTooWide")
        alerting.alert(labels, annotations | {"context": "& " * 900})
    page = alerting.page("slack", "firing", "SpreadTooWide (30)")
    message = page["body"]["attachments"][0]
    lines = message["text"].splitlines()
    assert sum(line.startswith("• ") for line in lines) == 5
    assert lines[-1] == "… and 24 more: the board has them all."
    # Slack counts what it shows, not the entities that stand for <, > and &.
    assert len(html.unescape(message["text"])) < 3000
    assert len(message["fields"]) <= 10


def test_what_has_lasted_longest_leads(alerting: Alerting) -> None:
    """What began it explains the rest, whatever the alphabet says."""
    for symbol, seconds in (("AAA/USDT", 30), ("ZZZ/USDT", 300), ("MMM/USDT", 60)):
        alerting.alert(
            {**SPREAD, "client": "ordered", "venue": "okx", "symbol": symbol},
            words(f"ordered {symbol} is wide", "SpreadTooWide"),
            lasted=seconds,
        )
    page = alerting.page("slack", "firing", "SpreadTooWide (3)", "ordered")
    assert page["body"]["attachments"][0]["text"].startswith("*ordered ZZZ/USDT is wide*")
    assert page["text"] == "SpreadTooWide: ordered ZZZ/USDT is wide (and 2 more)"


def test_nothing_went_wrong_on_the_way(alerting: Alerting) -> None:
    """Templates render and receivers accept: Alertmanager has nothing to complain about."""
    assert [line for line in alerting.log().splitlines() if "level=ERROR" in line] == []
    warned = [line for line in alerting.log().splitlines() if "level=WARN" in line]
    # Counters by receiver are an experiment of Alertmanager's, which it says at each start.
    assert [line for line in warned if "featurecontrol" not in line] == []
