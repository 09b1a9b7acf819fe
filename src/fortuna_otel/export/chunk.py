"""Chunks: up to 500 series as one Metric message that is patched from export to export.

Its points are sorted by their length, so that points of one length form a run, in which times and
values stand at a fixed stride (see `fortuna_otel.export.image`). The bytes are rearranged only
when a series begins or ends.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Generic, TypeVar

from fortuna_otel.export import wire
from fortuna_otel.export.cells import IN_IMAGE, Cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortuna_otel.signals import Signal

SIZE = 500
"""Series a Metric message: bounds what is rearranged, and what is written without a pause."""

BYTES = 1_000_000
"""Bytes of a chunk's points beyond which it takes no more: twice that (a counter begins with two
points) still fits into a request, however long the labels are."""

CellT = TypeVar("CellT", bound=Cell)


@dataclass(slots=True)
class Piece:
    """A Metric on its way into a request: its bytes in parts, and what it would settle."""

    parts: list[bytes | bytearray]
    size: int
    points: int
    began: Sequence[Cell]
    ended: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Run:
    """Points of the same length, one after the other."""

    offset: int
    length: int
    first: int
    count: int

    @property
    def end(self) -> int:
        """The offset just after them."""
        return self.offset + self.length * self.count


class Chunk(ABC, Generic[CellT]):
    """Up to `SIZE` series of one family.

    Attributes:
        cells: all of them, by the length of their points.
        live: those that have a value now, in the same order.
        idle: the others.
        began: live ones nobody has accepted yet.
        ended: idle ones whose end nobody has accepted yet.
    """

    data = 5
    """Field of the Metric that holds the points."""
    suffix = b""
    """What follows the points there."""

    def __init__(self, signal: Signal) -> None:
        self.cells: list[CellT] = []
        self.live: list[CellT] = []
        self.idle: list[CellT] = []
        self.began: list[CellT] = []
        self.ended: list[CellT] = []
        self._signal = signal
        self._metric = wire.metric(signal.name, signal.brief, signal.unit)
        self._bytes = 0
        self._image = bytearray()
        self._runs: list[Run] = []
        self._stale = True

    # Membership

    @property
    def full(self) -> bool:
        """Whether it takes no more series."""
        return len(self.cells) >= SIZE or self._bytes >= BYTES

    def add(self, cells: Sequence[CellT]) -> int:
        """Take in as many series as there is room for, and return how many."""
        self._take_back()
        taken = 0
        for cell in cells:
            if self.full:
                break
            cell.point = self._blank(cell)
            self._bytes += len(cell.point)
            self.cells.append(cell)
            taken += 1
        self.cells.sort(key=_length)
        return taken

    def remove(self, cells: Sequence[Cell]) -> None:
        """Let go of series that are over."""
        gone = {id(cell) for cell in cells}
        self._take_back()
        self.cells = [cell for cell in self.cells if id(cell) not in gone]
        self._bytes = sum(map(_length, self.cells))

    def retell(self) -> None:
        """Sort the series out anew at the next export."""
        self._stale = True

    def _take_back(self) -> None:
        """Give every live series its bytes back: the image is about to be rearranged."""
        image = memoryview(self._image)
        for run in self._runs:
            offset = run.offset
            for cell in self.live[run.first : run.first + run.count]:
                cell.point = image[offset : offset + run.length].tobytes()
                offset += run.length
        self.live, self._runs, self._stale = [], [], True

    def _arrange(self, live: list[CellT]) -> None:
        self._take_back()
        points = [cell.point or b"" for cell in live]
        self._image = bytearray(b"".join(points))
        offset = first = 0
        for length, group in groupby(points, len):
            count = len(list(group))
            self._runs.append(Run(offset, length, first, count))
            offset += length * count
            first += count
        for cell in live:
            cell.point = IN_IMAGE
        self.live, self._stale = live, False

    # One export

    def render(self, now: int, start: int, last: Mapping[Cell, float] | None) -> Piece | None:
        """Write the present values; None if there is nothing to say."""
        if last is not None or self._stale or not self._patch(now):
            self._sort_out(now, start, last)
        else:
            self._settle()
        if not self.live and not self.ended:
            return None
        zeros = self._zeros(now)
        markers = self._markers(now)
        points = sum(map(len, zeros)) + len(self._image) + sum(map(len, markers))
        data = points + len(self.suffix)
        before = self._metric + wire.header(self.data, data)
        before = wire.header(2, len(before) + data) + before
        return Piece(
            parts=[before, *zeros, self._image, *markers, self.suffix],
            size=len(before) + data,
            points=len(zeros) + len(self.live) + len(markers),
            began=self.began,
            ended=self.ended,
        )

    def _settle(self) -> None:
        """Forget what was accepted since the last export."""
        if self.began:
            self.began = [cell for cell in self.began if not cell.sent]
        if self.ended:
            self.ended = [cell for cell in self.ended if cell.sent]

    # What the kinds of signals do each in their way

    @abstractmethod
    def _blank(self, cell: CellT) -> bytes:
        """Return the point of a series, complete but for what is patched."""

    @abstractmethod
    def _patch(self, now: int) -> bool:
        """Write the values if the same series are live as before; return whether they are."""

    @abstractmethod
    def _sort_out(self, now: int, start: int, last: Mapping[Cell, float] | None) -> None:
        """Find out which series are live, arrange them, and write the values."""

    def _zeros(self, now: int) -> list[bytes]:  # noqa: ARG002  # cumulative series have some
        """Return the first points of what began."""
        return []

    def _markers(self, now: int) -> list[bytes]:  # noqa: ARG002  # gauges have some
        """Return the last points of what ended."""
        return []


def _length(cell: Cell) -> int:
    return len(cell.point or b"")
