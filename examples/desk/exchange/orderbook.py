"""One market's resting orders: price levels, each a queue in order of arrival."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ZERO = Decimal(0)


class Side(StrEnum):
    """The side of an order."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        """The side it trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Status(StrEnum):
    """The life of an order, in words of our own; each dialect has its table."""

    OPEN = "open"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    # Cancelled by the venue, because it would have traded with the same account.
    SELF_TRADE = "self_trade"
    # Cancelled by the venue, because a post-only order would have taken liquidity.
    WOULD_TAKE = "would_take"
    # The rest of an immediate-or-cancel order.
    EXPIRED = "expired"


LIVE = frozenset({Status.OPEN, Status.PARTIAL})


@dataclass(slots=True)
class Order:
    """An order as the venue knows it; prices and quantities are exact decimals.

    `created` and `updated` are Unix milliseconds, `cost` is the quote amount traded so far.
    """

    id: int
    account: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    client_id: str
    created: int
    post_only: bool = False
    immediate: bool = False
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    status: Status = Status.OPEN
    updated: int = 0

    @property
    def remaining(self) -> Decimal:
        """What is still to be traded."""
        return self.quantity - self.filled


@dataclass(slots=True)
class _Level:
    quantity: Decimal = ZERO
    # A dict keeps the order of arrival and lets go of any order at once.
    queue: dict[int, Order] = field(default_factory=dict)


class BookSide:
    """The resting orders of one side, by price and then time."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self._levels: dict[Decimal, _Level] = {}
        # Ascending; the best bid is the last, the best ask the first.
        self._prices: list[Decimal] = []

    def __len__(self) -> int:
        return sum(len(level.queue) for level in self._levels.values())

    @property
    def best(self) -> Decimal | None:
        """The best price, None on an empty side."""
        if not self._prices:
            return None
        return self._prices[-1] if self.side is Side.BUY else self._prices[0]

    @property
    def best_quantity(self) -> Decimal:
        """The quantity at the best price, 0 on an empty side."""
        best = self.best
        return ZERO if best is None else self._levels[best].quantity

    def first(self) -> Order | None:
        """Return the order that trades next: best price, earliest arrival."""
        best = self.best
        return None if best is None else next(iter(self._levels[best].queue.values()))

    def add(self, order: Order) -> None:
        """Queue an order behind those at its price."""
        level = self._levels.get(order.price)
        if level is None:
            level = self._levels[order.price] = _Level()
            bisect.insort(self._prices, order.price)
        level.queue[order.id] = order
        level.quantity += order.remaining

    def reduce(self, order: Order, quantity: Decimal) -> None:
        """Take a traded quantity off a resting order's level; it keeps its place in the queue."""
        self._levels[order.price].quantity -= quantity

    def remove(self, order: Order) -> None:
        """Take an order out, with what remains of it."""
        level = self._levels[order.price]
        del level.queue[order.id]
        level.quantity -= order.remaining
        if not level.queue:
            del self._levels[order.price]
            del self._prices[bisect.bisect_left(self._prices, order.price)]

    def levels(self, limit: int) -> list[tuple[Decimal, Decimal]]:
        """Return up to `limit` levels as (price, quantity), best first."""
        best_first = slice(None, -limit - 1, -1) if self.side is Side.BUY else slice(limit)
        return [(price, self._levels[price].quantity) for price in self._prices[best_first]]

    def orders(self) -> Iterator[Order]:
        """Yield every resting order, best price first, then by arrival."""
        prices = reversed(self._prices) if self.side is Side.BUY else iter(self._prices)
        for price in prices:
            yield from self._levels[price].queue.values()
