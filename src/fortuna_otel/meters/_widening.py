"""Leave to quote wider while the market moves, and how much of it is left today."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel.analytics.depth import TOLERANCE
from fortuna_otel.meters.terms import DAY

if TYPE_CHECKING:
    from fortuna_otel.meters.terms import Widening

INFINITY = float("inf")

MOST = 8192
"""Highest and lowest mids that are kept; a random walk of an hour leaves some hundreds."""


class Leave(NamedTuple):
    """Whether quotes may be wider at a moment.

    Attributes:
        surely: they may.
        perhaps: they may, or nobody can tell: what this process did not see may decide.
        shown: the market moves, and this process has not used up today's leave.
        until: the moment at which any of these may change.
    """

    surely: bool
    perhaps: bool
    shown: bool
    until: float


class Allowance:
    """Follow the mid, and the seconds of today's leave.

    A process that starts in the middle of a day cannot know how much leave was used before, nor,
    for the first window, how far the market had moved: where that decides, nobody can tell.

    Args:
        terms: when quotes may be wider.
        now: a monotonic moment.
        offset: Unix time - monotonic time.
    """

    def __init__(self, terms: Widening, now: float, offset: float) -> None:
        self.terms = terms
        self._mid: float | None = None
        self._since = INFINITY  # from when on the mid is known without a gap
        self._changed = -INFINITY
        # of what stood before that moment
        self._before: tuple[float | None, float] = (None, INFINITY)
        self._highs: deque[tuple[float, float]] = deque()  # (mid, until when it stood), falling
        self._lows: deque[tuple[float, float]] = deque()
        self._moved: bool | None = None
        self._day, self._unsure = divmod(now + offset, DAY)
        self._used = 0.0

    def follow(self, terms: Widening, now: float) -> None:
        """Go on by other terms. What was let go of already, a longer window does not know."""
        if terms.window > self.terms.window:
            known = now - self.terms.window
            self._since = max(self._since, known)
            self._before = self._before[0], max(self._before[1], known)
        self.terms = terms

    def see(self, now: float, mid: float | None) -> None:
        """Take the mid that stands from now on; None if it is unknown."""
        if mid == self._mid:
            return
        # What stood for no time is not remembered: of several at one moment the last one counts.
        if now > self._changed:
            self._changed = now
            self._before = self._mid, self._since
            if self._mid is not None:
                _remember(self._highs, self._mid, now, sign=1.0)
                _remember(self._lows, self._mid, now, sign=-1.0)
        before, since = self._before
        self._mid = mid
        if mid is None:
            self._since = INFINITY
        else:
            self._since = now if before is None else since

    def leave(self, now: float, offset: float) -> Leave:
        """Return whether quotes may be wider just after a moment."""
        day, _ = divmod(now + offset, DAY)
        if day > self._day:
            self._day, self._used, self._unsure = day, 0.0, 0.0
        moved, until = self._moves(now)
        self._moved = moved
        until = min(until, (self._day + 1.0) * DAY - offset)
        left = self.terms.cap - self._used
        if moved is False or left <= 0.0:
            return Leave(surely=False, perhaps=False, shown=False, until=until)
        if not moved:
            return Leave(surely=False, perhaps=True, shown=False, until=until)
        surely = left > self._unsure
        until = min(until, now + (left - self._unsure if surely else left))
        return Leave(surely=surely, perhaps=True, shown=True, until=until)

    def spend(self, seconds: float) -> None:
        """Count time that has passed since the last `leave` as it said."""
        if self._moved:
            self._used += seconds
        elif self._moved is None:
            self._unsure += seconds

    def _moves(self, now: float) -> tuple[bool | None, float]:
        """Return whether the market moves, None if nobody can tell, and until when at least."""
        window = self.terms.window
        until = INFINITY
        extremes = []
        for mids in (self._highs, self._lows):
            while mids and mids[0][1] + window <= now:
                mids.popleft()
            if mids:
                extremes.append(mids[0][0])
                until = min(until, mids[0][1] + window)
        if self._mid is not None:
            extremes.append(self._mid)
        if extremes:
            lowest = min(extremes)
            if max(extremes) - lowest > (self.terms.move + TOLERANCE) * lowest:
                return True, until
        if self._since + window <= now:
            return False, until
        return None, min(until, self._since + window)


def _remember(mids: deque[tuple[float, float]], mid: float, ended: float, *, sign: float) -> None:
    """Keep a mid that stood until now, and none that a later one outdoes while it counts."""
    while mids and sign * (mid - mids[-1][0]) >= 0.0:
        mids.pop()
    if len(mids) >= MOST:  # a steady climb, tick by tick: every second one says almost the same
        kept = list(mids)[::2]
        mids.clear()
        mids.extend(kept)
    mids.append((mid, ended))
