"""What every service of the desk does alike: it runs until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def serve(run: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Run a service in an event loop of its own; SIGTERM and SIGINT set the event that ends it."""

    async def until_stopped() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await run(stop)

    asyncio.run(until_stopped())
