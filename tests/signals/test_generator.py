"""`scripts/semconv.py`: what it refuses, writes and checks."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

import pytest
import yaml

from fortuna_otel import signals
from scripts import semconv
from scripts.definition import RegistryError
from scripts.registry import load

if TYPE_CHECKING:
    from scripts.registry import Registry

ROOT = Path(__file__).resolve().parents[2]

ATTRIBUTES = """\
# Attributes
#
# A small registry.
file_format: definition/2
attributes:
  - key: client
    type: string
    stability: development
    brief: Whose it is.
    examples: [acme]
    annotations: {fortuna: {max: 4}}
  - key: side
    stability: development
    brief: A side.
    type:
      members:
        - {id: bid, value: bid, brief: to buy, stability: development}
        - {id: ask, value: ask, brief: to sell, stability: development}
        - {id: buy, value: buy, brief: bought, stability: development}
  - key: band
    stability: development
    brief: A band.
    type:
      members:
        - {id: pct_0_5, value: "0.5", brief: near, stability: development}
attribute_groups:
  - id: fortuna.client
    visibility: public
    stability: development
    brief: A client.
    annotations: {fortuna: {letter: C, desk: 10, process: 1}}
    attributes: [{ref: client, requirement_level: required}]
  - id: fortuna.book
    visibility: public
    stability: development
    brief: A book.
    annotations: {fortuna: {desk: 10, process: 1}}
    attributes: [{ref: client, requirement_level: required}]
  - id: fortuna.book_side
    visibility: internal
    attributes:
      - ref: side
        requirement_level: required
        brief: Side of the book.
        annotations: {fortuna: {values: [bid, ask]}}
"""

QUOTES = """\
# Quotes
#
# What is quoted.
file_format: definition/2
metrics:
  - name: fortuna.quote.bid
    instrument: gauge
    unit: "{quote}"
    stability: development
    brief: Best bid \N{MINUS SIGN} own. Absent without one.
    attributes:
      - ref_group: fortuna.book
      - ref_group: fortuna.book_side
      - {ref: band, requirement_level: required}
    annotations: {fortuna: {series: 2, critical: true, alerts: [SpreadTooWide]}}
  - name: fortuna.quote.width
    instrument: gauge
    unit: "1"
    stability: development
    brief: Old name of the spread.
    deprecated: {reason: renamed, renamed_to: fortuna.quote.spread, note: Removed in 0.3.}
    attributes: [{ref_group: fortuna.client}]
  - name: fortuna.quote.spread
    instrument: gauge
    unit: "1"
    stability: development
    brief: Spread as a share of mid.
    attributes: [{ref_group: fortuna.client}]
  - name: fortuna.quote.mood
    instrument: counter
    unit: "{event}"
    stability: development
    brief: Changes of mood.
    deprecated: {reason: obsoleted, note: Nobody used it.}
    attributes: [{ref_group: fortuna.client}]
