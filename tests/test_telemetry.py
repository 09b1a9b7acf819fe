"""Declarations: what a service says there is."""

from __future__ import annotations

import inspect
import threading
from typing import TYPE_CHECKING, Any

import pytest

import fortuna_otel
from fortuna_otel import Telemetry
from fortuna_otel.signals import health
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fortuna_otel.testing import Capture

BOOK: dict[str, Any] = {"client": "acme", "venue": "v", "symbol": "A/B", "account": "a", "tag": "t"}


@pytest.fixture
def desk() -> Iterator[Capture]:
    """Give a telemetry without network."""
    with capture() as captured:
        yield captured


# Declarations


@pytest.mark.parametrize(
    "declare",
    [
        lambda t: t.market(venue="v", symbol="A/B"),
        lambda t: t.feed(venue="v", stream="book"),
        lambda t: t.venue("v"),
        lambda t: t.credential(venue="v", account="a"),
        lambda t: t.chain("v"),
        lambda t: t.loan(client="acme", asset="BTC", lender="acme", currency="USD"),
        lambda t: t.rate(asset="BTC", currency="USD", provider="desk"),
        lambda t: t.book(**BOOK),
        lambda t: t.account(client="acme", venue="v", account="a"),
        lambda t: t.ledger(client="acme", account="a", currency="USD"),
        lambda t: t.exposure(client="acme", asset="BTC"),
        lambda t: t.equity(client="acme", currency="USD"),
        lambda t: t.heartbeat("quote"),
        lambda t: t.gauge(health.HEARTBEAT_TIMESTAMP, loop="x"),
        lambda t: t.counter(health.TELEMETRY_EXPORTS, outcome="failed"),
        lambda t: t.histogram(health.LOOP_DURATION, loop="x"),
    ],
)
def test_declaring_twice_gives_the_same_meter(
    desk: Capture, declare: Callable[[Telemetry], Any]
) -> None:
    """From any thread, at any time."""
    meters = [declare(desk.telemetry)]
    threads = [
        threading.Thread(target=lambda: meters.append(declare(desk.telemetry))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(meter) for meter in meters}) == 1


@pytest.mark.parametrize(
    ("declare", "remedy"),
    [
        (lambda t: t.market(venue="v", symbol="BTCUSDT"), "write 'BTC/USDT'"),
        (lambda t: t.book(**{**BOOK, "client": ""}), "client='acme'"),
        (lambda t: t.book(**BOOK, role="maker"), "quote, hedge"),
        (lambda t: t.book(**BOOK, capital="mine"), "client, desk"),
        (lambda t: t.book(**BOOK, source="guess"), "engine, venue"),
        (lambda t: t.book(**BOOK, levels=51), "from 1 to 50"),
        (lambda t: t.exposure(client="c", asset="BTC", capital="x"), "client, desk"),
        (lambda t: t.feed(venue="v", stream="a\tb"), "stream='book'"),
        (lambda t: t.heartbeat("x" * 200), "128"),
        (lambda t: t.credential(venue="v", account=""), "account='acme-mm'"),
        (lambda t: t.chain(""), "venue='binance'"),
        (lambda t: t.loan(client="c", asset="BTC", lender="", currency="USD"), "lender="),
        (lambda t: t.gauge(health.HEARTBEAT_TIMESTAMP), "takes exactly"),
    ],
)
def test_a_wrong_declaration_raises_with_a_remedy(
    desk: Capture, declare: Callable[[Telemetry], Any], remedy: str
) -> None:
    """At start-up, where somebody looks."""
    with pytest.raises(ValueError, match=remedy):
        declare(desk.telemetry)


def test_one_book_has_one_role(desk: Capture) -> None:
    """Declared otherwise before, it is another book; saying nothing takes it as it is."""
    hedge = desk.telemetry.book(**BOOK, role="hedge")
    assert desk.telemetry.book(**BOOK) is hedge
    with pytest.raises(ValueError, match="a book has one of each"):
        desk.telemetry.book(**BOOK, role="quote")
    with pytest.raises(ValueError, match="levels=10 before"):
        desk.telemetry.book(**BOOK, levels=20)
    with pytest.raises(ValueError, match="give a number from 1 to 50"):
        desk.telemetry.book(**BOOK, levels="20")  # type: ignore[arg-type]


def test_a_meter_works_in_many_threads(desk: Capture) -> None:
    """No event is lost, whoever counts it."""
    book = desk.telemetry.book(**BOOK)
    book.trades.restore(position=0.0)

    def trade() -> None:
        for _ in range(500):
            book.orders.submitted("buy")
            book.trades.fill(side="buy", price=1.0, quantity=1.0, liquidity="maker", mid=1.0)

    threads = [threading.Thread(target=trade) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        desk.export()
    for thread in threads:
        thread.join()
    assert desk.value("fortuna.orders.submitted") == 2000.0
    assert desk.value("fortuna.trade.volume") == 2000.0
    assert book.trades.position == 2000.0


def test_every_declaration_is_in_the_table_of_the_class() -> None:
    """Help in the editor begins with the docstring."""
    text = Telemetry.__doc__ or ""
    declarations = {name for name in vars(Telemetry) if not name.startswith("_")}
    assert {name for name in declarations if f"`{name}(" not in text} == set()


def test_every_public_method_says_what_it_does() -> None:
    """What is found by completion explains itself."""
    kinds = [kind for kind in vars(fortuna_otel).values() if isinstance(kind, type)]
    members = [
        member
        for kind in kinds
        for name, member in inspect.getmembers(kind)
        if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, property))
    ]
    assert len(members) > 80
    assert [member for member in members if not inspect.getdoc(member)] == []


def test_the_public_names_are_sorted() -> None:
    """What a user sees at a glance."""
    assert sorted(fortuna_otel.__all__) == fortuna_otel.__all__
    assert all(hasattr(fortuna_otel, name) for name in fortuna_otel.__all__)
