"""A clock for tests."""

from __future__ import annotations


class FakeClock:
    """A clock that stands still until told otherwise. Starts in November 2026."""

    def __init__(self, unix: float = 1_795_000_000.0) -> None:
        self._ns = int(unix * 1e9)
        self._monotonic = 1_000.0

    def time_ns(self) -> int:
        """Return the wall clock in Unix nanoseconds."""
        return self._ns

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return self._monotonic

    @property
    def now(self) -> float:
        """The wall clock in Unix seconds."""
        return self._ns / 1e9

    def advance(self, seconds: float) -> None:
        """Let that many seconds pass."""
        self._ns += round(seconds * 1e9)
        self._monotonic += seconds
