"""What commands print: tables, and counts with their nouns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, its columns as wide as they must be; whole numbers stand right.

    Raises:
        ValueError: rows of different length.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            text.rjust(width) if text.isdigit() else text.ljust(width)
            for text, width in zip(row, widths, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def count(number: int, noun: str) -> str:
    """Return how many there are: "1 client", "2 clients"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
