"""Obligations: what a client was promised, and for how many seconds it was kept.

All books of an obligation are merged before judging: best bid, best ask, summed depth, union of
presence. The state between two events is constant, so that time is integrated exactly: at every
event and every export, on the monotonic clock. A book that was neither changed nor confirmed for
`staleness` seconds counts for nothing: a hung loop earns nothing.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel import _numbers, _text
from fortuna_otel._markets import Market
from fortuna_otel.analytics import depth
from fortuna_otel.meters._meter import Meter, choose, harmless, patiently
from fortuna_otel.signals import obligations as signals
from fortuna_otel.signals.enums import Band, BookSide, QuotingState, Term

if TYPE_CHECKING:
    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters.book import Book
    from fortuna_otel.meters.quotes import Ladder, Quotes


@dataclass(frozen=True, slots=True)
class DepthTerm:
    """The least liquidity promised on one side, cumulative from mid to the band's limit.

    Attributes:
        side: `bid` or `ask`.
        band: distance from mid in percent, as text: `0.5`, `1`, `2`, `3`, `5`, `10`, `15`, `20`.
        amount: units of the quote asset.

    Raises:
        ValueError: if a term cannot be measured; the message says what can.
    """

    side: str
    band: str
    amount: float

    def __post_init__(self) -> None:
        choose(BookSide, self.side, "side")
        choose(Band, self.band, "band")
        _declared(self.amount, "amount")


@dataclass(frozen=True, slots=True)
class Obligation:
    """The terms of one promise: a client, on one market, over all its accounts and tags there.

    Attributes:
        mandate: id of the obligation in the mandates file.
        client: whose promise it is.
        venue: where.
        symbol: unified symbol.
        spread_max: widest (ask - bid) / mid that still keeps it, a share; None if not promised.
        depth: least liquidity by side and band.
        staleness: seconds after which quotes that were not confirmed count for nothing.

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
    market: Market = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _text.require(mandate=self.mandate, client=self.client)
        object.__setattr__(self, "market", Market.parse(venue=self.venue, symbol=self.symbol))
        object.__setattr__(self, "depth", tuple(self.depth))
        if self.spread_max is not None:
            _declared(self.spread_max, "spread_max")
        _declared(self.staleness, "staleness")

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of everything about this obligation."""
        return {"mandate": self.mandate, "client": self.client, **self.market.attributes}


def _declared(value: float, what: str) -> None:
    try:
        _numbers.positive(value, what)
    except TypeError as error:
        raise ValueError(str(error)) from None


class Verdict(NamedTuple):
    """What holds while nothing changes."""

    observed: bool
    state: QuotingState
    kept: tuple[Term, ...]


class _View:
    """What is known of one book, and since when."""

    __slots__ = ("changed", "confirmed", "ladder")

    def __init__(self) -> None:
        self.ladder: Ladder | None = None
        self.changed = self.confirmed = 0.0

    @property
    def mid(self) -> float | None:
        """The mid that came with the ladder."""
        return None if self.ladder is None else self.ladder.mid


class ObligationMeter(Meter):
    """Measure one obligation over the books attached to it.

    Time is observed while every attached book is confirmed, or while those that are confirmed
    keep every term by themselves: what another book adds can only better spread and depth. Terms
    are credited in observed time only, so that kept ≤ observed ≤ scheduled and the seconds of the
    four states add up to the observed ones.
    """

    def __init__(self, registry: Registry, clock: Clock, terms: Obligation, source: str) -> None:
        super().__init__(registry, clock)
        self._terms = terms
        self._labels = {**terms.attributes, "source": source}
        self._observed = registry.counter(signals.OBSERVED_TIME, **self._labels)
        self._quoting = {
            state: registry.counter(signals.QUOTING_TIME, **self._labels, state=state)
            for state in QuotingState
        }
        self._kept = {
            term: registry.counter(signals.KEPT_TIME, **self._labels, term=term) for term in Term
        }
        self._spread = registry.gauge(signals.SPREAD, **self._labels)
        self._depth: dict[tuple[str, str], Gauge] = {}
        self._bind_depth()
        self._views: dict[Quotes, _View] = {}
        self._verdict: Verdict | None = None
        self._scheduled = True
        self._lock = threading.Lock()
        self._begin()
        self.bind()
        registry.refresh_with(self._refresh)

    def __repr__(self) -> str:
        return f"obligation({self._terms.mandate})"

    @property
    def terms(self) -> Obligation:
        """The terms in force."""
        return self._terms

    # Declarations

    def bind(self) -> None:
        """Export every counter from now on: an uptime of 0 must not look like no data."""
        for counter in (self._observed, *self._quoting.values(), *self._kept.values()):
            counter.announce()

    def attach(self, book: Book) -> None:
        """Count the quotes of a book towards this obligation; more than one may count.

        Raises:
            ValueError: if the book is of another client or market.
        """
        theirs = (book.client, book.market.venue, book.market.symbol)
        ours = (self._terms.client, self._terms.venue, self._terms.symbol)
        if theirs != ours:
            raise ValueError(
                f"{book!r} does not serve {self!r}, which is for client={ours[0]!r}, "
                f"venue={ours[1]!r}, symbol={ours[2]!r}: attach only books of those"
            )
        with self._lock:
            self._advance()
            self._views.setdefault(book.quotes, _View())
            self._verdict = None
        book.quotes.judged_by(self)

    def detach(self, book: Book) -> None:
        """Count the quotes of a book no longer."""
        book.quotes.no_longer_judged_by(self)
        with self._lock:
            self._advance()
            self._views.pop(book.quotes, None)
            self._verdict = None

    def replace(self, terms: Obligation) -> None:
        """Judge by new terms from now on; the time until now counts by the old ones.

        Raises:
            ValueError: if the new terms are of another obligation.
        """
        if terms.attributes != self._terms.attributes:
            raise ValueError(
                f"{terms!r} is another obligation than {self._terms!r}: "
                "declare it with telemetry.obligation(...)"
            )
        with self._lock:
            self._advance()
            self._terms = terms
            self._verdict = None
            self._bind_depth()

    def schedule(self, scheduled: bool) -> None:
        """Say whether time counts: False in an agreed maintenance window."""
        with self._lock:
            self._advance()
            self._scheduled = bool(scheduled)

    # Events

    @harmless
    def seen(self, quotes: Quotes, ladder: Ladder) -> None:
        """Take the ladder of a book as confirmed now, whether it changed or not."""
        with self._lock:
            self._advance()
            view = self._views.get(quotes)
            if view is None:
                return
            if view.ladder is not ladder:
                view.ladder = ladder
                view.changed = self._last
            view.confirmed = self._last
            self._verdict = None

    # Time

    def _begin(self) -> None:
        self._last = self._clock.monotonic()
        self._verdict = None

    def _forget(self) -> None:
        self._lock = threading.Lock()
        for view in self._views.values():
            view.ladder = None
        self._begin()
        self.bind()

    def _advance(self) -> None:
        """Credit the time since the last event, split where a book went stale meanwhile."""
        now = self._clock.monotonic()
        last = self._last
        while last < now:
            expiries = [view.confirmed + self._terms.staleness for view in self._fresh(last)]
            expiry = min(expiries, default=math.inf)
            end = min(now, expiry)
            if self._scheduled:
                verdict = self._verdict or self._judge(last)
                self._credit(verdict, end - last)
                self._verdict = verdict
            if end == expiry:
                self._verdict = None
            last = end
        self._last = max(now, self._last)

    def _fresh(self, at: float) -> list[_View]:
        """Return what is still believed just after a moment."""
        staleness = self._terms.staleness
        return [
            view
            for view in self._views.values()
            if view.ladder is not None and view.confirmed + staleness > at
        ]

    def _credit(self, verdict: Verdict, seconds: float) -> None:
        if verdict.observed:
            self._observed.add(seconds)
            self._quoting[verdict.state].add(seconds)
            for term in verdict.kept:
                self._kept[term].add(seconds)

    # Judgement

    def _judge(self, at: float) -> Verdict:
        merged = _Merged(self._fresh(at))
        kept = self._kept_terms(merged)
        complete = merged.books == len(self._views) and merged.books > 0 and merged.measurable
        return Verdict(complete or Term.ALL in kept, merged.state, kept)

    def _kept_terms(self, merged: _Merged) -> tuple[Term, ...]:
        terms = self._terms
        kept = []
        present = merged.state == QuotingState.TWO_SIDED
        if present:
            kept.append(Term.PRESENCE)
        spread = merged.spread
        if present and (
            terms.spread_max is None
            or (spread is not None and spread <= terms.spread_max + depth.TOLERANCE)
        ):
            kept.append(Term.SPREAD)
        if all(merged.holds(term) for term in terms.depth):
            kept.append(Term.DEPTH)
        if len(kept) == len(Term) - 1:
            kept.append(Term.ALL)
        return tuple(kept)

    # Export

    def _bind_depth(self) -> None:
        wanted = {(term.side, term.band) for term in self._terms.depth}
        for key in self._depth.keys() - wanted:
            self._depth.pop(key).end()
        for side, band in wanted - self._depth.keys():
            self._depth[side, band] = self._registry.gauge(
                signals.DEPTH, **self._labels, side=side, band=band
            )

    def _refresh(self) -> None:
        with patiently(self._lock) as held:
            if not held:
                return
            self._advance()
            merged = _Merged(self._fresh(self._last))
            self._spread.value = merged.spread
            for (side, band), gauge in self._depth.items():
                gauge.value = merged.depth(BookSide(side), band)


class _Merged:
    """The ladders of several books as the client sees them: one."""

    def __init__(self, views: list[_View]) -> None:
        ladders = [view.ladder for view in views if view.ladder is not None]
        self.books = len(ladders)
        self._sides = {
            side: [ladder.side(side) for ladder in ladders if ladder.side(side)]
            for side in BookSide
        }
        latest = max((v for v in views if v.mid is not None), key=_changed, default=None)
        self._mid = None if latest is None else latest.mid

    @property
    def measurable(self) -> bool:
        """Whether depth and spread can be told: without orders no mid is needed."""
        return self._mid is not None or not any(self._sides.values())

    @property
    def state(self) -> QuotingState:
        """Which sides have live orders."""
        if self._sides[BookSide.BID]:
            return QuotingState.TWO_SIDED if self._sides[BookSide.ASK] else QuotingState.BID_ONLY
        return QuotingState.ASK_ONLY if self._sides[BookSide.ASK] else QuotingState.EMPTY

    @property
    def spread(self) -> float | None:
        """(lowest ask - highest bid) / mid; None unless both sides are live and mid is known."""
        if self._mid is None or self.state != QuotingState.TWO_SIDED:
            return None
        ask = min([levels[0][0] for levels in self._sides[BookSide.ASK]])
        bid = max([levels[0][0] for levels in self._sides[BookSide.BID]])
        return (ask - bid) / self._mid

    def depth(self, side: BookSide, band: str) -> float | None:
        """Liquidity of a side within a band; None if no book is known, or the mid is not."""
        if not self.books:
            return None
        if not self._sides[side]:
            return 0.0
        if self._mid is None:
            return None
        distance = (depth.BANDS[band],)
        return sum(
            [depth.within(levels, side, self._mid, distance)[0] for levels in self._sides[side]]
        )

    def holds(self, term: DepthTerm) -> bool:
        """Whether there is as much as the term asks for."""
        found = self.depth(BookSide(term.side), term.band)
        return found is not None and found >= term.amount * (1.0 - depth.TOLERANCE)


def _changed(view: _View) -> float:
    return view.changed
