"""Log events that become signals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import structlog
from structlog.testing import LogCapture

from fortuna_otel.structlog import SignalProcessor
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


@pytest.mark.parametrize(
    ("event", "fields", "expected"),
    [
        (
            "quotes",
            {"bids": [(99.0, 1.0)], "asks": [(101.0, 1.0)], "mid": 100.0},
            ("quote.spread", 0.02),
        ),
        ("quotes_cleared", {}, ("quote.updated.timestamp", 1_795_000_000.0)),
        ("book_state", {"state": "quoting"}, ("book.state", 1.0)),
        ("order_submitted", {"side": "buy"}, ("orders.submitted", 1.0)),
        ("order_acknowledged", {"side": "buy", "latency": 0.1}, ("orders.ack.duration", 1.0)),
        ("order_cancelled", {"side": "sell"}, ("orders.cancelled", 1.0)),
        ("order_filled", {"side": "sell"}, ("orders.filled", 1.0)),
        ("order_rejected", {"action": "submit", "reason": "auth"}, ("orders.rejected", 1.0)),
        ("order_unknown", {"action": "cancel", "reason": "timeout"}, ("orders.unknown", 1.0)),
        ("orders_open", {"bids": 1, "asks": 2}, ("orders.updated.timestamp", 1_795_000_000.0)),
    ],
)
def test_events_of_a_book(
    desk: Capture, log: Any, event: str, fields: dict[str, Any], expected: tuple[str, float]
) -> None:
    """Fields have the names of the typed API's arguments."""
    log.info(event, **BOOK, **fields)
    signal, value = expected
    assert desk.value(f"fortuna.{signal}") == pytest.approx(value)


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
