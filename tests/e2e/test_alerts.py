"""Faults of the running desk reach Slack and PagerDuty, once, in the right words, and resolve."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from examples.desk import faults

if TYPE_CHECKING:
    from tests.e2e.desk import Desk

pytestmark = pytest.mark.e2e

CLIENT = "acme"
ENGINE = "mm-majors"
FAULT_SECONDS = 90.0
# keep_firing_for and what the desk needs to come back.
QUIET_SECONDS = 120.0


@dataclass(frozen=True)
class Told:
    """What a fault's page must say."""

    alert: str
    text: str  # a pattern of the line that Slack's lock screen and PagerDuty's incident show
    component: str
    group: str
    labels: dict[str, str]
    incidents: int = 1
    tickets: frozenset[str] = frozenset()  # what the fault may earn besides, in working hours


TOLD = {
    "silent-service": Told(
        "ServiceSilent",
        r"desk/mm-majors is silent for \d+ s \(5 s allowed\) with [1-9]\d* orders last seen live",
        r"desk/mm-majors",
        "desk",
        {"job": "desk/mm-majors"},
    ),
    "stale-feed": Told(
        "FeedStale",
        r"desk/mm-majors quotes on a dead \w+ feed: nothing for \d+\.\d s \(5 s allowed\) "
        r"with [1-9]\d* live orders",
        r"binance|okx",
        "desk",
        {"job": "desk/mm-majors"},
    ),
    # The client quotes on two venues: two obligations, two incidents.
    "wide-spread": Told(
        "SpreadTooWide",
        r"acme on (binance|okx) BTC/USDT: spread \d+\.\d bp, 20\.0 bp allowed, "
        r"since \d\d:\d\d:\d\d UTC",
        r"binance|okx",
        "acme",
        {"client": "acme", "symbol": "BTC/USDT"},
        incidents=2,
    ),
    "inventory-drift": Told(
        "InventoryDrift",
        r"acme BTC: exposure -\d+(\.\d+)? BTC off target, ±7 BTC allowed, since \d\d:\d\d:\d\d UTC",
        r"BTC",
        "acme",
        {"client": "acme", "asset": "BTC", "capital": "client"},
        # A desk that has just started may have no fills but the fault's: they are one-sided.
        tickets=frozenset({"OneSidedFills"}),
    ),
}


@dataclass(frozen=True)
class Inbox:
    """What the pager was told since a moment."""

    pages: list[dict[str, Any]]

    def of(self, receiver: str, status: str = "firing") -> list[dict[str, Any]]:
        """The pages of one receiver and status."""
        return [
            page for page in self.pages if page["receiver"] == receiver and page["status"] == status
        ]

    def incidents(self, status: str) -> set[str]:
        """Keys of the incidents that PagerDuty opened, or closed."""
        return {page["body"]["dedup_key"] for page in self.of("pagerduty", status)}


def told(desk: Desk, since: float, severity: str) -> list[dict[str, Any]]:
    """What the pager was told of one severity since a moment."""
    return [page for page in desk.pages(since) if page["severity"] == severity]


def settled(desk: Desk, since: float, incidents: int) -> Inbox:
    """What arrived, once as many incidents as expected were opened and every one closed."""

    def closed() -> Inbox | None:
        inbox = Inbox(told(desk, since, "page"))
        opened = inbox.incidents("firing")
        done = len(opened) >= incidents and opened == inbox.incidents("resolved")
        return inbox if done else None

    inbox: Inbox = desk.wait(closed, QUIET_SECONDS, "every incident to be closed")
    return inbox


def quiet(desk: Desk) -> None:
    """Wait until nothing fires, so that a test sees its own pages only, and the client is quoted.

    A board with data on every panel may still wait for the slowest engine.
    """
    at_work = (
        f'sum(fortuna_orders_open{{client="{CLIENT}",source="engine"}}) > 0'
        f' and on () fortuna:obligation:spread_of_max_ratio{{client="{CLIENT}"}}'
        f' and on () fortuna:exposure:drift{{client="{CLIENT}"}}'
    )
    desk.wait(lambda: desk.query(at_work), QUIET_SECONDS, f"{CLIENT} to be quoted")
    firing = 'ALERTS{alertstate="firing",severity="page"}'
    desk.wait(lambda: not desk.query(firing), QUIET_SECONDS, "no alert to fire")


