"""Cells: what the hot path writes."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from fortuna_otel._log import Throttle
from fortuna_otel.export.registry import Registry
from fortuna_otel.signals import health, inventory, trades
from fortuna_otel.testing import FakeClock


def test_a_cell_says_what_it_is(registry: Registry) -> None:
    """Messages about a cell name its series."""
    gauge = registry.gauge(health.HEARTBEAT_TIMESTAMP, loop="quote")
    assert repr(gauge) == "fortuna.heartbeat.timestamp{loop='quote'}"


class Odd:
    """A number that cannot be had."""

    def __float__(self) -> float:
        """Fail in a way of its own."""
        raise RuntimeError("no number today")


WRONG = [-1.0, math.nan, math.inf, None, "1", 10**400, Decimal("sNaN"), [1.0], Odd()]


@pytest.mark.parametrize("wrong", [*WRONG, True])
def test_a_counter_never_decreases(registry: Registry, wrong: Any) -> None:
    """What cannot be added is dropped and counted; the sum stands."""
    counter = registry.counter(
        inventory.FLOW,
        client="acme",
        venue="binance",
        account="a",
        asset="BTC",
        kind="deposit",
        direction="in",
    )
    dropped = registry.counter(health.TELEMETRY_DROPPED, reason="invalid")
    counter.add(2.0)
    counter.add(wrong)
    assert counter.value == 2.0
    assert dropped.value == 1.0


@pytest.mark.parametrize("wrong", WRONG)
def test_a_histogram_takes_finite_seconds(registry: Registry, wrong: Any) -> None:
    """What is no duration is dropped and counted."""
    histogram = registry.histogram(health.LOOP_DURATION, loop="quote")
    histogram.record(0.5)
    histogram.record(wrong)
    histogram.fold()
    assert (histogram.count, sum(histogram.counts), histogram.total) == (1, 1, 0.5)
    assert registry.counter(health.TELEMETRY_DROPPED, reason="invalid").value == 1.0


class Single(float):
    """A float that stays what it is in sums, as numpy's are."""

    def __radd__(self, other: float) -> float:
        """Take the sum over."""
        return Single(float(self) + other)


@pytest.mark.parametrize("number", [3, Decimal("1.5"), Fraction(1, 4), Single(0.5)])
def test_other_numbers_are_summed_as_plain_floats(registry: Registry, number: Any) -> None:
    """A sum in another type would lose digits, or the whole export."""
    counter = registry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    histogram = registry.histogram(health.LOOP_DURATION, loop="quote")
    counter.add(number)
    histogram.record(number)
    histogram.fold()
    assert (counter.value, histogram.total) == (float(number), float(number))
    assert (type(counter.value), type(histogram.total)) == (float, float)
    assert sum(histogram.counts) == 1


def test_observations_wait_for_the_next_fold_within_bounds() -> None:
    """Recording keeps the number; more than fit are lost, which is said."""
    registry = Registry(Throttle(FakeClock()), pending=3)
    histogram = registry.histogram(health.LOOP_DURATION, loop="quote")
    for value in (1.0, 2.0):
        histogram.record(value)
    assert histogram.count == 0
    histogram.fold()
    assert (histogram.count, histogram.total) == (2, 3.0)
    dropped = registry.counter(health.TELEMETRY_DROPPED, reason="limit")
    assert dropped.value == 0.0
    for value in (1.0, 2.0, 3.0, 4.0):
        histogram.record(value)
    histogram.fold()
    assert (histogram.count, histogram.total) == (5, 12.0)
    assert dropped.value == 1.0


def test_what_nobody_will_export_is_not_kept() -> None:
    """A disabled SDK must not fill the memory."""
    histogram = Registry(Throttle(FakeClock()), pending=0).histogram(
        health.LOOP_DURATION, loop="quote"
    )
    histogram.record(1.0)
    histogram.fold()
    assert histogram.count == 0


def test_a_bound_method_kept_across_a_fork_still_counts(registry: Registry) -> None:
    """Code that took `record` into a local variable must not record into nothing."""
    histogram = registry.histogram(health.LOOP_DURATION, loop="quote")
    record = histogram.record
    record(1.0)
    registry.forget()
    record(2.0)
    histogram.fold()
    assert (histogram.count, histogram.total) == (1, 2.0)


def test_a_bucket_holds_values_up_to_and_including_its_bound(registry: Registry) -> None:
    """Bounds are inclusive above, from 100 µs to 30 s, with one bucket beyond."""
    histogram = registry.histogram(health.LOOP_DURATION, loop="quote")
    assert (histogram.bounds[0], histogram.bounds[-1]) == (0.0001, 30.0)
    for value in (0.0, 0.0001, 30.0, 30.1):
        histogram.record(value)
    histogram.fold()
    assert (histogram.counts[0], histogram.counts[-2], histogram.counts[-1]) == (2, 1, 1)


def test_a_signed_sum_is_two_counters_that_only_grow(registry: Registry) -> None:
    """Gains and losses are told apart, both exported as 0 from binding."""
    book = {
        "client": "acme",
        "account": "a",
        "tag": "t",
        "venue": "v",
        "symbol": "A/B",
        "base": "A",
        "quote": "B",
        "settle": "",
    }
    signed = registry.signed(trades.PNL_REALIZED, **book)
    assert signed.gain.announced
    assert signed.loss.announced
    for amount in (3.0, -2.0, 0.0, 1.0):
        signed.add(amount)
    assert (signed.gain.value, signed.loss.value) == (4.0, 2.0)


def test_no_number_set_on_a_gauge_is_not_the_same_as_ending_it(registry: Registry) -> None:
    """`set(None)` is a wrong value that will be counted; `end()` is a statement."""
    gauge = registry.gauge(health.HEARTBEAT_TIMESTAMP, loop="quote")
    gauge.set(None)  # type: ignore[arg-type]
    assert gauge.value == math.inf
    gauge.end()
    assert gauge.value is None
