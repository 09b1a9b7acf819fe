"""The exchange's HTTP server: both dialects on one port, the real host as first path segment."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

from aiohttp import web

from examples.desk.exchange.binance import Binance
from examples.desk.exchange.control import Control
from examples.desk.exchange.core import Venue
from examples.desk.exchange.faults import Faults, Kind
from examples.desk.exchange.flow import NOISE, STEP_SECONDS, TAKERS, Flow, background
from examples.desk.exchange.lift import WHALE
from examples.desk.exchange.okx import Okx
from examples.desk.exchange.wire import reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from examples.desk.exchange.world import VenueWorld

# Ids go on where an exchange before this one left off, whatever happened to it.
IDS_PER_SECOND: Final = 10_000
BODY_BYTES: Final = 64 * 1024
# After a pause (a stopped process, a suspended machine) the flow catches up this much at most.
CATCH_UP_STEPS: Final = 20


class Exchange:
    """The whole exchange.

    Args:
        worlds: what each venue lists and whom it knows, by venue.
        seed: of everything random.
    """

    def __init__(self, worlds: Mapping[str, VenueWorld], seed: int) -> None:
        self.faults = Faults()
        self.venues = {name: _venue(world) for name, world in worlds.items()}
        self.flow = Flow(self.venues, worlds, seed)
        self.control = Control(self.venues, worlds, self.flow.prices, self.faults, seed)
        self._dialects = [
            dialect(self.venues[dialect.name], worlds[dialect.name].keys(), self.faults)
            for dialect in (Binance, Okx)
            if dialect.name in self.venues
        ]

    def application(self) -> web.Application:
        """Return the web application; it runs the background while it runs."""
        application = web.Application(client_max_size=BODY_BYTES)
        for dialect in self._dialects:
            application.add_routes(dialect.routes())
        application.add_routes(self.control.routes())
        application.router.add_get("/_health", _health)
        return application

    def step(self, seconds: float = STEP_SECONDS) -> None:
        """Let time pass in every market."""
        for venue in self.venues.values():
            offset = self.faults.of(Kind.CLOCK, venue.name)
            venue.clock_offset = 0 if offset is None else round(offset.amount * 1000)
            halted = (one for one in venue.markets if self.faults.of(Kind.HALT, venue.name, one))
            venue.halted = frozenset(halted)
            venue.expire()
        self.flow.step(seconds)
        self.control.step(seconds)

    async def run(self) -> None:
        """Let time pass as it does, for ever."""
        due = time.monotonic()
        while True:
            due = max(due + STEP_SECONDS, time.monotonic() - CATCH_UP_STEPS * STEP_SECONDS)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.step()


@contextlib.asynccontextmanager
async def serving(exchange: Exchange, port: int, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Serve an exchange on a port (0 = any free one) and yield that port.

    Raises:
        OSError: where the port is occupied.
    """
    # A request whose client has gone is given up: one that hangs must not hang for nobody.
    runner = web.AppRunner(
        exchange.application(), access_log=None, handler_cancellation=True, shutdown_timeout=0.5
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _venue(world: VenueWorld) -> Venue:
    crowd = background(world.prices, (NOISE, TAKERS, WHALE))
    return Venue(
        world.name,
        world.listings,
        {**world.balances, **crowd},
        world.rules,
        first_id=int(time.time()) * IDS_PER_SECOND,
    )


async def _health(_request: web.Request) -> web.StreamResponse:
    return reply({"status": "ok"})
