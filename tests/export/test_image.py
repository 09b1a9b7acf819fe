"""Images: patched bytes say the same as bytes made anew."""

from __future__ import annotations

import gzip
import math

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)

from fortuna_otel._log import Throttle
from fortuna_otel.export import image
from fortuna_otel.export.registry import Registry
from fortuna_otel.export.render import Renderer, Request
from fortuna_otel.signals import health, mandates, trades
from fortuna_otel.testing import FakeClock, points_of

NOW = 1_795_000_000_000_000_000
SECOND = 1_000_000_000
LOOPS = ["x" * (1 + n % 3 * 30) + str(n) for n in range(3 * image.STRIDED)]
"""Names of three lengths, enough of each for a stride."""

BOOK = {
    "client": "acme",
    "account": "a",
    "tag": "t",
    "venue": "v",
    "symbol": "A/B",
    "base": "A",
    "quote": "B",
    "settle": "",
}


def _registry() -> Registry:
    return Registry(Throttle(FakeClock()))


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.dictionaries(
            st.integers(0, len(LOOPS) - 1),
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            max_size=len(LOOPS),
        ),
        max_size=6,
    )
)
def test_values_and_times_stand_in_their_own_point(
    history: list[dict[int, float | None]],
) -> None:
    """Whatever begins and ends, at a stride or one by one, each point has its own last value."""
    registry, renderer = _registry(), Renderer({}, "s", "")
    gauges = [registry.gauge(health.HEARTBEAT_TIMESTAMP, loop=loop) for loop in LOOPS]
    values = {loop: float(n) for n, loop in enumerate(LOOPS)}
    for loop, gauge in zip(LOOPS, gauges, strict=True):
        gauge.set(values[loop])
    for tick, changes in enumerate([{}, *history]):
        for index, value in changes.items():
            gauges[index].value = value
            values.pop(LOOPS[index], None)
            if value is not None:
                values[LOOPS[index]] = value
        now = NOW + tick * 77_777_777_777
        sent = {}
        for request in renderer.requests(registry.families.values(), now, SECOND, 0):
            for point in points_of(ExportMetricsServiceRequest.FromString(request.body)):
                assert point.time == now
                if not point.ended:
                    sent[point.attributes["loop"]] = point.value
            request.accepted()
        assert sent == values
        assert all(math.copysign(1, sent[k]) == math.copysign(1, values[k]) for k in values)  # type: ignore[arg-type]


def test_counters_and_histograms_are_patched_at_their_place() -> None:
    """Each series keeps its own start, from the export in which it began."""
    registry, renderer = _registry(), Renderer({}, "s", "")
    expected: dict[tuple[str, str], tuple[float, int]] = {}
    for tick in range(4):
        now = NOW + tick * SECOND
        for number, side in enumerate(("buy", "sell")):
            for asset in ("maker", "taker"):
                if tick >= number:
                    registry.counter(trades.VOLUME, **BOOK, side=side, liquidity=asset).add(
                        float(tick + 1)
                    )
        for loop in LOOPS[: 10 * tick]:
            registry.histogram(health.LOOP_DURATION, loop=loop).record(0.5)
        [request] = renderer.requests(registry.families.values(), now, SECOND, 0)
        request.accepted()
        for point in points_of(ExportMetricsServiceRequest.FromString(request.body)):
            key = point.name, "".join(point.attributes.values())
            assert point.value is not None
            value, start = expected.get(key, (0.0, point.start))
            assert point.value >= value
            assert point.start == start
            expected[key] = point.value, start
    volumes = [
        value for (name, _), (value, _) in expected.items() if name == "fortuna.trade.volume"
    ]
    assert sorted(volumes) == [9.0, 9.0, 10.0, 10.0]
    loops = [value for (name, _), (value, _) in expected.items() if name == "fortuna.loop.duration"]
    assert sorted(loops) == [1.0] * 10 + [2.0] * 10 + [3.0] * 10


def test_an_overflowing_counter_stands_still_and_says_so() -> None:
    """Infinity would poison its series for ever."""
    registry, renderer = _registry(), Renderer({}, "s", "")
    counter = registry.counter(health.TELEMETRY_EXPORTS, outcome="failed")
    counter.add(1.7e308)
    counter.add(1.7e308)
    list(renderer.requests(registry.families.values(), NOW, SECOND, 0))
    assert math.isfinite(counter.value)
    assert registry.counter(health.TELEMETRY_DROPPED, reason="invalid").value == 1.0


def test_series_that_made_room_leave_the_image() -> None:
    """A series that ended and was replaced is neither sent nor kept."""
    registry, renderer = _registry(), Renderer({}, "s", "")
    labels = {
        "mandate": "m",
        "client": "c",
        "venue": "v",
        "symbol": "A/B",
        "base": "A",
        "quote": "B",
        "settle": "",
        "tier": "liquid",
        "capital": "client",
    }
    old = registry.gauge(mandates.INFO, **labels, version="0")
    for version in range(1, 4 * mandates.INFO.limit):
        old.end()
        old = registry.gauge(mandates.INFO, **labels, version=str(version))
        old.set(1.0)
        [request] = renderer.requests(registry.families.values(), NOW + version, SECOND, 0)
        request.accepted()
    [family] = [f for f in registry.families.values() if f.signal is mandates.INFO]
    assert len(family.cells) <= mandates.INFO.limit
    assert renderer.live == 1


def test_a_compressed_body_holds_the_same_points() -> None:
    """As the stock exporter's gzip, part by part."""
    bodies = []
    for gzipped in (False, True):
        registry, renderer = _registry(), Renderer({"a": "b"}, "s", "1", gzipped=gzipped)
        for loop in LOOPS:
            registry.gauge(health.HEARTBEAT_TIMESTAMP, loop=loop).set(1.5)
        [request] = renderer.requests(registry.families.values(), NOW, SECOND, 0)
        bodies.append(gzip.decompress(request.body) if gzipped else request.body)
    assert bodies[0] == bodies[1]


def test_a_late_acceptance_does_not_end_what_began_again() -> None:
    """A replayed request may arrive after the series is back."""
    registry, renderer = _registry(), Renderer({}, "s", "")
    gauge = registry.gauge(health.HEARTBEAT_TIMESTAMP, loop="q")

    def render(tick: int) -> list[float | None]:
        requests = list(
            renderer.requests(registry.families.values(), NOW + tick * SECOND, SECOND, 0)
        )
        late.append(requests)
        return [
            point.value
            for request in requests
            for point in points_of(ExportMetricsServiceRequest.FromString(request.body))
        ]

    late: list[list[Request]] = []
    gauge.set(1.0)
    assert render(0) == [1.0]
    late[0][0].accepted()
    gauge.value = None
    assert render(1) == [None]
    gauge.set(2.0)
    assert render(2) == [2.0]
    late[1][0].accepted()
    gauge.value = None
    assert render(3) == [None]
