"""Health of the service and its loops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture


def test_a_beat_is_the_time_of_the_loop_and_not_of_the_export(desk: Capture) -> None:
    """A hung loop shows: exports go on, the timestamp stands."""
    desk.telemetry.heartbeat("quote").beat()
    then = desk.clock.now
    desk.export(30.0)
    assert desk.value("fortuna.heartbeat.timestamp", loop="quote") == pytest.approx(then)


def test_a_turn_is_measured_and_beats_when_it_ends(desk: Capture) -> None:
    """The duration is the loop's own, on the monotonic clock."""
    with desk.telemetry.heartbeat("quote").turn():
        desk.clock.advance(0.25)
    desk.export(0.0)
    [*_, point] = desk.points("fortuna.loop.duration", loop="quote")
    assert (point.value, point.total) == (1.0, 0.25)
    assert desk.value("fortuna.heartbeat.timestamp") == pytest.approx(desk.clock.now)


def test_a_turn_that_fails_does_not_beat(desk: Capture) -> None:
    """A loop that only ever raises must not look alive; its exception passes untouched."""
    with pytest.raises(ZeroDivisionError), desk.telemetry.heartbeat("quote").turn():
        raise ZeroDivisionError
    assert desk.value("fortuna.loop.duration") == 1.0
    assert desk.values("fortuna.heartbeat.timestamp") == {}


async def test_turns_of_one_loop_may_overlap(desk: Capture) -> None:
    """Tasks of one loop are measured each for itself."""
    heartbeat = desk.telemetry.heartbeat("quote")
    first_is_in = asyncio.Event()
    second_is_done = asyncio.Event()

    async def first() -> None:
        with heartbeat.turn():
            first_is_in.set()
            await second_is_done.wait()

    async def second() -> None:
        await first_is_in.wait()
        desk.clock.advance(1.0)
        with heartbeat.turn():
            desk.clock.advance(2.0)
        second_is_done.set()

    await asyncio.gather(first(), second())
    desk.export(0.0)
    [*_, point] = desk.points("fortuna.loop.duration")
    assert (point.value, point.total) == (2.0, 5.0)


def test_the_service_says_when_it_started_and_that_it_runs(desk: Capture) -> None:
    """Two processes behind one instance id would show as changes of the start."""
    then = desk.clock.now
    desk.export(10.0)
    assert desk.value("fortuna.service.started.timestamp") == pytest.approx(then)
    assert desk.value("fortuna.service.state", state="running") == 1.0


def test_a_service_may_say_that_it_is_stopping(desk: Capture) -> None:
    """One-hot, like every state."""
    desk.telemetry.state("stopping")
    assert desk.value("fortuna.service.state", state="stopping") == 1.0
    assert desk.value("fortuna.service.state", state="running") == 0.0
