"""The registry: every series of this process, within bounds, and everything that was refused."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from fortuna_otel import _deprecation, _text
from fortuna_otel._log import PERIOD
from fortuna_otel.export.cells import PENDING, Cell, Counter, Gauge, Histogram, Signed
from fortuna_otel.export.pace import Pace
from fortuna_otel.signals import health
from fortuna_otel.signals.attributes import IDENTITIES
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import StrEnum

    from fortuna_otel._log import Throttle
    from fortuna_otel.signals import Signal

SERIES_LIMIT = 100_000
"""Series a process may bind in all: what is not bounded fails at 3 a.m."""

NAMED = 10
"""Meters and cells that are named in the log a minute; more would be a flood."""

_CellT = TypeVar("_CellT", bound=Cell)


@dataclass(slots=True)
class _Noted:
    what: str
    times: int = 1


class Family:
    """All series of one signal in this process.

    Attributes:
        cells: every series by its attributes.
        version: changes whenever a series comes or goes.
        removed: series that went, for the renderer to take out.
        ended: how many of its gauges have ended and were not let go yet, give or take a few that
            were set again.
    """

    __slots__ = (
        "_held",
        "_identity",
        "_registry",
        "cells",
        "ended",
        "removed",
        "signal",
        "version",
    )

    def __init__(self, signal: Signal, registry: Registry) -> None:
        self.signal = signal
        self.cells: dict[tuple[str, ...], Cell] = {}
        self.version = 0
        self.removed: list[Cell] = []
        self.ended = 0
        self._registry = registry
        identity = [signal.attributes.index(name) for name in IDENTITIES[signal.per]]
        # Where every attribute identifies, no two series are about the same.
        self._identity = identity if len(identity) < len(signal.attributes) else None
        self._held: dict[tuple[str, ...], int] = {}

    def drop(self, what: str, reason: DropReason = DropReason.INVALID) -> None:
        """Count what cannot be exported and keep it for the next warning."""
        self._registry.drop(reason, what)

    def adopt(self, cell: Cell) -> bool:
        """Take the cell in, unless what it is about already has all the series it may have.

        Gauges that have ended make room: a new version of a mandate comes every day.
        """
        if self._identity is not None:
            about = self._about(cell)
            if self._held.get(about, 0) >= self.signal.limit:
                self.make_room()
            held = self._held.get(about, 0)
            if held >= self.signal.limit:
                return False
            self._held[about] = held + 1
        self.cells[cell.attributes] = cell
        self.version += 1
        return True

    def _about(self, cell: Cell) -> tuple[str, ...]:
        return tuple([cell.attributes[index] for index in self._identity or ()])

    def revive(self, cell: Cell) -> None:
        """Keep a gauge that had ended: it is wanted again."""
        if isinstance(cell, Gauge) and cell.ended:
            cell.ended = False
            self.ended -= 1

    def make_room(self) -> int:
        """Let go of the gauges that have ended and the Collector knows it; return how many."""
        if not self.ended:
            return 0  # or every refused series would cost a search
        over = [c for c in self.cells.values() if isinstance(c, Gauge) and c.over]
        for cell in over:
            del self.cells[cell.attributes]
            if self._identity is not None:
                self._held[self._about(cell)] -= 1
        if over:
            self.version += 1
        self.ended = max(0, self.ended - len(over))
        self.removed.extend(over)
        return len(over)


class Registry:
    """Hand out cells, each once: binding twice with the same attributes gives the same cell.

    Attributes:
        families: the series of each signal, by its name.
        limit: most series there may be.
        bound: how many there are.

    Args:
        throttle: limits what is logged.
        limit: most series there may be.
        pending: observations a histogram keeps for the next export; 0 where there never is one.

    Raises:
        ValueError: if the limit has no room for the registry's own series.
    """

    def __init__(
        self, throttle: Throttle, limit: int = SERIES_LIMIT, *, pending: int = PENDING
    ) -> None:
        if limit < len(DropReason):
            raise ValueError(
                f"a limit of {limit} series leaves no room for the {len(DropReason)} that count "
                "what is dropped: give at least as many"
            )
        self.families: dict[str, Family] = {}
        self.limit = limit
        self.bound = 0
        self._pending = pending
        self._histograms: list[Histogram] = []
        self._throttle = throttle
        self._lock = threading.RLock()  # a signal handler may bind while it interrupts a binding
        self._noted: dict[tuple[DropReason, str], _Noted] = {}
        self._named: dict[str, float] = {}
        self._refused: set[str] = set()
        self._refreshers: list[Callable[[], None]] = []
        # Bound first, so that counting a refused series never needs another series.
        self._dropped = {
            reason: self.counter(health.TELEMETRY_DROPPED, reason=reason) for reason in DropReason
        }

    def gauge(self, signal: Signal, **attributes: str) -> Gauge:
        """Return the gauge of these attributes (see `Registry.cell`)."""
        return self._bind(signal, "gauge", attributes, Gauge)

    def counter(self, signal: Signal, **attributes: str) -> Counter:
        """Return the counter of these attributes (see `Registry.cell`)."""
        return self._bind(signal, "counter", attributes, Counter)

    def histogram(self, signal: Signal, **attributes: str) -> Histogram:
        """Return the histogram of these attributes (see `Registry.cell`)."""
        return self._bind(signal, "histogram", attributes, self._histogram)

    def _histogram(self, family: Family, attributes: tuple[str, ...]) -> Histogram:
        return Histogram(family, attributes, self._pending)

    def signed(self, signal: Signal, **attributes: str) -> Signed:
        """Return the pair of counters `direction` = gain / loss, exported as 0 from now on."""
        return Signed(
            self.counter(signal, **attributes, direction="gain"),
            self.counter(signal, **attributes, direction="loss"),
        )

    def _bind(
        self,
        signal: Signal,
        kind: str,
        attributes: Mapping[str, str],
        create: Callable[[Family, tuple[str, ...]], _CellT],
    ) -> _CellT:
        """Return the cell of these attributes, new or known.

        A series beyond a limit, or with a value that cannot be a label, gets a cell that nobody
        exports, so that its meter works on; it is counted, and its family named once in the log.

        Raises:
            ValueError: if the attributes are not exactly those of the signal.
            TypeError: if the signal is of another kind.
        """
        family = self.families.get(signal.name) or self._family(signal)
        try:
            values = tuple([attributes[name] for name in signal.attributes])
        except KeyError:
            values = ()
        known = family.cells.get(values)
        if known is None or len(attributes) != len(values) or getattr(known, "ended", False):
            return self._new(family, kind, attributes, create)
        return known  # type: ignore[return-value]  # a family has cells of one kind

    def _new(
        self,
        family: Family,
        kind: str,
        attributes: Mapping[str, str],
        create: Callable[[Family, tuple[str, ...]], _CellT],
    ) -> _CellT:
        signal = family.signal
        _check(signal, kind, attributes)
        cell = create(family, tuple([attributes[name] for name in signal.attributes]))
        problem = None
        for name, value in attributes.items():
            if flaw := _text.flaw(value):
                problem = f"{name}={value!r:.60} {flaw}"
        with self._lock:
            known = family.cells.get(cell.attributes)
            if known is not None:  # it had ended, or was bound meanwhile by another thread
                family.revive(known)
                return known  # type: ignore[return-value]
            if problem is None and not self._has_room():
                problem = f"this process already has {self.limit} series"
            before = len(family.cells)
            if problem is None and not family.adopt(cell):
                problem = f"{cell!r} would be one more than the {signal.limit} allowed"
            self.bound += len(family.cells) - before
            if problem is None and isinstance(cell, Histogram):
                self._histograms.append(cell)
        if problem is not None:
            self._refuse(signal.name, problem)
            if isinstance(cell, Histogram):  # nobody will ever fold it
                return Histogram(family, cell.attributes, 0)  # type: ignore[return-value]
        return cell

    def _has_room(self) -> bool:
        if self.bound >= self.limit:
            for family in self.families.values():
                self.bound -= family.make_room()
        return self.bound < self.limit

    def _family(self, signal: Signal) -> Family:
        if signal.deprecated is not None:
            _deprecation.warn(signal, signal.deprecated)
        with self._lock:
            return self.families.setdefault(signal.name, Family(signal, self))

    def _refuse(self, name: str, problem: str) -> None:
        self.count(DropReason.LIMIT)
        if name not in self._refused:
            self._refused.add(name)
            self._throttle.warn(
                f"refused {name}",
                "%s: a series was refused: %s. It is missing from the board, and more of this "
                "family may be; fortuna.telemetry.dropped counts them.",
                name,
                problem,
            )

    def drop(self, reason: DropReason, what: str, amount: int = 1) -> None:
        """Count something that will not be exported; the export thread logs it (`report`).

        What stands before the first colon of `what` says who dropped it: each is logged apart.
        """
        self.count(reason, amount)
        who = what.partition(": ")[0]
        noted = self._noted.get((reason, who))
        if noted is not None:
            noted.times += 1
        elif len(self._noted) < NAMED:
            self._noted[reason, who] = _Noted(what)

    def count(self, reason: DropReason, amount: int = 1) -> None:
        """Count what is logged elsewhere."""
        self._dropped[reason].add(amount)

    def report(self) -> None:
        """Log what was dropped since the last report.

        One warning a minute for each of `NAMED` who dropped, and one for all others.
        """
        if not self._noted:
            return
        now = self._throttle.now()
        self._named = {who: at for who, at in self._named.items() if now - at < PERIOD}
        told, self._noted = self._noted, {}  # another thread may report, too
        for (reason, who), noted in told.items():
            if len(self._named) < NAMED:
                self._named.setdefault(who, now)
            kind = f"{reason} {who}" if who in self._named else "others"
            self._throttle.warn(
                f"dropped {kind}", "dropped (%s): %s", reason, noted.what, times=noted.times
            )

    def refresh_with(self, refresh: Callable[[], None]) -> None:
        """Have `refresh` called before each export, to derive what only the export needs."""
        self._refreshers.append(refresh)

    def refresh(self) -> None:
        """Derive and count what only the export needs; one fault does not stop the others."""
        pace = Pace()
        for refresh in list(self._refreshers):
            try:
                refresh()
            except Exception as error:  # noqa: BLE001  # one meter's fault is not the others'
                self.drop(DropReason.INTERNAL, f"{refresh!r} failed: {error!r}")
            pace()
        for histogram in list(self._histograms):
            histogram.fold()

    def forget(self) -> None:
        """Forget every value after a fork: what the parent counted, the parent exports."""
        self._lock = threading.RLock()
        self._noted.clear()
        for family in list(self.families.values()):
            family.removed.clear()
            for cell in list(family.cells.values()):
                cell.forget()


def _check(signal: Signal, kind: str, attributes: Mapping[str, str]) -> None:
    if signal.kind != kind:
        raise TypeError(f"{signal.name} is a {signal.kind}, not a {kind}")
    if attributes.keys() != set(signal.attributes):
        raise ValueError(
            f"{signal.name} takes exactly the attributes {', '.join(signal.attributes) or 'none'}; "
            f"got {', '.join(attributes) or 'none'}"
        )
    for name, enum in signal.closed:
        if attributes[name] not in _members(enum):
            raise ValueError(
                f"{signal.name}: {name}={attributes[name]!r} is none of {', '.join(enum)}"
            )


@cache
def _members(enum: type[StrEnum]) -> frozenset[str]:
    return frozenset(enum)
