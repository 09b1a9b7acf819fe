"""The log of a service whose telemetry is told nonsense: a handful of lines, and nothing lost."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

import structlog

from fortuna_otel.export.registry import NAMED
from fortuna_otel.signals import health
from fortuna_otel.signals.enums import DropReason
from fortuna_otel.structlog import SignalProcessor
from tests.conformance.wire import Desk, bits, samples_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

BOOK = {"client": "acme", "venue": "v", "symbol": "A/B", "account": "m", "tag": "t"}


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name.startswith("fortuna_otel")]


def _bad_calls(desk: Desk) -> list[Callable[[], Any]]:
    telemetry: Any = desk.telemetry
    book = telemetry.book(**BOOK)
    gauge = telemetry.exposure(client="acme", asset="A")
    counter = telemetry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    histogram = telemetry.histogram(health.LOOP_DURATION, loop="q")
    seen = telemetry.market(venue="v", symbol="A/B")
    return [
        lambda: gauge.set(math.nan),
        lambda: counter.add("x"),
        lambda: histogram.record(None),
        lambda: seen.top(bid="x", ask=math.inf),
        lambda: book.quotes.update(bids=None, asks=7, mid="x"),
        lambda: book.orders.submitted("left"),
        lambda: book.trades.fill(side="?", price=None, quantity=-1, liquidity=None),
        lambda: telemetry.state("dancing"),
        lambda: telemetry.gauge(health.HEARTBEAT_TIMESTAMP, loop="\x00"),
        book.orders.rejected,
    ]


def test_a_hundred_thousand_bad_calls_are_a_handful_of_lines(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Within a minute each reason is told once, though every call of a busy desk is wrong."""
    desk = Desk()
    calls = _bad_calls(desk)
    with caplog.at_level(logging.DEBUG):
        for number in range(100_000):
            calls[number % len(calls)]()
            if number % 2000 == 1999:
                desk.export(1.0)
    assert 1 <= len(_lines(caplog)) <= len(DropReason) + NAMED + 1
    counted = sum(
        desk.telemetry.counter(health.TELEMETRY_DROPPED, reason=reason).value
        for reason in DropReason
    )
    assert counted >= 80_000, "what is not told is counted"


def test_a_minute_later_it_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    """Once a minute and reason, with how many were held back."""
    desk = Desk()
    calls = _bad_calls(desk)
    for _ in range(3):
        for call in calls:
            call()
        for _ in range(60):
            desk.export(1.0)
    invalid = [line for line in _lines(caplog) if line.startswith("dropped (invalid)")]
    assert 3 <= len(invalid) <= 4 * (NAMED + 1)
    assert any("more like it" in line for line in invalid)


def test_a_wrong_value_cannot_fill_the_log_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    """What is shown of a value is short, however long it is."""
    desk = Desk()
    telemetry: Any = desk.telemetry
    telemetry.market(venue="v", symbol="A/B").last("x" * 1_000_000)
    telemetry.exposure(client="acme", asset="A").set(["y"] * 100_000)
    telemetry.gauge(health.HEARTBEAT_TIMESTAMP, loop="z" * 1_000_000)
    telemetry.book(**BOOK).state("w" * 1_000_000)
    desk.export()
    assert _lines(caplog)
    assert max(map(len, _lines(caplog))) < 1000


def test_a_log_event_is_a_signal_and_nothing_is_queued() -> None:
    """An event goes straight into a cell, and on through the log untouched."""
    desk = Desk()
    passed: list[Any] = []

    def keep(_logger: object, _method: str, event: Any) -> Any:
        passed.append(dict(event))
        raise structlog.DropEvent

    log = structlog.wrap_logger(None, processors=[SignalProcessor(desk.telemetry), keep])
    for _ in range(5000):
        log.info("order_submitted", **BOOK, side="buy")
    assert len(passed) == 5000
    assert passed[0] == {"event": "order_submitted", **BOOK, "side": "buy"}
    [latest] = [
        sample.bits
        for sample in samples_of(desk.export())
        if sample.series[0] == "fortuna.orders.submitted"
        and ("side", "buy") in sample.series[1]
        and sample.time == desk.clock.time_ns()
    ]
    assert latest == bits(5000.0)
