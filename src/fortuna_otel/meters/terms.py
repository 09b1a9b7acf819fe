"""Terms: what a client was promised on one market, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from fortuna_otel import _numbers, _text
from fortuna_otel._markets import Market
from fortuna_otel.meters._meter import choose
from fortuna_otel.signals.enums import Band, BookSide, Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAY = 86_400.0


class Mid(StrEnum):
    """What spread and depth are measured against."""

    VENUE = "venue"
    """What `quotes.update` is told."""
    VENUE_WITHOUT_OWN = "venue_without_own"
    """The same, and the engine tells the venue's mid as it were without own orders."""
    OWN = "own"
    """(own best bid + own best ask) / 2, over all books of the obligation."""
    REFERENCE = "reference"
    """What `telemetry.market(...).reference` was told last, at most ten seconds ago."""


class Denominator(StrEnum):
    """What the spread is a share of."""

    MID = "mid"
    BID = "bid"
    """The own best bid."""
    ASK = "ask"
    """The own best ask."""


class Presence(StrEnum):
    """Which sides must be there."""

    BOTH = "both"
    BID = "bid"
    ASK = "ask"


class Unit(StrEnum):
    """What an amount of depth is in."""

    QUOTE = "quote"
    BASE = "base"
    REFERENCE = "reference"
    """A reference currency, by the rate of the quote asset."""


@dataclass(frozen=True, slots=True)
class DepthTerm:
    """The least liquidity promised on one side, cumulative from mid to the band's limit.

    Attributes:
        side: `bid` or `ask`.
        band: distance from mid in percent, as text: `0.5`, `1`, `2`, `3`, `5`, `10`, `15`, `20`.
        amount: in units of what `unit` says.
        unit: `quote`; `base`, so that sizes alone count; `reference`: worth in a reference
            currency, by the last rate of the quote asset that `telemetry.rate(...)` was told.
        currency: which reference currency; unless said, the one that all rates are told in.

    Raises:
        ValueError: if a term cannot be measured; the message says what can.
    """

    side: str
    band: str
    amount: float
    unit: str = Unit.QUOTE.value
    currency: str = ""

    def __post_init__(self) -> None:
        choose(BookSide, self.side, "side")
        choose(Band, self.band, "band")
        _declared(self.amount, "amount")
        choose(Unit, self.unit, "unit")
        if self.currency:
            _text.require(currency=self.currency)
            if self.unit != Unit.REFERENCE:
                raise ValueError(
                    f"currency={self.currency!r} goes with unit='reference': an amount in "
                    f"{self.unit} units needs none"
                )


@dataclass(frozen=True, slots=True)
class Widening:
    """Leave to quote wider while the market moves.

    The market moves while the highest mid that stood within the window is more than `move` above
    the lowest. Every second in which it does counts towards the cap, however wide the quotes are.

    Attributes:
        factor: by which the widest spread grows, above 1.
        move: (highest - lowest) / lowest, a share.
        window: seconds.
        cap: seconds of a UTC day, at most.

    Raises:
        ValueError: if it cannot be measured; the message says what can.
    """

    factor: float
    move: float
    window: float
    cap: float = DAY

    def __post_init__(self) -> None:
        _declared(self.factor, "factor")
        if self.factor <= 1.0:
            raise ValueError(f"factor={self.factor:g} widens nothing: 2.0 is twice the maximum")
        _declared(self.move, "move")
        if self.move >= 1.0:
            raise ValueError(f"move={self.move:g} is a share: 5 % are 0.05")
        _day(self.window, "window")
        _day(self.cap, "cap")


@dataclass(frozen=True, slots=True)
class Sampling:
    """Kept time is counted by samples: what holds at one stands for the whole interval.

    Samples are taken at the multiples of the interval in Unix time.

    Attributes:
        interval: seconds.
        source: whose view counts: `engine`, or `venue` (a watcher). The other credits no time.

    Raises:
        ValueError: if it cannot be measured; the message says what can.
    """

    interval: float
    source: str = Source.ENGINE.value

    def __post_init__(self) -> None:
        _day(self.interval, "interval")
        choose(Source, self.source, "source")


