"""One book as the engine sees it: what rests at the venue, and how telemetry hears of it."""

from __future__ import annotations

import itertools
import time
import zlib
from typing import TYPE_CHECKING, Final

from examples.desk.strategy import Resting, Rules, Shape, shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from examples.desk.config import BookPlan
    from fortuna_otel import Telemetry

# Depth by band depends on the mid: told again when it has moved by this much.
MID_MOVED: Final = 1e-4
# Client order ids tell books of one account apart; venues allow 32 letters and digits.
SEPARATOR: Final = "Q"
LONGEST_PREFIX: Final = 18
# One sequence for all books: accounts hold several, and this process starts where no other ended.
_sequence = itertools.count(time.time_ns() // 1_000_000)


class QuotedBook:
    """A book's resting orders as the venue acknowledged them, and its meters.

    Everything that is told about quotes comes from `resting`, and `resting` is only changed by
    what the venue answered: an acknowledgement, a cancellation, or a view of open orders.

    Args:
        telemetry: of this process.
        plan: what the book is for.
        rules: the venue's for its market.
    """

    def __init__(self, telemetry: Telemetry, plan: BookPlan, rules: Rules) -> None:
        book = plan.book
        self.plan, self.symbol, self.rules = plan, book.symbol, rules
        self.base, self.quote = book.symbol.split("/")
        self.hedges = book.role == "hedge"
        self.resting: dict[str, Resting] = {}
        self.meter = telemetry.book(
            client=book.client,
            venue=book.venue,
            symbol=book.symbol,
            account=book.account,
            tag=book.tag,
            role=book.role,
            capital=book.capital,
        )
        self._prefix = _prefix(book.tag)
        self._shape: tuple[tuple[float, float], Shape] | None = None
        self._told: tuple[dict[str, Resting], float | None] | None = None
        self.meter.state("starting")

    def client_id(self) -> str:
        """Return a new client order id that names this book."""
        return f"{self._prefix}{SEPARATOR}{next(_sequence):x}"

    def owns(self, client_id: str | None) -> bool:
        """Return whether an order's client id was made by this book, in this life or another."""
        return owned_by(self.plan.book.tag, client_id)

    def shape(self, multiplier: float, depth: float = 1.0) -> Shape:
        """Return the ladder to quote, for an override of spread and depth."""
        asked = multiplier, depth
        if self._shape is None or self._shape[0] != asked:
            self._shape = asked, self._shaped(multiplier, depth)
        return self._shape[1]

    def _shaped(self, multiplier: float, depth: float) -> Shape:
        obligation = self.plan.obligation
        if obligation is None:
            return Shape(0.0, (), ())
        index = obligation.books.index(self.plan.book)
        return shape(obligation, index=index, multiplier=multiplier, depth=depth)

    def counts(self) -> tuple[int, int]:
        """Return how many orders rest on the bid and on the ask."""
        bids = sum(order.side == "buy" for order in self.resting.values())
        return bids, len(self.resting) - bids

    def tell(self, mid: float | None) -> None:
        """Tell telemetry what rests, right after the venue has confirmed it."""
        told = self._told
        if told is not None and told[0] == self.resting and not _moved(told[1], mid):
            self.meter.quotes.confirm()
            return
        bids = _levels(order for order in self.resting.values() if order.side == "buy")
        asks = _levels(order for order in self.resting.values() if order.side == "sell")
        self.meter.quotes.update(bids=bids[::-1], asks=asks, mid=mid)
        self._told = dict(self.resting), mid

    def tell_open(self) -> None:
        """Tell telemetry the venue's view of the open orders, as just received."""
        bids, asks = self.counts()
        oldest = min((order.created for order in self.resting.values()), default=None)
        self.meter.orders.open(bids=bids, asks=asks, oldest=oldest)

    def tell_gone(self) -> None:
        """Tell telemetry that nothing rests any more, as the venue confirmed."""
        self.resting.clear()
        self._told = None
        self.meter.quotes.clear()
        self.meter.orders.open(bids=0, asks=0)


def owned_by(tag: str, client_id: str | None) -> bool:
    """Return whether an order's client id names a book with that tag."""
    return (client_id or "").rpartition(SEPARATOR)[0] == _prefix(tag)


def _prefix(tag: str) -> str:
    """Return a tag as client order ids can carry it: itself, or shortened and still its own."""
    if tag.isascii() and tag.isalnum() and len(tag) <= LONGEST_PREFIX:
        return tag
    letters = "".join(letter for letter in tag if letter.isascii() and letter.isalnum())
    return f"{letters[: LONGEST_PREFIX - 8]}{zlib.crc32(tag.encode()):08x}"


def _levels(orders: Iterable[Resting]) -> list[tuple[float, float]]:
    return sorted((order.price, order.remaining) for order in orders)


def _moved(before: float | None, mid: float | None) -> bool:
    # While the market is silent the venue still confirms our orders: against the last mid known.
    return mid is not None and (before is None or abs(mid / before - 1) > MID_MOVED)
