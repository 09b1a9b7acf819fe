"""What hypothesis draws: signals, their attributes, and numbers as trading services have them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from fortuna_otel import signals

if TYPE_CHECKING:
    from fortuna_otel.signals import Signal

BOUNDED = settings(max_examples=60, deadline=None)
"""What a property test may cost. Where CI is set, hypothesis draws the same examples each time."""

OWN = ("fortuna.telemetry.", "fortuna.service.")
"""Signals that every telemetry writes by itself."""

FREE = tuple(signal for signal in signals.ALL if not signal.name.startswith(OWN))
"""Signals that nobody writes but the test."""

LARGEST = 1.7976931348623157e308
SMALLEST = 5e-324

doubles = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    [0.0, -0.0, SMALLEST, -SMALLEST, 2.2250738585072014e-308, LARGEST, -LARGEST, 0.1, 1 / 3]
)
"""Every finite double, and more often those on the edge."""

not_negative = st.floats(min_value=0.0, max_value=1e300) | st.sampled_from(
    [0.0, -0.0, SMALLEST, 2.2250738585072014e-308, 0.1, 1 / 3, 1e300]
)
"""What may be added or recorded; a few hundred of them do not overflow."""

numbers = st.one_of(
    doubles,
    st.integers(-(2**1000), 2**1000),
    st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**9)),
    st.fractions(max_denominator=10**9).map(Fraction),
    doubles.map(np.float64),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(np.float32),
)
"""Finite numbers of every type that a trading service has."""

amounts = st.one_of(
    not_negative,
    st.integers(0, 2**60),
    st.decimals(0, 10**9, places=12).map(Decimal),
    not_negative.map(np.float64),
)
"""Numbers of at least 0, likewise."""

exact = st.integers(0, 2**40).map(lambda count: count / 2.0**20)
"""Amounts whose sums are exact in any order: two ways of adding agree to the last bit."""

printable = st.characters(exclude_categories=("C", "Z"), exclude_characters="'\"") | st.just(" ")
"""What `str.isprintable` takes, but quotes: what may become a label."""

labels = st.text(printable, max_size=128) | st.sampled_from(
    ["", "BTC/USDT:USDT", "naïve", "日本", "🧮", "e\u0301", "a=b,c\\d{}", "x" * 128, " "]
)
"""Attribute values of an open set."""

seconds = st.floats(min_value=0.0, max_value=100.0) | st.sampled_from(
    [0.0, -0.0, SMALLEST, 0.0001, 0.00010000000000000002, 30.0, 30.000000000000004, 1e300]
)
"""Observations around the bounds of our histograms."""


@st.composite
def attributes(draw: st.DrawFn, signal: Signal) -> dict[str, str]:
    """Draw a valid set of attribute values of a signal."""
    closed = dict(signal.closed)
    return {
        name: draw(st.sampled_from(list(closed[name]))).value if name in closed else draw(labels)
        for name in signal.attributes
    }


@st.composite
def series(draw: st.DrawFn, kind: str) -> tuple[Signal, dict[str, str]]:
    """Draw a signal of a kind, and attributes."""
    signal = draw(st.sampled_from([signal for signal in FREE if signal.kind == kind]))
    return signal, draw(attributes(signal))


def wrong_numbers() -> list[Any]:
    """Return what is no usable number, of every kind that has been seen or feared."""
    return [
        float("nan"),
        float("inf"),
        float("-inf"),
        10**400,
        -(10**400),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        "1",
        b"1",
        "",
        [1.0],
        (),
        {},
        object(),
        1j,
        np.float64("nan"),
        np.array([1.0, 2.0]),
        np.array([]),
        np.array(["x"]),
        Unreadable(),
        Interrupting(),
        lambda: 1.0,
        float,
    ]


class Unreadable:
    """A number that cannot be had, and an object that cannot even be shown."""

    def __float__(self) -> float:
        """Fail in a way of its own."""
        raise RuntimeError("no number today")

    def __repr__(self) -> str:
        """Fail where a message about it would be written."""
        raise ValueError("no text either")


class Interrupting:
    """A number whose reading fails with what asyncio cancels tasks with."""

    def __float__(self) -> float:
        """Fail as a library that has its own ideas."""
        raise ArithmeticError(self)
