"""`scripts/thresholds.py`: the rules follow from the table, mandates before defaults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from fortuna_otel.mandates.thresholds import BY_ALERT, THRESHOLDS
from scripts import thresholds

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_file_is_current() -> None:
    """Whoever edits the table runs `make generate`."""
    assert thresholds.TARGET.read_text(encoding="utf-8") == thresholds.rendered()


def test_check_says_what_is_not_current_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI fails with the way to mend it; without `--check` the file is written."""
    target = tmp_path / "thresholds.yaml"
    monkeypatch.setattr(thresholds, "TARGET", target)
    monkeypatch.setattr(thresholds, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["thresholds.py", "--check"])
    assert thresholds.main() == 1
    assert "make generate" in capsys.readouterr().err
    assert not target.exists()
    monkeypatch.setattr(sys, "argv", ["thresholds.py"])
    assert thresholds.main() == 0
    assert target.read_text(encoding="utf-8") == thresholds.rendered()


def test_every_figure_has_one_rule_with_its_default() -> None:
    """One record, alert and severity; a default that is nowhere would make the alert mute."""
    rules = [
        rule for group in yaml.safe_load(thresholds.rendered())["groups"] for rule in group["rules"]
    ]
    keys = [(rule["record"], *sorted(rule.get("labels", {}).items())) for rule in rules]
    assert len(keys) == len(set(keys))
    figures = [
        (row, figure)
        for row in THRESHOLDS
        for figure in (row.patience, row.tolerance)
        if figure is not None
    ]
    recorded = [rule for rule in rules if "severity" in rule.get("labels", {})]
    assert len(recorded) == len(figures)
    for (row, figure), rule in zip(figures, recorded, strict=True):
        assert rule["labels"]["severity"] == row.severity
        for value in {figure.liquid, figure.thin} - {1.0}:
            assert f"{value:.12g}" in rule["expr"]


def test_a_row_is_found_by_its_alert_and_severity() -> None:
    """Two rows of the same would contradict each other."""
    assert len(BY_ALERT) == len(THRESHOLDS)


def test_it_runs_as_a_script() -> None:
    """As `make generate` calls it, from anywhere."""
    answer = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "thresholds.py"), "--check"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
