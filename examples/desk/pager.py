"""The local pager: what Slack, PagerDuty and a webhook would receive, shown on this machine.

`python -m examples.desk.pager --port 8501` answers as the real services answer, and refuses what
they would refuse, so that a message that arrives here arrives there. It prints a line for each
notification and shows them all at `/`, as on-call sees them; `/pages?since=` gives them as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import html
import json
import logging
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from aiohttp import web
from markdown_it import MarkdownIt
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).resolve().parent
RUNBOOKS = HERE.parents[1] / "docs" / "runbooks"
KEEP: Final = 500
BODY_BYTES: Final = 512_000  # PagerDuty's own limit of an event
# What Slack cuts off without a word, this refuses: somebody should see it before the night.
SLACK_TEXT: Final = 3000
SLACK_FIELDS: Final = 10
WATCHDOG: Final = "Watchdog"

Receiver = Literal["slack", "pagerduty", "webhook"]
Status = Literal["firing", "resolved"]
STYLES: Final = {"firing": "bold red", "ticket": "bold yellow", "resolved": "green"}
NAMES: Final = {"slack": "Slack", "pagerduty": "PagerDuty", "webhook": "webhook"}


class RefusedError(Exception):
    """The real service would refuse this message, and why."""


@dataclass(frozen=True, slots=True)
class Page:
    """One notification, as one receiver got it.

    Attributes:
        time: Unix seconds of arrival.
        alert: name of the alert.
        severity: `page` or `ticket`.
        text: the line that says what, where, by how much.
        body: the message itself, as it was sent.
    """

    time: float
    receiver: Receiver
    status: Status
    alert: str
    severity: str
    text: str
    body: dict[str, Any] = field(repr=False)


class Pages:
    """The last notifications, oldest first, and when the watchdog was last heard."""

    def __init__(self, keep: int = KEEP) -> None:
        self._pages: deque[Page] = deque(maxlen=keep)
        self.heartbeat: float | None = None

    def add(self, page: Page) -> None:
        """Keep a notification, for the oldest one's place when there are too many."""
        self._pages.append(page)

    def since(self, moment: float) -> list[Page]:
        """Return what arrived after a Unix time."""
        return [page for page in self._pages if page.time > moment]


def slack(body: Any, now: float) -> Page:
    """Read a Slack incoming webhook's message.

    Raises:
        RefusedError: Slack would not take it.
    """
    attachments = body.get("attachments") if isinstance(body, dict) else None
    if not attachments and not (isinstance(body, dict) and body.get("text")):
        raise RefusedError("no_text")
    first = attachments[0] if attachments else {"title": body["text"]}
    if len(html.unescape(str(first.get("text", "")))) > SLACK_TEXT:
        raise RefusedError("msg_too_long")
    if len(first.get("fields") or ()) > SLACK_FIELDS:
        raise RefusedError("too_many_fields")
    kind, _, rest = str(first.get("title", "")).partition(" · ")
    return Page(
        time=now,
        receiver="slack",
        status="resolved" if kind == "Resolved" else "firing",
        alert=rest.split(" (", 1)[0],
        severity="ticket" if kind == "Ticket" else "page",
        text=str(first.get("fallback") or first.get("title", "")),
        body=body,
    )


def pagerduty(body: Any, now: float) -> Page:
    """Read a PagerDuty Events v2 event.

    Raises:
        RefusedError: PagerDuty would not take it.
    """
    if not isinstance(body, dict):
        raise RefusedError("Event object is invalid")
    action = body.get("event_action")
    if not body.get("routing_key"):
        raise RefusedError("'routing_key' is missing or blank")
    if action not in {"trigger", "acknowledge", "resolve"}:
        raise RefusedError("'event_action' must be one of trigger, acknowledge, resolve")
    if action != "trigger" and not body.get("dedup_key"):
        raise RefusedError("'dedup_key' is missing or blank")
    payload = body.get("payload") or {}
    if action == "trigger":
        for name in ("summary", "source", "severity"):
            if not payload.get(name):
                raise RefusedError(f"'payload.{name}' is missing or blank")
        if payload["severity"] not in {"critical", "error", "warning", "info"}:
            raise RefusedError("'payload.severity' must be one of critical, error, warning, info")
    return Page(
        time=now,
        receiver="pagerduty",
        status="resolved" if action == "resolve" else "firing",
        alert=str(payload.get("class", "")),
        severity="ticket" if payload.get("severity") == "warning" else "page",
        text=str(payload.get("summary", "")),
        body=body,
    )


def webhook(body: Any, now: float) -> Page:
    """Read Alertmanager's own webhook.

    Raises:
        RefusedError: It is not one.
    """
    if not isinstance(body, dict) or not body.get("alerts"):
        raise RefusedError("not an Alertmanager webhook")
    labels = body.get("commonLabels", {})
    return Page(
        time=now,
        receiver="webhook",
        status="resolved" if body.get("status") == "resolved" else "firing",
        alert=str(labels.get("alertname", "")),
        severity=str(labels.get("severity", "")),
        text="; ".join(
            str(alert.get("annotations", {}).get("summary", "")) for alert in body["alerts"]
        ),
        body=body,
    )


