"""Samples: moments that stand for whole intervals."""

from __future__ import annotations

import math


class Samples:
    """Count the multiples of an interval in Unix time, each once.

    Args:
        interval: seconds.
    """

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self._next: int | None = None

    def between(self, start: float, end: float) -> int:
        """Return how many there are from one Unix time on and before another, later one.

        Called for one stretch of time after the other. Where a wall clock that is slowly put
        right has them overlap, or leave a gap, no sample counts twice or is left out; where it was
        set, counting goes on from the new time.
        """
        due = math.ceil(start / self.interval)
        first = due if self._next is None or abs(self._next - due) > 1 else self._next
        last = max(first, math.ceil(end / self.interval))
        self._next = last
        return last - first
