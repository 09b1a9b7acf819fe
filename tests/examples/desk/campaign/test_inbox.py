"""A message answers what was waited for, or it is one too many."""

from __future__ import annotations

import time
from typing import Any

import pytest

from examples.desk.campaign.fault import TICKET, Told
from examples.desk.campaign.inbox import Inbox

DESK = "pagerduty-routing-key"
WIDE = Told("Wide", {"client": "acme", "venue": "okx"}, r"acme on okx: \d+ bp, 20 bp allowed")
LINE = "acme on okx: 40 bp, 20 bp allowed"


def webhook(status: str = "firing", line: str = LINE, **changed: Any) -> dict[str, Any]:
    """What the log receives."""
    labels = {"alertname": "Wide", "severity": "page", "owner": "desk", **WIDE.where}
    notes = {
        "summary": line,
        "description": "d",
        "context": "c",
        "action": "a",
        "runbook_url": "/runbooks/Wide",
        "dashboard_url": "/d/fortuna?var-client=acme",
    }
    alert = {
        "labels": {**labels, **changed.get("labels", {})},
        "annotations": {**notes, **changed.get("notes", {})},
        "startsAt": "2026-11-22T22:00:00.5Z",
    }
    return page("webhook", status, {"alerts": [alert], "receiver": "log"}, line)


def page(receiver: str, status: str, body: dict[str, Any], text: str = LINE) -> dict[str, Any]:
    """What the pager keeps of a message."""
    return {
        "time": time.time(),
        "receiver": receiver,
        "status": status,
        "alert": "Wide",
        "severity": "page",
        "text": text,
        "body": body,
    }


def pagerduty(status: str = "firing", key: str = DESK, text: str = LINE) -> dict[str, Any]:
    """What PagerDuty receives."""
    return page("pagerduty", status, {"dedup_key": "k", "routing_key": key}, text)


def read(*pages: dict[str, Any], told: Told = WIDE) -> tuple[Inbox, Any]:
    """Read these messages while one thing is waited for."""
    inbox = Inbox(lambda _: list(pages))
    answer = inbox.expect(told)
    inbox._read()
    return inbox, answer


def test_the_log_may_note_the_ticket_that_becomes_the_page() -> None:
    """It hears at once; a person who hears of both, or the log of another place, is too much."""
    noted = {**webhook(labels={"severity": TICKET}), "severity": TICKET}
    inbox, answer = read(noted, webhook())
    assert (inbox.extra, len(answer.firing["webhook"])) == ([], 1)
    other = {**webhook(labels={"severity": TICKET, "venue": "binance"}), "severity": TICKET}
    told = {**page("slack", "firing", {"text": "acme okx"}), "severity": TICKET}
    inbox, _ = read(other, told)
    assert inbox.extra == [other, told]


def test_the_log_may_hear_of_ticket_and_page_in_one_message() -> None:
    """They are of one group; what is of another place is not."""
    both = webhook("resolved")
    both["body"]["alerts"] += webhook(labels={"severity": TICKET})["body"]["alerts"]
    inbox, answer = read(webhook(), both)
    assert (inbox.extra, len(answer.resolved["webhook"])) == ([], 1)
    both["body"]["alerts"] += webhook(labels={"venue": "binance"})["body"]["alerts"]
    inbox, answer = read(webhook(), both)
    assert (inbox.extra, len(answer.resolved["webhook"])) == ([both], 0)


def test_every_receiver_once_and_its_end() -> None:
    """Slack, the phone and the log; an incident's end is known by its key alone."""
    end = pagerduty("resolved", text="")
    inbox, answer = read(
        webhook(), page("slack", "firing", {}), pagerduty(), webhook("resolved"), end
    )
    assert set(answer.firing) == {"webhook", "slack", DESK}
    assert answer.everybody(answer.firing)
    assert set(answer.resolved) == {"webhook", DESK}
    assert answer.problems == []
    assert answer.line == LINE
    assert answer.started == pytest.approx(1_795_384_800.5)
    assert inbox.extra == []


def test_a_ticket_rings_no_phone() -> None:
    """Its receivers are Slack and the log; a phone that rings all the same is a problem."""
    ticket = Told("Wide", WIDE.where, WIDE.text, severity=TICKET)
    assert ticket.receivers == {"slack", "webhook"}
    _, answer = read(pagerduty(), told=ticket)
    assert answer.problems == [f"{DESK} was told"]


def test_escalated_alerts_call_a_second_person() -> None:
    """Both phones ring."""
    phones = {DESK, "pagerduty-escalation-routing-key"}
    assert phones < Told("MarginLow", {}, "").receivers


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (webhook(line="acme on okx: wide"), "says 'acme on okx: wide', not"),
        (webhook(labels={"owner": "platform"}), "is platform's, not desk's"),
        (webhook(notes={"runbook_url": "/runbooks/Other"}), "its runbook is /runbooks/Other"),
        (webhook(notes={"dashboard_url": ""}), "its board is"),
        (webhook(notes={"context": ""}), "it has no context"),
        (webhook(notes={"action": "see <no value>"}), "<no value>"),
        (pagerduty(key="pagerduty-platform-routing-key"), "platform-routing-key was told"),
    ],
)
def test_what_is_wrong_with_a_message_is_found(message: dict[str, Any], problem: str) -> None:
    """Words, owner, links, context, phones."""
    _, answer = read(message)
    assert any(problem in found for found in answer.problems), answer.problems


def test_a_second_message_is_a_problem() -> None:
    """Exactly once."""
    _, answer = read(webhook(), webhook())
    assert answer.problems == ["webhook was told 2 times"]


@pytest.mark.parametrize(
    "message",
    [
        webhook(labels={"client": "globex"}),
        {**page("slack", "firing", {"text": "acme okx"}), "severity": "ticket"},
        {**webhook(), "alert": "Other"},
        page("slack", "firing", {}, "globex on okx: 40 bp"),
    ],
)
def test_what_nobody_waits_for_is_extra(message: dict[str, Any]) -> None:
    """Another client's, another severity's, another alert's."""
    inbox, answer = read(message)
    assert inbox.extra == [message]
    assert not answer.firing
