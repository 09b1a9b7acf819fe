"""The whole registry through the public API and the real Collector into Prometheus and Mimir.

What the registry says of a signal is what both stores have of it: name, type, unit, labels, closed
values and numbers. A drift between code, `semconv/` and what a store makes of it is found here.
"""

from __future__ import annotations

import contextlib
import functools
import re
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import yaml

from examples.desk.stack import ROOT
from fortuna_otel import signals
from fortuna_otel._environment import Environment
from fortuna_otel.signals import health, market, quotes
from fortuna_otel.signals.enums import DropReason
from fortuna_otel.telemetry import Telemetry
from tests.e2e.pipeline import wait
from tests.e2e.stores import TENANT, Stores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.signals import Signal
    from tests.e2e.pipeline import PromQL

pytestmark = pytest.mark.e2e

OWN = ("fortuna.telemetry.", "fortuna.service.")
"""Signals whose values the SDK decides."""

WHERE = {
    "job": "desk/conformance",
    "instance": "conformance/0",
    "host_name": socket.gethostname(),
    "deployment_environment_name": "test",
}
"""Labels that come from the resource."""

OPEN_VALUES = {"symbol": "BTC/USDT:USDT", "tag": "naïve 日本 🧮", "settle": "", "level": "1"}
"""Values of open attributes, where one is telling: an empty one is no label."""

UNITS = {"s": "seconds"}
"""Units as stores spell them; a ratio and what is counted or priced have none there."""

Labels: TypeAlias = frozenset[tuple[str, str]]
Table: TypeAlias = dict[tuple[str, Labels], float]


@dataclass(slots=True)
class Desk:
    """A service that sets every signal there is, and what the stores must have of it."""

    telemetry: Telemetry
    expected: Table = field(default_factory=dict)
    increases: Table = field(default_factory=dict)
    raised: float = 0.0

    def labels(self, signal: Signal, attributes: dict[str, str]) -> Labels:
        """Return the labels of a series, without its name."""
        given = {name: value for name, value in attributes.items() if value}
        assert set(given) <= set(signal.attributes)
        return frozenset({**WHERE, **given}.items())


def attribute_sets(signal: Signal) -> list[dict[str, str]]:
    """Return as few sets of attributes as show every value of every closed set."""
    closed = {name: [member.value for member in enum] for name, enum in signal.closed}
    count = max(map(len, closed.values()), default=1)
    return [
        {
            name: closed[name][index % len(closed[name])]
            if name in closed
            else OPEN_VALUES.get(name, f"a-{name}")
            for name in signal.attributes
        }
        for index in range(count)
    ]


@pytest.fixture(scope="module")
def desk(stores: Stores) -> Iterator[Desk]:
    """Two exports of the whole registry: what was counted before the first, and since."""
    telemetry = Telemetry(
        "conformance",
        namespace="desk",
        environment=Environment(endpoint=f"{stores.otlp}/v1/metrics"),
        instance=WHERE["instance"],
        threaded=False,
    )
    desk = Desk(telemetry)
    for tick in range(2):
        for number, signal in enumerate(signals.ALL):
            if not signal.name.startswith(OWN):
                for index, attributes in enumerate(attribute_sets(signal)):
                    _write(desk, signal, attributes, number + index / 64.0 + 0.25, again=tick > 0)
        assert telemetry.flush(), "the Collector takes everything"
        if tick == 0:
            time.sleep(1.0)  # one tick: the stores must see two moments
    yield desk
    telemetry.shutdown()


def _write(
    desk: Desk, signal: Signal, attributes: dict[str, str], value: float, *, again: bool
) -> None:
    labels = desk.labels(signal, attributes)
    name = signal.prometheus
    if signal.kind == "gauge":
        desk.telemetry.gauge(signal, **attributes).set(value)
        desk.expected[name, labels] = value
    elif signal.kind == "counter":
        desk.telemetry.counter(signal, **attributes).add(value)
        desk.expected[name, labels] = desk.expected.get((name, labels), 0.0) + value
        desk.increases[name, labels] = desk.expected[name, labels]
    else:
        observed = 0.3 if again else 0.03
        desk.telemetry.histogram(signal, **attributes).record(observed)
        _observe(desk, signal, labels, observed)


def _observe(desk: Desk, signal: Signal, labels: Labels, observed: float) -> None:
    name = signal.prometheus
    for bound in (*signal.buckets, float("inf")):
        key = f"{name}_bucket", labels | {("le", repr(bound))}
        desk.expected[key] = desk.expected.get(key, 0.0) + (observed <= bound)
    for suffix, amount in (("_sum", observed), ("_count", 1.0)):
        key = name + suffix, labels
        desk.expected[key] = desk.expected.get(key, 0.0) + amount


