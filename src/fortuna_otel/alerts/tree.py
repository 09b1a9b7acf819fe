"""The tree of routes, before it is written down for one target or the other.

Both walk such a tree alike: the first route that matches takes the alert, unless it says `further`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from fortuna_otel.alerts.causes import FAMILIES, NEVER_MUTED
from fortuna_otel.alerts.intervals import maintenance, outside
from fortuna_otel.alerts.model import SEVERITIES, Ways

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortuna_otel.alerts.model import Client, Maintenance, Routing, Severity, Team

ELSEWHERE: Final = "grafana"
"""The receiver without an address, for what Grafana sends itself."""

TEST: Final = "TestFire"
"""Name of a test alert that is sent to a route which asks for no name."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """A label and the values of it that match."""

    label: str
    values: tuple[str, ...]
    equal: bool = True


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        why: a sentence for the generated file.
        receiver: None: its parent's.
        further: whether routes after it are tried as well.
        mutes: names of intervals in which it sends nothing.
        group: labels that make one incident beside `alertname` and `test`; None: its parent's.
        timing: group_wait, group_interval and repeat_interval, where they differ.
    """

    why: str = ""
    receiver: str | None = None
    matchers: tuple[Matcher, ...] = ()
    further: bool = False
    mutes: tuple[str, ...] = ()
    group: tuple[str, ...] | None = None
    timing: dict[str, str] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody who is told.

    Attributes:
        labels: of a test alert that reaches it.
        resolved: whether it hears that an alert is over.
    """

    name: str
    ways: Ways
    labels: dict[str, str]
    resolved: bool = True


def receivers(routing: Routing) -> list[Receiver]:
    """Return every receiver of a routing file that has an address."""
    found = [
        Receiver(f"{owner}-{severity}", ways, _test(severity, owner))
        for owner, team in routing.teams.items()
        for severity in SEVERITIES
        if (ways := team.ways(severity))
    ]
    found += [
        Receiver(
            f"client-{client}-{severity}",
            ways,
            {**_test(severity, entry.hears[0]), "client": client},
        )
        for client, entry in routing.clients.items()
        for severity in SEVERITIES
        if (ways := entry.ways(severity))
    ]
    if routing.escalation:
        labels = {**_test("page", routing.fallback), "alertname": routing.escalation.alerts[0]}
        found.append(Receiver("escalation", Ways(pagerduty=routing.escalation.pagerduty), labels))
    if routing.log:
        labels = _test("ticket", routing.fallback)
        found.append(Receiver("log", Ways(webhook=routing.log), labels))
    labels = {"alertname": "Watchdog", "severity": "heartbeat", "owner": "platform"}
    ways = Ways(webhook=routing.heartbeat.webhook)
    return [*found, Receiver("heartbeat", ways, labels, resolved=False)]


def _test(severity: str, owner: str) -> dict[str, str]:
    return {"alertname": TEST, "severity": severity, "owner": owner}


def routes(routing: Routing) -> list[Route]:
    """Return the routes of people, in the order in which they are tried."""
    found: list[Route] = []
    if routing.log:
        found.append(
            Route(
                "The incident log hears everything at once, whatever the hour.", "log", further=True
            )
        )
    if routing.escalation:
        found.append(
            _leaf(
                routing,
                "A second person is called at the same moment.",
                "escalation",
                (Matcher("severity", ("page",)), Matcher("alertname", routing.escalation.alerts)),
                further=True,
            )
        )
    for severity in SEVERITIES:
        for client, entry in routing.clients.items():
            if entry.ways(severity):
                found.append(_of_client(routing, severity, client, entry))
        found += [
            _of_team(
                routing,
                severity,
                owner,
                f"{'Pages, at any hour' if severity == 'page' else 'Tickets'}: {owner}.",
                (Matcher("severity", (severity,)), Matcher("owner", (owner,))),
            )
            for owner, team in routing.teams.items()
            if owner != routing.fallback and team.ways(severity)
        ]
    owner = routing.fallback
    tickets = (Matcher("severity", ("ticket",)),)
    return [
        *found,
        _of_team(
            routing, "ticket", owner, f"Tickets: {owner}, and of whoever is no team.", tickets
        ),
        _of_team(
            routing,
            "page",
            owner,
            f"Pages: {owner}, and whatever nobody claims: somebody's mistake in labelling.",
            (),
        ),
    ]


def _of_client(routing: Routing, severity: Severity, client: str, entry: Client) -> Route:
    return _leaf(
        routing,
        f"Who looks after {client} hears of it too.",
        f"client-{client}-{severity}",
        (
            Matcher("severity", (severity,)),
            Matcher("client", (client,)),
            Matcher("owner", entry.hears),
        ),
        further=True,
        hours=_hours(f"client-{client}", severity, entry),
        timing=timing(routing, severity),
    )


def _of_team(
    routing: Routing, severity: Severity, owner: str, why: str, matchers: tuple[Matcher, ...]
) -> Route:
    return _leaf(
        routing,
        why,
        f"{owner}-{severity}",
        matchers,
        hours=_hours(owner, severity, routing.teams[owner]),
        timing=timing(routing, severity),
    )


def _hours(name: str, severity: Severity, team: Team) -> tuple[str, ...]:
    return (outside(name),) if severity == "ticket" and team.hours else ()


def timing(routing: Routing, severity: Severity) -> dict[str, str]:
    """Return how long a severity's notifications wait and when they are repeated."""
    if severity == "page":
        # Nothing to wait for; the interval is the least that Alertmanager is sane with.
        return {
            "group_wait": "0s",
            "group_interval": "1s",
            "repeat_interval": routing.repeat.page,
        }
    return {"group_wait": "30s", "group_interval": "5m", "repeat_interval": routing.repeat.ticket}


