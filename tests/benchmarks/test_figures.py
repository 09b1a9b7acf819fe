"""The arithmetic of the benchmarks: a wrong ratio would sell a slow library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import figures


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, 1), (0.01, 1), (0.5, 50), (0.501, 51), (0.99, 99), (0.999, 100), (1.0, 100)],
)
def test_a_quantile_is_of_the_nearest_rank(share: float, expected: int) -> None:
    """The p99 of 100 values is the 99th, not the maximum, whatever binary fractions say."""
    assert figures.quantile(range(1, 101), share) == expected


def test_the_p99_of_a_thousand_leaves_ten_above() -> None:
    """0.99 * 1000 is just above 990 in binary."""
    assert figures.quantile(range(1, 1001), 0.99) == 990


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_quantile_was_seen_and_is_not_exceeded_by_its_share(
    values: list[float], share: float
) -> None:
    """What is returned is one of the values, and at least the share of them lies at or below."""
    ordered = sorted(values)
    found = figures.quantile(ordered, share)
    assert found in ordered
    assert sum(value <= found for value in ordered) >= share * len(ordered) - 1e-6


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_quantile_of_no_share_is_refused(share: float) -> None:
    """There is no such thing as the p110."""
    with pytest.raises(ValueError, match="no quantile"):
        figures.quantile([1.0], share)


def test_a_quantile_of_nothing_is_refused() -> None:
    """An empty window has no delay."""
    with pytest.raises(ValueError, match="of 0 values"):
        figures.quantile([], 0.5)


def test_a_ratio_is_the_median_of_pairs() -> None:
    """A round that was disturbed on one side does not count, one disturbed on both is fair."""
    ours, theirs = [1.0, 30.0, 2.0, 50.0, 1.0], [10.0, 10.0, 20.0, 500.0, 10.0]
    assert figures.ratios(ours, theirs) == [0.1, 3.0, 0.1, 0.1, 0.1]
    assert figures.ratio(ours, theirs) == pytest.approx(0.1)


def test_a_ratio_needs_pairs() -> None:
    """A round without its pair is a fault of the benchmark."""
    with pytest.raises(ValueError, match="longer"):
        figures.ratio([1.0], [1.0, 2.0])


@given(st.floats(1e-9, 1e3), st.floats(-1, 3))
def test_an_exponent_is_that_of_the_power_law(factor: float, power: float) -> None:
    """What grows as a * n^b has the exponent b."""
    sizes = [1e3, 1e4, 3e4, 1e5]
    costs = [factor * size**power for size in sizes]
    assert figures.exponent(sizes, costs) == pytest.approx(power, abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ns"),
        (3.14159e-9, "3.14 ns"),
        (999.4e-9, "999 ns"),
        (999.6e-9, "1.00 µs"),
        (26e-9, "26.0 ns"),
        (7.7124e-6, "7.71 µs"),
        (0.1609, "161 ms"),
        (1.0, "1.00 s"),
        (90.0, "90.0 s"),
        (-2e-9, "-2.00 ns"),
    ],
)
def test_a_time_has_three_digits_and_a_fitting_unit(seconds: float, text: str) -> None:
    """No figure claims more than it knows."""
    assert figures.time(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(433.0, "433 B"), (5_000.0, "5.00 kB"), (6_750_000.0, "6.75 MB"), (0.0, "0 B")],
)
def test_a_size_has_three_digits_and_a_fitting_unit(count: float, text: str) -> None:
    """Units are decimal, as on a network."""
    assert figures.size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.996, "10.0"), (99.96, "100"), (12_608.0, "12,608"), (0.001234, "0.00123")],
)
def test_digits_are_three_after_rounding(value: float, text: str) -> None:
    """A number that rounds up to the next power of ten loses a decimal."""
    assert figures.digits(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1 / 310, "1/310"), (0.2, "1/5.00"), (0.5, "0.50"), (1.24, "1.24"), (1289.04, "1,289")],
)
def test_a_share_reads_as_the_goal_does(value: float, text: str) -> None:
    """Far below one, one over is what people compare."""
    assert figures.share(value) == text
