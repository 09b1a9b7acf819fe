"""An account's ledger moves with trades and transfers, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

SYMBOL = "BTC/USDT"


def difference(bench: Any, asset: str) -> float:
    """What the venue says is held, less what the ledger says."""
    held = sum(bench.telemetry.values("fortuna.inventory.balance", asset=asset).values())
    tracked = bench.telemetry.value("fortuna.inventory.tracked", asset=asset)
    return float(held - tracked)


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_trades_explain_what_changed(make: Any, venue: str) -> None:
    """Base, quote and fee of every fill: ledger and venue agree to the last digit."""
    bench = await make(venue)
    await bench.turns()
    for order in list(bench.venue.accounts["acme-mm"].orders.values())[:3]:
        bench.venue.take("whale", order, order.quantity)
    await bench.turns(8)
    assert bench.traded() > 0
    assert difference(bench, "BTC") == pytest.approx(0.0, abs=1e-9)
    assert difference(bench, "USDT") == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_deposits_and_withdrawals_are_flows(make: Any, venue: str, exchange: Any) -> None:
    """The venue is asked for them as soon as balances differ; each is told once."""
    bench = await make(venue)
    await bench.turns()
    moved = {"fault": "transfer", "venue": venue, "account": "acme-mm", "asset": "BTC"}
    exchange.control.command({**moved, "amount": 0.5})
    exchange.control.command({**moved, "amount": -0.2})
    await bench.turns(14)
    flow = {"asset": "BTC", "account": "acme-mm"}
    told = bench.telemetry.value
    assert told("fortuna.inventory.flow", kind="deposit", direction="in", **flow) == 0.5
    assert told("fortuna.inventory.flow", kind="withdrawal", direction="out", **flow) == 0.2
    assert difference(bench, "BTC") == pytest.approx(0.0, abs=1e-9)


async def test_what_nothing_explains_stays(make: Any, exchange: Any) -> None:
    """A balance that shrinks by itself is a difference until it is back."""
    bench = await make("binance")
    await bench.turns()
    lost = {"fault": "vanish", "venue": "binance", "account": "acme-mm", "asset": "BTC"}
    exchange.control.command({**lost, "amount": 0.25})
    await bench.turns(8)
    assert difference(bench, "BTC") == pytest.approx(-0.25)
    exchange.control.command({**lost, "amount": -0.25})
    await bench.turns(8)
    assert difference(bench, "BTC") == pytest.approx(0.0, abs=1e-9)
