"""Obligations and books: several of either, merged or apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.meters.obligations import GOOD, KEPT, TERMS, attached, seconds_of

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture


@pytest.mark.parametrize("accounts", [1, 2])
@pytest.mark.parametrize(
    ("bids", "asks", "kept"),
    [
        ([(99.0, 1.0), (98.0, 0.6)], [(101.0, 1.0), (102.0, 0.6)], True),
        ([(99.0, 1.0), (97.9, 9.0)], [(101.0, 1.0), (102.0, 0.6)], False),
        ([(99.0, 1.0), (98.0, 0.6)], [(101.0, 1.0), (102.1, 9.0)], False),
        ([(99.0, 1.0), (98.0, 0.6)], [(101.0, 1.0), (102.0, 0.1)], False),
        ([(99.0, 1.0), (98.0, 0.1)], [(101.0, 1.0), (102.0, 0.6)], False),
    ],
)
def test_depth_counts_up_to_the_band_on_each_side(
    desk: Capture, bids: Any, asks: Any, kept: bool, accounts: int
) -> None:
    """150 within 2 %, an order at the very limit included, and none beyond."""
    _, [book, *others] = attached(desk, accounts=accounts)
    for other in others:
        other.quotes.clear()
    for _ in range(3):
        book.quotes.update(bids=bids, asks=asks, mid=100.0)
        desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == (3.0 if kept else 0.0)
    assert seconds_of(desk)["spread"] == 3.0


def test_the_latest_mid_measures_all_books(desk: Capture) -> None:
    """Of several mids the one told last, also when another book confirms or clears afterwards."""
    _, [first, second] = attached(desk, accounts=2)
    first.quotes.update(bids=[(99.0, 1.0)], asks=[], mid=100.0)
    second.quotes.update(bids=[], asks=[(101.0, 1.0)], mid=200.0)
    assert desk.value("fortuna.obligation.spread") == 0.01
    first.quotes.confirm()
    assert desk.value("fortuna.obligation.spread") == 0.01
    first.quotes.confirm(mid=50.0)
    assert desk.value("fortuna.obligation.spread") == 0.04
    second.quotes.confirm(mid=400.0)
    first.quotes.clear()
    first.quotes.update(bids=[(99.0, 1.0)], asks=[], mid=None)
    assert desk.value("fortuna.obligation.spread") == 0.005


def test_of_mids_told_at_the_same_moment_the_last_one_counts(desk: Capture) -> None:
    """A clock may stand still between two calls; a confirmation tells no mid."""
    _, [first, second] = attached(desk, accounts=2)
    first.quotes.update(bids=[(99.0, 1.0)], asks=[], mid=100.0)
    second.quotes.update(bids=[], asks=[(101.0, 1.0)], mid=200.0)
    second.quotes.confirm()
    assert desk.value("fortuna.obligation.spread") == 0.01
    first.quotes.confirm(mid=50.0)
    assert desk.value("fortuna.obligation.spread") == 0.04


def test_a_book_may_serve_two_obligations(desk: Capture) -> None:
    """Each is judged by its own terms, also after one of them lets the book go."""
    strict = replace(TERMS, mandate="strict", spread_max=0.001)
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    other = desk.telemetry.obligation(strict)
    other.attach(book)
    book.quotes.update(**GOOD)
    desk.clock.advance(2.0)
    kept = {"term": "spread", "mandate": "strict"}
    assert desk.value(KEPT, **kept) == 0.0
    assert desk.value(KEPT, **{**kept, "term": "depth"}) == 2.0
    assert seconds_of(desk)["all"] == 3.0
    other.detach(book)
    book.quotes.update(**GOOD)
    desk.clock.advance(4.0)
    assert desk.value(KEPT, **{**kept, "term": "depth"}) == 2.0
    assert seconds_of(desk)["all"] == 7.0


def test_a_book_that_is_to_serve_another_obligation_is_judged_the_long_way(
    desk: Capture,
) -> None:
    """From that very moment: an update that came between the two steps of attaching tells both."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    other = desk.telemetry.obligation(replace(TERMS, mandate="other"))
    assert book.quotes._limits is not None
    book.quotes.judged_by(other)
    assert book.quotes._limits is None
    book.quotes.update(**GOOD)
    assert book.quotes._limits is None
