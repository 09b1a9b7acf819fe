"""One scripted session that calls every public method of every meter, with every enum value.

`play(capture)` is a day of a small desk: tests look at what it sent, and at what was called.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fortuna_otel import DepthTerm, Obligation, Sampling, Widening
from fortuna_otel.meters.terms import Denominator, Mid
from fortuna_otel.signals.enums import (
    Action,
    Band,
    BookSide,
    BookState,
    Capital,
    FeedError,
    FlowDirection,
    FlowKind,
    Liquidity,
    MarketStatus,
    OrderError,
    Origin,
    Role,
    ServiceState,
    Source,
    TradeSide,
    TransactionOutcome,
    VenueStatus,
)

if TYPE_CHECKING:
    from fortuna_otel import Book, ObligationMeter, Telemetry
    from fortuna_otel.testing import Capture, FakeClock

PERPETUAL = "BTC/USDT:USDT"
POOL = "WETH/USDC@0.05%"
LADDER = {"bids": [(99.0, 1.0), (90.0, 1.0)], "asks": [(101.0, 1.0), (112.0, 1.0)]}


def play(desk: Capture) -> None:
    """Play the session, and export what it has to say."""
    telemetry, clock = desk.telemetry, desk.clock
    _venues(telemetry, clock)
    _markets(telemetry, clock)
    _capital(telemetry, clock)
    for role, capital, source in zip(Role, Capital, Source, strict=True):
        tag = f"core-{source}"
        _book(telemetry, clock, role=role, capital=capital, source=source, tag=tag)
        _ledger(telemetry, capital=capital, source=source)
    desk.export()
    _promise(desk)
    _pool(telemetry)
    _life(telemetry)
    market = telemetry.market(venue="binance", symbol=PERPETUAL)
    for _ in range(32):  # until the longest horizon of the fills has passed
        market.reference(101.0)
        desk.export(10.0)
    _end(telemetry)


def book(telemetry: Telemetry, symbol: str = PERPETUAL, tag: str = "core", **more: str) -> Book:
    """Declare a book of the session."""
    return telemetry.book(
        client="acme",
        venue="binance",
        symbol=symbol,
        account="acme-mm",
        tag=tag,
        role=more.get("role"),
        capital=more.get("capital"),
        source=more.get("source", Source.ENGINE),
    )


def _venues(telemetry: Telemetry, clock: FakeClock) -> None:
    feed = telemetry.feed(venue="binance", stream="book")
    feed.alive()
    feed.gap()
    feed.reconnect()
    for kind in FeedError:
        feed.error(kind)
    venue = telemetry.venue("binance")
    for status in VenueStatus:
        venue.status(status)
    venue.clock_offset(0.012)
    venue.transfers("BTC", deposit=True, withdrawal=False)
    credential = telemetry.credential(venue="binance", account="acme-mm")
    credential.ratelimit("request_weight", 0.4)
    credential.deadman(armed=True)
    credential.expires(clock.now + 86_400.0)


def _markets(telemetry: Telemetry, clock: FakeClock) -> None:
    market = telemetry.market(venue="binance", symbol=PERPETUAL)
    market.received("book", venue_time=clock.now - 0.02)
    market.top(bid=99.5, ask=100.5)
    market.reference(100.0)
    market.last(100.0)
    market.volume(1e9)
    market.depth(bids=[(99.5, 1.0), (79.0, 1.0)], asks=[(100.5, 1.0), (121.0, 1.0)])
    market.valid("book", valid=True)
    market.funding(rate=0.0001, interval=28_800.0)
    for status in MarketStatus:
        market.status(status)
    for asset, price in (("BTC", 100.0), ("USDT", 1.0), ("ETH", 2_000.0), ("USDC", 1.0)):
        rate = telemetry.rate(asset=asset, currency="USD", provider="desk")
        rate.set(price)
        assert rate.value == price


def _capital(telemetry: Telemetry, clock: FakeClock) -> None:
    for source in Source:
        account = telemetry.account(
            client="acme", venue="binance", account="acme-mm", source=source
        )
        account.balance("BTC", free=3.0, used=1.0, locked=1.0, borrowed=1.0, in_transit=1.0)
        account.confirm()
    account.tracked("BTC", 4.0, tag="core")
    account.margin(0.3)
    for kind in FlowKind:
        for direction in FlowDirection:
            account.flow("BTC", 1.0, kind=kind, direction=direction)
    account.fees_uncollected("USDC", 12.5)
    account.gas("ETH", 0.001)
    for capital in Capital:
        exposure = telemetry.exposure(client="acme", asset="BTC", capital=capital)
        exposure.set(4.0)
        telemetry.equity(client="acme", currency="USD", capital=capital).set(1e6)
    short = telemetry.exposure(client="acme", asset="ETH")
    short.set(-1.0)
    short.end()
    loan = telemetry.loan(client="acme", asset="BTC", lender="acme", currency="USD")
    loan.repaid()
    loan.set(principal=10.0, rate=0.02, expires=clock.now + 86_400.0, strike=120.0)


def _book(telemetry: Telemetry, clock: FakeClock, *, source: str, **names: str) -> None:
    mine = book(telemetry, source=source, **names)
    for state in BookState:
        mine.state(state)
    mine.quotes.update(**LADDER, mid=100.0)
    mine.quotes.confirm(mid=100.0)
    assert mine.quotes.mid == 100.0
    _orders(mine, clock)
    _trades(mine)


def _orders(mine: Book, clock: FakeClock) -> None:
    orders = mine.orders
    orders.open(bids=2, asks=2, oldest=clock.now - 60.0)
    for side in TradeSide:
        orders.submitted(side, queued=0.001)
        orders.acknowledged(side, latency=0.012)
        orders.cancelled(side, latency=0.02)
        orders.filled(side)
    for action in Action:
        for reason in OrderError:
            orders.unknown(action=action, reason=reason)
            for origin in Origin:
                orders.rejected(action=action, reason=reason, origin=origin)
    orders.ghosts(1)


def _trades(mine: Book) -> None:
    trades = mine.trades
    trades.restore(position=10.0, entry=90.0)
    assert (trades.position, trades.entry) == (10.0, 90.0)
    for side in TradeSide:
        for liquidity in Liquidity:
            for fee in (0.1, -0.1):
                trades.fill(
                    side=side, price=99.9, quantity=1.0, liquidity=liquidity, fee=fee, mid=100.1
                )

    trades.funding(0.1)
    trades.interest(0.1)
    trades.gas(0.001, asset="BTC")
    trades.self_trade()
    assert trades.mark is not None
    assert trades.attributed is not None


def _ledger(telemetry: Telemetry, *, capital: str, source: str) -> None:
    ledger = telemetry.ledger(client="acme", account="acme-mm", currency="USD", capital=capital)
    ledger.attach(book(telemetry, tag=f"core-{source}", source=source))
    ledger.begin()
    ledger.flow(100.0)
    ledger.equity(1_000.0)
    ledger.equity(1_001.0)


def _promise(desk: Capture) -> None:
    """Keep an obligation in each of the four states."""
    for source in Source:
        mine = book(desk.telemetry, tag=f"promise-{source}", source=source)
        terms = Obligation(
            mandate="acme-liquidity",
            client="acme",
            venue="binance",
            symbol=PERPETUAL,
            spread_max=0.05,
            depth=tuple([DepthTerm(side, band, 50.0) for side in BookSide for band in Band]),
        )
        promise = desk.telemetry.obligation(terms, source=source)
        assert promise.terms == terms
        promise.attach(mine)
        for shown in (LADDER, {**LADDER, "asks": []}, {**LADDER, "bids": []}):
            mine.quotes.update(**shown, mid=100.0)
            desk.export()
        mine.quotes.clear()
        desk.export()
        promise.schedule(scheduled=True)
        _promise_more(desk, promise, terms, mine, source)
        promise.replace(terms)
        promise.detach(mine)


def _promise_more(
    desk: Capture, promise: ObligationMeter, terms: Obligation, mine: Book, source: str
) -> None:
    """Judge by terms that are not ordinary."""
    units = ("base", "reference")
    more = replace(
        terms,
        depth=tuple([DepthTerm(s, b, 1.0, unit) for s in BookSide for b in Band for unit in units]),
        levels=2,
        size_min=50.0,
        rest=1.0,
        widening=Widening(factor=2.0, move=0.05, window=60.0, cap=3_600.0),
        sampling=Sampling(1.0, source=source),
    )
    promise.attach(mine, mid=Mid.VENUE_WITHOUT_OWN)
    for mid in Mid:
        for denominator in Denominator:
            promise.replace(replace(more, mid=mid, denominator=denominator))
            mine.quotes.update(**LADDER, mid=100.0)
            desk.export(0.0)


def _pool(telemetry: Telemetry) -> None:
    pool = book(telemetry, POOL).pool
    pool.position(ranges=[(1_800.0, 2_200.0)], price=2_000.0)
    for outcome in TransactionOutcome:
        pool.transaction(outcome, duration=12.0, gas=0.002, gas_asset="ETH")
    chain = telemetry.chain("uniswap-v3")
    chain.block(1_795_000_000.0)
    chain.reorg()


def _life(telemetry: Telemetry) -> None:
    for state in ServiceState:
        telemetry.state(state)
    telemetry.state(ServiceState.RUNNING)
    loop = telemetry.heartbeat("quote")
    loop.beat()
    with loop.turn():
        pass


def _end(telemetry: Telemetry) -> None:
    assert telemetry.job == "test"
    assert telemetry.instance == "test/test/0"
    telemetry.shutdown()
    assert telemetry.closed
