"""Log events that become signals."""

from __future__ import annotations

import inspect
import operator
import re
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.testing import LogCapture

import fortuna_otel.structlog as structlog_module
from fortuna_otel import Telemetry
from fortuna_otel.structlog import _EVENTS, _IDENTITIES, SignalProcessor, _arguments
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.testing import Capture

BOOK: dict[str, Any] = {
    "client": "acme",
    "venue": "binance",
    "symbol": "BTC/USDT",
    "account": "acme-mm",
    "tag": "core",
}


@pytest.fixture
def desk() -> Iterator[Capture]:
    """Give a telemetry without network."""
    with capture() as captured:
        yield captured


@pytest.fixture
def output() -> LogCapture:
    """Give what is logged in the end."""
    return LogCapture()


@pytest.fixture
def log(desk: Capture, output: LogCapture) -> Any:
    """Give a logger with our processor in its chain."""
    return structlog.wrap_logger(None, processors=[SignalProcessor(desk.telemetry), output])


def test_a_fill_reaches_the_same_cell_as_the_typed_call(desk: Capture, log: Any) -> None:
    """One by log, one by call: two fills."""
    fill: dict[str, Any] = {
        "side": "buy",
        "price": 99.0,
        "quantity": 2.0,
        "liquidity": "maker",
        "mid": 100.0,
    }
    log.info("fill", **BOOK, **fill, order_id="a7")
    desk.telemetry.book(**BOOK).trades.fill(**fill)
    assert desk.value("fortuna.trade.fills", client="acme") == 2.0
    assert desk.value("fortuna.trade.volume", side="buy") == 4.0


POOL = {**BOOK, "symbol": "WETH/USDC@0.05%"}
PERPETUAL = {**BOOK, "symbol": "BTC/USDT:USDT"}
ACCOUNT = {"client": "acme", "venue": "v", "account": "a"}
LOGIN = {"venue": "v", "account": "a"}
MARKET = {"venue": "v", "symbol": "A/B:B"}
FEED = {"venue": "v", "stream": "book"}
LOAN = {"client": "acme", "asset": "BTC", "lender": "acme", "currency": "USD"}
HOLDING = {"client": "acme", "capital": "desk"}
NOW = 1_795_000_000.0

