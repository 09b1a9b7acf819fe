"""`scripts/runbooks.py`: a new alert gets a runbook to fill in, and nobody forgets to."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from scripts import runbooks

if TYPE_CHECKING:
    from pathlib import Path

RULE = {
    "alert": "CoffeeOut",
    "expr": "coffee == 0\n",
    "labels": {"severity": "page", "owner": "desk"},
    "annotations": {"action": "Make\nsome."},
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of its own, with one alert and no runbook."""
    rules, texts = tmp_path / "alerting" / "rules", tmp_path / "docs" / "runbooks"
    rules.mkdir(parents=True)
    texts.mkdir(parents=True)
    ticket = {**RULE, "labels": {"severity": "ticket", "owner": "platform"}}
    groups = [{"name": "one", "rules": [ticket, RULE, {"record": "a:b", "expr": "c"}]}]
    (rules / "coffee.yaml").write_text(yaml.safe_dump({"groups": groups}), encoding="utf-8")
    monkeypatch.setattr(runbooks, "RULES", rules)
    monkeypatch.setattr(runbooks, "RUNBOOKS", texts)
    return texts


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Call it as the shell does."""
    monkeypatch.setattr(sys, "argv", ["runbooks.py", *arguments])
    return runbooks.main()


def test_every_alert_has_one_that_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody reads it at 3 a.m."""
    assert run(monkeypatch, "--check") == 0


def test_a_skeleton_has_what_the_rules_say(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expression and action of the page, owners of both; the four questions as headings."""
    assert run(monkeypatch) == 0
    text = (tree / "CoffeeOut.md").read_text(encoding="utf-8")
    assert text.startswith("# CoffeeOut\n")
    assert "a page and a ticket of desk and platform" in text
    assert "```promql\ncoffee == 0\n```" in text
    assert "1. Make some.\n" in text
    headings = ["## What it means in money", "## Confirm", "## Do", "## Silence"]
    assert [line for line in text.splitlines() if line.startswith("## ")] == headings


def test_what_is_written_is_never_written_over(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A runbook is somebody's work."""
    path = tree / "CoffeeOut.md"
    path.write_text("# CoffeeOut\n", encoding="utf-8")
    assert run(monkeypatch) == 0
    assert path.read_text(encoding="utf-8") == "# CoffeeOut\n"


def test_check_names_what_is_missing_and_what_waits(
    tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI fails with file and line, and writes nothing."""
    assert run(monkeypatch, "--check") == 1
    assert "CoffeeOut has no runbook" in capsys.readouterr().err
    assert list(tree.iterdir()) == []
    run(monkeypatch)
    assert run(monkeypatch, "--check") == 1
    assert "docs/runbooks/CoffeeOut.md:3: [write: What is wrong" in capsys.readouterr().err
