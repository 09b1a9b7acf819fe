"""`scripts/recorded.py`: recorded series can be read by name, with the labels they have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from fortuna_otel import recorded as committed
from scripts import recorded

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_file_is_current() -> None:
    """Whoever renames a rule runs `make generate`, and what read the old name breaks."""
    assert recorded.TARGET.read_text(encoding="utf-8") == recorded.rendered()


def test_check_says_what_is_not_current_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI fails with the way to mend it; without `--check` the file is written."""
    target = tmp_path / "recorded.py"
    monkeypatch.setattr(recorded, "TARGET", target)
    monkeypatch.setattr(recorded, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["recorded.py", "--check"])
    assert recorded.main() == 1
    assert "make generate" in capsys.readouterr().err
    assert not target.exists()
    monkeypatch.setattr(sys, "argv", ["recorded.py"])
    assert recorded.main() == 0
    assert target.read_text(encoding="utf-8") == recorded.rendered()


def test_runs_as_a_script() -> None:
    """As `make generate` and tox run it."""
    subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "recorded.py"), "--check"], check=True, cwd=ROOT
    )


def test_labels_are_those_that_samples_were_seen_with() -> None:
    """Of all samples together: a label may be absent from one. Text in quotes is no label."""
    test = {
        "promql_expr_test": [
            {"exp_samples": [{"labels": 'fortuna:a:b{x="1", y="z=\\"2\\""}'}]},
            {"exp_samples": [{"labels": 'fortuna:a:b{w="1"}'}, {"labels": '{v="1"}'}]},
            {"expr": "fortuna:a:c"},
        ]
    }
    assert recorded.labels({"one.yaml": {"tests": [test]}}) == {"fortuna:a:b": {"w", "x", "y"}}


def test_the_slowest_of_several_rules_counts() -> None:
    """Whoever reads the series reads it over a window that fits all."""
    group = {"interval": "500ms", "rules": [{"record": "fortuna:a:b"}, {"alert": "A"}]}
    slow = {"interval": "1m", "rules": [{"record": "fortuna:a:b"}]}
    assert recorded.intervals({"one.yaml": {"groups": [group, slow]}}) == {"fortuna:a:b": 60.0}


def test_what_board_and_reports_start_from_can_be_read() -> None:
    """Each of these is shown by its name in some test of the rules."""
    read = committed.BY_PROMETHEUS
    wanted = [name for name in recorded.intervals(_rules()) if ":kpi:" in name or ":flow:" in name]
    assert {"fortuna:book", "fortuna:book:view", *wanted} <= read.keys()
    assert read["fortuna:book"].interval == 5


def _rules() -> dict[str, Any]:
    folder = ROOT / "alerting" / "rules"
    return {
        path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in folder.glob("*.yaml")
    }
