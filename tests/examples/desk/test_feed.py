"""Market data: what a venue answered is what is told, and silence is not an old price."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk import feed as feeds
from examples.desk.feed import FRESH_SECONDS, Feed, Prices, valuation_symbols

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from examples.desk.exchange.model import Market
    from examples.desk.exchange.server import Exchange
    from fortuna_otel.testing import Capture

SYMBOL = "BTC/USDT"


@pytest.fixture(params=["binance", "okx"])
async def feed(
    request: pytest.FixtureRequest,
    trade: Callable[..., Awaitable[Any]],
    telemetry: Capture,
) -> Feed:
    """A feed of one market at each venue."""
    return Feed(telemetry.telemetry, await trade(request.param), [SYMBOL], Prices())


@pytest.fixture
def market(feed: Feed, exchange: Exchange) -> Market:
    """The market's truth."""
    return exchange.venues[feed._venue].markets[SYMBOL]


async def test_tops_are_told_as_the_venue_quotes_them(
    feed: Feed, market: Market, telemetry: Capture
) -> None:
    """Best prices, mid, last trade, volume, reference; only of the markets that are traded."""
    await feed.read_tickers()
    bid, ask = float(market.bids.best or 0), float(market.asks.best or 0)
    assert telemetry.value("fortuna.market.bid") == bid
    assert telemetry.value("fortuna.market.ask") == ask
    assert telemetry.value("fortuna.market.mid") == (bid + ask) / 2
    assert telemetry.value("fortuna.reference.mid") == (bid + ask) / 2
    assert telemetry.value("fortuna.market.last") == float(market.last or 0)
    assert telemetry.value("fortuna.market.volume") == pytest.approx(market.volume(), rel=1e-6)
    assert telemetry.value("fortuna.feed.valid", stream="ticker") == 1
    assert telemetry.value("fortuna.feed.alive.timestamp", stream="ticker") is not None
    assert telemetry.value("fortuna.market.received.timestamp", stream="ticker") is not None


async def test_books_are_told_in_turn(feed: Feed, market: Market, telemetry: Capture) -> None:
    """Depth by band of the visible book, how far it reaches, and nothing beyond."""
    await feed.read_books()
    mid = float((market.bids.best or 0) + (market.asks.best or 0)) / 2
    visible = [
        float(price * size)
        for price, size in market.bids.levels(feeds.BOOK_LEVELS)
        if price >= mid * 0.99
    ]
    depth = telemetry.value("fortuna.market.depth", side="bid", band="1")
    assert depth == pytest.approx(sum(visible))
    assert telemetry.value("fortuna.market.depth", side="bid", band="20") is None
    reach = telemetry.value("fortuna.market.reach", side="bid")
    assert reach is not None
    assert 0.01 < reach < 0.2
    assert telemetry.value("fortuna.feed.valid", stream="book") == 1


async def test_an_empty_side_ends_its_price(
    feed: Feed, exchange: Exchange, telemetry: Capture
) -> None:
    """A market without bids has neither a bid nor a mid, for us and for the board."""
    await feed.read_tickers()
    exchange.venues[feed._venue].cancel_all("noise", SYMBOL)
    await feed.read_tickers()
    assert telemetry.value("fortuna.market.bid") is None
    assert telemetry.value("fortuna.market.mid") is None
    assert feed._prices.mid(feed._venue, SYMBOL) is None


