"""The rules that every signal keeps."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from fortuna_otel import signals
from fortuna_otel.signals import attributes, enums
from scripts.registry import load
from scripts.semconv import BOOKS, GOAL_BOOK, GOAL_DESK, GOAL_PROCESS, Budget

if TYPE_CHECKING:
    from fortuna_otel.signals import Signal

ROOT = Path(__file__).resolve().parents[2]
RELEASED = ROOT / "tests/data/signals.txt"

# Labels that stores, alerts or the promotion of resource attributes set: an attribute of that name
# would be overwritten or would overwrite.
RESERVED_LABELS = {
    "__name__",
    "alertname",
    "alertstate",
    "deployment_environment_name",
    "host_name",
    "instance",
    "job",
    "le",
    "owner",
    "quantile",
    "severity",
}
# What may be true of only one thing at a time, so that no attribute tells which.
UNITS_OF_ATTRIBUTES = {"{base}", "{quote}", "{quote^2}", "{asset}", "{currency}"}

every_signal = pytest.mark.parametrize("signal", signals.ALL, ids=lambda signal: signal.name)


@pytest.fixture(scope="module")
def budget() -> Budget:
    """The budget of the registry as it is."""
    return Budget.of(load(ROOT / "semconv"))


def test_no_two_signals_share_a_series() -> None:
    """Translated names, with those of a histogram's parts, are distinct from one another."""
    names = [name for signal in signals.ALL for name in {signal.prometheus, *signal.series_names()}]
    assert sorted(names) == sorted(set(names))


@every_signal
def test_a_name_in_the_store_belongs_to_us_alone(signal: Signal) -> None:
    """Other metrics, OpenTelemetry's and the Collector's among them, have other prefixes."""
    assert re.fullmatch(r"fortuna_[a-z0-9_]+", signal.prometheus)


