"""The background of the markets: a price that walks, makers that fill the book, takers that trade.

Seeded and bounded: prices revert to their start over a day, each market holds a fixed number of
background orders, and the takers' own position pulls them back. Everything trades through the
same matching core as our engines do, by the same rules.
"""

from __future__ import annotations

import math
import random
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from examples.desk.exchange.model import Listing, Market, Refused
from examples.desk.exchange.orderbook import LIVE, Order, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from examples.desk.exchange.core import Venue
    from examples.desk.exchange.world import Texture, VenueWorld

STEP_SECONDS: Final = 0.25
# The makers of each market look again once in so many steps, a different quarter at each.
MAKER_STEPS: Final = 4

NOISE: Final = "noise"
TAKERS: Final = "takers"
BACKGROUND_USD: Final = 1e9

# Relative volatility per square root of a second: about 25, 40 and 3 % a year.
MAJOR_VOLATILITY: Final = 0.45e-4
OTHER_VOLATILITY: Final = 0.7e-4
CURRENCY_VOLATILITY: Final = 0.5e-5
MAJORS: Final = frozenset({"BTC", "ETH"})
CURRENCIES: Final = frozenset({"USD", "USDT", "USDC", "EUR"})
# The share of an asset's variance that it has in common with all others.
COMMON: Final = 0.6
REVERSION_SECONDS: Final = 86_400.0

LEVELS: Final = 14
# The innermost background order stands at this share of our makers' half spread: the touch is
# the background's and thin, so that the mid is the market's, and a larger taker reaches us.
TOUCH: Final = 0.3
REACH: Final = 0.04
# A tick is about a hundred-thousandth of a price.
TICKS_WIDE: Final = 2e-5
TOUCH_SIZE: Final = 0.08
SIZE_GROWTH: Final = 1.35
RENEWAL: Final = 0.02

TAKERS_PER_SECOND: Final = 0.15
# Log-normal, in levels of our own makers.
TAKER_MEDIAN: Final = 0.6
TAKER_SIGMA: Final = 0.8
TAKER_MOST: Final = 3.0
TAKER_REACH: Final = 0.02
# How strongly the takers' position in levels leans their next choice of side the other way.
LEAN: Final = 0.04


class Prices:
    """Reference prices in USD: correlated, seeded random walks that revert to their start."""

    def __init__(self, opening: Mapping[str, float], seed: int) -> None:
        self._random = random.Random(seed)
        self._start = {asset: math.log(opening[asset]) for asset in sorted(opening)}
        self._log = dict(self._start)
        # Factors on the price of a market, and until when, on the monotonic clock.
        self.shifts: dict[str, tuple[float, float]] = {}

    def step(self, seconds: float) -> None:
        """Let time pass."""
        root, common = math.sqrt(seconds), self._random.gauss(0.0, 1.0)
        for asset, start in self._start.items():
            own = self._random.gauss(0.0, 1.0)
            if asset == "USD":
                continue
            if asset in CURRENCIES:
                shock = CURRENCY_VOLATILITY * own
            else:
                volatility = MAJOR_VOLATILITY if asset in MAJORS else OTHER_VOLATILITY
                shock = volatility * (math.sqrt(COMMON) * common + math.sqrt(1 - COMMON) * own)
            pull = (start - self._log[asset]) * seconds / REVERSION_SECONDS
            self._log[asset] += pull + shock * root

    def usd(self, asset: str) -> float:
        """Return the price of one unit of an asset in USD."""
        return math.exp(self._log[asset])

    def of(self, listing: Listing) -> float:
        """Return a market's reference price in its quote."""
        factor, ends = self.shifts.get(listing.symbol, (1.0, math.inf))
        fair = math.exp(self._log[listing.base] - self._log[listing.quote])
        return fair * factor if ends > time.monotonic() else fair


def background(
    opening: Mapping[str, float], accounts: Iterable[str]
) -> dict[str, dict[str, Decimal]]:
    """Return balances for accounts of the background: enough of everything for ever."""
    held = {asset: Decimal(round(BACKGROUND_USD / price)) for asset, price in opening.items()}
    return {account: dict(held) for account in accounts}


