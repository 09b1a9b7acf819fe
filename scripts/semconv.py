"""Generate everything that follows from the signal registry in `semconv/`.

    python scripts/semconv.py           write what changed
    python scripts/semconv.py --check   write nothing; show what differs and exit with 1

Written are the modules of `src/fortuna_otel/signals/`, the signal reference and the series budget
in `docs/`, and the Collector's filter of critical signals.
"""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import jinja2

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script starts with scripts/ on the path, a test with the root

from scripts.definition import RegistryError  # noqa: E402
from scripts.registry import Registry, load  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scripts.registry import Identity, Metric

PACKAGE: Final = "src/fortuna_otel/signals"
HAND_WRITTEN: Final = frozenset({f"{PACKAGE}/spec.py", f"{PACKAGE}/prometheus.py"})
NOTICE: Final = "Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`."
# Prose uses the signs of the trade, source code keeps to ASCII.
ASCII: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{MULTIPLICATION SIGN}": "*", "÷": "/"})

# The goals of the budget; BOOKS is the size of desk that attributes.yaml counts identities for.
BOOKS: Final = 400
GOAL_BOOK: Final = 150
GOAL_DESK: Final = 60_000
GOAL_PROCESS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Row:
    """What the signals about one identity amount to, in steady state."""

    identity: Identity
    metrics: tuple[Metric, ...]

    @property
    def series(self) -> int:
        """Series of one."""
        return sum(metric.series for metric in self.metrics)

    @property
    def samples(self) -> float:
        """Samples a second of one."""
        return sum(metric.samples for metric in self.metrics)

    @property
    def critical(self) -> float:
        """Samples a second of one that the critical pipeline carries as well."""
        return sum(metric.samples for metric in self.metrics if metric.critical)

    @property
    def watched(self) -> int:
        """Series that a watcher adds to one."""
        return sum(metric.series for metric in self.metrics if metric.watched)

    @property
    def limit(self) -> int:
        """Most series that one can have in a process; what is beyond is refused."""
        return sum(
            metric.limit * (len(metric.buckets) + 3 if metric.buckets else 1)
            for metric in self.metrics
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """Series and samples of a desk of 400 books, and of one of its processes."""

    rows: tuple[Row, ...]

    @classmethod
    def of(cls, registry: Registry) -> Budget:
        """Count what the registry's annotations say."""
        rows = (
            Row(
                identity,
                tuple(m for m in registry.metrics if m.identity == identity and not m.superseded),
            )
            for identity in registry.identities
        )
        return cls(tuple(row for row in rows if row.metrics))

    @property
    def book(self) -> Row:
        """The row of a book by itself."""
        return next(row for row in self.rows if row.identity.name == "book")

    @property
    def desk_series(self) -> int:
        """Series of the whole desk."""
        return sum(row.series * row.identity.desk for row in self.rows)

    @property
    def desk_samples(self) -> float:
        """Samples a second of the whole desk."""
        return sum(row.samples * row.identity.desk for row in self.rows)

    @property
    def desk_critical(self) -> float:
        """Samples a second of the whole desk in the critical pipeline."""
        return sum(row.critical * row.identity.desk for row in self.rows)

    @property
    def desk_watched(self) -> int:
        """Series that watchers add, if every book has one."""
        return sum(row.watched * row.identity.desk for row in self.rows)

    @property
    def process_series(self) -> int:
        """Series of one process."""
        return sum(row.series * row.identity.process for row in self.rows)

    @property
    def process_samples(self) -> float:
        """Samples a second of one process."""
        return sum(row.samples * row.identity.process for row in self.rows)


def render(registry: Registry) -> dict[str, str]:
    """Return the text of every generated file by its path from the root of the repository."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "scripts/templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  it writes Python, YAML and Markdown, never HTML
    )
    environment.filters |= {"literal": literal, "prose": prose, "cell": cell, "number": number}
    environment.globals |= {"registry": registry, "notice": NOTICE}

    def fill(template: str, **values: object) -> str:
        return environment.get_template(template).render(**values)

    modules = sorted(["attributes", "enums", *(section.name for section in registry.sections)])
    python = {
        f"{PACKAGE}/__init__.py": fill("init.py.j2", modules=modules),
        f"{PACKAGE}/attributes.py": fill("attributes.py.j2"),
        f"{PACKAGE}/enums.py": fill("enums.py.j2"),
    }
    for section in registry.sections:
        used = {a.enum for metric in section.metrics for a in metric.attributes if a.enum}
        python[f"{PACKAGE}/{section.name}.py"] = fill(
            "section.py.j2", section=section, enums=sorted(used)
        )
    goals = {"BOOKS": BOOKS, "BOOK": GOAL_BOOK, "DESK": GOAL_DESK, "PROCESS": GOAL_PROCESS}
    return {path: _formatted(path, text) for path, text in python.items()} | {
        "docs/signals.md": fill("signals.md.j2"),
        "docs/series-budget.md": fill(
            "series-budget.md.j2", budget=Budget.of(registry), goals=goals
        ),
        "collector/critical.yaml": fill(
            "critical.yaml.j2", names=sorted(m.name for m in registry.metrics if m.critical)
        ),
    }


def literal(text: str, indent: int = 4) -> str:
    """Return a Python string literal, wrapped into an implicit concatenation where it is long."""
    text = " ".join(text.translate(ASCII).split())
    width = 100 - indent - len("brief='',")
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    if len(lines) <= 1:
        return _quoted(text)
    parts = [f"{line} " for line in lines[:-1]] + [lines[-1]]
    inner = "".join(f"{' ' * (indent + 4)}{_quoted(part)}\n" for part in parts)
    return f"(\n{inner}{' ' * indent})"


def prose(text: str, indent: int = 0) -> str:
    """Wrap text for a docstring, in ASCII."""
    text = " ".join(text.translate(ASCII).split())
    return textwrap.fill(
        text, 94, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def cell(text: str) -> str:
    """Make text fit for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def number(value: float) -> str:
    """Write a number as prose does: thousands apart, a decimal only where it tells something."""
    return f"{value:,.1f}".removesuffix(".0") if value < 1000 else f"{value:,.0f}"


def difference(expected: Mapping[str, str], root: Path) -> str:
    """Return a unified diff from the files under `root` to what they should be, or nothing."""
    chunks = [f"{path}: no longer generated, remove it\n" for path in _orphans(expected, root)]
    for path, text in expected.items():
        target = root / path
        before = target.read_text(encoding="utf-8") if target.exists() else ""
        chunks += difflib.unified_diff(
            before.splitlines(keepends=True),
            text.splitlines(keepends=True),
            path,
            f"{path} (generated)",
        )
    return "".join(chunks)


def write(expected: Mapping[str, str], root: Path) -> list[str]:
    """Write what differs, remove what is no longer generated, and return the paths of both."""
    changed = []
    for path, text in expected.items():
        target = root / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            changed.append(path)
    for path in _orphans(expected, root):
        (root / path).unlink()
        changed.append(path)
    return changed


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line on the repository at `root` and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 if stale")
    options = parser.parse_args(arguments)
    try:
        expected = render(load(root / "semconv"))
    except RegistryError as error:
        print(f"semconv/ {error}", file=sys.stderr)
        return 2
    if not options.check:
        for path in write(expected, root):
            print(path)
        return 0
    if diff := difference(expected, root):
        print(diff, end="")
        print("generated files differ from semconv/: run `make generate`", file=sys.stderr)
        return 1
    return 0


def _orphans(expected: Mapping[str, str], root: Path) -> list[str]:
    found = {path.relative_to(root).as_posix() for path in (root / PACKAGE).glob("*.py")}
    return sorted(found - set(expected) - HAND_WRITTEN)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _formatted(path: str, text: str) -> str:
    """Return Python as ruff formats it, so that templates need not care about layout."""
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", path, "-"]
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode:
        raise RegistryError(f"ruff cannot format {path}:\n{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
