"""Profit and loss of a position: by average cost, and by what it comes from.

Two views of the same money. The accounting view has realized PnL (against the average entry) and
unrealized PnL (the open position at mid). The attributed view has spread (each fill against the
mid of its moment), inventory (the position when mid moves) and fees. They agree:

    spread + inventory + fees = realized + Δ unrealized + fees

because both say how the value `cash + size * mid` changed. Amounts are in units of the quote
asset. Money is that of linear instruments: an inverse contract, which settles in its base asset,
earns size * (1 - entry / mid) of it, so that only its size and entry may be taken from here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

DUST = 1e-12
"""Share of a trade below which what is left of a position is a rounding error."""


@dataclass(frozen=True, slots=True)
class Position:
    """What is held in units of the base asset (negative = short), and what it cost.

    `entry` is the average price it was opened at, None when flat or unknown; `known` says whether
    the cost basis is known; `mark` is the mid it was last valued at, None before the first.
    """

    size: float = 0.0
    entry: float | None = None
    mark: float | None = None

    @property
    def known(self) -> bool:
        """Whether the cost basis is known: a flat position has none to know."""
        return self.size == 0.0 or self.entry is not None

    @property
    def unrealized(self) -> float | None:
        """Value at the last mid - cost; None while either is unknown."""
        if self.size == 0.0:
            return 0.0
        if self.entry is None or self.mark is None:
            return None
        return self.size * (self.mark - self.entry)


@dataclass(frozen=True, slots=True)
class Result:
    """What one event earned, in units of the quote asset.

    `realized` is None where a part was closed whose cost is unknown.
    """

    spread: float = 0.0
    inventory: float = 0.0
    realized: float | None = 0.0


def revalue(position: Position, mid: float) -> tuple[Position, float]:
    """Value the position at a new mid; return it and what the move earned."""
    earned = 0.0 if position.mark is None else position.size * (mid - position.mark)
    return replace(position, mark=mid), earned


def trade(position: Position, quantity: float, price: float, mid: float) -> tuple[Position, Result]:
    """Buy (quantity > 0) or sell (< 0) at a price while the mid stands at `mid`.

    The position is valued at `mid` first, so that the move until now is inventory's and the
    distance of the price from mid the spread's.
    """
    position, inventory = revalue(position, mid)
    size, entry, realized = _average_cost(position, quantity, price)
    spread = quantity * (mid - price)
    return Position(size, entry, mid), Result(spread, inventory, realized)


def _average_cost(
    position: Position, quantity: float, price: float
) -> tuple[float, float | None, float | None]:
    """Return size, average entry and realized PnL after a trade."""
    before, entry = position.size, position.entry
    after = before + quantity
    if abs(after) <= DUST * max(abs(before), abs(quantity)):
        after = 0.0
    if before == 0.0:
        return after, price if after else None, 0.0
    if before * quantity > 0.0:
        if entry is None:
            return after, None, 0.0
        return after, (before * entry + quantity * price) / (before + quantity), 0.0
    closed = math.copysign(min(abs(before), abs(quantity)), before)
    realized = None if entry is None else closed * (price - entry)
    if after == 0.0:
        return 0.0, None, realized
    return after, entry if after * before > 0.0 else price, realized
