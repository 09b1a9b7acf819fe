"""The local pager: it takes what the real services take, refuses what they refuse, and shows it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from rich.console import Console

from examples.desk.pager import Page, Pager, Pages, RefusedError, line, pagerduty, slack, webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SLACK = {
    "username": "Fortuna",
    "attachments": [
        {
            "title": "Page · SpreadTooWide (2)",
            "fallback": "SpreadTooWide: acme is wide (and 1 more)",
            "text": "*acme is wide*",
        }
    ],
}
EVENT = {
    "routing_key": "key",
    "event_action": "trigger",
    "dedup_key": "d1",
    "payload": {
        "summary": "SpreadTooWide: acme is wide",
        "source": "acme",
        "severity": "critical",
        "class": "SpreadTooWide",
    },
}
WEBHOOK = {
    "status": "firing",
    "commonLabels": {"alertname": "SpreadTooWide", "severity": "page"},
    "alerts": [{"annotations": {"summary": "acme is wide"}}],
}


class Running:
    """A pager, its pages, and what it printed."""

    def __init__(self, client: TestClient[Any, Any], printed: io.StringIO) -> None:
        self.client = client
        self.printed = printed

    async def pages(self, since: float = 0.0) -> list[dict[str, Any]]:
        """What `/pages` lists."""
        answer = await (await self.client.get("/pages", params={"since": since})).json()
        return list(answer["pages"])


@pytest.fixture
async def pager() -> AsyncIterator[Running]:
    """A pager that listens."""
    printed = io.StringIO()
    application = Pager(Pages(), Console(file=printed, width=200)).application()
    async with TestClient(TestServer(application)) as client:
        yield Running(client, printed)


def test_a_slack_message_says_alert_status_and_line() -> None:
    """The title names kind and alert, the fallback is the line."""
    page = slack(SLACK, 5.0)
    assert (page.alert, page.status, page.severity) == ("SpreadTooWide", "firing", "page")
    assert page.text == "SpreadTooWide: acme is wide (and 1 more)"


@pytest.mark.parametrize(
    ("title", "status", "severity"),
    [
        ("Resolved · FeedStale", "resolved", "page"),
        ("Ticket · FeedStale", "firing", "ticket"),
        ("Page · FeedStale (1 firing, 1 resolved)", "firing", "page"),
    ],
)
def test_a_slack_title_tells_what_kind_of_message_it_is(
    title: str, status: str, severity: str
) -> None:
    """Resolved and ticket are told from a page."""
    page = slack({"attachments": [{"title": title}]}, 0.0)
    assert (page.alert, page.status, page.severity) == ("FeedStale", status, severity)


@pytest.mark.parametrize("body", [{}, [], {"attachments": []}, "text", {"text": ""}])
def test_slack_refuses_a_message_without_text(body: object) -> None:
    """As the real one: `no_text`."""
    with pytest.raises(RefusedError, match="no_text"):
        slack(body, 0.0)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"text": "x" * 3001}, "msg_too_long"),
        ({"fields": [{"title": "a", "value": "b"}] * 11}, "too_many_fields"),
    ],
)
def test_what_slack_would_cut_off_is_refused(change: dict[str, Any], why: str) -> None:
    """An entity such as `&lt;` is one character."""
    message = SLACK["attachments"][0]
    with pytest.raises(RefusedError, match=why):
        slack({"attachments": [{**message, **change}]}, 0.0)  # type: ignore[dict-item]
    assert slack({"attachments": [{**message, "text": "&lt;" * 3000}]}, 0.0)  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"routing_key": ""}, "routing_key"),
        ({"event_action": "fire"}, "event_action"),
        ({"event_action": "resolve", "dedup_key": ""}, "dedup_key"),
        ({"payload": {**EVENT["payload"], "summary": ""}}, "payload.summary"),  # type: ignore[dict-item]
        ({"payload": {**EVENT["payload"], "severity": "page"}}, "payload.severity"),  # type: ignore[dict-item]
        ({"payload": None}, "payload.summary"),
    ],
)
def test_pagerduty_refuses_an_invalid_event(change: dict[str, Any], why: str) -> None:
    """The error names the field, as the real one does."""
    with pytest.raises(RefusedError, match=why):
        pagerduty({**EVENT, **change}, 0.0)


def test_pagerduty_refuses_what_is_no_object() -> None:
    """A list is no event."""
    with pytest.raises(RefusedError, match="invalid"):
        pagerduty([], 0.0)


def test_a_webhook_without_alerts_is_refused() -> None:
    """Anything else than Alertmanager's is a mistake in configuration."""
    with pytest.raises(RefusedError):
        webhook({"status": "firing"}, 0.0)


def test_only_the_last_pages_are_kept() -> None:
    """A pager that runs for weeks holds no more than its bound."""
    pages = Pages(keep=2)
    for moment in (1.0, 2.0, 3.0):
        pages.add(slack(SLACK, moment))
    assert [page.time for page in pages.since(0.0)] == [2.0, 3.0]
    assert [page.time for page in pages.since(2.0)] == [3.0]


