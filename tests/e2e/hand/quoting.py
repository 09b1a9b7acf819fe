"""Arithmetic of ladders: what an obligation's or a book's own liquidity comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.hand import facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.hand.model import Book, Levels, Promise, View


def liquidity(levels: Levels) -> float:
    """Price times size of everything that rests."""
    return sum(price * size for price, size in levels)


def within(levels: Levels, side: str, mid: float, band: float) -> float:
    """Price times size of what rests no farther from mid than so many percent."""
    if side == "bid":
        near = [(p, s) for p, s in levels if p >= mid * (1 - band / 100) - 1e-12 * mid]
    else:
        near = [(p, s) for p, s in levels if p <= mid * (1 + band / 100) + 1e-12 * mid]
    return liquidity(tuple(near))


def side_of(view: View, side: str) -> Levels:
    """One side of the quotes that a service believes in."""
    assert view.quotes is not None
    return view.quotes[0 if side == "bid" else 1]


def best(views: Iterable[View], side: str) -> float | None:
    """Best own price over several books."""
    prices = [
        levels[0][0]
        for view in views
        if view.quotes is not None and (levels := side_of(view, side))
    ]
    if not prices:
        return None
    return max(prices) if side == "bid" else min(prices)


def told_by(job: str, promise: Promise, t: float) -> list[View]:
    """Return what a service believes of the books of an obligation."""
    return [view.at(t) for view in facts.VIEWS if view.job == job and view.book in promise.books]


def spread(promise: Promise, views: list[View]) -> float | None:
    """Merged spread as a share of the venue's mid; None unless both sides are there."""
    bid, ask = best(views, "bid"), best(views, "ask")
    if bid is None or ask is None:
        return None
    return (ask - bid) / facts.MARKETS[promise.venue, promise.symbol].mid


def depth(promise: Promise, views: list[View], side: str, band: float) -> float:
    """Merged depth in the quote currency."""
    mid = facts.MARKETS[promise.venue, promise.symbol].mid
    return sum(within(side_of(view, side), side, mid, band) for view in views)


def required(promise: Promise, side: str, band: float) -> float | None:
    """Return what the mandate asks for, if it does."""
    asked = promise.depth.get(band)
    return None if asked is None else asked[0 if side == "bid" else 1]


def band_name(band: float) -> str:
    """Write a band as its label has it."""
    return f"{band:g}"


def holder_view(book: Book) -> View:
    """Return what the service that trades a book believes of it."""
    return next(v for v in facts.VIEWS if v.book == book and v.job == facts.HOLDERS[book])
