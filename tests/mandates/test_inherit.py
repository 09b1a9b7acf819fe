"""Inheritance by venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import mandates
from fortuna_otel.mandates.desk import Limits
from fortuna_otel.mandates.terms import Spread

if TYPE_CHECKING:
    from collections.abc import Callable

    Problems = Callable[[str], list[str]]

VENUES = """\
defaults:
  staleness: {quotes: 20 s}
  venues:
    okx:
      service: desk/okx
      spread: {min: 3 bp, target: 9 bp}
      staleness: {quotes: 9 s, balances: 50 s}
      limits: {ack: 1 s, reject: 10 %}
      maintenance: [{from: 2026-12-01T06:00:00Z, to: 2026-12-01T08:00:00Z, reason: upgrade}]
services: {desk/mm: {loops: [quote]}, desk/okx: {loops: [quote]}}
clients:
  acme:
    spread: {max: 20 bp}
    limits: {margin: 60 %}
    venues:
      okx: {spread: {max: 30 bp}, limits: {reject: 20 %}}
    obligations:
      here: {venue: okx, symbol: A/USDT, spread: {target: 10 bp}, books: [{account: a, tag: t}]}
      there: {venue: binance, symbol: A/USDT, service: desk/mm, books: [{account: a, tag: t}]}
    accounts: {okx/a: {limits: {gas: 20}, mismatch: {A: 5 A}}}
"""


def test_venues_stand_between(problems: Problems) -> None:
    """Obligation, client on the venue, client, desk on the venue, desk: the nearest is heard."""
    desk = mandates.loads(VENUES)
    here, there = desk.obligations
    assert here.spread == Spread(0.0003, 0.001, 0.003)
    assert there.spread == Spread(max=0.002)
    assert (here.staleness.quotes, there.staleness.quotes) == (9.0, 20.0)
    assert [book.service for book in desk.books] == ["desk/okx", "desk/mm"]
    assert [len(each.maintenance) for each in desk.obligations] == [1, 0]
    okx, binance = desk.accounts
    assert (okx.staleness, binance.staleness) == (50.0, 120.0)
    assert okx.limits == Limits(0.2, 1.0, margin=0.6, gas=20)
    assert okx.mismatches == (("A", 5.0),)
    assert problems(VENUES.replace("okx:\n      service", "OKX:\n      service"))[0] == (
        "desk.yaml:4: defaults.venues.OKX: `OKX` is not a venue's id in lower case;"
        " write `okx` instead"
    )
