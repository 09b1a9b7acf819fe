"""The gauges of a ladder: everything about it that only the export needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel.analytics import depth
from fortuna_otel.signals import quotes as signals
from fortuna_otel.signals.enums import BookSide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters._judgement import Ladder


class LadderGauges:
    """Best prices, spread, depth by band, liquidity, and the first levels of one book."""

    def __init__(self, registry: Registry, book: Mapping[str, str], levels: int) -> None:
        self._spread = registry.gauge(signals.SPREAD, **book)
        self._bids = _Side(registry, book, levels, BookSide.BID)
        self._asks = _Side(registry, book, levels, BookSide.ASK)
        self._shown: Ladder | None = None

    def show(self, ladder: Ladder | None) -> None:
        """Show a ladder; nothing if it is unknown."""
        if ladder is self._shown:
            return
        self._shown = ladder
        if ladder is None:
            self._spread.value = None
            self._bids.hide()
            self._asks.hide()
            return
        bids, asks, mid, _ = ladder
        self._spread.value = (
            (asks[0][0] - bids[0][0]) / mid if bids and asks and mid is not None else None
        )
        self._bids.show(bids, mid)
        self._asks.show(asks, mid)

    def forget(self) -> None:
        """Return to the state before the first ladder."""
        self._shown = None
        self._bids.forget()
        self._asks.forget()


class _Side:
    """The gauges of one side."""

    def __init__(
        self, registry: Registry, book: Mapping[str, str], most: int, side: BookSide
    ) -> None:
        self._registry = registry
        self._book = book
        self._most = most
        self._side = side
        self._best = registry.gauge(signals.BID if side == BookSide.BID else signals.ASK, **book)
        self._liquidity = registry.gauge(signals.LIQUIDITY, **book, side=side)
        self._depth = [
            registry.gauge(signals.DEPTH, **book, side=side, band=band) for band in depth.BANDS
        ]
        self._limits = [depth.limit(side, distance) for distance in depth.BANDS.values()]
        self._rungs: list[tuple[Gauge, Gauge]] = []
        self._levels: depth.Levels = ()
        self._live = 0

    def show(self, levels: depth.Levels, mid: float | None) -> None:
        """Show the side. What is measured from mid is unknown without one, unless it is 0."""
        if levels is not self._levels:
            self._levels = levels
            self._best.value = levels[0][0] if levels else None
            self._show_rungs(levels)
        if mid is not None:
            sums, self._liquidity.value = depth.profile(levels, self._side, mid, self._limits)
            for gauge, total in zip(self._depth, sums, strict=True):
                gauge.value = total
        else:
            self._liquidity.value = depth.value(levels)
            for gauge in self._depth:
                gauge.value = None if levels else 0.0

    def hide(self) -> None:
        """Show nothing: the side is unknown."""
        self.forget()
        self._show_rungs(())
        for gauge in (self._best, self._liquidity, *self._depth):
            gauge.value = None

    def forget(self) -> None:
        """Show the next ladder whatever it is."""
        self._levels = ()

    def _show_rungs(self, levels: depth.Levels) -> None:
        live = min(len(levels), self._most)
        while len(self._rungs) < live:
            self._rungs.append(self._rung(str(len(self._rungs) + 1)))
        for (price, size), level in zip(self._rungs, levels, strict=False):
            price.value, size.value = level
        for price, size in self._rungs[live : self._live]:
            price.value = size.value = None
        self._live = live

    def _rung(self, level: str) -> tuple[Gauge, Gauge]:
        place = {**self._book, "side": self._side.value, "level": level}
        return (
            self._registry.gauge(signals.LADDER_PRICE, **place),
            self._registry.gauge(signals.LADDER_SIZE, **place),
        )
