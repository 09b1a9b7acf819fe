"""Cells: where a meter leaves its numbers for the next export.

A cell is one series. Writing one takes no lock and calls nothing: the export reads it when its
time comes, and judges there what was written (see `fortuna_otel.export.render`).
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from fortuna_otel import _numbers

if TYPE_CHECKING:
    from fortuna_otel.export.registry import Family

INFINITY = float("inf")


class Cell:
    """What every series has.

    `start` is the Unix nanosecond its cumulative value counts from, fixed by its first rendering;
    `sent` says that a request with it was accepted; `point` is the renderer's own.
    """

    __slots__ = ("attributes", "family", "point", "sent", "start")

    def __init__(self, family: Family, attributes: tuple[str, ...]) -> None:
        self.family = family
        self.attributes = attributes
        self.forget()

    def forget(self) -> None:
        """Return to the state of a series that was never exported."""
        self.start = 0
        self.sent = False
        self.point: Any = None

    def _usable(self, value: object, what: str) -> float | None:
        """Return a finite number ≥ 0 as a plain float; drop and count anything else."""
        try:
            return _numbers.not_negative(value, what)
        except Exception as error:  # noqa: BLE001  # any object may be given, and raise anything
            self.family.drop(f"{self!r}: {error}")
            return None

    def __repr__(self) -> str:
        names = self.family.signal.attributes
        labels = ", ".join(f"{n}={v!r}" for n, v in zip(names, self.attributes, strict=True))
        return f"{self.family.signal.name}{{{labels}}}"


class Gauge(Cell):
    """A number that is sent again at every export, until it ends.

    `None` means that there is no such number now: the series ends with one stale marker.
    """

    __slots__ = ("ended", "value")

    def forget(self) -> None:
        """Return to the state of a series that was never set."""
        super().forget()
        self.value: float | None = None
        self.ended = False

    def set(self, value: float) -> None:
        """Set the number to send from now on.

        What is no finite number ends the series, since the number is unknown then, and is counted
        as dropped at every export for as long as it stands here.
        """
        self.value = INFINITY if value is None else value

    def end(self) -> None:
        """End the series: the board shows nothing there at the next export.

        It may lose its place to a new series then; who wants it again, binds it again.
        """
        self.ended = True
        self.value = None

    @property
    def over(self) -> bool:
        """Whether the series was ended and the Collector knows it."""
        return self.ended and self.value is None and not self.sent


class Counter(Cell):
    """A sum that only grows, exported once it is above zero or was announced."""

    __slots__ = ("announced", "value")

    def forget(self) -> None:
        """Return to zero, not announced."""
        super().forget()
        self.value = 0.0
        self.announced = False

    def announce(self) -> None:
        """Export this counter from now on, though it is 0."""
        self.announced = True

    def add(self, amount: float = 1.0) -> None:
        """Add a finite amount ≥ 0; anything else is dropped and counted."""
        if amount.__class__ is not float or not 0.0 <= amount < INFINITY:
            usable = self._usable(amount, "the amount")
            if usable is None:
                return
            amount = usable
        self.value += amount


class Signed:
    """A signed sum as two counters, `gain` and `loss`, both exported as 0 from binding."""

    __slots__ = ("gain", "loss")

    def __init__(self, gain: Counter, loss: Counter) -> None:
        self.gain = gain
        self.loss = loss
        self.announce()

    def announce(self) -> None:
        """Export both counters from now on."""
        self.gain.announce()
        self.loss.announce()

    def add(self, amount: float) -> None:
        """Add a gain (> 0) or a loss (< 0)."""
        self.announce()
        if amount >= 0.0:
            self.gain.add(amount)
        else:
            self.loss.add(-amount)


class Histogram(Cell):
    """Durations counted in buckets with upper bounds, in seconds."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, family: Family, attributes: tuple[str, ...]) -> None:
        self.bounds = family.signal.buckets
        super().__init__(family, attributes)

    def forget(self) -> None:
        """Return to no observation at all."""
        super().forget()
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def record(self, value: float) -> None:
        """Count one finite observation ≥ 0; anything else is dropped and counted."""
        if value.__class__ is not float or not 0.0 <= value < INFINITY:
            usable = self._usable(value, "the observation")
            if usable is None:
                return
            value = usable
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
