"""One account on the bench: its trader, its telemetry, and its venue's truth."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from examples.desk.config import Override
from examples.desk.exchange.orderbook import Side

if TYPE_CHECKING:
    from examples.desk.exchange.core import Venue
    from examples.desk.feed import Feed, Prices
    from examples.desk.portfolio import Portfolio
    from examples.desk.trader import Trader
    from fortuna_otel.testing import Capture

NORMAL = Override()


class Bench:
    """One account of the small desk on the bench: its trader, its telemetry, its venue's truth."""

    def __init__(self, telemetry: Capture, venue: Venue, feed: Feed, trader: Trader) -> None:
        self.telemetry, self.venue, self.feed, self.trader = telemetry, venue, feed, trader
        self.prices: Prices = trader._prices
        self.portfolio: Portfolio = trader._portfolio

    async def turns(self, count: int = 1, override: Override = NORMAL) -> None:
        """Let the account have some turns, with fresh prices."""
        for _ in range(count):
            await self.feed.read_tickers()
            await self.trader.turn(override)

    def truth(self) -> dict[str, dict[str, list[tuple[float, float]]]]:
        """Return what rests at the venue, by the tag in the client id and side, best first."""
        books: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(
            lambda: {"bid": [], "ask": []}
        )
        orders = self.venue.accounts[self.trader.plan.account].orders.values()
        for order in sorted(orders, key=lambda one: one.price):
            level = float(order.price), float(order.remaining)
            tag = order.client_id.split("Q", maxsplit=1)[0]
            if order.side is Side.BUY:
                books[tag]["bid"].insert(0, level)
            else:
                books[tag]["ask"].append(level)
        return dict(books)

    def told(self) -> dict[str, dict[str, list[tuple[float, float]]]]:
        """Return the ladder as it was exported, by tag and side, best first."""
        levels: dict[tuple[str, str, int], list[float]] = {}
        for name in ("fortuna.quote.ladder.price", "fortuna.quote.ladder.size"):
            for key, value in self.telemetry.values(name).items():
                labels = dict(key)
                at = labels["tag"], labels["side"], int(labels["level"])
                levels.setdefault(at, []).append(value)
        books: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(
            lambda: {"bid": [], "ask": []}
        )
        for (tag, side, _), (price, size) in sorted(levels.items()):
            books[tag][side].append((price, size))
        return dict(books)

    def counted(self) -> Decimal:
        """Return the base volume that was told, over books, sides and liquidity."""
        volumes = self.telemetry.values("fortuna.trade.volume").values()
        return Decimal(str(round(sum(volumes), 8)))

    def traded(self) -> Decimal:
        """Return the base volume in the venue's own ledger."""
        fills = self.venue.accounts[self.trader.plan.account].fills
        return sum((fill.quantity for fill in fills), Decimal(0))