@every_signal
def test_the_stock_sdk_exports_the_definition_unchanged(signal: Signal) -> None:
    """OpenTelemetry's own SDK takes name, unit and description as they are."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    meter = provider.get_meter("test")
    if signal.kind == "counter":
        meter.create_counter(signal.name, signal.unit, signal.brief).add(1.5)
    elif signal.kind == "gauge":
        meter.create_gauge(signal.name, signal.unit, signal.brief).set(1.5)
    else:
        meter.create_histogram(signal.name, signal.unit, signal.brief).record(1.5)
    exported = reader.get_metrics_data()
    provider.shutdown()
    assert exported is not None
    (metric,) = exported.resource_metrics[0].scope_metrics[0].metrics
    assert metric.name == signal.name
    assert metric.unit == signal.unit
    assert metric.description == signal.brief


@every_signal
def test_a_timestamp_is_a_gauge_in_seconds(signal: Signal) -> None:
    """`time() - x` is an age for every *.timestamp, and nothing else is called so."""
    if signal.name.endswith(".timestamp"):
        assert (signal.kind, signal.unit) == ("gauge", "s")
    assert "timestamp" not in signal.name.removesuffix(".timestamp")


@every_signal
def test_lengths_of_time_say_what_they_are(signal: Signal) -> None:
    """*.time is seconds that add up, *.duration a distribution of seconds."""
    if signal.name.endswith(".time"):
        assert (signal.kind, signal.unit) == ("counter", "s")
    assert (signal.kind == "histogram") == signal.name.endswith(".duration")


@every_signal
def test_only_ratios_have_unit_one(signal: Signal) -> None:
    """In the store, `_ratio` marks a share of 1, and nothing but a gauge can be one."""
    assert (signal.unit == "1") == signal.prometheus.endswith("_ratio")
    if signal.unit == "1":
        assert signal.kind == "gauge"


@every_signal
def test_a_name_does_not_repeat_what_translation_adds(signal: Signal) -> None:
    """Units and `total` come from the translation; in the name they would stand twice or vanish."""
    words = re.split(r"[._]", signal.name)
    assert not {"total", "seconds", "count", "sum", "bucket"} & set(words)
    assert signal.kind != "counter" or signal.prometheus.endswith("_total")


@every_signal
def test_an_amount_tells_what_it_is_an_amount_of(signal: Signal) -> None:
    """Where the unit is an asset, the attribute of that name says which."""
    if signal.unit in UNITS_OF_ATTRIBUTES:
        assert re.sub(r"[{}^2]", "", signal.unit) in signal.attributes


@every_signal
def test_counters_that_are_subtracted_are_pairs(signal: Signal) -> None:
    """A signed sum is two counters; its gauge form would be wrong across restarts."""
    if "direction" in signal.attributes:
        assert len(signal.values("direction") or ()) == 2
        assert signal.kind == "counter" or signal.unit == "{state}"


@every_signal
def test_attributes_are_declared_and_free_of_reserved_names(signal: Signal) -> None:
    """Every attribute has a constant; none would fight with a label that a store sets."""
    declared = {value for name, value in vars(attributes).items() if isinstance(value, str)}
    assert set(signal.attributes) <= declared
    assert len(set(signal.attributes)) == len(signal.attributes)
    # A threshold is told apart by its alert's own labels, and is never what an alert fires on.
    thresholds = {attributes.ALERT, attributes.SEVERITY}
    allowed = thresholds if thresholds <= set(signal.attributes) else set()
    assert not set(signal.attributes) & RESERVED_LABELS - allowed


@every_signal
def test_a_signal_is_bounded(signal: Signal) -> None:
    """One identity can only ever have so many series: nothing unbounded is an attribute."""
    assert signal.series <= signal.limit * (len(signal.buckets) + 3 if signal.buckets else 1)
    assert 1 <= signal.limit <= 200


@every_signal
def test_a_definition_is_prose(signal: Signal) -> None:
    """The brief is what OpenTelemetry shows for the instrument: whole sentences, in ASCII."""
    assert signal.brief.isascii()
    assert signal.brief.endswith(".")


@every_signal
def test_a_histogram_covers_what_it_times(signal: Signal) -> None:
    """Orders and loops are timed from 100 µs to 30 s; inclusion in a block takes up to minutes."""
    if signal.kind == "histogram" and ".dex." not in signal.name:
        assert (signal.buckets[0], signal.buckets[-1]) == (0.0001, 30.0)
    assert list(signal.buckets) == sorted(set(signal.buckets))


def test_every_value_of_a_closed_set_is_plain() -> None:
    """Values are labels in PromQL, parts of file names and words on the board."""
    classes = [value for value in vars(enums).values() if value in StrEnum.__subclasses__()]
    assert len(classes) == len(load(ROOT / "semconv").enums)
    for enum in classes:
        assert list(enum)
        for value in enum:
            assert re.fullmatch(r"[a-z0-9][a-z0-9_.]*", value)


@pytest.mark.parametrize(
    "name",
    [
        "fortuna.heartbeat.timestamp",
        "fortuna.service.state",
        "fortuna.feed.alive.timestamp",
        "fortuna.market.received.timestamp",
        "fortuna.quote.updated.timestamp",
        "fortuna.orders.updated.timestamp",
        "fortuna.inventory.updated.timestamp",
        "fortuna.orders.open",
        "fortuna.quote.bid",
        "fortuna.quote.ask",
        "fortuna.quote.spread",
        "fortuna.obligation.spread",
        "fortuna.exposure.net",
        "fortuna.mandate.spread.max",
        "fortuna.mandate.exposure.limit",
        "fortuna.mandate.service",
    ],
)
def test_what_the_first_pages_read_is_critical(name: str) -> None:
    """Silence, staleness, spread and drift must not wait behind a backlog."""
    assert signals.BY_NAME[name].critical


@pytest.mark.parametrize("name", ["fortuna.quote.ladder.price", "fortuna.markout.pnl"])
def test_bulk_is_not_critical(name: str) -> None:
    """What no page reads would slow down what pages read."""
    assert not signals.BY_NAME[name].critical


def test_the_budget_of_a_book_and_a_desk_holds(budget: Budget) -> None:
    """A book with all that comes with it, and a desk of 400, stay below the goals."""
    assert budget.desk_samples <= GOAL_DESK
    assert budget.desk_samples / BOOKS <= GOAL_BOOK


def test_the_budget_of_a_process_holds(budget: Budget) -> None:
    """Twenty books, each with all it could ever have, fit into what a process may export."""
    assert sum(row.limit * row.identity.process for row in budget.rows) <= GOAL_PROCESS


def test_slow_signals_are_what_the_budget_rests_on(budget: Budget) -> None:
    """Were slow signals sent every second, the desk would be over: the difference is on purpose."""
    assert budget.desk_series > GOAL_DESK


def test_the_critical_pipeline_carries_the_smaller_part(budget: Budget) -> None:
    """It overtakes because it is small."""
    assert budget.desk_critical <= budget.desk_samples / 2


def test_no_released_name_vanishes() -> None:
    """A listed name stays, if only deprecated for a release; new names join the list."""
    released = dict(line.split() for line in RELEASED.read_text().splitlines() if line[:1] != "#")
    assert released == {signal.name: signal.prometheus for signal in signals.ALL}
