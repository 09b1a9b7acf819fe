"""Reading what the control endpoint is asked, with a word about what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from examples.desk.exchange.faults import LONGEST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping


class ControlError(ValueError):
    """A request that the control endpoint cannot follow; says how to mend it."""


def number(fields: Mapping[str, Any], name: str, most: float = 1e15, least: float = 0.0) -> float:
    """Return a number above `least`, at most `most`.

    Raises:
        ControlError: it is none.
    """
    value = fields[name]
    valid = isinstance(value, int | float) and not isinstance(value, bool)
    if not valid or not least < value <= most:
        raise ControlError(f"{name} {value!r} is not a number above {least:g} and at most {most:g}")
    return float(value)


def seconds(fields: Mapping[str, Any]) -> float:
    """Return how long something lasts.

    Raises:
        ControlError: it is no number, or longer than a fault may last.
    """
    return number(fields, "seconds", LONGEST_SECONDS)
