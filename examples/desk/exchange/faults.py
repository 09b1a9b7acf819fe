"""Faults of a venue, each bounded in time: market data that hangs or fails, slow answers."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SECONDS = 600.0


class Kind(StrEnum):
    """What a fault does."""

    # Market data requests get no answer while it lasts; orders go on.
    HANG = "hang"
    # Market data requests are answered 503; orders go on.
    UNAVAILABLE = "unavailable"
    # Every request waits before it is answered.
    DELAY = "delay"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: on one venue, for one caller or for all (`caller` None).

    A caller is the User-Agent that a client sends, or an account label on signed requests.
    `ends` is on the monotonic clock; `delay` is in seconds.
    """

    id: int
    kind: Kind
    venue: str
    caller: str | None
    ends: float
    delay: float = 0.0

    def hits(self, venue: str, callers: tuple[str, ...]) -> bool:
        """Return whether a request of these callers to this venue is affected."""
        return self.venue == venue and (self.caller is None or self.caller in callers)


class Faults:
    """The faults in force; they end by themselves.

    Args:
        clock: monotonic seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._faults: dict[int, Fault] = {}
        self._ids = itertools.count(1)
        self._changed = asyncio.Event()

    def add(
        self, kind: Kind, venue: str, caller: str | None, seconds: float, delay: float = 0.0
    ) -> Fault:
        """Put a fault in force for some seconds."""
        ends = self._clock() + min(seconds, LONGEST_SECONDS)
        fault = Fault(next(self._ids), kind, venue, caller, ends, delay)
        self._faults[fault.id] = fault
        return fault

    def clear(self) -> int:
        """End every fault now and return how many there were; what hangs goes on."""
        count = len(self.active())
        self._faults.clear()
        self._changed.set()
        self._changed = asyncio.Event()
        return count

    def active(self) -> list[Fault]:
        """Return the faults in force."""
        now = self._clock()
        for fault in [fault for fault in self._faults.values() if fault.ends <= now]:
            del self._faults[fault.id]
        return list(self._faults.values())

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults in force, with the seconds they still last."""
        now = self._clock()
        return [
            {**asdict(fault), "ends": None, "seconds_left": round(fault.ends - now, 1)}
            for fault in self.active()
        ]

    async def suffer(self, venue: str, callers: tuple[str, ...], *, market_data: bool) -> None:
        """Do to a request what the faults in force demand.

        Raises:
            web.HTTPServiceUnavailable: where market data is unavailable.
        """
        if not self._faults:
            return
        for fault in self.active():
            if not fault.hits(venue, callers):
                continue
            if fault.kind is Kind.DELAY:
                await asyncio.sleep(fault.delay)
            elif market_data and fault.kind is Kind.UNAVAILABLE:
                raise web.HTTPServiceUnavailable(text="Service Unavailable")
            elif market_data and fault.kind is Kind.HANG:
                await self._hang(fault)

    async def _hang(self, fault: Fault) -> None:
        while fault.id in self._faults and (left := fault.ends - self._clock()) > 0:
            try:
                await asyncio.wait_for(self._changed.wait(), timeout=left)
            except TimeoutError:
                return
