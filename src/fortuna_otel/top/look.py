"""How a number of the board reads in a terminal: its text, and how bad it is, also without colour.

Units, decimals, words and thresholds are those of the board's columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from fortuna_otel.provisioning import style
from fortuna_otel.top import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fortuna_otel.provisioning.panels import Column


class Tone(Enum):
    """What a text's colour says; every one but the sides is told by a mark or a word as well."""

    PLAIN = ""
    NOTE = "note"
    WARN = "warn"
    BAD = "bad"
    BID = "bid"
    ASK = "ask"
    TITLE = "title"
    FAINT = "faint"
    CURSOR = "cursor"


MARKS = {Tone.WARN: "~", Tone.BAD: "!"}
"""Behind a number that is near its limit, and behind one that is beyond it."""

_BY_COLOUR = {
    style.BAD: Tone.BAD,
    style.ASK: Tone.BAD,
    style.ASK_MUTED: Tone.BAD,
    style.WARN: Tone.WARN,
    style.WARN_MUTED: Tone.WARN,
    style.TARGET_MUTED: Tone.NOTE,
    style.GREY: Tone.FAINT,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is shown; `value` is None where it is missing."""

    text: str
    tone: Tone = Tone.PLAIN
    value: float | None = None

    @property
    def marked(self) -> str:
        """The text with the mark of its tone: what colour says is said without it."""
        return self.text + MARKS.get(self.tone, "")


_WRITTEN: Mapping[str, Callable[[float], str]] = {
    "short": figures.money,
    "locale": figures.amount,
    "string": figures.price,
    "none": figures.whole,
    "s": figures.span,
    "suffix: s": figures.age,
}

MISSING = Cell(figures.MISSING, Tone.FAINT)


def cell(column: Column, value: float | None) -> Cell:
    """Show a number of one of the board's columns."""
    if value is None:
        return MISSING
    looks: dict[str, Any] = {one.id_val: one.value for one in column.properties}
    for mapping in looks.get("mappings", ()):
        word = mapping["options"].get(f"{value:.0f}") if mapping["type"] == "value" else None
        if word is not None:
            # A word needs no mark.
            return Cell(word["text"], _BY_COLOUR.get(word["color"], Tone.PLAIN), value)
    text = written(looks.get("unit", "short"), looks.get("decimals"), value)
    return Cell(text, _tone(looks, value), value)


def counted(value: float | None, of: float | None) -> Cell:
    """Show how many are not as they should be, of how many; any is bad."""
    if value is None:
        return MISSING
    text = figures.whole(value) + ("" if of is None else f" of {figures.whole(of)}")
    return Cell(text, Tone.BAD if value >= 1 else Tone.PLAIN, value)


def written(unit: str, decimals: int | None, value: float) -> str:
    """Write a number in one of Grafana's units."""
    if unit == "percentunit":
        return figures.percent(value, decimals or 0)
    if unit in _WRITTEN:
        return _WRITTEN[unit](value)
    return f"{value:,.{decimals or 0}f} {unit.removeprefix('suffix: ')}"


def _tone(looks: dict[str, Any], value: float) -> Tone:
    colour: str | None = looks.get("color", {}).get("fixedColor")
    if "thresholds" in looks:
        for step in looks["thresholds"]["steps"]:
            if step["value"] is None or value >= step["value"]:
                colour = step["color"]
    elif colour == style.BID:
        return Tone.BID
    elif colour == style.ASK:
        return Tone.ASK
    return _BY_COLOUR.get(colour or "", Tone.PLAIN)
