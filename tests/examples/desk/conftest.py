"""A small desk on a real local exchange, whose time the test lets pass."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk.config import plan
from examples.desk.connect import connect
from examples.desk.exchange.server import Exchange, serving
from examples.desk.exchange.world import build
from examples.desk.feed import Feed, Prices
from examples.desk.ledger import Ledger
from examples.desk.portfolio import Portfolio
from examples.desk.trader import Trader
from fortuna_otel import mandates
from fortuna_otel.testing import Capture, capture
from tests.examples.desk.bench import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from fortuna_otel.mandates import Mandates

SMALL = """\
services:
  desk/mm-test: {loops: [quote]}
  desk/mm-other: {loops: [quote]}
clients:
  desk:
    name: The desk
    service: desk/mm-test
    exposure:
      BTC: {target: 5 BTC, tolerance: 2 BTC, limit: 4 BTC}
    books:
      - {venue: binance, symbol: BTC/USDT, account: desk-hedge, tag: hedge, role: hedge}
  acme:
    name: Acme Treasury
    service: desk/mm-test
    spread: {min: 1 bp, target: 10 bp, max: 25 bp}
    depth: {0.5 %: 40000 USDT, 1 %: 80000 USDT, 2 %: 120000 USDT}
    exposure:
      BTC: {target: 12 BTC, tolerance: 2 BTC, limit: 3 BTC}
    obligations:
      acme-btc-binance:
        venue: binance
        symbol: BTC/USDT
        books: [{account: acme-mm, tag: core}]
      acme-btc-okx:
        venue: okx
        symbol: BTC/USDT
        books: [{account: acme-mm, tag: core}]
  umbra:
    name: Umbra Network
    service: desk/mm-test
    spread: {target: 40 bp, max: 1 %}
    depth: {1 %: 5000 USDT, 5 %: 20000 USDT}
    exposure:
      UMB: {target: 30000 UMB, limit: 9000 UMB}
    obligations:
      umbra-umb-binance:
        venue: binance
        symbol: UMB/USDT
        books: [{account: umbra-mm, tag: core}, {account: umbra-mm, tag: wide}]
  globex:
    name: Globex
    service: desk/mm-other
    obligations:
      globex-eth-btc:
        venue: binance
        symbol: ETH/BTC
        spread: {max: 40 bp}
        books: [{account: globex-mm, tag: core}]
"""
SEED = 7
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="session")
def small_text() -> str:
    """The mandates file of the small desk."""
    return SMALL


@pytest.fixture(scope="session")
def small(small_text: str) -> Mandates:
    """What the small desk promised."""
    return mandates.loads(small_text)


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], object]], Awaitable[None]]:
    """A wait until something holds, which fails where it never does."""

    async def wait(holds: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():  # noqa: ASYNC110 - what is waited for has no event to set
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def exchange(small: Mandates) -> Exchange:
    """An exchange for the small desk; time passes when `step` is called."""
    return Exchange(build(small), SEED)


@pytest.fixture
async def url(exchange: Exchange) -> AsyncIterator[str]:
    """Where the exchange listens."""
    async with serving(exchange, 0) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def trade(url: str) -> AsyncIterator[Callable[..., Awaitable[Any]]]:
    """A ccxt client of a venue and account, connected on `await`, and closed afterwards."""
    opened = []

    async def connected(venue: str, account: str | None = None, agent: str = "test") -> Any:
        client = connect(venue, url, agent=agent, account=account)
        opened.append(client)
        await client.load_markets()
        return client

    yield connected
    for client in opened:
        await client.close()


@pytest.fixture
def telemetry() -> Iterator[Capture]:
    """A telemetry without network."""
    with capture() as captured:
        yield captured


@pytest.fixture
def make(
    small: Mandates, exchange: Exchange, trade: Callable[..., Awaitable[Any]], telemetry: Capture
) -> Any:
    """A bench for an account of the small desk, made on `await`."""

    async def made(
        venue: str = "binance",
        account: str = "acme-mm",
        *,
        ledger: Ledger | None = None,
        captured: Capture = telemetry,
    ) -> Bench:
        work = plan(small, "mm-test")
        [one] = [each for each in work.accounts if (each.venue, each.account) == (venue, account)]
        client = await trade(venue, account)
        # The limiter is ccxt's affair; here it would only make the test wait.
        client.enableRateLimit = False
        prices = Prices()
        symbols = sorted({book.book.symbol for book in one.books})
        feed = Feed(captured.telemetry, client, symbols, prices)
        portfolio = Portfolio(captured.telemetry, work, prices)
        for other in work.accounts:
            # The other accounts of each client are where they should be.
            for asset, held in exchange.venues[other.venue].accounts[other.account].free.items():
                portfolio.set(other, asset, float(held))
        trader = Trader(
            captured.telemetry,
            one,
            client,
            prices=prices,
            portfolio=portfolio,
            ledger=ledger or Ledger(None),
        )
        return Bench(captured, exchange.venues[venue], feed, trader)

    return made
