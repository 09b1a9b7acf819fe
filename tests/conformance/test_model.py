"""Any sequence of writes, ends, failures and exports against a simple model of what a store knows.

The model is of the far end: it keeps, by series and time, what was accepted, and must at each
moment be able to tell the truth about every series.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel.signals import health, market, orders
from tests.conformance.strategies import doubles, exact, wrong_numbers
from tests.conformance.wire import Desk, Verdict, bits, histogram_bits, parse, samples_of

if TYPE_CHECKING:
    from fortuna_otel.signals import Signal
    from tests.conformance.wire import Sample, Series

M = {"venue": "v", "symbol": "A/B", "base": "A", "quote": "B", "settle": ""}
BOOK = {"client": "c", "account": "a", "tag": "t", **M}

Target: TypeAlias = "tuple[Signal, dict[str, str]]"

GAUGES: tuple[Target, ...] = (
    (market.BID, M),  # critical
    (market.LAST, M),
    (market.FEED_LAG, {**M, "stream": "s0"}),
    (market.FEED_LAG, {**M, "stream": "s1"}),
)
COUNTERS: tuple[Target, ...] = (
    (orders.SUBMITTED, {**BOOK, "side": "buy"}),  # critical
    (market.FEED_GAPS, {"venue": "v", "stream": "book"}),  # slow
)
HISTOGRAMS: tuple[Target, ...] = (
    (health.LOOP_DURATION, {"loop": "q"}),
    (orders.ACK_DURATION, {"client": "c", "venue": "v", "account": "a"}),
)
WRONG = wrong_numbers()


@dataclass(frozen=True, slots=True)
class Write:
    """Something that a service does: a method of `World`, and what it is given."""

    what: str
    index: int
    value: Any = None

    def __call__(self, world: World) -> None:
        """Do it."""
        getattr(world, self.what)(self.index, self.value)


@dataclass(frozen=True, slots=True)
class Tick:
    """What a service does before an export, and what becomes of that."""

    writes: list[Write]
    verdict: Verdict
    only_critical: bool


def _writes(what: str, targets: tuple[Target, ...], values: st.SearchStrategy[Any]) -> Any:
    return st.builds(Write, st.just(what), st.sampled_from(range(len(targets))), values)


wrong = st.sampled_from(range(len(WRONG)))
ticks = st.builds(
    Tick,
    st.lists(
        st.one_of(
            _writes("set", GAUGES, doubles),
            _writes("write", GAUGES, doubles | st.none()),
            _writes("end", GAUGES, st.none()),
            _writes("set_wrong", GAUGES, wrong),
            _writes("add", COUNTERS, exact),
            _writes("add_wrong", COUNTERS, wrong),
            _writes("record", HISTOGRAMS, exact),
            _writes("record_wrong", HISTOGRAMS, wrong),
        ),
        max_size=4,
    ),
    st.sampled_from([Verdict.ACCEPTED, *Verdict]),
    st.sampled_from([False, False, True]),
)


def key(target: Target) -> Series:
    """Return a series as it is on the wire."""
    signal, labels = target
    return signal.name, frozenset(labels.items())


class World:
    """A service that does anything at all, before a Collector that fails as told."""

    def __init__(self) -> None:
        self.desk = Desk()
        self.stored: dict[Series, dict[int, bytes | None]] = {}
        self.gauges: dict[Series, float | None] = {key(target): None for target in GAUGES}
        self.counters: dict[Series, float] = {key(target): 0.0 for target in COUNTERS}
        self.counts = {key(t): [0] * (len(t[0].buckets) + 1) for t in HISTOGRAMS}
        self.totals = {key(target): 0.0 for target in HISTOGRAMS}
        self.starts: dict[Series, int] = {}
        self.ours = {key(target) for target in (*GAUGES, *COUNTERS, *HISTOGRAMS)}
        self.known: set[Series] = set()
        self.promised: dict[Series, dict[int, bytes | None]] = {}
        self.desk.clock.advance(10.0)

    # What a service does; it binds anew each time, as one may

    def set(self, index: int, value: float) -> None:
        """Set a gauge."""
        self._gauge(index).set(value)
        self.gauges[key(GAUGES[index])] = value

    def write(self, index: int, value: float | None) -> None:
        """Set it by its attribute; None says that there is no such number now."""
        self._gauge(index).value = value
        self.gauges[key(GAUGES[index])] = value

    def end(self, index: int, _: None) -> None:
        """Say that there will be no such number."""
        self._gauge(index).end()
        self.gauges[key(GAUGES[index])] = None

    def set_wrong(self, index: int, value: int) -> None:
        """Set what is no number: nobody knows the number then."""
        self._gauge(index).set(WRONG[value])
        self.gauges[key(GAUGES[index])] = None

    def add(self, index: int, amount: float) -> None:
        """Count."""
        signal, labels = COUNTERS[index]
        self.desk.telemetry.counter(signal, **labels).add(amount)
        self.counters[key(COUNTERS[index])] += amount

    def add_wrong(self, index: int, value: int) -> None:
        """Count what cannot be counted."""
        signal, labels = COUNTERS[index]
        self.desk.telemetry.counter(signal, **labels).add(WRONG[value])

    def record(self, index: int, value: float) -> None:
        """Observe."""
        signal, labels = HISTOGRAMS[index]
        name = key(HISTOGRAMS[index])
        self.desk.telemetry.histogram(signal, **labels).record(value)
        self.counts[name][bisect_left(signal.buckets, value)] += 1
        self.totals[name] += value

    def record_wrong(self, index: int, value: int) -> None:
        """Observe what is no duration."""
        signal, labels = HISTOGRAMS[index]
        self.desk.telemetry.histogram(signal, **labels).record(WRONG[value])

    # What becomes of it

    def export(self, verdict: Verdict, *, only_critical: bool = False) -> None:
        """Export; the Collector takes it, refuses it, is busy, or is not there."""
        desk = self.desk
        desk.clock.advance(0.5 if only_critical else 1.0)
        now = desk.clock.time_ns()
        desk.receiver.verdict = lambda: verdict
        before = len(desk.receiver.sent)
        desk.telemetry.flush(only_critical=only_critical)
        sent = desk.receiver.sent[before:]
        assert sent, "every export says something, if only of itself"
        bodies = [(parse(body), accepted) for body, accepted in sent]
        truth = self._truth(only_critical=only_critical)
        if verdict in (Verdict.ACCEPTED, Verdict.REFUSED):
            self._check_told(list(samples_of(body for body, _ in bodies)), now, truth)
        for series, told in truth.items():
            if verdict is not Verdict.REFUSED:
                # Taken, or kept until it is: either way it will be there.
                self.promised.setdefault(series, {})[now] = told
            if told is not None:
                self.known.add(series)
            elif verdict is not Verdict.REFUSED:
                self.known.discard(series)
        for body, accepted in bodies:
            if accepted:
                for sample in samples_of([body]):
                    self._store(sample)

    def _truth(self, *, only_critical: bool) -> dict[Series, bytes | None]:
        """Return what this export has to say: what there is, and what there is no more."""
        truth = {}
        for target in (*GAUGES, *COUNTERS, *HISTOGRAMS):
            if only_critical and not target[0].critical:
                continue
            series = key(target)
            present = self._present(series)
            if present is not None or series in self.known:
                truth[series] = present
        return truth

    def _check_told(self, told: list[Sample], now: int, truth: dict[Series, bytes | None]) -> None:
        """Whatever becomes of it: this export says the whole truth, once, and nothing else."""
        fresh: dict[Series, bytes | None] = {}
        for sample in told:
            assert sample.time <= now
            if sample.time == now and sample.series in self.ours:
                assert sample.series not in fresh, "a series is there twice"
                fresh[sample.series] = sample.bits
        assert fresh == truth

    def _present(self, series: Series) -> bytes | None:
        if series in self.gauges:
            value = self.gauges[series]
            return None if value is None else bits(value)
        if series in self.counters:
            total = self.counters[series]
            return bits(total) if total > 0.0 else None
        counts = self.counts[series]
        return histogram_bits(counts, self.totals[series]) if any(counts) else None

    def _store(self, sample: Sample) -> None:
        known = self.stored.setdefault(sample.series, {})
        again = known.setdefault(sample.time, sample.bits)
        assert again == sample.bits, "one series has two values at one time"
        if sample.start:
            start = self.starts.setdefault(sample.series, sample.start)
            assert start == sample.start, "a series that goes on has one start"

    def check_sums(self) -> None:
        """`increase()` over all that was stored is exactly what was counted."""
        for target in (*COUNTERS, *HISTOGRAMS):
            series = key(target)
            known = self.stored.get(series)
            if not known:
                continue
            zero = (
                bits(0.0)
                if series in self.counters
                else histogram_bits([0] * len(self.counts[series]), 0.0)
            )
            assert known[min(known)] == zero
            assert min(known) == self.starts[series]

    def check_all(self) -> None:
        """A Collector that is well again has all that was ever promised, and nothing else."""
        self.export(Verdict.ACCEPTED)
        for series in self.ours:
            stored = dict(self.stored.get(series, {}))
            if series in self.starts:
                stored.pop(self.starts[series], None)  # the zero
            assert stored == self.promised.get(series, {}), series
        self.desk.telemetry.shutdown()

    def _gauge(self, index: int) -> Any:
        signal, labels = GAUGES[index]
        return self.desk.telemetry.gauge(signal, **labels)


@settings(max_examples=200, deadline=None)
@given(st.lists(ticks, min_size=1, max_size=20))
def test_any_history_is_told_in_full(history: list[Tick]) -> None:
    """Each series once a tick, ended once, nothing lost but what was refused for good."""
    world = World()
    for tick in history:
        for write in tick.writes:
            write(world)
        world.export(tick.verdict, only_critical=tick.only_critical)
        world.check_sums()
    world.check_all()
    world.check_sums()