def stored(store: PromQL, selector: str = "", at: float | None = None) -> Table:
    """Return everything of ours that a store has now, or had at that time."""
    found: Table = {}
    expression = f'{{job="{WHERE["job"]}", __name__=~"fortuna_.+"{selector}}}'
    for labels, value in store.samples(expression, at):
        name = labels.pop("__name__")
        if "le" in labels:
            labels["le"] = repr(float(labels["le"]))
        found[name, frozenset(labels.items())] = value
    return found


def of_the_desk(table: Table) -> Table:
    """Leave out what the SDK says of itself."""
    own = tuple(prefix.replace(".", "_") for prefix in OWN)
    return {key: value for key, value in table.items() if not key[0].startswith(own)}


@pytest.mark.parametrize("name", ["prometheus", "mimir"])
def test_both_stores_have_exactly_what_was_said(stores: Stores, desk: Desk, name: str) -> None:
    """Every series under the name, labels and value of the registry; none more, none less."""
    store = stores.all[name]

    def complete() -> bool:
        desk.telemetry.flush()  # nothing is older than the lookback
        return of_the_desk(stored(store)) == desk.expected

    with contextlib.suppress(AssertionError):  # what is different says more
        wait(complete, 10, "every series", pause=0.3)
    found = of_the_desk(stored(store))
    assert found.keys() == desk.expected.keys()
    assert found == desk.expected


def test_both_stores_have_the_same(stores: Stores, desk: Desk) -> None:
    """Also of what the SDK says of itself: the same series, the same labels, the same values."""
    assert desk.telemetry.flush()

    def same() -> Any:
        tables = [stored(store) for store in stores.all.values()]
        return tables[0] if tables[0] == tables[1] else None

    table = wait(same, 10, "both stores to agree", pause=0.3)
    assert {name for name, _ in table} == {
        name for signal in signals.ALL for name in signal.series_names() if _is_said(signal)
    }


def _is_said(signal: Signal) -> bool:
    """Whether a healthy service says it."""
    return signal.name not in UNSAID


UNSAID = {"fortuna.telemetry.dropped"}
"""What only a service in trouble says."""


def test_nothing_was_rejected(stores: Stores, desk: Desk) -> None:
    """Not by the SDK, the Collector or a store: neither a point nor a request."""
    for reason in DropReason:
        assert desk.telemetry.counter(health.TELEMETRY_DROPPED, reason=reason).value == 0.0
    failed = f'sum(otelcol_exporter_send_failed_metric_points_total{{host_name="{TENANT}"}})'
    sent = f'sum by (exporter) (otelcol_exporter_sent_metric_points_total{{host_name="{TENANT}"}})'
    exporters = {labels["exporter"] for labels, _ in wait_samples(stores.prometheus, sent, 4)}
    assert exporters == {
        f"otlp_http/{name}" for name in ("critical", "durable", "mimir", "mimir_critical")
    }
    assert not stores.prometheus.value(failed)
    discarded = re.findall(
        r"^cortex_discarded_samples_total\{.*\} (\S+)$", stores.metrics(), re.MULTILINE
    )
    assert all(float(count) == 0.0 for count in discarded)


def wait_samples(store: PromQL, expression: str, count: int) -> list[tuple[dict[str, str], float]]:
    """Return an instant vector as soon as it has that many series."""

    def enough() -> Any:
        found = store.samples(expression)
        return found if len(found) >= count else None

    found: list[tuple[dict[str, str], float]] = wait(enough, 10, expression)
    return found


@pytest.mark.parametrize("name", ["prometheus", "mimir"])
def test_an_increase_is_what_was_counted(stores: Stores, desk: Desk, name: str) -> None:
    """The first export of a counter is two points, so nothing of it is lost to `increase`."""
    # `increase` drops names, so each metric is asked for by itself.
    for signal in signals.ALL:
        if signal.kind != "counter" or signal.name.startswith(OWN):
            continue
        query = f'increase({signal.prometheus}{{job="{WHERE["job"]}"}}[10m] anchored)'
        found = {
            frozenset(labels.items()): value for labels, value in stores.all[name].samples(query)
        }
        wanted = {k[1]: v for k, v in desk.increases.items() if k[0] == signal.prometheus}
        assert found == pytest.approx(wanted, rel=1e-12), signal.name


@pytest.mark.parametrize("name", ["prometheus", "mimir"])
def test_a_counter_is_stored_from_its_zero_on(stores: Stores, desk: Desk, name: str) -> None:
    """A 0 before the first value, in one request with it, and no reset afterwards."""
    selector = f'{market.FEED_GAPS.prometheus}{{job="{WHERE["job"]}"}}'
    samples = stores.all[name].raw(selector)
    assert samples[0][1] == 0.0
    assert samples[0][0] < samples[1][0]
    assert [value for _, value in samples] == sorted(value for _, value in samples)


