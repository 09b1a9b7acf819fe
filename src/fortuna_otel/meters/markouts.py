"""Markouts: what the fills of one book were worth a while after them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from fortuna_otel.analytics.markout import Fill, MidHistory, Waiting, standing
from fortuna_otel.meters._meter import Meter
from fortuna_otel.signals import trades as signals
from fortuna_otel.signals.enums import DropReason, Horizon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fortuna_otel._clock import Clock
    from fortuna_otel._markets import Market
    from fortuna_otel.export.cells import Counter, Signed
    from fortuna_otel.export.registry import Registry

INFINITY = float("inf")

_histories: WeakKeyDictionary[Registry, dict[Market, MidHistory]] = WeakKeyDictionary()


def reference_mids(registry: Registry, market: Market) -> MidHistory:
    """Return the reference mids of a market, shared by its meter, which tells, and its books."""
    return _histories.setdefault(registry, {}).setdefault(market, MidHistory())


class Markouts(Meter):
    """The markouts of one book's fills at every horizon (see `fortuna_otel.analytics.markout`).

    A fill is only kept when it happens. The exports settle what has come due, each horizon at the
    mid that stood at its very moment: the reference mid, or, where nobody told one within the ten
    seconds before, the mid that the book's quotes are measured against or that came with a fill;
    these are looked at with every fill, and once an export while fills wait. At horizon 0 the mid
    that came with the fill goes before. A horizon without a mid is left out of all four counters:
    `fortuna.markout.fills` over `fortuna.trade.fills` is the share that is in.

    Fills that wait when the process ends have no markout at the horizons after it: a restart
    loses those of the last 300 seconds at the most. More than `analytics.markout.FILLS` at a time
    are dropped and counted.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        book: Mapping[str, str],
        market: Market,
        own_mid: Callable[[], float | None],
    ) -> None:
        super().__init__(registry, clock)
        self._book = book
        self._own_mid = own_mid
        self._reference = reference_mids(registry, market)
        self._reference.keep()
        self._own = MidHistory()
        self._own.keep()
        self._waiting = Waiting()
        self._counters: dict[tuple[tuple[str, str], Horizon], _Counters] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "book({client}, {venue}, {symbol}, {account}, {tag}).trades markouts".format(
            **self._book
        )

    def fill(self, fill: Fill) -> None:
        """Wait for the horizons of a fill that happens now."""
        if self._waiting.add(fill):
            self._own.tell(fill.time, self._own_mid())
        else:
            self._registry.drop(DropReason.LIMIT, f"{self!r}: too many fills wait for a markout")

    def settle(self) -> None:
        """Count every horizon that has passed since the last time."""
        now = self._clock.monotonic()
        # Whoever else holds the lock is doing this just now.
        if self._waiting and self._lock.acquire(blocking=False):
            try:
                self._own.tell(now, self._own_mid())
                self._settle(self._waiting.due(now))
                self._own.prune(now)
            finally:
                self._lock.release()
        self._reference.prune(now)

    def _settle(self, due: list[tuple[Horizon, float, Fill]]) -> None:
        if not due:
            return
        reference, own = self._reference.told(), self._own.told()
        for horizon, moment, fill in due:
            mid = fill.mid if horizon == Horizon.SECONDS_0 else None
            mid = mid or standing(reference, moment) or standing(own, moment)
            if mid is not None:
                self._count(fill, horizon, mid)

    def _count(self, fill: Fill, horizon: Horizon, mid: float) -> None:
        earned, notional = fill.markout(mid), fill.notional
        squared = earned * earned
        if not squared < INFINITY:
            self._registry.drop(DropReason.INVALID, f"{self!r}: {earned:g} is too large to square")
            return
        counters = self._counters.get((fill.labels, horizon))
        if counters is None:
            counters = self._counters[fill.labels, horizon] = self._bind(fill.labels, horizon)
        counters.pnl.add(earned)
        counters.notional.add(notional)
        counters.squared.add(squared)
        counters.fills.add(1.0)

    def _bind(self, labels: tuple[str, str], horizon: Horizon) -> _Counters:
        side, liquidity = labels
        attributes = {**self._book, "side": side, "liquidity": liquidity, "horizon": horizon.value}
        squared = self._registry.counter(signals.MARKOUT_SQUARED, **attributes)
        squared.announce()  # 0 as long as every fill was at mid, but not absent
        return _Counters(
            self._registry.signed(signals.MARKOUT_PNL, **attributes),
            self._registry.counter(signals.MARKOUT_NOTIONAL, **attributes),
            squared,
            self._registry.counter(signals.MARKOUT_FILLS, **attributes),
        )

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._waiting = Waiting()
        self._counters.clear()
        self._own.forget()
        self._reference.forget()


class _Counters(NamedTuple):
    """The series of one side, liquidity and horizon."""

    pnl: Signed
    notional: Counter
    squared: Counter
    fills: Counter
