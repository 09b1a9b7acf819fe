"""Cells: where a meter leaves its numbers for the next export.

A cell is one series. Writing one takes no lock and calls nothing: the export reads it when its
time comes, and judges there what was written (see `fortuna_otel.export.render`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from itertools import repeat
from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel.export.registry import Family

INFINITY = float("inf")

PENDING = 2**18
"""Observations of one histogram that are kept until they are folded, twice a second: as many as a
thread could record that does nothing else."""

IN_IMAGE = b""
"""The `point` of a cell whose bytes stand in the image: it was live in the last export."""


class Cell:
    """What every series has.

    `attributes` are the values of its signal's attributes, in their order.
    `sent` says that a request with it was accepted; `point` is the renderer's own: its bytes while
    it is not live, `IN_IMAGE` while it is, None until it has a place there.
    """

    __slots__ = ("attributes", "family", "point", "sent")

    def __init__(self, family: Family, attributes: tuple[str, ...]) -> None:
        self.family = family
        self.attributes = attributes
        self.forget()

    def forget(self) -> None:
        """Return to the state of a series that was never exported."""
        self.sent = False
        self.point: bytes | None = None

    def _usable(self, value: object, what: str) -> float | None:
        """Return a finite number ≥ 0 as a plain float; drop and count anything else."""
        try:
            return _numbers.not_negative(value, what)
        except Exception as error:  # noqa: BLE001  # any object may be given, and raise anything
            self.family.drop(f"{self!r}: {error}")
            return None

    def __repr__(self) -> str:
        names = self.family.signal.attributes
        labels = ", ".join(f"{n}={str(v)!r}" for n, v in zip(names, self.attributes, strict=True))
        return f"{self.family.signal.name}{{{labels}}}"


class Gauge(Cell):
    """A number that is sent again at every export, until it ends.

    Writing `value` is the same as calling `set`, for half the cost, but for None, which means
    that there is no such number now: the series ends with one stale marker.

    Attributes:
        value: the number to send from now on, or None.
        ended: whether `end` was called.
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
        if not self.ended:
            self.ended = True
            self.family.ended += 1
        self.value = None

    @property
    def over(self) -> bool:
        """Whether the series was ended and the Collector knows it."""
        return self.ended and self.value is None and not self.sent


class Cumulative(Cell):
    """What counts from a start, a Unix nanosecond that is fixed by the first rendering."""

    __slots__ = ("start",)

    def forget(self) -> None:
        """Count from a new start."""
        super().forget()
        self.start = 0


class Counter(Cumulative):
    """A sum that only grows, exported once it is above zero or was announced.

    Attributes:
        value: the sum so far, in the unit of its signal.
    """

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
        if amount.__class__ is float and 0.0 <= amount < INFINITY:
            self.value += amount
        else:
            usable = self._usable(amount, "the amount")
            if usable is not None:
                self.value += usable


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


class Histogram(Cumulative):
    """Durations counted in buckets with upper bounds, in seconds.

    Attributes:
        record: call it with one observation, a finite number of seconds ≥ 0. It only keeps the
            number; the export counts it, and drops and counts there what is no such number.
        counts: observations in each bucket, the last one without a bound.
        count: observations in all.
        total: their sum in seconds.
    """

    __slots__ = ("_pending", "bounds", "count", "counts", "record", "total")

    def __init__(self, family: Family, attributes: tuple[str, ...], pending: int = PENDING) -> None:
        self.bounds = family.signal.buckets
        self._pending: deque[float] = deque(maxlen=pending)
        self.record: Callable[[float], None] = self._pending.append
        super().__init__(family, attributes)

    def forget(self) -> None:
        """Return to no observation at all."""
        super().forget()
        self._pending.clear()
        self.counts = [0] * (len(self.bounds) + 1)
        self.count = 0
        self.total = 0.0

    def fold(self) -> None:
        """Count what was recorded since the last fold; only one thread at a time may."""
        pending = self._pending
        if not pending:
            return
        waiting = len(pending)
        if waiting == pending.maxlen:
            self.family.drop(
                f"{self!r}: more than {waiting} observations between two exports", DropReason.LIMIT
            )
        take = pending.popleft
        values: list[float] = [take() for _ in repeat(None, waiting)]
        for value in self._checked(values):
            self.counts[bisect_left(self.bounds, value)] += 1
            self.count += 1
            self.total += value

    def _checked(self, values: list[float]) -> array[float] | list[float]:
        """Return the values that are finite numbers ≥ 0, as plain floats."""
        try:
            numbers = array("d", values)
            if min(numbers) >= 0.0 and sum(numbers) < INFINITY:
                return numbers
        except Exception:  # noqa: BLE001, S110  # any object may be given: each is judged below
            pass
        usable = [self._usable(_plain(value), "the observation") for value in values]
        return [value for value in usable if value is not None]


def _plain(value: object) -> object:
    """Return truth as the number it is, which `array` takes it for."""
    return float(value) if isinstance(value, bool) else value
