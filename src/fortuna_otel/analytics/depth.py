"""Resting liquidity: ladders and what lies within a distance of mid."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from fortuna_otel import _numbers
from fortuna_otel.signals.enums import Band, BookSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Levels: TypeAlias = tuple[tuple[float, float], ...]
"""(price, size) of one side, best first, one entry a price."""

BANDS: dict[str, float] = {str(band): float(band) / 100.0 for band in Band}
"""Every band with its distance from mid as a share of mid, nearest first."""

INFINITY = float("inf")

LARGEST = sys.float_info.max
"""No whole number below it is too large for a float."""

TOLERANCE = 1e-12
"""Share of mid that binary fractions may be off: an order placed exactly at the limit of a band
counts in it, and no tick is that small."""


def levels(raw: Iterable[Sequence[Any]], side: BookSide) -> Levels:
    """Return the ladder of a side: sorted best first, orders of one price together, no size 0.

    Args:
        raw: (price, size, ...) by order or level, in any order; best first is fastest.
        side: which end is best.

    Raises:
        TypeError: if a price or size is no number.
        ValueError: if a price is not above 0, or a size below 0.
    """
    ladder: list[tuple[float, float]] = []
    bids = side == BookSide.BID
    last = INFINITY if bids else 0.0
    in_order = True
    for level in raw:
        price, size = level[0], level[1]
        if not (
            type(price) is float
            and type(size) is float
            and 0.0 < price < INFINITY
            and 0.0 <= size < INFINITY
        ):
            price = _numbers.positive(price, "price")
            size = _numbers.not_negative(size, "size")
        if size == 0.0:
            continue
        if price >= last if bids else price <= last:
            in_order = False
        last = price
        ladder.append((price, size))
    return tuple(ladder if in_order else _merged(ladder, side))


def _merged(ladder: list[tuple[float, float]], side: BookSide) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for price, size in sorted(ladder, reverse=side == BookSide.BID):
        if merged and merged[-1][0] == price:
            merged[-1] = price, merged[-1][1] + size
        else:
            merged.append((price, size))
    return merged


def in_order(raw: tuple[Any, ...], side: BookSide) -> bool:
    """Return whether this is a ladder already, so that `levels` would return an equal one.

    Each level is a tuple of two plain numbers, which nobody can change afterwards.
    """
    bids = side == BookSide.BID
    last = LARGEST if bids else 0.0
    try:
        for level in raw:
            price, size = level
            if (
                not (0.0 < price < last if bids else last < price < LARGEST)
                or not 0.0 < size < LARGEST
                or type(level) is not tuple
                or (type(price) is not float and type(price) is not int)
                or (type(size) is not float and type(size) is not int)
            ):
                return False
            last = price
    except Exception:  # noqa: BLE001  # a level may be anything, and raise anything
        return False
    return True


def value(ladder: Levels) -> float:
    """Return Σ price * size of a side, in units of the quote asset.

    Added up as `within` does it, so that a side's liquidity is its widest depth to the last bit:
    `sum` rounds otherwise from Python 3.12 on.
    """
    total = 0.0
    for price, size in ladder:
        total += price * size
    return total


def limit(side: BookSide, distance: float) -> float:
    """Return the last price within a distance of mid, as a share of mid."""
    return 1.0 - distance - TOLERANCE if side == BookSide.BID else 1.0 + distance + TOLERANCE


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
    return profile(ladder, side, mid, [limit(side, distance) for distance in distances])[0]


def profile(
    ladder: Levels, side: BookSide, mid: float, limits: Sequence[float]
) -> tuple[list[float], float]:
    """Return what `within` does, and the `value` of the whole side, from one walk.

    Args:
        ladder: one side, best first.
        side: which side it is.
        mid: the price distances are measured from.
        limits: `limit` of the side at each distance, nearest first.
    """
    sums: list[float] = []
    total = 0.0
    ahead = iter(limits)
    if side == BookSide.BID:
        edge = mid * next(ahead, 0.0)
        for price, size in ladder:
            while price < edge:
                sums.append(total)
                edge = mid * next(ahead, 0.0)
            total += price * size
    else:
        edge = mid * next(ahead, INFINITY)
        for price, size in ladder:
            while price > edge:
                sums.append(total)
                edge = mid * next(ahead, INFINITY)
            total += price * size
    sums += [total] * (len(limits) - len(sums))
    return sums, total


def sums(ladder: Levels, side: BookSide, edge: float) -> tuple[float, float]:
    """Return Σ price * size and Σ size from the best price up to a last one.

    Args:
        ladder: one side, best first.
        side: which side it is.
        edge: the last price that counts.
    """
    bids = side == BookSide.BID
    quote = base = 0.0
    for price, size in ladder:
        if price < edge if bids else price > edge:
            break
        quote += price * size
        base += size
    return quote, base


def merged(ladders: Iterable[Levels]) -> dict[float, float]:
    """Return the size that stands at each price of one side, over all ladders together."""
    sizes: dict[float, float] = {}
    for ladder in ladders:
        for price, size in ladder:
            sizes[price] = sizes.get(price, 0.0) + size
    return sizes


def reach(ladder: Levels, side: BookSide, mid: float) -> float:
    """Return the distance of the farthest level from mid, as a share of mid.

    Raises:
        ValueError: if the side is empty.
    """
    if not ladder:
        raise ValueError("an empty side reaches nowhere")
    farthest = ladder[-1][0]
    return (mid - farthest if side == BookSide.BID else farthest - mid) / mid
