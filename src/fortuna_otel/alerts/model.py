"""The routing file as it is written: who there is, how each is reached, when, and how often."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fortuna_otel.mandates.units import WrongValueError

if TYPE_CHECKING:
    from collections.abc import Callable

Severity = Literal["page", "ticket"]
SEVERITIES: Final[tuple[Severity, ...]] = ("page", "ticket")

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MINUTES_OF_A_DAY: Final = 24 * 60

LABELS: Final = frozenset(
    {
        *("account", "asset", "base", "capital", "chain", "client", "currency", "host_name"),
        *("instance", "job", "loop", "pool", "quote", "stream", "symbol", "tag", "venue", "window"),
    }
)
"""Labels that an alert may have, for grouping and for what maintenance matches."""

UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _text(parse: Callable[[str], Any], example: str) -> BeforeValidator:
    """Return a validator of a scalar, which the file's reader hands over as text."""

    def parsed(value: object) -> object:
        if not isinstance(value, str):
            what = "is a list, not one value" if isinstance(value, list) else "is not one value"
            raise WrongValueError(what, f"`{example}`")
        return parse(value.strip())

    return BeforeValidator(parsed)


def _matching(pattern: str, what: str, example: str) -> BeforeValidator:
    def parse(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise WrongValueError(f"`{text}` is not {what}", f"`{example}`")
        return text

    return _text(parse, example)


def parse_secret(text: str) -> str:
    """Return the name of a secret's file.

    Raises:
        WrongValueError: it is none; above all, it is the secret itself.
    """
    if "/" in text or re.fullmatch(r"[0-9a-fA-F]{20,}|R[0-9A-Z]{20,}", text):
        raise WrongValueError(
            "is the secret itself, or a path", "the name of a file in secrets/ that holds it"
        )
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text):
        raise WrongValueError(f"`{text}` is not a file name", "`slack-webhook-url`")
    return text


def parse_duration(text: str) -> str:
    """Return a duration as Prometheus writes it, which is the notation of both targets.

    Raises:
        WrongValueError: it is none, or zero.
    """
    compact = text.replace(" ", "")
    if not re.fullmatch(r"[1-9]\d*[smhd]", compact):
        raise WrongValueError(f"`{text}` is not a duration", "`30s`, `4h`")
    return compact


def seconds(duration: str) -> int:
    """Return the seconds of a duration of this file."""
    return int(duration[:-1]) * UNIT_SECONDS[duration[-1]]


def parse_clock(text: str) -> int:
    """Return the minutes since midnight; 24:00 is the end of the day.

    Raises:
        WrongValueError: it is no time of day.
    """
    found = re.fullmatch(r"(\d\d):(\d\d)", text)
    minutes = int(found[1]) * 60 + int(found[2]) if found else -1
    if not found or int(found[2]) > 59 or minutes > MINUTES_OF_A_DAY:
        raise WrongValueError(f"`{text}` is not a time of day", '`"09:00"`')
    return minutes


def parse_days(value: object) -> tuple[str, ...]:
    """Return days of the week in their order, from `monday-friday` or a list.

    Raises:
        WrongValueError: one of them is no day, or a range is turned round.
    """
    parts = value if isinstance(value, list) else [value]
    found: set[int] = set()
    for part in parts:
        first, dash, last = str(part).strip().partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise WrongValueError(f"`{part}` is not a day", "`monday`, `monday-friday`")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        if end < begin:
            raise WrongValueError(
                f"`{part}` runs over the end of the week", f"`[{first}-sunday, monday-{last}]`"
            )
        found.update(range(begin, end + 1))
    return tuple(DAYS[index] for index in sorted(found))


def parse_zone(text: str) -> str:
    """Return the name of a time zone.

    Raises:
        WrongValueError: this machine's zone database has none of that name.
    """
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise WrongValueError(f"`{text}` is not a time zone", "`Europe/London`, `UTC`") from None
    return text


