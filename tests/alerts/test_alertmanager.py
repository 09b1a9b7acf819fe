"""Alertmanager's configuration as it is generated, judged by Alertmanager's own tools."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from fortuna_otel.alerts import Routing, loads
from fortuna_otel.alerts.alertmanager import inhibit_rules, matcher, render, templates
from fortuna_otel.alerts.tree import Matcher, receivers
from tests.alerts.conftest import EVERYTHING
from tools.build import binary

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(routing: Routing, tmp_path: Path) -> Path:
    """The file, with the templates that it names."""
    path = tmp_path / "alertmanager.yml"
    path.write_text(render(routing, "alerting/routing.yaml"), encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "routing.tmpl").write_text(templates(routing), encoding="utf-8")
    return path


def told(config: Path, labels: str) -> list[str]:
    """Who hears of an alert, as amtool says."""
    answer = subprocess.run(
        [binary("amtool"), "config", "routes", "test", f"--config.file={config}", *labels.split()],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip().split(",")


def test_alertmanager_accepts_it(config: Path) -> None:
    """Everything that a routing file can have, at once."""
    answer = subprocess.run(
        [binary("amtool"), "check-config", config], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ("alertname=A severity=page owner=desk", "log desk-page"),
        ("alertname=A severity=page owner=platform client=acme", "log platform-page"),
        ("alertname=A severity=ticket owner=platform", "log platform-ticket"),
        ("alertname=A severity=ticket owner=nobody", "log desk-ticket"),
        ("alertname=A owner=desk", "log desk-page"),
        ("alertname=A severity=page owner=client-manager client=acme", "log desk-page"),
        (
            "alertname=A severity=ticket owner=client-manager client=acme",
            "log client-acme-ticket client-manager-ticket",
        ),
        (
            "alertname=A severity=ticket owner=client-manager client=other",
            "log client-manager-ticket",
        ),
        ("alertname=MarginLow severity=page owner=desk", "log escalation desk-page"),
        ("alertname=MarginLow severity=ticket owner=desk", "log desk-ticket"),
        ("alertname=Watchdog severity=heartbeat", "heartbeat"),
    ],
)
def test_alerts_find_their_receivers(config: Path, labels: str, receivers: str) -> None:
    """By severity, owner and client; nobody's are the fallback's."""
    assert told(config, labels) == receivers.split()


def test_a_test_alert_reaches_each_receiver_it_is_meant_for(config: Path, routing: Routing) -> None:
    """What test-fire sends goes through the same routes."""
    found = receivers(routing)
    assert [one.name for one in found] == [
        *("desk-page", "desk-ticket", "platform-page", "platform-ticket"),
        *("client-manager-ticket", "client-acme-ticket", "escalation", "log", "heartbeat"),
    ]
    for one in found:
        labels = " ".join(f"{name}={value}" for name, value in one.labels.items())
        assert one.name in told(config, f"{labels} test=true")


def leaf(config: dict[str, Any], receiver: str) -> dict[str, Any]:
    """The route to a receiver."""
    [found] = [one for one in config["route"]["routes"] if one.get("receiver") == receiver]
    return dict(found)


def test_hours_hold_tickets_back_and_never_pages(routing: Routing) -> None:
    """Nor what a test sends, which takes the same way without the wait."""
    config = yaml.safe_load(render(routing, "x"))
    ticket, page = leaf(config, "platform-ticket"), leaf(config, "platform-page")
    assert ticket["mute_time_intervals"] == ["outside-hours-platform"]
    assert "mute_time_intervals" not in page
    assert ticket["routes"][0] == {
        "matchers": ['test="true"'],
        "group_wait": "0s",
        "group_interval": "1s",
    }
    grouped = ticket["routes"][-1]
    assert grouped["matchers"] == ['alertname="TransfersHalted"']
    assert grouped["mute_time_intervals"] == ["outside-hours-platform"]


def test_maintenance_is_narrow(routing: Routing) -> None:
    """Where it matches, and never for what loses money meanwhile; hours stay in force."""
    config = yaml.safe_load(render(routing, "x"))
    okx = leaf(config, "platform-ticket")["routes"][1]
    assert okx["matchers"][0] == 'venue="okx"'
    assert okx["matchers"][1].startswith("alertname!~")
    assert "MarginLow" in okx["matchers"][1]
    assert okx["mute_time_intervals"] == ["outside-hours-platform", "maintenance-okx-weekly"]
    assert leaf(config, "log").keys() == {"receiver", "continue"}


def test_what_two_windows_match_is_muted_in_both(routing: Routing) -> None:
    """Alertmanager takes the first route that matches, so the second window lies within it too."""
    config = yaml.safe_load(render(routing, "x"))
    children = leaf(config, "desk-page")["routes"]
    okx = next(one for one in children if 'venue="okx"' in one["matchers"])
    inner = [one["mute_time_intervals"] for one in okx["routes"]]
    assert ["maintenance-okx-weekly", "maintenance-everywhere"] in inner
    # Another venue cannot be the same alert.
    assert ["maintenance-okx-weekly", "maintenance-binance"] not in inner


def test_one_problem_goes_out_once_when_grafana_evaluates() -> None:
    """Alertmanager drops exactly the families, and no test."""
    routing = loads(EVERYTHING.replace("evaluator: ruler", "evaluator: grafana"))
    config = yaml.safe_load(render(routing, "x"))
    assert leaf(config, "grafana")["matchers"] == [
        (
            'alertname=~"FeedStale|SpreadTooWide|InventoryDrift|ServiceSilent|ServiceMissing'
            '|PipelineBehind"'
        ),
        'test=""',
    ]
    assert {"name": "grafana"} in config["receivers"]
    ruler = yaml.safe_load(render(loads(EVERYTHING), "x"))
    assert all(one["name"] != "grafana" for one in ruler["receivers"])


def test_a_test_mutes_nothing() -> None:
    """Every inhibition asks for a source that is no test."""
    assert all('test=""' in rule["source_matchers"] for _, rule in inhibit_rules())


def test_the_heartbeat_is_looked_at_more_often_than_it_is_due(routing: Routing) -> None:
    """Looked at only when it is due, it was a moment too young each time: 60 s instead of 30 s."""
    routes = yaml.safe_load(render(routing, "alerting/routing.yaml"))["route"]["routes"]
    (heartbeat,) = (route for route in routes if route["receiver"] == "heartbeat")
    assert heartbeat["repeat_interval"] == routing.heartbeat.every == "30s"
    assert heartbeat["group_interval"] == "1s"


def test_secrets_are_files_in_one_folder(routing: Routing) -> None:
    """Never values."""
    config = yaml.safe_load(render(routing, "x"))
    for receiver in config["receivers"]:
        for kind in receiver.keys() - {"name"}:
            for integration in receiver[kind]:
                files = [value for key, value in integration.items() if key.endswith("_file")]
                assert len(files) == 1
                assert files[0].startswith("secrets/")


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Matcher("venue", ("okx",)), 'venue="okx"'),
        (Matcher("venue", ("okx",), equal=False), 'venue!="okx"'),
        (Matcher("job", ("a.b", "c-d")), 'job=~"a\\\\.b|c-d"'),
        (Matcher("job", ("a", "b"), equal=False), 'job!~"a|b"'),
    ],
)
def test_matchers_match_values_and_no_patterns(one: Matcher, text: str) -> None:
    """A dot in a name is a dot."""
    assert matcher(one) == text
