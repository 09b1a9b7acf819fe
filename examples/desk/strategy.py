"""What to quote: pure functions from terms, prices and inventory to a ladder, and to its changes.

Deliberately plain: a ladder around the market's mid, as wide as the mandate's target, as deep as
its minima and a margin, leaning against the inventory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortuna_otel.mandates import Obligation
    from fortuna_otel.mandates.terms import Spread

Side = Literal["buy", "sell"]

DEFAULT_SPREAD: Final = 0.002
LEVELS_BEYOND_BANDS: Final = 3
FEWEST_LEVELS: Final = 5
MOST_LEVELS: Final = 8
# Rest more than promised: a fill must not breach the minimum before the next turn.
DEPTH_MARGIN: Final = 1.4
# How far into its band a rung stands: the mid moves, and depth is counted from the mid.
INNER_REACH: Final = 0.7
OUTER_REACH: Final = 0.6
SIZE_GROWTH: Final = 1.35
# Rungs stay while they are nearer to where they should be than this share of the half spread,
# or of their own distance, whichever is more: every change is two requests.
TOLERANCE: Final = 0.35
TOLERANCE_OF_DISTANCE: Final = 0.15
# A rung with less than this share of its size left is placed anew: all of them at once at their
# least must still be what was promised.
LEAST_REMAINING: Final = 0.75
MOST_REMAINING: Final = 1.6
# At its exposure limit a book leans by this share of its half spread.
LEAN: Final = 0.5
# A book in the same obligation as others stands a little behind the one before it.
STEP_BEHIND: Final = 0.25


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of a ladder: distance from mid as a ratio, notional in quote units."""

    distance: float
    notional: float


