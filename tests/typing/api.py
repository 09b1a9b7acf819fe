"""The public API as a service developer writes it: type-checked by two checkers, never run.

A call that is right must pass mypy and pyright strict; one that is wrong must fail in both, or the
comment that expects the failure is an error itself (`unused-ignore`, or pyright's same rule).
`tests/typing/test_typing.py` runs the checkers, and sees to it that no public name is missing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import fortuna_otel
from fortuna_otel import (
    Account,
    Book,
    Chain,
    Counter,
    Credential,
    DepthTerm,
    Feed,
    Gauge,
    Heartbeat,
    Histogram,
    Ledger,
    Loan,
    Market,
    MarketMeter,
    Obligation,
    ObligationMeter,
    Orders,
    Pool,
    Quotes,
    Rate,
    Sampling,
    Telemetry,
    Trades,
    Venue,
    Widening,
    instrument,
)
from fortuna_otel.auto import FortunaInstrumentor, ProviderReader
from fortuna_otel.signals import Signal, enums, health, inventory, quotes
from fortuna_otel.structlog import SignalProcessor
from fortuna_otel.testing import (
    Capture,
    FakeClock,
    MemoryTransport,
    Point,
    TransportError,
    capture,
    points_of,
    problems,
)

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )
    from structlog.typing import Processor


def service() -> Telemetry:
    """Start the telemetry of a service."""
    telemetry = instrument("mm-engine", namespace="desk", version="1.2", handle_sigterm=True)
    assert_type(telemetry, Telemetry)
    assert_type(instrument(), Telemetry)
    assert_type(fortuna_otel.instrument("mm-engine"), Telemetry)
    assert_type(telemetry.service, str)
    assert_type(telemetry.namespace, str | None)
    assert_type(telemetry.job, str)
    assert_type(telemetry.instance, str | None)
    assert_type(telemetry.closed, bool)
    provider: MeterProvider = telemetry.provider
    provider.get_meter("ours")
    telemetry.state("running")
    telemetry.state(enums.ServiceState.STOPPING)
    assert_type(telemetry.flush(only_critical=True), bool)
    telemetry.shutdown(timeout=1.0)
    instrument(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    instrument("mm", "desk")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    telemetry.state(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    telemetry.job = "x"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    return telemetry


def declarations(telemetry: Telemetry) -> None:
    """Declare one of everything."""
    assert_type(telemetry.market(venue="binance", symbol="BTC/USDT"), MarketMeter)
    assert_type(telemetry.feed(venue="binance", stream="book"), Feed)
    assert_type(telemetry.venue("binance"), Venue)
    assert_type(telemetry.credential(venue="binance", account="mm-1"), Credential)
    assert_type(telemetry.chain("uniswap"), Chain)
    assert_type(telemetry.rate(asset="BTC", currency="USD", provider="desk"), Rate)
    assert_type(
        telemetry.account(client="acme", venue="binance", account="mm-1", source="venue"), Account
    )
    assert_type(telemetry.loan(client="acme", asset="ACME", lender="acme", currency="USD"), Loan)
    assert_type(telemetry.exposure(client="acme", asset="BTC", capital="desk"), Gauge)
    assert_type(telemetry.equity(client="acme", currency="USD"), Gauge)
    assert_type(telemetry.ledger(client="acme", account="mm-1", currency="USD"), Ledger)
    assert_type(telemetry.heartbeat("quote"), Heartbeat)
    telemetry.market("binance", "BTC/USDT")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    telemetry.market(venue="binance")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    telemetry.feed(venue="binance", steam="book")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    telemetry.heartbeat(loop=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    telemetry.bok()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def markets(telemetry: Telemetry, ladder: list[list[float]]) -> None:
    """Tell what the market does."""
    market = telemetry.market(venue="binance", symbol="BTC/USDT:USDT")
    market.top(bid=64_000.0, ask=64_001)
    market.top(bid=None, ask=64_001.0)
    market.reference(64_000.5)
    market.last(64_000.5)
    market.volume(1e9)
    market.depth(bids=[(64_000.0, 1.0)], asks=ladder)
    market.received("book", venue_time=1_795_000_000.0)
    market.valid("book", True)
    market.funding(rate=0.0001, interval=28_800.0)
    market.status(enums.MarketStatus.TRADING)
    market.top(bid="64000", ask=64_001.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    market.top(64_000.0, 64_001.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    feed = telemetry.feed(venue="binance", stream="book")
    feed.alive()
    feed.gap()
    feed.reconnect()
    feed.error("timeout")
    feed.error(TimeoutError())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    venue = telemetry.venue("binance")
    venue.status("ok")
    venue.clock_offset(0.012)
    venue.transfers("BTC", deposit=True, withdrawal=None)
    credential = telemetry.credential(venue="binance", account="mm-1")
    credential.ratelimit("request_weight", 0.4)
    credential.deadman(armed=True)
    credential.expires(1_800_000_000.0)
    chain = telemetry.chain("uniswap")
    chain.block(1_795_000_000.0)
    chain.reorg()
    rate = telemetry.rate(asset="BTC", currency="USD", provider="desk")
    rate.set(64_000.0)
    assert_type(rate.value, float | None)
    parsed = Market.parse(venue="binance", symbol="BTC/USDT")
    assert_type(parsed, Market)
    assert_type((parsed.venue, parsed.symbol, parsed.base), tuple[str, str, str])
    assert_type((parsed.quote, parsed.settle), tuple[str, str])
    labels: dict[str, str] = dict(parsed.attributes)
    labels.clear()


def book(telemetry: Telemetry) -> Book:
    """Quote, order and trade."""
    declared = telemetry.book(
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        account="mm-1",
        tag="core",
        role=enums.Role.HEDGE,
        capital="desk",
        source="engine",
        levels=20,
    )
    assert_type(declared, Book)
    assert_type(declared.quotes, Quotes)
    assert_type(declared.orders, Orders)
    assert_type(declared.trades, Trades)
    assert_type(declared.pool, Pool)
    assert_type(declared.market, Market)
    assert_type((declared.client, declared.account, declared.tag), tuple[str, str, str])
    assert_type((declared.role, declared.capital), tuple[str, str])
    declared.state(enums.BookState.QUOTING)
    telemetry.book(client="acme", venue="binance")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    declared.client = "other"
    return declared


def ladder(quotes: Quotes, levels: list[tuple[float, float]]) -> None:
    """Tell what the venue acknowledged."""
    quotes.update(bids=levels, asks=iter(levels), mid=64_000.5)
    quotes.update(bids=[["64000.1", "0.5"]], asks=(), mid=None)
    quotes.confirm()
    quotes.confirm(mid=64_000.6)
    quotes.clear()
    assert_type(quotes.mid, float | None)
    quotes.update(bids=levels, asks=levels)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    quotes.update(bid=levels, asks=levels, mid=1.0)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    quotes.update(bids=levels, asks=levels, mid="1")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    quotes.update(bids=64_000.0, asks=levels, mid=1.0)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    quotes.confirm(middle=1.0)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def orders(orders: Orders) -> None:
    """Tell the life of orders."""
    orders.submitted("buy", queued=0.001)
    orders.submitted(enums.TradeSide.SELL)
    orders.acknowledged("buy", latency=0.012)
    orders.cancelled("sell", latency=None)
    orders.filled(side="buy")
    orders.rejected(action="submit", reason="insufficient_funds", origin=enums.Origin.LOCAL)
    orders.unknown(action="cancel", reason=enums.OrderError.TIMEOUT)
    orders.open(bids=1, asks=2, oldest=1_795_000_000.0, asked=None)
    orders.ghosts(1)
    orders.acknowledged("buy", 0.012)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    orders.submitted()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    orders.rejected(action="submit")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def trades(trades: Trades) -> None:
    """Tell what was traded."""
    trades.restore(position=1.5, entry=63_000.0)
    trades.fill(
        side="buy",
        price=64_000.1,
        quantity=0.5,
        liquidity=enums.Liquidity.MAKER,
        fee=-0.032,
        fee_asset="USDT",
        mid=64_000.5,
    )
    trades.fill(side="buy", price=64_000.1, quantity=1, liquidity=None)
    trades.funding(-1.2)
    trades.interest(0.1, asset="USDT")
    trades.gas(0.001, asset="ETH")
    trades.self_trade()
    assert_type(trades.position, float | None)
    assert_type(trades.entry, float | None)
    assert_type(trades.mark, float | None)
    trades.fill(side="buy", price="64000", quantity=1.0, liquidity="maker")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    trades.fill("buy", 64_000.0, 1.0, "maker")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def pool(pool: Pool) -> None:
    """Tell what liquidity does on a chain."""
    pool.position(ranges=[(1_000.0, 2_000.0, 5.0)], price=1_500.0)
    pool.transaction("included", duration=12.0, gas=0.001, gas_asset="ETH")


def capital(telemetry: Telemetry, book: Book) -> None:
    """Tell what is held, owed and promised."""
    account = telemetry.account(client="acme", venue="binance", account="mm-1")
    account.balance("BTC", free=3.2, used=0.8, locked=0.0, borrowed=0.0, in_transit=0)
    account.confirm()
    account.tracked("BTC", 4.0, tag="core")
    account.flow("BTC", 1.0, kind="deposit", direction=enums.FlowDirection.IN)
    account.margin(0.3)
    account.gas("ETH", 0.4)
    account.fees_uncollected("USDC", None)
    account.balance("BTC", 3.2, 0.8)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    loan = telemetry.loan(client="acme", asset="ACME", lender="acme", currency="USD")
    loan.set(principal=1e6, rate=0.05, expires=1_800_000_000.0, strike=2.0)
    loan.repaid()
    ledger = telemetry.ledger(client="acme", account="mm-1", currency="USD")
    ledger.attach(book)
    ledger.begin()
    ledger.equity(1e6)
    ledger.flow(-1e3)
    terms = Obligation(
        mandate="acme-btc",
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        spread_max=0.002,
        depth=(DepthTerm(side="bid", band="2", amount=50_000.0),),
        staleness=5.0,
    )
    assert_type(terms.spread_max, float | None)
    assert_type(terms.depth[0].amount, float)
    obligation = telemetry.obligation(terms, source="engine")
    assert_type(obligation, ObligationMeter)
    obligation.attach(book)
    obligation.detach(book)
    obligation.schedule(False)
    obligation.replace(terms)
    assert_type(obligation.terms, Obligation)
    full = Obligation(
        mandate="acme-btc",
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        spread_max=0.002,
        depth=(DepthTerm("bid", "2", 5e4, unit="reference", currency="USD"),),
        mid="venue_without_own",
        denominator="bid",
        presence="both",
        levels=3,
        size_min=500,
        rest=3,
        widening=Widening(factor=2.0, move=0.05, window=300, cap=7_200),
        sampling=Sampling(60, source="venue"),
    )
    assert_type(full.widening, Widening | None)
    assert_type(full.sampling, Sampling | None)
    obligation.attach(book, mid="venue_without_own")
    obligation.attach(book, "own")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    obligation.attach(book.quotes)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    terms.spread_max = 0.1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def loops(telemetry: Telemetry) -> None:
    """Tell that loops turn."""
    loop = telemetry.heartbeat("quote")
    loop.beat()
    with loop.turn():
        loop.beat()
    assert_type(loop.loop, str)
    loop.beat(1.0)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def cells(telemetry: Telemetry) -> None:
    """Bind a signal by its constant."""
    gauge = telemetry.gauge(inventory.EXPOSURE_NET, client="acme", asset="BTC", capital="desk")
    assert_type(gauge, Gauge)
    gauge.set(1)
    gauge.value = 2.0
    gauge.value = None
    gauge.end()
    counter = telemetry.counter(health.TELEMETRY_DROPPED, reason="invalid")
    assert_type(counter, Counter)
    counter.add()
    counter.add(2.5)
    counter.announce()
    histogram = telemetry.histogram(health.LOOP_DURATION, loop="quote")
    assert_type(histogram, Histogram)
    histogram.record(0.2)
    gauge.set("1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    gauge.value = "1"  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    gauge.add(1.0)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    counter.set(1.0)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    histogram.record("0.2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    telemetry.gauge("fortuna.exposure.net")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    telemetry.counter(quotes.SPREAD, level=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(quotes.SPREAD, Signal)
    assert_type(quotes.SPREAD.name, str)
    assert_type(quotes.SPREAD.values("side"), frozenset[str] | None)


def opentelemetry() -> None:
    """Use what OpenTelemetry loads by itself."""
    reader = ProviderReader()
    assert_type(reader.force_flush(), bool)
    instrumentor = FortunaInstrumentor()
    assert_type(instrumentor, FortunaInstrumentor)
    instrumentor.instrument(service="mm-engine", namespace="desk")
    instrumentor.uninstrument()
    assert_type(instrumentor.is_instrumented_by_opentelemetry, bool)


def test_with_the_fixture(fortuna: Capture, request: ExportMetricsServiceRequest) -> None:
    """Test a service."""
    assert_type(fortuna.telemetry, Telemetry)
    assert_type(fortuna.clock, FakeClock)
    assert_type(fortuna.transport, MemoryTransport)
    fortuna.clock.advance(0.5)
    assert_type(fortuna.clock.now, float)
    assert_type(fortuna.export(2.0, only_critical=True), list[Point])
    assert_type(fortuna.value(quotes.SPREAD, client="acme"), float | None)
    assert_type(fortuna.value("fortuna.quote.spread"), float | None)
    assert_type(fortuna.values(quotes.SPREAD), dict[tuple[tuple[str, str], ...], float])
    assert_type(fortuna.points(), list[Point])
    assert_type(fortuna.dropped(), list[str])
    fortuna.check()
    point = fortuna.points(quotes.SPREAD)[-1]
    assert_type((point.name, point.value, point.ended), tuple[str, float | None, bool])
    assert_type(problems(request), list[str])
    assert_type(list(points_of(request)), list[Point])
    fortuna.transport.failure = TransportError("down")
    with capture("mm-engine", namespace="desk") as desk:
        assert_type(desk, Capture)
    fortuna.value(quotes.SPREAD, level=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def structlog(telemetry: Telemetry) -> None:
    """Let log events reach the same cells."""
    processors: list[Processor] = [SignalProcessor(telemetry)]
    processors.clear()
