"""A promise with every term it may have: what is kept of it at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel.analytics import depth
from fortuna_otel.meters._judgement import (
    ASK,
    BID,
    DEPTH,
    INFINITY,
    LEVELS,
    PRESENCE,
    SPREAD,
    across,
)
from fortuna_otel.meters.terms import Denominator, Mid, Unit, least_levels, sides
from fortuna_otel.signals.enums import BookSide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortuna_otel.meters.terms import DepthTerm, Obligation

LEAST = 1.0 - depth.TOLERANCE
"""Share of an amount that is the amount, despite binary fractions."""


class Seen(NamedTuple):
    """What is believed at one moment.

    Attributes:
        sides: the ladders of all books with live orders, by side.
        mid: what spread and depth are measured against; None if it is unknown.
        rates: worth of one unit of the quote asset, by reference currency; None if it is unknown.
    """

    sides: Mapping[BookSide, Sequence[depth.Levels]]
    mid: float | None
    rates: Mapping[str, float | None]

    @property
    def bids(self) -> Sequence[depth.Levels]:
        """The ladders of own bids."""
        return self.sides[BookSide.BID]

    @property
    def asks(self) -> Sequence[depth.Levels]:
        """The ladders of own asks."""
        return self.sides[BookSide.ASK]

    @property
    def live(self) -> bool:
        """Whether anything rests."""
        return bool(self.bids or self.asks)


def own_mid(bids: Sequence[depth.Levels], asks: Sequence[depth.Levels]) -> float | None:
    """Return (best bid + best ask) / 2 over all books; None unless both sides are live."""
    if not bids or not asks:
        return None
    return (max([levels[0][0] for levels in bids]) + min([levels[0][0] for levels in asks])) / 2.0


def base(terms: Obligation, seen: Seen) -> float | None:
    """Return what the spread is a share of; None if it is unknown."""
    if terms.denominator == Denominator.BID:
        return max([levels[0][0] for levels in seen.bids], default=None)
    if terms.denominator == Denominator.ASK:
        return min([levels[0][0] for levels in seen.asks], default=None)
    return seen.mid


def measurable(terms: Obligation, seen: Seen) -> bool:
    """Return whether what prices and amounts are measured by is known, or nothing rests.

    An own mid that is missing is no lack of knowledge: a side is.
    """
    if not seen.live:
        return True
    if seen.mid is None and terms.mid != Mid.OWN:
        return False
    return all(
        seen.rates.get(term.currency) is not None
        for term in terms.depth
        if term.unit == Unit.REFERENCE
    )


def additive(terms: Obligation) -> bool:
    """Return whether terms that some books keep are kept whatever others have besides.

    Not where a better price of another book would move the own mid, and the bands with it.
    """
    return terms.mid != Mid.OWN or not terms.depth


def verdict(terms: Obligation, seen: Seen, widest: float, *, enough: bool) -> int:
    """Return which sides there are, and which terms they keep together.

    Args:
        terms: what is asked for.
        seen: what there is.
        widest: the widest spread that keeps it, a share.
        enough: whether there are levels enough.
    """
    bids, asks = seen.bids, seen.asks
    found = (BID if bids else 0) + (ASK if asks else 0)
    if all(seen.sides[side] for side in sides(terms)):
        found += PRESENCE
        touch = across(bids, asks) if bids and asks else INFINITY
        divisor = base(terms, seen)
        # Crossed or locked quotes keep no spread (see `judged`), promised or not.
        if touch > 0.0 and (
            terms.spread_max is None
            or (divisor is not None and touch <= (widest + depth.TOLERANCE) * divisor)
        ):
            found += SPREAD
    if all(_deep(term, seen) for term in terms.depth):
        found += DEPTH
    return found + (LEVELS if enough else 0)


def _deep(term: DepthTerm, seen: Seen) -> bool:
    if seen.mid is None:
        return False
    quote, units = within(term.side, term.band, seen.sides, seen.mid)
    if term.unit == Unit.BASE:
        there = units
    elif term.unit == Unit.REFERENCE:
        there = quote * (seen.rates.get(term.currency) or 0.0)
    else:
        there = quote
    return term.amount * LEAST <= there < INFINITY


def within(
    side: str, band: str, ladders: Mapping[BookSide, Sequence[depth.Levels]], mid: float
) -> tuple[float, float]:
    """Return Σ price * size and Σ size of a side within a band, over all books."""
    side = BookSide(side)
    edge = mid * depth.limit(side, depth.BANDS[band])
    quote = units = 0.0
    for levels in ladders[side]:
        more, more_units = depth.sums(levels, side, edge)
        quote += more
        units += more_units
    return quote, units


def required(term: DepthTerm, seen: Seen) -> float | None:
    """Return the least depth of a term in units of the quote, now; None if it is unknown.

    Units of the base are taken at the mean price of what stands in the band, and at mid where
    nothing does, so that depth is below what is required exactly where the term is not kept.
    """
    if term.unit == Unit.QUOTE:
        return term.amount
    if term.unit == Unit.REFERENCE:
        rate = seen.rates.get(term.currency)
        return None if rate is None else term.amount / rate
    if seen.mid is None:
        return None
    quote, units = within(term.side, term.band, seen.sides, seen.mid)
    return term.amount * (quote / units if units else seen.mid)


def levels(
    terms: Obligation,
    ladders: Sequence[depth.Levels],
    since: Mapping[float, float],
    at: float,
) -> tuple[bool, float]:
    """Return whether a side has levels enough just after a moment, and until when at least.

    Args:
        terms: what is asked for.
        ladders: the side, of every book.
        since: from when on each of its prices has stood.
        at: the moment.
    """
    count = 0
    until = INFINITY
    for price, size in depth.merged(ladders).items():
        if price * size < terms.size_min * LEAST:
            continue
        ripe = since.get(price, at) + terms.rest if terms.rest else at
        if ripe <= at:
            count += 1
        else:
            until = min(until, ripe)
    return count >= least_levels(terms), until
