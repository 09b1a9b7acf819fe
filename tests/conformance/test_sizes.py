"""Many series: borders of messages and requests, limits, and membership that changes each tick."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel.signals import health, mandates, market, quotes
from tests.conformance.wire import (
    Desk,
    Verdict,
    bits,
    histogram_bits,
    metrics_of,
    parse,
    points_of,
    samples_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    from fortuna_otel.signals import Signal
    from tests.conformance.wire import Series

CHUNK = 1000
MAX_BYTES = 3_000_000
BORDERS = [999, 1000, 1001, 2500]


def _labels(signal: Signal, number: int) -> dict[str, str]:
    return {name: f"{name}-{number}" for name in signal.attributes}


def _fresh(
    desk: Desk, requests: Iterable[ExportMetricsServiceRequest], signal: Signal
) -> dict[str, bytes | None]:
    """Return what this tick says of a signal, by the value of its last attribute."""
    now = desk.clock.time_ns()
    found: dict[str, bytes | None] = {}
    for sample in samples_of(requests):
        if sample.series[0] == signal.name and sample.time == now:
            label = dict(sample.series[1])[signal.attributes[-1]]
            assert label not in found, f"{label} is there twice"
            found[label] = sample.bits
    return found


@pytest.mark.parametrize("count", BORDERS)
def test_gauges_at_the_border_of_a_message(count: int) -> None:
    """Each is there once, each that ends is told once, and no message is larger than allowed."""
    desk = Desk()
    signal = health.HEARTBEAT_TIMESTAMP
    cells = [desk.telemetry.gauge(signal, **_labels(signal, n)) for n in range(count)]
    for number, cell in enumerate(cells):
        cell.set(float(number))
    expected: dict[str, bytes | None] = {f"loop-{n}": bits(float(n)) for n in range(count)}
    requests = desk.export()
    assert _fresh(desk, requests, signal) == expected
    for request in requests:
        assert all(len(points_of(metric)) <= CHUNK for metric in metrics_of(request))
    gone = {0, 1, count // 2, min(998, count - 1), min(999, count - 1), count - 1}
    for number in gone:
        cells[number].end()
        expected[f"loop-{number}"] = None
    assert _fresh(desk, desk.export(), signal) == expected
    expected = {label: told for label, told in expected.items() if told is not None}
    assert _fresh(desk, desk.export(), signal) == expected
    for number in gone:
        desk.telemetry.gauge(signal, **_labels(signal, number)).set(-1.0)
        expected[f"loop-{number}"] = bits(-1.0)
    assert _fresh(desk, desk.export(), signal) == expected


@pytest.mark.parametrize("count", BORDERS)
def test_sums_at_the_border_of_a_message(count: int) -> None:
    """Counters and histograms begin with their zero, each once, and go on with one point."""
    desk = Desk()
    gaps, turns = market.FEED_GAPS, health.LOOP_DURATION
    for number in range(count):
        desk.telemetry.counter(gaps, **_labels(gaps, number)).add(number + 1.0)
        desk.telemetry.histogram(turns, **_labels(turns, number)).record(0.5)
    first = desk.export()
    now = desk.clock.time_ns()
    zeros: dict[str, int] = {}
    for sample in samples_of(first):
        if sample.series[0] in (gaps.name, turns.name) and sample.time < now:
            zeros[sample.series[0]] = zeros.get(sample.series[0], 0) + 1
            assert sample.time == sample.start
    assert zeros == {gaps.name: count, turns.name: count}
    for request in first:
        assert all(len(points_of(metric)) <= 2 * CHUNK for metric in metrics_of(request))
    counts = [0] * (len(turns.buckets) + 1)
    counts[turns.buckets.index(0.5)] = 1
    for again in (False, True):
        requests = desk.export() if again else first
        assert _fresh(desk, requests, gaps) == {f"stream-{n}": bits(n + 1.0) for n in range(count)}
        assert _fresh(desk, requests, turns) == {
            f"loop-{n}": histogram_bits(counts, 0.5) for n in range(count)
        }
    assert all(s.time == desk.clock.time_ns() for s in samples_of(desk.export()) if not s.start)


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_request_never_exceeds_what_every_hop_takes(gzipped: bool) -> None:
    """Beyond 3 MB there is another request, with the same resource, and nothing is lost."""
    desk = Desk(gzipped=gzipped)
    signal = health.HEARTBEAT_TIMESTAMP
    wide = "\N{ABACUS}" * 120  # four bytes each
    expected: dict[str, bytes | None] = {}
    for number in range(8000):
        loop = f"{wide}{number}"
        desk.telemetry.gauge(signal, loop=loop).set(float(number))
        expected[loop] = bits(float(number))
    requests = desk.export()
    assert len(requests) > 1
    assert _fresh(desk, requests, signal) == expected
    assert all(request.ByteSize() <= MAX_BYTES for request in requests)
    resources = {request.resource_metrics[0].resource.SerializeToString() for request in requests}
    assert len(resources) == 1


def test_the_widest_series_fit_into_a_request() -> None:
    """Eight attributes of 128 characters, four bytes each: a thousand of them are over 4 MB."""
    desk = Desk()
    signal = quotes.BID
    for number in range(1000):
        labels = {
            name: f"{number:04}" + "\N{ABACUS}" * 124
            for name in signal.attributes
            if name != "source"
        }
        desk.telemetry.gauge(signal, **labels, source="engine").set(1.0)
    requests = desk.export()
    assert (
        sum(len(points_of(m)) for r in requests for m in metrics_of(r) if m.name == signal.name)
        == 1000
    )
    assert all(request.ByteSize() <= MAX_BYTES for request in requests)


def test_what_one_of_several_requests_lost_is_told_again_and_nothing_else() -> None:
    """Beginnings and ends of a refused request are repeated; those of an accepted one are not."""
    desk = Desk()
    signal = health.HEARTBEAT_TIMESTAMP
    wide = "\N{ABACUS}" * 120
    cells = [desk.telemetry.gauge(signal, loop=f"{wide}{n}") for n in range(8000)]
    for cell in cells:
        cell.set(1.0)
    assert len(desk.export()) > 1
    for cell in cells:
        cell.end()
    answers = iter([Verdict.ACCEPTED, Verdict.REFUSED])
    desk.receiver.verdict = lambda: next(answers, Verdict.ACCEPTED)
    before = len(desk.receiver.sent)
    desk.export()
    told = desk.receiver.sent[before:]
    [refused] = [parse(body) for body, accepted in told if not accepted]
    lost = {s.series for s in samples_of([refused]) if s.series[0] == signal.name}
    assert 0 < len(lost) < len(cells)
    assert _markers(desk, signal) == lost
    assert not _markers(desk, signal)


def _markers(desk: Desk, signal: Signal) -> set[Series]:
    """Export, and return the series of a signal that end with it."""
    told = [sample for sample in samples_of(desk.export()) if sample.series[0] == signal.name]
    assert all(sample.bits is None for sample in told)
    return {sample.series for sample in told}


def test_membership_may_change_each_tick() -> None:
    """Levels come and go: at each tick those that are there, and one marker for those that left."""
    desk = Desk()
    signal = market.FEED_LAG
    chance = random.Random(4)  # noqa: S311  # the same levels each time
    cells = [
        desk.telemetry.gauge(signal, **{**_labels(signal, n // 8), "stream": f"s{n}"})
        for n in range(1600)
    ]
    before: set[int] = set()
    for tick in range(12):
        present = {n for n in range(1600) if chance.random() < 0.5}
        for number, cell in enumerate(cells):
            cell.value = float(tick) if number in present else None
        expected: dict[str, bytes | None] = {f"s{n}": bits(float(tick)) for n in present}
        expected |= {f"s{n}": None for n in before - present}
        assert _fresh(desk, desk.export(), signal) == expected
        before = present


def test_a_version_a_tick_never_meets_the_limit() -> None:
    """Whoever ends a series before the next begins may do so for ever."""
    desk = Desk()
    signal = mandates.INFO
    labels: dict[str, Any] = {name: name for name in signal.attributes}
    labels |= {name: next(iter(enum)).value for name, enum in signal.closed}
    for tick in range(10 * signal.limit):
        cell = desk.telemetry.gauge(signal, **{**labels, "version": f"v{tick}"})
        cell.set(1.0)
        told = [
            (dict(sample.series[1])["version"], sample.bits is None)
            for sample in samples_of(desk.export())
            if sample.series[0] == signal.name
        ]
        ended = [] if tick == 0 else [(f"v{tick - 1}", True)]
        assert sorted(told) == sorted([(f"v{tick}", False), *ended])
        cell.end()


def test_the_limit_of_the_process_is_for_what_lives() -> None:
    """Clients come and go for months: what ended makes room, whoever it belonged to."""
    desk = Desk(series_limit=60)
    room = 60 - desk.telemetry.registry.bound
    assert room > 3
    signal = health.HEARTBEAT_TIMESTAMP
    for tick in range(3 * room):
        cell = desk.telemetry.gauge(signal, loop=f"l{tick}")
        cell.set(1.0)
        assert _fresh(desk, desk.export(), signal)[f"l{tick}"] == bits(1.0)
        cell.end()
        desk.export()


def test_beyond_the_limit_of_the_process_all_others_are_told() -> None:
    """A refused series works on for its writer, and costs no other."""
    desk = Desk(series_limit=60)
    room = 60 - desk.telemetry.registry.bound
    signal = health.HEARTBEAT_TIMESTAMP
    for number in range(room + 7):
        desk.telemetry.gauge(signal, loop=f"l{number}").set(float(number))
    requests = desk.export()
    assert _fresh(desk, requests, signal) == {f"l{n}": bits(float(n)) for n in range(room)}
    dropped = desk.telemetry.counter(health.TELEMETRY_DROPPED, reason="limit")
    assert _fresh(desk, requests, health.TELEMETRY_DROPPED)["limit"] == bits(7.0)
    assert dropped.value == 7.0


@pytest.mark.parametrize(("kind", "signal"), [("gauge", market.FEED_LAG), ("gauge", mandates.INFO)])
def test_beyond_the_limit_of_a_family_all_others_are_told(kind: str, signal: Signal) -> None:
    """One identity that runs away is bounded by itself."""
    desk = Desk()
    closed = {name: next(iter(enum)).value for name, enum in signal.closed}
    labels = {name: closed.get(name, name) for name in signal.attributes}
    varied = signal.attributes[-1] if signal.attributes[-1] not in closed else "version"
    for number in range(signal.limit + 3):
        cell = getattr(desk.telemetry, kind)(signal, **{**labels, varied: f"x{number}"})
        cell.set(1.0)
    told = [s for s in samples_of(desk.export()) if s.series[0] == signal.name]
    assert len(told) == signal.limit
