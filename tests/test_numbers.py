"""Numbers as venues and strategies give them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from fortuna_otel import _numbers


@pytest.mark.parametrize("value", [1.5, Decimal("1.5"), Fraction(3, 2)])
def test_any_finite_number_becomes_a_float(value: Any) -> None:
    """Decimals are what careful strategies compute with."""
    assert _numbers.finite(value, "x") == 1.5


def test_ints_become_floats() -> None:
    """Also those that a 64-bit integer cannot hold."""
    assert _numbers.finite(2**70, "x") == 2.0**70


@pytest.mark.parametrize("value", [True, "1", b"1", None, [1.0], 1j])
def test_what_is_no_number_is_a_type_error(value: Any) -> None:
    """A truth value is a mistake where a number is expected."""
    with pytest.raises(TypeError, match=r"x is .*, not a number"):
        _numbers.finite(value, "x")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("-Infinity"), 10**400])
def test_what_is_not_finite_is_a_value_error(value: Any) -> None:
    """An unknown number is not a number to export."""
    with pytest.raises(ValueError, match="x is"):
        _numbers.finite(value, "x")


def test_bounds() -> None:
    """Prices are above 0, sizes at least 0."""
    assert _numbers.positive(0.1, "x") == 0.1
    assert _numbers.not_negative(0, "x") == 0.0
    with pytest.raises(ValueError, match="not above 0"):
        _numbers.positive(0.0, "x")
    with pytest.raises(ValueError, match="below 0"):
        _numbers.not_negative(-0.1, "x")


@pytest.mark.parametrize("wrong", [1_795_000_000_000, 1_795_000_000_000.0, 1e11, 0.0, -1.0])
def test_milliseconds_are_no_unix_time(wrong: float) -> None:
    """Venues and ccxt tell milliseconds: an age of 56,000 years must not reach an alert."""
    with pytest.raises(ValueError, match=r"divide milliseconds by 1000|not above 0"):
        _numbers.unix_time(wrong, "venue_time")


def test_seconds_are_a_unix_time() -> None:
    """Whatever number they come as."""
    assert _numbers.unix_time(1_795_000_000, "at") == 1_795_000_000.0
