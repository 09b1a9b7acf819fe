"""Read the routing file: all of its problems at once, each with its line and what to write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from fortuna_otel.alerts.causes import NEVER_MUTED
from fortuna_otel.alerts.model import (
    LONGEST_MAINTENANCE,
    LONGEST_WINDOW,
    SEVERITIES,
    Client,
    Escalation,
    Grouping,
    Heartbeat,
    Hours,
    Maintenance,
    Repeat,
    Routing,
    Team,
    Ways,
)
from fortuna_otel.mandates.source import FileError, parse, read
from fortuna_otel.mandates.units import WrongValueError, closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from pydantic_core import ErrorDetails

    from fortuna_otel.mandates.source import Keys, Source

SECTIONS: Final[dict[str, type[BaseModel]]] = {
    "escalation": Escalation,
    "heartbeat": Heartbeat,
    "grouping": Grouping,
    "repeat": Repeat,
}
ENTRIES: Final[dict[str, type[BaseModel]]] = {
    "teams": Team,
    "clients": Client,
    "maintenance": Maintenance,
}
EXAMPLES: Final = {
    "teams": "`teams:`, with `desk:` below it",
    "fallback": "`fallback: desk`",
    "heartbeat": "`heartbeat: {webhook: heartbeat-url}`",
    "grouping": "`grouping: {default: [client, venue]}`",
    "default": "`default: [client, venue]`",
    "webhook": "`webhook: heartbeat-url`",
    "pagerduty": "`pagerduty: pagerduty-escalation-routing-key`",
    "days": "`days: monday-friday`",
    "from": '`from: "09:00"`',
    "to": '`to: "18:00"`',
    "zone": "`zone: Europe/London`",
    "since": "`since: 2026-12-01`",
    "until": "`until: 2027-03-01`; a window that never ends hides a fault for ever",
    "match": "`match: {venue: okx}`",
    "why": "`why: …`",
    "name": "`name: okx-weekly`",
    "alerts": "`alerts: [KillSwitchFired]`",
}
"""What to write where a key is missing."""


class RoutingError(FileError):
    """A routing file that cannot be used, with everything that is wrong with it."""


def load(path: str | PathLike[str], rules: Sequence[dict[str, Any]] = ()) -> Routing:
    """Return what a routing file says.

    Args:
        path: the file.
        rules: the alerts that it routes, to find names that no alert has; none: not looked for.

    Raises:
        RoutingError: the file cannot be read or used; it lists every problem with file, line,
            path and what to write instead.
    """
    return loads(read(Path(path), error=RoutingError), str(path), rules)


def loads(
    content: str | bytes, file: str = "routing.yaml", rules: Sequence[dict[str, Any]] = ()
) -> Routing:
    """Return what the text of a routing file says.

    Raises:
        RoutingError: as for `load`.
    """
    source = parse(
        content.encode() if isinstance(content, str) else content,
        file,
        top="`teams:`",
        error=RoutingError,
    )
    try:
        routing = Routing.model_validate(source.root.plain())
    except ValidationError as error:
        _tell(source, error.errors(include_url=False))
        raise RoutingError(source.problems) from None
    _check(source, routing)
    _check_names(source, routing, rules)
    if source.problems:
        raise RoutingError(source.problems)
    return routing


def _tell(source: Source, details: list[ErrorDetails]) -> None:
    """Record what validation found."""
    misspelt = set()
    for detail in details:
        place = _place(detail)
        if detail["type"] == "extra_forbidden":
            known = _keys(place[:-1])
            near = closest(str(place[-1]), known)
            misspelt.add((*place[:-1], near))
            names = ", ".join(f"`{key}`" for key in known)
            source.problem(
                place, "is not a known key", f"write `{near}`" if near else f"write one of {names}"
            )
    for detail in details:
        place, kind = _place(detail), detail["type"]
        if kind == "missing" and place not in misspelt:
            source.missing(place, f"write {EXAMPLES[str(place[-1])]}")
        elif kind not in {"missing", "extra_forbidden"}:
            source.problem(place, *_explain(detail))


def _place(detail: ErrorDetails) -> Keys:
    return tuple(key for key in detail["loc"] if key != "[key]")


_SHAPES: Final = {"dict_type": "a mapping", "model_type": "a mapping", "tuple_type": "a list"}


def _explain(detail: ErrorDetails) -> tuple[str, str]:
    """Return what is wrong and what to do about it."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "value_error" and isinstance(context["error"], WrongValueError):
        wrong = context["error"]
        return wrong.what, f"write {wrong.instead} instead" if wrong.instead else ""
    if kind == "literal_error":
        allowed = str(context["expected"]).replace("'", "`")
        return f"is not {allowed}", f"write {allowed}"
    if kind in _SHAPES:
        return f"is not {_SHAPES[kind]}", "docs/alerting.md shows how it is written"
    return detail["msg"], ""


