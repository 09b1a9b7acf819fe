"""What facts are made of. Times are seconds of the story: 0 is its beginning."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Levels = tuple[tuple[float, float], ...]
"""(price, size) of one side, best first."""

BANDS = (0.5, 1, 2, 3, 5, 10, 15, 20)
"""Percent off mid."""

SIDES = ("bid", "ask")

TURN = 100
"""When prices cease to fall."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process from its first export to its last.

    Attributes:
        job: the service, `namespace/name`.
        instance: its service.instance.id.
        start: when it started, and exported first.
        end: when it exported last, without a word; None of one that goes on.
        idle: whether it stands by: it sees all that the other does, and does nothing itself.
    """

    job: str
    instance: str
    start: int
    end: int | None = None
    idle: bool = False

    def alive(self, t: float) -> bool:
        """Whether it exported at that second, or would have between two."""
        return self.start <= t and (self.end is None or t < self.end + 1)

    def tick(self, t: float, every: int) -> int | None:
        """Return when it last exported what it exports every so many seconds, if it ever did."""
        until = t if self.end is None else min(t, self.end)
        if until < self.start:
            return None
        return self.start + int((until - self.start) // every) * every


@dataclass(frozen=True, slots=True)
class Market:
    """A market, as everybody sees it.

    Attributes:
        fair: the reference mid.
        volume: of the rolling day, as the venue tells it.
        depth: of the whole book by side and band; a band beyond the visible book is missing.
        status: by the service that says so.
    """

    venue: str
    symbol: str
    bid: float
    ask: float
    fair: float | None = None
    volume: float | None = None
    depth: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    status: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it."""
        return self.venue, self.symbol

    @property
    def base(self) -> str:
        """What is traded."""
        return self.symbol.split("/")[0]

    @property
    def quote(self) -> str:
        """What prices are in."""
        return self.symbol.split("/")[1]

    @property
    def mid(self) -> float:
        """Half way between the best prices."""
        return (self.bid + self.ask) / 2

    def last(self, t: int) -> float:
        """Price of the last public trade: another one every second; it falls, and rises again."""
        return self.mid * (1 + abs(t - TURN) / 10_000 + ((t * 7) % 11 - 5) / 20_000)


@dataclass(frozen=True, slots=True, order=True)
class Book:
    """What one strategy quotes on one market in one account."""

    client: str
    venue: str
    symbol: str
    account: str
    tag: str
    capital: str = "client"
    role: str = "quote"

    @property
    def market(self) -> tuple[str, str]:
        """Where."""
        return self.venue, self.symbol

    @property
    def obliged(self) -> tuple[str, str, str]:
        """Whose promise it may serve: client and market."""
        return self.client, self.venue, self.symbol


@dataclass(frozen=True, slots=True)
class View:
    """What one service believes of a book, from its first export on.

    Attributes:
        quotes: (bids, asks); None of a service that knows nothing of them.
        confirmed: seconds since the venue last confirmed them, at every export.
        orders: open orders on the bid and on the ask.
        oldest: when the oldest order was created; None without orders.
        seen: seconds since the last view of the orders, at every export.
        before: the quotes that it believed in until they `changed`.
    """

    job: str
    book: Book
    source: str = "engine"
    quotes: tuple[Levels, Levels] | None = None
    confirmed: float = 0.25
    orders: tuple[int, int] = (0, 0)
    oldest: float | None = None
    seen: float = 0.5
    unresolved: int | None = None
    ghosts: int | None = None
    state: str | None = "quoting"
    before: tuple[Levels, Levels] | None = None
    changed: int | None = None

    def at(self, t: float) -> View:
        """Return what the service believes at a second."""
        if self.changed is None or t >= self.changed:
            return self
        return replace(self, quotes=self.before)


@dataclass(frozen=True, slots=True)
class Judged:
    """How a service judges an obligation.

    Attributes:
        seconds: of every five, how many each term was kept.
        observed: of every five, how many could be judged.
    """

    job: str
    source: str
    seconds: Mapping[str, float]
    observed: float = 5


@dataclass(frozen=True, slots=True)
class Promise:
    """An obligation of the mandates file. Spreads are in bp, depth in the quote currency."""

    mandate: str
    client: str
    venue: str
    symbol: str
    books: tuple[Book, ...]
    spread: tuple[float, float, float]
    depth: Mapping[float, tuple[float | None, float | None]]
    judged: tuple[Judged, ...]
    scheduled: bool = True

    @property
    def obliged(self) -> tuple[str, str, str]:
        """The client and the market."""
        return self.client, self.venue, self.symbol


@dataclass(frozen=True, slots=True)
class Holding:
    """A balance, as a service believes it; amounts by state. `confirmed` as in `View`.

    `ledger` is what the service's books say it should be, by tag; `fees` of pools are not in it.
    """

    job: str
    client: str
    venue: str
    account: str
    asset: str
    amounts: Mapping[str, float]
    source: str = "engine"
    confirmed: float = 2.0
    ledger: Mapping[str, float] = field(default_factory=dict)
    fees: float | None = None

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Whose balance of what."""
        return self.client, self.venue, self.account, self.asset


@dataclass(frozen=True, slots=True)
class Feed:
    """A connection of a service: at every export its last frame is `age` old.

    From `stuck` on, no frame came.
    """

    job: str
    venue: str
    stream: str
    age: float
    stuck: int | None = None

    def alive(self, t: int) -> float:
        """When the last frame came, as told at a second of the story."""
        return min(t, t if self.stuck is None else self.stuck) - self.age


@dataclass(frozen=True, slots=True)
class Lent:
    """A loan. `expiry` is a second of the story."""

    client: str
    asset: str
    lender: str
    principal: float
    rate: float
    expiry: int
    strike: float | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a client holds of an asset over all venues, and what the mandate says of it."""

    client: str
    asset: str
    capital: str
    net: float
    target: float | None = None
    tolerance: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """Price of an asset in a reference currency, and another one from `since` on."""

    asset: str
    currency: str
    provider: str
    price: float
    later: float | None = None
    since: int = 0

    def at(self, t: float) -> float:
        """Return the price at a second of the story."""
        return self.price if self.later is None or t < self.since else self.later
