"""Own ranges of an automated market maker, and how far the price is from leaving them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

Range: TypeAlias = tuple[float, float]
"""Lower and upper price between which liquidity is provided."""


class Place(NamedTuple):
    """Where a price stands among own ranges.

    `bid` and `ask` are the distances down and up to the nearest own edge, as shares of the price,
    negative on the side on which the price has left.
    """

    inside: bool
    bid: float
    ask: float


def place(ranges: Sequence[Range], price: float) -> Place | None:
    """Return where the price stands, None without any range.

    Inside several ranges at once, the nearest edge on each side counts: there the first of them
    goes dry. Outside of all, the edges of the nearest range count. Edges belong to their range.

    Args:
        ranges: (lower, upper), 0 < lower < upper each.
        price: the pool's price, above 0, in the same unit.
    """
    if not ranges:
        return None
    holding = [(lower, upper) for lower, upper in ranges if lower <= price <= upper]
    near = holding or [min(ranges, key=lambda edges: max(edges[0] - price, price - edges[1]))]
    return Place(
        inside=bool(holding),
        bid=min((price - lower) / price for lower, _ in near),
        ask=min((upper - price) / price for _, upper in near),
    )
