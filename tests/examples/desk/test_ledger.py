"""What was counted survives the process that counted it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from examples.desk.ledger import Cursor, Ledger

if TYPE_CHECKING:
    from pathlib import Path

CURSOR = Cursor(trade=17, time=1_795_000_000_000, baseline=3.5)


def test_a_cursor_is_found_again(tmp_path: Path) -> None:
    """Another ledger on the same file knows it, in a folder that had to be made."""
    path = tmp_path / "state" / "mm-test.json"
    Ledger(path).set("okx", "acme-mm", "BTC/USDT", CURSOR)
    again = Ledger(path)
    assert again.get("okx", "acme-mm", "BTC/USDT") == CURSOR
    assert again.get("binance", "acme-mm", "BTC/USDT") is None


def test_without_a_file_it_lasts_as_long_as_the_process() -> None:
    """A ledger in memory works the same, and forgets."""
    ledger = Ledger(None)
    ledger.set("okx", "acme-mm", "BTC/USDT", CURSOR)
    assert ledger.get("okx", "acme-mm", "BTC/USDT") == CURSOR


@pytest.mark.parametrize("content", ["{", "[1]", '{"a": {}}', '{"a": {"trade": "x"}}'])
def test_a_damaged_file_counts_from_now(tmp_path: Path, content: str) -> None:
    """An engine must start whatever its last life has left behind."""
    path = tmp_path / "mm-test.json"
    path.write_text(content)
    assert Ledger(path).get("okx", "acme-mm", "BTC/USDT") is None


def test_a_file_that_cannot_be_written_does_not_stop_the_desk(tmp_path: Path) -> None:
    """The cursor counts on in memory."""
    (tmp_path / "occupied").write_text("")
    ledger = Ledger(tmp_path / "occupied" / "mm-test.json")
    ledger.set("okx", "acme-mm", "BTC/USDT", CURSOR)
    assert ledger.get("okx", "acme-mm", "BTC/USDT") == CURSOR