def _keys(place: Keys) -> list[str]:
    """Return the keys that an entry at a place may have."""
    entry: type[BaseModel] = Routing
    if place:
        top = str(place[0])
        entry = SECTIONS.get(top) or ENTRIES.get(top, Routing)
        if place[-1] in SEVERITIES:
            entry = Ways
        elif place[-1] == "hours":
            entry = Hours
    return [field.alias or name for name, field in entry.model_fields.items()]


def _check(source: Source, routing: Routing) -> None:
    """Record what is wrong across entries."""
    people: list[tuple[Keys, Team]] = [
        *((("teams", name), team) for name, team in routing.teams.items()),
        *((("clients", name), client) for name, client in routing.clients.items()),
    ]
    for place, team in people:
        _check_team(source, place, team)
    _check_fallback(source, routing)
    for client, entry in routing.clients.items():
        for index, owner in enumerate(entry.hears):
            if owner not in routing.teams:
                source.problem(("clients", client, "hears", index), *_unknown(owner, routing.teams))
    for index, window in enumerate(routing.maintenance):
        _check_window(source, index, window, [one.name for one in routing.maintenance[:index]])


def _check_team(source: Source, place: Keys, team: Team) -> None:
    reached = [severity for severity in SEVERITIES if team.ways(severity)]
    if not reached:
        source.problem(place, "is never told anything", "write `ticket: {slack: …}` below it")
    for severity in reached:
        ways = team.ways(severity)
        if ways and not ways.kinds():
            source.problem((*place, severity), "names no way", "write `slack: …`")
    if team.hours:
        _check_times(source, (*place, "hours"), team.hours)
        if not team.ticket:
            source.problem((*place, "hours"), "have no tickets to hold back", "remove them")


def _check_fallback(source: Source, routing: Routing) -> None:
    team = routing.teams.get(routing.fallback)
    if team is None:
        source.problem(("fallback",), *_unknown(routing.fallback, routing.teams))
        return
    for severity in SEVERITIES:
        if not team.ways(severity):
            source.problem(
                ("teams", routing.fallback),
                f"is the fallback and hears no {severity}",
                f"write `{severity}: {{slack: …}}` below it",
            )


def _check_times(source: Source, place: Keys, hours: Hours | Maintenance) -> None:
    if hours.end <= hours.begin:
        source.problem(
            (*place, "to"),
            "is not after `from`",
            "write two entries, one until 24:00 and one from 00:00 of the next day",
        )


def _check_window(source: Source, index: int, window: Maintenance, before: list[str]) -> None:
    place: Keys = ("maintenance", index)
    _check_times(source, place, window)
    if window.name in before:
        source.problem((*place, "name"), "stands twice", "write another name")
    if window.end - window.begin > LONGEST_WINDOW:
        source.problem(place, "lasts more than 12 h", "shorten it; maintenance has an end")
    if window.until < window.since:
        source.problem((*place, "until"), "is before `since`", "write a later day")
    elif window.until - window.since > LONGEST_MAINTENANCE:
        source.problem(
            (*place, "until"), "is more than a year after `since`", "write an earlier day"
        )
    if not window.match.keys() & {"venue", "job", "host_name", "chain", "instance"}:
        source.problem(
            (*place, "match"),
            "would mute more than one place",
            "add `venue:` or `job:`; for a client's market see `maintenance` of the mandates",
        )
    for number, alert in enumerate(window.alerts):
        if alert in NEVER_MUTED:
            source.problem(
                (*place, "alerts", number),
                f"`{alert}` is never muted: money is lost during maintenance too",
                "remove it",
            )


def _check_names(source: Source, routing: Routing, rules: Sequence[dict[str, Any]]) -> None:
    """Record alerts that no rule has, and owners that no team is."""
    if not rules:
        return
    alerts = {str(rule["alert"]) for rule in rules}
    named: list[tuple[Keys, str]] = [
        (("grouping", "alerts", alert), alert) for alert in routing.grouping.alerts
    ]
    if routing.escalation:
        named += [
            (("escalation", "alerts", index), alert)
            for index, alert in enumerate(routing.escalation.alerts)
        ]
    for place, alert in named:
        if alert not in alerts:
            source.problem(place, *_unknown(alert, alerts, "alert"))
    for owner in sorted({str(rule["labels"]["owner"]) for rule in rules} - routing.teams.keys()):
        source.problem(
            ("teams",), f"lacks `{owner}`, which owns alerts", f"write `{owner}:` below it"
        )


def _unknown(name: str, known: Iterable[str], noun: str = "team") -> tuple[str, str]:
    names = sorted(known)
    near = closest(name, names)
    every = ", ".join(f"`{one}`" for one in names) if noun == "team" else "those in rules/*.yaml"
    return f"`{name}` is no {noun}", f"write `{near}`" if near else f"write one of {every}"
