"""The arithmetic of the benchmarks, and how its results are written."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of all values do not exceed.

    The nearest-rank definition: what is returned was really seen.

    Args:
        ordered: values in ascending order.
        share: from 0 to 1.

    Raises:
        ValueError: if there is no value, or no such share.
    """
    if not ordered or not 0.0 <= share <= 1.0:
        raise ValueError(f"no quantile {share!r} of {len(ordered)} values")
    # The tolerance keeps 0.99 * 100 = 99.00000000000001 from becoming rank 100.
    return ordered[max(math.ceil(share * len(ordered) - 1e-9), 1) - 1]


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return ours / theirs, round by round.

    Raises:
        ValueError: if the rounds are not pairs.
    """
    return [own / their for own, their in zip(ours, theirs, strict=True)]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of ours / theirs over rounds.

    The two sides of a round ran one after the other, so a machine that was busy then was busy for
    both; the median ignores the rounds in which it was busy for one.
    """
    return statistics.median(ratios(ours, theirs))


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the b of cost = a * size^b that fits best: the slope of least squares in logarithms.

    Raises:
        statistics.StatisticsError: if there are fewer than two different sizes.
    """
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    )
    return slope


def time(seconds: float) -> str:
    """Write a time with three significant digits and the unit that fits."""
    return _scaled(seconds, ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")))


def size(count: float) -> str:
    """Write a number of bytes with three significant digits."""
    return _scaled(count, ((1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB")))


def _scaled(value: float, units: Iterable[tuple[float, str]]) -> str:
    scale, unit = 1.0, ""
    for number, (candidate, name) in enumerate(units):
        # 999.6 ns is 1 µs: the unit is chosen by what is shown.
        if number == 0 or abs(value) / candidate >= 0.9995:
            scale, unit = candidate, name
    return f"{digits(value / scale)} {unit}"


def digits(value: float) -> str:
    """Write a number with three significant digits, large ones whole with separators."""
    if value == 0.0:
        return "0"
    places = max(2 - math.floor(math.log10(abs(value))), 0)
    rounded = round(value, places)
    if rounded and math.floor(math.log10(abs(rounded))) > math.floor(math.log10(abs(value))):
        places = max(places - 1, 0)  # 9.996 became 10.00
    return f"{rounded:,.{places}f}"


def share(value: float) -> str:
    """Write a ratio: `1/310` where it is far below one, `1.24` around it, `1,290` far above."""
    if 0.0 < value < 0.5:
        return f"1/{digits(1.0 / value)}"
    return f"{value:.2f}" if value < 10.0 else digits(value)
