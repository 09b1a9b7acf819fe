"""What happens on the desk, second by second: fills and what they earned, orders, faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.e2e.hand.facts import (
    ASKER,
    BIDDER,
    CORE,
    CROSS,
    ENDED,
    EXTRA,
    HEDGE,
    HOLDERS,
    IDLE,
    LIRA,
    THIRD,
    WIDE,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.hand.model import Book


@dataclass(frozen=True, slots=True)
class Fill:
    """An own fill.

    Attributes:
        mid: the fair mid at that moment: what it was worth then, and what it earned of the spread.
        later: the fair mid at each horizon, in seconds after it, that anybody told one for.
        fee: paid, or below 0 received, in `fee_asset`; the quote unless said otherwise.
        realized: against the average cost of what was held.
    """

    t: int
    book: Book
    side: str
    price: float
    quantity: float
    mid: float
    later: Mapping[int, float] = field(default_factory=dict)
    liquidity: str = "maker"
    fee: float = 0.0
    fee_asset: str = ""
    realized: float = 0.0

    @property
    def notional(self) -> float:
        """What was paid or received for it."""
        return self.price * self.quantity

    @property
    def sign(self) -> int:
        """Above 0 for what was bought."""
        return 1 if self.side == "buy" else -1

    def earned(self, mid: float) -> float:
        """What it was worth by a mid, less what it was paid."""
        return self.sign * self.quantity * (mid - self.price)


@dataclass(frozen=True, slots=True)
class Move:
    """What a book earned, or below 0 lost, beside its fills' spread, in its quote currency."""

    t: int
    book: Book
    component: str
    amount: float


@dataclass(frozen=True, slots=True)
class Ordered:
    """Orders of one side that were acknowledged, cancelled or filled."""

    t: int
    book: Book
    what: str
    side: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Refused:
    """Order actions of an account that were refused, or of unknown outcome."""

    t: int
    job: str
    client: str
    venue: str
    account: str
    what: str
    action: str
    reason: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Broken:
    """What happened to a feed: `gaps` or `reconnects`."""

    t: int
    job: str
    venue: str
    stream: str
    what: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Latency:
    """What an account's orders took, always: one was measured every second of its service."""

    job: str
    client: str
    venue: str
    account: str
    ack: float
    cancel: float


def _mids(*mids: float) -> dict[int, float]:
    return dict(zip((0, 1, 5, 30, 60), mids, strict=False))


FILLS = (
    # Long enough before the dashboard's range that its minute is too.
    Fill(-45, CORE, "buy", 99.9, 0.5, 100, _mids(100, 100, 100, 100.3, 100.1), fee=0.005),
    Fill(-45, CORE, "sell", 100.1, 0.4, 100, _mids(100, 100, 100, 99.9), fee=0.004, realized=0.1),
    # Before the range, though some of their horizons are not.
    Fill(2, CORE, "buy", 99.8, 3, 100, _mids(100, 100.1, 99.9, 100.2, 100.3), fee=0.03),
    Fill(3, CORE, "sell", 100.2, 2, 100, _mids(100, 99.9, 100, 99.5, 99), fee=0.02, realized=0.8),
    Fill(3, WIDE, "buy", 99.7, 1.5, 100, _mids(100, 100, 99.5, 99.4, 99.2), fee=0.015),
    # A fill of a process that is two seconds old.
    Fill(32, EXTRA, "buy", 4.98, 50, 5, _mids(5, 5.01, 5.02, 4.99), fee=0.05),
    Fill(32, LIRA, "sell", 810, 2, 805, _mids(805, 804), fee=1.62, realized=20),
    Fill(33, HEDGE, "sell", 99.9, 4, 100, _mids(100, 100), "taker", fee=0.4, realized=-8),
    Fill(33, CROSS, "buy", 0.00197, 10, 0.002, _mids(0.002, 0.002001), fee=0.01, fee_asset="ABC"),
    Fill(33, ASKER, "sell", 100.3, 1, 100.1, _mids(100.1, 100), fee=0.01, realized=0.4),
    Fill(33, ASKER, "buy", 99.9, 0.5, 100.1, _mids(100.1, 100, 100.2), fee=0.005),
    Fill(34, BIDDER, "buy", 4.95, 100, 5, _mids(5, 5, 5.02), fee=-0.05),
    # The last of the instance that crashes a second later, and the first of the one after it.
    Fill(39, CORE, "buy", 99.8, 5, 100, _mids(100), fee=0.05),
    Fill(39, WIDE, "sell", 100.4, 2, 100, _mids(100), "taker", fee=0.2, realized=1.4),
    Fill(46, CORE, "sell", 100.2, 6, 100, _mids(100, 100.2, 100.4, 100.1, 99.8), fee=0.06),
    Fill(47, BIDDER, "buy", 4.9, 20, 5, _mids(5), fee=0.01),
    # From here on a USDT is worth less.
    Fill(62, BIDDER, "buy", 4.95, 40, 5, _mids(5, 5.03, 4.9, 4.8, 5.1), fee=0.02),
    Fill(63, ENDED, "sell", 5.04, 10, 5, _mids(5, 5.01, 5.02), fee=0.005, realized=0.3),
    Fill(63, LIRA, "buy", 800, 1, 805, _mids(805, 806, 807, 790, 800), fee=0.8),
    Fill(63, BIDDER, "sell", 5.05, 15, 5, _mids(5, 4.98, 5.1, 5.2), fee=0.01, realized=1.5),
    Fill(92, CORE, "buy", 99.8, 1, 100, _mids(100, 99.7, 99.9, 100, 100.2), fee=0.01),
    Fill(92, CORE, "buy", 99.7, 2, 100, _mids(100, 99.7, 99.9, 100, 100.2), fee=0.02),
    Fill(93, THIRD, "sell", 101.5, 1, 100, _mids(100, 101.6, 101.7, 101.2, 101.6), fee=0.1),
    Fill(93, WIDE, "sell", 100.4, 3, 100, _mids(100, 100, 100.6, 100.2, 99.9), fee=0.03),
    Fill(94, HEDGE, "buy", 100.1, 1, 100, _mids(100, 100, 99, 99.5, 101), "taker", fee=0.1),
    Fill(94, EXTRA, "sell", 5.02, 30, 5, _mids(5, 4.99, 4.98, 5, 5.01), fee=0.03, realized=1.2),
)

