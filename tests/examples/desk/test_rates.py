"""Reference rates: every asset in every currency, and each pair consistent with the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk import rates as exporter
from examples.desk.rates import CURRENCIES, Rates, assets_used, main, rates
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from examples.desk.exchange.server import Exchange
    from fortuna_otel.mandates import Mandates

MIDS = {"USDT/USD": 0.999, "EUR/USDT": 1.08, "BTC/USDT": 64_000.0, "ETH/USDT": 3_200.0}


def test_rates_follow_from_markets() -> None:
    """A stablecoin has a price of its own, and a currency is worth 1 of itself."""
    found = rates(MIDS, ["USDT", "ETH", "BTC", "USD"])
    assert found["USDT", "USD"] == 0.999
    assert found["USD", "USDT"] == pytest.approx(1 / 0.999)
    assert found["ETH", "BTC"] == pytest.approx(0.05)
    assert found["ETH", "EUR"] == pytest.approx(3_200 / 1.08)
    assert found["BTC", "BTC"] == 1.0
    assert len(found) == 4 * len(CURRENCIES)


def test_a_missing_market_leaves_its_rates_out() -> None:
    """Nothing is guessed: without its market an asset has no rate, without USDT/USD none has."""
    assert rates({}, ["BTC"]) == {}
    found = rates({"USDT/USD": 1.0, "BTC/USDT": 64_000.0}, ["BTC", "ETH"])
    assert set(found) == {("BTC", "USD"), ("BTC", "USDT"), ("BTC", "BTC")}


def test_every_asset_of_the_desk_is_used(small: Mandates) -> None:
    """Traded, held or counted in."""
    assert assets_used(small) == ["BTC", "ETH", "EUR", "UMB", "USD", "USDT"]


async def test_rates_are_told_from_the_venue(
    small: Mandates,
    exchange: Exchange,
    trade: Callable[..., Awaitable[Any]],
    until: Callable[[Callable[[], object]], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every rate comes from the venue's mids, with its time; a failure beats no heart."""
    monkeypatch.setattr(exporter, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(exporter, "RETRY_SECONDS", 0.02)
    client = await trade("binance")
    exchange.control.command({"fault": "unavailable", "venue": "binance", "seconds": 60})
    with capture() as captured:
        reading = Rates(captured.telemetry, client, assets_used(small))
        stop = asyncio.Event()
        running = asyncio.create_task(reading.run(stop))
        await until(lambda: captured.value("fortuna.feed.errors", kind="network"))
        assert captured.value("fortuna.heartbeat.timestamp", loop="rates") is None
        exchange.faults.clear()
        await until(lambda: captured.value("fortuna.heartbeat.timestamp", loop="rates"))
        stop.set()
        await running
        told = {
            (dict(key)["asset"], dict(key)["currency"]): value
            for key, value in captured.values("fortuna.reference.rate").items()
        }
        stamps = captured.values("fortuna.reference.rate.timestamp")
    markets = exchange.venues["binance"].markets
    mids = {
        symbol: float((market.bids.best or 0) + (market.asks.best or 0)) / 2
        for symbol, market in markets.items()
    }
    assert told == pytest.approx(rates(mids, assets_used(small)))
    assert len(told) == len(stamps) == 6 * len(CURRENCIES)


def test_a_wrong_mandates_file_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exporter says what is wrong and ends with 2."""
    assert main(["--mandates", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().err
