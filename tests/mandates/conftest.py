"""A small good file, and what is wrong with others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates

if TYPE_CHECKING:
    from collections.abc import Callable

GOOD = """\
services:
  desk/mm-majors: {loops: [quote]}
clients:
  acme:
    name: Acme Treasury
    service: desk/mm-majors
    exposure:
      BTC: {target: 4 BTC, tolerance: 0.5 BTC, limit: 1 BTC}
    obligations:
      acme-btc:
        venue: binance
        symbol: BTC/USDT
        spread: {min: 1 bp, target: 20 bp, max: 0.4 %}
        depth: {0.5 %: 20000 USDT, 2 %: {bid: 50000 USDT, ask: 40000 USDT}}
        books:
          - {account: acme-mm, tag: core}
"""


WHOLE = """\
services:
  desk/mm: {loops: [quote]}
clients:
  acme:
    service: desk/mm
    zone: Europe/Berlin
    obligations:
      acme-btc:
        venue: binance
        symbol: BTC/USDT
        parties: [Acme Ltd, Fortuna Desk Ltd]
        mid: venue_without_own
        presence: both
        spread: {min: 1 bp, target: 8 bp, max: 20 bp, denominator: bid}
        depth: {0.5 %: 20000 USDT, 1 %: 2 BTC, 2 %: {bid: 90000 USD}}
        levels: {count: 3, size: 500 USDT, rest: 2 s}
        uptime:
          each: 95 %
          levels: 90 %
          window: month
          outage: 30 min
          sampling: {interval: 1 min, source: venue}
        widening: {factor: 250 %, move: 3 %, window: 5 min, cap: 2 h}
        volume: {day: {min: 1000000 USDT, max: 9000000 USDT}, month: {min: 5000 USDT}}
        staleness: {market: 3 s, quotes: 4 s, orders: 5 s, lag: 1 s}
        alerts:
          SpreadTooWide: {page: {patience: 2 min}}
          DepthBelowMandate: {page: {patience: 90 s, tolerance: 70 %}, ticket: {tolerance: 150 %}}
        exclusions:
          - from: 2026-12-01T10:00:00Z
            to: 2026-12-01T11:00:00Z
            reason: halt of the venue
            approver: J. Doe
            evidence: mail of 2026-12-02
        reporting: week
        books: [{account: a, tag: t}]
"""


@pytest.fixture
def whole() -> str:
    """Return a file whose obligation says everything that one may say."""
    return WHOLE


@pytest.fixture
def good() -> str:
    """Return the text of the first file above."""
    return GOOD


@pytest.fixture
def problems() -> Callable[[str], list[str]]:
    """Return what `load` says about a text, one line a problem."""

    def found(text: str) -> list[str]:
        try:
            mandates.loads(text, "desk.yaml")
        except mandates.MandatesError as error:
            return [str(problem) for problem in error.problems]
        return []

    return found


@pytest.fixture
def problem(problems: Callable[[str], list[str]]) -> Callable[[str, str], str]:
    """Return the one problem that replacing a part of the good file causes."""

    def found(part: str, by: str) -> str:
        assert GOOD.count(part) == 1
        (only,) = problems(GOOD.replace(part, by))
        return only

    return found
