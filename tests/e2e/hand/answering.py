"""What an answer is, and where all of them are kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from tests.e2e.hand import facts, seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.hand.selection import Selection

Key: TypeAlias = frozenset[tuple[str, str]]
"""The labels of a series."""

UNKNOWN = math.nan
"""What a value is that depends on a rate which nobody knows."""


@dataclass(frozen=True, slots=True)
class About:
    """A number that is known but for this much, in its own unit: a difference of Unix times."""

    value: float
    within: float = 2e-6


@dataclass(frozen=True, slots=True)
class Between:
    """A number that the story does not fix."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Perhaps(Between):
    """A number of a row that may be there: what it is of begins or ends about now."""


Number: TypeAlias = float | About | Between
Rows: TypeAlias = dict[Key, Number]
"""Every series that a query returns. One that is not here must not be there."""


def row(**labels: str) -> Key:
    """Return the labels of a series; an empty one is none."""
    return frozenset((name, value) for name, value in labels.items() if value)


@dataclass(frozen=True, slots=True)
class Clockwork:
    """When the rules looked, in seconds of the story, as their own samples say.

    Attributes:
        flows: the ends of the minutes that each flow was counted in.
        rated: when rates were read for flows.
        uptime: when the counters of each obligation were read.
        tallied: when the day's sums were taken of them.
        budgeted: when what is left of the term was worked out.
    """

    flows: Mapping[str, tuple[float, ...]]
    rated: tuple[float, ...]
    uptime: Mapping[tuple[str, str, str], tuple[float, ...]]
    tallied: Mapping[tuple[str, str, str], tuple[float, ...]]
    budgeted: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The question behind one query of the board.

    Attributes:
        selection: what is chosen.
        t: the second of the story that it is asked for.
        step: seconds between two points of a range; 0 of an instant.
        clockwork: when the rules looked.
        firing: the labels of the alerts that fire, and have for a while, as the rules' own API
            says.
        fired: those that may just have begun or ended besides.
    """

    selection: Selection
    t: int
    step: int
    clockwork: Clockwork
    firing: frozenset[Key]
    fired: frozenset[Key]
    range: int = facts.RANGE

    def price(self, asset: str) -> float | None:
        """Return the rate of an asset in the chosen reference currency, now."""
        return seen.price(asset, self.selection.reference, self.t)

    def worth(self, amounts: Iterable[tuple[str, float]]) -> float | None:
        """Add up amounts of assets in the reference currency; what has no rate is left out."""
        known = [
            amount * price for asset, amount in amounts if (price := self.price(asset)) is not None
        ]
        return sum(known) if known else None


Answer: TypeAlias = Callable[[Asked], Rows | None]
"""Works out the rows of a query; None where a point of a range is not known to the second."""

ANSWERS: dict[tuple[str, str], Answer] = {}
"""By a panel's title, as the board's JSON has it, and the letter of the query."""


def answers(panel: str, ref: str) -> Callable[[Answer], Answer]:
    """Keep a function as the answer to a query of the board."""

    def keep(answer: Answer) -> Answer:
        assert (panel, ref) not in ANSWERS, f"{panel} {ref} has two answers"
        ANSWERS[panel, ref] = answer
        return answer

    return keep


def nothing(reason: str) -> Answer:
    """Return the answer of a query that has no rows, and why."""
    assert reason

    def none(asked: Asked) -> Rows:
        return {}

    return none


def only(value: Number | None, **labels: str) -> Rows:
    """Return one row, or none without a value."""
    return {} if value is None else {row(**labels): value}


def keyed(values: Mapping[Key, Number | None]) -> Rows:
    """Drop the rows that have no value."""
    return {key: value for key, value in values.items() if value is not None}
