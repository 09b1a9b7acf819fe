"""Trades and PnL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.meters.trades import FILL, book_of, net

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture


def test_a_fill_counts_volume_and_notional(desk: Capture, book: Book) -> None:
    """By side and liquidity; a combination that never happened has no series."""
    book.trades.fill(**FILL)
    book.trades.fill(**FILL)
    assert desk.value("fortuna.trade.fills", side="buy", liquidity="maker") == 2.0
    assert desk.value("fortuna.trade.volume", side="buy") == 4.0
    assert desk.value("fortuna.trade.notional", side="buy") == 396.0
    assert desk.values("fortuna.trade.fills", side="sell") == {}
    assert desk.value("fortuna.trade.last.timestamp") == pytest.approx(desk.clock.now)


def test_spread_and_fees_are_exported_as_0_from_binding(desk: Capture, book: Book) -> None:
    """Pairs that are subtracted are both there from the start."""
    assert book.trades.position is None
    values = desk.values("fortuna.pnl.attributed")
    assert sorted(dict(key)["component"] for key in values) == ["fees", "fees", "spread", "spread"]
    assert set(values.values()) == {0.0}


def test_without_restore_what_needs_the_position_is_absent(desk: Capture, book: Book) -> None:
    """A position that is not known cannot be valued; the spread of a fill can."""
    book.trades.fill(**FILL)
    assert net(desk, component="spread") == 2.0
    assert desk.values("fortuna.pnl.attributed", component="inventory") == {}
    assert desk.values("fortuna.pnl.realized") == {}
    assert desk.values("fortuna.pnl.unrealized") == {}


def test_a_book_restored_flat_accounts_for_everything(desk: Capture, book: Book) -> None:
    """Buy 2 at 99 with mid 100; mid goes to 103; sell 1 at 104."""
    book.trades.restore(position=0.0)
    book.trades.fill(**FILL)
    assert desk.value("fortuna.pnl.unrealized") == 2.0
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(103.0)
    assert desk.value("fortuna.pnl.unrealized") == 8.0
    assert net(desk, component="inventory") == 6.0
    book.trades.fill(side="sell", price=104.0, quantity=1.0, liquidity="taker")
    assert net(desk, "fortuna.pnl.realized") == 5.0
    assert net(desk, component="spread") == 3.0
    assert desk.value("fortuna.pnl.unrealized") == 4.0
    assert (book.trades.position, book.trades.entry) == (1.0, 99.0)


def test_the_cost_basis_survives_a_restart(desk: Capture, book: Book) -> None:
    """Position and entry are restored: closing realizes against the old entry."""
    book.trades.restore(position=2.0, entry=90.0)
    book.trades.fill(side="sell", price=100.0, quantity=2.0, liquidity="maker", mid=100.0)
    assert net(desk, "fortuna.pnl.realized") == 20.0
    assert desk.value("fortuna.pnl.unrealized") == 0.0


def test_a_position_without_an_entry_has_no_unrealized_pnl(desk: Capture, book: Book) -> None:
    """Absent, not 0, until the position has been flat."""
    book.trades.restore(position=2.0)
    book.trades.fill(side="sell", price=100.0, quantity=1.0, liquidity="maker", mid=100.0)
    assert desk.values("fortuna.pnl.unrealized") == {}
    assert desk.values("fortuna.pnl.realized") == {}
    book.trades.fill(side="sell", price=100.0, quantity=1.0, liquidity="maker", mid=100.0)
    assert desk.value("fortuna.pnl.unrealized") == 0.0
    assert net(desk, "fortuna.pnl.realized") == 0.0


def test_unrealized_is_absent_without_a_mid(desk: Capture, book: Book) -> None:
    """An open position is worth nothing we know before the first mid."""
    book.trades.restore(position=2.0, entry=90.0)
    assert desk.values("fortuna.pnl.unrealized") == {}
    book.quotes.update(bids=[], asks=[], mid=95.0)
    assert desk.value("fortuna.pnl.unrealized") == 10.0


def test_the_reference_mid_goes_before_the_quotes_mid(desk: Capture, book: Book) -> None:
    """Where both are known the reference values the position."""
    book.trades.restore(position=1.0, entry=90.0)
    book.quotes.update(bids=[], asks=[], mid=95.0)
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(96.0)
    assert desk.value("fortuna.pnl.unrealized") == 6.0


def test_a_fill_without_any_mid_has_no_spread_yet(desk: Capture, book: Book) -> None:
    """Where no mid is known the fill's price stands in, and inventory takes the difference."""
    book.trades.restore(position=0.0)
    book.trades.fill(side="buy", price=99.0, quantity=2.0, liquidity="maker")
    assert net(desk, component="spread") == 0.0
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(100.0)
    assert net(desk, component="inventory") == 2.0


def test_a_derivatives_book_shows_its_position(desk: Capture) -> None:
    """Size and entry are for derivatives; flat has a size of 0 and no entry."""
    perp = book_of(desk, "BTC/USDT:USDT")
    perp.trades.restore(position=-2.0, entry=100.0)
    assert desk.value("fortuna.position.size", settle="USDT") == -2.0
    assert desk.value("fortuna.position.entry") == 100.0
    perp.trades.fill(side="buy", price=90.0, quantity=2.0, liquidity="taker", mid=90.0)
    assert desk.value("fortuna.position.size") == 0.0
    assert desk.value("fortuna.position.entry") is None


