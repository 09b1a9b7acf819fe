"""Send a test alert to each receiver through Alertmanager's real route, and say what arrived.

Whether it arrived is read from Alertmanager's own counters: an attempt that was not refused was
taken by the other side. With `--enable-feature=receiver-name-in-metrics` they tell receivers apart
and all are tested at once; without it only kinds (slack, pagerduty, webhook), so one after another.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fortuna_otel.alerts.tree import Receiver

POLL_SECONDS: Final = 0.1
REQUEST_SECONDS: Final = 5.0
ENDS: Final = timedelta(minutes=5)
"""After which a test ends by itself, should nobody be left to end it."""

READINGS: Final = 5
"""How often counters are read, at most, until two readings agree."""

_SAMPLE: Final = re.compile(r"^alertmanager_notification(\w+)\{([^}]*)\} (\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')

REASONS: Final = {
    "clientError": "refused it (4xx): its URL or key is wrong",
    "serverError": "answered with an error (5xx)",
    "contextDeadlineExceeded": "did not answer in time",
    "contextCanceled": "was not waited for: Alertmanager stopped or was reloaded",
    "other": "could not be reached, or its secret's file is missing; Alertmanager's log says which",
}
"""Alertmanager's reasons for a failed notification."""


class TestFireError(Exception):
    """No test could be sent at all."""

    __test__ = False


