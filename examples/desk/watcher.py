"""An independent look at the venues: `python -m examples.desk.watcher --client acme`.

Asks each venue for the open orders of some clients' accounts and tells what it sees with
`source="venue"`: an engine that believes something else, or an order that no engine sent (a
ghost), shows up whatever the engine says of itself.
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

from examples.desk.book import owned_by
from examples.desk.connect import connect, errors, reason
from examples.desk.engine import DEFAULT_EXCHANGE, DEFAULT_MANDATES
from examples.desk.service import serve
from fortuna_otel import instrument
from fortuna_otel.mandates import MandatesError, load
from fortuna_otel.signals.enums import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortuna_otel import Telemetry
    from fortuna_otel.mandates import Book, Mandates

log = structlog.get_logger()

POLL_SECONDS: Final = 2.0
# An order younger than this may still be on its way into the engine's own view.
GHOST_SECONDS: Final = 2.0


class Watched:
    """One account at one venue, seen from outside.

    Args:
        telemetry: of this process.
        exchange: ccxt with the account's keys and its markets loaded.
        books: the account's.
    """

    def __init__(self, telemetry: Telemetry, exchange: Any, books: Sequence[Book]) -> None:
        self._exchange, self._books = exchange, books
        self.meters = {
            book.key: telemetry.book(
                client=book.client,
                venue=book.venue,
                symbol=book.symbol,
                account=book.account,
                tag=book.tag,
                role=book.role,
                capital=book.capital,
                source=Source.VENUE,
            )
            for book in books
        }

    async def read(self) -> None:
        """Read the open orders and tell whose they are, and how many are nobody's."""
        for symbol in {book.symbol for book in self._books}:
            asked = time.time()
            ticker = await self._exchange.fetch_ticker(symbol)
            bid, ask = ticker["bid"], ticker["ask"]
            orders = await self._exchange.fetch_open_orders(symbol)
            books = [book for book in self._books if book.symbol == symbol]
            owners = [_owner(books, order) for order in orders]
            for book in books:
                own = [order for order, owner in zip(orders, owners, strict=True) if owner is book]
                meter = self.meters[book.key]
                bids, asks = _levels(own, "buy"), _levels(own, "sell")
                meter.quotes.update(
                    bids=bids[::-1], asks=asks, mid=(bid + ask) / 2 if bid and ask else None
                )
                oldest = min((order["timestamp"] / 1000 for order in own), default=None)
                meter.orders.open(bids=len(bids), asks=len(asks), oldest=oldest, asked=asked)
            strange = [
                order
                for order, owner in zip(orders, owners, strict=True)
                if owner is None and asked - order["timestamp"] / 1000 > GHOST_SECONDS
            ]
            # An order that says nobody's name is told of the first book that trades the market.
            self.meters[books[0].key].orders.ghosts(len(strange))


class Watcher:
    """Looks at every account of its clients in turn.

    Args:
        telemetry: of this process.
        mandates: the whole desk's.
        clients: whose accounts.
        exchange_url: of the local exchange.
    """

    def __init__(
        self, telemetry: Telemetry, mandates: Mandates, clients: Sequence[str], exchange_url: str
    ) -> None:
        self._telemetry, self._url = telemetry, exchange_url
        self._heartbeat = telemetry.heartbeat("watch")
        self._books = [book for book in mandates.books if book.client in clients]
        self._obligations = [one for one in mandates.obligations if one.client in clients]
        self._exchanges: list[Any] = []
        self._watched: list[Watched] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        try:
            while not stop.is_set():
                started = time.monotonic()
                with self._heartbeat.turn():
                    await self._look()
                left = started + POLL_SECONDS - time.monotonic()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), timeout=max(left, 0.01))
        finally:
            for exchange in self._exchanges:
                await exchange.close()

    async def _look(self) -> None:
        """Connect what is not connected yet, and read every account at once."""
        try:
            if not self._watched:
                await self._connect()
        except errors.BaseError as error:
            log.warning("waiting for venue", problem=repr(error)[:200])
            return
        done = await asyncio.gather(
            *(watched.read() for watched in self._watched), return_exceptions=True
        )
        for problem in done:
            if isinstance(problem, errors.BaseError):
                log.warning("view", reason=reason(problem), problem=repr(problem)[:200])
            elif problem is not None:
                raise problem

    async def _connect(self) -> None:
        places = sorted({(book.venue, book.account) for book in self._books})
        connected = []
        for venue, account in places:
            exchange = connect(venue, self._url, agent="watcher", account=account)
            self._exchanges.append(exchange)
            await exchange.load_markets()
            books = [one for one in self._books if (one.venue, one.account) == (venue, account)]
            connected.append(Watched(self._telemetry, exchange, books))
        meters = {key: meter for one in connected for key, meter in one.meters.items()}
        for obligation in self._obligations:
            judged = self._telemetry.obligation(obligation.terms(), source=Source.VENUE)
            for book in obligation.books:
                judged.attach(meters[book.key])
        self._watched = connected


def _owner(books: Sequence[Book], order: Any) -> Book | None:
    return next((book for book in books if owned_by(book.tag, order["clientOrderId"])), None)


def _levels(orders: Sequence[Any], side: str) -> list[tuple[float, float]]:
    return sorted(
        (float(order["price"]), float(order["remaining"]))
        for order in orders
        if order["side"] == side
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Watch until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        mandates = load(options.mandates)
    except MandatesError as error:
        print(f"watcher: {error}", file=sys.stderr)
        return 2
    known = {book.client for book in mandates.books}
    if unknown := sorted(set(options.client) - known):
        print(f"watcher: no client {', '.join(unknown)} in {options.mandates}", file=sys.stderr)
        return 2
    telemetry = instrument("watcher", namespace="desk", version="1.0")
    try:
        serve(Watcher(telemetry, mandates, options.client, options.exchange).run)
    finally:
        telemetry.shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.desk.watcher",
        description="Tells what rests at the venues for some clients, whatever engines believe.",
        epilog="Telemetry goes where the OTEL_* variables say, http://localhost:4318 by default.",
    )
    parser.add_argument("--client", action="append", required=True, help="whose accounts; repeat")
    parser.add_argument(
        "--mandates", type=Path, default=DEFAULT_MANDATES, help="(examples/mandates.yaml)"
    )
    parser.add_argument(
        "--exchange", default=DEFAULT_EXCHANGE, help=f"of the local exchange ({DEFAULT_EXCHANGE})"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
