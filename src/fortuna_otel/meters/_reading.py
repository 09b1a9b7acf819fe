"""Reading ladders: as little of one as may be, all of it where that must be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel.analytics import depth
from fortuna_otel.signals.enums import BookSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortuna_otel.meters._judgement import Ladder


class Reader:
    """How far the ladders of one book need to be read.

    Attributes:
        trusted: a two-sided ladder was read in full, and was in order as it came.
        careful: one was not, and was mended: from then on each is, for good.
    """

    __slots__ = ("careful", "trusted")

    def __init__(self) -> None:
        self.trusted = False
        self.careful = False

    def read(
        self, raw: Iterable[Sequence[Any]], side: BookSide, *, trust: bool = False
    ) -> depth.Levels:
        """Return a ladder that nobody changes any more.

        Args:
            raw: (price, size, ...) by order or level.
            side: which side it is.
            trust: read no more than the best level, for now.

        Raises:
            Exception: any that a level raises which is no price and size.
        """
        levels: Any = tuple(raw)
        if not self.careful and depth.in_order(levels[:1] if trust else levels, side):
            ordered: depth.Levels = levels
            return ordered
        mended = depth.levels(levels, side)
        self.careful = True
        self.trusted = False
        return mended

    def learn(self, ladder: Ladder) -> None:
        """Trust this book from now on, if a ladder that was read in full gives reason to."""
        if ladder[0] and ladder[1] and not self.careful:
            self.trusted = True


def is_right(ladder: Ladder, known: Ladder | None) -> bool:
    """Return whether a ladder is in order and its mid a plain number.

    Args:
        ladder: read to the end, but for a side that is the very one of `known`.
        known: one of which this is known already.
    """
    bids, asks, mid, _ = ladder
    known_bids, known_asks = ((), ()) if known is None else known[:2]
    return (
        (bids is known_bids or depth.in_order(bids, BookSide.BID))
        and (asks is known_asks or depth.in_order(asks, BookSide.ASK))
        and (mid is None or isinstance(mid, float) or (type(mid) is int and mid < depth.LARGEST))
    )
