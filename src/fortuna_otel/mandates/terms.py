"""What a mandates file promises on one market once everything is inherited: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from fortuna_otel.mandates import thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping

    import fortuna_otel
    from fortuna_otel.mandates.times import Window

Tier = Literal["liquid", "thin"]
Capital = Literal["client", "desk"]
Role = Literal["quote", "hedge"]
Side = Literal["bid", "ask"]
SIDES: Final[tuple[Side, ...]] = ("bid", "ask")
Term = Literal["all", "presence", "spread", "depth", "levels"]
Period = Literal["day", "week", "month"]
Unit = Literal["quote", "base", "reference"]
Cadence = Literal["", "day", "week", "month", "quarter"]


@dataclass(frozen=True, slots=True)
class TierDefaults:
    """Seconds after which each feed counts as stale, where a mandate is silent."""

    market: float
    quotes: float
    orders: float
    lag: float
    balances: float


def _defaults(tier: Tier) -> TierDefaults:
    feeds = {feed: float(getattr(ages, tier)) for feed, ages in thresholds.STALENESS.items()}
    balances = thresholds.BY_ALERT["BalancesUnconfirmed", "ticket"].patience
    return TierDefaults(**feeds, balances=float(getattr(balances, tier)))


TIERS: Final[Mapping[Tier, TierDefaults]] = MappingProxyType(
    {"liquid": _defaults("liquid"), "thin": _defaults("thin")}
)

UPTIME_MIN: Final = 0.95
"""All terms at once, where a mandate is silent."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Ratios of (own best ask - own best bid) to the denominator; None where nothing was agreed.

    Attributes:
        denominator: `mid`, or the own best `bid` or `ask`.
    """

    min: float | None = None
    target: float | None = None
    max: float | None = None
    denominator: str = "mid"


@dataclass(frozen=True, slots=True, order=True)
class DepthMinimum:
    """Resting liquidity that must stand within a band.

    Attributes:
        band: distance from mid in percent, one of `units.BANDS`.
        side: `bid` or `ask`.
        amount: cumulative from mid, in units of what `unit` says.
        unit: `quote`, `base`, or `reference` for a currency that is neither.
        asset: which reference currency; empty for the market's own assets.
    """

    band: str
    side: Side
    amount: float
    unit: Unit = "quote"
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Levels:
    """Price levels that must be there on each promised side.

    Attributes:
        count: at least so many.
        size: least worth of a level that counts, in quote units; 0 if any does.
        rest: seconds for which its price must have stood.
    """

    count: int = 1
    size: float = 0.0
    rest: float = 0.0


@dataclass(frozen=True, slots=True)
class UptimeMinimum:
    """The least share of scheduled time, as a ratio, in which a term must hold."""

    term: Term
    share: float


@dataclass(frozen=True, slots=True)
class Sampling:
    """Uptime is counted by samples every `interval` seconds of the `source`'s view."""

    interval: float
    source: str = "engine"


@dataclass(frozen=True, slots=True)
class Widening:
    """Leave to quote wider while the market moves.

    Attributes:
        factor: times the maximum spread.
        move: (highest - lowest mid) / lowest within `window` seconds that gives the leave.
        cap: seconds of a UTC day for which it may be used.
    """

    factor: float
    move: float
    window: float
    cap: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Volume:
    """Own traded value over a window, in quote units; None where nothing was agreed."""

    window: Period
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True)
class Staleness:
    """Seconds since the last confirmation after which a value no longer counts.

    Attributes:
        lag: age of a market message when it arrives.
    """

    market: float
    quotes: float
    orders: float
    lag: float = thresholds.STALENESS["lag"].liquid


@dataclass(frozen=True, slots=True)
class AlertFigure:
    """When an alert tells somebody, where that is not the default.

    Attributes:
        severity: `page` or `ticket`.
        patience: seconds its condition may last; None for the default.
        tolerance: a ratio by which its value may be off; None for the default.
    """

    alert: str
    severity: str
    patience: float | None = None
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Valid:
    """From when until before when an obligation applies; None where that has no end."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Return whether the obligation applies at an instant."""
        return (self.start is None or self.start <= now) and (self.end is None or now < self.end)


@dataclass(frozen=True, slots=True)
class Maintenance:
    """An announced window in which an obligation does not count."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Exclusion(Maintenance):
    """A window that was agreed not to count: by whom, and where that is written."""

    approver: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Book:
    """A book that must be reporting.

    Attributes:
        service: the engine's `job`, as Prometheus forms it.
        mandate: id of its obligation; empty for a book without one.
        position: largest position at its venue, long or short, in base units; None if unlimited.
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
    position: float | None = None

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
        window: the time over which uptime is judged.
        watcher: `job` of the service that sees all books; empty where one engine holds them.
        mid: what spread and depth are measured from: `venue`, `venue_without_own`, `own` or
            `reference`.
        presence: sides that must be there: `both`, `bid` or `ask`.
        outage: seconds that the longest single outage may last; None if not agreed.
        sampling: how uptime is counted; None: as time passes.
        alerts: figures that differ from the defaults of the tier.
        reporting: how often the client is reported to; empty if not agreed.
        parties: who agreed it, as in the contract.
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
    window: Window
    staleness: Staleness
    watcher: str
    maintenance: tuple[Maintenance, ...]
    books: tuple[Book, ...]
    exclusions: tuple[Exclusion, ...] = ()
    valid: Valid = Valid()
    mid: str = "venue"
    presence: str = "both"
    levels: Levels | None = None
    outage: float | None = None
    sampling: Sampling | None = None
    widening: Widening | None = None
    volumes: tuple[Volume, ...] = ()
    alerts: tuple[AlertFigure, ...] = ()
    reporting: Cadence = ""
    parties: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that must be there."""
        return tuple(side for side in SIDES if self.presence in ("both", side))

    def scheduled(self, now: datetime | None = None) -> bool:
        """Return whether the obligation counts at an instant: valid, in no agreed window."""
        now = now or datetime.now(UTC)
        windows = (*self.maintenance, *self.exclusions)
        return self.valid.holds(now) and not any(w.start <= now < w.end for w in windows)

    def terms(self) -> fortuna_otel.Obligation:
        """Return what an engine judges its quotes against."""
        from fortuna_otel.meters import terms as sdk  # noqa: PLC0415  (named alike)

        levels = self.levels or Levels(count=0)
        widening, sampling = self.widening, self.sampling
        return sdk.Obligation(
            mandate=self.mandate,
            client=self.client,
            venue=self.venue,
            symbol=self.symbol,
            spread_max=self.spread.max,
            depth=tuple(
                sdk.DepthTerm(
                    side=minimum.side,
                    band=minimum.band,
                    amount=minimum.amount,
                    unit=minimum.unit,
                    currency=minimum.asset,
                )
                for minimum in self.depth
            ),
            staleness=self.staleness.quotes,
            mid=self.mid,
            denominator=self.spread.denominator,
            presence=self.presence,
            levels=levels.count,
            size_min=levels.size,
            rest=levels.rest,
            widening=sdk.Widening(
                factor=widening.factor,
                move=widening.move,
                window=widening.window,
                cap=widening.cap,
            )
            if widening
            else None,
            sampling=sdk.Sampling(interval=sampling.interval, source=sampling.source)
            if sampling
            else None,
        )
