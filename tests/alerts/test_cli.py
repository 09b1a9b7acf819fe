"""`fortuna-otel alerts check` and `generate`, as they are typed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import cli
from tests.alerts.conftest import COMMITTED, EVERYTHING, ROOT

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with rules, templates and the routing file that has everything."""
    shutil.copytree(ROOT / "alerting", tmp_path / "alerting")
    (tmp_path / "alerting" / "routing.yaml").write_text(EVERYTHING, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> int:
    """Run a command on a project."""
    return cli.main(["alerts", *arguments, "--routing", f"{project}/alerting/routing.yaml"])


def test_what_is_committed_is_what_is_generated() -> None:
    """A change of rules or routing brings its files along."""
    assert cli.main(["alerts", "generate", "--check", "--routing", str(COMMITTED)]) == 0


def test_generate_writes_what_differs_and_says_so(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A second run changes nothing."""
    assert run(project, "generate") == 0
    said = capsys.readouterr().out
    assert f"wrote {project}/alerting/alertmanager.yml" in said
    assert f"wrote {project}/grafana-provisioning/alerting/rules.yaml" in said
    assert run(project, "generate") == 0
    assert capsys.readouterr().out == "7 files, 0 changed\n"


def test_check_of_generated_files_writes_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names what is out of date."""
    run(project, "generate")
    stale = project / "alerting" / "alertmanager.yml"
    stale.write_text("edited", encoding="utf-8")
    capsys.readouterr()
    assert run(project, "generate", "--check") == 1
    assert capsys.readouterr().out.startswith(f"{stale} is not what {project}/alerting/routing")
    assert stale.read_text(encoding="utf-8") == "edited"


def test_a_good_file_is_shown_as_who_is_told_by_what(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The list to compare with one's memory of the desk."""
    assert run(project, "check") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("routing.yaml: good: 9 receivers, evaluator ruler")
    told = dict(line.split(maxsplit=1) for line in lines[2:])
    assert told["desk-page"] == (
        "slack (secrets/slack-webhook-url), pagerduty (secrets/pagerduty-routing-key)"
    )
    assert told["client-acme-ticket"] == "slack (secrets/slack-acme-webhook-url)"


@pytest.mark.parametrize("command", ["check", "generate"])
def test_problems_are_counted(
    project: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """And nothing is written."""
    path = project / "alerting" / "routing.yaml"
    path.write_text(EVERYTHING.replace("London", "Londres").replace("30s", "x"), encoding="utf-8")
    before = (project / "alerting" / "alertmanager.yml").read_text(encoding="utf-8")
    assert run(project, command) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 3
    assert said[-1] == f"{path}: 2 problems"
    assert (project / "alerting" / "alertmanager.yml").read_text(encoding="utf-8") == before


def test_a_broken_rule_file_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rules are read for their names, and translated for Grafana."""
    (project / "alerting" / "rules" / "broken.yaml").write_text("groups: [", encoding="utf-8")
    assert run(project, "generate") == 1
    assert "broken.yaml: is no rule file:" in capsys.readouterr().err


def test_a_missing_template_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Grafana gets the same words as Alertmanager."""
    (project / "alerting" / "templates" / "slack.tmpl").unlink()
    assert run(project, "generate") == 1
    assert "slack.tmpl: cannot be read" in capsys.readouterr().err


def test_without_watchers_there_are_none(project: Path) -> None:
    """They are a file of their own."""
    (project / "alerting" / "watchers.yaml").unlink()
    assert run(project, "generate") == 0
    text = (project / "grafana-provisioning" / "alerting" / "rules.yaml").read_text("utf-8")
    assert "fortuna-watchers" not in text


def test_test_fire_needs_a_good_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2: nothing was sent."""
    (project / "alerting" / "routing.yaml").write_text("teams: []", encoding="utf-8")
    assert run(project, "test-fire") == 2
    assert "is not a mapping" in capsys.readouterr().err