def test_a_line_says_when_who_and_what() -> None:
    """One line a notification, in UTC."""
    page = Page(3661.0, "pagerduty", "resolved", "FeedStale", "page", "Resolved: FeedStale", {})
    assert line(page).plain == "01:01:01 PagerDuty ✓ resolved Resolved: FeedStale"


async def test_it_answers_as_the_real_services_do(pager: Running) -> None:
    """Alertmanager takes anything else as a failure and sends again."""
    told = await pager.client.post("/slack", json=SLACK)
    assert (told.status, await told.text()) == (200, "ok")
    accepted = await pager.client.post("/v2/enqueue", json=EVENT)
    assert accepted.status == 202
    assert await accepted.json() == {
        "status": "success",
        "message": "Event processed",
        "dedup_key": "d1",
    }
    assert (await pager.client.post("/webhook", json=WEBHOOK)).status == 200
    assert [page["receiver"] for page in await pager.pages()] == ["slack", "pagerduty", "webhook"]


async def test_pagerduty_makes_a_key_where_there_is_none(pager: Running) -> None:
    """And says it, so that the incident can be resolved."""
    event = {name: value for name, value in EVENT.items() if name != "dedup_key"}
    answer = await (await pager.client.post("/v2/enqueue", json=event)).json()
    assert len(answer["dedup_key"]) == 32


@pytest.mark.parametrize("path", ["/slack", "/v2/enqueue", "/webhook"])
@pytest.mark.parametrize("body", [b"{", b"{}", b"\xff"])
async def test_what_the_real_services_refuse_is_refused(
    pager: Running, path: str, body: bytes
) -> None:
    """A template that renders rubbish shows here, not in the night; nothing is listed."""
    assert (await pager.client.post(path, data=body)).status == 400
    assert await pager.pages() == []


async def test_slack_and_pagerduty_are_printed_once_each(pager: Running) -> None:
    """A terminal beside the desk shows them; the webhook repeats what was said."""
    await pager.client.post("/slack", json=SLACK)
    await pager.client.post("/v2/enqueue", json=EVENT)
    await pager.client.post("/webhook", json=WEBHOOK)
    printed = pager.printed.getvalue().splitlines()
    assert len(printed) == 2
    assert printed[0].endswith("Slack     ● page     SpreadTooWide: acme is wide (and 1 more)")
    assert printed[1].endswith("PagerDuty ● page     SpreadTooWide: acme is wide")


async def test_a_bare_resolve_event_is_shown_with_its_incident(pager: Running) -> None:
    """PagerDuty needs no more than the key; people need the words."""
    await pager.client.post("/v2/enqueue", json=EVENT)
    bare = {"routing_key": "key", "event_action": "resolve", "dedup_key": "d1"}
    await pager.client.post("/v2/enqueue", json=bare)
    unknown = {**bare, "dedup_key": "d2"}
    await pager.client.post("/v2/enqueue", json=unknown)
    _, closed, other = await pager.pages()
    assert closed["text"] == "Resolved: SpreadTooWide: acme is wide"
    assert (closed["alert"], closed["status"]) == ("SpreadTooWide", "resolved")
    assert other["text"] == ""


async def test_pages_since_lists_only_what_is_newer(pager: Running) -> None:
    """`faults` asks again and again, and must not see an older run's page."""
    await pager.client.post("/slack", json=SLACK)
    (first,) = await pager.pages()
    assert await pager.pages(first["time"]) == []
    assert (await pager.client.get("/pages", params={"since": "now"})).status == 400


async def test_the_watchdog_is_a_heartbeat_and_no_page(pager: Running) -> None:
    """It arrives twice a minute for ever."""
    watchdog = {**WEBHOOK, "commonLabels": {"alertname": "Watchdog"}}
    assert (await (await pager.client.get("/pages")).json())["heartbeat"] is None
    await pager.client.post("/webhook", json=watchdog)
    answer = await (await pager.client.get("/pages")).json()
    assert answer["pages"] == []
    assert 0 <= answer["now"] - answer["heartbeat"] < 60


async def test_the_page_and_the_runbooks_are_served(pager: Running) -> None:
    """The links of a message lead somewhere on this machine."""
    index = await (await pager.client.get("/")).text()
    assert "PagerDuty" in index
    runbook = await pager.client.get("/runbooks/SpreadTooWide")
    assert runbook.content_type == "text/html"
    assert "<h1>SpreadTooWide</h1>" in await runbook.text()


@pytest.mark.parametrize("name", ["Nothing", "..%2F..%2FREADME", "..%2Fsignals"])
async def test_only_runbooks_are_served(pager: Running, name: str) -> None:
    """No other file of the machine."""
    assert (await pager.client.get(f"/runbooks/{name}")).status == 404
