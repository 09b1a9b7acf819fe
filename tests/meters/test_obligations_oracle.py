"""Obligations integrated by the meter against brute force (see `tests.meters.oracle`).

Everything happens at whole milliseconds. The same story is told in every way that takes another
path: one book or two, judged at once, the long way or in hindsight, in order or not.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel import DepthTerm, Sampling, Widening
from fortuna_otel.testing import capture
from tests.meters.obligations import TERMS, attached, seconds_of, start_at
from tests.meters.oracle import DAY, MILLISECOND, Known, Oracle

if TYPE_CHECKING:
    from fortuna_otel import Obligation

STALE = 30  # milliseconds
REFERENCE = 40  # milliseconds for which a reference mid stands

SHORT = replace(TERMS, staleness=STALE * MILLISECOND)
PROMISES = [
    SHORT,
    replace(SHORT, spread_max=0.005),
    replace(SHORT, spread_max=None),
    replace(SHORT, depth=()),
    replace(SHORT, spread_max=None, depth=()),
    replace(SHORT, depth=(DepthTerm("bid", "2", 150.0),)),
    replace(SHORT, depth=(DepthTerm("ask", "1", 60.0), DepthTerm("ask", "5", 250.0))),
]

LEVELS = replace(SHORT, levels=2, size_min=99.0, rest=15 * MILLISECOND)
WIDENING = Widening(factor=3.0, move=0.004, window=25 * MILLISECOND, cap=40 * MILLISECOND)
WIDENED = replace(SHORT, spread_max=0.004, depth=(), widening=WIDENING)
KINDS = {
    "mid": [
        replace(SHORT, mid="own", spread_max=0.005),
        replace(SHORT, mid="own", depth=()),
        replace(SHORT, mid="reference", spread_max=0.005),
    ],
    "denominator": [
        replace(SHORT, denominator="bid", spread_max=0.005, depth=()),
        replace(SHORT, denominator="ask", spread_max=0.005, depth=()),
    ],
    "presence": [
        replace(LEVELS, presence="bid", spread_max=None, depth=(DepthTerm("bid", "1", 99.0),)),
        replace(SHORT, presence="ask", spread_max=None, depth=()),
    ],
    "levels": [
        LEVELS,
        replace(LEVELS, levels=1, size_min=0.0),
        replace(LEVELS, levels=0, rest=0.0),
    ],
    "unit": [
        replace(
            SHORT, depth=(DepthTerm("bid", "2", 1.5, "base"), DepthTerm("ask", "1", 1.0, "base"))
        ),
        replace(SHORT, depth=(DepthTerm("ask", "2", 100.0, "reference", "USD"),)),
    ],
    "widening": [
        WIDENED,
        replace(WIDENED, mid="reference"),
        replace(WIDENED, mid="own"),
        replace(WIDENED, denominator="ask", widening=replace(WIDENING, cap=300 * MILLISECOND)),
    ],
    "sampling": [
        replace(SHORT, sampling=Sampling(10 * MILLISECOND)),
        replace(LEVELS, mid="reference", sampling=Sampling(7 * MILLISECOND)),
        replace(SHORT, sampling=Sampling(70 * MILLISECOND)),
        replace(SHORT, sampling=Sampling(10 * MILLISECOND, source="venue")),
    ],
}

SIZES = st.sampled_from([0.5, 1.0, 2.0])
ORDERS = {
    side: st.lists(st.tuples(st.sampled_from(prices), SIZES), max_size=4)
    for side, prices in (
        ("bids", [99.75, 99.5, 99.0, 98.0, 97.0, 100.25]),
        ("asks", [100.25, 100.5, 101.0, 102.0, 103.0, 99.75]),
    )
}
MIDS = st.sampled_from([100.0, 100.0, 100.5, None])
GOOD = st.fixed_dictionaries({**ORDERS, "mid": MIDS})
WRONG = st.sampled_from(
    [
        {"bids": None, "asks": [], "mid": 100.0},
        {"bids": [(float("nan"), 1.0)], "asks": [(101.0, 2.0)], "mid": 100.0},
        {"bids": [(99.0, 2.0)], "asks": [(101.0, 0.0), ("x", 1.0)], "mid": 100.0},
    ]
)
WHICH = st.integers(0, 1)
WAITS = st.sampled_from([10, 20, 30, 1, 0])  # sums of them meet the 30 of staleness


def _stories(promises: list[Obligation]) -> Any:
    """Return stories of what may happen, each event after a wait."""
    return st.lists(
        st.tuples(
            WAITS,
            st.one_of(
                st.tuples(st.just("export")),
                st.tuples(st.just("update"), WHICH, GOOD),
                st.tuples(st.just("update"), WHICH, GOOD),
                st.tuples(st.just("wrong"), WHICH, WRONG),
                st.tuples(st.just("confirm"), WHICH, MIDS),
                st.tuples(st.just("clear"), WHICH),
                st.tuples(st.just("attach"), WHICH),
                st.tuples(st.just("detach"), WHICH),
                st.tuples(st.just("schedule"), st.booleans()),
                st.tuples(st.just("terms"), st.sampled_from(promises)),
            ),
        ),
        max_size=25,
    )


def _chance(draw: Random, promises: list[Obligation]) -> tuple[Any, ...]:
    """Return an event, by and large one of a desk that quotes on both sides."""

    def side(prices: list[float]) -> list[Any]:
        return [
            (draw.choice(prices), draw.choice([0.5, 1.0, 2.0])) for _ in range(draw.randint(0, 9))
        ]

    mid = draw.choice([100.0, 100.0, 100.0, 100.5, None])
    which = draw.choice([0, 0, 1])
    bids = side([99.75, 99.75, 99.5, 99.5, 99.0, 98.0, 97.0])
    asks = side([100.25, 100.25, 100.5, 100.5, 101.0, 102.0, 103.0, 99.75])
    happenings: list[tuple[int, tuple[Any, ...]]] = [
        (40, ("update", which, {"bids": bids, "asks": asks, "mid": mid})),
        (15, ("confirm", which, mid)),
        (10, ("export",)),
        (10, ("reference", mid)),
        (5, ("rate", draw.choice([1.0, 0.5, None]))),
        (5, ("terms", draw.choice(promises))),
        (3, ("clear", which)),
        (3, ("attach", which)),
        (2, ("detach", which)),
        (1, ("wrong", which, {"bids": None, "asks": [], "mid": 100.0})),
        (1, ("wrong", which, {"bids": [(99.0, 1.0)], "asks": [("x", 1.0)], "mid": 100.0})),
        (1, ("schedule", False)),
        (4, ("schedule", True)),
    ]
    weights = [weight for weight, _ in happenings]
    choices = [event for _, event in happenings]
    [event] = draw.choices(choices, weights)
    return event


def _as_tuples(ladder: dict[str, Any]) -> dict[str, Any]:
    """Return the ladder as the fast path likes it."""

    def merged(orders: list[tuple[float, float]], *, best_high: bool) -> list[Any]:
        sizes: dict[float, float] = {}
        for price, size in orders:
            sizes[price] = sizes.get(price, 0.0) + size
        return sorted(sizes.items(), reverse=best_high)

    return {
        "bids": merged(ladder["bids"], best_high=True),
        "asks": merged(ladder["asks"], best_high=False),
        "mid": ladder["mid"],
    }


def _as_lists(ladder: dict[str, Any]) -> dict[str, Any]:
    """Return the ladder as ccxt gives it, in any order."""
    return {
        "bids": [[price, size, 1_795_000_000] for price, size in ladder["bids"]],
        "asks": [[price, size, 1_795_000_000] for price, size in ladder["asks"]],
        "mid": ladder["mid"],
    }


def _play(desk: Any, terms: Obligation, oracle: Oracle, story: list[Any], shape: Any) -> None:
    """Tell the meter and the oracle the same story, and compare what they counted."""
    accounts = len(oracle.books)
    obligation, books = attached(desk, terms, accounts)
    now = 0
    for wait, (kind, *details) in [*story, (50, ("export",))]:
        for _ in range(wait):
            oracle.millisecond(now)
            now += 1
        desk.clock.advance(wait * MILLISECOND)
        oracle.happen(now, kind, *details)
        if kind == "export":
            desk.export(0.0)
        elif kind == "schedule":
            obligation.schedule(details[0])
        elif kind == "terms":
            obligation.replace(details[0])
        elif kind == "reference":
            desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(details[0])
        elif kind == "rate":
            desk.telemetry.rate(asset="USDT", currency="USD", provider="desk").set(details[0])
        elif details[0] < accounts:
            _tell(obligation, books[details[0]], shape, kind, *details[1:])
    counted = seconds_of(desk)
    for name, found in counted.items():
        assert found == pytest.approx(oracle.totals.get(name, 0.0), abs=5e-5), name
    assert counted["all"] <= counted["presence"] <= counted["observed"]


@pytest.mark.parametrize("accounts", [1, 2])
@pytest.mark.parametrize("shape", [_as_tuples, _as_lists])
@pytest.mark.parametrize("promises", [1, 2])
@settings(max_examples=40, deadline=None)
@given(story=_stories(PROMISES))
def test_integration_agrees_with_brute_force(
    accounts: int, shape: Any, promises: int, story: list[Any]
) -> None:
    """Seconds by term and state equal a count of milliseconds, whatever happens in between.

    A book of a single promise is judged at once, one that serves two is judged the long way.
    """
    with capture() as desk:
        if promises == 2:
            other = desk.telemetry.obligation(replace(SHORT, mandate="other"))
            for book in attached(desk, SHORT, accounts)[1]:
                other.attach(book)
        _play(desk, SHORT, Oracle([Known() for _ in range(accounts)], SHORT), story, shape)


@pytest.mark.parametrize("kind", [*KINDS, "all"])
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), length=st.integers(20, 60))
def test_hindsight_agrees_with_brute_force(kind: str, seed: int, length: int) -> None:
    """So they do by any terms, also where ordinary ones follow, at any hour of the day.

    Samples fall between two milliseconds, so that each is taken of a whole one; days begin with
    one, where quotes may be wider.
    """
    promises = KINDS.get(kind) or [
        terms for name in KINDS if name != "widening" for terms in KINDS[name]
    ]
    draw = Random(seed)  # noqa: S311  # so that most stories are of quotes, not of their absence
    terms = draw.choice([*promises, SHORT])
    hour = draw.choice([5, DAY // 2, DAY - 100])
    story = [
        (draw.choice([10, 20, 30, 1, 0]), _chance(draw, [*promises, SHORT])) for _ in range(length)
    ]
    shape = draw.choice([_as_tuples, _as_lists])
    unix = 20_775 * DAY + hour + (Fraction(0) if kind == "widening" else Fraction(3, 10))
    books = [Known() for _ in range(draw.choice([1, 1, 2]))]
    oracle = Oracle(books, terms, unix, reference_lifetime=REFERENCE)
    with (
        capture() as desk,
        mock.patch("fortuna_otel.meters._situation.LIFETIME", REFERENCE * MILLISECOND),
    ):
        start_at(desk, float(unix * Fraction(MILLISECOND)))
        _play(desk, terms, oracle, story, shape)


def _tell(obligation: Any, book: Any, shape: Any, kind: str, what: Any = None) -> None:
    if kind == "update":
        book.quotes.update(**shape(what))
    elif kind == "wrong":
        book.quotes.update(**what)
    elif kind == "confirm":
        book.quotes.confirm(mid=what)
    elif kind == "clear":
        book.quotes.clear()
    elif kind == "attach":
        obligation.attach(book)
    else:
        obligation.detach(book)
