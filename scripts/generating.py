"""What every script that generates one file does with it: write it, or say if it is current."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write(about: str | None, target: Path, root: Path, text: str) -> int:
    """Write a file if it changed; with `--check` on the command line say so instead.

    Args:
        about: the script's documentation; its first line is shown by `--help`.
        target: the file.
        root: what it is named from.
        text: what is to be in it.

    Returns:
        The exit status: 1 of a check that found it outdated.
    """
    parser = argparse.ArgumentParser(description=(about or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return 0
    print(target.relative_to(root))
    if options.check:
        print("is not current: run `make generate`", file=sys.stderr)
        return 1
    target.write_text(text, encoding="utf-8")
    return 0
