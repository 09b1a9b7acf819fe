"""Flags: what is on, and what is off."""

from __future__ import annotations


def flag(value: object, what: str) -> float:
    """Return 1 for what is true and 0 for what is not.

    Raises:
        TypeError: if it is text, which is true whatever it says, or nothing at all.
    """
    if value is None or isinstance(value, (str, bytes)):
        raise TypeError(f"{what} is {value!r:.60}, not true or false")
    return 1.0 if value else 0.0
