"""The registry: one cell a series, and nothing without bounds."""

from __future__ import annotations

import logging
from itertools import count
from typing import Any

import pytest

from fortuna_otel._log import Throttle
from fortuna_otel.export.registry import Registry
from fortuna_otel.signals import health, market, orders
from fortuna_otel.signals.enums import DropReason
from fortuna_otel.testing import FakeClock

M = {"venue": "v", "symbol": "A/B", "base": "A", "quote": "B", "settle": ""}


def _dropped(registry: Registry, reason: str) -> float:
    return registry.counter(health.TELEMETRY_DROPPED, reason=reason).value


def test_binding_twice_gives_the_same_cell(registry: Registry) -> None:
    """Whatever the order of the attributes."""
    first = registry.gauge(market.BID, **M)
    assert registry.gauge(market.BID, **dict(reversed(M.items()))) is first


@pytest.mark.parametrize("attributes", [{}, {**M, "client": "acme"}, {"venue": "v"}])
def test_attributes_are_exactly_those_of_the_signal(
    registry: Registry, attributes: dict[str, str]
) -> None:
    """None is optional, and none is added."""
    registry.gauge(market.BID, **M)
    with pytest.raises(ValueError, match="takes exactly the attributes"):
        registry.gauge(market.BID, **attributes)


def test_a_signal_has_one_kind(registry: Registry) -> None:
    """A gauge is not counted up."""
    with pytest.raises(TypeError, match="is a gauge, not a counter"):
        registry.counter(market.BID, **M)


def test_closed_sets_are_closed(registry: Registry) -> None:
    """A value outside an enum is a declaration error that names the set."""
    with pytest.raises(ValueError, match="is none of bid, ask"):
        registry.gauge(market.REACH, **M, side="left")


@pytest.mark.parametrize("value", ["x" * 129, "tab\there", "\x00", 7])
def test_a_value_that_cannot_be_a_label_is_refused(
    registry: Registry, caplog: pytest.LogCaptureFixture, value: Any
) -> None:
    """The meter works on with a cell that nobody exports; it is counted, and named once."""
    with caplog.at_level(logging.WARNING):
        cell = registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream=value)
        registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream=value)
    cell.set(1.0)
    assert cell not in registry.families["fortuna.market.received.timestamp"].cells.values()
    assert _dropped(registry, "limit") == 2.0
    assert caplog.text.count("fortuna.market.received.timestamp") == 1


def test_a_label_of_128_characters_is_fine(registry: Registry) -> None:
    """The bound is inclusive."""
    registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream="x" * 128)
    assert _dropped(registry, "limit") == 0.0


def test_a_family_is_bounded_by_what_it_is_about(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    """One market may have so many streams, and another market as many again."""
    limit = market.RECEIVED_TIMESTAMP.limit
    for number in range(limit + 3):
        registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream=f"s{number}").set(1.0)
    family = registry.families["fortuna.market.received.timestamp"]
    assert len(family.cells) == limit
    assert _dropped(registry, "limit") == 3.0
    assert caplog.text.count("one more than") == 1
    registry.gauge(market.RECEIVED_TIMESTAMP, **{**M, "venue": "w"}, stream="s0")
    assert len(family.cells) == limit + 1


def test_gauges_that_ended_make_room(registry: Registry) -> None:
    """A series that is over, and known to be, gives its place to a new one."""
    limit = market.RECEIVED_TIMESTAMP.limit
    streams = count()
    first = registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream=f"s{next(streams)}")
    first.set(1.0)
    first.sent = True
    for _ in range(limit - 1):
        registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream=f"s{next(streams)}").set(1.0)
    first.end()
    second = registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream="s1")
    second.value = None  # only absent for now, and keeps its place
    registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream="too early")
    assert _dropped(registry, "limit") == 1.0
    first.sent = False
    registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream="in time")
    assert _dropped(registry, "limit") == 1.0
    registry.gauge(market.RECEIVED_TIMESTAMP, **M, stream="one more")
    assert _dropped(registry, "limit") == 2.0


def test_the_process_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Beyond the limit of the process every family is refused, and counting goes on."""
    registry = Registry(Throttle(FakeClock()), limit=len(DropReason) + 2)
    for loop in ("a", "b", "c", "d"):
        registry.gauge(health.HEARTBEAT_TIMESTAMP, loop=loop)
    assert registry.bound == len(DropReason) + 2
    assert _dropped(registry, "limit") == 2.0
    assert "already has" in caplog.text


def test_counters_of_another_signal_stay_apart(registry: Registry) -> None:
    """A family is one signal."""
    book = {**M, "client": "c", "account": "a", "tag": "t", "side": "buy"}
    submitted = registry.counter(orders.SUBMITTED, **book)
    filled = registry.counter(orders.FILLED, **book)
    submitted.add()
    assert filled.value == 0.0


def test_a_refresher_that_fails_does_not_stop_the_others(registry: Registry) -> None:
    """One meter's fault costs its own series."""
    seen = []

    def broken() -> None:
        raise RuntimeError("boom")

    registry.refresh_with(broken)
    registry.refresh_with(lambda: seen.append(1))
    registry.refresh()
    assert seen == [1]
    assert _dropped(registry, "internal") == 1.0


def test_what_was_dropped_is_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The first example of each who dropped is named; the rest are numbered."""
    clock = FakeClock()
    registry = Registry(Throttle(clock))
    for number in range(5):
        registry.drop(DropReason.INVALID, f"book: value {number}")
        registry.report()
        clock.advance(1.0)
    assert caplog.text.count("dropped (invalid)") == 1
    assert "value 0" in caplog.text
    clock.advance(60.0)
    registry.drop(DropReason.INVALID, "book: value 5")
    registry.report()
    assert "value 5 (and 4 more like it" in caplog.text


def test_one_mistake_does_not_hide_another(caplog: pytest.LogCaptureFixture) -> None:
    """Each meter is named, up to ten a minute; all others together get one more line."""
    registry = Registry(Throttle(FakeClock()))
    for _ in range(3):
        for number in range(30):
            for _ in range(2):
                registry.drop(DropReason.INVALID, f"book {number}: no")
            if number % 5 == 4:
                registry.report()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 11
    assert len({line.partition(": ")[2] for line in lines}) == 11


def test_a_gauge_that_is_bound_again_is_wanted_again(registry: Registry) -> None:
    """It must not lose its place to another while its meter holds it."""
    gauge = registry.gauge(health.HEARTBEAT_TIMESTAMP, loop="q")
    gauge.end()
    assert gauge.over
    assert registry.gauge(health.HEARTBEAT_TIMESTAMP, loop="q") is gauge
    assert not gauge.over
    assert registry.families[health.HEARTBEAT_TIMESTAMP.name].ended == 0


def test_after_a_fork_nothing_is_remembered(registry: Registry) -> None:
    """What the parent counted, the parent exports."""
    gauge = registry.gauge(market.BID, **M)
    gauge.set(1.0)
    gauge.sent = True
    counter = registry.counter(health.TELEMETRY_DROPPED, reason="invalid")
    counter.add(3.0)
    registry.forget()
    assert (gauge.value, gauge.sent) == (None, False)
    assert counter.value == 0.0
