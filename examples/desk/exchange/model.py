"""What a venue consists of besides its orders: listings, accounts, fills, markets."""

from __future__ import annotations

import itertools
import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from examples.desk.exchange.orderbook import BookSide, Order, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

DAY_SECONDS = 86_400.0
# Kept for look-ups, not for ever.
FILLS_KEPT = 5_000


def unix_ms() -> int:
    """Return the time in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Reason(StrEnum):
    """Why the core refuses a request; each dialect has its code for it."""

    FUNDS = "funds"
    POST_ONLY = "post_only"
    LOT = "lot"
    TICK = "tick"
    NOTIONAL = "notional"
    SYMBOL = "symbol"
    UNKNOWN_ORDER = "unknown_order"
    DUPLICATE = "duplicate"
    EMPTY_BOOK = "empty_book"
    HALTED = "halted"


class Refused(Exception):  # noqa: N818 - a venue's answer, not a fault of the simulator
    """The venue refuses a request."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Listing:
    """The rules of one market: price tick, quantity step, least notional (quote units)."""

    base: str
    quote: str
    tick: Decimal
    step: Decimal
    min_notional: Decimal

    @property
    def symbol(self) -> str:
        """The unified symbol, `BTC/USDT`."""
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What differs between venues in the core: fee rates (negative = rebate), post-only."""

    maker_fee: Decimal = Decimal("0.0001")
    taker_fee: Decimal = Decimal("0.0004")
    # True: a post-only order that would take is accepted and cancelled at once, not refused.
    post_only_cancels: bool = False


@dataclass(frozen=True, slots=True)
class Fill:
    """One account's side of a trade. `fee` is paid in `fee_asset`; negative is a rebate."""

    id: int
    order: Order
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool
    time: int

    @property
    def cost(self) -> Decimal:
        """The quote amount."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True)
class Transfer:
    """An amount that came from outside, or went there (below 0); `time` in Unix milliseconds."""

    id: int
    asset: str
    amount: Decimal
    time: int


class Account:
    """What one account holds, free and reserved by its orders, and what it has live."""

    def __init__(self, name: str, balances: Mapping[str, Decimal]) -> None:
        self.name = name
        self.free: defaultdict[str, Decimal] = defaultdict(Decimal, balances)
        self.used: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.orders: dict[int, Order] = {}
        self.client_ids: set[str] = set()
        self.fills: deque[Fill] = deque(maxlen=FILLS_KEPT)
        self.transfers: deque[Transfer] = deque(maxlen=FILLS_KEPT)
        # Unix milliseconds at which the dead man's switch cancels everything, where it is armed.
        self.cancel_at: int | None = None

    def assets(self) -> list[str]:
        """Return every asset it has or had, sorted."""
        return sorted({*self.free, *self.used})

    def total(self, asset: str) -> Decimal:
        """Return free + reserved."""
        return self.free[asset] + self.used[asset]

    def fills_since(self, since: int = 0, first_id: int = 0) -> list[Fill]:
        """Return the fills from a time (Unix milliseconds) and a trade id on, oldest first."""
        late = itertools.takewhile(
            lambda fill: fill.time >= since and fill.id >= first_id, reversed(self.fills)
        )
        return list(late)[::-1]

    def reserve(self, asset: str, amount: Decimal) -> None:
        """Move an amount from free to reserved."""
        if self.free[asset] < amount:
            raise Refused(Reason.FUNDS)
        self.free[asset] -= amount
        self.used[asset] += amount

    def release(self, asset: str, amount: Decimal) -> None:
        """Move an amount from reserved to free."""
        self.used[asset] -= amount
        self.free[asset] += amount


@dataclass(slots=True)
class Market:
    """One market: its rules, its two sides, its last trade and rolling volume."""

    listing: Listing
    bids: BookSide = field(default_factory=lambda: BookSide(Side.BUY))
    asks: BookSide = field(default_factory=lambda: BookSide(Side.SELL))
    last: Decimal | None = None
    # Counts the changes of the book, as a venue's update id does.
    sequence: int = 1
    trades: int = 0
    # Quote volume of the last day, as an exponentially fading sum: bounded memory, right in mean.
    faded_volume: float = 0.0
    faded_at: float = field(default_factory=time.monotonic)

    def side(self, side: Side) -> BookSide:
        """Return the resting orders of a side."""
        return self.bids if side is Side.BUY else self.asks

    def volume(self) -> float:
        """Return the quote volume of about the last 24 hours."""
        now = time.monotonic()
        self.faded_volume *= math.exp((self.faded_at - now) / DAY_SECONDS)
        self.faded_at = now
        return self.faded_volume
