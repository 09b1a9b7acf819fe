"""Market data of one venue: polled, kept for the traders, told to telemetry as it arrives."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from examples.desk.connect import reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from fortuna_otel import Telemetry

log = structlog.get_logger()

TICKER_SECONDS: Final = 1.0
# Every market's book is read within this time, a few of them each second.
BOOK_ROUND_SECONDS: Final = 4.0
BOOK_LEVELS: Final = 50
STATUS_SECONDS: Final = 10.0
# Older prices are no prices: nothing is quoted around them.
FRESH_SECONDS: Final = 5.0
STABLE: Final = "USDT"


@dataclass(frozen=True, slots=True)
class Top:
    """A market's mid and when it was received, on the monotonic clock."""

    mid: float
    received: float


class Prices:
    """The latest tops of every venue that this process reads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tops: dict[tuple[str, str], Top] = {}
        # Markets that take no orders, as the venue says.
        self.halted: set[tuple[str, str]] = set()
        # Venues that refused an order because its market is closed: their status is read at once.
        self.doubted: set[str] = set()

    def set(self, venue: str, symbol: str, mid: float | None) -> None:
        """Keep a mid just received; None for a market without one."""
        if mid is None:
            self._tops.pop((venue, symbol), None)
        else:
            self._tops[venue, symbol] = Top(mid, self._clock())

    def mid(self, venue: str, symbol: str) -> float | None:
        """Return a market's mid, None where it is unknown or too old."""
        top = self._tops.get((venue, symbol))
        if top is None or self._clock() - top.received > FRESH_SECONDS:
            return None
        return top.mid

    def age(self, venue: str, symbol: str) -> float:
        """Return the seconds since a market's mid was received."""
        top = self._tops.get((venue, symbol))
        return math.inf if top is None else self._clock() - top.received

    def reference(self, symbol: str) -> float | None:
        """Return the fair mid of a symbol: the mean over the venues that are fresh."""
        mids = [
            mid
            for venue, known in list(self._tops)
            if known == symbol and (mid := self.mid(venue, symbol)) is not None
        ]
        return sum(mids) / len(mids) if mids else None

    def usd(self, asset: str) -> float | None:
        """Return what one unit of an asset is worth in USD: a stablecoin is a market too."""
        if asset == "USD":
            return 1.0
        stable = self.reference(f"{STABLE}/USD")
        if asset == STABLE or stable is None:
            return stable
        against = self.reference(f"{asset}/{STABLE}")
        return None if against is None else against * stable


def valuation_symbols(symbols: Iterable[str]) -> list[str]:
    """Return the markets that value, in USD, every asset of these markets."""
    assets = {asset for symbol in symbols for asset in symbol.split("/")} - {STABLE, "USD"}
    return sorted({f"{STABLE}/USD", *(f"{asset}/{STABLE}" for asset in assets)})


class Feed:
    """Polls one venue's tickers and order books.

    Args:
        telemetry: where everything received is told.
        exchange: ccxt, with its markets loaded.
        symbols: the markets traded.
        prices: where the tops are kept for everybody.
    """

    def __init__(
        self, telemetry: Telemetry, exchange: Any, symbols: list[str], prices: Prices
    ) -> None:
        self._exchange, self._symbols, self._prices = exchange, symbols, prices
        self._venue: str = exchange.id
        wanted = {*symbols, *valuation_symbols(symbols)}
        self._polled = sorted(wanted & set(exchange.symbols))
        self._tickers = telemetry.feed(venue=self._venue, stream="ticker")
        self._books = telemetry.feed(venue=self._venue, stream="book")
        self._markets = {
            symbol: telemetry.market(venue=self._venue, symbol=symbol) for symbol in symbols
        }
        self._sequences: dict[str, int] = {}
        self._tell_status(exchange.markets)
        self._round = 0
        self._status_read = time.monotonic()

    async def run(self) -> None:
        """Poll for ever; a call that fails is counted, and tried again at its next turn."""
        await asyncio.gather(
            self._every(TICKER_SECONDS, self.read_tickers, self._tickers),
            self._every(1.0, self.read_books, self._books),
            self._every(1.0, self.watch_status, self._tickers),
        )

    async def _every(self, seconds: float, read: Any, feed: Any) -> None:
        while True:
            started = time.monotonic()
            try:
                await read()
            except Exception as error:  # noqa: BLE001 - a feed that ends leaves quotes blind
                feed.error(reason(error))
                log.warning("market data", venue=self._venue, problem=repr(error)[:200])
            await asyncio.sleep(max(0.0, started + seconds - time.monotonic()))

    async def read_tickers(self) -> None:
        """Read the tops of all markets in one call."""
        tickers = await self._exchange.fetch_tickers(self._polled)
        self._tickers.alive()
        for symbol, ticker in tickers.items():
            bid, ask = ticker["bid"] or None, ticker["ask"] or None
            mid = (bid + ask) / 2 if bid and ask else None
            self._prices.set(self._venue, symbol, mid)
            market = self._markets.get(symbol)
            if market is None:
                continue
            market.top(bid=bid, ask=ask)
            market.received("ticker", venue_time=_seconds(ticker["timestamp"]))
            market.valid("ticker", not (bid and ask and bid >= ask))
            if ticker["last"]:
                market.last(ticker["last"])
            if ticker["quoteVolume"] is not None:
                market.volume(ticker["quoteVolume"])
        for symbol, market in self._markets.items():
            reference = self._prices.reference(symbol)
            if reference is not None:
                market.reference(reference)

    async def read_books(self) -> None:
        """Read the order books whose turn it is."""
        share = math.ceil(len(self._symbols) / BOOK_ROUND_SECONDS)
        for _ in range(share):
            symbol = self._symbols[self._round % len(self._symbols)]
            self._round += 1
            book = await self._exchange.fetch_order_book(symbol, BOOK_LEVELS)
            self._books.alive()
            market, bids, asks = self._markets[symbol], book["bids"], book["asks"]
            market.depth(bids=bids, asks=asks)
            market.received("book", venue_time=_seconds(book["timestamp"]))
            market.valid("book", not (bids and asks and bids[0][0] >= asks[0][0]))
            self._follow(symbol, book["nonce"])

    async def watch_status(self) -> None:
        """Read which markets are open: now and then, and when an order was refused for it."""
        now = time.monotonic()
        if self._venue in self._prices.doubted or now - self._status_read >= STATUS_SECONDS:
            self._prices.doubted.discard(self._venue)
            self._status_read = now
            await self.read_status()

    async def read_status(self) -> None:
        """Read which markets are open."""
        listed = await self._exchange.fetch_markets()
        self._tell_status({market["symbol"]: market for market in listed})

    def _tell_status(self, listed: Mapping[str, Any]) -> None:
        for symbol, meter in self._markets.items():
            active = symbol in listed and listed[symbol]["active"]
            meter.status("trading" if active else "halted")
            (self._prices.halted.discard if active else self._prices.halted.add)(
                (self._venue, symbol)
            )

    def _follow(self, symbol: str, sequence: int | None) -> None:
        """Count a gap where a book is older than the one before it."""
        if sequence is None:
            return
        if sequence < self._sequences.get(symbol, 0):
            self._books.gap()
        self._sequences[symbol] = sequence


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
