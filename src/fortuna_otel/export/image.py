"""Images: the series of a family as the bytes of OTLP, written once and then only patched.

Times and values have a fixed width. In a run of points of one length one slice assignment writes
one byte of all of them, so that an export costs a tenth of a microsecond a series. What the rules
of the signals ask of each kind is decided here:

- a gauge is sent again at every export; one that ended gets a single point with the flag
  NO_RECORDED_VALUE, which Prometheus stores as its staleness marker;
- a counter's first points are two, 0 one tick earlier and the value, or `increase()` would lose
  what happened before it was first seen; likewise a histogram's;
- a value that is no finite number is dropped and counted without losing any other.
"""

from __future__ import annotations

import struct
import sys
from abc import abstractmethod
from array import array
from typing import TYPE_CHECKING, Any, TypeVar

from fortuna_otel import _numbers
from fortuna_otel.export import wire
from fortuna_otel.export.cells import Cell, Counter, Cumulative, Gauge, Histogram
from fortuna_otel.export.chunk import CellT, Chunk, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fortuna_otel.export.registry import Family
    from fortuna_otel.signals import Signal

STRIDED = 24
"""Points of one length from which on writing them byte by byte at a stride is faster."""

OLDEST_ZERO = 15 * 60 * 1_000_000_000
"""Nanoseconds for which a counter's 0 is worth telling: a store that refuses it as too old may
refuse the whole request with it."""

_CumulativeT = TypeVar("_CumulativeT", bound=Cumulative)


class _NumberChunk(Chunk[CellT]):
    """Points that end in a time and a number."""

    _stamp = b""  # the time that stands in all of them, if one does

    def _take_back(self) -> None:
        super()._take_back()
        self._stamp = b""

    def _write(self, now: int, values: array[float]) -> None:
        if sys.byteorder == "big":
            values.byteswap()
        numbers = values.tobytes()
        stamp, known = now.to_bytes(8, "little"), self._stamp
        changed = [k for k in range(8) if not known or stamp[k] != known[k]]
        image, self._stamp = self._image, stamp
        for run in self._runs:
            length, count = run.length, run.count
            time = run.offset + length - 17
            value = run.offset + length - 8
            column = numbers[run.first * 8 : (run.first + count) * 8]
            if count < STRIDED:
                for index in range(count):
                    step = index * length
                    image[time + step : time + step + 8] = stamp
                    image[value + step : value + step + 8] = column[index * 8 : index * 8 + 8]
                continue
            for k in changed:
                image[time + k : run.end : length] = stamp[k : k + 1] * count
            for k in range(8):
                image[value + k : run.end : length] = column[k::8]


class GaugeChunk(_NumberChunk[Gauge]):
    """Gauges: live while they have a value."""

    def _blank(self, cell: Gauge) -> bytes:
        labels = wire.labels(wire.NUMBER_ATTRIBUTES, self._signal.attributes, cell.attributes)
        return wire.field(1, labels + wire.NUMBER.pack(wire.TIME, 0, wire.VALUE, 0.0))

    def _patch(self, now: int) -> bool:
        try:
            values: array[float] = array("d", [cell.value for cell in self.live])  # type: ignore[misc]
        except Exception:  # noqa: BLE001  # any object may have been set: each is judged alone
            return False
        total = sum(values)
        if total - total != 0.0:  # one is NaN or infinite, or all together are
            return False
        for cell in self.idle:
            if cell.value is not None:
                return False
        self._write(now, values)
        return True

    def _sort_out(self, now: int, start: int, last: Mapping[Cell, float] | None) -> None:  # noqa: ARG002
        live, values = [], array("d")
        self.idle = []
        for cell in self.cells:
            value = _value(cell) if last is None else last.get(cell)
            if value is None:
                self.idle.append(cell)
            else:
                live.append(cell)
                values.append(value)
        if self._stale or live != self.live:
            self._arrange(live)
        self.began = [cell for cell in live if not cell.sent]
        self.ended = [cell for cell in self.idle if cell.sent]
        self._write(now, values)

    def _markers(self, now: int) -> list[bytes]:
        tail = bytes([wire.TIME]) + now.to_bytes(8, "little") + wire.NO_RECORDED_VALUE
        return [
            wire.field(1, wire.payload(cell.point or b"")[: -wire.NUMBER.size] + tail)
            for cell in self.ended
        ]


