"""Hindsight: judging an obligation at the export, by what was noted since the last one.

Terms that a ladder and its mid are not enough for (a reference mid, levels that must rest, leave to
widen, samples) take more than trading threads should spend. These only note what happened and
when; the export goes through the notes in order and credits what stood between two of them, split
where something changes by itself: quotes grow stale, a level has rested, a sample is due, a day
ends.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from fortuna_otel.meters._samples import Samples
from fortuna_otel.meters._situation import Declared, Situation

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel.analytics.markout import MidHistory
    from fortuna_otel.meters._judgement import Tally
    from fortuna_otel.meters._situation import Standing, View
    from fortuna_otel.meters.terms import Obligation

MOST = 1_000
"""Notes that wait for an export; what comes after so many is lost, and the time unobserved."""

MOMENT = 1e-6
"""Seconds: no two changes are told apart that are nearer, so that time always goes on."""


class Hindsight:
    """For how long each verdict stood, by terms of any kind.

    Args:
        tally: where seconds are credited.
        history: the reference mids of the market.
        worth: what one unit of the quote asset is worth in a reference currency; None if unknown.
        now: a monotonic moment.
        terms: what is asked for, of no book so far.

    Attributes:
        view: how things looked at the last `settle`; None before the first.
    """

    def __init__(
        self,
        tally: Tally,
        history: MidHistory,
        worth: Callable[[str], float | None],
        now: float,
        terms: Obligation,
    ) -> None:
        self.view: View | None = None
        self._seconds = tally.seconds
        self._situation = Situation(history, worth, terms)
        self._samples: Samples | None = None
        self._notes: deque[tuple[float, Declared | Standing]] = deque()
        self._overrun: float | None = None
        self._last = now
        self._offset = 0.0
        self._lock = threading.Lock()

    # What any thread notes

    def declare(self, at: float, declared: Declared) -> None:
        """Note what was declared at a monotonic moment."""
        self._notes.append((at, declared))

    def note(self, at: float, standing: Standing) -> None:
        """Note how a book stands from a monotonic moment on."""
        if len(self._notes) < MOST:
            self._notes.append((at, standing))
        elif self._overrun is None:
            self._overrun = at

    # What the export makes of it

    def settle(self, now: float, unix: float) -> bool:
        """Credit the time until now; return whether notes were lost: declare it all again then.

        Args:
            now: a monotonic moment.
            unix: the same moment in Unix seconds.
        """
        # Whoever else holds the lock is doing this just now.
        if not self._lock.acquire(blocking=False):
            return False
        try:
            return self._settle(now, unix)
        finally:
            self._lock.release()

    def _settle(self, now: float, unix: float) -> bool:
        self._offset = unix - now
        self._situation.refresh(self._offset)
        for _ in range(len(self._notes)):
            at, what = self._notes.popleft()
            self._run(at)
            if isinstance(what, Declared):
                self._situation.declare(self._last, what)
                self._sample(what.terms)
            else:
                self._situation.stand(self._last, what)
        overrun, self._overrun = self._overrun, None
        if overrun is not None:
            self._run(overrun)
            self._situation.lose(self._last)
        self._run(now)
        self.view, _ = self._situation.look(self._last)
        return overrun is not None

    def _sample(self, terms: Obligation) -> None:
        sampling = terms.sampling
        if sampling is None:
            self._samples = None
        elif self._samples is None or self._samples.interval != sampling.interval:
            self._samples = Samples(sampling.interval)

    def _run(self, until: float) -> None:
        """Credit the time until a moment, as things stand."""
        while self._last < until:
            last = self._last
            view, change = self._situation.look(last)
            end = min(until, max(change, last + MOMENT))
            self._situation.spend(end - last)
            samples = self._samples
            if samples is None:
                gained = end - last
            else:
                gained = samples.interval * samples.between(last + self._offset, end + self._offset)
            self._seconds[view.verdict] += gained
            self._last = end
