"""Resting liquidity: ladders and what lies within a distance of mid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from fortuna_otel import _numbers
from fortuna_otel.signals.enums import Band, BookSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Levels: TypeAlias = tuple[tuple[float, float], ...]
"""(price, size) of one side, best first, one entry a price."""

BANDS: dict[str, float] = {str(band): float(band) / 100.0 for band in Band}
"""Every band with its distance from mid as a share of mid, nearest first."""

TOLERANCE = 1e-12
"""Share of mid that binary fractions may be off: an order placed exactly at the limit of a band
counts in it, and no tick is that small."""


def levels(raw: Iterable[Sequence[Any]], side: BookSide) -> Levels:
    """Return the ladder of a side: sorted best first, orders of one price together, no size 0.

    Args:
        raw: (price, size, ...) by order or level, in any order.
        side: which end is best.

    Raises:
        TypeError: if a price or size is no number.
        ValueError: if a price is not above 0, or a size below 0.
    """
    ladder = [
        (_numbers.positive(level[0], "price"), _numbers.not_negative(level[1], "size"))
        for level in raw
    ]
    ladder.sort(reverse=side == BookSide.BID)
    merged: list[tuple[float, float]] = []
    for price, size in ladder:
        if size == 0.0:
            continue
        if merged and merged[-1][0] == price:
            merged[-1] = price, merged[-1][1] + size
        else:
            merged.append((price, size))
    return tuple(merged)


def value(ladder: Levels) -> float:
    """Return Σ price * size of a side, in units of the quote asset.

    Added up as `within` does it, so that a side's liquidity is its widest depth to the last bit:
    `sum` rounds otherwise from Python 3.12 on.
    """
    total = 0.0
    for price, size in ladder:
        total += price * size
    return total


def within(ladder: Levels, side: BookSide, mid: float, distances: Sequence[float]) -> list[float]:
    """Return Σ price * size from mid out to each distance, cumulative.

    A bid counts at a distance d if price ≥ mid * (1 - d), an ask if price ≤ mid * (1 + d); what
    is past mid counts at every distance. This is the market depth of Kaiko's and Coin Metrics'
    definitions, in units of the quote asset.

    Args:
        ladder: one side, best first.
        side: which side it is.
        mid: the price distances are measured from.
        distances: shares of mid, ascending.
    """
    sums: list[float] = []
    total = 0.0
    index = 0
    for distance in distances:
        if side == BookSide.BID:
            limit = mid * (1.0 - distance - TOLERANCE)
            while index < len(ladder) and ladder[index][0] >= limit:
                total += ladder[index][0] * ladder[index][1]
                index += 1
        else:
            limit = mid * (1.0 + distance + TOLERANCE)
            while index < len(ladder) and ladder[index][0] <= limit:
                total += ladder[index][0] * ladder[index][1]
                index += 1
        sums.append(total)
    return sums


def reach(ladder: Levels, side: BookSide, mid: float) -> float:
    """Return the distance of the farthest level from mid, as a share of mid.

    Raises:
        ValueError: if the side is empty.
    """
    if not ladder:
        raise ValueError("an empty side reaches nowhere")
    farthest = ladder[-1][0]
    return (mid - farthest if side == BookSide.BID else farthest - mid) / mid
