"""Days and windows in the zones of contracts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.mandates import times
from fortuna_otel.mandates.times import Window
from fortuna_otel.mandates.units import WrongValueError

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Africa/Cairo", "Asia/Tokyo")


def utc(*parts: int) -> datetime:
    """Return an instant."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_times_are_instants() -> None:
    """A time carries its zone and is kept in UTC."""
    expected = datetime(2026, 12, 1, 10, tzinfo=UTC)
    assert times.parse_time("2026-12-01T10:00:00Z") == expected
    assert times.parse_time("2026-12-01T12:00:00+02:00") == expected
    assert times.format_time(expected) == "2026-12-01T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("2026-12-01T10:00:00", "`2026-12-01T10:00:00Z`"),
        ("tomorrow", "`2026-12-01T10:00:00Z`"),
    ],
)
def test_other_times_are_refused(text: str, instead: str) -> None:
    """A time without zone, or no time at all, is refused."""
    with pytest.raises(WrongValueError) as caught:
        times.parse_time(text)
    assert caught.value.instead == instead


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-12-01T10:00:00Z", utc(2026, 12, 1, 10)),
        ("2026-12-01T10:00:00+01:00", utc(2026, 12, 1, 9)),
    ],
)
def test_a_moment_is_a_day_or_an_instant(text: str, moment: date) -> None:
    """A day waits for its zone, an instant has one."""
    assert times.parse_moment(text) == moment
    assert type(times.parse_moment(text)) is type(moment)


@pytest.mark.parametrize(
    ("text", "what", "instead"),
    [
        ("01.12.2026", "`01.12.2026` is not a date or time", "`2026-12-01`"),
        ("2026-02-30", "`2026-02-30` is not a date or time", "`2026-12-01`"),
        ("9999-12-31", "`9999-12-31` is not between 1970 and 2200", "such a date"),
        ("2026-12-01T10:00", "`2026-12-01T10:00` has no time zone", "`2026-12-01T10:00:00Z`"),
        ("0001-01-01T00:00:00+14:00", "`0001-01-01T00:00:00+14:00` is not a date or time", ""),
    ],
)
def test_other_moments_are_refused(text: str, what: str, instead: str) -> None:
    """Days that no calendar has, years that no contract has, times without zone."""
    with pytest.raises(WrongValueError) as caught:
        times.parse_moment(text)
    assert caught.value.what == what
    assert caught.value.instead == (instead or "`2026-12-01`")


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("Berlin", "`Europe/Berlin`"),
        ("Europe/Berlln", "`Europe/Berlin`"),
        ("../etc/passwd", "`Europe/Berlin`"),
        ("Europe", "`Europe/Berlin`"),
        ("america/new-york", "`America/New_York`"),
    ],
)
def test_zones_are_those_of_the_database(text: str, instead: str) -> None:
    """A city alone, a slip and a path are refused, with the zone that was probably meant."""
    assert times.parse_zone("Europe/Berlin") == "Europe/Berlin"
    assert times.parse_zone("UTC") == "UTC"
    with pytest.raises(WrongValueError, match="is not a time zone") as caught:
        times.parse_zone(text)
    assert caught.value.instead == instead


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("day", Window(calendar="day")),
        ("month", Window(calendar="month")),
        ("30 d", Window(30 * 86_400.0)),
    ],
)
def test_windows(text: str, window: Window) -> None:
    """A window is of the calendar, or rolls; it is written as it is read."""
    assert times.parse_window(text) == window
    assert times.parse_window(str(window)) == window


def test_other_windows_are_refused() -> None:
    """Weeks have no first day that everybody agrees on."""
    with pytest.raises(WrongValueError) as caught:
        times.parse_window("week")
    assert (caught.value.what, caught.value.instead) == (
        "`week` is not a window",
        "`day`, `month` or `30 d`",
    )
    with pytest.raises(WrongValueError, match="`1 m` has an unknown unit `m`"):
        times.parse_window("1 m")


@pytest.mark.parametrize(
    ("zone", "day", "start", "hours"),
    [
        ("UTC", date(2026, 3, 29), utc(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 29), utc(2026, 3, 28, 23), 23),
        ("Europe/Berlin", date(2026, 10, 25), utc(2026, 10, 24, 22), 25),
        # Midnight does not exist in Cairo that night: the day begins at 01:00.
        ("Africa/Cairo", date(2026, 4, 24), utc(2026, 4, 23, 22), 23),
        # Midnight comes twice in Havana that night: the day begins with the first.
        ("America/Havana", date(2026, 11, 1), utc(2026, 11, 1, 4), 25),
    ],
)
def test_days_of_changed_clocks(zone: str, day: date, start: datetime, hours: int) -> None:
    """A day begins with its first instant, and lasts 23 to 25 hours."""
    assert times.start_of(day, zone) == start
    assert times.end_of(day, zone) == start + timedelta(hours=hours)
    window = Window(calendar="day", zone=zone)
    for offset in (timedelta(0), timedelta(hours=hours) - timedelta(microseconds=1)):
        assert window.start(start + offset) == start
        assert window.length(start + offset) == hours * 3600.0
    assert window.start(start + timedelta(hours=hours)) == start + timedelta(hours=hours)


def test_instants_are_their_own_start_and_end() -> None:
    """What is written as a time is meant to the second."""
    instant = utc(2026, 12, 1, 10)
    assert times.start_of(instant, "Asia/Tokyo") == times.end_of(instant, "Asia/Tokyo") == instant


def test_months_of_the_calendar() -> None:
    """A month begins at the midnight of its zone; March has an hour less in Berlin."""
    window = Window(calendar="month", zone="Europe/Berlin")
    assert window.start(utc(2026, 3, 31, 21, 59)) == utc(2026, 2, 28, 23)
    assert window.length(utc(2026, 3, 31, 21, 59)) == 31 * 86_400.0 - 3600.0
    assert window.start(utc(2026, 3, 31, 22)) == utc(2026, 3, 31, 22)
    assert window.length(utc(2026, 12, 31, 22)) == 31 * 86_400.0


def test_a_rolling_window_has_no_start() -> None:
    """It reaches back from whenever it is looked at."""
    assert Window(86_400.0).start(utc(2026, 12, 1)) is None
    assert Window(86_400.0).length(utc(2026, 12, 1)) == 86_400.0


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.sampled_from(ZONES),
    st.sampled_from(["day", "month"]),
)
def test_every_instant_lies_in_its_window(now: datetime, zone: str, calendar: str) -> None:
    """Windows follow each other without gap: start ≤ now < start + length, all of one date."""
    instant = now.replace(tzinfo=UTC)
    window = Window(calendar=calendar, zone=zone)  # type: ignore[arg-type]
    start = window.start(instant)
    assert start is not None
    end = start + timedelta(seconds=window.length(instant))
    assert start <= instant < end
    assert window.start(end) == end
    local = instant.astimezone(ZoneInfo(zone)).date()
    first = local.replace(day=1) if calendar == "month" else local
    assert start.astimezone(ZoneInfo(zone)).date() == first
