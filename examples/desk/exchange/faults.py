"""Faults of a venue, each bounded in time: answers that hang, fail, come late or are wrong."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_SECONDS: Final = 600.0


class Part(StrEnum):
    """What a request is about."""

    MARKET = "market"
    # Placing and cancelling.
    ORDERS = "orders"
    # Open orders, and what became of one.
    VIEWS = "views"
    # Balances, trades, transfers.
    ACCOUNT = "account"
    # Arming the dead man's switch.
    DEADMAN = "deadman"
    # As a fault: every request.
    ALL = "all"


class Kind(StrEnum):
    """What a fault does."""

    # No answer comes while it lasts, and nothing is done.
    HANG = "hang"
    # Answered 503.
    UNAVAILABLE = "unavailable"
    # Answered after `amount` seconds; done at once.
    DELAY = "delay"
    # Done, but no answer comes.
    SWALLOW = "swallow"
    # A share `amount` of the requests is refused, with an error of the venue's own.
    REFUSE = "refuse"
    # Refused as a venue in maintenance does.
    MAINTENANCE = "maintenance"
    # A market takes no orders, and says so.
    HALT = "halt"
    # Order books are shown with the bid above the ask.
    CROSS = "cross"
    # Every other order book is an old one: its sequence falls back.
    REWIND = "rewind"
    # The venue's clock is off by `amount` seconds.
    CLOCK = "clock"


# The part that a fault hits unless it says otherwise.
PARTS: Final = {
    Kind.HANG: Part.MARKET,
    Kind.UNAVAILABLE: Part.MARKET,
    Kind.DELAY: Part.ALL,
    Kind.SWALLOW: Part.ORDERS,
    Kind.REFUSE: Part.ORDERS,
    Kind.MAINTENANCE: Part.ALL,
    Kind.HALT: Part.ORDERS,
    Kind.CROSS: Part.MARKET,
    Kind.REWIND: Part.MARKET,
    Kind.CLOCK: Part.ALL,
}


class RefusedError(Exception):
    """The venue refuses a request because of a fault; `kind` says how it words it."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.value)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: on one venue, for one caller or market or for all (None).

    A caller is the User-Agent that a client sends, or an account label on signed requests.
    `ends` is on the monotonic clock; `amount` is what the kind says.
    """

    id: int
    kind: Kind
    venue: str
    caller: str | None
    ends: float
    amount: float = 0.0
    part: Part = Part.ALL
    symbol: str | None = None

    def hits(self, venue: str, callers: tuple[str, ...], part: Part) -> bool:
        """Return whether a request of these callers to this venue is affected."""
        return (
            self.venue == venue
            and self.part in (Part.ALL, part)
            and (self.caller is None or self.caller in callers)
        )


class Faults:
    """The faults in force; they end by themselves.

    Args:
        clock: monotonic seconds, for tests.
        seed: of which requests are refused, where a share is.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, seed: int = 7) -> None:
        self._clock = clock
        self._faults: dict[int, Fault] = {}
        self._ids = itertools.count(1)
        self._changed = asyncio.Event()
        self._random = random.Random(seed)

    def add(
        self,
        kind: Kind,
        venue: str,
        seconds: float,
        *,
        caller: str | None = None,
        amount: float = 0.0,
        part: Part | None = None,
        symbol: str | None = None,
    ) -> Fault:
        """Put a fault in force for some seconds."""
        fault = Fault(
            id=next(self._ids),
            kind=kind,
            venue=venue,
            caller=caller,
            ends=self._clock() + min(seconds, LONGEST_SECONDS),
            amount=amount,
            part=PARTS[kind] if part is None else part,
            symbol=symbol,
        )
        self._faults[fault.id] = fault
        return fault

    def clear(self, fault_id: int | None = None) -> int:
        """End one fault, or every one, now; return how many there were. What hangs goes on."""
        ended = [one for one in self.active() if fault_id in (None, one.id)]
        for fault in ended:
            del self._faults[fault.id]
        self._changed.set()
        self._changed = asyncio.Event()
        return len(ended)

    def active(self) -> list[Fault]:
        """Return the faults in force."""
        now = self._clock()
        for fault in [fault for fault in self._faults.values() if fault.ends <= now]:
            del self._faults[fault.id]
        return list(self._faults.values())

    def of(self, kind: Kind, venue: str, symbol: str | None = None) -> Fault | None:
        """Return a fault of a kind in force at a venue, and on a market where one is meant."""
        if not self._faults:
            return None
        return next(
            (
                one
                for one in self.active()
                if one.kind is kind and one.venue == venue and one.symbol in (None, symbol)
            ),
            None,
        )

    def describe(self) -> list[dict[str, Any]]:
        """Return the faults in force, with the seconds they still last."""
        now = self._clock()
        return [
            {**asdict(fault), "ends": None, "seconds_left": round(fault.ends - now, 1)}
            for fault in self.active()
        ]

    async def suffer(self, venue: str, callers: tuple[str, ...], part: Part) -> None:
        """Do to a request, before it is done, what the faults in force demand.

        Raises:
            web.HTTPServiceUnavailable: where the part is unavailable.
            RefusedError: where the venue refuses it.
        """
        if not self._faults:
            return
        for fault in self.active():
            if not fault.hits(venue, callers, part):
                continue
            if fault.kind is Kind.UNAVAILABLE:
                raise web.HTTPServiceUnavailable(text="Service Unavailable")
            if fault.kind is Kind.MAINTENANCE or (
                fault.kind is Kind.REFUSE and self._random.random() < fault.amount
            ):
                raise RefusedError(fault.kind)
            if fault.kind is Kind.HANG:
                await self._hang(fault)

    async def answering(self, venue: str, callers: tuple[str, ...], part: Part) -> None:
        """Do to a request that is done what the faults in force demand of its answer."""
        if not self._faults:
            return
        for fault in self.active():
            if not fault.hits(venue, callers, part):
                continue
            if fault.kind is Kind.DELAY:
                await asyncio.sleep(fault.amount)
            elif fault.kind is Kind.SWALLOW:
                await self._hang(fault)

    async def _hang(self, fault: Fault) -> None:
        while fault.id in self._faults and (left := fault.ends - self._clock()) > 0:
            try:
                await asyncio.wait_for(self._changed.wait(), timeout=left)
            except TimeoutError:
                return
