"""Faults hit whom they are meant for, while they last."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from examples.desk.exchange.faults import LONGEST_SECONDS, Faults, Kind, Part


class Clock:
    """A clock the test holds."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return seconds."""
        return self.now


async def test_unavailable_fails_market_data_of_its_caller_alone() -> None:
    """Another venue, another caller and orders go on; the fault ends by itself."""
    clock = Clock()
    faults = Faults(clock)
    faults.add(Kind.UNAVAILABLE, "okx", 10.0, caller="mm-majors")
    with pytest.raises(web.HTTPServiceUnavailable):
        await faults.suffer("okx", ("mm-majors", ""), Part.MARKET)
    await faults.suffer("okx", ("mm-majors", "acme-mm"), Part.ORDERS)
    await faults.suffer("okx", ("rates", ""), Part.MARKET)
    await faults.suffer("binance", ("mm-majors", ""), Part.MARKET)
    clock.now += 10.0
    await faults.suffer("okx", ("mm-majors", ""), Part.MARKET)
    assert faults.active() == []


async def test_a_hang_ends_when_it_is_cleared() -> None:
    """A request hangs until the fault is cleared, and then goes on."""
    faults = Faults()
    faults.add(Kind.HANG, "okx", 60.0)
    waiting = asyncio.create_task(faults.suffer("okx", ("any", ""), Part.MARKET))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    assert faults.clear() == 1
    await asyncio.wait_for(waiting, timeout=5)


async def test_a_hang_ends_with_its_time() -> None:
    """A request goes on when the fault's time is over."""
    faults = Faults()
    faults.add(Kind.HANG, "okx", 0.05)
    await asyncio.wait_for(faults.suffer("okx", ("any", ""), Part.MARKET), timeout=5)


async def test_a_delay_holds_orders_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every request of the venue waits as long as the fault says."""
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    faults = Faults(Clock())
    faults.add(Kind.DELAY, "binance", 5.0, amount=0.25)
    await faults.answering("binance", ("any", "acme-mm"), Part.ORDERS)
    assert slept == [0.25]


def test_no_fault_lasts_for_ever() -> None:
    """Whatever is asked for, a fault ends within the longest time."""
    clock = Clock()
    faults = Faults(clock)
    faults.add(Kind.HANG, "okx", 1e9)
    [told] = faults.describe()
    assert told["seconds_left"] == LONGEST_SECONDS
