"""`storage/archive.yml`: what is kept for 400 days, no less and no more."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from fortuna_otel import recorded, signals
from tools.build import binary

ROOT = Path(__file__).resolve().parents[2]
STORAGE = ROOT / "storage"
KPI = (ROOT / "docs" / "kpi.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def kept() -> re.Pattern[str]:
    """The keep-list; Prometheus matches it against the whole name."""
    [target] = yaml.safe_load((STORAGE / "archive.yml").read_text(encoding="utf-8"))["remote_write"]
    [keep] = target["write_relabel_configs"]
    assert keep["action"] == "keep"
    assert keep["source_labels"] == ["__name__"]
    return re.compile(keep["regex"])


def test_prometheus_accepts_it_behind_its_own_configuration(tmp_path: Path) -> None:
    """As the README says: the two files one after the other."""
    folder = tmp_path / "storage"
    folder.mkdir()
    (tmp_path / "alerting").symlink_to(ROOT / "alerting")
    text = [
        (STORAGE / f"{name}.yml").read_text(encoding="utf-8") for name in ("prometheus", "archive")
    ]
    (folder / "with-archive.yml").write_text("".join(text), encoding="utf-8")
    answer = subprocess.run(
        [binary("promtool"), "check", "config", folder / "with-archive.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert re.search(r"[1-9]\d* rule files found", answer.stdout)


def test_every_key_figure_is_kept_and_nothing_that_comes_every_second(
    kept: re.Pattern[str],
) -> None:
    """A minute's samples for 400 days are 60 GB; a second's would be a terabyte and more."""
    names = {name for name in recorded.BY_PROMETHEUS if kept.fullmatch(name)}
    assert names >= {name for name in recorded.BY_PROMETHEUS if ":kpi:" in name}
    assert {recorded.BY_PROMETHEUS[name].interval for name in names} == {60.0}
    assert not [name for name in signals.BY_PROMETHEUS if kept.fullmatch(name)]


def test_what_is_kept_is_defined(kept: re.Pattern[str]) -> None:
    """docs/kpi.md has a row for each, and for nothing else."""
    rows = set(re.findall(r"^\| `(fortuna:[\w:]+)` \|", KPI, re.MULTILINE))
    assert rows == {name for name in recorded.BY_PROMETHEUS if kept.fullmatch(name)}


def test_labels_of_key_figures_are_as_documented() -> None:
    """Each label that a row names is one the series has."""
    rows = re.findall(r"^\| `(fortuna:kpi:\w+)` \| ([^|]+) \|", KPI, re.MULTILINE)
    assert len(rows) > 10
    for name, cell in rows:
        named = set(re.findall("[a-z]+", re.sub(r"\([^)]*\)", "", cell)))
        assert named <= set(recorded.BY_PROMETHEUS[name].attributes), name


def test_every_flag_is_explained() -> None:
    """A platform engineer finds each flag, and what breaks without it, beside the file."""
    table = (STORAGE / "README.md").read_text(encoding="utf-8")
    lines = (STORAGE / "archive.flags").read_text(encoding="utf-8").splitlines()
    flags = [line for line in lines if not line.startswith("#")]
    assert "--storage.tsdb.retention.time=400d" in flags
    for flag in flags:
        assert f"| `{flag}` |" in table
