"""The routing file: what is wrong is told with its line and with what to write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fortuna_otel.alerts import RoutingError, load, loads
from tests.alerts.conftest import EVERYTHING

if TYPE_CHECKING:
    from pathlib import Path


def problems(content: str) -> list[str]:
    """What is wrong with a file."""
    with pytest.raises(RoutingError) as caught:
        loads(content)
    return [str(problem) for problem in caught.value.problems]


def line(content: str, text: str) -> int:
    """On which line a text stands first."""
    return content[: content.index(text)].count("\n") + 1


def test_a_good_file_says_who_is_told_of_what() -> None:
    """Names, ways, hours and windows are read as they were meant."""
    routing = loads(EVERYTHING)
    assert list(routing.teams) == ["desk", "platform", "client-manager"]
    desk, platform = routing.teams["desk"], routing.teams["platform"]
    assert desk.page is not None
    assert desk.page.kinds() == [
        ("slack", "slack-webhook-url"),
        ("pagerduty", "pagerduty-routing-key"),
    ]
    assert platform.hours is not None
    assert platform.hours.days == ("monday", "tuesday", "wednesday", "thursday", "friday")
    assert (platform.hours.begin, platform.hours.end) == (540, 1080)
    assert routing.clients["acme"].hears == ("client-manager",)
    assert routing.maintenance[0].match == {"venue": ("okx",)}
    assert routing.repeat.page == "2h"


@pytest.mark.parametrize(
    ("was", "becomes", "at", "told"),
    [
        ("evaluator: ruler", "evaluator: rule", "evaluator", "is not `ruler` or `grafana`"),
        ("fallback: desk\n", "", "evaluator", "is missing; write `fallback: desk`"),
        ("fallback: desk", "fallback: dsk", "fallback: dsk", "`dsk` is no team; write `desk`"),
        ("fallback: desk", "fallback: platfrom", "fallback", "write `platform`"),
        ("slack: slack-webhook-url, p", "slak: slack-webhook-url, p", "page:", "write `slack`"),
        ("log: webhook-url", "logs: webhook-url", "logs:", "is not a known key; write `log`"),
        (
            "{slack: slack-tickets-webhook-url}",
            "{slack: https://hooks.slack.com/services/T0/B0/x}",
            "ticket:",
            "is the secret itself, or a path; write the name of a file in secrets/",
        ),
        (
            "pagerduty: pagerduty-routing-key",
            "pagerduty: 0123456789abcdef0123456789abcdef",
            "page:",
            "is the secret itself",
        ),
        ("log: webhook-url", "log: Web Hook", "log:", "`Web Hook` is not a file name"),
        ("log: webhook-url", "log: [webhook-url]", "log:", "is a list, not one value"),
        ("log: webhook-url", "log: {webhook: url}", "log:", "is not one value"),
        ('from: "09:00"', 'from: "9"', "hours:", '`9` is not a time of day; write `"09:00"`'),
        ('from: "09:00"', 'from: "19:00"', "hours:", "is not after `from`"),
        ("monday-friday", "friday-monday", "hours:", "write `[friday-sunday, monday-monday]`"),
        ("monday-friday", "mon-fri", "hours:", "`mon-fri` is not a day"),
        ("Europe/London", "London", "hours:", "`London` is not a time zone"),
        ("every: 30s", "every: soon", "heartbeat:", "`soon` is not a duration"),
        ("repeat: {page: 2h", "repeat: {page: 0s", "repeat:", "`0s` is not a duration"),
        ("  default: [client, venue, asset, job]\n", "", "grouping:", "write `default:"),
        ("[client, venue, asset, job]", "[customer]", "default:", "`customer` is not a label"),
        ("grouping:\n", "grouping: []\nx:\n", "grouping:", "is not a mapping"),
        ("[KillSwitchFired, MarginLow]", "[kill]", "escalation:", "`kill` is not the name"),
        ("hears: client-manager", "hears: manager", "hears:", "`manager` is no team"),
        (
            "    ticket: {slack: slack-acme-webhook-url}\n",
            "",
            "acme:",
            "is never told anything; write `ticket: {slack: …}` below it",
        ),
        ("    ticket: {slack: slack-acme-webhook-url}\n", "", "hours: {days: [", "no tickets"),
        ("{slack: slack-acme-webhook-url}", "{}", "ticket: {}", "names no way; write `slack: …`"),
        (
            "    ticket: {slack: slack-tickets-webhook-url}\n",
            "",
            "desk:",
            "is the fallback and hears no ticket",
        ),
        ("    why: OKX upgrades its engine\n", "", "- name: okx", "is missing; write `why: …`"),
        (
            "    until: 2027-02-10\n",
            "",
            "- name: okx",
            "write `until: 2027-03-01`; a window that never ends hides a fault for ever",
        ),
        ("until: 2027-02-10", "until: 2028-02-10", "until: 2028", "is more than a year after"),
        ("until: 2027-02-10", "until: 2026-02-10", "until: 2026-02", "is before `since`"),
        ("since: 2026-12-30", "since: soon", "since: soon", "`soon` is not a date"),
        ('to: "06:30"', 'to: "23:30"', "- name: okx", "lasts more than 12 h"),
        ('to: "06:30"', 'to: "05:30"', 'to: "05:30"', "write two entries"),
        ("name: binance", "name: okx-weekly", "name: okx-weekly\n    why: B", "stands twice"),
        ("match: {venue: binance}", "match: {client: acme}", "{client", "more than one place"),
        (
            "alerts: [ServiceSilent,",
            "alerts: [MarginLow,",
            "alerts: [MarginLow",
            "`MarginLow` is never muted: money is lost during maintenance too; remove it",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(was: str, becomes: str, at: str, told: str) -> None:
    """And with what to write instead."""
    assert was in EVERYTHING
    content = EVERYTHING.replace(was, becomes, 1)
    found = problems(content)
    expected = line(content, at)
    assert any(
        told in problem and problem.startswith(f"routing.yaml:{expected}:") for problem in found
    ), found


def test_every_problem_is_told_at_once() -> None:
    """One run, one list."""
    content = EVERYTHING.replace("London", "Londres").replace("every: 30s", "every: x")
    assert len(problems(content.replace("evaluator: ruler", "evaluator: me"))) == 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty; write `teams:` at its top"),
        ("- a", "is not a mapping; write `teams:` at its top"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_file_that_is_none_is_told(content: str, told: str) -> None:
    """No traceback for a slip."""
    assert told in problems(content)[0]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(RoutingError, match=re.escape(f"{tmp_path}/no.yaml: cannot be read")):
        load(tmp_path / "no.yaml")


RULES = [
    {"alert": name, "labels": {"owner": owner, "severity": "page"}}
    for name, owner in (
        ("KillSwitchFired", "desk"),
        ("MarginLow", "desk"),
        ("TransfersHalted", "platform"),
    )
]


def test_names_are_looked_up_in_the_rules() -> None:
    """An alert that is routed and does not exist is a slip; so is an owner that nobody is."""
    assert loads(EVERYTHING, rules=RULES).fallback == "desk"
    content = EVERYTHING.replace("KillSwitchFired", "KillSwichFired").replace(
        "TransfersHalted", "Nothing"
    )
    rules = [*RULES, {"alert": "A", "labels": {"owner": "night-shift"}}]
    with pytest.raises(RoutingError) as caught:
        loads(content, rules=rules)
    found = str(caught.value)
    assert "`KillSwichFired` is no alert; write `KillSwitchFired`" in found
    assert "`Nothing` is no alert; write one of those in rules/*.yaml" in found
    assert "lacks `night-shift`, which owns alerts; write `night-shift:` below it" in found