def parse_date(text: str) -> date:
    """Return a calendar day.

    Raises:
        WrongValueError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongValueError(f"`{text}` is not a date", "`2026-12-31`") from None


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Secret = Annotated[str, _text(parse_secret, "slack-webhook-url")]
Duration = Annotated[str, _text(parse_duration, "4h")]
Clock = Annotated[int, _text(parse_clock, '"09:00"')]
Days = Annotated[tuple[str, ...], BeforeValidator(parse_days)]
Zone = Annotated[str, _text(parse_zone, "Europe/London")]
Day = Annotated[date, _text(parse_date, "2026-12-31")]
Name = Annotated[str, _matching(r"[a-z0-9][a-z0-9._-]*", "a name in small letters", "acme")]
Alert = Annotated[str, _matching(r"[A-Z][A-Za-z]+", "the name of an alert", "SpreadTooWide")]
Text = Annotated[str, _matching(r"(?s).*\S.*", "a sentence", "OKX upgrades its engine")]
Value = Annotated[str, _matching(r"[^\"\\]+", "the value of a label", "okx")]


def _label(text: str) -> str:
    if text not in LABELS:
        raise WrongValueError(f"`{text}` is not a label of alerts", "one of docs/alerting.md")
    return text


Label = Annotated[str, _text(_label, "venue")]


class Entry(BaseModel):
    """A mapping of the file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Ways(Entry):
    """How somebody is reached. Each value is the name of a file in secrets/."""

    slack: Secret | None = Field(None, description="Slack incoming webhook.")
    pagerduty: Secret | None = Field(None, description="PagerDuty Events v2 integration key.")
    webhook: Secret | None = Field(None, description="A URL that takes Alertmanager's JSON.")

    def kinds(self) -> list[tuple[str, str]]:
        """Return (kind, secret) of every way there is."""
        return [(kind, secret) for kind, secret in self if secret]


class Hours(Entry):
    """When tickets are read: on these days, from one time of day to another."""

    days: Days
    begin: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    zone: Zone


class Team(Entry):
    """An `owner` of alerts."""

    page: Ways | None = None
    ticket: Ways | None = None
    hours: Hours | None = None

    def ways(self, severity: Severity) -> Ways | None:
        """Return how it hears of that severity."""
        return self.page if severity == "page" else self.ticket


class Client(Team):
    """Somebody who hears of one client's alerts, beside the team that owns them."""

    hears: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = ("client-manager",)


class Escalation(Entry):
    """Alerts for which a second person is called at the same moment."""

    alerts: Annotated[tuple[Alert, ...], BeforeValidator(_listed)]
    pagerduty: Secret


class Heartbeat(Entry):
    """Where the Watchdog goes: a service outside, which pages when it hears nothing."""

    webhook: Secret
    every: Duration = "30s"


class Repeat(Entry):
    """How often whoever was told is told again, while it lasts."""

    page: Duration = "4h"
    ticket: Duration = "24h"


class Maintenance(Entry):
    """A recurring window in which some alerts are not sent."""

    name: Name
    why: Text
    match: dict[Label, Annotated[tuple[Value, ...], BeforeValidator(_listed)]]
    alerts: Annotated[tuple[Alert, ...], BeforeValidator(_listed)] = ()
    days: Days
    begin: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    zone: Zone
    since: Day
    until: Day


class Grouping(Entry):
    """What makes one incident, beside the alert's name."""

    default: tuple[Label, ...]
    alerts: dict[Alert, tuple[Label, ...]] = {}


class Routing(Entry):
    """The whole file."""

    evaluator: Literal["ruler", "grafana"] = "ruler"
    teams: dict[Name, Team]
    fallback: Name
    clients: dict[Name, Client] = {}
    escalation: Escalation | None = None
    log: Secret | None = None
    heartbeat: Heartbeat
    grouping: Grouping
    repeat: Repeat = Repeat()
    maintenance: tuple[Maintenance, ...] = ()


LONGEST_WINDOW: Final = 12 * 60
"""Minutes of one maintenance window: what lasts longer is no recurring maintenance."""

LONGEST_MAINTENANCE: Final = timedelta(days=366)
"""Of a series of windows, from its first day to its last."""
