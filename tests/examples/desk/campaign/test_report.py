"""The table stands between its markers, and says what is not as it must be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from examples.desk.campaign import report

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {
    "fault": "too wide",
    "about": "A spread is multiplied.",
    "alert": "SpreadTooWide",
    "severity": "page",
    "receivers": ["pagerduty-routing-key", "slack"],
    "injected_to_told": 7.84,
    "fired_to_told": 0.11,
    "healed_to_resolved": None,
    "extra": 0,
    "problems": [],
}
QUIET = {**GOOD, "fault": "paused", "alert": None, "receivers": []}
BAD = {**GOOD, "problems": ["slack | was told 2 times"], "extra": 1}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place of its own for what is written."""
    monkeypatch.setattr(report, "DOCUMENT", tmp_path / "alerting.md")
    monkeypatch.setattr(report, "FIGURES", tmp_path / "campaign.json")
    return tmp_path


def test_the_table_replaces_the_one_before(files: Path) -> None:
    """What stands around the markers stays; the figures are beside it."""
    document = files / "alerting.md"
    document.write_text(
        "# Alerting\n\nBefore.\n\n<!-- campaign -->\nthe one before\n<!-- /campaign -->\nAfter.\n"
    )
    report.write(rows=[GOOD, QUIET], measured="today")
    text = document.read_text()
    assert text.startswith("# Alerting\n\nBefore.\n")
    assert text.endswith("<!-- /campaign -->\nAfter.\n")
    assert "the one before" not in text
    assert "2 rows, every row is as it must be" in text
    assert (
        "| **too wide**: A spread is multiplied. | SpreadTooWide (page): PagerDuty desk, Slack "
        "| 7.8 s | 0.1 s | - | 0 | ✓ |"
    ) in text
    assert "| nobody |" in text
    assert json.loads((files / "campaign.json").read_text())["rows"] == [GOOD, QUIET]


def test_a_fault_measured_anew_takes_its_place_and_says_so(files: Path) -> None:
    """The rest stays as it was measured; what is new comes last."""
    other = {**GOOD, "fault": "one-sided"}
    report.write(rows=[QUIET, BAD, other], measured="today")
    again, new = {**GOOD, "measured": "later"}, {**GOOD, "fault": "new", "measured": "later"}
    rows = report.merged([again, new])
    assert [(row["fault"], row["measured"]) for row in rows] == [
        ("paused", "today"),
        ("too wide", "later"),
        ("one-sided", "today"),
        ("new", "later"),
    ]
    text = report.markdown(rows, "later")
    assert "4 rows, every row is as it must be" in text
    assert "in another run than the rest: new (later), too wide (later)." in text


def test_a_quiet_run_stands_above_the_table(files: Path) -> None:
    """Either is measured without the other, and neither forgets the other."""
    quiet = {"measured": "now", "minutes": 31.4, "acts": 80, "about": "Deploys", "told": []}
    report.write(rows=[GOOD], measured="today")
    report.write(quiet=quiet)
    said = "Ordinary life, measured now: 80 acts in 31 minutes (Deploys): nobody was told anything."
    assert said in (files / "alerting.md").read_text()
    report.write(rows=[GOOD, QUIET], measured="later")
    text = (files / "alerting.md").read_text()
    assert text.index(said) < text.index("Measured later: 2 rows, every row is as it must be")
    assert report.quiet_line({**quiet, "told": ["a", "b"]}).endswith("(Deploys): told: a; b.")


def test_without_a_document_it_begins_one(files: Path) -> None:
    """The section alone, for whoever writes the rest."""
    report.write(rows=[BAD], measured="today")
    text = (files / "alerting.md").read_text()
    assert "## Fault campaign" in text
    assert "1 rows are not as they must be" in text
    assert "✗ slack \\| was told 2 times |" in text


def test_a_document_without_markers_is_left_alone(files: Path) -> None:
    """It says where they belong."""
    (files / "alerting.md").write_text("# Alerting\n")
    with pytest.raises(ValueError, match="## Fault campaign"):
        report.write(rows=[GOOD], measured="today")
    assert (files / "alerting.md").read_text() == "# Alerting\n"
