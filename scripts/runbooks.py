"""Begin the runbook of every alert that has none, from what its rule says.

    python scripts/runbooks.py           write a skeleton for each; exit with 0
    python scripts/runbooks.py --check   write nothing; name them, and what still waits to be
                                         written; exit with 1 if there are any

A skeleton holds what the rule knows. What it means in money and what to do is written by hand:
whatever is still in [write: …] is not, and CI says so.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parent.parent
RULES: Final = ROOT / "alerting" / "rules"
RUNBOOKS: Final = ROOT / "docs" / "runbooks"
OPEN: Final = re.compile(r"\[write: [^\]]*\]")

SKELETON: Final = """\
# {name}

[write: What is wrong, in a sentence or two: {severities} of {owners}.]

## What it means in money

[write: Who loses how much, by when. What happens if nobody does anything.]

## Confirm

1. [write: What the page says, and what else to look at.]

```promql
{expression}
```

## Do

1. {action}

## Silence

[write: Where, and for how long at most.]
"""


def alerts() -> dict[str, list[Mapping[str, Any]]]:
    """Return the rules of every alert, page before ticket, by its name."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for path in sorted(RULES.glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                if "alert" in rule:
                    found.setdefault(rule["alert"], []).append(rule)
    for rules in found.values():
        rules.sort(key=lambda rule: str(rule["labels"]["severity"]))
    return dict(sorted(found.items()))


def skeleton(name: str, rules: list[Mapping[str, Any]]) -> str:
    """Return a runbook that has all the rules say, and gaps for what they do not."""
    first = rules[0]
    labels = [rule["labels"] for rule in rules]
    return SKELETON.format(
        name=name,
        severities=" and ".join(dict.fromkeys(f"a {each['severity']}" for each in labels)),
        owners=" and ".join(dict.fromkeys(str(each["owner"]) for each in labels)),
        expression=str(first["expr"]).strip(),
        action=" ".join(str(first["annotations"]["action"]).split()),
    )


def missing(known: Mapping[str, list[Mapping[str, Any]]]) -> Iterator[str]:
    """Yield the alerts that have no runbook."""
    return (name for name in known if not (RUNBOOKS / f"{name}.md").is_file())


def unwritten() -> Iterator[str]:
    """Yield each gap that nobody filled, as `file:line: gap`."""
    for path in sorted(RUNBOOKS.glob("*.md")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for gap in OPEN.findall(line):
                yield f"{path.relative_to(RUNBOOKS.parent.parent)}:{number}: {gap}"


def main() -> int:
    """Begin what is missing, or say what is."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    known = alerts()
    if options.check:
        wrong = [f"{name} has no runbook: run `make generate`" for name in missing(known)]
        wrong += [f"{gap} is still to be written" for gap in unwritten()]
        for line in wrong:
            print(line, file=sys.stderr)
        return 1 if wrong else 0
    for name in list(missing(known)):
        path = RUNBOOKS / f"{name}.md"
        path.write_text(skeleton(name, known[name]), encoding="utf-8")
        print(f"{path.relative_to(RUNBOOKS.parent.parent)}: write what is in [write: …]")
    return 0


if __name__ == "__main__":
    sys.exit(main())
