"""Own trades are told once: across pages, books of one account, and lives of the engine."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk.exchange.orderbook import Side
from examples.desk.ledger import Ledger
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from pathlib import Path


async def test_fills_are_counted_once_across_a_restart(make: Any, tmp_path: Path) -> None:
    """Before a crash, while nobody looked, and after: together exactly what the venue booked."""
    path = tmp_path / "mm-test.json"
    first = await make("binance", ledger=Ledger(path))
    await first.turns()
    orders = list(first.venue.accounts["acme-mm"].orders.values())
    first.venue.take("whale", orders[0], orders[0].quantity / 2)
    first.venue.take("whale", orders[7], orders[7].quantity)
    await first.turns()
    assert first.counted() == first.traded() > 0
    # The process dies: its orders stay, and one of them trades meanwhile.
    before = first.traded()
    first.venue.take("whale", orders[1], orders[1].quantity / 3)
    with capture("restarted") as again:
        second = await make("binance", ledger=Ledger(path), captured=again)
        await second.turns(3)
        assert second.counted() == second.traded() - before > 0
        assert second.told() == second.truth()
        order = next(iter(second.venue.accounts["acme-mm"].orders.values()))
        second.venue.take("whale", order, order.remaining / 2)
        await second.turns(3)
        assert first.counted() + second.counted() == second.traded()


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_more_fills_than_a_page_holds_are_all_counted(make: Any, venue: str) -> None:
    """However the venue pages its trades, none is lost and none is counted twice."""
    bench = await make(venue)
    await bench.turns()
    order = next(iter(bench.venue.accounts["acme-mm"].orders.values()))
    clock = itertools.count(bench.venue._clock())
    bench.venue._clock = lambda: next(clock)
    for _ in range(250):
        bench.venue.take("whale", order, order.quantity / 400)
    await bench.turns()
    fills = bench.telemetry.values("fortuna.trade.fills")
    assert sum(fills.values()) == 250
    assert bench.counted() == bench.traded()


async def test_fills_of_shared_accounts_go_to_their_book(make: Any, tmp_path: Path) -> None:
    """In an account of two books, also a fill of another life finds the book that it filled."""
    path = tmp_path / "mm-test.json"
    first = await make("binance", "umbra-mm", ledger=Ledger(path))
    await first.turns()
    [wide] = [
        order
        for order in first.venue.accounts["umbra-mm"].orders.values()
        if order.client_id.startswith("wide") and order.side is Side.SELL
    ][:1]
    first.venue.take("whale", wide, wide.quantity)
    with capture("restarted") as again:
        second = await make("binance", "umbra-mm", ledger=Ledger(path), captured=again)
        await second.turns(3)
        volumes = second.telemetry.values("fortuna.trade.volume")
        assert {dict(key)["tag"]: value for key, value in volumes.items()} == {
            "wide": float(wide.quantity)
        }


async def test_the_position_goes_on_after_a_restart(make: Any, tmp_path: Path) -> None:
    """Position and average price come back, so that PnL goes on; nothing is counted twice."""
    path = tmp_path / "mm-test.json"
    first = await make("binance", ledger=Ledger(path))
    await first.turns()
    bids = [o for o in first.venue.accounts["acme-mm"].orders.values() if o.side is Side.BUY]
    first.venue.take("whale", bids[0], bids[0].quantity)
    await first.turns()
    trades = first.trader.books[0].meter.trades
    position, entry = trades.position, trades.entry
    assert position == pytest.approx(float(bids[0].quantity) * (1 - 0.0002))
    assert entry == pytest.approx(float(bids[0].price))
    with capture("restarted") as again:
        second = await make("binance", ledger=Ledger(path), captured=again)
        await second.turns()
        restored = second.trader.books[0].meter.trades
        assert restored.position == pytest.approx(position)
        assert restored.entry == pytest.approx(entry)
