#!/usr/bin/env python3
"""Generate the Grafana boards from their code, or check that the committed ones are current."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from fortuna_otel import provisioning

ROOT = Path(__file__).parents[1]
BOARDS = ROOT / "grafana-provisioning" / "dashboards"
# The one file that a desk edits for its addresses: what pages link to, panels link to.
LINKS = ROOT / "alerting" / "templates" / "links.tmpl"


def rendered() -> dict[str, str]:
    """Return the text of each board by its file's name."""
    boards = {
        "fortuna.json": provisioning.build(_runbooks()),
        "fortuna-pipeline.json": provisioning.pipeline.build(_runbooks()),
    }
    return {name: provisioning.render(board) for name, board in boards.items()}


def main(arguments: list[str] | None = None) -> int:
    """Write the boards, or with `--check` compare them; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if outdated")
    options = parser.parse_args(arguments)
    outdated = []
    for name, text in rendered().items():
        path = BOARDS / name
        if not options.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            outdated.append(name)
    for name in outdated:
        print(f"{name} is not what its code gives: run `make generate`", file=sys.stderr)
    return 1 if outdated else 0


def _runbooks() -> str:
    text = LINKS.read_text(encoding="utf-8")
    found = re.search(r'define "fortuna\.address\.runbooks" }}(.*?){{', text)
    if found is None:
        raise SystemExit(f"{LINKS.name} does not define fortuna.address.runbooks")
    return found[1]


if __name__ == "__main__":
    sys.exit(main())
