"""Check what no linter checks: no registry host, no path of one machine, no overlong module.

Exit 1 with file and line for each finding. What is looked at is what git would commit.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
MODULE_LINES = 400
# A table that a script writes is as long as what it lists, and nobody edits it.
GENERATED = re.compile(r"^# Generated from ")
LOCAL = re.compile(r"/(?:root|home/[a-z]+)/|/work/|/farm/")
REGISTRY = re.compile(
    r"(?<!no-emit-)index-url|extra-index|https?://[^\s\"']+\.(?:whl|tgz|crate|gem)\b"
)
NOT_TEXT = {".png", ".svg", ".ico"}
# Lock files hold URLs in comments of nobody's choosing, and this file holds the patterns.
EXEMPT = {"go.sum", "hygiene.py"}


def committed() -> Iterator[Path]:
    """Yield the files git tracks or would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in listed.splitlines():
        path = ROOT / name
        if path.is_file() and path.suffix not in NOT_TEXT and path.name not in EXEMPT:
            yield path


def findings(path: Path) -> Iterator[str]:
    """Yield what is wrong with one file, as `file:line: what`."""
    name = path.relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if LOCAL.search(line):
            yield f"{name}:{number}: a path of one machine: {line.strip()[:80]}"
        if REGISTRY.search(line):
            yield f"{name}:{number}: a package registry's address: {line.strip()[:80]}"
    if path.suffix == ".py" and len(lines) > MODULE_LINES and not GENERATED.match(text):
        yield f"{name}:1: {len(lines)} lines; split modules over {MODULE_LINES}"


def main() -> int:
    """Print every finding and return 1 if there is one."""
    found = [finding for path in committed() for finding in findings(path)]
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
