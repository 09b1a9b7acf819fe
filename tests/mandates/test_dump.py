"""Writing mandates back."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fortuna_otel import mandates
from fortuna_otel.mandates.dump import dump
from fortuna_otel.mandates.times import ALWAYS
from fortuna_otel.mandates.units import BANDS, format_duration, format_ratio

EXAMPLE = Path(__file__).parents[2] / "examples" / "mandates.yaml"


def test_the_example_reads_the_same_once_written_out() -> None:
    """Everything inherited is written out, and means the same."""
    desk = mandates.load(EXAMPLE)
    assert mandates.loads(dump(desk)) == desk


def test_what_is_written_is_what_people_write(good: str) -> None:
    """Units, bands and assets are those of the file."""
    assert (
        dump(mandates.loads(good))
        == """\
defaults:
  reference: USD
services:
  desk/mm-majors:
    loops:
    - quote
clients:
  acme:
    name: Acme Treasury
    exposure:
      BTC:
        target: 4 BTC
        tolerance: 0.5 BTC
        limit: 1 BTC
    accounts:
      binance/acme-mm:
        staleness:
          balances: 2 min
    obligations:
      acme-btc:
        venue: binance
        symbol: BTC/USDT
        version: '1'
        tier: liquid
        capital: client
        mid: venue
        presence: both
        spread:
          min: 1 bp
          target: 20 bp
          max: 40 bp
        depth:
          0.5 %:
            bid: 20000 USDT
            ask: 20000 USDT
          2 %:
            bid: 50000 USDT
            ask: 40000 USDT
        uptime:
          all: 95 %
          window: 1 d
        staleness:
          market: 5 s
          quotes: 10 s
          orders: 30 s
          lag: 2 s
        books:
        - account: acme-mm
          tag: core
          service: desk/mm-majors
"""
    )


def test_own_books_may_differ_by_venue(good: str) -> None:
    """Capital is the client's or the desk's venue by venue, and stays so once written out."""
    books = "[{venue: okx, symbol: A/USDT, account: a, tag: t}, {venue: kraken, symbol: A/USDT,"
    text = (
        f"{good}    venues: {{kraken: {{capital: desk, alerts: {{NotQuoting: {{page: "
        f"{{patience: 9 s}}}}}}}}}}\n    books: {books} account: a, tag: t}}]\n"
    )
    desk = mandates.loads(text)
    assert [book.capital for book in desk.books] == ["client", "client", "desk"]
    assert mandates.loads(dump(desk)) == desk


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}[A-Za-z0-9]", fullmatch=True)
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1)
shares = st.floats(min_value=1e-6, max_value=1.0).map(format_ratio)
durations = st.floats(min_value=1e-3, max_value=3e7).map(format_duration)
versions = st.none() | names


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a mapping with any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def spreads(draw: st.DrawFn) -> dict[str, str]:
    """Draw a spread in order, with any of its figures."""
    low, middle, high = sorted(
        draw(st.lists(st.floats(min_value=1e-6, max_value=1.0), min_size=3, max_size=3))
    )
    figures = {"min": low, "target": middle, "max": high}
    return {key: format_ratio(figures[key]) for key in draw(st.lists(st.sampled_from([*figures])))}


@st.composite
def depths(draw: st.DrawFn) -> dict[str, Any]:
    """Draw minima that grow from mid outwards, for both sides, one, or each its own."""
    bands = draw(st.lists(st.sampled_from(BANDS), unique=True))
    amounts = sorted(
        draw(st.lists(st.integers(1, 10**9), min_size=len(bands), max_size=len(bands)))
    )
    shapes: tuple[str | dict[str, str], ...] = (
        "{0} USDT",
        {"bid": "{0} USDT"},
        {"ask": "{0} USDT", "bid": "{0} USDT"},
    )

    def shaped(amount: int) -> Any:
        shape = draw(st.sampled_from(shapes))
        if isinstance(shape, str):
            return shape.format(amount)
        return {side: text.format(amount) for side, text in shape.items()}

    ordered = sorted(bands, key=BANDS.index)
    return {f"{band} %": shaped(amount) for band, amount in zip(ordered, amounts, strict=True)}


def both(low: st.SearchStrategy[int], high: st.SearchStrategy[int]) -> Any:
    """Draw a least and a most amount."""
    return some(min=low.map("{} USDT".format), max=high.map("{} USDT".format))


counts = st.integers(1, 1000)
days = st.dates(date(2020, 1, 1), date(2030, 1, 1)).map(str)
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Africa/Cairo"])
windows = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda time: {"from": f"{time.isoformat()}Z", "to": "2031-01-01T00:00:00Z", "reason": "move"}
)
volumes = both(st.integers(1, 500), st.integers(500, 1000))
figures = some(patience=durations, tolerance=shares)
promised = {
    "tier": st.sampled_from(["liquid", "thin"]),
    "version": names,
    "mid": st.sampled_from(["venue", "venue_without_own", "own", "reference"]),
    "levels": some(
        count=counts, size=counts.map(lambda count: f"{count} USDT"), rest=st.just("2 s")
    ),
    "uptime": shares
    | some(
        all=shares,
        each=shares,
        presence=shares,
        depth=shares,
        window=durations | st.sampled_from(["day", "month"]),
        outage=durations,
        sampling=st.just({"interval": "1 min", "source": "venue"}),
    ),
    "volume": some(day=volumes, month=volumes),
    "staleness": some(market=durations, quotes=durations, orders=durations, lag=durations),
    "alerts": some(
        SpreadTooWide=some(page=some(patience=durations)),
        DepthBelowMandate=some(page=figures, ticket=figures),
    ),
    "reporting": st.sampled_from(["day", "week", "month", "quarter"]),
}
amendments = st.lists(
    st.tuples(days, some(**promised, spread=spreads(), depth=depths())),
    max_size=3,
    unique_by=lambda pair: pair[0],
).map(lambda pairs: [{"from": day, **terms} for day, terms in pairs])
shared = promised | {
    "capital": st.sampled_from(["client", "desk"]),
    "zone": zones,
    "parties": st.lists(texts.filter(str.strip), min_size=1, max_size=2),
    "limits": some(reject=shares, ack=durations, margin=shares, gas=counts),
    "maintenance": st.lists(windows, max_size=2),
    "exclusions": st.lists(
        windows.map(lambda window: window | {"approver": "J. Doe", "evidence": "mail"}), max_size=1
    ),
}
SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT:USDT")


def ordered(spread: dict[str, str]) -> bool:
    """Return whether what one level says of a spread can be merged with any other level's."""
    return len(spread) == 3 or not spread


