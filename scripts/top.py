"""Take the documentation's pictures of `fortuna-otel top`, from a running demo or another store."""

from __future__ import annotations

import argparse
import asyncio
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fortuna_otel.top.app import Top
from fortuna_otel.top.reader import Reader
from fortuna_otel.top.selection import Selection
from fortuna_otel.top.store import Store

if TYPE_CHECKING:
    from textual.pilot import Pilot

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE = (120, 32)
PATIENCE_SECONDS = 20.0
# What Textual writes of fonts to be fetched from elsewhere: a picture here must need nothing.
_FETCHED = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)


async def take(app: Top, directory: Path) -> None:
    """Write `top.svg`, the first screen, and `top-book.svg`, a book that is kept.

    Raises:
        TimeoutError: the store did not answer in time.
    """
    async with app.run_test(size=SIZE) as pilot:
        await _drawn(app, pilot)
        _write(app, directory / "top.svg")
        table = app.screen.query_one("DeskTable")
        rows = getattr(table, "rows", ())
        kept = [number for number, row in enumerate(rows) if row.cells["state"].text == "kept"]
        for _ in range(kept[0] if kept else 0):
            await pilot.press("down")
        await pilot.press("enter")
        await pilot.pause()
        await _drawn(app, pilot)
        _write(app, directory / "top-book.svg")


async def _drawn(app: Top, pilot: Pilot[None]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while app.snapshot is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing to show after {PATIENCE_SECONDS:.0f} s")
        await pilot.pause(0.1)
    await pilot.pause(0.5)


def _write(app: Top, path: Path) -> None:
    picture = _FETCHED.sub("", app.export_screenshot(title="fortuna-otel top"))
    path.write_text(picture.rstrip() + "\n", encoding="utf-8")
    print(path)


def main(arguments: list[str] | None = None) -> int:
    """Take both pictures; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:9090", help="the store")
    parser.add_argument("--into", type=Path, default=IMAGES, help="a directory")
    options = parser.parse_args(arguments)
    store = Store(options.url)
    try:
        asyncio.run(take(Top(Reader(store), Selection()), options.into))
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