@dataclass(slots=True)
class Outcome:
    """What became of one way of one receiver.

    Attributes:
        state: `sent`, `failed` or `silent` (nothing was tried).
        seconds: from sending the alert to the answer.
        resolved: whether the second message, that it is over, was taken; None if there is none.
    """

    receiver: str
    kind: str
    state: str = "silent"
    seconds: float | None = None
    reason: str = ""
    resolved: bool | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Alertmanager's counters of one way.

    Attributes:
        reasons: notifications given up, by reason.
    """

    attempts: float = 0
    refused: float = 0
    reasons: dict[str, float] = field(default_factory=dict)

    @property
    def taken(self) -> float:
        """Attempts that the other side accepted."""
        return self.attempts - self.refused


Way = tuple[str, str]
"""Receiver, or empty where counters do not say, and kind."""


class Alertmanager:
    """One Alertmanager, over its HTTP API.

    Args:
        url: its address, with the prefix it may have.

    Raises:
        TestFireError: from every method, where it does not answer.
    """

    def __init__(self, url: str) -> None:
        if not re.match(r"https?://", url):
            raise TestFireError(f"`{url}` is no URL; write http://127.0.0.1:9093")
        self.url = url.rstrip("/")

    def receivers(self) -> set[str]:
        """Return the receivers of the configuration that it runs with."""
        return {one["name"] for one in json.loads(self._get("/api/v2/receivers"))}

    def counts(self) -> dict[Way, Counts]:
        """Return its counters of notifications.

        Alertmanager counts an attempt before its refusal and gathers the two apart: one reading
        may show the first without the second, and a refused test would pass for a taken one. Two
        that agree are of one moment.
        """
        counts = self._reading()
        for _ in range(READINGS - 1):
            before, counts = counts, self._reading()
            if before == counts:
                break
        return counts

    def _reading(self) -> dict[Way, Counts]:
        found: dict[Way, dict[str, Any]] = {}
        for name, text, value in _SAMPLE.findall(self._get("/metrics")):
            labels = dict(_LABEL.findall(text))
            if "integration" not in labels:
                continue
            way = (labels.get("receiver_name", ""), labels["integration"])
            counts = found.setdefault(way, {"attempts": 0.0, "refused": 0.0, "reasons": {}})
            if name == "_requests_total":
                counts["attempts"] = float(value)
            elif name == "_requests_failed_total":
                counts["refused"] = float(value)
            elif name == "s_failed_total":
                counts["reasons"][labels["reason"]] = float(value)
        return {way: Counts(**counts) for way, counts in found.items()}

    def alert(self, labels: dict[str, str], annotations: dict[str, str], *, over: bool) -> None:
        """Send an alert, or that it is over."""
        now = datetime.now(UTC)
        alert = {
            "labels": labels,
            "annotations": annotations,
            "startsAt": now.isoformat(),
            "endsAt": (now if over else now + ENDS).isoformat(),
        }
        if over:
            del alert["startsAt"]
        self._ask("/api/v2/alerts", [alert])

    def state(self, labels: dict[str, str]) -> dict[str, Any] | None:
        """Return what it knows of an alert, or None."""
        matchers = [f'{name}="{value}"' for name, value in labels.items()]
        query = urllib.parse.urlencode([("filter", matcher) for matcher in matchers])
        found = json.loads(self._get(f"/api/v2/alerts?{query}"))
        return dict(found[0]) if found else None

    def _get(self, path: str) -> str:
        return self._ask(path)

    def _ask(self, path: str, body: object = None) -> str:
        request = urllib.request.Request(  # noqa: S310 - its scheme is checked
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:  # noqa: S310
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            raise TestFireError(
                f"Alertmanager at {self.url} answers {error.code} to {path}"
            ) from None
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", error)
            raise TestFireError(
                f"Alertmanager does not answer at {self.url}: {why}; is it running, and is that its"
                " address (--alertmanager)?"
            ) from None


@dataclass(slots=True)
class _Shot:
    """One receiver under test."""

    receiver: Receiver
    labels: dict[str, str]
    outcomes: dict[Way, Outcome]
    before: dict[Way, Counts] = field(default_factory=dict)
    fired: float = 0.0

    def waiting(self) -> bool:
        """Return whether some way has not answered yet."""
        return any(one.state == "silent" for one in self.outcomes.values())


class TestFire:
    """A round of tests.

    Args:
        alertmanager: through which.
        timeout: seconds to wait for each answer.
        say: is told of the progress.
    """

    __test__ = False

    def __init__(
        self, alertmanager: Alertmanager, timeout: float, say: Callable[[str], None]
    ) -> None:
        self._alertmanager = alertmanager
        self._timeout = timeout
        self._say = say
        self._round = datetime.now(UTC).strftime("%H:%M:%S")

    def run(self, receivers: Sequence[Receiver]) -> list[Outcome]:
        """Test receivers and return what became of each way of each.

        Raises:
            TestFireError: Alertmanager does not answer, or runs with another configuration.
        """
        lacking = [one.name for one in receivers if one.name not in self._alertmanager.receivers()]
        if lacking:
            raise TestFireError(
                f"Alertmanager at {self._alertmanager.url} knows no {', '.join(lacking)}: it runs"
                " with another configuration; run `fortuna-otel alerts generate` and reload it"
            )
        exact = any(name for name, _ in self._alertmanager.counts())
        shots = [self._aimed(one, exact=exact) for one in receivers]
        if exact:
            self._fire(shots)
        else:
            self._say("counters do not name receivers: one after another")
            for shot in shots:
                self._fire([shot])
        return [outcome for shot in shots for outcome in shot.outcomes.values()]

    def _aimed(self, receiver: Receiver, *, exact: bool) -> _Shot:
        labels = {**receiver.labels, "test": "true", "receiver": receiver.name}
        outcomes = {
            (receiver.name if exact else "", kind): Outcome(receiver.name, kind)
            for kind, _ in receiver.ways.kinds()
        }
        return _Shot(receiver, labels, outcomes)

    def _fire(self, shots: list[_Shot]) -> None:
        counts = self._alertmanager.counts()
        try:
            for shot in shots:
                shot.before, shot.fired = counts, time.monotonic()
                self._alertmanager.alert(shot.labels, self._words(shot), over=False)
            self._wait(shots, self._arrived, lambda shot: shot.waiting())
            self._explain(shots)
        finally:
            self._resolve(shots)

    def _words(self, shot: _Shot) -> dict[str, str]:
        return {
            "summary": f"TEST of {shot.receiver.name} at {self._round} UTC: nothing is wrong",
            "description": "Sent by `fortuna-otel alerts test-fire` to prove that pages arrive.",
            "context": "No order, no position and no promise is concerned.",
            "action": "None. Say that you got it, if somebody asked you to.",
            "runbook_url": "/runbooks/Watchdog",
            "dashboard_url": "/d/fortuna",
        }

    def _wait(
        self,
        shots: list[_Shot],
        look: Callable[[_Shot, dict[Way, Counts]], None],
        waiting: Callable[[_Shot], bool],
    ) -> None:
        """Look at the counters until nothing is waited for, or the time is up."""
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            counts = self._alertmanager.counts()
            for shot in shots:
                look(shot, counts)
            if not any(map(waiting, shots)):
                return
            time.sleep(POLL_SECONDS)

    def _arrived(self, shot: _Shot, counts: dict[Way, Counts]) -> None:
        for way, outcome in shot.outcomes.items():
            before, now = shot.before.get(way, Counts()), counts.get(way, Counts())
            if outcome.state != "silent":
                continue
            if now.taken > before.taken:
                outcome.state, outcome.seconds = "sent", time.monotonic() - shot.fired
                self._say(f"{outcome.receiver} {outcome.kind}: sent, {outcome.seconds:.1f} s")
            elif given_up := _more(before.reasons, now.reasons):
                outcome.state, outcome.seconds = "failed", time.monotonic() - shot.fired
                outcome.reason = _reason(given_up)
                self._say(f"{outcome.receiver} {outcome.kind}: failed: {outcome.reason}")

    def _explain(self, shots: list[_Shot]) -> None:
        """Say why nothing came where nothing came."""
        for shot in (one for one in shots if one.waiting()):
            known, counts = self._alertmanager.state(shot.labels), self._alertmanager.counts()
            for way, outcome in shot.outcomes.items():
                if outcome.state != "silent":
                    continue
                tried = counts.get(way, Counts()).refused - shot.before.get(way, Counts()).refused
                outcome.state = "failed" if tried else "silent"
                outcome.reason = (
                    f"refused {tried:.0f} attempts within {self._timeout:.0f} s; Alertmanager's log"
                    " has the answers"
                    if tried
                    else _why_silent(known, outcome.receiver, self._timeout)
                )
                self._say(f"{outcome.receiver} {outcome.kind}: {outcome.state}: {outcome.reason}")

    def _resolve(self, shots: list[_Shot]) -> None:
        # Before it is said: the message may be out before another reading ends.
        counts = self._alertmanager.counts()
        for shot in shots:
            self._alertmanager.alert(shot.labels, self._words(shot), over=True)
        told = [
            shot
            for shot in shots
            if shot.receiver.resolved and any(o.state == "sent" for o in shot.outcomes.values())
        ]
        for shot in told:
            shot.before = counts
            for outcome in shot.outcomes.values():
                outcome.resolved = False if outcome.state == "sent" else None

        def look(shot: _Shot, counts: dict[Way, Counts]) -> None:
            for way, outcome in shot.outcomes.items():
                now, before = counts.get(way, Counts()), shot.before.get(way, Counts())
                if outcome.resolved is False and now.taken > before.taken:
                    outcome.resolved = True

        self._wait(
            told, look, lambda shot: any(o.resolved is False for o in shot.outcomes.values())
        )


def _more(before: dict[str, float], now: dict[str, float]) -> list[str]:
    return [reason for reason, count in now.items() if count > before.get(reason, 0)]


def _reason(given_up: Iterable[str]) -> str:
    return "; ".join(REASONS.get(reason, reason) for reason in given_up)


def _why_silent(known: dict[str, Any] | None, receiver: str, timeout: float) -> str:
    if known is None:
        return "Alertmanager does not know the alert: was it restarted meanwhile?"
    if known["status"]["silencedBy"]:
        return f"muted by silence {known['status']['silencedBy'][0]}"
    if known["status"]["inhibitedBy"]:
        return "muted by an alert that fires: see inhibit_rules"
    names = [one["name"] for one in known["receivers"]]
    if receiver not in names:
        return f"routed to {', '.join(names)} instead: is its configuration older?"
    return f"nothing was tried within {timeout:.0f} s; see its log, or give it more --timeout"


def as_json(outcomes: Iterable[Outcome]) -> str:
    """Return outcomes for programs."""
    return json.dumps([asdict(one) for one in outcomes], indent=2)