async def test_a_feed_that_fails_goes_on(
    feed: Feed,
    exchange: Exchange,
    telemetry: Capture,
    until: Callable[[Callable[[], object]], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Failures are counted by kind while they last; afterwards everything is told again."""
    monkeypatch.setattr(feeds, "TICKER_SECONDS", 0.02)
    exchange.control.command({"fault": "unavailable", "venue": feed._venue, "seconds": 60})
    failures = {"stream": "ticker", "kind": "network"}
    polling = asyncio.create_task(feed.run())
    try:
        await until(lambda: (telemetry.value("fortuna.feed.errors", **failures) or 0) >= 2)
        assert telemetry.value("fortuna.market.bid") is None
        exchange.faults.clear()
        await until(lambda: telemetry.value("fortuna.market.bid") is not None)
    finally:
        polling.cancel()


def test_old_prices_are_no_prices() -> None:
    """A mid counts while it is fresh; its age is told also later."""
    now = [0.0]
    prices = Prices(lambda: now[0])
    prices.set("okx", SYMBOL, 100.0)
    assert prices.mid("okx", SYMBOL) == 100.0
    now[0] = FRESH_SECONDS + 0.1
    assert prices.mid("okx", SYMBOL) is None
    assert prices.age("okx", SYMBOL) == now[0]
    assert prices.age("binance", SYMBOL) == math.inf


def test_the_reference_is_the_mean_of_fresh_venues() -> None:
    """A venue that has fallen silent does not pull the reference."""
    now = [0.0]
    prices = Prices(lambda: now[0])
    prices.set("okx", SYMBOL, 100.0)
    now[0] = 4.0
    prices.set("binance", SYMBOL, 102.0)
    assert prices.reference(SYMBOL) == 101.0
    now[0] = FRESH_SECONDS + 1.0
    assert prices.reference(SYMBOL) == 102.0
    assert prices.reference("ETH/USDT") is None


def test_a_stablecoin_is_worth_its_market() -> None:
    """USD values go through USDT/USD; without it nothing but USD has a value."""
    prices = Prices()
    prices.set("okx", SYMBOL, 64_000.0)
    assert prices.usd("BTC") is None
    assert prices.usd("USD") == 1.0
    prices.set("okx", "USDT/USD", 0.99)
    assert prices.usd("USDT") == 0.99
    assert prices.usd("BTC") == pytest.approx(64_000.0 * 0.99)


def test_what_values_a_markets_assets() -> None:
    """Every asset against USDT, and USDT against USD."""
    assert valuation_symbols(["ETH/BTC", "BTC/USDT"]) == ["BTC/USDT", "ETH/USDT", "USDT/USD"]


async def test_a_book_that_falls_back_is_a_gap(
    feed: Feed, exchange: Exchange, telemetry: Capture
) -> None:
    """Where the venue numbers its books, one older than the last means that something was lost."""
    await feed.read_books()
    await feed.read_books()
    assert telemetry.value("fortuna.feed.gaps") in (None, 0)
    exchange.control.command({"fault": "rewind", "venue": feed._venue, "seconds": 60})
    for _ in range(4):
        await feed.read_books()
    gaps = telemetry.value("fortuna.feed.gaps")
    assert gaps == (2 if feed._venue == "binance" else None)


async def test_the_status_of_a_doubted_venue_is_read_at_once(
    feed: Feed, exchange: Exchange, telemetry: Capture
) -> None:
    """Otherwise now and then: what refused an order says why before anybody pages for it."""
    halt = {"fault": "halt", "venue": feed._venue, "symbol": SYMBOL, "seconds": 60}
    exchange.control.command(halt)
    exchange.step()
    await feed.watch_status()
    assert feed._prices.halted == set()
    feed._prices.doubted.add(feed._venue)
    await feed.watch_status()
    assert telemetry.value("fortuna.market.status", status="halted") == 1
    assert feed._prices.doubted == set()


async def test_a_halted_market_is_told(feed: Feed, exchange: Exchange, telemetry: Capture) -> None:
    """And known to whoever would quote there, until it trades again."""
    halt = {"fault": "halt", "venue": feed._venue, "symbol": SYMBOL, "seconds": 60}
    exchange.control.command(halt)
    exchange.step()
    await feed.read_status()
    assert telemetry.value("fortuna.market.status", status="halted") == 1
    assert (feed._venue, SYMBOL) in feed._prices.halted
    exchange.control.command({"fault": "clear"})
    exchange.step()
    await feed.read_status()
    assert telemetry.value("fortuna.market.status", status="trading") == 1
    assert feed._prices.halted == set()
