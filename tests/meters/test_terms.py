"""Terms: plain data that is refused where it cannot be measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import DepthTerm, Sampling, Widening
from fortuna_otel.meters.terms import least_levels, ordinary, sides
from tests.meters.obligations import TERMS, attached, book_of

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture

WIDENING = Widening(factor=2.0, move=0.05, window=300.0, cap=3_600.0)
BID_ONLY = replace(TERMS, presence="bid", spread_max=None, depth=())


@pytest.mark.parametrize(
    ("terms", "remedy"),
    [
        ({"mid": "last"}, "venue, venue_without_own, own, reference"),
        ({"denominator": "last"}, "mid, bid, ask"),
        ({"presence": "two"}, "both, bid, ask"),
        ({"levels": -1}, "give a whole number"),
        ({"levels": 2.5}, "give a whole number"),
        ({"levels": True}, "give a whole number"),
        ({"size_min": -1.0}, "size_min"),
        ({"size_min": "500 USDT"}, "size_min"),
        ({"rest": float("nan")}, "rest"),
        ({"widening": 2.0}, "give Widening"),
        ({"widening": WIDENING, "spread_max": None}, "both or neither"),
        ({"widening": WIDENING, "spread_max": 0.5}, "no spread"),
        ({"sampling": 60.0}, "give Sampling"),
        ({"presence": "bid"}, "leave spread_max out"),
        ({"presence": "bid", "spread_max": None}, "leave that depth out"),
        (
            {
                "presence": "ask",
                "spread_max": None,
                "mid": "own",
                "depth": DepthTerm("ask", "2", 1.0),
            },
            "mid='venue' or 'reference'",
        ),
    ],
)
def test_terms_that_cannot_be_judged_say_how_to_mend_them(
    terms: dict[str, Any], remedy: str
) -> None:
    """At start-up, not when somebody asks what was kept."""
    with pytest.raises(ValueError, match=remedy):
        replace(TERMS, **terms)


@pytest.mark.parametrize(
    ("unit", "currency", "remedy"),
    [
        ("usd", "", "quote, base, reference"),
        ("base", "USD", "needs none"),
        ("quote", "USD", "needs none"),
        ("reference", "U S\nD", "currency"),
    ],
)
def test_an_amount_says_what_it_is_in(unit: str, currency: str, remedy: str) -> None:
    """Only an amount in reference currency has a currency."""
    with pytest.raises(ValueError, match=remedy):
        DepthTerm("bid", "2", 1.0, unit, currency)


@pytest.mark.parametrize(
    ("widening", "remedy"),
    [
        ({"factor": 1.0}, "widens nothing"),
        ({"factor": "2"}, "factor"),
        ({"move": 5.0}, "5 % are 0.05"),
        ({"move": 0.0}, "move"),
        ({"window": 0.0}, "window"),
        ({"window": 90_000.0}, "a day"),
        ({"cap": 90_000.0}, "a day"),
        ({"cap": -1.0}, "cap"),
    ],
)
def test_a_widening_that_cannot_be_measured_is_refused(
    widening: dict[str, Any], remedy: str
) -> None:
    """It widens, by a share, within a window of a day at most."""
    with pytest.raises(ValueError, match=remedy):
        replace(WIDENING, **widening)


@pytest.mark.parametrize(
    ("sampling", "remedy"),
    [((0.0,), "interval"), ((86_401.0,), "a day"), ((60.0, "client"), "engine, venue")],
)
def test_a_sampling_that_cannot_be_measured_is_refused(
    sampling: tuple[Any, ...], remedy: str
) -> None:
    """A sample a day is the least, and somebody must have taken it."""
    with pytest.raises(ValueError, match=remedy):
        Sampling(*sampling)


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, True),
        ({"mid": "venue_without_own"}, True),
        ({"mid": "own"}, False),
        ({"mid": "reference"}, False),
        ({"denominator": "bid"}, False),
        ({"levels": 1}, False),
        ({"size_min": 1.0}, False),
        ({"rest": 1.0}, False),
        ({"widening": WIDENING}, False),
        ({"sampling": Sampling(60.0)}, False),
        ({"depth": DepthTerm("bid", "2", 1.0, "base")}, False),
    ],
)
def test_terms_are_ordinary_where_a_ladder_and_its_mid_are_enough(
    terms: dict[str, Any], expected: bool
) -> None:
    """These are judged at once, all others in hindsight."""
    assert ordinary(replace(TERMS, **terms)) is expected


def test_one_promised_side_is_not_ordinary() -> None:
    """An ordinary promise is one of both."""
    assert not ordinary(BID_ONLY)
    assert sides(BID_ONLY) == ("bid",)
    assert sides(TERMS) == ("bid", "ask")


def test_only_size_or_rest_promise_one_level() -> None:
    """Which levels count says that at least one does."""
    assert [
        least_levels(replace(TERMS, **each))  # type: ignore[arg-type]
        for each in ({}, {"size_min": 1.0}, {"rest": 1.0}, {"levels": 3, "rest": 1.0})
    ] == [0, 1, 1, 3]


def test_a_mid_without_own_orders_must_be_told(desk: Capture) -> None:
    """Nobody but the engine knows which mid it tells: it says so, or does not start."""
    promise = desk.telemetry.obligation(replace(TERMS, mid="venue_without_own"))
    book = book_of(desk)
    with pytest.raises(ValueError, match=r"attach\(book, mid='venue_without_own'\)"):
        promise.attach(book)
    with pytest.raises(ValueError, match="mid="):
        promise.attach(book, mid="fair")
    promise.attach(book, mid="venue_without_own")
    book.quotes.update(bids=[(99.5, 2.0)], asks=[(100.5, 2.0)], mid=100.0)
    desk.clock.advance(1.0)
    assert desk.value("fortuna.obligation.observed.time") == 1.0


def test_new_terms_are_refused_that_the_books_are_not_told_the_mid_of(desk: Capture) -> None:
    """The old ones hold on; once the book is attached anew, the new ones may follow."""
    promise, [book] = attached(desk)
    terms = replace(TERMS, mid="venue_without_own")
    with pytest.raises(ValueError, match="say so"):
        promise.replace(terms)
    assert promise.terms == TERMS
    promise.attach(book, mid="venue_without_own")
    promise.replace(terms)
    assert promise.terms == terms
