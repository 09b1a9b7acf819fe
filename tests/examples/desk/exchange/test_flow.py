"""The background: the same world for the same seed, bounded, and every market alive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.desk.exchange.flow import LEVELS, NOISE, Prices
from examples.desk.exchange.model import Refused
from examples.desk.exchange.orderbook import Side
from examples.desk.exchange.server import Exchange
from examples.desk.exchange.world import build

if TYPE_CHECKING:
    from fortuna_otel.mandates import Mandates

MINUTE = 240


def tops(exchange: Exchange) -> list[object]:
    """Return the best prices and last trades of every market."""
    return [
        (name, symbol, market.bids.best, market.asks.best, market.last)
        for name, venue in exchange.venues.items()
        for symbol, market in venue.markets.items()
    ]


def test_the_same_seed_gives_the_same_world(small: Mandates) -> None:
    """Two exchanges of one seed agree on every price after a while; another seed does not."""
    one, two, other = (Exchange(build(small), seed) for seed in (7, 7, 8))
    for exchange in (one, two, other):
        for _ in range(MINUTE):
            exchange.step()
    assert tops(one) == tops(two)
    assert tops(one) != tops(other)


def test_every_market_has_two_sides_around_its_reference(exchange: Exchange) -> None:
    """From the first moment, and after a while, each market's book encloses its fair price."""
    for _ in range(3):
        for venue in exchange.venues.values():
            for market in venue.markets.values():
                fair = exchange.flow.prices.of(market.listing)
                assert market.bids.best is not None
                assert market.asks.best is not None
                assert float(market.bids.best) < fair * 1.001
                assert float(market.asks.best) > fair * 0.999
        for _ in range(MINUTE):
            exchange.step()


def test_it_is_bounded(exchange: Exchange) -> None:
    """However long it runs, a market holds no more background orders than it has places."""
    for _ in range(2 * MINUTE):
        exchange.step()
    for venue in exchange.venues.values():
        live = len(venue.accounts[NOISE].orders)
        assert live <= 2 * LEVELS * len(venue.markets)


def test_takers_trade_on_both_sides(exchange: Exchange) -> None:
    """In ten minutes every market has trades, and a resting order near the touch is taken."""
    venue = exchange.venues["binance"]
    bought = sold = 0
    for _ in range(10 * MINUTE):
        exchange.step()
        market = venue.markets["BTC/USDT"]
        for side, price in ((Side.BUY, market.bids.best), (Side.SELL, market.asks.best)):
            if price is None or len(venue.accounts["acme-mm"].orders) > 4:
                continue
            try:
                venue.place(
                    "acme-mm", "BTC/USDT", side, market.listing.step * 1000, price, post_only=True
                )
            except Refused:
                continue
    for fill in venue.accounts["acme-mm"].fills:
        bought += fill.order.side is Side.BUY
        sold += fill.order.side is Side.SELL
    assert min(bought, sold) > 5
    assert all(market.trades for market in venue.markets.values())


def test_prices_stay_near_their_start() -> None:
    """A walk of a day stays within a tenth or so: it is pulled back; USD is the unit."""
    prices = Prices({"BTC": 64_000.0, "USDT": 0.9996, "USD": 1.0}, seed=3)
    for _ in range(24 * 60):
        prices.step(60.0)
        assert 0.85 < prices.usd("BTC") / 64_000 < 1.15
        assert 0.99 < prices.usd("USDT") < 1.01
        assert prices.usd("USD") == 1.0