class _CumulativeChunk(Chunk[_CumulativeT]):
    """What counts from a start: live from its first count to the end of the process."""

    def __init__(self, signal: Signal) -> None:
        super().__init__(signal)
        self._first: dict[_CumulativeT, bytes] = {}  # the zeros of what began

    def _sort_out(self, now: int, start: int, last: Mapping[Cell, float] | None) -> None:  # noqa: ARG002
        live: list[_CumulativeT] = []
        self.idle = []
        for cell in self.cells:
            (live if self._counts(cell) else self.idle).append(cell)
        if self._stale or live != self.live:
            self._take_back()
            for cell in live:
                if not cell.start:
                    cell.start = start
                    cell.point = self._started(cell.point or b"", start)
                if not cell.sent:
                    self._first[cell] = self._zero(cell.point or b"", cell.start)
            self._arrange(live)
        self.began = [cell for cell in live if not cell.sent]
        self._settle()
        self._rewrite(now)

    def _patch(self, now: int) -> bool:
        for cell in self.idle:
            if self._counts(cell):
                return False
        self._rewrite(now)
        return True

    def _settle(self) -> None:
        super()._settle()
        if len(self._first) > len(self.began):
            self._first = {cell: self._first[cell] for cell in self.began}

    def _zeros(self, now: int) -> list[bytes]:
        # The time of the 0 is fixed by the first attempt, so that a second one after a lost answer
        # repeats it; another time would look like a reset.
        return [self._first[cell] for cell in self.began if now - cell.start <= OLDEST_ZERO]

    @abstractmethod
    def _counts(self, cell: _CumulativeT) -> bool:
        """Return whether a series has anything to say yet."""

    @abstractmethod
    def _started(self, point: bytes, start: int) -> bytes:
        """Return the point with its start."""

    @abstractmethod
    def _zero(self, point: bytes, start: int) -> bytes:
        """Return the point as it was at its start: nothing counted."""

    @abstractmethod
    def _rewrite(self, now: int) -> None:
        """Write the present values."""


class CounterChunk(_CumulativeChunk[Counter], _NumberChunk[Counter]):
    """Counters."""

    data = 7
    suffix = wire.CUMULATIVE + wire.MONOTONIC

    def _blank(self, cell: Counter) -> bytes:
        labels = wire.labels(wire.NUMBER_ATTRIBUTES, self._signal.attributes, cell.attributes)
        start = wire.START.pack(wire.START_TIME, cell.start)
        return wire.field(1, labels + start + wire.NUMBER.pack(wire.TIME, 0, wire.VALUE, 0.0))

    def _counts(self, cell: Counter) -> bool:
        return cell.value > 0.0 or cell.announced

    def _started(self, point: bytes, start: int) -> bytes:
        head = point[: -wire.START.size - wire.NUMBER.size]
        return head + wire.START.pack(wire.START_TIME, start) + point[-wire.NUMBER.size :]

    def _zero(self, point: bytes, start: int) -> bytes:
        return point[: -wire.NUMBER.size] + wire.NUMBER.pack(wire.TIME, start, wire.VALUE, 0.0)

    def _rewrite(self, now: int) -> None:
        values = array("d", [cell.value for cell in self.live])
        total = sum(values)
        if total - total != 0.0:
            values = array("d", map(_total, self.live))
        self._write(now, values)


