"""What an account does when a parameter, a schedule, a market or somebody else is in the way."""

from __future__ import annotations

from typing import Any

import pytest

from examples.desk.config import Override

SYMBOL = "BTC/USDT"


@pytest.mark.parametrize(("sides", "left"), [("bid", {"bid"}), ("ask", {"ask"}), ("none", set())])
async def test_a_wrong_parameter_takes_sides_away_in_silence(
    make: Any, sides: str, left: set[str]
) -> None:
    """The book goes on saying that it quotes: only what rests tells."""
    bench = await make("binance")
    await bench.turns()
    await bench.turns(1, Override(sides=sides))
    truth = bench.truth().get("core", {"bid": [], "ask": []})
    assert {side for side, levels in truth.items() if levels} == left
    assert bench.telemetry.value("fortuna.book.state", state="quoting") == 1


async def test_depth_is_multiplied(make: Any) -> None:
    """Half of what should rest."""
    bench = await make("binance")
    await bench.turns()
    whole = sum(size for _, size in bench.truth()["core"]["bid"])
    await bench.turns(2, Override(depth_multiplier=0.5))
    assert sum(size for _, size in bench.truth()["core"]["bid"]) == pytest.approx(
        whole / 2, rel=0.1
    )


async def test_agreed_maintenance_pulls_the_quotes(make: Any) -> None:
    """And says so, until it is over."""
    bench = await make("binance")
    await bench.turns()
    bench.trader._scheduled = lambda _: False
    await bench.turns()
    assert bench.truth() == {}
    assert bench.telemetry.value("fortuna.book.state", state="maintenance") == 1
    bench.trader._scheduled = lambda _: True
    await bench.turns()
    assert bench.telemetry.value("fortuna.book.state", state="quoting") == 1


async def test_a_halted_market_is_left_alone(make: Any) -> None:
    """Orders stay as they are; nothing is sent until it trades again."""
    bench = await make("binance")
    await bench.turns()
    truth = bench.truth()
    bench.prices.halted.add(("binance", SYMBOL))
    await bench.turns(1, Override(spread_multiplier=3.0))
    assert bench.truth() == truth
    bench.prices.halted.clear()
    await bench.turns(1, Override(spread_multiplier=3.0))
    assert bench.truth() != truth


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_an_order_refused_by_a_closed_market_has_its_status_read(
    make: Any, exchange: Any, venue: str
) -> None:
    """It is no fault of the order, and whoever reads the venue learns of it at once."""
    bench = await make(venue)
    exchange.control.command({"fault": "halt", "venue": venue, "symbol": SYMBOL, "seconds": 60})
    exchange.step()
    await bench.turns()
    assert bench.prices.doubted == {venue}
    assert bench.telemetry.value("fortuna.orders.rejected", reason="maintenance") > 0
    assert bench.telemetry.value("fortuna.orders.rejected", reason="invalid") is None


async def test_the_dead_mans_switch_is_renewed(make: Any, exchange: Any) -> None:
    """Armed at the start where the venue has one; told as soon as a renewal fails."""
    bench = await make("okx")
    await bench.turns()
    assert bench.telemetry.value("fortuna.orders.deadman.armed") == 1
    assert bench.venue.accounts["acme-mm"].cancel_at is not None
    refuse = {"fault": "refuse", "venue": "okx", "part": "deadman", "share": 1.0, "seconds": 60}
    exchange.control.command(refuse)
    await bench.turns(15)
    assert bench.telemetry.value("fortuna.orders.deadman.armed") == 0
    exchange.control.command({"fault": "clear"})
    exchange.step()
    await bench.turns(1)
    assert bench.telemetry.value("fortuna.orders.deadman.armed") == 1


async def test_an_order_nobody_sent_is_not_touched(make: Any, exchange: Any) -> None:
    """It is not ours to cancel: a watcher tells of it."""
    bench = await make("binance")
    await bench.turns()
    where = {"venue": "binance", "account": "acme-mm", "symbol": SYMBOL}
    made = exchange.control.command({"fault": "order", **where, "side": "buy", "notional": 500.0})
    await bench.turns(2)
    assert made["id"] in bench.venue.accounts["acme-mm"].orders
    assert bench.telemetry.value("fortuna.orders.open", side="bid") == 6
