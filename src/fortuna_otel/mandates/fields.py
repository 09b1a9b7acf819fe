"""Scalars of the mandates file: how each is parsed, and how editors know its form."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, WithJsonSchema

from fortuna_otel.mandates import times, units
from fortuna_otel.mandates.thresholds import THRESHOLDS
from fortuna_otel.mandates.units import Amount

BY_STALENESS: Final = {
    "BalancesUnconfirmed": "balances",
    "FeedStale": "market",
    "OrdersUnconfirmed": "orders",
    "QuotesUnconfirmed": "quotes",
}
"""Alerts that wait as long as a staleness of the file says."""

ALERTS: Final = tuple(
    dict.fromkeys(each.alert for each in THRESHOLDS if each.alert not in BY_STALENESS)
)
"""Every alert that has a figure to set."""


def _text(parse: Any, pattern: str, *examples: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """Return the annotations of a scalar that is parsed from its text."""

    def parsed(value: object) -> object:
        if not isinstance(value, str):
            shapes: dict[type, str] = {
                dict: "is a mapping, not one value",
                list: "is a list, not one value",
            }
            what = shapes.get(type(value), "has no value")
            raise units.WrongValueError(what, f"`{examples[0]}`")
        return parse(value)

    schema = {"type": "string", "pattern": pattern, "examples": list(examples)}
    return BeforeValidator(parsed), WithJsonSchema(schema)


def _checked(parse: Any) -> Any:
    """Return a parser that judges a text, but keeps it as it was written."""

    def check(text: str) -> str:
        parse(text)
        return text

    return check


def _account(text: str) -> str:
    venue, slash, account = text.partition("/")
    if not slash:
        raise units.WrongValueError(f"`{text}` is not venue/account", f"`binance/{text}`")
    return f"{units.parse_venue(venue)}/{units.parse_name(account)}"


def _alert(text: str) -> str:
    if text in BY_STALENESS:
        raise units.WrongValueError(
            f"`{text}` waits as long as the staleness of what it is about",
            f"`staleness: {{{BY_STALENESS[text]}: …}}`",
        )
    if text not in ALERTS:
        near = units.closest(text, ALERTS)
        instead = f"`{near}`" if near else "one of those that `fortuna-otel mandates alerts` lists"
        raise units.WrongValueError(f"`{text}` is not an alert with figures to set", instead)
    return text


Ratio = Annotated[float, *_text(units.parse_share, units.RATIO_PATTERN, "25 bp", "0.4 %")]
Multiple = Annotated[float, *_text(units.parse_multiple, units.RATIO_PATTERN, "200 %")]
Rate = Annotated[float, *_text(units.parse_rate, units.RATIO_PATTERN, "4 %")]
Duration = Annotated[float, *_text(units.parse_duration, units.DURATION_PATTERN, "10 s", "2 min")]
Quantity = Annotated[Amount, *_text(units.parse_amount, units.AMOUNT_PATTERN, "50000 USDT")]
Positive = Annotated[Amount, *_text(units.parse_positive, units.AMOUNT_PATTERN, "50000 USDT")]
Count = Annotated[
    int,
    *_text(units.parse_count, units.COUNT_PATTERN, "3")[:1],
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "pattern": units.COUNT_PATTERN,
            "minimum": 1,
            "maximum": 1000,
            "examples": [3],
        }
    ),
]
Name = Annotated[str, *_text(units.parse_name, units.NAME_PATTERN, "acme")]
Venue = Annotated[str, *_text(units.parse_venue, units.VENUE_PATTERN, "binance")]
Asset = Annotated[str, *_text(units.parse_asset, units.ASSET_PATTERN, "BTC")]
Job = Annotated[str, *_text(units.parse_job, units.JOB_PATTERN, "desk/mm-majors")]
Symbol = Annotated[str, *_text(units.parse_symbol, r"^[^/\s]+/[^/\s]+$", "BTC/USDT")]
Time = Annotated[datetime, *_text(times.parse_time, r"^\d{4}-\d\d-\d\dT", "2026-12-01T10:00:00Z")]
Moment = Annotated[
    date | datetime,
    *_text(times.parse_moment, times.MOMENT_PATTERN, "2026-12-01", "2026-12-01T10:00:00Z"),
]
Zone = Annotated[str, *_text(times.parse_zone, times.ZONE_PATTERN, "Europe/Berlin")]
Window = Annotated[
    times.Window, *_text(times.parse_window, times.WINDOW_PATTERN, "month", "day", "30 d")
]
Text = Annotated[str, *_text(str.strip, r"\S", "token listing")]
Version = Annotated[
    str,
    *_text(units.parse_name, units.NAME_PATTERN, "2026-01")[:1],
    WithJsonSchema({"type": ["string", "number"], "examples": ["2026-01"]}),
]
Band = Annotated[
    str, *_text(_checked(units.parse_band), r"^(0\.5|1|2|3|5|10|15|20) ?%$", "0.5 %", "2 %")
]
AccountKey = Annotated[str, *_text(_account, r"^[a-z0-9-]+/.+$", "binance/mm-1")]
AlertKey = Annotated[str, *_text(_alert, rf"^({'|'.join(ALERTS)})$", "SpreadTooWide")]

Tier = Literal["liquid", "thin"]
Capital = Literal["client", "desk"]
Role = Literal["quote", "hedge"]
Period = Literal["day", "week", "month"]
Cadence = Literal["day", "week", "month", "quarter"]
Mid = Literal["venue", "venue_without_own", "own", "reference"]
Denominator = Literal["mid", "bid", "ask"]
Presence = Literal["both", "bid", "ask"]
View = Literal["engine", "venue"]
