#!/usr/bin/env python3
"""Generate the Grafana board from its code, or check that the committed one is current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fortuna_otel import provisioning

BOARD = Path(__file__).parents[1] / "grafana-provisioning" / "dashboards" / "fortuna.json"


def main(arguments: list[str] | None = None) -> int:
    """Write the board, or with `--check` compare it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if outdated")
    options = parser.parse_args(arguments)
    text = provisioning.render(provisioning.build())
    if not options.check:
        BOARD.write_text(text, encoding="utf-8")
        return 0
    if BOARD.exists() and BOARD.read_text(encoding="utf-8") == text:
        return 0
    print(f"{BOARD.name} is not what its code gives: run `make generate`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