EVENTS: list[tuple[str, dict[str, Any], tuple[str, float | None]]] = [
    (
        "fill",
        {**BOOK, "side": "buy", "price": 9.0, "quantity": 2.0, "liquidity": "maker"},
        ("trade.notional", 18.0),
    ),
    ("position_restored", {**PERPETUAL, "position": 2.0, "entry": 9.0}, ("position.size", 2.0)),
    ("funding", {**PERPETUAL, "amount": 2.0}, ("pnl.attributed", 2.0)),
    ("interest", {**BOOK, "amount": -2.0}, ("pnl.attributed", 2.0)),
    ("gas", {**BOOK, "amount": -2.0, "asset": "USDT"}, ("pnl.attributed", 2.0)),
    ("self_trade", BOOK, ("trade.self", 1.0)),
    (
        "quotes",
        {**BOOK, "bids": [(99.0, 1.0)], "asks": [(101.0, 1.0)], "mid": 100.0},
        ("quote.spread", 0.02),
    ),
    ("quotes_cleared", BOOK, ("quote.updated.timestamp", NOW)),
    ("book_state", {**BOOK, "state": "quoting"}, ("book.state", 1.0)),
    ("order_submitted", {**BOOK, "side": "buy"}, ("orders.submitted", 1.0)),
    ("order_acknowledged", {**BOOK, "side": "buy", "latency": 0.1}, ("orders.ack.duration", 1.0)),
    ("order_cancelled", {**BOOK, "side": "sell"}, ("orders.cancelled", 1.0)),
    ("order_filled", {**BOOK, "side": "sell"}, ("orders.filled", 1.0)),
    ("order_rejected", {**BOOK, "action": "submit", "reason": "auth"}, ("orders.rejected", 1.0)),
    ("order_unknown", {**BOOK, "action": "cancel", "reason": "timeout"}, ("orders.unknown", 1.0)),
    ("orders_open", {**BOOK, "bids": 1, "asks": 2}, ("orders.updated.timestamp", NOW)),
    ("orders_ghosts", {**BOOK, "count": 2}, ("orders.ghost", 2.0)),
    (
        "pool_position",
        {**POOL, "ranges": [(1.0, 3.0)], "price": 2.0},
        ("dex.position.in_range", 1.0),
    ),
    ("transaction", {**POOL, "outcome": "included"}, ("dex.transactions", 1.0)),
    ("balances_confirmed", ACCOUNT, ("inventory.updated.timestamp", NOW)),
    ("tracked", {**ACCOUNT, "asset": "BTC", "amount": 3.0, "tag": "t"}, ("inventory.tracked", 3.0)),
    (
        "flow",
        {**ACCOUNT, "asset": "BTC", "amount": 3.0, "kind": "deposit", "direction": "in"},
        ("inventory.flow", 3.0),
    ),
    ("margin", {**ACCOUNT, "ratio": 0.5}, ("margin.ratio", 0.5)),
    (
        "fees_uncollected",
        {**ACCOUNT, "asset": "ETH", "amount": 3.0},
        ("dex.fees.uncollected", 3.0),
    ),
    ("account_gas", {**ACCOUNT, "asset": "ETH", "amount": 3.0}, ("dex.gas.spent", 3.0)),
    ("ratelimit", {**LOGIN, "limit": "weight", "used": 0.5}, ("ratelimit.used", 0.5)),
    ("deadman", {**LOGIN, "armed": True}, ("orders.deadman.armed", 1.0)),
    ("key_expiry", {**LOGIN, "at": 1.8e9}, ("credential.expiry.timestamp", 1.8e9)),
    ("market", {**MARKET, "bid": 1.0, "ask": 2.0}, ("market.mid", 1.5)),
    ("market_status", {**MARKET, "status": "halted"}, ("market.status", 1.0)),
    ("reference", {**MARKET, "mid": 2.0}, ("reference.mid", 2.0)),
    ("book_valid", {**MARKET, "stream": "book", "valid": False}, ("feed.valid", 0.0)),
    ("funding_rate", {**MARKET, "rate": 0.01}, ("funding.rate", 0.01)),
    ("feed_gap", FEED, ("feed.gaps", 1.0)),
    ("feed_reconnect", FEED, ("feed.reconnects", 1.0)),
    ("feed_error", {**FEED, "kind": "auth"}, ("feed.errors", 1.0)),
    ("venue_status", {"venue": "v", "status": "down"}, ("venue.status", 1.0)),
    ("clock_offset", {"venue": "v", "seconds": 0.2}, ("venue.clock.offset", 0.2)),
    (
        "transfers",
        {"venue": "v", "asset": "BTC", "deposit": True, "withdrawal": None},
        ("asset.transfer", 1.0),
    ),
    ("block", {"venue": "v", "timestamp": 1.8e9}, ("chain.block.timestamp", 1.8e9)),
    ("reorg", {"venue": "v"}, ("chain.reorgs", 1.0)),
    (
        "rate",
        {"asset": "BTC", "currency": "USD", "provider": "p", "rate": 9.0},
        ("reference.rate", 9.0),
    ),
    ("loan", {**LOAN, "principal": 9.0}, ("loan.principal", 9.0)),
    ("loan_repaid", LOAN, ("loan.principal", None)),
    ("exposure", {**HOLDING, "asset": "BTC", "value": -4.0}, ("exposure.net", -4.0)),
    ("equity", {**HOLDING, "currency": "USD", "value": 9.0}, ("equity", 9.0)),
]
"""Each event with its fields, and the number that is then on the board."""


@pytest.mark.parametrize(
    ("event", "fields", "expected"), EVENTS, ids=[event for event, _, _ in EVENTS]
)
def test_an_event_reaches_its_signal(
    desk: Capture, log: Any, event: str, fields: dict[str, Any], expected: tuple[str, float | None]
) -> None:
    """Fields have the names of the typed API's arguments; what else is logged is ignored."""
    log.info(event, **fields, request_id="a7")
    signal, value = expected
    found = [
        number for number in desk.values(f"fortuna.{signal}").values() if number or value == 0.0
    ]
    assert found == ([] if value is None else [pytest.approx(value)])
    assert desk.dropped() == []


def test_every_event_is_tested() -> None:
    """Those of the table above, and those that have a test of their own."""
    others = {"quotes_confirmed", "balance", "heartbeat", "service_state"}
    assert {event for event, _, _ in EVENTS} | others == set(_EVENTS)


def test_the_documented_table_is_what_the_code_does(desk: Capture) -> None:
    """Events, the fields of each, and the call it reaches, row by row."""
    assert structlog_module.__doc__ is not None
    rows = re.findall(
        r"^\| `(\w+)` \| (.+?) \|(?: `([\w.]+)` \|)?$", structlog_module.__doc__, re.MULTILINE
    )
    documented = {name: tuple(fields.split(", ")) for name, fields, reaches in rows if not reaches}
    assert documented == {meter: names or ("-",) for meter, names in _IDENTITIES.items()}
    expected = []
    for event, (declaration, path) in _EVENTS.items():
        target = desk.telemetry
        if declaration != "service":
            identity = next(
                {name: fields[name] for name in _IDENTITIES[declaration]}
                for other, fields, _ in [*EVENTS, ("heartbeat", {"loop": "q"}, ())]
                if _EVENTS[other][0] == declaration
            )
            target = getattr(target, declaration)(**identity)
        call = operator.attrgetter(path)(target)
        arguments = ", ".join(_arguments(call)) or "-"
        expected.append((event, arguments, f"{declaration}.{path}"))
    assert [row for row in rows if row[2]] == expected


