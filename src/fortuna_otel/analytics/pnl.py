"""Profit and loss of a position: by average cost, and by what it comes from.

Two views of the same money. The accounting view has realized PnL (against the average entry) and
unrealized PnL (the open position at mid). The attributed view has spread (each fill against the
mid of its moment) and inventory (the position when mid moves). They agree, trade by trade:

    spread + inventory = realized + Δ unrealized

and what is paid beside the trades (fees, funding, loan, gas) is added to both. Amounts are in
units of the quote asset, sizes in units of the base, prices in units of the quote for one base.

A **linear** instrument (spot, or a contract that settles in its quote) earns size * Δ price.

An **inverse** contract settles in its base. It is for a fixed number N of units of the quote
(contracts * contract size), and earns N * (1/entry - 1/exit) units of the base; the entry of
several fills is the harmonic mean ΣN / Σ(N/price).[^1] Two things follow from these definitions:

- A fill of N at a price is a fill of N/price units of the base, which is also what ccxt calls the
  trade's `cost`. Counted so, average entry, spread and the value of what is open at mid,
  N * (1/entry - 1/mid) * mid = size * (mid - entry) with size = N/entry, are those of a linear
  instrument. Its `size` is what was bought at the average entry: it stays while the mid moves,
  and is its sensitivity to the price, the base that offsets it.
- What is closed counts at the entry: N leaves size N/entry, whatever the price it is closed at.
  The base it realizes is worth what it brings at the mid of that moment; how the price of that
  base moves later is no PnL of this position.

[^1]: Bybit help center, "Profit & Loss calculations (Inverse Contracts)"; likewise CoinEx, "How to
    Calculate Inverse Contract Equity and PNL".
"""

from __future__ import annotations

from typing import NamedTuple

INFINITY = float("inf")

DUST = 1e-12
"""Share of a trade below which what is left of a position is a rounding error."""


class Position(NamedTuple):
    """What is held in units of the base asset (negative = short), and what it cost.

    `entry` is the average price it was opened at, None when flat or unknown; `mark` is the mid it
    was last valued at, None before the first.
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
        """Value at the last mid - cost, in units of the quote; None while either is unknown."""
        if self.size == 0.0:
            return 0.0
        if self.entry is None or self.mark is None:
            return None
        return self.size * (self.mark - self.entry)


class Result(NamedTuple):
    """What one event earned, in units of the quote asset.

    `realized` is None where a part was closed whose cost is unknown.
    """

    spread: float = 0.0
    inventory: float = 0.0
    realized: float | None = 0.0


def revalue(position: Position, mid: float) -> tuple[Position, float]:
    """Value the position at a new mid; return it and what the move earned, size * Δ mid."""
    size, entry, mark = position
    return Position(size, entry, mid), 0.0 if mark is None else size * (mid - mark)


def trade(
    position: Position, quantity: float, price: float, mid: float, *, inverse: bool = False
) -> tuple[Position, Result]:
    """Buy (quantity > 0) or sell (< 0) at a price while the mid stands at `mid`.

    The position is valued at `mid` first, so that the move until now is inventory's and the
    distance of the price from mid, quantity * (mid - price), the spread's: the effective
    half-spread of market microstructure, D * (T - M), seen from the maker's side.

    Args:
        position: before the trade.
        quantity: units of the base; of an inverse contract, its value N / price.
        price: units of the quote for one base.
        mid: likewise; what the position is valued at now.
        inverse: whether it is an inverse contract (see above).

    Raises:
        ValueError: if a part of an inverse position is closed whose entry is unknown: how much of
            it that is, is unknown too.
        OverflowError: if the position is beyond what a float can hold.
    """
    before, entry, mark = position
    inventory = 0.0 if mark is None else before * (mid - mark)
    realized: float | None = 0.0
    if before == 0.0 or (before > 0.0) == (quantity > 0.0):
        size = before + quantity
        if before == 0.0:
            entry = price
        elif entry is not None:
            entry += (price - entry) * (quantity / size)
    else:
        size, entry, realized = _reduce(position, quantity, price, mid, inverse=inverse)
    if size - size != 0.0:
        raise OverflowError(f"a position of {before:g} cannot take {quantity:g} at {price:g}")
    return Position(size, entry, mid), Result(quantity * (mid - price), inventory, realized)


def _reduce(
    position: Position, quantity: float, price: float, mid: float, *, inverse: bool
) -> tuple[float, float | None, float | None]:
    """Return size, average entry and realized PnL after a trade against the position."""
    before, entry = position.size, position.entry
    scale = worth = 1.0
    if inverse:
        if entry is None:
            raise ValueError("a part of an inverse position was closed whose entry is unknown")
        # The same N is another quantity at the entry, and earns units of the base.
        scale, worth = price / entry, mid / price
    against = quantity * scale
    after = before + against
    if abs(after) <= DUST * max(abs(before), abs(against)) < INFINITY:
        after, closed, left = 0.0, before, None
    elif (after > 0.0) == (before > 0.0):
        closed, left = -against, entry
    else:
        after, closed, left = after / scale, before, price
    return after, left, None if entry is None else closed * (price - entry) * worth
