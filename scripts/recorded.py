"""Generate `src/fortuna_otel/recorded.py`: every recorded series, to be read by name.

    python scripts/recorded.py           write it if it changed
    python scripts/recorded.py --check   write nothing; exit with 1 if it is not current

Names and intervals are those of `alerting/rules`. Labels are those that promtool has shown: the
samples that `alerting/tests` expects. A series that no test shows by its name is left out.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script starts with scripts/ on the path, a test with the root

from scripts.generating import write  # noqa: E402

TARGET: Final = ROOT / "src" / "fortuna_otel" / "recorded.py"
ALERTING: Final = ROOT / "alerting"
WIDTH: Final = 100
SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}
SAMPLE: Final = re.compile(r"(fortuna:[\w:]+)\{(.*)\}", re.DOTALL)
LABEL: Final = re.compile(r'(\w+) *= *"(?:[^"\\]|\\.)*"')
HEAD: Final = '''\
# Generated from alerting/ by scripts/recorded.py; edit that and run `make generate`.
"""Every series that a rule of `alerting/rules` records, such as `recorded.BOOK`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortuna_otel.signals.spec import Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping
'''
TAIL: Final = '''
BY_PROMETHEUS: Final[Mapping[str, Recorded]] = {
    value.prometheus: value for value in tuple(globals().values()) if isinstance(value, Recorded)
}
"""Recorded series by their name in the store."""
'''


def intervals(files: Mapping[str, Any]) -> dict[str, float]:
    """Return how often each series is recorded, in seconds; the slowest of several rules."""
    found: dict[str, float] = {}
    for file in files.values():
        for group in file["groups"]:
            number, unit = re.split(r"(?<=\d)(?=[a-z])", group["interval"])
            for rule in group["rules"]:
                if name := rule.get("record"):
                    found[name] = max(found.get(name, 0.0), float(number) * SECONDS[unit])
    return found


def labels(files: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the labels that samples of each series were seen with."""
    found: dict[str, set[str]] = {}
    for sample in _samples(files):
        if shown := SAMPLE.fullmatch(sample.strip()):
            found.setdefault(shown[1], set()).update(LABEL.findall(shown[2]))
    return found


def _samples(files: Mapping[str, Any]) -> Iterator[str]:
    for file in files.values():
        for test in file["tests"]:
            for case in test.get("promql_expr_test", ()):
                for sample in case.get("exp_samples") or ():
                    yield str(sample["labels"])


def rendered() -> str:
    """Return the module."""
    rules, tests = (
        {
            path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
            for path in sorted((ALERTING / folder).glob("*.yaml"))
        }
        for folder in ("rules", "tests")
    )
    shown = labels(tests)
    lines = [HEAD]
    for name, interval in sorted(intervals(rules).items()):
        if name not in shown:
            continue
        constant = name.removeprefix("fortuna:").replace(":", "_").upper()
        lines.append(_constant(constant, name, sorted(shown[name]), f"{interval:g}"))
    return "\n".join(lines) + "\n" + TAIL


def _constant(constant: str, name: str, kept: Sequence[str], interval: str) -> str:
    """Return the definition as `ruff format` would lay it out."""
    comma = "," if len(kept) == 1 else ""
    told = f"({', '.join(map(json.dumps, kept))}{comma})"
    flat = f"{constant}: Final = Recorded({json.dumps(name)}, {told}, {interval})"
    if len(flat) <= WIDTH:
        return flat
    inner = f"    {json.dumps(name)}, {told}, {interval}"
    if len(inner) <= WIDTH:
        return f"{constant}: Final = Recorded(\n{inner}\n)"
    if len(told) + 5 > WIDTH:
        told = "(\n" + "".join(f"        {json.dumps(label)},\n" for label in kept) + "    )"
    return (
        f"{constant}: Final = Recorded(\n    {json.dumps(name)},\n    {told},\n    {interval},\n)"
    )


def main() -> int:
    """Write the file, or say whether it is current."""
    return write(__doc__, TARGET, ROOT, rendered())


if __name__ == "__main__":
    sys.exit(main())
