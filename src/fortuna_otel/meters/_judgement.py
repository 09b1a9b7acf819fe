"""Judging a promise: which verdicts there are, what they are measured by, how long each stood.

Trading threads and the export write here without a lock. CPython switches threads only where a
function begins, a loop turns or a call returns: what stands in a straight line between two such
points happens at once. So time is credited once, whoever comes first, and a trading thread waits
for nobody. (An interpreter without the GIL promises none of this.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from fortuna_otel.analytics import depth
from fortuna_otel.meters.terms import ordinary
from fortuna_otel.signals.enums import BookSide, QuotingState, Term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortuna_otel.meters.terms import DepthTerm, Obligation

Ladder: TypeAlias = tuple[depth.Levels, depth.Levels, float | None, float]
"""Own live orders of a book at one moment: bids and asks, best first; the mid they are judged
against; the monotonic moment that mid was told."""

INFINITY = float("inf")

# A verdict is the sum of what holds: which sides there are, and which terms they keep.
BID = 1
ASK = 2
PRESENCE = 4
SPREAD = 8
DEPTH = 16
LEVELS = 32

SIDES = BID + ASK
TWO_SIDED = SIDES + PRESENCE + LEVELS
"""The least verdict on two sides by ordinary terms, which promise both and no levels."""

KEPT = PRESENCE + SPREAD + DEPTH + LEVELS
"""What a verdict holds when every term does."""

UNOBSERVED = 64
"""The verdict when nobody can tell or time does not count. Its seconds are never read."""

ORDINARY = tuple(
    [LEVELS + sides + deep for sides in (0, BID, ASK) for deep in (0, DEPTH)]
    + [TWO_SIDED + narrow + deep for narrow in (0, SPREAD) for deep in (0, DEPTH)]
)
"""Every other verdict there is by ordinary terms."""

STATES = (QuotingState.EMPTY, QuotingState.BID_ONLY, QuotingState.ASK_ONLY, QuotingState.TWO_SIDED)
"""The state of a verdict, by `verdict & SIDES`."""

TERMS = {
    Term.PRESENCE: PRESENCE,
    Term.SPREAD: SPREAD,
    Term.DEPTH: DEPTH,
    Term.LEVELS: LEVELS,
    Term.ALL: KEPT,
}
"""What a verdict must hold for each term to be kept."""


class Tally:
    """For how many seconds each verdict stood, and which one stands.

    Attributes:
        seconds: by verdict.
        verdict: the one in force.
        last: the monotonic moment up to which time is credited.
        until: when the verdict in force ends by itself, because quotes grow stale.
    """

    __slots__ = ("last", "seconds", "until", "verdict")

    def __init__(self, now: float, verdict: int = UNOBSERVED) -> None:
        self.seconds = [0.0] * (UNOBSERVED + 1)
        self.verdict = verdict
        self.last = now
        self.until = INFINITY

    def credit(self, now: float) -> bool:
        """Credit the time until now; return whether the verdict in force ended before.

        Time is unobserved then, from `last` on and until somebody judges again.
        """
        # In a straight line from here on.
        last = self.last
        if now <= last:
            return False
        until = self.until
        if now < until:
            self.seconds[self.verdict] += now - last
            self.last = now
            return False
        if until > last:
            self.seconds[self.verdict] += until - last
            self.last = until
        self.verdict = UNOBSERVED
        self.until = INFINITY
        return True


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The terms of an obligation as numbers that prices and sums can be compared with.

    Of terms that are not ordinary there are none: `fortuna_otel.meters._hindsight` judges by them.

    Attributes:
        tally: where the time they are kept is counted.
        staleness: seconds after which quotes that were not confirmed count for nothing.
        widest: ask - bid, as a share of mid.
        bids: lowest price that counts, as a share of mid, and least Σ price * size; by term.
        asks: highest price that counts, likewise.
        ordinary: whether this is all there is to the terms.
    """

    tally: Tally
    staleness: float = INFINITY
    widest: float = INFINITY
    bids: tuple[tuple[float, float], ...] = ()
    asks: tuple[tuple[float, float], ...] = ()
    ordinary: bool = True

    @classmethod
    def of(cls, terms: Obligation, tally: Tally) -> Limits:
        """Return the limits of the terms: what is met exactly is met, despite binary fractions."""
        if not ordinary(terms):
            return cls(tally, terms.staleness, ordinary=False)
        return cls(
            tally,
            terms.staleness,
            INFINITY if terms.spread_max is None else terms.spread_max + depth.TOLERANCE,
            tuple([_least(term) for term in terms.depth if term.side == BookSide.BID]),
            tuple([_least(term) for term in terms.depth if term.side == BookSide.ASK]),
        )


def _least(term: DepthTerm) -> tuple[float, float]:
    share = depth.limit(BookSide(term.side), depth.BANDS[term.band])
    return share, term.amount * (1.0 - depth.TOLERANCE)


def judged(  # noqa: C901, PLR0912  # one flat function, as it is called at every event
    limits: Limits,
    bids: Sequence[depth.Levels],
    asks: Sequence[depth.Levels],
    mid: float | None,
) -> int:
    """Return which sides there are, and which terms they keep together.

    What was not read is not credited, and no more is read than it takes. `Quotes.update` has a
    copy of this for one two-sided ladder; tests hold the two equal.

    Args:
        limits: what is asked for.
        bids: the sides of all books that have live bids.
        asks: likewise.
        mid: the latest of their mids, None if nobody told one.

    Raises:
        Exception: any that a level raises which is no price and size.
    """
    verdict = LEVELS + (BID if bids else 0) + (ASK if asks else 0)
    if bids and asks:
        verdict = TWO_SIDED
        widest = limits.widest
        touch = across(bids, asks)
        # Crossed or locked quotes are no narrow ones: something is wrong, and nothing is earned.
        if touch > 0.0 and (widest == INFINITY or (mid is not None and touch <= widest * mid)):
            verdict += SPREAD
    if mid is None:
        return verdict if limits.bids or limits.asks else verdict + DEPTH
    for share, least in limits.bids:
        edge = mid * share
        total = 0.0
        for levels in bids:
            for price, size in levels:
                if price < edge or total >= least:
                    break
                total += price * size
        if not least <= total < INFINITY:
            return verdict
    for share, least in limits.asks:
        edge = mid * share
        total = 0.0
        for levels in asks:
            for price, size in levels:
                if price > edge or total >= least:
                    break
                total += price * size
        if not least <= total < INFINITY:
            return verdict
    return verdict + DEPTH


def judged_alone(limits: Limits, ladder: Ladder, mid: Any) -> int:
    """Return the verdict on a two-sided ladder at another mid, `UNOBSERVED` on any other."""
    bids, asks, _, _ = ladder
    try:
        if bids and asks and 0.0 < mid < INFINITY:
            return judged(limits, (bids,), (asks,), mid)
    except Exception:  # noqa: BLE001, S110  # the long way says what is wrong
        pass
    return UNOBSERVED


def across(bids: Sequence[depth.Levels], asks: Sequence[depth.Levels]) -> float:
    """Return lowest ask - highest bid."""
    return min([levels[0][0] for levels in asks]) - max([levels[0][0] for levels in bids])


def spread(
    bids: Sequence[depth.Levels], asks: Sequence[depth.Levels], base: float | None
) -> float | None:
    """Return (lowest ask - highest bid) / base; None unless both sides and the base are known."""
    return across(bids, asks) / base if bids and asks and base is not None else None
