"""Dates, instants and the windows of calendars, in the time zones that contracts name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from fortuna_otel.mandates.units import WrongValueError, format_duration, parse_duration

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
"""Before everything: what holds from here on has no beginning."""

Calendar = Literal["", "day", "month"]

MOMENT_PATTERN: Final = r"^\d{4}-\d\d-\d\d(T.+)?$"
WINDOW_PATTERN: Final = r"^(day|month|[0-9][0-9_]*(\.[0-9]+)? ?(ms|s|min|h|d))$"
ZONE_PATTERN: Final = r"^[A-Za-z][A-Za-z0-9_+/-]*$"


@dataclass(frozen=True, slots=True)
class Window:
    """The time over which uptime is judged.

    Attributes:
        seconds: how far a rolling window reaches back; unused for those of the calendar.
        calendar: `day` or `month`; empty for a rolling window.
        zone: whose midnight begins a day or month of the calendar.
    """

    seconds: float = 86_400.0
    calendar: Calendar = ""
    zone: str = "UTC"

    def start(self, now: datetime) -> datetime | None:
        """Return the instant at which the present window began; None for one that rolls."""
        return self._edges(now)[0] if self.calendar else None

    def length(self, now: datetime) -> float:
        """Return the seconds of the present window; a day has 23 to 25 hours."""
        if not self.calendar:
            return self.seconds
        start, end = self._edges(now)
        return (end - start).total_seconds()

    def __str__(self) -> str:
        """Return the window as the file writes it."""
        return self.calendar or format_duration(self.seconds)

    def _edges(self, now: datetime) -> tuple[datetime, datetime]:
        today = now.astimezone(zone(self.zone)).date()
        if self.calendar == "day":
            return start_of(today, self.zone), start_of(today + timedelta(days=1), self.zone)
        first = today.replace(day=1)
        after = (first + timedelta(days=31)).replace(day=1)
        return start_of(first, self.zone), start_of(after, self.zone)


def parse_window(text: str) -> Window:
    """Return the window that `1 d` (rolling), `day` or `month` means, in UTC.

    Raises:
        WrongValueError: another word, or no duration.
    """
    if text == "day":
        return Window(calendar="day")
    if text == "month":
        return Window(calendar="month")
    if text.isalpha():
        raise WrongValueError(f"`{text}` is not a window", "`day`, `month` or `30 d`")
    return Window(parse_duration(text))


def parse_time(text: str) -> datetime:
    """Return the instant of an ISO 8601 time with its zone, in UTC.

    Raises:
        WrongValueError: no such time, no zone, or one at the end of all calendars.
    """
    try:
        found = datetime.fromisoformat(text)
        instant = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongValueError(f"`{text}` is not a time", "`2026-12-01T10:00:00Z`") from None
    if found.tzinfo is None:
        raise WrongValueError(f"`{text}` has no time zone", f"`{found.isoformat()}Z`")
    return instant


def format_time(instant: datetime) -> str:
    """Return an instant as the file writes it, in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_moment(text: str) -> date | datetime:
    """Return the day that `2026-12-01` means, in a zone to be named, or the instant of a time.

    Raises:
        WrongValueError: neither, or a year that no contract has.
    """
    try:
        found: date | datetime = date.fromisoformat(text)
    except ValueError:
        try:
            found = parse_time(text)
        except WrongValueError as error:
            instead = error.instead if "zone" in error.what else "`2026-12-01`"
            raise WrongValueError(error.what.replace("a time", "a date or time"), instead) from None
    if not 1970 <= found.year <= 2200:
        raise WrongValueError(f"`{text}` is not between 1970 and 2200", "such a date")
    return found


def parse_zone(text: str) -> str:
    """Return the name of a time zone of the IANA database.

    Raises:
        WrongValueError: there is none of that name here.
    """
    try:
        zone(text)
    except (LookupError, ValueError, OSError):
        known = {name.rpartition("/")[2].lower(): name for name in sorted(available_timezones())}
        near = get_close_matches(text.rpartition("/")[2].lower(), known, n=1, cutoff=0.7)
        instead = known[near[0]] if near else "Europe/Berlin"
        raise WrongValueError(f"`{text}` is not a time zone", f"`{instead}`") from None
    return text


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo:
    """Return a time zone; UTC needs no database.

    Raises:
        LookupError, ValueError, OSError: there is none of that name here.
    """
    return UTC if name == "UTC" else ZoneInfo(name)


def start_of(moment: date | datetime, zone_name: str) -> datetime:
    """Return the first instant of a day in a zone, or an instant itself, in UTC.

    Where the clock leaves midnight out, the day begins when it does; where midnight comes twice,
    with the first one (PEP 495, fold 0).
    """
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), zone(zone_name)).astimezone(UTC)


def end_of(moment: date | datetime, zone_name: str) -> datetime:
    """Return the instant at which a day in a zone is over, or an instant itself, in UTC."""
    if isinstance(moment, datetime):
        return moment
    return start_of(moment + timedelta(days=1), zone_name)