def _leaf(
    routing: Routing,
    why: str,
    receiver: str,
    matchers: tuple[Matcher, ...],
    *,
    further: bool = False,
    hours: tuple[str, ...] = (),
    timing: dict[str, str] | None = None,
) -> Route:
    """Return a route to a receiver, with what grouping and maintenance ask for below it."""
    below: list[Route] = []
    if hours or (timing and timing["group_wait"] != "0s"):
        # A test goes the same way to the same receiver, without the wait.
        at_once = {"group_wait": "0s", "group_interval": "1s"}
        below.append(Route(matchers=(Matcher("test", ("true",)),), timing=at_once))
    named = {alert for one in matchers if one.label == "alertname" for alert in one.values}
    by_group: dict[tuple[str, ...], list[str]] = {}
    for alert, labels in routing.grouping.alerts.items():
        if not named or alert in named:
            by_group.setdefault(labels, []).append(alert)
    groups = tuple(
        Route(matchers=(Matcher("alertname", tuple(alerts)),), group=labels, mutes=hours)
        for labels, alerts in by_group.items()
    )
    return Route(
        why,
        receiver,
        matchers,
        further,
        hours,
        timing=timing or {},
        routes=(*below, *_maintained(routing.maintenance, hours, groups), *groups),
    )


def _maintained(
    windows: Sequence[Maintenance], mutes: tuple[str, ...], groups: tuple[Route, ...]
) -> Iterable[Route]:
    """Yield a route for each window; what is in two windows is muted in either."""
    for index, window in enumerate(windows):
        matchers = _matchers(window)
        both = (*mutes, maintenance(window.name))
        later = [one for one in windows[index + 1 :] if _overlap(window, one)]
        yield Route(
            window.why,
            matchers=matchers,
            mutes=both,
            routes=(
                *_maintained(later, both, groups),
                *(replace(group, mutes=both) for group in groups),
            ),
        )


def _matchers(window: Maintenance) -> tuple[Matcher, ...]:
    places = tuple(Matcher(label, values) for label, values in window.match.items())
    if window.alerts:
        return (*places, Matcher("alertname", window.alerts))
    return (*places, Matcher("alertname", tuple(sorted(NEVER_MUTED)), equal=False))


def _overlap(one: Maintenance, other: Maintenance) -> bool:
    """Return whether an alert can match both."""
    shared = one.match.keys() & other.match.keys()
    apart = any(not set(one.match[label]) & set(other.match[label]) for label in shared)
    alerts = not (one.alerts and other.alerts) or set(one.alerts) & set(other.alerts)
    return bool(alerts) and not apart


def elsewhere(routing: Routing) -> tuple[str, ...]:
    """Return the alerts that Alertmanager drops, because Grafana sends them."""
    return FAMILIES if routing.evaluator == "grafana" else ()
