"""Obligations by brute force: the definition of every term, millisecond by millisecond.

It knows nothing of intervals, of notes, or of when a verdict may change: it looks at each
millisecond by itself, with everything that was told until then. A millisecond is 1/1024 s here, so
that binary fractions are exact and whatever ends, ends in the very moment of an event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fortuna_otel import Obligation

MILLISECOND = 1 / 1024
DAY = 86_400 * 1024
FUZZ = 1e-9


def milliseconds(seconds: float) -> int:
    """Return seconds of the terms as milliseconds of the story."""
    return round(seconds / MILLISECOND)


@dataclass
class Known:
    """What the oracle knows of a book."""

    attached: bool = True
    known: bool = False
    bids: list[tuple[float, float]] | None = None
    asks: list[tuple[float, float]] = field(default_factory=list)
    mid: float | None = None
    told: tuple[int, int] = (0, 0)
    confirmed: int = 0


@dataclass
class Moment:
    """What there is in one millisecond, but for the rate, which the export looks at."""

    terms: Obligation
    observable: bool
    complete: bool
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    mid: float | None
    widest: set[float]
    enough: bool
    weight: float


@dataclass
class Oracle:
    """The definition. `unix` is the time of the first millisecond, in milliseconds."""

    books: list[Known]
    terms: Obligation
    unix: Fraction = Fraction(0)
    reference_lifetime: int = 10 * 1024
    scheduled: bool = True
    rate: float | None = None
    events: int = 0
    reference: tuple[int, float | None] = (0, None)
    market: dict[int, float | None] = field(default_factory=dict)
    leave: dict[int, tuple[bool | None, int]] = field(default_factory=dict)
    begun: int = 0
    since: dict[tuple[str, float], int] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    totals: dict[str, float] = field(default_factory=dict)
    levels: bool = False

    def __post_init__(self) -> None:
        self._promise_levels()

    def _promise_levels(self) -> None:
        """Count levels from the first terms on that promise any."""
        self.levels = self.levels or bool(self.terms.levels or self.terms.size_min)

    def happen(self, now: int, kind: str, *details: Any) -> None:
        """Take an event in."""
        self.events += 1
        if kind == "schedule":
            [self.scheduled] = details
        elif kind == "rate":
            [self.rate] = details
        elif kind == "reference":
            self.reference = (now, details[0])
        elif kind == "terms":
            if self.terms.widening is None or details[0].widening is None:
                self.begun = now
                self.market.clear()
                self.leave.clear()
            [self.terms] = details
            self._promise_levels()
        elif kind == "export":
            self.settle()
        elif details[0] < len(self.books):
            self._heard(self.books[details[0]], now, kind, *details[1:])
        self._stand(now)

    def _heard(self, book: Known, now: int, kind: str, what: Any = None) -> None:
        if kind in ("attach", "detach"):
            if book.attached != (kind == "attach"):
                book.attached, book.known = kind == "attach", False
                book.told = (book.told[0], 0)
            return
        if kind == "wrong":
            book.bids = book.mid = None
        elif kind == "confirm" and book.bids is None:
            return
        elif kind == "clear":
            book.bids, book.asks = [], []
        elif kind == "update":
            book.bids, book.asks, book.mid = what["bids"], what["asks"], what["mid"]
        elif what is not None:
            book.mid = what
        if kind == "update" or (kind == "confirm" and what is not None):
            book.told = (now, self.events if book.attached else 0)
        book.confirmed = now
        book.known = book.attached

    def _stand(self, now: int) -> None:
        """Note since when each price stands; without a rest nobody looks."""
        standing = {
            (side, price)
            for book in self.books
            if book.attached and book.known and book.bids is not None
            for side, orders in (("bid", book.bids), ("ask", book.asks))
            for price, _ in orders
        }
        if not self.terms.rest:
            standing = set()
        self.since = {each: self.since.get(each, now) for each in standing}

    def millisecond(self, now: int) -> None:
        """Look at one millisecond."""
        terms = self.terms
        books = [book for book in self.books if book.attached]
        stale = milliseconds(terms.staleness)
        fresh = [
            book
            for book in books
            if book.known and book.bids is not None and now < book.confirmed + stale
        ]
        bids = [order for book in fresh for order in book.bids or []]
        asks = [order for book in fresh for order in book.asks]
        mids = [(book.told, book.mid) for book in fresh if book.mid is not None]
        told = max(mids)[1] if mids else None
        when, reference = self.reference
        if now >= when + self.reference_lifetime:
            reference = None
        own = (max(bids)[0] + min(asks)[0]) / 2 if bids and asks else None
        market = reference if terms.mid == "reference" else told
        sampling = terms.sampling
        self.moments.append(
            Moment(
                terms,
                self.scheduled and (sampling is None or sampling.source == "engine"),
                bool(books) and len(fresh) == len(books),
                bids,
                asks,
                {"own": own}.get(terms.mid, market),
                self._widest(now, market),
                self._enough(now, "bid", bids) and self._enough(now, "ask", asks),
                MILLISECOND if sampling is None else self._samples(now, sampling.interval),
            )
        )

    def _samples(self, now: int, interval: float) -> float:
        """Return the seconds that samples in this millisecond stand for."""
        every = Fraction(interval) * 1024
        start = self.unix + now
        return interval * (math.ceil((start + 1) / every) - math.ceil(start / every))

    def _widest(self, now: int, market: float | None) -> set[float]:
        """Return each maximum that may be in force."""
        strict = self.terms.spread_max or math.inf
        widening = self.terms.widening
        if widening is None:
            return {strict}
        self.market[now] = market
        day = [ms for ms in self.leave if (self.unix + ms) // DAY == (self.unix + now) // DAY]
        used = sum(self.leave[ms][0] is True for ms in day)
        unsure = sum(self.leave[ms][0] is None for ms in day)
        if (self.unix + self.begun) // DAY == (self.unix + now) // DAY:
            unsure += int((self.unix + self.begun) % DAY)
        window = milliseconds(widening.window)
        mids = [self.market.get(ms) for ms in range(now - window, now + 1)]
        known = [mid for mid in mids if mid is not None]
        moved: bool | None = None
        if known and max(known) - min(known) > widening.move * min(known) + FUZZ:
            moved = True
        elif len(known) == len(mids):
            moved = False
        self.leave[now] = (moved, used)
        wide = strict * widening.factor
        cap = milliseconds(widening.cap)
        if moved is False or used >= cap:
            return {strict}
        return {wide} if moved and used + unsure < cap else {strict, wide}

    def _enough(self, now: int, side: str, orders: list[tuple[float, float]]) -> bool:
        terms = self.terms
        least = terms.levels or int(terms.size_min > 0 or terms.rest > 0)
        if terms.presence not in ("both", side):
            return True
        count = 0
        for price in {price for price, _ in orders}:
            size = sum(q for p, q in orders if p == price)
            stood = now - self.since.get((side, price), now)
            if price * size >= terms.size_min - FUZZ and stood >= milliseconds(terms.rest):
                count += 1
        return count >= least

    def settle(self) -> None:
        """Count what was looked at, at the present rate."""
        for moment in self.moments:
            self._count(moment)
        self.moments.clear()

    def _count(self, moment: Moment) -> None:
        terms = moment.terms
        if not moment.observable:
            return
        verdicts = [self._kept(moment, widest) for widest in moment.widest]
        kept = verdicts[0]
        whole = len(kept) == 4
        live = bool(moment.bids or moment.asks)
        measurable = not live or moment.mid is not None or terms.mid == "own"
        if live and any(term.unit == "reference" for term in terms.depth) and self.rate is None:
            measurable = False
        alone = whole and not (terms.mid == "own" and terms.depth)
        if any(other != kept for other in verdicts):
            return
        if not (moment.complete and measurable) and not alone:
            return
        state = {
            (True, True): "two_sided",
            (True, False): "bid_only",
            (False, True): "ask_only",
            (False, False): "empty",
        }[bool(moment.bids), bool(moment.asks)]
        names = {"observed", state, *kept, *(["all"] if whole else [])}
        for name in names - (set() if self.levels else {"levels"}):
            self.totals[name] = self.totals.get(name, 0.0) + moment.weight

    def _kept(self, moment: Moment, widest: float) -> set[str]:
        terms, bids, asks, mid = moment.terms, moment.bids, moment.asks, moment.mid
        kept = {"levels"} if moment.enough else set()
        if (bids or terms.presence == "ask") and (asks or terms.presence == "bid"):
            kept.add("presence")
            spread = min(p for p, _ in asks) - max(p for p, _ in bids) if bids and asks else 1.0
            divisor = mid
            if terms.denominator == "bid":
                divisor = max(bids)[0]
            elif terms.denominator == "ask":
                divisor = min(asks)[0]
            narrow = terms.spread_max is None or (
                divisor is not None and spread <= widest * divisor + FUZZ
            )
            if spread > 0 and narrow:
                kept.add("spread")
        if all(self._deep(term, bids, asks, mid) for term in terms.depth):
            kept.add("depth")
        return kept

    def _deep(self, term: Any, bids: list[Any], asks: list[Any], mid: float | None) -> bool:
        if mid is None:
            return False
        share = float(term.band) / 100
        if term.side == "bid":
            near = [(p, q) for p, q in bids if p >= (1 - share) * mid - FUZZ]
        else:
            near = [(p, q) for p, q in asks if p <= (1 + share) * mid + FUZZ]
        quote = sum(p * q for p, q in near)
        there = {
            "quote": quote,
            "base": sum(q for _, q in near),
            "reference": quote * (self.rate or 0.0),
        }[term.unit]
        return bool(there >= term.amount - FUZZ)