def test_without_a_present_mid_an_open_position_has_no_value(desk: Capture, book: Book) -> None:
    """Absent while nobody knows a mid; inventory takes the whole move with the next one."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    market.reference(100.0)
    book.trades.restore(position=2.0, entry=90.0)
    assert desk.value("fortuna.pnl.unrealized") == 20.0
    market.reference(None)
    assert desk.value("fortuna.pnl.unrealized") is None
    market.reference(103.0)
    assert desk.value("fortuna.pnl.unrealized") == 26.0
    assert net(desk, component="inventory") == 6.0
    market.reference(None)
    book.trades.restore(position=0.0)
    assert desk.value("fortuna.pnl.unrealized") == 0.0


def test_a_mid_told_along_the_way_is_good_for_ten_seconds(desk: Capture, book: Book) -> None:
    """Confirming or clearing quotes does not make their mid younger, nor does an old fill's do."""
    book.trades.restore(position=2.0, entry=90.0)
    book.quotes.update(bids=[], asks=[], mid=95.0)
    desk.clock.advance(10.0)
    assert desk.value("fortuna.pnl.unrealized") == 10.0
    book.quotes.confirm()
    book.quotes.clear()
    desk.clock.advance(0.1)
    assert desk.value("fortuna.pnl.unrealized") is None
    book.quotes.confirm(mid=96.0)
    assert desk.value("fortuna.pnl.unrealized") == 12.0
    desk.clock.advance(10.1)
    book.trades.fill(**{**FILL, "quantity": 1.0, "price": 90.0})
    assert desk.value("fortuna.pnl.unrealized") == 30.0
    desk.clock.advance(10.1)
    assert desk.value("fortuna.pnl.unrealized") is None


def test_restoring_again_keeps_what_the_old_position_earned(desk: Capture, book: Book) -> None:
    """The move since the last export is valued first."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    market.reference(100.0)
    book.trades.restore(position=2.0, entry=90.0)
    desk.export()
    market.reference(103.0)
    book.trades.restore(position=1.0, entry=103.0)
    assert net(desk, component="inventory") == 6.0
    assert desk.value("fortuna.pnl.unrealized") == 0.0


@pytest.mark.parametrize(
    ("wrong", "counted"),
    [
        ({"liquidity": None}, {"liquidity": "taker"}),
        ({"liquidity": "both"}, {"liquidity": "taker"}),
        ({"fee": None}, {"liquidity": "maker"}),
        ({"fee": "0.1"}, {"liquidity": "maker"}),
        ({"mid": -1.0}, {"liquidity": "maker"}),
    ],
)
def test_a_fill_with_a_bad_detail_has_happened_all_the_same(
    desk: Capture, book: Book, wrong: Any, counted: dict[str, str]
) -> None:
    """What ccxt leaves out (fee, takerOrMaker) is counted as dropped; the fill is not lost."""
    book.trades.restore(position=0.0)
    book.trades.fill(**{**FILL, **wrong})
    assert desk.value("fortuna.trade.fills", **counted) == 1.0
    assert book.trades.position == 2.0
    assert net(desk, component="fees") == 0.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_restoring_without_a_mid_keeps_the_mark(desk: Capture, book: Book) -> None:
    """What the market moves until the next mid is inventory's, as if nothing had been restored."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    market.reference(100.0)
    book.trades.restore(position=2.0, entry=90.0)
    market.reference(None)
    book.trades.restore(position=2.0, entry=90.0)
    market.reference(103.0)
    assert net(desk, component="inventory") == 6.0
    assert book.trades.mark == 103.0


def test_a_trade_with_ourselves_is_counted_for_the_client(desk: Capture, book: Book) -> None:
    """Over all of its accounts on the market; there is no series before the first."""
    assert desk.values("fortuna.trade.self") == {}
    book.trades.self_trade()
    other = desk.telemetry.book(
        client="acme", venue="binance", symbol="BTC/USDT", account="acme-2", tag="core"
    )
    other.trades.self_trade()
    assert desk.value("fortuna.trade.self", client="acme", symbol="BTC/USDT") == 2.0


def test_fills_of_many_threads_are_all_counted(desk: Capture, book: Book) -> None:
    """While exports revalue the position and settle markouts."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    market.reference(100.0)
    book.trades.restore(position=0.0)

    def trade(side: str) -> None:
        for step in range(300):
            market.reference(100.0 + step % 7)
            book.trades.fill(side=side, price=100.0, quantity=1.0, liquidity="maker")

    threads = [threading.Thread(target=trade, args=(side,)) for side in ("buy", "sell") * 2]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        desk.telemetry.registry.refresh()
    for thread in threads:
        thread.join()
    market.reference(105.0)
    assert book.trades.position == 0.0
    assert sum(desk.values("fortuna.trade.fills").values()) == 1_200.0
    assert sum(desk.values("fortuna.markout.fills", horizon="0").values()) == 1_200.0
    attributed = net(desk, component="spread") + net(desk, component="inventory")
    assert attributed == pytest.approx(net(desk, "fortuna.pnl.realized"), abs=1e-6)


def test_an_export_does_without_a_book_that_is_busy(desk: Capture, book: Book) -> None:
    """Whoever has its turn may never come back: a signal handler ended the service."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    market.reference(100.0)
    book.trades.restore(position=2.0, entry=90.0)
    seen = []

    def interrupted() -> None:
        market.reference(103.0)
        seen.append(desk.value("fortuna.reference.mid"))
        seen.append(desk.value("fortuna.pnl.unrealized"))

    book.trades._turns.take(interrupted)
    assert seen == [103.0, 20.0]
    assert desk.value("fortuna.pnl.unrealized") == 26.0