MOVES = (
    Move(3, CORE, "inventory", -150),
    Move(33, CORE, "inventory", 40),
    Move(33, HEDGE, "inventory", 25),
    Move(39, CROSS, "inventory", -0.001),
    Move(46, WIDE, "inventory", -60),
    Move(47, BIDDER, "inventory", 12),
    Move(62, LIRA, "inventory", 30),
    Move(63, ENDED, "inventory", -7),
    Move(93, CORE, "inventory", -33),
    Move(94, EXTRA, "loan", -0.5),
)

ORDERED = (
    Ordered(1, CORE, "acknowledged", "buy", 4),
    Ordered(31, LIRA, "acknowledged", "sell", 2),
    Ordered(33, CORE, "acknowledged", "sell", 3),
    Ordered(33, CORE, "cancelled", "sell", 2),
    Ordered(39, WIDE, "filled", "sell"),
    Ordered(47, BIDDER, "acknowledged", "buy", 5),
    Ordered(62, BIDDER, "filled", "buy"),
    Ordered(63, IDLE, "cancelled", "sell", 3),
    Ordered(92, CORE, "acknowledged", "buy", 2),
    Ordered(92, CORE, "acknowledged", "sell", 4),
    Ordered(92, CORE, "filled", "buy", 2),
    Ordered(92, CORE, "filled", "sell"),
    Ordered(176, ASKER, "acknowledged", "sell", 2),
    Ordered(176, ASKER, "cancelled", "sell", 4),
    Ordered(176, ASKER, "filled", "buy"),
    Ordered(177, CORE, "acknowledged", "buy", 7),
    Ordered(177, CORE, "acknowledged", "sell", 2),
    Ordered(177, BIDDER, "acknowledged", "buy"),
    Ordered(177, BIDDER, "cancelled", "buy", 2),
    Ordered(178, IDLE, "acknowledged", "buy", 1),
    Ordered(181, IDLE, "cancelled", "buy", 1),
    Ordered(181, IDLE, "cancelled", "sell", 5),
    Ordered(183, CORE, "filled", "buy", 3),
    Ordered(183, CORE, "filled", "sell", 1),
)

REFUSED = (
    Refused(8, "desk/mm-1", "alpha", "binance", "alpha-1", "rejected", "submit", "post_only", 9),
    Refused(34, "desk/mm-1", "alpha", "binance", "alpha-1", "rejected", "submit", "post_only", 2),
    Refused(34, "desk/mm-1", "alpha", "binance", "alpha-2", "rejected", "submit", "post_only", 4),
    Refused(36, "desk/mm-2", "beta", "okx", "main", "unknown", "cancel", "timeout", 3),
    Refused(36, "desk/mm-4", "gamma", "okx", "main", "unknown", "cancel", "timeout"),
    Refused(92, "desk/mm-1", "alpha", "binance", "alpha-2", "rejected", "cancel", "not_found"),
    Refused(93, "desk/mm-2", "beta", "okx", "main", "rejected", "submit", "post_only", 3),
)

BROKEN = (
    Broken(5, "desk/mm-1", "binance", "book", "reconnects", 4),
    Broken(35, "desk/mm-1", "binance", "book", "reconnects"),
    Broken(5, "desk/mm-2", "okx", "book", "gaps", 3),
    Broken(60, "desk/mm-2", "okx", "book", "gaps", 2),
    Broken(100, "desk/mm-1", "binance", "book", "reconnects", 2),
    Broken(105, "desk/mm-4", "okx", "book", "gaps"),
)

LATENCIES = (
    Latency("desk/mm-1", "alpha", "binance", "alpha-1", ack=0.003, cancel=0.0008),
    Latency("desk/mm-2", "gamma", "binance", "gamma-1", ack=0.02, cancel=0.03),
    Latency("desk/mm-2", "beta", "okx", "main", ack=0.3, cancel=0.4),
    Latency("desk/mm-4", "gamma", "okx", "main", ack=0.07, cancel=0.03),
)


def holder(book: Book) -> str:
    """Return the service that trades a book."""
    return HOLDERS[book]
