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


@pytest.fixture
def good() -> str:
    """Return the text of the file above."""
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
