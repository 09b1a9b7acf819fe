"""What a mandates file means once everything is inherited: plain data for engines and exporters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import fortuna_otel

Tier = Literal["liquid", "thin"]
Capital = Literal["client", "desk"]
Role = Literal["quote", "hedge"]
Side = Literal["bid", "ask"]
SIDES: Final[tuple[Side, ...]] = ("bid", "ask")
Term = Literal["all", "presence", "spread", "depth"]
Period = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True)
class TierDefaults:
    """Seconds after which each feed counts as stale, where a mandate is silent."""

    market: float
    quotes: float
    orders: float
    balances: float


TIERS: Final[Mapping[Tier, TierDefaults]] = MappingProxyType(
    {
        "liquid": TierDefaults(market=5.0, quotes=10.0, orders=30.0, balances=120.0),
        "thin": TierDefaults(market=15.0, quotes=30.0, orders=60.0, balances=300.0),
    }
)

UPTIME_MIN: Final = 0.95
"""All terms at once, where a mandate is silent."""

UPTIME_WINDOW: Final = 86_400.0
"""Seconds over which uptime is judged, where a mandate is silent."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Ratios of (own best ask - own best bid) to mid; None where nothing was agreed."""

    min: float | None = None
    target: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, order=True)
class DepthMinimum:
    """Resting liquidity that must stand within a band.

    Attributes:
        band: distance from mid in percent, one of `units.BANDS`.
        side: `bid` or `ask`.
        amount: in quote units, cumulative from mid.
    """

    band: str
    side: Side
    amount: float


@dataclass(frozen=True, slots=True)
class UptimeMinimum:
    """The least share of scheduled time, as a ratio, in which a term must hold."""

    term: Term
    share: float


@dataclass(frozen=True, slots=True)
class Staleness:
    """Seconds since the last confirmation after which a value no longer counts."""

    market: float
    quotes: float
    orders: float


@dataclass(frozen=True, slots=True)
class Maintenance:
    """An agreed window in which an obligation does not count."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Book:
    """A book that must be reporting.

    Attributes:
        service: the engine's `job`, as Prometheus forms it.
        mandate: id of its obligation; empty for a book without one.
    """

    client: str
    venue: str
    symbol: str
    account: str
    tag: str
    role: Role
    capital: Capital
    service: str
    mandate: str = ""

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What makes a book the same book: client, venue, symbol, account, tag."""
        return self.client, self.venue, self.symbol, self.account, self.tag


@dataclass(frozen=True, slots=True)
class Obligation:
    """What a client was promised on one market, by all its books there together.

    Attributes:
        mandate: its id, unique over the desk.
        depth: sorted by band from mid outwards, bid before ask.
        window: seconds over which uptime is judged.
        watcher: `job` of the service that sees all books; empty where one engine holds them.
    """

    mandate: str
    client: str
    venue: str
    symbol: str
    version: str
    tier: Tier
    capital: Capital
    spread: Spread
    depth: tuple[DepthMinimum, ...]
    uptime: tuple[UptimeMinimum, ...]
    window: float
    staleness: Staleness
    watcher: str
    maintenance: tuple[Maintenance, ...]
    books: tuple[Book, ...]

    def scheduled(self, now: datetime | None = None) -> bool:
        """Return whether the obligation counts at an instant: not in an agreed window."""
        now = now or datetime.now(UTC)
        return not any(window.start <= now < window.end for window in self.maintenance)

    def terms(self) -> fortuna_otel.Obligation:
        """Return what an engine judges its quotes against."""
        from fortuna_otel import DepthTerm, Obligation  # noqa: PLC0415  (named alike)

        return Obligation(
            mandate=self.mandate,
            client=self.client,
            venue=self.venue,
            symbol=self.symbol,
            spread_max=self.spread.max,
            depth=tuple(
                DepthTerm(side=minimum.side, band=minimum.band, amount=minimum.amount)
                for minimum in self.depth
            ),
            staleness=self.staleness.quotes,
        )


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
class Float:
    """What an account should hold of an asset to go on quoting, in units of the asset."""

    asset: str
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account that books trade in.

    Attributes:
        staleness: seconds after which its balances count as stale.
    """

    client: str
    venue: str
    account: str
    staleness: float
    floats: tuple[Float, ...] = ()


@dataclass(frozen=True, slots=True)
class LossLimit:
    """What a client's books may lose within a window, in a reference currency."""

    client: str
    window: Period
    amount: float
    currency: str


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
class Client:
    """A client, `desk` for the desk's own books."""

    client: str
    name: str


@dataclass(frozen=True, slots=True)
class Mandates:
    """Everything a desk promised, and what must run to keep it, in the order of the file."""

    clients: tuple[Client, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    books: tuple[Book, ...] = ()
    accounts: tuple[Account, ...] = ()
    services: tuple[Service, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    losses: tuple[LossLimit, ...] = ()