def line(page: Page) -> Text:
    """Return the terminal line of a notification."""
    style = STYLES["resolved" if page.status == "resolved" else _kind(page)]
    mark = "✓" if page.status == "resolved" else "●"
    word = "resolved" if page.status == "resolved" else page.severity
    return Text.assemble(
        (time.strftime("%H:%M:%S", time.gmtime(page.time)), "dim"),
        f" {NAMES[page.receiver]:<9} ",
        (f"{mark} {word:<8}", style),
        f" {page.text}",
    )


def _kind(page: Page) -> str:
    return "ticket" if page.severity == "ticket" else "firing"


class Pager:
    """The receiving end: routes, what they answer, and where it is shown."""

    def __init__(self, pages: Pages, console: Console) -> None:
        self._pages = pages
        self._console = console
        self._markdown = MarkdownIt()

    def application(self) -> web.Application:
        """Return the server."""
        application = web.Application(client_max_size=BODY_BYTES)
        application.add_routes(
            [
                web.post("/slack", self._slack),
                web.post("/v2/enqueue", self._pagerduty),
                web.post("/webhook", self._webhook),
                web.get("/pages", self._list),
                web.get("/runbooks/{alert}", self._runbook),
                web.get("/", self._index),
            ]
        )
        return application

    async def _slack(self, request: web.Request) -> web.Response:
        try:
            self._take(slack(await _json(request), time.time()))
        except RefusedError as refused:
            return web.Response(status=400, text=str(refused))
        return web.Response(text="ok")

    async def _pagerduty(self, request: web.Request) -> web.Response:
        try:
            page = pagerduty(await _json(request), time.time())
        except RefusedError as refused:
            answer = {
                "status": "invalid event",
                "message": "Event object is invalid",
                "errors": [str(refused)],
            }
            return web.json_response(answer, status=400)
        self._take(self._with_incident(page))
        key = (
            page.body.get("dedup_key")
            or hashlib.md5(  # noqa: S324 - an id, as PagerDuty makes one
                page.text.encode()
            ).hexdigest()
        )
        answer = {"status": "success", "message": "Event processed", "dedup_key": key}
        return web.json_response(answer, status=202)

    def _with_incident(self, page: Page) -> Page:
        """Say which incident a resolve event closes: the event itself carries only its key."""
        if page.text:
            return page
        for opened in reversed(self._pages.since(0.0)):
            if (
                opened.receiver == "pagerduty"
                and opened.status == "firing"
                and opened.body.get("dedup_key") == page.body.get("dedup_key")
            ):
                return Page(
                    **{
                        **{name: getattr(page, name) for name in ("time", "receiver", "status")},
                        **{name: getattr(opened, name) for name in ("alert", "severity")},
                        "text": f"Resolved: {opened.text}",
                        "body": page.body,
                    }
                )
        return page

    async def _webhook(self, request: web.Request) -> web.Response:
        try:
            page = webhook(await _json(request), time.time())
        except RefusedError as refused:
            return web.Response(status=400, text=str(refused))
        if page.alert == WATCHDOG:
            self._pages.heartbeat = page.time
        else:
            self._take(page)
        return web.Response(text="ok")

    async def _list(self, request: web.Request) -> web.Response:
        try:
            since = float(request.query.get("since", "0"))
        except ValueError:
            return web.Response(status=400, text="since must be a Unix time in seconds, as in 0")
        pages = [asdict(page) for page in self._pages.since(since)]
        return web.json_response(
            {"now": time.time(), "heartbeat": self._pages.heartbeat, "pages": pages}
        )

    async def _index(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(HERE / "pager.html")

    async def _runbook(self, request: web.Request) -> web.Response:
        path = RUNBOOKS / f"{request.match_info['alert']}.md"
        if path.parent != RUNBOOKS or not path.is_file():
            return web.Response(status=404, text="no runbook of that name in docs/runbooks/")
        body = self._markdown.enable("table").render(path.read_text(encoding="utf-8"))
        return web.Response(text=_RUNBOOK.replace("{body}", body), content_type="text/html")

    def _take(self, page: Page) -> None:
        self._pages.add(page)
        # The webhook repeats what the other two were told.
        if page.receiver != "webhook":
            self._console.print(line(page), soft_wrap=True)


_RUNBOOK = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Runbook</title>
<style>body{font:16px/1.55 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;
color:#1d1c1d}code,pre{font:13px/1.5 ui-monospace,monospace;background:#f4f4f4;border-radius:4px;
padding:.1em .3em}pre{padding:.8em;overflow-x:auto}pre code{padding:0}
@media(prefers-color-scheme:dark){body{background:#1a1d21;color:#d1d2d3}code,pre{background:#2b2e33}
a{color:#6cb2eb}}</style>{body}</html>"""


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError as error:
        raise RefusedError("invalid_payload") from error


async def serve(port: int) -> None:
    """Receive until cancelled."""
    pager = Pager(Pages(), Console(highlight=False))
    runner = web.AppRunner(pager.application(), access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the pager and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m examples.desk.pager", description=__doc__)
    parser.add_argument("--port", type=int, default=8501, help="on 127.0.0.1 (8501)")
    options = parser.parse_args(None if arguments is None else list(arguments))
    logging.basicConfig(level=logging.WARNING)
    try:
        asyncio.run(serve(options.port))
    except KeyboardInterrupt:
        return 0
    except OSError as error:
        print(
            f"cannot listen on 127.0.0.1:{options.port}: {error.strerror}; choose another --port",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