@dataclass(frozen=True, slots=True)
class Obligation:
    """The terms of one promise: a client, on one market, over all its accounts and tags there.

    Attributes:
        mandate: id of the obligation in the mandates file.
        client: whose promise it is.
        venue: where.
        symbol: unified symbol.
        spread_max: widest spread that still keeps it, a share; None if not promised.
        depth: least liquidity by side and band.
        staleness: seconds after which quotes that were not confirmed count for nothing.
        mid: what spread and depth are measured against: `venue` (what `quotes.update` is told),
            `venue_without_own` (likewise, see `ObligationMeter.attach`), `own`, `reference`.
        denominator: what (ask - bid) is divided by: `mid`, `bid`, `ask` (the own best ones).
        presence: sides that must be there: `both`, `bid`, `ask`.
        levels: least number of price levels on each side that must be there; 0 if not promised.
        size_min: least value of a level that counts as one, in units of the quote.
        rest: seconds for which a price must have stood until its level counts as one.
        widening: leave to quote wider while the market moves.
        sampling: how kept time is counted; None: as it passes.
        market: what venue and symbol say.

    Raises:
        ValueError: if a term cannot be measured; the message says what can.
    """

    mandate: str
    client: str
    venue: str
    symbol: str
    spread_max: float | None = None
    depth: tuple[DepthTerm, ...] = ()
    staleness: float = 10.0
    mid: str = Mid.VENUE.value
    denominator: str = Denominator.MID.value
    presence: str = Presence.BOTH.value
    levels: int = 0
    size_min: float = 0.0
    rest: float = 0.0
    widening: Widening | None = None
    sampling: Sampling | None = None
    market: Market = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _text.require(mandate=self.mandate, client=self.client)
        object.__setattr__(self, "market", Market.parse(venue=self.venue, symbol=self.symbol))
        object.__setattr__(self, "depth", tuple(_depth_terms(self.depth)))
        if self.spread_max is not None:
            _declared(self.spread_max, "spread_max")
            if self.spread_max >= 1.0:
                raise ValueError(f"spread_max={self.spread_max:g} is a share: 20 bp are 0.002")
        _declared(self.staleness, "staleness")
        choose(Mid, self.mid, "mid")
        choose(Denominator, self.denominator, "denominator")
        choose(Presence, self.presence, "presence")
        _levels(self)
        _widening(self)
        if self.sampling is not None and not isinstance(self.sampling, Sampling):
            raise ValueError(f"sampling={self.sampling!r:.60}: give Sampling(interval=60.0)")
        if self.presence != Presence.BOTH:
            _one_sided(self)

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of everything about this obligation."""
        return {"mandate": self.mandate, "client": self.client, **self.market.attributes}


def sides(terms: Obligation) -> tuple[BookSide, ...]:
    """Return the sides that must be there."""
    return tuple(BookSide) if terms.presence == Presence.BOTH else (BookSide(terms.presence),)


def least_levels(terms: Obligation) -> int:
    """Return the levels each of them must have: one, where only size or rest was promised."""
    return max(terms.levels, 1 if terms.size_min or terms.rest else 0)


def currencies(terms: Obligation) -> frozenset[str]:
    """Return the reference currencies that depth is promised in."""
    return frozenset([term.currency for term in terms.depth if term.unit == Unit.REFERENCE])


def ordinary(terms: Obligation) -> bool:
    """Return whether a ladder and the mid it came with are all it takes to judge by these terms."""
    return (
        terms.mid in (Mid.VENUE, Mid.VENUE_WITHOUT_OWN)
        and terms.denominator == Denominator.MID
        and terms.presence == Presence.BOTH
        and not least_levels(terms)
        and terms.widening is None
        and terms.sampling is None
        and all(term.unit == Unit.QUOTE for term in terms.depth)
    )


def _declared(value: float, what: str) -> None:
    try:
        _numbers.positive(value, what)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _day(seconds: float, what: str) -> None:
    _declared(seconds, what)
    if seconds > DAY:
        raise ValueError(f"{what}={seconds:g} is more than the 86400 seconds of a day")


def _depth_terms(depth: Iterable[DepthTerm] | DepthTerm) -> Iterator[DepthTerm]:
    for term in (depth,) if isinstance(depth, DepthTerm) else depth:
        if not isinstance(term, DepthTerm):
            raise ValueError(  # noqa: TRY004  # as every wrong declaration
                f"depth has {term!r:.60}: give DepthTerm(side='bid', band='2', amount=50_000.0)"
            )
        yield term


def _levels(terms: Obligation) -> None:
    if type(terms.levels) is not int or terms.levels < 0:
        raise ValueError(f"levels={terms.levels!r:.60}: give a whole number, such as 3")
    for name in ("size_min", "rest"):
        try:
            _numbers.not_negative(getattr(terms, name), name)
        except TypeError as error:
            raise ValueError(str(error)) from None


def _widening(terms: Obligation) -> None:
    widening = terms.widening
    if widening is None:
        return
    if not isinstance(widening, Widening):
        raise ValueError(  # noqa: TRY004  # as every wrong declaration
            f"widening={widening!r:.60}: "
            "give Widening(factor=2.0, move=0.05, window=300.0, cap=7200.0)"
        )
    if terms.spread_max is None:
        raise ValueError("widening widens spread_max, which is not promised: say both or neither")
    if terms.spread_max * widening.factor >= 1.0:
        raise ValueError(
            f"spread_max={terms.spread_max:g} times factor={widening.factor:g} is no spread: "
            "shares below 1 are, 20 bp are 0.002"
        )


def _one_sided(terms: Obligation) -> None:
    """Refuse what two sides are needed for."""
    side = terms.presence
    if terms.spread_max is not None:
        raise ValueError(
            f"spread_max needs two sides, presence={side!r} promises one: "
            "leave spread_max out, or promise both"
        )
    if any(term.side != side for term in terms.depth):
        raise ValueError(
            f"depth is promised on a side that presence={side!r} does not promise: "
            "leave that depth out, or promise both"
        )
    if terms.mid == Mid.OWN and terms.depth:
        raise ValueError(
            f"mid='own' needs two sides, presence={side!r} promises one: "
            "measure depth from mid='venue' or 'reference', or promise both"
        )
