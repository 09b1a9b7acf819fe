"""Depth by band, reach, and ladders."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.analytics import depth
from fortuna_otel.signals.enums import BookSide

SIDES = st.sampled_from(BookSide)
TICKS = st.integers(1, 40_000)
LOTS = st.integers(1, 10_000)
ORDERS = st.lists(st.tuples(TICKS, LOTS), max_size=30)
TICK = Decimal("0.01")
LOT = Decimal("0.001")


def _exact(orders: list[tuple[int, int]], side: BookSide, mid: Decimal, percent: str) -> Fraction:
    """Sum order by order in exact arithmetic, by the definition and nothing else."""
    limit = Fraction(percent) / 100
    total = Fraction(0)
    for ticks, lots in orders:
        price = Fraction(ticks * TICK)
        inside = (
            price >= Fraction(mid) * (1 - limit)
            if side == BookSide.BID
            else price <= Fraction(mid) * (1 + limit)
        )
        if inside:
            total += price * Fraction(lots * LOT)
    return total


@given(orders=ORDERS, side=SIDES, mid_ticks=st.integers(10, 40_000))
def test_depth_agrees_with_exact_arithmetic(
    orders: list[tuple[int, int]], side: BookSide, mid_ticks: int
) -> None:
    """Depth by band is the sum of what lies within, orders exactly at a limit included."""
    mid = mid_ticks * TICK
    ladder = depth.levels([(float(t * TICK), float(n * LOT)) for t, n in orders], side)
    found = depth.within(ladder, side, float(mid), tuple(depth.BANDS.values()))
    for band, total in zip(depth.BANDS, found, strict=True):
        assert total == pytest.approx(float(_exact(orders, side, mid, band)), rel=1e-9)


@given(orders=ORDERS, side=SIDES, mid_ticks=st.integers(10, 40_000))
def test_depth_grows_with_the_band(
    orders: list[tuple[int, int]], side: BookSide, mid_ticks: int
) -> None:
    """Depth is cumulative: a wider band never holds less, and none more than the whole side."""
    ladder = depth.levels([(float(t * TICK), float(n * LOT)) for t, n in orders], side)
    found = depth.within(ladder, side, float(mid_ticks * TICK), tuple(depth.BANDS.values()))
    assert found == sorted(found)
    assert found[-1] <= depth.value(ladder)


@given(orders=ORDERS, side=SIDES)
def test_ladder_equals_depth_at_its_reach(orders: list[tuple[int, int]], side: BookSide) -> None:
    """The sum of the ladder is the depth at the widest reach."""
    ladder = depth.levels([(float(t * TICK), float(n * LOT)) for t, n in orders], side)
    if ladder:
        mid = ladder[0][0]
        reach = depth.reach(ladder, side, mid)
        assert depth.within(ladder, side, mid, (reach,)) == [depth.value(ladder)]


def test_an_order_past_mid_counts_in_every_band() -> None:
    """A bid above mid, or an ask below it, lies within any distance."""
    bids = depth.levels([(101.0, 2.0)], BookSide.BID)
    asks = depth.levels([(99.0, 2.0)], BookSide.ASK)
    assert depth.within(bids, BookSide.BID, 100.0, (0.005, 0.2)) == [202.0, 202.0]
    assert depth.within(asks, BookSide.ASK, 100.0, (0.005, 0.2)) == [198.0, 198.0]


def test_an_order_exactly_at_the_limit_counts_despite_binary_fractions() -> None:
    """3.663 is within 1 % of 3.7, although 3.7 * 0.99 is a little more in binary."""
    assert 3.7 * (1 - 0.01) > 3.663
    ladder = depth.levels([(3.663, 100.0)], BookSide.BID)
    assert depth.within(ladder, BookSide.BID, 3.7, (0.01,)) == [pytest.approx(366.3)]


@given(orders=ORDERS, side=SIDES)
def test_levels_are_sorted_best_first_with_one_entry_a_price(
    orders: list[tuple[int, int]], side: BookSide
) -> None:
    """A ladder may come in any order; orders of one price stand together."""
    ladder = depth.levels([(float(t), float(n)) for t, n in orders], side)
    prices = [price for price, _ in ladder]
    assert prices == sorted(set(prices), reverse=side == BookSide.BID)
    assert sum(size for _, size in ladder) == sum(n for _, n in orders)


def test_levels_take_what_ccxt_gives() -> None:
    """Lists with more than price and size, ints and Decimals are fine; size 0 is no order."""
    raw: list[list[Any]] = [[100, 1, 1_795_000_000], [Decimal("99.5"), Decimal(2)], [98.0, 0]]
    assert depth.levels(raw, BookSide.BID) == ((100.0, 1.0), (99.5, 2.0))


@pytest.mark.parametrize(
    "level",
    [(float("nan"), 1.0), (1.0, float("inf")), (0.0, 1.0), (1.0, -1.0), ("1", 1.0), (True, 1.0)],
)
def test_levels_refuse_what_is_no_order(level: tuple[Any, Any]) -> None:
    """Prices are above 0, sizes not below, and both are finite numbers."""
    with pytest.raises((TypeError, ValueError)):
        depth.levels([level], BookSide.ASK)


def test_an_empty_side_has_no_reach() -> None:
    """There is no farthest level on an empty side."""
    with pytest.raises(ValueError, match="empty side"):
        depth.reach((), BookSide.BID, 100.0)


@given(orders=ORDERS, side=SIDES, mid_ticks=st.integers(10, 40_000))
def test_a_profile_is_depth_and_value_in_one(
    orders: list[tuple[int, int]], side: BookSide, mid_ticks: int
) -> None:
    """To the last bit, so that liquidity equals depth wherever all of it is within reach."""
    ladder = depth.levels([(float(t * TICK), float(n * LOT)) for t, n in orders], side)
    mid = float(mid_ticks * TICK)
    limits = [depth.limit(side, distance) for distance in depth.BANDS.values()]
    sums, value = depth.profile(ladder, side, mid, limits)
    assert value == depth.value(ladder)
    assert sums == depth.within(ladder, side, mid, tuple(depth.BANDS.values()))
    for total, limit in zip(sums, limits, strict=True):
        assert depth.profile(ladder, side, mid, [limit])[0] == [total]


@given(
    levels=st.lists(st.tuples(st.sampled_from([1.0, 2.0, 3, 4.0]), st.sampled_from([0.0, 1, 2.0]))),
    side=SIDES,
)
def test_a_side_in_order_needs_no_mending(
    levels: list[tuple[float, float]], side: BookSide
) -> None:
    """`levels` returns what is in order as it is, and only that."""
    raw = tuple(levels)
    assert depth.in_order(raw, side) == (depth.levels(raw, side) == raw)


@pytest.mark.parametrize(
    "level",
    [
        [99.0, 1.0],
        (99.0, 1.0, 1.0),
        (99.0,),
        ("99", 1.0),
        (99.0, None),
        (99.0, True),
        (Decimal(99), 1.0),
        (float("nan"), 1.0),
        (99.0, float("nan")),
        (float("inf"), 1.0),
        (99.0, float("inf")),
        (10**400, 1),
        (1, 10**400),
        (0.0, 1.0),
        (99.0, 0.0),
        (99.0, -1.0),
        (-99.0, 1.0),
        None,
        7,
    ],
)
@pytest.mark.parametrize("side", BookSide)
def test_only_plain_tuples_of_plain_numbers_are_in_order(level: Any, side: BookSide) -> None:
    """What its owner could change, or what is no price and size, is not."""
    assert not depth.in_order((level,), side)
    assert not depth.in_order(((100.0, 1.0) if side == BookSide.BID else (50.0, 1.0), level), side)


def test_nothing_lies_within_no_distance_at_all() -> None:
    """Without distances there are no sums."""
    assert depth.within(((99.0, 1.0),), BookSide.BID, 100.0, ()) == []


@given(orders=ORDERS, side=SIDES, distance=st.sampled_from(sorted(depth.BANDS.values())))
def test_sums_are_of_what_lies_up_to_an_edge(
    orders: list[tuple[int, int]], side: BookSide, distance: float
) -> None:
    """Value and size of the same levels, those at the edge included."""
    mid = 200.0
    ladder = depth.levels([(ticks / 100.0, lots / 1000.0) for ticks, lots in orders], side)
    edge = mid * depth.limit(side, distance)
    inside = [level for level in ladder if (level[0] >= edge) == (side == BookSide.BID)]
    quote, base = depth.sums(ladder, side, edge)
    assert quote == pytest.approx(sum(price * size for price, size in inside))
    assert base == pytest.approx(sum(size for _, size in inside))
    assert [quote] == pytest.approx(depth.within(ladder, side, mid, [distance]))


def test_levels_of_several_ladders_are_one_where_they_share_a_price() -> None:
    """Their sizes add up; which ladder they are of does not matter."""
    first, second = ((100.0, 1.0), (99.0, 2.0)), ((99.0, 3.0), (98.0, 4.0))
    assert depth.merged([first, second]) == {100.0: 1.0, 99.0: 5.0, 98.0: 4.0}
    assert depth.merged([]) == {}
