"""Time intervals, in the notation that Alertmanager and Grafana share."""

from __future__ import annotations

import calendar
from datetime import date
from typing import TYPE_CHECKING, Any

from fortuna_otel.alerts.model import DAYS, MINUTES_OF_A_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.alerts.model import Hours, Maintenance, Routing

Interval = dict[str, Any]


def outside(team: str) -> str:
    """Return the name of the interval in which a team reads no tickets."""
    return f"outside-hours-{team}"


def maintenance(name: str) -> str:
    """Return the name of a maintenance window's interval."""
    return f"maintenance-{name}"


def time_intervals(routing: Routing) -> list[dict[str, Any]]:
    """Return every named interval of a routing file."""
    people = [
        *routing.teams.items(),
        *((f"client-{name}", client) for name, client in routing.clients.items()),
    ]
    return [
        *(
            {"name": outside(name), "time_intervals": complement(team.hours)}
            for name, team in people
            if team.hours
        ),
        *(
            {"name": maintenance(window.name), "time_intervals": windows(window)}
            for window in routing.maintenance
        ),
    ]


def complement(hours: Hours) -> list[Interval]:
    """Return all times but these, since both targets can mute and only some can be active.

    Tickets that come meanwhile are held, and sent when the hours begin if they still last.
    """
    others = [day for day in DAYS if day not in hours.days]
    times = []
    if hours.begin > 0:
        times.append({"start_time": "00:00", "end_time": clock(hours.begin)})
    if hours.end < MINUTES_OF_A_DAY:
        times.append({"start_time": clock(hours.end), "end_time": "24:00"})
    intervals: list[Interval] = []
    if times:
        intervals.append({"weekdays": list(hours.days), "times": times, "location": hours.zone})
    if others:
        intervals.append({"weekdays": others, "location": hours.zone})
    return intervals


def windows(window: Maintenance) -> list[Interval]:
    """Return a maintenance window for each month that it has days in: it ends by itself."""
    usual: Interval = {
        "weekdays": list(window.days),
        "times": [{"start_time": clock(window.begin), "end_time": clock(window.end)}],
        "location": window.zone,
    }
    return [
        {
            "years": [str(first.year)],
            "months": [str(first.month)],
            "days_of_month": [f"{first.day}:{last.day}"],
            **usual,
        }
        for first, last in months(window.since, window.until)
    ]


def months(since: date, until: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last day of each month of a range of days."""
    first = since
    while first <= until:
        last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        yield first, min(last, until)
        first = date(first.year + first.month // 12, first.month % 12 + 1, 1)


def clock(minutes: int) -> str:
    """Return minutes since midnight as a time of day."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
