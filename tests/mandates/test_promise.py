"""Everything an obligation may promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.mandates.terms import (
    AlertFigure,
    DepthMinimum,
    Exclusion,
    Levels,
    Sampling,
    Spread,
    Staleness,
    UptimeMinimum,
    Volume,
    Widening,
)
from fortuna_otel.mandates.times import Window, parse_time
from fortuna_otel.meters import terms as sdk

if TYPE_CHECKING:
    from collections.abc import Callable

    Problems = Callable[[str], list[str]]


def test_everything_that_may_be_promised(whole: str) -> None:
    """Each figure of the file becomes a field of the obligation."""
    (obligation,) = mandates.loads(whole).obligations
    assert obligation.parties == ("Acme Ltd", "Fortuna Desk Ltd")
    assert (obligation.mid, obligation.presence) == ("venue_without_own", "both")
    assert obligation.spread == Spread(0.0001, 0.0008, 0.002, "bid")
    assert obligation.depth == (
        DepthMinimum("0.5", "bid", 20_000.0),
        DepthMinimum("0.5", "ask", 20_000.0),
        DepthMinimum("1", "bid", 2.0, "base"),
        DepthMinimum("1", "ask", 2.0, "base"),
        DepthMinimum("2", "bid", 90_000.0, "reference", "USD"),
    )
    assert obligation.levels == Levels(3, 500.0, 2.0)
    assert obligation.uptime == (
        UptimeMinimum("presence", 0.95),
        UptimeMinimum("spread", 0.95),
        UptimeMinimum("depth", 0.95),
        UptimeMinimum("levels", 0.9),
    )
    assert obligation.window == Window(calendar="month", zone="Europe/Berlin")
    assert (obligation.outage, obligation.sampling) == (1800.0, Sampling(60.0, "venue"))
    assert obligation.widening == Widening(2.5, 0.03, 300.0, 7200.0)
    assert obligation.volumes == (Volume("day", 1e6, 9e6), Volume("month", 5000.0))
    assert obligation.staleness == Staleness(3.0, 4.0, 5.0, 1.0)
    assert obligation.alerts == (
        AlertFigure("SpreadTooWide", "page", patience=120.0),
        AlertFigure("DepthBelowMandate", "page", 90.0, 0.7),
        AlertFigure("DepthBelowMandate", "ticket", tolerance=1.5),
    )
    assert obligation.exclusions == (
        Exclusion(
            parse_time("2026-12-01T10:00:00Z"),
            parse_time("2026-12-01T11:00:00Z"),
            "halt of the venue",
            "J. Doe",
            "mail of 2026-12-02",
        ),
    )
    assert obligation.reporting == "week"


def test_an_exclusion_does_not_count(whole: str) -> None:
    """An obligation is not scheduled within a window that the client agreed to leave out."""
    (obligation,) = mandates.loads(whole).obligations
    assert obligation.scheduled(parse_time("2026-12-01T09:59:59Z"))
    assert not obligation.scheduled(parse_time("2026-12-01T10:00:00Z"))
    assert obligation.scheduled(parse_time("2026-12-01T11:00:00Z"))


def test_an_engine_judges_by_all_of_it(whole: str) -> None:
    """What the SDK can judge reaches it; the rest is for alerts and reports."""
    (obligation,) = mandates.loads(whole).obligations
    assert obligation.terms() == sdk.Obligation(
        mandate="acme-btc",
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        spread_max=0.002,
        depth=(
            sdk.DepthTerm("bid", "0.5", 20_000.0),
            sdk.DepthTerm("ask", "0.5", 20_000.0),
            sdk.DepthTerm("bid", "1", 2.0, unit="base"),
            sdk.DepthTerm("ask", "1", 2.0, unit="base"),
            sdk.DepthTerm("bid", "2", 90_000.0, unit="reference", currency="USD"),
        ),
        staleness=4.0,
        mid="venue_without_own",
        denominator="bid",
        levels=3,
        size_min=500.0,
        rest=2.0,
        widening=sdk.Widening(factor=2.5, move=0.03, window=300.0, cap=7200.0),
        sampling=sdk.Sampling(interval=60.0, source="venue"),
    )


ONE_SIDE = """\
defaults: {spread: {min: 1 bp, max: 20 bp}, depth: {1 %: 1000 USDT}}
services: {desk/mm: {loops: [quote]}}
clients:
  acme:
    service: desk/mm
    presence: bid
    obligations:
      one: {venue: okx, symbol: A/USDT, books: [{account: a, tag: t}]}
"""


def test_one_side_may_be_promised(problems: Problems) -> None:
    """The desk's spread is for two sides and falls away; depth is that of the promised side."""
    (obligation,) = mandates.loads(ONE_SIDE).obligations
    assert obligation.sides == ("bid",)
    assert obligation.spread == Spread()
    assert obligation.depth == (DepthMinimum("1", "bid", 1000.0),)
    assert obligation.terms().presence == "bid"
    near = ONE_SIDE.replace("one: {", "one: {spread: {max: 10 bp}, ")
    assert problems(near) == [
        (
            "desk.yaml:8: clients.acme.obligations.one.spread.max: needs two sides, and only `bid`"
            " is promised; remove it, or write `presence: both`"
        )
    ]
    other = ONE_SIDE.replace("one: {", "one: {depth: {1 %: {ask: 5 USDT}}, ")
    assert problems(other) == [
        (
            "desk.yaml:8: clients.acme.obligations.one.depth.1 %.ask: is of a side that is not"
            " promised, only `bid` is; write `bid: …`, or `presence: both`"
        )
    ]
    own = ONE_SIDE.replace("presence: bid", "presence: bid\n    mid: own")
    assert problems(own) == [
        (
            "desk.yaml:7: clients.acme.mid: is `own`, the middle of two sides, where depth of one"
            " is promised; write `mid: venue`, or `presence: both`"
        )
    ]


@pytest.mark.parametrize(
    ("inherited", "own", "terms"),
    [
        ("", "95 %", {"all": 0.95}),
        ("uptime: 90 %", "{each: 99 %}", {"presence": 0.99, "spread": 0.99, "depth": 0.99}),
        ("uptime: {each: 99 %}", "90 %", {"all": 0.9}),
        ("uptime: 90 %", "{presence: 99 %}", {"all": 0.9, "presence": 0.99}),
        (
            "uptime: {each: 90 %}",
            "{spread: 99 %}",
            {"presence": 0.9, "spread": 0.99, "depth": 0.9},
        ),
        (
            "",
            "{all: 90 %, each: 99 %}",
            {"all": 0.9, "presence": 0.99, "spread": 0.99, "depth": 0.99},
        ),
    ],
)
def test_all_at_once_or_each(good: str, inherited: str, own: str, terms: dict[str, float]) -> None:
    """`each` stands for every promised term, and the nearer of `all` and `each` is meant."""
    text = good.replace("venue: binance", f"venue: binance\n        uptime: {own}")
    (obligation,) = mandates.loads(f"defaults: {{{inherited}}}\n{text}").obligations
    assert {minimum.term: minimum.share for minimum in obligation.uptime} == terms
