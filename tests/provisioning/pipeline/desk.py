"""The small pipeline of series.txt, and what is chosen on the board while it is looked at."""

from __future__ import annotations

import re
from pathlib import Path

from tests.provisioning.evaluation import Raw

SERIES = Path(__file__).parent / "series.txt"
AT = "600s"
VARIABLES: dict[str, str | list[str]] = {
    "host": ["h1", "h2"],
    "service": ["desk/mm", "desk/rates"],
    "interval": "1m",
    "__interval": "60s",
}


def series() -> list[Raw]:
    """Read every series of it."""
    labels: dict[str, str] = {}
    found = []
    for line in SERIES.read_text(encoding="utf-8").splitlines():
        text = re.sub(r"<\w+>(?! = )", lambda name: labels[name[0]], line)
        if text.startswith("<"):
            name, _, value = text.partition(" = ")
            labels[name] = value
        elif text and not text.startswith("#"):
            notation, _, values = text.partition("} ")
            found.append(Raw(f"{notation}}}", values))
    return found