def test_a_declarations_fields_are_its_arguments() -> None:
    """One word for one thing, in code and in logs."""
    for declaration, names in _IDENTITIES.items():
        if declaration != "service":
            parameters = inspect.signature(getattr(Telemetry, declaration)).parameters
            assert set(names) <= set(parameters)


def test_the_service_says_what_it_is_doing(desk: Capture, log: Any) -> None:
    """It needs no meter; an event without a state is somebody else's."""
    log.info("service_state", state="stopping")
    log.info("service_state", phase="two")
    assert desk.value("fortuna.service.state", state="stopping") == 1.0
    assert desk.dropped() == []


def test_a_confirmation_by_log(desk: Capture, log: Any) -> None:
    """Quotes set by the typed API may be confirmed by an event."""
    desk.telemetry.book(**BOOK).quotes.update(bids=[], asks=[], mid=100.0)
    desk.clock.advance(5.0)
    log.debug("quotes_confirmed", **BOOK)
    assert desk.value("fortuna.quote.updated.timestamp") == pytest.approx(desk.clock.now)


def test_events_of_accounts_markets_and_loops(desk: Capture, log: Any) -> None:
    """Each takes the attributes of its own meter."""
    log.info("balance", client="acme", venue="v", account="a", asset="BTC", free=1.0, used=2.0)
    log.info("market", venue="v", symbol="A/B", bid=1.0, ask=None)
    log.info("heartbeat", loop="quote")
    assert desk.value("fortuna.inventory.balance", state="used") == 2.0
    assert desk.value("fortuna.market.bid", venue="v") == 1.0
    assert desk.value("fortuna.heartbeat.timestamp", loop="quote") == desk.clock.now


def test_events_pass_through_untouched(desk: Capture, log: Any, output: LogCapture) -> None:
    """Ours, unknown ones, and wrong ones alike."""
    log.info("fill", **BOOK, side="sideways")
    log.warning("fill", bucket="water")
    log.info("started", version="1.0")
    log.info("heartbeat", loop="")
    assert [entry["event"] for entry in output.entries] == ["fill", "fill", "started", "heartbeat"]
    assert output.entries[0] == {**BOOK, "side": "sideways", "event": "fill", "log_level": "info"}


def test_an_event_of_somebody_else_is_left_alone(desk: Capture, log: Any) -> None:
    """None of a book's attributes: it only has the same name."""
    log.info("fill", bucket="water")
    log.info(42)
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") is None


@pytest.mark.parametrize(
    "fields",
    [
        {"client": "acme", "side": "buy"},
        {**BOOK, "side": "sideways", "price": 1.0, "quantity": 1.0, "liquidity": "maker"},
        {**BOOK, "symbol": "BTCUSDT"},
        {**BOOK, "client": ["acme"]},
        BOOK,
    ],
)
def test_an_event_that_cannot_be_counted_is_counted_as_dropped(
    desk: Capture, log: Any, fields: dict[str, Any]
) -> None:
    """Nothing is raised into the service, and nothing vanishes in silence."""
    log.info("fill", **fields)
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    assert desk.values("fortuna.trade.fills") == {}


def test_a_book_declared_as_a_hedge_stays_one(desk: Capture, log: Any) -> None:
    """Events say nothing of role and capital, so they take the book as it was declared."""
    desk.telemetry.book(**BOOK, role="hedge", capital="desk")
    log.info("order_filled", **BOOK, side="buy")
    assert desk.value("fortuna.orders.filled") == 1.0
    assert desk.value("fortuna.book.info", role="hedge", capital="desk") == 1.0


def test_log_events_create_only_so_many_meters(
    desk: Capture, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An id in a field must not become a book a message; what there is works on."""
    monkeypatch.setattr("fortuna_otel.structlog.MAX_METERS", 2)
    for number in range(5):
        log.info("order_submitted", **{**BOOK, "tag": f"order-{number}"}, side="buy")
    log.info("order_submitted", **{**BOOK, "tag": "order-0"}, side="buy")
    counts = desk.values("fortuna.orders.submitted")
    assert {dict(key)["tag"]: value for key, value in counts.items()} == {
        "order-0": 2.0,
        "order-1": 1.0,
    }
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 3.0
