"""The desk that the paging measure breaks: engines of many books, each a process of the SDK.

`python -m benchmarks.paging_desk NUMBER OF BOOKS` is engine NUMBER. It trades nothing; it reports
everything a book has, moves all of it every second, and does what a line of standard input says:

    spread I       books I's quotes go beyond the widest spread; `mend I` brings them back
    exposure I     its client holds too much of the book's asset
    hang           the loop stops beating, for as long as `beat` is not said

Each answer is the Unix time at which the threshold was crossed.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fortuna_otel import instrument, mandates

if TYPE_CHECKING:
    from fortuna_otel import Account, Book, Heartbeat, MarketMeter, Telemetry
    from fortuna_otel.export.cells import Gauge

CLIENTS: Final = 32
VENUES: Final = ("binance", "okx", "bybit", "kraken", "coinbase")
MID: Final = 100.0
STEP: Final = 0.0002
"""Distance of two levels, as a share of mid: the spread is twice that."""

WIDEST: Final = 0.002
WIDENED: Final = 0.0015
"""Half the spread of broken quotes, as a share of mid; more than the widest, less than twice."""

LIMIT: Final = 10.0
HELD: Final = 100.0
LEVELS: Final = 12
TICK: Final = 1.0
PATIENCE: Final = 1.0
"""Seconds every broken threshold must stay broken before it pages."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a book stands."""

    number: int

    @property
    def client(self) -> str:
        """Whose book it is."""
        return f"client-{self.number % CLIENTS:02d}"

    @property
    def venue(self) -> str:
        """Where it quotes."""
        return VENUES[self.number % len(VENUES)]

    @property
    def asset(self) -> str:
        """What it quotes: an asset of its own, so that a page names the book."""
        return f"TOK{self.number:04d}"

    @property
    def symbol(self) -> str:
        """The market."""
        return f"{self.asset}/USDT"


def job(engine: int) -> str:
    """Return the name of an engine without its namespace."""
    return f"mm-{engine}"


def write(path: Path, engines: int, books: int) -> None:
    """Write the mandates of the whole desk: every book has a spread, depth and an exposure."""
    patience = f"{{page: {{patience: {PATIENCE:g} s}}}}"
    lines = [
        "defaults:",
        "  alerts:",
        *(f"    {alert}: {patience}" for alert in ("SpreadTooWide", "InventoryDrift")),
        f"  spread: {{max: {1e4 * WIDEST:g} bp}}",
        "services:",
        *(f"  desk/{job(engine)}: {{loops: [quote]}}" for engine in range(engines)),
        "clients:",
    ]
    places = [
        (engine, Place(engine * books + at)) for engine in range(engines) for at in range(books)
    ]
    places.sort(key=lambda one: one[1].client)
    for client, group in itertools.groupby(places, key=lambda one: one[1].client):
        mine = list(group)
        lines += [f"  {client}:", "    exposure:"]
        for _, place in mine:
            asset = place.asset
            lines.append(f"      {asset}: {{target: {HELD:g} {asset}, limit: {LIMIT:g} {asset}}}")
        lines.append("    obligations:")
        for engine, place in mine:
            lines += [
                f"      {place.asset.lower()}:",
                f"        venue: {place.venue}",
                f"        symbol: {place.symbol}",
                f"        service: desk/{job(engine)}",
                "        depth: {1 %: 100 USDT, 2 %: 200 USDT}",
                f"        books: [{{account: {client}-mm, tag: core}}]",
            ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Engine:
    """Books that report, second by second."""

    def __init__(self, telemetry: Telemetry, places: dict[int, Place], file: Path) -> None:
        self._beat: Heartbeat = telemetry.heartbeat("quote")
        self._books: dict[int, tuple[Book, MarketMeter, Account, Gauge]] = {}
        self._half = dict.fromkeys(places, STEP)
        self._held = dict.fromkeys(places, HELD)
        self._hung = False
        self._lock = threading.Lock()
        self._feeds = [telemetry.feed(venue=venue, stream="book") for venue in VENUES]
        promised = {each.mandate: each for each in mandates.load(file).obligations}
        for number, place in places.items():
            book = telemetry.book(
                client=place.client,
                venue=place.venue,
                symbol=place.symbol,
                account=f"{place.client}-mm",
                tag="core",
            )
            book.trades.restore(position=0.0)
            telemetry.obligation(promised[place.asset.lower()].terms()).attach(book)
            exposure = telemetry.exposure(client=place.client, asset=place.asset)
            market = telemetry.market(venue=place.venue, symbol=place.symbol)
            account = telemetry.account(
                client=place.client, venue=place.venue, account=f"{place.client}-mm"
            )
            account.balance(place.asset, free=HELD, used=0.0)
            self._books[number] = (book, market, account, exposure)
        self._rates = [
            (telemetry.rate(asset=asset, currency="USD", provider="desk"), value)
            for asset, value in [("USDT", 1.0), *((place.asset, MID) for place in places.values())]
        ]

    def run(self) -> None:
        """Report everything once a second, the books one after another over that second."""
        for turn in itertools.count():
            started = time.monotonic()
            for feed in self._feeds:
                feed.alive()
            for rate, value in self._rates:
                rate.set(value)
            for at, number in enumerate(self._books):
                self.report(number, turn)
                ahead = TICK * (at + 1) / len(self._books) - (time.monotonic() - started)
                if ahead > 0.02:
                    if not self._hung:
                        self._beat.beat()
                    time.sleep(ahead)

    def report(self, number: int, turn: int) -> None:
        """Say everything a book has."""
        with self._lock:  # a command may say it at the same time
            book, market, account, exposure = self._books[number]
            mid = MID + 0.01 * (turn % 7)
            half = self._half[number]
            ladder = [mid * (half + STEP * level) for level in range(LEVELS)]
            size = 5.0 + (turn + number) % 5
            market.received("book", venue_time=time.time() - 0.01)
            market.top(bid=mid - 0.01, ask=mid + 0.01)
            market.reference(mid)
            book.quotes.update(
                bids=[(mid - off, size) for off in ladder],
                asks=[(mid + off, size) for off in ladder],
                mid=mid,
            )
            book.orders.open(bids=LEVELS, asks=LEVELS)
            book.orders.submitted("buy")
            book.orders.acknowledged("buy", latency=0.01)
            if (turn + number) % 5 == 0:
                side = "buy" if turn % 2 else "sell"
                book.trades.fill(side=side, price=mid, quantity=0.1, liquidity="maker", fee=0.001)
            account.confirm()
            exposure.set(self._held[number])

    def do(self, command: str, number: int) -> float:
        """Break or mend something and return when."""
        if command in {"hang", "beat"}:
            self._hung = command == "hang"
            self._beat.beat()
            return time.time()
        self._half[number] = WIDENED if command == "spread" else STEP
        self._held[number] = HELD + (2.0 * LIMIT if command == "exposure" else 0.0)
        self.report(number, 0)
        return time.time()


def main() -> None:
    """Run one engine until its input ends."""
    engine, books, file = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    places = {number: Place(number) for number in range(engine * books, (engine + 1) * books)}
    running = Engine(instrument(job(engine), namespace="desk"), places, file)
    threading.Thread(target=running.run, daemon=True).start()
    for line in sys.stdin:
        command, _, number = line.strip().partition(" ")
        print(repr(running.do(command, int(number or 0))), flush=True)


if __name__ == "__main__":
    main()
