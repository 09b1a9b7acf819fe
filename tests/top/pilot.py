"""The application driven as its user does, and what is then on the screen."""

from __future__ import annotations

import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fortuna_otel.top.app import Top
from fortuna_otel.top.selection import Selection
from tests.top.prometheus import reading, warm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from tests.top.prometheus import Prometheus

PATIENCE_SECONDS = 20.0


class Clock:
    """Monotonic seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The present second."""
        return self.now


class Driver:
    """A running application: keys in, text out."""

    def __init__(self, app: Top, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines)

    @property
    def flowing(self) -> str:
        """The screen as one line, with one space between its words."""
        return " ".join(self.text.split())

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.pilot.press(key)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until something is so, or fail with the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}\n{self.text}"
            await self.pilot.pause(0.02)

    async def see(self, *parts: str) -> None:
        """Wait until every text is on the screen, broken into lines or not."""
        await self.until(
            lambda: all(part in self.text or part in self.flowing for part in parts),
            f"to see {parts}",
        )

    async def miss(self, part: str) -> None:
        """Wait until a text is no longer on the screen."""
        await self.until(lambda: part not in self.text, f"{part!r} to go")


@asynccontextmanager
async def running(
    fake: Prometheus,
    selection: Selection | None = None,
    *,
    size: tuple[int, int] = (80, 24),
    clock: Callable[[], float] = time.monotonic,
    dark: bool = True,
) -> AsyncIterator[Driver]:
    """Run the application against a store, asking five times a second."""
    chosen = selection or Selection()
    with reading(fake) as reader:
        for one in (
            chosen,
            Selection().only("acme", "binance", "BTC/USDT"),
            Selection().only("globex", "kraken", "ETH/EUR"),
        ):
            warm(fake.scene, reader, one)
        app = Top(reader, chosen, refresh=0.2, clock=clock, dark=dark)
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.see("live 00:01:00 UTC")
            yield driver