@st.composite
def clients(draw: st.DrawFn, client: str, number: int) -> dict[str, Any]:
    """Draw a client with obligations, and a book without one."""
    obligations: dict[str, Any] = {}
    for index, symbol in enumerate(SYMBOLS[: draw(st.integers(0, 3))]):
        obligations[f"{client}-{number}-{index}"] = draw(
            some(
                **shared,
                spread=spreads().filter(ordered),
                depth=depths(),
                amendments=amendments.filter(
                    lambda drawn: all(ordered(each.get("spread", {})) for each in drawn)
                ),
                valid=st.just({"from": "2024-02-29"}) | st.just({"to": "2026-12-31"}),
            )
        ) | {
            "venue": draw(st.sampled_from(["binance", "okx"])),
            "symbol": symbol,
            "books": [
                {"account": account, "tag": f"t{index}", "service": "desk/mm-1"}
                for account in draw(st.lists(names, min_size=1, max_size=2, unique=True))
            ],
        }
    return draw(
        some(
            **shared,
            name=texts.filter(str.strip),
            exposure=st.just({"BTC": {"target": "4 BTC", "limit": "1.5 BTC"}}),
            hedge=st.just({"BTC": "1 BTC"}),
            loss=st.just({"week": "10 USD"}),
            unexplained=st.just("5 USD"),
            aggregate=depths().map(
                lambda depth: {
                    "BTC": {"depth": json.loads(json.dumps(depth).replace("USDT", "USD"))}
                }
            ),
            venues=some(okx=some(**shared), binance=some(**shared)),
            contacts=st.just([{"role": "desk", "email": "desk@example.com"}]),
            loans=st.just(
                [{"lender": "lend", "principal": "5 BTC", "rate": "0 %", "expiry": "2026-01-01"}]
            ),
        )
    ) | {
        "service": "desk/mm-1",
        "obligations": obligations,
        "books": [{"venue": "okx", "symbol": "ETH/BTC", "account": "own", "tag": "hedge"}],
    }


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a good file."""
    ids = draw(st.lists(names.filter(lambda name: name != "desk"), unique=True, max_size=3))
    services = {"desk/mm-1": {"loops": ["quote"]}, "rates": {"loops": ["a", "b"]}}
    return {
        "services": services,
        "clients": {client: draw(clients(client, number)) for number, client in enumerate(ids)},
        "defaults": draw(some(**shared, reference=st.just("USD"))),
    }


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_what_is_written_reads_the_same_at_all_times(file: dict[str, Any]) -> None:
    """What any good file means at an instant, written out, means the same then."""
    desk = mandates.loads(yaml.safe_dump(file, allow_unicode=True, sort_keys=False))
    for instant in (ALWAYS, *desk.changes):
        now = desk.at(instant)
        text = dump(now)
        assert mandates.loads(text, at=instant) == now
        assert dump(mandates.loads(text, at=instant)) == text