@dataclass(frozen=True, slots=True)
class Shape:
    """A ladder without prices.

    Attributes:
        half: half of the spread aimed at, as a ratio of mid.
        bids: from the touch outwards.
        asks: from the touch outwards.
    """

    half: float
    bids: tuple[Rung, ...]
    asks: tuple[Rung, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the venue demands of an order: price tick, quantity step, least notional (quote)."""

    tick: float
    step: float
    min_notional: float


@dataclass(frozen=True, slots=True)
class Quote:
    """An order that should rest, and how far its price may be from where it should be."""

    side: Side
    price: float
    size: float
    tolerance: float


@dataclass(frozen=True, slots=True)
class Resting:
    """An order that rests, as the venue acknowledged it; `created` in Unix seconds."""

    id: str
    side: Side
    price: float
    remaining: float
    amount: float
    created: float


def target(spread: Spread) -> float:
    """Return the spread to aim at: the target, or well within what is allowed."""
    if spread.target is not None:
        return spread.target
    return DEFAULT_SPREAD if spread.max is None else spread.max / 2


def shape(
    obligation: Obligation, *, index: int = 0, multiplier: float = 1.0, depth: float = 1.0
) -> Shape:
    """Return the ladder that an obligation asks of one of its books.

    Args:
        obligation: spread and depth minima; depth is shared equally by its books.
        index: of the book among them.
        multiplier: of the spread, by an override.
        depth: what is multiplied with the depth, by an override.
    """
    half = target(obligation.spread) / 2 * multiplier * (1 + STEP_BEHIND * index)
    share = DEPTH_MARGIN * depth / len(obligation.books)
    sides = [
        rungs(
            half,
            [
                (float(one.band) / 100, one.amount * share)
                for one in obligation.depth
                if one.side == side
            ],
        )
        for side in ("bid", "ask")
    ]
    return Shape(half, *sides)


def rungs(half: float, minima: Sequence[tuple[float, float]]) -> tuple[Rung, ...]:
    """Return one side's rungs: cumulative notional within each band meets its minimum.

    Args:
        half: distance of the first rung.
        minima: band as a ratio and cumulative notional, from mid outwards; may be empty.
    """
    if not minima:
        return ()
    (band, inner), outer = minima[0], minima[1:]
    count = min(max(LEVELS_BEYOND_BANDS + len(minima), FEWEST_LEVELS), MOST_LEVELS) - len(outer)
    # A spread wider than the band, by an override, keeps its ladder: each rung beyond the last.
    inside = max(band * INNER_REACH, (half + band) / 2)
    last = inside if half < band else half * SIZE_GROWTH
    growth = (last / half) ** (1 / max(count - 1, 1))
    weights = [SIZE_GROWTH**level for level in range(count)]
    ladder = [
        Rung(half * growth**level, inner * weight / sum(weights))
        for level, weight in enumerate(weights)
    ]
    below, total = band, inner
    for band, cumulative in outer:
        distance = below + OUTER_REACH * (band - below)
        if cumulative > total:
            ladder.append(Rung(max(distance, ladder[-1].distance * 1.1), cumulative - total))
        below, total = band, max(total, cumulative)
    return tuple(ladder)


def lean(deviation: float, limit: float) -> float:
    """Return by which share of the half spread to shift the mid: against the inventory.

    Args:
        deviation: exposure minus target, in units of the asset.
        limit: the distance that pages.
    """
    return -LEAN * min(max(deviation / limit, -1.0), 1.0) if limit > 0 else 0.0


def ladder(wanted: Shape, mid: float, rules: Rules, *, shift: float = 0.0) -> list[Quote]:
    """Return the orders that should rest, best first, bids before asks.

    Args:
        wanted: the ladder without prices.
        mid: the market's.
        rules: the venue's.
        shift: of the mid, as a share of the half spread.
    """
    centre = mid * (1 + shift * wanted.half)
    quotes = []
    side: Side
    for side, sign, rungs_of_side in (("buy", -1, wanted.bids), ("sell", 1, wanted.asks)):
        for rung in rungs_of_side:
            price = _on_tick(centre * (1 + sign * rung.distance), rules.tick, up=sign > 0)
            least = math.ceil(rules.min_notional / price / rules.step)
            steps = max(round(rung.notional / price / rules.step), least, 1)
            slack = max(TOLERANCE * wanted.half, TOLERANCE_OF_DISTANCE * rung.distance) * mid
            quotes.append(Quote(side, price, steps * rules.step, max(slack, rules.tick)))
    return quotes


def changes(
    wanted: Iterable[Quote], resting: Iterable[Resting]
) -> tuple[list[Resting], list[Quote]]:
    """Return what to cancel and what to place: every order that is near enough stays."""
    left = sorted(resting, key=lambda order: order.price)
    place = []
    for quote in wanted:
        near = [
            order
            for order in left
            if order.side == quote.side
            and abs(order.price - quote.price) <= quote.tolerance
            and LEAST_REMAINING * quote.size <= order.remaining <= MOST_REMAINING * quote.size
        ]
        if near:
            left.remove(min(near, key=lambda order: abs(order.price - quote.price)))
        else:
            place.append(quote)
    return left, place


def affordable(
    quotes: Iterable[Quote], base: float, quote: float
) -> tuple[list[Quote], list[Quote]]:
    """Split orders into those that the free balances pay for, best first, and the others."""
    chosen: list[Quote] = []
    beyond: list[Quote] = []
    for order in quotes:
        cost = order.size if order.side == "sell" else order.size * order.price
        funds = base if order.side == "sell" else quote
        if cost > funds:
            beyond.append(order)
            continue
        chosen.append(order)
        if order.side == "sell":
            base -= cost
        else:
            quote -= cost
    return chosen, beyond


def hedge(current: float, target: float, deviation: float, limit: float, ratio: float) -> float:
    """Return how much of an asset a hedge should trade now: positive buys, 0 for nothing.

    Args:
        current: what the hedging account holds.
        target: what it holds against a flat desk.
        deviation: of the exposure that it hedges, in units of the asset.
        limit: how far from target it may go.
        ratio: share of the deviation that is hedged.
    """
    wanted = target - min(max(ratio * deviation, -limit), limit)
    return wanted - current


def _on_tick(price: float, tick: float, *, up: bool) -> float:
    # A price on its tick must stay there, whatever binary fractions make of it.
    ticks = price / tick
    whole = math.ceil(ticks - 1e-6) if up else math.floor(ticks + 1e-6)
    return max(whole, 1) * tick
