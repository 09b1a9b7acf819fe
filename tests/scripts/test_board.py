"""`scripts/board.py`: the committed boards are what their code gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from scripts import board as script
from tests.provisioning.boards import EXPECTED, committed

if TYPE_CHECKING:
    from pathlib import Path


def test_committed_boards_are_what_their_code_gives() -> None:
    """`scripts/board.py --check` passes on the committed JSON."""
    assert script.main(["--check"]) == 0


def test_check_fails_on_an_outdated_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` changes nothing and names each file that is outdated or missing."""
    outdated = tmp_path / "fortuna.json"
    outdated.write_text("{}")
    monkeypatch.setattr(script, "BOARDS", tmp_path)
    assert script.main(["--check"]) == 1
    assert outdated.read_text() == "{}"
    said = capsys.readouterr().err
    assert "fortuna.json is not what its code gives: run `make generate`" in said
    assert "fortuna-pipeline.json" in said


def test_script_writes_the_boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `--check` the files are written, and are current afterwards."""
    monkeypatch.setattr(script, "BOARDS", tmp_path)
    assert script.main([]) == 0
    assert script.main(["--check"]) == 0
    assert {path.stem for path in tmp_path.iterdir()} == set(EXPECTED)


def test_runbooks_are_where_pages_say_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A desk edits one file for its addresses; without the address nothing is written."""
    (address,) = re.findall(
        r'define "fortuna.address.runbooks" }}(.+?){{', script.LINKS.read_text(encoding="utf-8")
    )
    (variable,) = (
        variable
        for variable in committed("fortuna-pipeline")["templating"]["list"]
        if variable["name"] == "runbooks"
    )
    assert variable["query"] == address
    monkeypatch.setattr(script, "LINKS", tmp_path / "links.tmpl")
    script.LINKS.write_text("nothing", encoding="utf-8")
    with pytest.raises(SystemExit, match="does not define"):
        script.main([])


def test_every_committed_board_is_generated() -> None:
    """Grafana loads whatever lies in the directory: nothing else may."""
    assert {path.stem for path in script.BOARDS.glob("**/*.json")} == set(EXPECTED)


def test_boards_have_uids_and_titles_of_their_own() -> None:
    """Grafana refuses the second of two, and says so only in its log."""
    boards = [committed(uid) for uid in EXPECTED]
    assert len({board["uid"] for board in boards}) == len(boards)
    assert len({board["title"] for board in boards}) == len(boards)
