"""Lines that fit: aligned, cut with an ellipsis, columns that give way."""

from __future__ import annotations

import pytest

from fortuna_otel.top import paint
from fortuna_otel.top.look import Cell, Tone
from fortuna_otel.top.paint import Field


def texts(lines: list[paint.Line]) -> list[str]:
    """What the lines say."""
    return [paint.plain(line).rstrip() for line in lines]


def fields() -> list[Field]:
    """Three columns of three rows, the second the least important."""
    return [
        Field("name", (Cell("a"), Cell("bb"), Cell("ccc")), left=True, keep=9),
        Field("low", (Cell("1"), Cell("2"), Cell("3")), keep=1),
        Field("high", (Cell("10"), Cell("200", Tone.BAD), Cell("3")), keep=5),
    ]


def test_numbers_stand_right_with_their_mark_behind() -> None:
    """What colour says is said by a mark as well, and does not shift the column."""
    assert texts(paint.grid(fields(), 40, 9)) == [
        "name low high",
        "a      1   10",
        "bb     2  200!",
        "ccc    3    3",
    ]


def test_the_least_important_column_gives_way() -> None:
    """A number is never cut to fit: its column is left out."""
    assert texts(paint.grid(fields(), 13, 9))[2] == "bb    200!"


def test_columns_that_matter_as_much_go_together() -> None:
    """A bid without its ask would mislead."""
    pair = [*fields(), Field("bid", (Cell("7"),) * 3, keep=1)]
    assert texts(paint.grid(pair, 17, 9))[0] == "name high"


def test_rows_that_do_not_fit_are_counted() -> None:
    """Head, one row, and how many more there are."""
    assert texts(paint.grid(fields(), 40, 3)) == ["name low high", "a      1   10", "+2 more"]


def test_the_cursor_takes_the_whole_line() -> None:
    """Reverse from edge to edge; with a cursor one scrolls, so nothing is counted."""
    lines = paint.grid(fields(), 20, 3, cursor=2, top=1)
    assert texts(lines)[1:] == ["bb     2  200!", "ccc    3    3"]
    assert {tone for _, tone in lines[2]} == {Tone.CURSOR}
    assert len(paint.plain(lines[2])) == 20


def test_nothing_at_all_to_show() -> None:
    """No room is no error."""
    assert paint.grid(fields(), 40, 0) == []
    assert texts(paint.grid(fields(), 40, 1)) == ["name low high"]


@pytest.mark.parametrize(
    ("text", "width", "fitted"),
    [
        ("BTC/USDT", 10, "BTC/USDT  "),
        ("BTC/USDT", 8, "BTC/USDT"),
        ("BTC/USDT", 5, "BTC/…"),
        ("比特币", 6, "比特币"),
        ("比特币", 5, "比特…"),
        ("比特币", 4, "比… "),
        ("x", 0, ""),
    ],
)
def test_a_text_is_as_wide_as_it_must_be(text: str, width: int, fitted: str) -> None:
    """Wide characters take two columns, and none is cut in half."""
    assert paint.fit(text, width) == fitted
    assert paint.cells(paint.fit(text, width)) == width


def test_a_label_cannot_move_the_cursor() -> None:
    """Escape codes in a label or an error are shown, not obeyed."""
    assert paint.clean("a\x1b[2Jb\n") == "a?[2Jb?"
    assert "\x1b" not in paint.plain(paint.said([("\x1b", Cell("\x1b[31m"))]))
    assert "\x1b" not in paint.plain(paint.title("\x1b", 20, "\x1b"))
    assert "\x1b" not in " ".join(paint.wrapped("a \x1b[2J b", 20))


def test_a_line_is_cut_between_its_parts() -> None:
    """The part that does not fit ends in an ellipsis, what follows is dropped."""
    line = (("spread ", Tone.FAINT), ("31%", Tone.PLAIN), ("  depth", Tone.FAINT))
    assert paint.plain(paint.cut(line, 10)) == "spread 31%"
    assert paint.plain(paint.cut(line, 12)) == "spread 31% …"
    assert paint.cut(line, 99) == line


def test_a_sentence_is_broken_between_words() -> None:
    """A word that is longer than the line stands alone."""
    assert paint.wrapped("the store does not answer", 9) == ["the store", "does not", "answer"]
    assert paint.wrapped("a http://127.0.0.1:9090 b", 8) == ["a", "http://127.0.0.1:9090", "b"]


def test_bars_and_charts() -> None:
    """Shares of whole cells; columns of eighths, in which a gap stays a gap."""
    assert paint.bar(0.5, 4) == "██  "
    assert paint.bar(0.5, 4, left=False) == "  ██"
    assert paint.bar(0.001, 4) == "█   "
    assert paint.bar(0, 4) == "    "
    assert paint.bar(7, 4) == "████"
    assert paint.chart([0, 5, None, 10], 10, 1) == ["▁▄ █"]
    assert paint.chart([5, 10, 7.5], 10, 2) == [" █▄", "███"]
    assert paint.chart([3.0], 0, 1) == ["▁"]