class HistogramChunk(_CumulativeChunk[Histogram]):
    """Histograms."""

    data = 9
    suffix = wire.CUMULATIVE

    def __init__(self, signal: Signal) -> None:
        super().__init__(signal)
        buckets = len(signal.buckets) + 1
        self._counts_header = wire.header(6, 8 * buckets)
        # Time, count, sum, bucket_counts: each a tag (and a length) and its fixed width.
        self._tail = struct.Struct(f"<BQBQBd{len(self._counts_header)}s{buckets}Q")
        bounds = struct.pack(f"<{len(signal.buckets)}d", *signal.buckets)
        self._bounds = wire.field(7, bounds) if bounds else b""

    def render(self, now: int, start: int, last: Mapping[Cell, float] | None) -> Piece | None:
        """Count what was recorded, and write it."""
        for cell in self.cells:
            cell.fold()
        return super().render(now, start, last)

    def _blank(self, cell: Histogram) -> bytes:
        labels = wire.labels(wire.HISTOGRAM_ATTRIBUTES, self._signal.attributes, cell.attributes)
        start = wire.START.pack(wire.START_TIME, cell.start)
        return wire.field(1, labels + self._bounds + start + self._empty(0))

    def _empty(self, time: int) -> bytes:
        return self._packed(time, 0, 0.0, [0] * (len(self._signal.buckets) + 1))

    def _packed(self, time: int, count: int, total: float, counts: list[int]) -> bytes:
        return self._tail.pack(
            wire.TIME, time, wire.COUNT, count, wire.SUM, total, self._counts_header, *counts
        )

    def _counts(self, cell: Histogram) -> bool:
        return cell.count > 0

    def _started(self, point: bytes, start: int) -> bytes:
        head = point[: -wire.START.size - self._tail.size]
        return head + wire.START.pack(wire.START_TIME, start) + point[-self._tail.size :]

    def _zero(self, point: bytes, start: int) -> bytes:
        return point[: -self._tail.size] + self._empty(start)

    def _rewrite(self, now: int) -> None:
        width = self._tail.size
        for run in self._runs:
            end = run.offset + run.length
            for cell in self.live[run.first : run.first + run.count]:
                self._image[end - width : end] = self._packed(
                    now, cell.count, cell.total, cell.counts
                )
                end += run.length


class FamilyImage:
    """All series of a family, in chunks."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._version = -1
        self._chunks: list[Chunk[Any]] = []

    @property
    def live(self) -> int:
        """Number of series last written."""
        return sum([len(chunk.live) for chunk in self._chunks])

    def pieces(
        self, now: int, start: int, last: Mapping[Cell, float] | None
    ) -> Iterator[Piece | None]:
        """Yield what each chunk has to say, after writing its values."""
        if self._version != self._family.version:
            self._version = self._family.version
            yield from self._follow()
        for chunk in self._chunks:
            yield chunk.render(now, start, last)

    def retell(self) -> None:
        """Look anew at what was told: some of it was lost."""
        for chunk in self._chunks:
            chunk.retell()

    def _follow(self) -> Iterator[None]:
        """Take out the series that went and place those that came, with a pause after each chunk.

        Encoding a series for the first time costs as much as a hundred exports of it.
        """
        gone = []
        while self._family.removed:
            gone.append(self._family.removed.pop())
        if gone:
            for chunk in self._chunks:
                chunk.remove(gone)
        new = [cell for cell in list(self._family.cells.values()) if cell.point is None]
        while new:
            if not self._chunks or self._chunks[-1].full:
                self._chunks.append(_KINDS[self._family.signal.kind](self._family.signal))
            del new[: self._chunks[-1].add(new)]
            yield None


_KINDS: dict[str, type[Chunk[Any]]] = {
    "gauge": GaugeChunk,
    "counter": CounterChunk,
    "histogram": HistogramChunk,
}


def _value(cell: Gauge) -> float | None:
    """Return the number a gauge holds, None if it is absent; drop and count anything else."""
    value = cell.value
    if value is None:
        return None
    if value.__class__ is float and value - value == 0.0:  # neither NaN nor infinite
        return value
    try:
        return float(value) if value.__class__ is bool else _numbers.finite(value, "the value")
    except Exception as error:  # noqa: BLE001  # any object may be set, and raise anything
        cell.family.drop(f"{cell!r} was set to no finite number: {error}")
        return None


def _total(cell: Counter) -> float:
    """Return the sum of a counter; one that has overflowed stands still from now on."""
    if cell.value - cell.value != 0.0:
        cell.family.drop(f"{cell!r} is beyond the largest number")
        cell.value = sys.float_info.max
    return cell.value
