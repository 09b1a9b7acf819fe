"""What `scripts/hygiene.py` finds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "hygiene.py"


@pytest.fixture
def hygiene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, looking at a directory of the test's own."""
    specification = importlib.util.spec_from_file_location("hygiene", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("a.md", "see /ro" + "ot/secret\n", "a path of one machine"),
        ("a.txt", "--index" + "-url x\n", "a package registry"),
        ("a.py", "x = 1\n" * 401, "split modules"),
    ],
)
def test_finds(hygiene: ModuleType, tmp_path: Path, name: str, text: str, what: str) -> None:
    """Each kind of finding names file and line."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    (finding,) = hygiene.findings(path)
    assert finding.startswith(f"{name}:1: ")
    assert what in finding


def test_is_silent_on_good_files(hygiene: ModuleType, tmp_path: Path) -> None:
    """A clean file gives nothing."""
    path = tmp_path / "good.py"
    path.write_text('"""Fine."""\n', encoding="utf-8")
    assert list(hygiene.findings(path)) == []


def test_a_generated_table_may_be_long(hygiene: ModuleType, tmp_path: Path) -> None:
    """Nobody reads it from top to bottom, and nobody edits it."""
    path = tmp_path / "table.py"
    path.write_text("# Generated from semconv/ by a script.\n" + "x = 1\n" * 500, "utf-8")
    assert list(hygiene.findings(path)) == []
