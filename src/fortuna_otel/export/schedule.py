"""When what is exported: three cadences on one absolute schedule."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fortuna_otel.signals import Signal

SLOW_INTERVAL = 5.0
"""Seconds between exports of slow signals, at most: stores look back 10 s."""


class Cadence(Enum):
    """How often a signal is exported; in this order where several are due."""

    CRITICAL = "critical"
    ORDINARY = "ordinary"
    SLOW = "slow"


def cadence(signal: Signal) -> Cadence:
    """Return how often a signal is exported; what alerts read goes before what may be slow."""
    if signal.critical:
        return Cadence.CRITICAL
    return Cadence.SLOW if signal.slow else Cadence.ORDINARY


class Schedule:
    """Ticks at a fixed distance from the start, however long the work between them takes."""

    def __init__(self, start: float, interval: float) -> None:
        self._start = start
        self._interval = interval
        self.due = start + interval

    def reached(self, now: float) -> bool:
        """Return whether a tick is due, and move on to the first one after `now`."""
        if now < self.due:
            return False
        passed = int((now - self._start) / self._interval)
        self.due = self._start + (passed + 1) * self._interval
        return True


class Timetable:
    """The ticks of all cadences; the first tick is one of each.

    Args:
        start: monotonic seconds.
        interval: seconds between ordinary ticks.
        critical_interval: seconds between critical ticks, not more than `interval`.

    Attributes:
        intervals: seconds between two ticks of each cadence. Slow ticks are ordinary ones too:
            so many of them that no more than `SLOW_INTERVAL` lies between, if that can be.
    """

    def __init__(self, start: float, interval: float, critical_interval: float) -> None:
        self.intervals = {
            Cadence.CRITICAL: min(critical_interval, interval),
            Cadence.ORDINARY: interval,
            Cadence.SLOW: interval * max(1, int(SLOW_INTERVAL / interval + 1e-9)),
        }
        self._schedules = {
            kind: Schedule(start, seconds) for kind, seconds in self.intervals.items()
        }
        self._begun = False

    @property
    def due(self) -> float:
        """When the next tick is, in monotonic seconds."""
        return min([schedule.due for schedule in self._schedules.values()])

    def reached(self, now: float) -> list[Cadence]:
        """Return whose ticks are due, and move on."""
        reached = [kind for kind, schedule in self._schedules.items() if schedule.reached(now)]
        if reached and not self._begun:
            self._begun = True
            return list(Cadence)
        return reached
