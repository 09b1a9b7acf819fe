"""The schedule: three cadences, absolute ticks."""

from __future__ import annotations

import pytest

from fortuna_otel.export.schedule import Cadence, Schedule, Timetable, cadence
from fortuna_otel.signals import ALL, health


def test_ticks_are_absolute_however_long_the_work_takes() -> None:
    """Eleven ticks of a second in eleven seconds, though each export takes 0.4 s."""
    schedule = Schedule(100.0, 1.0)
    now, ticks = 100.0, []
    while now < 111.0:
        now = max(now, schedule.due)
        if schedule.reached(now):
            ticks.append(now)
        now += 0.4
    assert ticks == [float(n) for n in range(101, 112)]


def test_missed_ticks_are_skipped_and_the_phase_is_kept() -> None:
    """After a stall of 3.5 s the next tick is at the next whole second."""
    schedule = Schedule(100.0, 1.0)
    assert schedule.reached(104.5)
    assert schedule.due == 105.0
    assert not schedule.reached(104.9)


def _ticks(interval: float, critical: float, until: float) -> dict[Cadence, list[float]]:
    table = Timetable(0.0, interval, critical)
    ticks: dict[Cadence, list[float]] = {kind: [] for kind in Cadence}
    while table.due <= until:
        now = table.due
        for kind in table.reached(now):
            ticks[kind].append(round(now, 6))
    return ticks


def test_the_first_tick_has_everything_and_then_each_cadence_its_own() -> None:
    """Critical every half second, ordinary every second, slow every five."""
    ticks = _ticks(1.0, 0.5, 11.0)
    assert ticks[Cadence.CRITICAL] == [n / 2 for n in range(1, 23)]
    assert ticks[Cadence.ORDINARY] == [0.5, *range(1, 12)]
    assert ticks[Cadence.SLOW] == [0.5, 5.0, 10.0]


@pytest.mark.parametrize(
    ("interval", "slow"), [(0.1, 5.0), (0.3, 4.8), (1.0, 5.0), (2.0, 4.0), (4.0, 4.0), (7.0, 7.0)]
)
def test_slow_is_a_multiple_of_ordinary(interval: float, slow: float) -> None:
    """Five seconds at most, since stores look back ten, but never more often than the interval."""
    table = Timetable(0.0, interval, 0.5)
    assert table.intervals[Cadence.SLOW] == pytest.approx(slow)
    assert table.intervals[Cadence.CRITICAL] == min(0.5, interval)


def test_nothing_is_due_before_its_time() -> None:
    """A wake-up that comes early finds nothing to do."""
    table = Timetable(100.0, 1.0, 0.5)
    assert table.reached(100.4) == []
    assert table.due == 100.5


def test_every_signal_has_a_cadence() -> None:
    """What alerts read goes before what may be slow."""
    assert cadence(health.HEARTBEAT_TIMESTAMP) is Cadence.CRITICAL
    assert cadence(health.TELEMETRY_BUFFERED) is Cadence.ORDINARY
    assert cadence(health.TELEMETRY_SERIES) is Cadence.SLOW
    assert {cadence(signal) for signal in ALL} == set(Cadence)
