"""The books of an account against its equity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel.meters.ledger import Ledger
from tests.meters.trades import book_of

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.meters.market import MarketMeter
    from fortuna_otel.testing import Capture

NAME = "fortuna.pnl.unexplained"


@pytest.fixture
def rates() -> dict[str, float]:
    """Give the reference rates in USD, to be changed at will."""
    return {"USDT": 1.0}


@pytest.fixture
def ledger(desk: Capture, rates: dict[str, float]) -> Ledger:
    """Give the ledger of acme's account in USD."""
    return Ledger(
        desk.telemetry.registry,
        desk.clock,
        client="acme",
        account="a",
        capital="client",
        currency="USD",
        convert=lambda asset, into: rates.get(asset) if into == "USD" else None,
    )


@pytest.fixture
def traded(desk: Capture, ledger: Ledger) -> Book:
    """Give a book that the ledger knows, flat, with a mid of 100."""
    book = book_of(desk, "BTC/USDT:USDT")
    desk.telemetry.market(venue="binance", symbol="BTC/USDT:USDT").reference(100.0)
    book.trades.restore(position=0.0)
    ledger.attach(book)
    return book


def _market(desk: Capture) -> MarketMeter:
    return desk.telemetry.market(venue="binance", symbol="BTC/USDT:USDT")


def test_what_books_attribute_is_explained(desk: Capture, ledger: Ledger, traded: Book) -> None:
    """Buy 2 at 99 with mid 100, mid to 103, a fee of 0.5: equity is 7.5 higher, and none over."""
    ledger.equity(1_000.0)
    assert desk.value(NAME) is None
    ledger.equity(1_000.0)
    assert desk.value(NAME, client="acme", account="a", capital="client", currency="USD") == 0.0
    traded.trades.fill(side="buy", price=99.0, quantity=2.0, liquidity="maker", fee=0.5)
    _market(desk).reference(103.0)
    ledger.equity(1_007.5)
    assert desk.value(NAME) == 0.0


def test_what_nobody_told_is_unexplained(desk: Capture, ledger: Ledger, traded: Book) -> None:
    """A flow is told, a lost fee is not."""
    assert traded.trades.position == 0.0
    ledger.equity(1_000.0)
    ledger.flow(250.0)
    ledger.flow(-50.0)
    ledger.equity(1_197.0)
    assert desk.value(NAME) == -3.0


def test_what_is_attributed_is_worth_the_rate_of_its_moment(
    desk: Capture, ledger: Ledger, traded: Book, rates: dict[str, float]
) -> None:
    """10 USDT at 1.0 and 10 more at 0.5 explain 15 USD."""
    ledger.equity(1_000.0)
    traded.trades.funding(10.0)
    ledger.equity(1_010.0)
    rates["USDT"] = 0.5
    traded.trades.funding(10.0)
    ledger.equity(1_020.0)
    assert desk.value(NAME) == 5.0


def test_it_is_absent_while_a_side_is_unknown(
    desk: Capture, ledger: Ledger, traded: Book, rates: dict[str, float]
) -> None:
    """Equity, a mid or a rate: what was attributed meanwhile is taken in later."""
    ledger.equity(1_000.0)
    traded.trades.fill(side="buy", price=100.0, quantity=1.0, liquidity="maker")
    ledger.equity(1_000.0)
    assert desk.value(NAME) == 0.0
    ledger.equity(None)
    assert desk.value(NAME) is None
    _market(desk).reference(None)
    ledger.equity(1_000.0)
    assert desk.value(NAME) is None
    _market(desk).reference(104.0)
    rates.clear()
    ledger.equity(1_004.0)
    assert desk.value(NAME) is None
    rates["USDT"] = 1.0
    ledger.equity(1_005.0)
    assert desk.value(NAME) == 1.0
    ledger.equity("much")  # type: ignore[arg-type]
    assert desk.value(NAME) is None


def test_it_begins_when_its_books_are_known(desk: Capture, ledger: Ledger) -> None:
    """Neither without a book nor with one whose position is unknown."""
    ledger.equity(1_000.0)
    ledger.equity(1_000.0)
    assert desk.value(NAME) is None
    book = book_of(desk, "BTC/USDT:USDT")
    ledger.attach(book)
    ledger.equity(2_000.0)
    book.trades.restore(position=0.0)
    ledger.equity(3_000.0)
    ledger.equity(3_001.0)
    assert desk.value(NAME) == 1.0


def test_a_new_day_begins_at_nothing(desk: Capture, ledger: Ledger, traded: Book) -> None:
    """What was attributed and moved before is settled."""
    ledger.equity(1_000.0)
    ledger.equity(1_010.0)
    assert desk.value(NAME) == 10.0
    ledger.begin()
    assert desk.value(NAME) is None
    traded.trades.funding(5.0)
    ledger.flow(7.0)
    ledger.equity(1_022.0)
    ledger.equity(1_022.0)
    assert desk.value(NAME) == 0.0


def test_a_book_attached_later_explains_from_then_on(
    desk: Capture, ledger: Ledger, traded: Book
) -> None:
    """What it had earned before was explained to nobody."""
    assert traded.trades.position == 0.0
    ledger.equity(1_000.0)
    late = book_of(desk, "BTC/USDT:USDT", tag="late")
    late.trades.restore(position=0.0)
    late.trades.funding(100.0)
    ledger.attach(late)
    late.trades.funding(1.0)
    ledger.equity(1_001.0)
    assert desk.value(NAME) == 0.0


def test_a_child_process_begins_anew(desk: Capture, ledger: Ledger, traded: Book) -> None:
    """Its books have earned nothing yet."""
    ledger.equity(1_000.0)
    traded.trades.funding(5.0)
    ledger.equity(1_005.0)
    ledger._forget()
    traded._forget()
    traded.trades.restore(position=0.0)
    ledger.equity(1_005.0)
    ledger.equity(1_006.0)
    assert desk.value(NAME) == 1.0
    assert repr(ledger) == "ledger(acme, a, client, USD)"
