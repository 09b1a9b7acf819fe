"""Own ranges and the price among them."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fortuna_otel.analytics.ranges import Place, place

PRICES = st.floats(0.01, 1e6)
RANGES = st.tuples(PRICES, PRICES).filter(lambda edges: edges[0] < edges[1])


@pytest.mark.parametrize(
    ("price", "inside", "bid", "ask"),
    [
        (100.0, True, 0.1, 0.2),
        (90.0, True, 0.0, 30 / 90),
        (120.0, True, 0.25, 0.0),
        (80.0, False, -0.125, 0.5),
        (150.0, False, 0.4, -0.2),
    ],
)
def test_one_range(price: float, inside: bool, bid: float, ask: float) -> None:
    """Distances are shares of the price; an edge belongs to its range; outside is negative."""
    found = place([(90.0, 120.0)], price)
    assert found is not None
    assert found.inside is inside
    assert (found.bid, found.ask) == pytest.approx((bid, ask))


def test_without_a_range_there_is_no_distance() -> None:
    """Nothing can be near or far."""
    assert place([], 100.0) is None


def test_inside_of_several_the_nearest_edge_counts() -> None:
    """It is the early warning: there the first of them goes dry."""
    assert place([(50.0, 200.0), (95.0, 110.0), (1.0, 2.0)], 100.0) == Place(
        inside=True, bid=0.05, ask=0.1
    )


def test_between_ranges_the_nearest_counts() -> None:
    """The price has fallen out of the upper one by 4, and is 6 above the lower one."""
    found = place([(80.0, 90.0), (100.0, 120.0)], 96.0)
    assert found is not None
    assert not found.inside
    assert (found.bid, found.ask) == pytest.approx((-4 / 96, 24 / 96))


@given(ranges=st.lists(RANGES, min_size=1, max_size=5), price=PRICES)
def test_inside_means_that_no_distance_is_negative(
    ranges: list[tuple[float, float]], price: float
) -> None:
    """And outside that exactly one is: the price left on one side."""
    found = place(ranges, price)
    assert found is not None
    assert found.inside == (found.bid >= 0.0 and found.ask >= 0.0)
    assert found.bid >= 0.0 or found.ask >= 0.0


@given(ranges=st.lists(RANGES, min_size=1, max_size=5), price=PRICES)
def test_moving_by_less_than_the_distance_stays_inside(
    ranges: list[tuple[float, float]], price: float
) -> None:
    """What the early warning promises."""
    found = place(ranges, price)
    assert found is not None
    assume(found.inside)
    for moved in (price * (1.0 - found.bid * 0.999), price * (1.0 + found.ask * 0.999)):
        there = place(ranges, moved)
        assert there is not None
        assert there.inside
