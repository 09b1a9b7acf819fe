"""Telemetry: declarations, identity, forks, and the end of a process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.metrics import NoOpMeterProvider

import fortuna_otel
from fortuna_otel import Telemetry
from fortuna_otel._environment import Environment
from fortuna_otel.signals import health
from fortuna_otel.testing import MemoryTransport, capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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
        lambda t: t.rate(asset="BTC", currency="USD", provider="desk"),
        lambda t: t.book(**BOOK),
        lambda t: t.account(client="acme", venue="v", account="a"),
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
    with pytest.raises(ValueError, match="one book has one role"):
        desk.telemetry.book(**BOOK, role="quote")


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


# Identity


def test_the_resource_says_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, namespace and version from the code, the rest from OTEL_RESOURCE_ATTRIBUTES."""
    monkeypatch.setenv(
        "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod,service.name=other"
    )
    transport = MemoryTransport()
    telemetry = Telemetry(
        "mm",
        namespace="desk",
        version="1.2",
        environment=Environment(),
        transport=transport,
        instance="host/mm/0",
        threaded=False,
    )
    telemetry.shutdown()
    [resource_metrics] = transport.requests[0].resource_metrics
    attributes = {
        item.key: item.value.string_value for item in resource_metrics.resource.attributes
    }
    assert attributes["service.name"] == "mm"
    assert attributes["service.namespace"] == "desk"
    assert attributes["service.version"] == "1.2"
    assert attributes["service.instance.id"] == "host/mm/0"
    assert attributes["deployment.environment.name"] == "prod"
    assert attributes["host.name"]
    assert telemetry.job == "desk/mm"


def test_the_deployments_instance_id_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers set it."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-7")
    telemetry = Telemetry("mm", environment=Environment(), transport=MemoryTransport())
    assert telemetry.instance == "pod-7"
    telemetry.shutdown()


def test_the_instance_id_is_host_service_and_slot(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two of one service have two slots; a released one is taken again: stable over restarts."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "host.name=h")

    def start() -> Telemetry:
        return Telemetry(
            "mm", environment=Environment(), transport=MemoryTransport(), threaded=False
        )

    first, second = start(), start()
    assert (first.instance, second.instance) == ("h/mm/0", "h/mm/1")
    first.shutdown()
    third = start()
    assert third.instance == "h/mm/0"
    second.shutdown()
    third.shutdown()


def test_a_disabled_sdk_exports_nothing_and_breaks_nothing() -> None:
    """OTEL_SDK_DISABLED: meters take their numbers, no thread, no connection."""
    transport = MemoryTransport()
    telemetry = Telemetry("mm", environment=Environment(disabled=True), transport=transport)
    telemetry.book(**BOOK).quotes.update(bids=[], asks=[], mid=1.0)
    assert not telemetry.flush()
    assert isinstance(telemetry.provider, NoOpMeterProvider)
    telemetry.shutdown()
    assert transport.requests == []


def test_the_public_names_are_sorted() -> None:
    """What a user sees at a glance."""
    assert sorted(fortuna_otel.__all__) == fortuna_otel.__all__
    assert all(hasattr(fortuna_otel, name) for name in fortuna_otel.__all__)
