"""What a mandates file says of the desk beside its obligations, and how that changes in time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from fortuna_otel.mandates.times import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from fortuna_otel.mandates.terms import AlertFigure, Book, Obligation, Period, Side

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much of an asset a client's books may hold, over all venues, in units of the asset.

    Attributes:
        tolerance: distance from target that is worth a ticket; None where not agreed.
        limit: distance from target that pages.
    """

    client: str
    asset: str
    target: float
    limit: float
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class HedgeLimit:
    """Most of an asset that a client's books may leave unhedged, in units of the asset."""

    client: str
    asset: str
    amount: float


@dataclass(frozen=True, slots=True)
class LossLimit:
    """What a client's books may lose within a window, in a reference currency."""

    client: str
    window: Period
    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class UnexplainedLimit:
    """PnL of an hour that may be unexplained, in a reference currency."""

    client: str
    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class AggregateDepth:
    """Depth of an asset that all its markets of a client must have together.

    Attributes:
        amount: cumulative from mid, in a reference currency.
    """

    client: str
    asset: str
    band: str
    side: Side
    amount: float
    currency: str


@dataclass(frozen=True, slots=True)
class Loan:
    """An asset lent to the desk for a client's books.

    Attributes:
        principal: in units of the asset.
        rate: interest, a share of the principal a year.
        expiry: when it ends.
        start: when it began; None if it always was.
        strike: price of the option to buy instead of paying back; None without one.
    """

    client: str
    asset: str
    lender: str
    principal: float
    rate: float
    expiry: datetime
    start: datetime | None = None
    strike: float | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Float:
    """What an account should hold of an asset to go on quoting, in units of the asset."""

    asset: str
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How an account may be treated by its venue; None where nothing is set.

    Attributes:
        reject: share of order actions refused.
        ack: seconds to confirm an order, at the 95th percentile.
        ratelimit: share of a request limit used.
        margin: maintenance margin / equity.
        gas: transactions that the wallet's gas must still pay for.
    """

    reject: float | None = None
    ack: float | None = None
    ratelimit: float | None = None
    margin: float | None = None
    gas: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account that books trade in.

    Attributes:
        staleness: seconds after which its balances count as stale.
        mismatches: by asset, what ledger and venue may differ by, in units of the asset.
    """

    client: str
    venue: str
    account: str
    staleness: float
    floats: tuple[Float, ...] = ()
    limits: Limits = Limits()
    mismatches: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A process that must be reporting.

    Attributes:
        job: as Prometheus forms it from service.namespace and service.name.
        loops: its heartbeats.
        clients: whose books it holds or watches; `desk` where it serves all.
    """

    job: str
    loops: tuple[str, ...]
    clients: tuple[str, ...]

    @property
    def name(self) -> str:
        """The service.name, without its namespace."""
        return self.job.rpartition("/")[2]

    @property
    def namespace(self) -> str:
        """The service.namespace; empty where it has none."""
        return self.job.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to talk to; never part of any signal."""

    role: str
    name: str = ""
    email: str = ""
    phone: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A client, `desk` for the desk's own books."""

    client: str
    name: str
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class MarketAlerts:
    """Figures of alerts about a market of books without an obligation."""

    client: str
    venue: str
    symbol: str
    figures: tuple[AlertFigure, ...]


class History(Protocol):
    """All that was promised, is, and will be."""

    @property
    def changes(self) -> tuple[datetime, ...]:
        """The instants at which something begins or ends by itself, ascending."""

    def at(self, instant: datetime) -> Mandates:
        """Return what holds at an instant."""


@dataclass(frozen=True, slots=True)
class Mandates:
    """Everything a desk promised, and what must run to keep it, in the order of the file.

    It holds from `since` until before `until`; `at` returns what holds at another instant.

    Attributes:
        alerts: figures of alerts about more than one obligation.
        markets: figures of alerts about markets of books without an obligation.
        reference: currency of losses, strikes and aggregates.
        contacts: the desk's own.
        since: when the file last changed what holds by itself; None if never.
        until: when it next does.
    """

    clients: tuple[Client, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    books: tuple[Book, ...] = ()
    accounts: tuple[Account, ...] = ()
    services: tuple[Service, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    hedges: tuple[HedgeLimit, ...] = ()
    losses: tuple[LossLimit, ...] = ()
    unexplained: tuple[UnexplainedLimit, ...] = ()
    aggregates: tuple[AggregateDepth, ...] = ()
    loans: tuple[Loan, ...] = ()
    alerts: tuple[AlertFigure, ...] = ()
    markets: tuple[MarketAlerts, ...] = ()
    reference: str = "USD"
    contacts: tuple[Contact, ...] = ()
    since: datetime | None = field(default=None, compare=False)
    until: datetime | None = field(default=None, compare=False)
    history: History | None = field(default=None, compare=False, repr=False)

    @property
    def changes(self) -> tuple[datetime, ...]:
        """The instants at which something begins or ends by itself, ascending."""
        return self.history.changes if self.history else ()

    def at(self, instant: datetime) -> Mandates:
        """Return what holds at an instant: a past month is judged by what held then.

        Args:
            instant: with its time zone.
        """
        begun = self.since is None or self.since <= instant
        if self.history is None or (begun and (self.until is None or instant < self.until)):
            return self
        return self.history.at(instant)


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T]):
    """A value that changes at known instants.

    Attributes:
        starts: ascending, the first before everything.
        values: each from its start until the next.
    """

    starts: tuple[datetime, ...]
    values: tuple[T, ...]

    def at(self, instant: datetime) -> T:
        """Return the value at an instant."""
        return self.values[bisect_right(self.starts, instant) - 1]


def timeline(changes: Iterable[datetime], value: Callable[[datetime], T]) -> Timeline[T]:
    """Return the timeline of what may change at some instants, one start for each real change."""
    starts: list[datetime] = []
    values: list[T] = []
    for start in sorted({ALWAYS, *changes}):
        now = value(start)
        if not values or now != values[-1]:
            starts.append(start)
            values.append(now)
    return Timeline(tuple(starts), tuple(values))