"""


class Load(Protocol):
    """Writes the small registry with pieces of its text replaced, and loads it."""

    def __call__(self, *changes: tuple[str, str]) -> Registry:
        """Replace the first of each pair by its second."""


@pytest.fixture
def registry(tmp_path: Path) -> Load:
    """A small registry of four signals."""

    def load_changed(*changes: tuple[str, str]) -> Registry:
        texts = {"attributes.yaml": ATTRIBUTES, "quotes.yaml": QUOTES}
        for old, new in changes:
            assert any(old in text for text in texts.values()), f"{old!r} is not in it"
            texts = {name: text.replace(old, new) for name, text in texts.items()}
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
        return load(tmp_path, ["quotes"])

    return load_changed


def quotes_of(registry: Registry) -> ModuleType:
    """Import the quotes module generated for `registry`, its attributes and enums inlined."""
    rendered = semconv.render(registry)
    source = "\n".join(
        rendered[f"{semconv.PACKAGE}/{name}.py"] for name in ("attributes", "enums", "quotes")
    )
    ours = r"^from (__future__|fortuna_otel.signals(.enums)?) import .*$"
    source = re.sub(ours, "", source, flags=re.MULTILINE).replace("attr.", "")
    module = ModuleType("quotes")
    code = compile(f"from __future__ import annotations\n{source}", "quotes.py", "exec")
    exec(code, module.__dict__)  # noqa: S102  our own output
    return module


def test_the_generated_files_are_current() -> None:
    """What is committed is what the registry says."""
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "scripts/semconv.py", "--check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_generated_file_says_so_in_its_first_line() -> None:
    """Nobody edits a file that the next run would overwrite."""
    for path, text in semconv.render(load(ROOT / "semconv")).items():
        assert "Generated from semconv/" in text.splitlines()[0], path


def test_a_difference_is_shown_and_mended(registry: Load, tmp_path: Path) -> None:
    """A stale file appears as a diff, writing mends it, and a module without a section goes."""
    expected = semconv.render(registry())
    assert semconv.write(expected, tmp_path) == list(expected)
    assert semconv.difference(expected, tmp_path) == ""

    stale = tmp_path / semconv.PACKAGE / "quotes.py"
    stale.write_text(stale.read_text().replace("fortuna.quote.bid", "fortuna.quote.bit"))
    orphan = tmp_path / semconv.PACKAGE / "gossip.py"
    orphan.write_text("")
    (tmp_path / semconv.PACKAGE / "spec.py").write_text("")

    diff = semconv.difference(expected, tmp_path)
    assert '-    name="fortuna.quote.bit",' in diff
    assert '+    name="fortuna.quote.bid",' in diff
    assert "gossip.py: no longer generated" in diff
    assert semconv.write(expected, tmp_path) == [
        f"{semconv.PACKAGE}/quotes.py",
        f"{semconv.PACKAGE}/gossip.py",
    ]
    assert semconv.difference(expected, tmp_path) == ""


def test_the_command_checks_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` exits with 1 and a diff, a run writes, and then `--check` exits with 0."""
    (tmp_path / "semconv").symlink_to(ROOT / "semconv")
    assert semconv.main(["--check"], tmp_path) == 1
    shown = capsys.readouterr()
    assert "+LADDER_PRICE: Final = Signal(" in shown.out
    assert "make generate" in shown.err
    assert semconv.main([], tmp_path) == 0
    assert f"{semconv.PACKAGE}/quotes.py" in capsys.readouterr().out
    assert semconv.main(["--check"], tmp_path) == 0


