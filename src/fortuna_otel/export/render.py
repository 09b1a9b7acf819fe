"""Render cells into OTLP requests.

Each family keeps an image of its bytes (`fortuna_otel.export.image`); a request is a few of them
under one resource. What began or ended counts as told only once the request was accepted
(`Request.accepted`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.metrics.v1.metrics_pb2 import DataPointFlags
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from fortuna_otel.export import wire
from fortuna_otel.export.cells import IN_IMAGE, Cumulative
from fortuna_otel.export.image import FamilyImage
from fortuna_otel.export.pace import Pace
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fortuna_otel.export.cells import Cell
    from fortuna_otel.export.chunk import Piece
    from fortuna_otel.export.registry import Family

MAX_BYTES = 3_000_000
"""Uncompressed bytes a request, below every default limit on the way (gRPC hops allow 4 MiB)."""

NO_VALUE = int(DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


@dataclass(slots=True)
class Request:
    """One body to send, and what its acceptance would settle."""

    body: bytes
    points: int
    began: list[Cell] = field(default_factory=list)
    ended: list[Cell] = field(default_factory=list)

    def accepted(self) -> None:
        """Note that the Collector has this request: what began is known, what ended is over.

        It may be late: what has begun anew since it was rendered is not over.
        """
        for cell in self.began:
            cell.sent = True
        for cell in self.ended:
            if cell.point != IN_IMAGE:
                cell.sent = False


class Renderer:
    """Turn families of cells into requests of one resource.

    Args:
        resource: the attributes of the process.
        scope: name of the instrumentation scope.
        version: its version.
        gzipped: whether the bodies are compressed.
    """

    def __init__(
        self, resource: Mapping[str, Any], scope: str, version: str, *, gzipped: bool = False
    ) -> None:
        self._resource = wire.resource(resource)
        self._scope = wire.scope(scope, version)
        self._gzipped = gzipped
        self._images: dict[str, FamilyImage] = {}

    @property
    def resource(self) -> Resource:
        """The resource, for requests of others."""
        return Resource.FromString(self._resource)

    @property
    def live(self) -> int:
        """Number of series in the last export."""
        return sum([image.live for image in self._images.values()])

    def requests(
        self,
        families: Iterable[Family],
        now: int,
        tick: int,
        earliest: int,
        last: Mapping[Cell, float] | None = None,
    ) -> Iterator[Request]:
        """Yield requests with all points of `families`, each at most `MAX_BYTES` uncompressed.

        Args:
            families: what to export.
            now: the time of the points, Unix nanoseconds.
            tick: nanoseconds between exports: how long before `now` a counter starts.
            earliest: no counter starts before this time: an earlier process may own it.
            last: in the last export, the gauges that do not end and what they say; all others end
                with it, whatever is written to them meanwhile.
        """
        pieces: list[Piece] = []
        size = 0
        start = min(max(now - tick, earliest), now - 1_000_000)
        pace = Pace()
        for family in families:
            for piece in self._render(family, now, start, last):
                pace()
                if piece is None:
                    continue
                if pieces and size + piece.size > MAX_BYTES:
                    yield self._request(pieces, size)
                    pieces, size = [], 0
                pieces.append(piece)
                size += piece.size
        if pieces:
            yield self._request(pieces, size)

    def lost(self, request: Request) -> None:
        """Tell again what an accepted request told, for it did not arrive after all.

        A gauge that began has told its value since, at every export; the 0 of a counter and the
        end of a gauge are only said once.
        """
        for cell in request.began:
            if isinstance(cell, Cumulative):
                cell.sent = False
        for cell in request.ended:
            cell.sent = True
        for name in {cell.family.signal.name for cell in (*request.began, *request.ended)}:
            if name in self._images:
                self._images[name].retell()

    def _render(
        self, family: Family, now: int, start: int, last: Mapping[Cell, float] | None
    ) -> Iterator[Piece | None]:
        """Yield what a family has to say; a fault of its own costs no other family."""
        name = family.signal.name
        image = self._images.get(name)
        if image is None:
            image = self._images[name] = FamilyImage(family)
        try:
            yield from image.pieces(now, start, last)
        except Exception as error:  # noqa: BLE001  # whatever it is, the others are exported
            # Nobody knows what stands in its image now: make it anew.
            del self._images[name]
            for cell in list(family.cells.values()):
                cell.point = None
            family.drop(f"{name}: {error!r}", DropReason.INTERNAL)

    def _request(self, pieces: list[Piece], size: int) -> Request:
        parts: list[bytes | bytearray] = [wire.request(self._resource, self._scope, size)]
        for piece in pieces:
            parts += piece.parts
        return Request(
            body=wire.gzipped(parts) if self._gzipped else _joined(parts),
            points=sum([piece.points for piece in pieces]),
            began=[cell for piece in pieces for cell in piece.began],
            ended=[cell for piece in pieces for cell in piece.ended],
        )


def _joined(parts: Iterable[bytes | bytearray]) -> bytes:
    """Return the parts as one, with pauses: `b"".join` holds the interpreter for a millisecond."""
    out, pace = BytesIO(), Pace()
    for part in parts:
        out.write(part)
        pace()
    return out.getvalue()
