"""Lines of toned text: fitted, aligned, and tables whose least important columns give way."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from fortuna_otel.top.look import MARKS, Cell, Tone

if TYPE_CHECKING:
    from collections.abc import Sequence

Span: TypeAlias = tuple[str, Tone]
Line: TypeAlias = tuple[Span, ...]

BLOCKS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a painted table.

    Attributes:
        title: its head.
        cells: its cells from top to bottom.
        left: whether text stands left; numbers stand right, with room for their mark.
        keep: columns with the least of it are left out first where there is no room.
        most: the widest it may be; longer text is cut.
    """

    title: str
    cells: tuple[Cell, ...]
    left: bool = False
    keep: int = 0
    most: int = 40

    @property
    def width(self) -> int:
        """Columns it takes, its mark or the gap behind it not counted."""
        widest = max((cells(one.text) for one in self.cells), default=0)
        return min(max(widest, cells(self.title)), self.most)


def cells(text: str) -> int:
    """Count the columns a text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def clean(text: str) -> str:
    """Take out what would move the cursor: labels and errors come from elsewhere."""
    return "".join(one if one.isprintable() else "?" for one in text)


def fit(text: str, width: int, *, left: bool = True) -> str:
    """Make a text exactly as wide as it must be; what is cut ends in an ellipsis."""
    text = clean(text)
    if cells(text) > width:
        while text and cells(text) > width - 1:
            text = text[:-1]
        text += "…" if width else ""
    room = " " * (width - cells(text))
    return text + room if left else room + text


def plain(line: Line) -> str:
    """Return a line's text."""
    return "".join(text for text, _ in line)


def of(text: str, tone: Tone = Tone.PLAIN) -> Line:
    """Make a line of one tone."""
    return ((clean(text), tone),)


def cut(line: Line, width: int) -> Line:
    """Cut a line to a width; a text that is cut ends in an ellipsis."""
    kept: list[Span] = []
    room = width
    for text, tone in line:
        if room <= 0:
            break
        kept.append((text if cells(text) <= room else fit(text, room), tone))
        room -= cells(text)
    return tuple(kept)


def said(pairs: Sequence[tuple[str, Cell]], gap: str = "  ") -> Line:
    """Write named cells one after the other: `client +1,234  desk -56!`."""
    line: list[Span] = []
    for name, one in pairs:
        line.append((gap if line else "", Tone.PLAIN))
        if name:
            line.append((f"{clean(name)} ", Tone.FAINT))
        line.append((clean(one.marked), one.tone))
    return tuple(line)


def title(text: str, width: int, note: str = "") -> Line:
    """Head a panel: its name, and what there is to say of it on the right."""
    name = clean(text)
    room = max(width - cells(name) - 1, 0)
    return ((name, Tone.TITLE), (" " + fit(note, room, left=False) if note else "", Tone.FAINT))


def wrapped(text: str, width: int) -> list[str]:
    """Break a sentence into lines."""
    lines = [""]
    for word in clean(text).split():
        if lines[-1] and cells(lines[-1]) + 1 + cells(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def grid(
    fields: Sequence[Field], width: int, height: int, *, cursor: int | None = None, top: int = 0
) -> list[Line]:
    """Paint a table with its head.

    Args:
        fields: its columns, all of one length.
        width: columns there are.
        height: lines there are, the head included.
        cursor: the row that is chosen.
        top: the first row to show; without a cursor, rows that do not fit are counted.
    """
    shown = _fitting(list(fields), width)
    number = len(shown[0].cells) if shown else 0
    room = max(height - 1, 0)
    hidden = number - room if cursor is None and number > room else 0
    last = top + room - (1 if hidden else 0)
    lines = [_row([Cell(field.title, Tone.FAINT) for field in shown], shown, width, chosen=False)]
    lines += [
        _row([field.cells[index] for field in shown], shown, width, chosen=index == cursor)
        for index in range(top, min(last, number))
    ]
    if hidden:
        lines.append(of(f"+{number - max(last, 0)} more", Tone.FAINT))
    return lines[:height]


def needed(fields: Sequence[Field]) -> int:
    """Count the columns that a table takes."""
    return sum(field.width + 1 for field in fields)


def _fitting(fields: list[Field], width: int) -> list[Field]:
    """Leave out what matters least; what matters as much goes together, as a bid and an ask do."""
    while needed(fields) > width:
        least = min(field.keep for field in fields)
        if all(field.keep == least for field in fields):
            break
        fields = [field for field in fields if field.keep > least]
    return fields


def _row(row: Sequence[Cell], fields: Sequence[Field], width: int, *, chosen: bool) -> Line:
    spans: list[Span] = []
    for one, field in zip(row, fields, strict=True):
        tone = Tone.CURSOR if chosen else one.tone
        spans.append((fit(one.text, field.width, left=field.left), tone))
        mark = "" if field.left else MARKS.get(one.tone, "")
        spans.append((mark or " ", tone))
    line = tuple(spans)
    if chosen:
        line = (*line, (" " * max(width - cells(plain(line)), 0), Tone.CURSOR))
    return cut(line, width)


def bar(share: float, width: int, *, left: bool = True) -> str:
    """Draw a share of 1 as a bar of whole cells; what is there at all shows."""
    filled = min(max(round(share * width), 1 if share > 0 else 0), width)
    text = "█" * filled
    return text.ljust(width) if left else text.rjust(width)


def chart(values: Sequence[float | None], top: float, height: int) -> list[str]:
    """Draw values from zero to `top` as columns of eighths; a gap stays a gap."""
    lines = []
    for row in range(height - 1, -1, -1):
        text = ""
        for value in values:
            eighths = 0 if value is None or top <= 0 else round(value / top * height * 8)
            # What is there at all shows, also where it is next to nothing.
            least = 1 if value is not None and row == 0 else 0
            text += BLOCKS[max(min(eighths - 8 * row, 8), least)]
        lines.append(text)
    return lines
