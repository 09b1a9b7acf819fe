"""What a number looks like: the board's units, words and thresholds."""

from __future__ import annotations

import pytest

from fortuna_otel.provisioning import style
from fortuna_otel.provisioning.panels import Column, cell
from fortuna_otel.top import look
from fortuna_otel.top.look import Tone


def column(*parts: style.Property | list[style.Property]) -> Column:
    """A column of the board that looks so."""
    return Column("it", "vector(1)", cell(*parts))


@pytest.mark.parametrize(
    ("unit", "decimals", "value", "text"),
    [
        ("percentunit", 0, 0.3125, "31%"),
        ("percentunit", 2, 0.3125, "31.25%"),
        ("short", None, 1234.5, "1,234"),
        ("locale", None, 3.5, "3.5"),
        ("string", None, 63_980.5, "63,980.5"),
        ("none", 0, 3, "3"),
        ("s", 1, 4_260, "71m"),
        ("suffix: s", 1, 0.42, "0.4s"),
        ("suffix: bp", 1, 3.125, "3.1 bp"),
    ],
)
def test_units_of_the_board(unit: str, decimals: int | None, value: float, text: str) -> None:
    """Each unit that the board's columns have is written as a trader reads it."""
    assert look.cell(column(style.unit(unit, decimals)), value).text == text


@pytest.mark.parametrize(
    ("value", "marked", "tone"),
    [(0.5, "50%", Tone.PLAIN), (0.95, "95%~", Tone.WARN), (1.2, "120%!", Tone.BAD)],
)
def test_thresholds_of_the_board(value: float, marked: str, tone: Tone) -> None:
    """The colour of the last step that is reached, and its mark."""
    steps = style.threshold_properties((None, style.TEXT), (0.9, style.WARN), (1, style.ASK))
    found = look.cell(column(style.unit("percentunit", 0), steps), value)
    assert (found.marked, found.tone) == (marked, tone)


def test_words_of_the_board() -> None:
    """A code is its word; one that has none stays a number."""
    state = column(style.unit("none"), style.word_properties({2: ("no quotes", style.BAD)}))
    assert look.cell(state, 2) == look.Cell("no quotes", Tone.BAD, 2)
    assert look.cell(state, 9).text == "9"


def test_the_words_for_an_empty_cell_are_no_value() -> None:
    """A mapping of null does not apply to a number."""
    column_with = column(style.unit("percentunit", 0), style.missing_property("no limit"))
    assert look.cell(column_with, 0.5).text == "50%"
    assert look.cell(column_with, None) == look.MISSING


def test_sides_have_their_colour_and_no_mark() -> None:
    """A bid is no warning."""
    bid = look.cell(column(style.unit("string"), style.fixed(style.BID)), 63_990)
    assert (bid.marked, bid.tone) == ("63,990", Tone.BID)
    ask = look.cell(column(style.unit("string"), style.fixed(style.ASK)), 64_010)
    assert (ask.marked, ask.tone) == ("64,010", Tone.ASK)


def test_counts_of_what_is_wrong() -> None:
    """None of some is well, any is bad, and no number is missing."""
    assert look.counted(0, 60).marked == "0 of 60"
    assert look.counted(1, 60).marked == "1 of 60!"
    assert look.counted(3, None).marked == "3!"
    assert look.counted(None, 60) == look.MISSING


def test_what_is_missing_has_no_mark() -> None:
    """A dash, neither good nor bad."""
    assert look.MISSING.marked == "–"  # noqa: RUF001
    assert look.MISSING.value is None
