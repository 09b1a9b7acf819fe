"""What the receivers were told, matched with what they should have been told."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from examples.desk.campaign.fault import PAGE, TICKET, WEBHOOK

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.desk.campaign.fault import Told

POLL_SECONDS: Final = 0.2
RUNBOOKS: Final = "/runbooks/"


@dataclass(slots=True)
class Answer:
    """What came of one thing that receivers must be told.

    Attributes:
        firing: Unix times of arrival by receiver.
        resolved: the same, of its end.
        started: Unix time at which its rule fired.
        line: what the webhook was told.
        problems: what was wrong with what came.
    """

    told: Told
    firing: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    resolved: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    started: float | None = None
    line: str = ""
    problems: list[str] = field(default_factory=list)

    def everybody(self, heard: dict[str, list[float]]) -> bool:
        """Return whether every receiver has heard as often as it must."""
        return all(len(heard[kind]) >= self.told.incidents for kind in self.told.receivers)


class Inbox:
    """Reads what the pager receives, all the time, and gives each message to whom it answers.

    Args:
        fetch: returns the pages received after a Unix time.
    """

    def __init__(self, fetch: Callable[[float], list[dict[str, Any]]]) -> None:
        self._fetch = fetch
        self._since = time.time()
        self._waiting: list[Answer] = []
        self._keys: dict[str, Answer] = {}
        # What nobody waited for.
        self.extra: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read a last time, and end."""
        self._ending.set()
        self._thread.join(10.0)
        self._read()

    def expect(self, told: Told) -> Answer:
        """Return where what is told will be found."""
        answer = Answer(told)
        with self._lock:
            self._waiting.append(answer)
        return answer

    def _run(self) -> None:
        while not self._ending.wait(POLL_SECONDS):
            self._read()

    def _read(self) -> None:
        try:
            pages = self._fetch(self._since)
        except (OSError, ValueError):
            return
        for page in pages:
            self._since = max(self._since, float(page["time"]))
            with self._lock:
                self._take(page)

    def _take(self, page: dict[str, Any]) -> None:
        answer = self._answer(page)
        if answer is None:
            if not self._noted(page):
                self.extra.append(page)
            return
        heard = answer.firing if page["status"] == "firing" else answer.resolved
        heard[receiver(page)].append(float(page["time"]))
        if page["status"] == "firing":
            answer.problems += _problems(page, answer)

    def _noted(self, page: dict[str, Any]) -> bool:
        """Return whether the log, and it alone, notes a ticket on its way to the expected page.

        The log hears at once; a person hears of a ticket late enough for the page to mute it.
        """
        return page["receiver"] == WEBHOOK and any(
            answer.told.alert == page["alert"]
            and answer.told.severity == PAGE
            and all(_has(alert["labels"], answer.told, TICKET) for alert in page["body"]["alerts"])
            for answer in self._waiting
        )

    def _answer(self, page: dict[str, Any]) -> Answer | None:
        """Return what a message answers; the end of an incident is known by its key alone."""
        key = page["body"].get("dedup_key", "") + receiver(page)
        if page["status"] == "resolved" and key in self._keys:
            return self._keys[key]
        for answer in reversed(self._waiting):
            if _matches(page, answer.told):
                if page["receiver"] == "pagerduty":
                    self._keys[key] = answer
                return answer
        return None


def receiver(page: dict[str, Any]) -> str:
    """Return who got a message: PagerDuty has several services."""
    if page["receiver"] == "pagerduty":
        return str(page["body"].get("routing_key", "pagerduty"))
    return str(page["receiver"])


def _matches(page: dict[str, Any], told: Told) -> bool:
    if page["alert"] != told.alert:
        return False
    if page["receiver"] == "webhook":
        # The log hears a place's ticket and page together, in one message.
        labels = [alert["labels"] for alert in page["body"]["alerts"]]
        return any(_has(one, told) for one in labels) and all(
            _has(one, told) or _has(one, told, TICKET) for one in labels
        )
    if page["receiver"] == "slack" and page["severity"] != told.severity:
        # The end of either looks the same.
        return page["status"] == "resolved" and _mentions(page, told)
    return _mentions(page, told)


def _has(labels: dict[str, str], told: Told, severity: str = "") -> bool:
    wanted = {**told.where, "severity": severity or told.severity}
    return all(labels.get(name, "") == value for name, value in wanted.items())


def _mentions(page: dict[str, Any], told: Told) -> bool:
    whole = json.dumps(page["body"], ensure_ascii=False) + page["text"]
    return all(value in whole for value in told.where.values())


def _problems(page: dict[str, Any], answer: Answer) -> list[str]:
    """Return what is wrong with a message: words, numbers, links, owner."""
    told, kind, found = answer.told, receiver(page), []
    if "<no value>" in json.dumps(page["body"], ensure_ascii=False):
        found.append(f"{kind}: <no value>")
    if len(answer.firing[kind]) > told.incidents:
        found.append(f"{kind} was told {len(answer.firing[kind])} times")
    if kind not in told.receivers:
        found.append(f"{kind} was told")
    if kind != WEBHOOK:
        return found
    for alert in page["body"]["alerts"]:
        if _has(alert["labels"], told):
            answer.started = answer.started or _unix(alert["startsAt"])
            answer.line = answer.line or alert["annotations"].get("summary", "")
            found += _wrong(alert["labels"], alert["annotations"], told)
    return found


def _wrong(labels: dict[str, str], notes: dict[str, str], told: Told) -> list[str]:
    """Return what is wrong with an alert, as the log hears of it."""
    said = notes.get("summary", "nothing")
    found = []
    if not re.fullmatch(told.text, said):
        found.append(f"says {said!r}, not /{told.text}/")
    if labels.get("owner") != told.owner:
        found.append(f"is {labels.get('owner')}'s, not {told.owner}'s")
    if notes.get("runbook_url") != f"{RUNBOOKS}{told.alert}":
        found.append(f"its runbook is {notes.get('runbook_url')}")
    if not notes.get("dashboard_url", "").startswith("/d/fortuna"):
        found.append(f"its board is {notes.get('dashboard_url')}")
    needed = ("description", "context", "action")
    return found + [f"it has no {name}" for name in needed if not notes.get(name)]


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
