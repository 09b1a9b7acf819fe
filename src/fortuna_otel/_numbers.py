"""Numbers as they come from venues and strategies, and which of them are usable."""

from __future__ import annotations

from typing import SupportsFloat

LATEST = 1e11
"""No time in seconds is later (it is the year 5138), and none in milliseconds so early (1973)."""


def finite(value: object, what: str) -> float:
    """Return the value as a float.

    Raises:
        TypeError: if it is no number; text and truth values are none.
        ValueError: if it is NaN or infinite.
    """
    if value.__class__ is float:
        number: float = value  # a tenth of the cost of what follows
    elif isinstance(value, (bool, str, bytes)) or not isinstance(value, SupportsFloat):
        raise TypeError(f"{what} is {value!r:.60}, not a number")
    else:
        try:
            number = float(value)
        except OverflowError:
            raise ValueError(f"{what} is too large") from None
    if number - number != 0.0:  # NaN and infinity, faster than math.isfinite
        raise ValueError(f"{what} is {number}")
    return number


def positive(value: object, what: str) -> float:
    """Return the value as a float above 0.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is not finite, or not above 0.
    """
    number = finite(value, what)
    if number <= 0.0:
        raise ValueError(f"{what} is {number:g}, not above 0")
    return number


def unix_time(value: object, what: str) -> float:
    """Return the value as Unix seconds.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is not finite, not above 0, or so large that it must be milliseconds.
    """
    number = positive(value, what)
    if number >= LATEST:
        raise ValueError(f"{what} is {number:.0f}, not Unix seconds: divide milliseconds by 1000")
    return number


def not_negative(value: object, what: str) -> float:
    """Return the value as a float of at least 0.

    Raises:
        TypeError: if it is no number.
        ValueError: if it is not finite, or below 0.
    """
    number = finite(value, what)
    if number < 0.0:
        raise ValueError(f"{what} is {number:g}, below 0")
    return number
