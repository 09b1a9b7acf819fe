"""Writing mandates back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel import mandates
from fortuna_otel.mandates.dump import dump
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
        books:
        - account: acme-mm
          tag: core
          service: desk/mm-majors
"""
    )


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


shared = {
    "tier": st.sampled_from(["liquid", "thin"]),
    "capital": st.sampled_from(["client", "desk"]),
    "version": names,
    "uptime": shares | some(all=shares, presence=shares, depth=shares, window=durations),
}
staleness = some(market=durations, quotes=durations, orders=durations)


@st.composite
def files(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a good file: clients with obligations, and books that no other claims."""
    clients: dict[str, Any] = {}
    ids = draw(st.lists(names.filter(lambda name: name != "desk"), unique=True, max_size=3))
    for number, client in enumerate(ids):
        obligations: dict[str, Any] = {}
        for index in range(draw(st.integers(0, 3))):
            obligations[f"{client}-{number}-{index}"] = draw(
                some(**shared, spread=spreads(), depth=depths(), staleness=staleness)
            ) | {
                "venue": draw(st.sampled_from(["binance", "okx"])),
                "symbol": "BTC/USDT",
                "books": [
                    {"account": account, "tag": f"t{index}", "service": "desk/mm-1"}
                    for account in draw(st.lists(names, min_size=1, max_size=2, unique=True))
                ],
            }
        clients[client] = draw(
            some(
                **shared,
                name=texts.filter(str.strip),
                exposure=st.just({"BTC": {"target": "4 BTC", "limit": "1.5 BTC"}}),
                loss=st.just({"week": "10 USD"}),
            )
        ) | {
            "service": "desk/mm-1",
            "obligations": obligations,
            "books": [{"venue": "okx", "symbol": "ETH/BTC", "account": "own", "tag": "hedge"}],
        }
    services = {"desk/mm-1": {"loops": ["quote"]}, "rates": {"loops": ["a", "b"]}}
    return {"services": services, "clients": clients, "defaults": draw(some(**shared))}


@settings(deadline=None, max_examples=60)
@given(files())
def test_what_is_written_reads_the_same(file: dict[str, Any]) -> None:
    """Any good file, written out, means the same, and is written the same again."""
    desk = mandates.loads(yaml.safe_dump(file, allow_unicode=True, sort_keys=False))
    text = dump(desk)
    assert mandates.loads(text) == desk
    assert dump(mandates.loads(text)) == text
