"""When somebody is told: hours and windows as both targets read them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from fortuna_otel.alerts.intervals import complement, months, time_intervals, windows
from fortuna_otel.alerts.model import Hours

if TYPE_CHECKING:
    from fortuna_otel.alerts import Routing


def hours(days: str, begin: str, end: str) -> Hours:
    """Hours as a file writes them."""
    return Hours.model_validate({"days": days, "from": begin, "to": end, "zone": "UTC"})


def test_outside_of_hours_is_all_the_rest_of_the_week() -> None:
    """Evenings and nights of the days, and the other days whole."""
    assert complement(hours("monday-friday", "08:00", "19:30")) == [
        {
            "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "times": [
                {"start_time": "00:00", "end_time": "08:00"},
                {"start_time": "19:30", "end_time": "24:00"},
            ],
            "location": "UTC",
        },
        {"weekdays": ["saturday", "sunday"], "location": "UTC"},
    ]


def test_whole_days_leave_no_rest_of_their_own() -> None:
    """An empty range would be refused by Alertmanager."""
    assert complement(hours("saturday-sunday", "00:00", "24:00")) == [
        {
            "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "location": "UTC",
        }
    ]
    assert complement(hours("monday-sunday", "00:00", "24:00")) == []
    assert [one["times"] for one in complement(hours("monday-sunday", "06:00", "24:00"))] == [
        [{"start_time": "00:00", "end_time": "06:00"}]
    ]


def test_a_window_ends_by_itself(routing: Routing) -> None:
    """Each month is named with its days, over the end of the year."""
    found = windows(routing.maintenance[0])
    assert [(one["years"], one["months"], one["days_of_month"]) for one in found] == [
        (["2026"], ["12"], ["30:31"]),
        (["2027"], ["1"], ["1:31"]),
        (["2027"], ["2"], ["1:10"]),
    ]
    for one in found:
        assert one["weekdays"] == ["wednesday"]
        assert one["times"] == [{"start_time": "06:00", "end_time": "06:30"}]
        assert one["location"] == "UTC"


def test_months_cover_every_day_once() -> None:
    """A leap February included."""
    spans = list(months(date(2027, 12, 31), date(2028, 3, 1)))
    assert spans == [
        (date(2027, 12, 31), date(2027, 12, 31)),
        (date(2028, 1, 1), date(2028, 1, 31)),
        (date(2028, 2, 1), date(2028, 2, 29)),
        (date(2028, 3, 1), date(2028, 3, 1)),
    ]


def test_every_interval_has_a_name_of_its_own(routing: Routing) -> None:
    """Teams, clients and windows may share names."""
    assert [one["name"] for one in time_intervals(routing)] == [
        "outside-hours-platform",
        "outside-hours-client-acme",
        "maintenance-okx-weekly",
        "maintenance-everywhere",
        "maintenance-binance",
    ]
