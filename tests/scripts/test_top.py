"""The documentation's pictures of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel.top.selection import Selection
from scripts import top as script
from tests.top import scenes
from tests.top.prometheus import Prometheus, reading, serving, warm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def fake() -> Iterator[Prometheus]:
    """A store with the desk of two clients."""
    scene = scenes.scene()
    with serving(scene) as fake, reading(fake) as reader:
        for one in (Selection(), Selection().only("acme", "binance", "BTC/USDT")):
            warm(scene, reader, one)
        yield fake


def test_pictures_show_the_numbers_and_fetch_nothing(fake: Prometheus, tmp_path: Path) -> None:
    """The desk, and the first book that is kept; no font, no address of another host."""
    assert script.main(["--url", fake.url, "--into", str(tmp_path)]) == 0
    desk = (tmp_path / "top.svg").read_text(encoding="utf-8")
    book = (tmp_path / "top-book.svg").read_text(encoding="utf-8")
    assert "159,716" in desk
    assert "64,030.0" in book
    for picture in (desk, book):
        assert picture.startswith("<svg")
        assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
