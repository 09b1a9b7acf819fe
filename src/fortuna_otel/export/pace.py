"""Pace: how long the export may hold the interpreter before it lets the trading thread in.

A thread that wants the interpreter's lock waits until its holder lets go, or five milliseconds.
`time.sleep(0)` lets go for less time than the other thread needs to wake up; so it sleeps.
"""

from __future__ import annotations

import time

HOLD = 60e-6
"""Seconds of work between two pauses."""

PAUSE = 20e-6
"""Seconds of a pause, as asked for: the kernel's timer makes about 70 µs of it."""


class Pace:
    """Called between small pieces of work; pauses when it is time to."""

    __slots__ = ("_since",)

    def __init__(self) -> None:
        self._since = time.perf_counter()

    def __call__(self) -> None:
        """Let others run if the last time is long enough ago."""
        if time.perf_counter() - self._since > HOLD:
            time.sleep(PAUSE)
            self._since = time.perf_counter()