@pytest.mark.parametrize("name", TOLD)
def test_a_fault_pages_once_and_resolves(desk: Desk, name: str) -> None:
    """As `make fault` does it: both receivers, right words, numbers, links; no other page."""
    quiet(desk)
    due, begun = TOLD[name], time.time()
    faults.run(
        faults.Desk(desk.run_dir), faults.FAULTS[name], CLIENT, FAULT_SECONDS, Console(quiet=True)
    )
    inbox = settled(desk, begun, due.incidents)

    assert {page["alert"] for page in inbox.pages} == {due.alert}, inbox.pages
    assert {page["alert"] for page in told(desk, begun, "ticket")} <= due.tickets
    assert len(inbox.incidents("firing")) == due.incidents

    slack = inbox.of("slack")
    assert len(slack) == due.incidents
    for page in slack:
        assert re.fullmatch(f"{due.alert}: {due.text}", page["text"]), page["text"]
        message = page["body"]["attachments"][0]
        assert message["title"] == f"Page · {due.alert}"
        links = {action["text"]: action["url"] for action in message["actions"]}
        assert links["Board"].startswith(f"http://127.0.0.1:{desk.ports.grafana}/d/fortuna")
        assert links["Runbook"].endswith(f":{desk.ports.pager}/runbooks/{due.alert}")
        assert f"http://127.0.0.1:{desk.ports.alertmanager}/#/silences/new" in links["Silence"]
        assert "<no value>" not in json.dumps(message)
    assert len(inbox.of("slack", "resolved")) == due.incidents

    pagerduty = inbox.of("pagerduty")
    assert len(pagerduty) == due.incidents
    for page in pagerduty:
        payload = page["body"]["payload"]
        assert re.fullmatch(f"{due.alert}: {due.text}", payload["summary"]), payload["summary"]
        assert payload["severity"] == "critical"
        assert payload["class"] == due.alert
        assert re.fullmatch(due.component, payload["component"])
        assert payload["group"] == due.group

    for page in inbox.of("webhook"):
        for alert in page["body"]["alerts"]:
            assert due.labels.items() <= alert["labels"].items()


def age(desk: Desk, job: str) -> float:
    """Seconds since a service's last beat."""
    return desk.value(f'time() - max(fortuna:loop:beat_timestamp_seconds{{job="{job}"}})') or 0.0


def silent(desk: Desk, since: float, status: str = "firing") -> set[str]:
    """The receivers that were told of a silent service, or that it is back."""
    return {
        page["receiver"]
        for page in told(desk, since, "page")
        if page["alert"] == "ServiceSilent" and page["status"] == status
    }


def current(desk: Desk, name: str) -> int | None:
    """A process's id, None for the moment in which a restart is writing it."""
    with contextlib.suppress(ValueError):
        return desk.pid(name)
    return None


def test_a_graceful_stop_pages_nobody(desk: Desk) -> None:
    """A deploy is no crash: who said goodbye is not missed long after its last beat."""
    quiet(desk)
    name, job, begun = "mm-tokens-1", "desk/mm-tokens-1", time.time()
    live = f'fortuna:service:orders_open{{job="{job}"}} > 0'
    desk.wait(lambda: desk.query(live), 30, f"{job} to have live orders")
    before = desk.pid(name)
    os.kill(before, signal.SIGTERM)
    # The runner starts it again at once: hold the new process before it can beat.
    after = desk.wait(
        lambda: current(desk, name) not in {None, before} and current(desk, name),
        60,
        "a new process",
    )
    os.kill(after, signal.SIGSTOP)
    try:
        desk.wait(lambda: age(desk, job) > 12, 60, f"{job} to be gone for 12 s")
        assert desk.query(f'fortuna:service:gone{{job="{job}"}}')
    finally:
        os.kill(after, signal.SIGCONT)
    desk.wait(lambda: age(desk, job) < 3, 60, f"{job} to be back")
    assert silent(desk, begun) == set()


def test_a_killed_engine_pages_and_names_what_is_live(desk: Desk) -> None:
    """`kill -9`, again at each restart: which service, how many orders, whose; then it is back."""
    quiet(desk)
    name, job, begun = "mm-alts-1", "desk/mm-alts-1", time.time()
    live = f'sum by (client) (fortuna_orders_open{{job="{job}"}}) > 0'
    rows = desk.wait(lambda: desk.query(live), 30, f"{job} to have live orders")
    clients = sorted(labels["client"] for labels, _ in rows)
    both = {"slack", "pagerduty"}

    def killed() -> bool:
        if both <= silent(desk, begun):
            return True
        if pid := current(desk, name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return False

    desk.wait(killed, 60, "the page")
    for page in told(desk, begun, "page"):
        assert (page["alert"], job in page["text"]) == ("ServiceSilent", True), page
        assert "orders last seen live" in page["text"]
        whole = json.dumps(page["body"], ensure_ascii=False)
        assert [client for client in clients if client not in whole] == []
    desk.wait(lambda: both <= silent(desk, begun, "resolved"), QUIET_SECONDS, "its return")