@pytest.mark.parametrize("name", ["prometheus", "mimir"])
def test_a_quantile_of_a_histogram_is_right(stores: Stores, desk: Desk, name: str) -> None:
    """Observed were 0.03 and 0.3: the buckets tell them apart, and half lies up to 0.05."""
    desk.telemetry.flush()
    query = (
        f'histogram_quantile(0.5, {health.LOOP_DURATION.prometheus}_bucket{{job="{WHERE["job"]}"}})'
    )
    [(_, median)] = wait_samples(stores.all[name], query, 1)
    assert median == pytest.approx(0.05)


def test_metadata_is_the_registrys(stores: Stores, desk: Desk) -> None:
    """Live check: type, unit and description of each metric, as the store heard of them."""

    def known() -> Any:
        metadata = stores.mimir.get("metadata", limit="10000")
        return metadata if len(metadata) >= len(signals.ALL) - len(UNSAID) else None

    metadata = wait(known, 10, "metadata of every signal")
    for signal in filter(_is_said, signals.ALL):
        [entry] = metadata[signal.prometheus]
        assert entry["type"] == signal.kind, signal.name
        assert entry["help"] == signal.brief, signal.name
        assert entry["unit"] == UNITS.get(signal.unit, ""), signal.name


@pytest.mark.parametrize("name", ["prometheus", "mimir"])
def test_labels_and_their_values_are_the_registrys(stores: Stores, desk: Desk, name: str) -> None:
    """Live check: no label that no signal has, and of a closed set every value and no other."""
    store = stores.all[name]
    match = f'{{job="{WHERE["job"]}", __name__=~"fortuna_.+"}}'
    attributes = {attribute for signal in signals.ALL for attribute in signal.attributes}
    said = {a for signal in filter(_is_said, signals.ALL) for a in signal.attributes}
    found = set(store.get("labels", **{"match[]": match})) - {"__name__", "le", *WHERE}
    assert found <= attributes
    assert found == said - {"settle"}  # empty here, which is no label
    for signal in filter(_is_said, signals.ALL):
        if signal.name.startswith(OWN):
            continue
        of = f'{{job="{WHERE["job"]}", __name__="{signal.series_names()[0]}"}}'
        series = store.get("series", **{"match[]": of})
        for attribute, enum in signal.closed:
            values = {labels[attribute] for labels in series}
            assert values == set(enum), f"{signal.name}: {attribute}"


def test_a_marker_ends_a_series_in_both_stores(stores: Stores, desk: Desk) -> None:
    """A level that is cancelled is gone with the next export, and its neighbour stands."""
    labels = attribute_sets(quotes.LADDER_PRICE)[0]
    first = desk.telemetry.gauge(quotes.LADDER_PRICE, **{**labels, "level": "2"})
    second = desk.telemetry.gauge(quotes.LADDER_PRICE, **{**labels, "level": "3"})
    first.set(1.0)
    second.set(2.0)
    assert desk.telemetry.flush()
    selector = f'{quotes.LADDER_PRICE.prometheus}{{job="{WHERE["job"]}", level=~"[23]"}}'
    for store in stores.all.values():
        wait_samples(store, selector, 2)
    first.end()
    assert desk.telemetry.flush()
    ended = time.time()
    for name, store in stores.all.items():
        wait(functools.partial(_alone, store, selector), 5, f"the end in {name}")
        assert [value for _, value in store.samples(selector)] == [2.0]
    assert time.time() - ended < 5, "long before the lookback of 10 s would have ended it"
    second.end()
    desk.telemetry.flush()


def _alone(store: PromQL, selector: str) -> bool:
    return len(store.samples(selector)) == 1


def test_a_tenant_sees_its_own_and_no_other(stores: Stores, desk: Desk) -> None:
    """What the Collector's credential says is whose data it is."""
    other = type(stores.mimir)(stores.mimir.url, {"X-Scope-OrgID": "somebody-else"})
    assert stores.mimir.samples(f'count({{job="{WHERE["job"]}"}})')
    assert not other.samples(f'count({{job="{WHERE["job"]}"}})')


def test_the_rules_of_prometheus_run_in_mimir(stores: Stores, desk: Desk) -> None:
    """Every group is taken and evaluated as it stands in `alerting/rules`."""
    groups = {}
    for path in sorted((ROOT / "alerting" / "rules").glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            stores.upload(path.stem, yaml.safe_dump(group, allow_unicode=True))
            groups[group["name"]] = len(group["rules"])

    def evaluated() -> Any:
        running = stores.mimir.get("rules")["groups"]
        rules = [rule for group in running for rule in group["rules"]]
        done = len(running) == len(groups) and all(rule["health"] != "unknown" for rule in rules)
        return running if done else None

    # A group of a minute is evaluated for the first time within its first minute.
    running = wait(evaluated, 120, "every group to be evaluated", pause=0.5)
    assert {group["name"]: len(group["rules"]) for group in running} == groups
    failed = [rule for group in running for rule in group["rules"] if rule["health"] != "ok"]
    assert not failed
