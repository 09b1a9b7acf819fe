"""A market-making engine: `python -m examples.desk.engine --service mm-majors`.

One process quotes for some clients through ccxt, and tells what it does through fortuna_otel.
It is a model of how a service is instrumented: one `instrument()`, meters bound where their
subject lives (`feed.py`, `book.py`, `trader.py`, `portfolio.py`), called with what the venue
said, never with what we wished.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from examples.desk.config import ConfigError, EnginePlan, Overrides, Promises, plan
from examples.desk.connect import connect, errors
from examples.desk.feed import Feed, Prices
from examples.desk.health import VenueHealth
from examples.desk.ledger import Ledger
from examples.desk.portfolio import Portfolio
from examples.desk.service import serve
from examples.desk.trader import Trader
from fortuna_otel import instrument
from fortuna_otel.mandates import MandatesError, load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortuna_otel import Telemetry
    from fortuna_otel.meters.obligations import ObligationMeter

log = structlog.get_logger()

DEFAULT_MANDATES: Final = Path(__file__).resolve().parents[1] / "mandates.yaml"
DEFAULT_EXCHANGE: Final = "http://127.0.0.1:8500"
TURN_SECONDS: Final = 1.0
# A turn that takes longer goes on by itself; the loop does not wait for a slow venue.
TURN_PATIENCE_SECONDS: Final = 0.9
SCHEDULE_TURNS: Final = 5
CONNECT_RETRY_SECONDS: Final = 1.0
# Together they leave telemetry its time within 3 s of a SIGTERM.
FINISH_SECONDS: Final = 0.3
CANCEL_SECONDS: Final = 1.2


class Engine:
    """One engine process.

    Args:
        telemetry: of this process.
        work: what to quote.
        exchange_url: of the local exchange.
        overrides: what may change while it runs.
        ledger: what was counted before.
        promises: the obligations as they are by now.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        work: EnginePlan,
        exchange_url: str,
        overrides: Overrides,
        ledger: Ledger,
        *,
        promises: Promises | None = None,
    ) -> None:
        self._promises = promises or Promises(None, work.obligations)
        self._health = VenueHealth(telemetry)
        self._judged: dict[str, ObligationMeter] = {}
        self._telemetry, self._work, self._url = telemetry, work, exchange_url
        self._overrides, self._ledger = overrides, ledger
        self._prices = Prices()
        self._portfolio = Portfolio(telemetry, work, self._prices)
        self._heartbeat = telemetry.heartbeat("quote")
        self._exchanges: list[Any] = []
        self._turns: dict[int, asyncio.Task[None]] = {}
        self.traders: list[Trader] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Quote until told to stop, then cancel everything and close."""
        feeds: list[asyncio.Task[None]] = []
        try:
            self._telemetry.state("starting")
            if await self._connect(stop, feeds):
                self._attach()
                self._telemetry.state("running")
                await self._loop(stop)
        finally:
            self._telemetry.state("stopping")
            for feed in feeds:
                feed.cancel()
            await self._stop()

    async def _connect(self, stop: asyncio.Event, feeds: list[asyncio.Task[None]]) -> bool:
        """Connect every venue and account; return False where told to stop before that."""
        for venue in self._work.venues:
            public = connect(venue, self._url, agent=self._work.name)
            self._exchanges.append(public)
            if not await _until_loaded(public, stop):
                return False
            feed = Feed(self._telemetry, public, self._work.symbols(venue), self._prices)
            feeds.append(asyncio.create_task(feed.run()))
            for account in self._work.accounts:
                if account.venue != venue:
                    continue
                private = connect(venue, self._url, agent=self._work.name, account=account.account)
                private.set_markets_from_exchange(public)
                self._exchanges.append(private)
                self.traders.append(
                    Trader(
                        self._telemetry,
                        account,
                        private,
                        prices=self._prices,
                        portfolio=self._portfolio,
                        ledger=self._ledger,
                        health=self._health,
                        scheduled=self._promises.scheduled,
                        offset=len(self.traders),
                    )
                )
        return True

    def _attach(self) -> None:
        """Have every obligation judged over its books together."""
        books = {book.plan.book.key: book.meter for one in self.traders for book in one.books}
        for obligation in self._work.obligations:
            meter = self._telemetry.obligation(obligation.terms())
            self._judged[obligation.mandate] = meter
            for book in obligation.books:
                meter.attach(books[book.key])

    async def _loop(self, stop: asyncio.Event) -> None:
        count = 0
        while not stop.is_set():
            started = time.monotonic()
            with self._heartbeat.turn():
                self._overrides.refresh()
                await self._turn()
                self._portfolio.tell()
                if count % SCHEDULE_TURNS == 0:
                    self._schedule()
            count += 1
            left = started + TURN_SECONDS - time.monotonic()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=max(left, 0.01))

    async def _turn(self) -> None:
        """Give every account its turn at once; one that still has its last keeps it."""
        for index, trader in enumerate(self.traders):
            running = self._turns.get(index)
            if running is not None and not running.done():
                continue
            if running is not None and (error := running.exception()) is not None:
                log.error("turn failed", account=trader.plan.account, problem=repr(error))
            override = self._overrides.of(trader.plan.client)
            self._turns[index] = asyncio.create_task(trader.turn(override))
        if self._turns:
            await asyncio.wait(self._turns.values(), timeout=TURN_PATIENCE_SECONDS)

    def _schedule(self) -> None:
        """Keep to the terms and maintenance windows of now: they change while we run."""
        for changed in self._promises.refresh():
            self._judged[changed.mandate].replace(changed.terms())
        for obligation in self._work.obligations:
            counts = self._promises.scheduled(obligation)
            self._judged[obligation.mandate].schedule(counts)

    async def _stop(self) -> None:
        """Let turns finish, cancel every order, close; beating, since orders are still live."""
        running = [task for task in self._turns.values() if not task.done()]
        if running:
            _, late = await asyncio.wait(running, timeout=FINISH_SECONDS)
            for task in late:
                task.cancel()
        self._heartbeat.beat()
        cancelling = asyncio.gather(*(one.stop() for one in self.traders), return_exceptions=True)
        try:
            await asyncio.wait_for(cancelling, timeout=CANCEL_SECONDS)
        except TimeoutError:
            log.error("orders may be live: the venue did not answer in time")  # noqa: TRY400
        self._heartbeat.beat()
        await asyncio.gather(*(one.close() for one in self._exchanges), return_exceptions=True)


async def _until_loaded(exchange: Any, stop: asyncio.Event) -> bool:
    """Load an exchange's markets, however long it takes to be there."""
    waited = False
    while not stop.is_set():
        try:
            await exchange.load_markets()
        except errors.BaseError as error:
            if not waited:
                log.warning("waiting for venue", venue=exchange.id, problem=repr(error)[:200])
            waited = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=CONNECT_RETRY_SECONDS)
        else:
            return True
    return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        work = plan(load(options.mandates), options.service)
    except (ConfigError, MandatesError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 2
    telemetry = instrument(work.name, namespace=work.namespace, version="1.0")
    ledger = Ledger(options.state_dir / f"{work.name}.json" if options.state_dir else None)
    log.info("start", service=work.name, accounts=len(work.accounts))
    promises = Promises(options.mandates, work.obligations)
    engine = Engine(
        telemetry, work, options.exchange, Overrides(options.overrides), ledger, promises=promises
    )
    try:
        serve(engine.run)
    finally:
        telemetry.shutdown()
    log.info("stopped", service=work.name)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.desk.engine",
        description="A market-making engine for the books that the mandates file gives a service.",
        epilog="Telemetry goes where the OTEL_* variables say, http://localhost:4318 by default.",
    )
    parser.add_argument("--service", required=True, help="whose books: mm-majors, desk/mm-majors")
    parser.add_argument(
        "--mandates", type=Path, default=DEFAULT_MANDATES, help="(examples/mandates.yaml)"
    )
    parser.add_argument(
        "--exchange", default=DEFAULT_EXCHANGE, help=f"of the local exchange ({DEFAULT_EXCHANGE})"
    )
    parser.add_argument(
        "--overrides",
        type=Path,
        help='JSON that is read again when it changes: {"acme": {"spread_multiplier": 6}}',
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        help="where to remember which trades were counted; without it, counting starts at start",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