def test_the_command_reports_a_broken_registry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of the registry is a sentence and exit code 2, not a traceback."""
    (tmp_path / "semconv").mkdir()
    (tmp_path / "semconv/attributes.yaml").write_text("# Attributes\nfile_format: 1\n")
    assert semconv.main([], tmp_path) == 2
    assert (
        "semconv/ attributes.yaml: file_format: 'definition/2' was expected"
        in capsys.readouterr().err
    )


def test_a_renamed_signal_keeps_its_constant_and_says_where_it_went(registry: Load) -> None:
    """For one release both names exist; code and page point from the old to the new."""
    quotes = quotes_of(registry())
    assert quotes.WIDTH.deprecated.renamed_to == "fortuna.quote.spread"
    assert quotes.WIDTH.deprecated.note == "Removed in 0.3."
    assert quotes.WIDTH.deprecated.replacement == "quotes.SPREAD"
    assert quotes.SPREAD.deprecated is None
    module = semconv.render(registry())[f"{semconv.PACKAGE}/quotes.py"]
    assert '"""Deprecated: use `quotes.SPREAD`. Removed in 0.3."""' in module
    page = semconv.render(registry())["docs/signals.md"]
    assert (
        "**Deprecated.** Removed in 0.3. Use `fortuna.quote.spread`. Old name of the spread."
        in page
    )


def test_a_signal_can_end_without_a_successor(registry: Load) -> None:
    """An obsolete signal says why, and points nowhere."""
    quotes = quotes_of(registry())
    assert quotes.MOOD.deprecated.renamed_to is None
    assert quotes.MOOD.deprecated.replacement is None
    assert quotes.MOOD.deprecated.note == "Nobody used it."
    page = semconv.render(registry())["docs/signals.md"]
    assert "**Deprecated.** Nobody used it. Changes of mood." in page


def test_a_renamed_signal_costs_nothing_beside_the_new_one(registry: Load) -> None:
    """A service writes either: counting both would take room from signals that need it."""
    (row,) = [row for row in semconv.Budget.of(registry()).rows if row.identity.name == "client"]
    assert [metric.name for metric in row.metrics] == ["fortuna.quote.spread", "fortuna.quote.mood"]


def test_a_limit_is_the_product_of_what_its_attributes_can_be(registry: Load) -> None:
    """Closed sets count their members, open ones their declared bound."""
    small = registry()
    assert [metric.limit for metric in small.metrics] == [2, 1, 1, 1]


def test_definitions_are_ascii_in_code_and_typographic_on_the_page(registry: Load) -> None:
    """The minus sign of the registry is a hyphen in Python and itself in Markdown."""
    rendered = semconv.render(registry())
    assert "Best bid - own." in rendered[f"{semconv.PACKAGE}/quotes.py"]
    assert "Best bid \N{MINUS SIGN} own." in rendered["docs/signals.md"]


def test_the_filter_keeps_critical_signals_and_only_them() -> None:
    """The expression matches whole names; a dot matches a dot."""
    text = semconv.render(load(ROOT / "semconv"))["collector/critical.yaml"]
    (condition,) = yaml.safe_load(text)["processors"]["filter/critical"]["metrics"]["metric"]
    pattern = condition.removeprefix('not (IsMatch(name, "').removesuffix('"))')
    for signal in signals.ALL:
        assert bool(re.match(pattern, signal.name)) == signal.critical, signal.name
    for name in (
        "fortuna.heartbeat.timestamp.old",
        "my.fortuna.heartbeat.timestamp",
        "fortunaXequity",
    ):
        assert not re.match(pattern, name)


SIDE = "- ref_group: fortuna.book_side"
BAND = "{ref: band, requirement_level: required}"
WIDTH = "name: fortuna.quote.width"
GONE = "deprecated: {reason: obsoleted, note: Nobody used it.}\n"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("instrument: counter", "instrument: updowncounter", "mood > instrument: 'updowncounter'"),
        ('unit: "{event}"', "unit: min", "mood > unit: 'min' is none of s, 1 for"),
        ("name: fortuna.quote.mood", "name: quote.mood", "quote.mood > name: 'quote.mood' is none"),
        ("series: 2, ", "sereis: 2, ", "'sereis' was unexpected"),
        ("series: 2, ", "series: 3, ", "fortuna.quote.bid: 3 series are more than its limit 2"),
        ("series: 2, ", "series: 0, ", "'why' is a required property"),
        (", alerts: [SpreadTooWide]", "", "'alerts' is a dependency of 'critical'"),
        (SIDE, "- {ref: side, requirement_level: required}", "side has several closed sets"),
        (SIDE, "- ref_group: fortuna.top_side", "no group fortuna.top_side"),
        (SIDE, "- ref_group: fortuna.client", "exactly one public group, not to 2"),
        ("- ref_group: fortuna.book\n      " + SIDE, SIDE, "exactly one public group, not to 0"),
        (BAND, BAND.replace("band", "bend"), "fortuna.quote.bid: attributes.yaml has no attribute"),
        (BAND, BAND.replace("required", "opt_in"), "quotes.yaml: metrics > fortuna.quote.bid"),
        (BAND, BAND.replace("band", "client"), "fortuna.quote.bid: an attribute is there twice"),
        ("values: [bid, ask]", "values: [bid, sell]", "['sell'] are no members of side"),
        ("renamed_to: fortuna.quote.spread", "renamed_to: fortuna.quote.gap", "does not exist"),
        (
            "brief: Old",
            "annotations: {fortuna: {slow: true}}\n    brief: Old",
            "whose slow differs",
        ),
        ("brief: Spread", f"{GONE}    brief: Spread", "which is deprecated too"),
        (WIDTH, "name: fortuna.quote.spread_ratio", "fortuna_quote_spread_ratio is taken by"),
        (WIDTH, "name: fortuna.quotes.spread", "SPREAD is taken by fortuna.quotes.spread"),
        ("    annotations: {fortuna: {max: 4}}\n", "", "client: 'annotations' is a required"),
        ("value: bid,", "value: BID!,", "side > type > members > bid > value: 'BID!' is none of"),
        ("# Quotes\n#\n# What is quoted.\n", "", "quotes.yaml: open with a comment"),
        ("file_format: definition/2\nmetrics", "metrics", "'file_format' is a required property"),
        ("metrics:", "metrics: [", "quotes.yaml cannot be read"),
    ],
)
def test_a_broken_rule_is_named(registry: Load, old: str, new: str, message: str) -> None:
    """A mistake in the registry stops the generator with where it is and what is wrong."""
    with pytest.raises(RegistryError, match=re.escape(message)):
        registry((old, new))


def test_a_histogram_needs_ascending_buckets(registry: Load) -> None:
    """Buckets out of order would count wrongly without an error anywhere else."""
    histogram = ('instrument: counter\n    unit: "{event}"', "instrument: histogram\n    unit: s")
    with pytest.raises(RegistryError, match=r"fortuna\.quote\.mood"):
        registry(histogram)
    facts = "    annotations: {fortuna: {buckets: [1, 0.5]}}\n"
    with pytest.raises(RegistryError, match="buckets must ascend"):
        registry(histogram, ("Nobody used it.}\n", f"Nobody used it.}}\n{facts}"))
