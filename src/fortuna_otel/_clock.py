"""Time as the SDK sees it, so that tests can hold the clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A wall clock for timestamps and a monotonic one for durations and schedules."""

    def time_ns(self) -> int:
        """Return the wall clock in Unix nanoseconds."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards."""


class SystemClock:
    """The machine's clocks."""

    time_ns = staticmethod(time.time_ns)
    monotonic = staticmethod(time.monotonic)