class MarketFlow:
    """The background of one market."""

    def __init__(
        self, venue: Venue, market: Market, texture: Texture, chance: random.Random
    ) -> None:
        self._venue, self._market, self._texture, self._random = venue, market, texture, chance
        self._tick, self._step = float(market.listing.tick), float(market.listing.step)
        touch = max(TOUCH * texture.spread / 2, TICKS_WIDE)
        growth = (REACH / touch) ** (1 / (LEVELS - 1))
        self._distances = [touch * growth**level for level in range(LEVELS)]
        self._orders: dict[tuple[Side, int], Order] = {}
        self._position = 0.0
        market.faded_volume = 86_400 * TAKERS_PER_SECOND * texture.level

    def make(self, fair: float) -> None:
        """Bring the background's orders back around a fair price."""
        for level, distance in enumerate(self._distances):
            for side, sign in ((Side.BUY, -1), (Side.SELL, 1)):
                order = self._orders.get((side, level))
                if order is not None and order.status in LIVE:
                    away = sign * (float(order.price) / fair - 1)
                    near = 0.55 * distance <= away <= 1.7 * distance
                    if near and self._random.random() >= RENEWAL:
                        continue
                    self._venue.cancel(NOISE, order.symbol, order.id)
                target = fair * (1 + sign * distance * self._random.uniform(0.85, 1.2))
                size = self._texture.level * TOUCH_SIZE * SIZE_GROWTH**level
                placed = self._place(NOISE, side, target, size * self._random.uniform(0.5, 1.5))
                if placed is not None:
                    self._orders[side, level] = placed

    def maybe_take(self, fair: float, seconds: float) -> None:
        """Let a taker come, or not: a Poisson process of log-normal sizes."""
        if self._random.random() >= TAKERS_PER_SECOND * seconds:
            return
        lean = 0.5 - LEAN * self._position / self._texture.level
        side = Side.BUY if self._random.random() < lean else Side.SELL
        sign = 1 if side is Side.BUY else -1
        levels = min(TAKER_MEDIAN * self._random.lognormvariate(0.0, TAKER_SIGMA), TAKER_MOST)
        limit = fair * (1 + sign * TAKER_REACH)
        order = self._place(TAKERS, side, limit, levels * self._texture.level, immediate=True)
        if order is not None:
            self._position += sign * float(order.cost)

    def _place(
        self, account: str, side: Side, target: float, notional: float, *, immediate: bool = False
    ) -> Order | None:
        listing = self._market.listing
        steps = round(notional / target / self._step)
        least = math.ceil(float(listing.min_notional) / target / self._step) + 1
        try:
            return self._venue.place(
                account,
                listing.symbol,
                side,
                max(steps, least) * listing.step,
                max(round(target / self._tick), 1) * listing.tick,
                immediate=immediate,
            )
        except Refused:
            return None


class Flow:
    """The background of every market of every venue.

    Args:
        venues: the venues, by name.
        worlds: their textures and opening prices, by name.
        seed: the same seed gives the same world.
    """

    def __init__(
        self, venues: Mapping[str, Venue], worlds: Mapping[str, VenueWorld], seed: int
    ) -> None:
        chance = random.Random(seed)
        opening = {
            asset: price for world in worlds.values() for asset, price in world.prices.items()
        }
        self.prices = Prices(opening, seed)
        self._markets = [
            (market, MarketFlow(venue, market, worlds[venue.name].textures[symbol], chance))
            for venue in venues.values()
            for symbol, market in venue.markets.items()
        ]
        self._turn = 0
        for market, flow in self._markets:
            fair = self.prices.of(market.listing)
            flow.make(fair)
            market.last = round(fair / float(market.listing.tick)) * market.listing.tick

    def step(self, seconds: float = STEP_SECONDS) -> None:
        """Let time pass: prices walk, a share of the makers look again, takers come."""
        self.prices.step(seconds)
        self._turn += 1
        for index, (market, flow) in enumerate(self._markets):
            fair = self.prices.of(market.listing)
            if index % MAKER_STEPS == self._turn % MAKER_STEPS:
                flow.make(fair)
            flow.maybe_take(fair, seconds)
