"""`alerting/alertmanager.yml`: who is told, in which words, and which alerts mute which."""

from __future__ import annotations

import subprocess
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tools.build import binary

if TYPE_CHECKING:
    from tests.alerting.conftest import Alerting

CONFIG = Path(__file__).resolve().parents[2] / "alerting" / "alertmanager.yml"


def words(summary: str, alert: str, query: str = "") -> dict[str, str]:
    """The annotations that every rule has."""
    return {
        "summary": summary,
        "description": f"Why {summary}.",
        "action": "Do this first.",
        "runbook_url": f"/runbooks/{alert}",
        "dashboard_url": f"/d/fortuna{query}",
    }


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
    ("labels", "receiver"),
    [
        ("alertname=SpreadTooWide severity=page owner=desk client=acme venue=okx", "desk-page"),
        ("alertname=ServiceSilent severity=page owner=desk job=desk/mm", "desk-page"),
        ("alertname=PipelineBehind severity=page owner=platform", "platform-page"),
        ("alertname=InventoryDrift severity=ticket owner=desk client=acme", "ticket"),
        ("alertname=Watchdog severity=heartbeat owner=platform", "heartbeat"),
        ("alertname=Mislabelled", "desk-page"),
    ],
)
def test_each_alert_finds_its_receiver(labels: str, receiver: str) -> None:
    """By severity and owner; what nobody claims still pages."""
    told = amtool("config", "routes", "test", f"--config.file={CONFIG}", *labels.split())
    assert told.strip() == receiver


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
    assert message["text"].splitlines() == [f"*{summary}*", f"Why {summary}.", "→ Do this first."]
    fields = {field["title"]: field["value"] for field in message["fields"]}
    assert fields["Where"] == "waystar · binance BTC/USDT"
    assert fields["Since"].endswith(" UTC")
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
    assert details["firing"].strip() == summary.replace(": ", ":\N{NO-BREAK SPACE}")
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


INHIBITIONS: list[tuple[str, dict[str, str], dict[str, str], dict[str, str]]] = [
    # name, cause, symptom that it mutes, symptom that it must leave alone
    (
        "a path mutes the silence of its services",
        {"alertname": "PipelineBehind", "host_name": "h1"},
        {"alertname": "ServiceSilent", "host_name": "h1", "job": "desk/a", "instance": "h1/a/0"},
        {"alertname": "ServiceSilent", "host_name": "h2", "job": "desk/b", "instance": "h2/b/0"},
    ),
    (
        "a path mutes the feeds of its services",
        {"alertname": "PipelineBehind", "host_name": "h3"},
        {"alertname": "FeedStale", "host_name": "h3", "job": "desk/c", "venue": "okx"},
        {"alertname": "FeedStale", "host_name": "h4", "job": "desk/d", "venue": "okx"},
    ),
    (
        "without host names there is one path",
        {"alertname": "PipelineBehind"},
        {"alertname": "ServiceSilent", "job": "desk/e", "instance": "e/0"},
        {"alertname": "ServiceSilent", "host_name": "h5", "job": "desk/f", "instance": "f/0"},
    ),
    (
        "a silent process mutes its own feeds",
        {"alertname": "ServiceSilent", "job": "desk/g", "instance": "h6/g/0", "host_name": "h6"},
        {"alertname": "FeedStale", "job": "desk/g", "instance": "h6/g/0", "venue": "binance"},
        {"alertname": "FeedStale", "job": "desk/g", "instance": "h6/g/1", "venue": "binance"},
    ),
    (
        "silent mutes missing, of the same service",
        {"alertname": "ServiceSilent", "job": "desk/h", "instance": "h7/h/0", "host_name": "h7"},
        {"alertname": "ServiceMissing", "job": "desk/h"},
        {"alertname": "ServiceMissing", "job": "desk/i"},
    ),
    (
        "a page mutes its own ticket",
        {"alertname": "InventoryDrift", "client": "j", "asset": "BTC", "capital": "client"},
        {
            "alertname": "InventoryDrift",
            "client": "j",
            "asset": "BTC",
            "capital": "client",
            "severity": "ticket",
        },
        {
            "alertname": "InventoryDrift",
            "client": "j",
            "asset": "ETH",
            "capital": "client",
            "severity": "ticket",
        },
    ),
]


@pytest.mark.parametrize(
    ("cause", "muted", "heard"),
    [one[1:] for one in INHIBITIONS],
    ids=[one[0] for one in INHIBITIONS],
)
def test_causes_mute_their_symptoms_and_no_others(
    alerting: Alerting, cause: dict[str, str], muted: dict[str, str], heard: dict[str, str]
) -> None:
    """Both ways: the symptom of this cause is muted, the same symptom elsewhere is not."""
    usual = {"severity": "page", "owner": "desk"}
    for labels in (cause, muted, heard):
        name = labels["alertname"]
        alerting.alert({**usual, **labels}, words(f"{name} {labels}", name))
    try:
        alerting.wait(lambda: alerting.suppressed(**muted), f"{muted} to be muted")
        assert not alerting.suppressed(**heard)
    finally:
        for labels in (cause, muted, heard):
            alerting.alert({**usual, **labels}, {}, ends=True)
        alerting.wait(lambda: not alerting.suppressed(**muted), f"{muted} to be over")


def test_a_dead_exporter_mutes_missing_mandates_and_a_dead_engine_does_not(
    alerting: Alerting,
) -> None:
    """One page for the exporter; an engine's death says nothing about the mandates."""
    missing = {"alertname": "MandatesMissing", "severity": "page", "owner": "platform"}
    engine = {**SILENT, "job": "desk/k"}
    exporter = {**engine, "job": "desk/mandates"}
    alerting.alert(engine, words("k", "ServiceSilent"))
    alerting.alert(missing, words("mandates gone", "MandatesMissing"))
    alerting.page("slack", "firing", "mandates gone")
    assert not alerting.suppressed(**missing)
    alerting.alert(exporter, words("exporter", "ServiceSilent"))
    alerting.wait(lambda: alerting.suppressed(**missing), "MandatesMissing to be muted")


def test_nothing_went_wrong_on_the_way(alerting: Alerting) -> None:
    """Templates render and receivers accept: Alertmanager has nothing to complain about."""
    assert [line for line in alerting.log().splitlines() if "level=ERROR" in line] == []
    assert [line for line in alerting.log().splitlines() if "level=WARN" in line] == []
