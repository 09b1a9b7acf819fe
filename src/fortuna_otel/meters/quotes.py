"""Quotes: own resting liquidity, as the venue acknowledged it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fortuna_otel import _numbers
from fortuna_otel.analytics import depth
from fortuna_otel.meters._meter import Meter, harmless
from fortuna_otel.signals import quotes as signals
from fortuna_otel.signals.enums import BookSide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters.obligations import ObligationMeter

LEVELS = 10
"""Levels of the ladder that are exported, unless a book says otherwise."""

MID_LIFETIME = 10.0
"""Seconds for which a mid that was told may value anything later."""


class Ladder(NamedTuple):
    """Own live orders of a book at one moment, best first, and the mid they are judged against.

    `told` is the monotonic moment that mid was told.
    """

    bids: depth.Levels = ()
    asks: depth.Levels = ()
    mid: float | None = None
    told: float = 0.0

    def side(self, side: BookSide) -> depth.Levels:
        """Return one side."""
        return self.bids if side == BookSide.BID else self.asks


class Quotes(Meter):
    """The live ladder of one book.

    | call | meaning |
    |---|---|
    | `update(bids=..., asks=..., mid=...)` | the venue acknowledged this ladder |
    | `confirm()`, `confirm(mid=...)` | the venue confirmed that the last one still stands |
    | `clear()` | nothing of ours rests any more |
    """

    def __init__(
        self, registry: Registry, clock: Clock, book: Mapping[str, str], levels: int = LEVELS
    ) -> None:
        super().__init__(registry, clock)
        self._book = book
        self._levels = levels
        self._bid = registry.gauge(signals.BID, **book)
        self._ask = registry.gauge(signals.ASK, **book)
        self._spread = registry.gauge(signals.SPREAD, **book)
        self._updated = registry.gauge(signals.UPDATED_TIMESTAMP, **book)
        self._liquidity = {
            side: registry.gauge(signals.LIQUIDITY, **book, side=side) for side in BookSide
        }
        self._depth = {
            (side, band): registry.gauge(signals.DEPTH, **book, side=side, band=band)
            for side in BookSide
            for band in depth.BANDS
        }
        self._rungs: dict[BookSide, list[tuple[Gauge, Gauge]]] = {side: [] for side in BookSide}
        self._ladder: Ladder | None = None
        self._derived: Ladder | None = None
        self._obligations: tuple[ObligationMeter, ...] = ()
        registry.refresh_with(self._refresh)

    def __repr__(self) -> str:
        return "book({client}, {venue}, {symbol}, {account}, {tag}).quotes".format(**self._book)

    @property
    def mid(self) -> float | None:
        """The mid of the last ladder, None if it was told more than `MID_LIFETIME` ago."""
        ladder = self._ladder
        if ladder is None or self._clock.monotonic() - ladder.told > MID_LIFETIME:
            return None
        return ladder.mid

    @harmless
    def update(
        self,
        *,
        bids: Iterable[Sequence[Any]],
        asks: Iterable[Sequence[Any]],
        mid: float | None,
    ) -> None:
        """Set the ladder the venue acknowledged.

        Args:
            bids: (price, remaining size) by order or level, in any order; best first is fastest.
            asks: likewise.
            mid: what spread and depth are measured against: the mandate chooses whether it is
                the venue's, the venue's without own orders, own, or the reference. None if it is
                unknown: spread and depth are then absent, and the time unobserved.
        """
        self._set(
            Ladder(
                depth.levels(bids, BookSide.BID),
                depth.levels(asks, BookSide.ASK),
                None if mid is None else _numbers.positive(mid, "mid"),
                self._clock.monotonic(),
            )
        )

    @harmless
    def confirm(self, *, mid: float | None = None) -> None:
        """Note that the venue confirmed the last ladder, unchanged.

        Args:
            mid: what it is measured against from now on; unless given, what it was before.
        """
        ladder = self._ladder
        if ladder is None:
            raise ValueError("there is no ladder to confirm: call update or clear first")
        if mid is not None:
            ladder = ladder._replace(
                mid=_numbers.positive(mid, "mid"), told=self._clock.monotonic()
            )
        self._set(ladder)

    @harmless
    def clear(self) -> None:
        """Set an empty ladder: the venue confirmed that nothing of ours rests any more."""
        self._set((self._ladder or Ladder())._replace(bids=(), asks=()))

    def judged_by(self, obligation: ObligationMeter) -> None:
        """Tell the obligation of every ladder from the next one on."""
        if obligation not in self._obligations:
            self._obligations = (*self._obligations, obligation)

    def no_longer_judged_by(self, obligation: ObligationMeter) -> None:
        """Tell the obligation nothing any more."""
        self._obligations = tuple([o for o in self._obligations if o is not obligation])

    def _set(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._updated.set(self._now())
        for obligation in self._obligations:
            obligation.seen(self, ladder)

    def _forget(self) -> None:
        self._ladder = self._derived = None

    def _refresh(self) -> None:
        """Derive the gauges from the last ladder; all of them from the same one."""
        ladder = self._ladder
        if ladder is None or ladder is self._derived:
            return
        self._derived = ladder
        self._bid.value = ladder.bids[0][0] if ladder.bids else None
        self._ask.value = ladder.asks[0][0] if ladder.asks else None
        self._spread.value = (
            (ladder.asks[0][0] - ladder.bids[0][0]) / ladder.mid
            if ladder.bids and ladder.asks and ladder.mid is not None
            else None
        )
        for side in BookSide:
            levels = ladder.side(side)
            self._liquidity[side].value = depth.value(levels)
            self._set_depth(side, levels, ladder.mid)
            self._set_rungs(side, levels[: self._levels])

    def _set_depth(self, side: BookSide, levels: depth.Levels, mid: float | None) -> None:
        sums: list[float] | list[None] = [None] * len(depth.BANDS)
        if not levels:
            sums = [0.0] * len(depth.BANDS)
        elif mid is not None:
            sums = depth.within(levels, side, mid, tuple(depth.BANDS.values()))
        for band, total in zip(depth.BANDS, sums, strict=True):
            self._depth[side, band].value = total

    def _set_rungs(self, side: BookSide, levels: depth.Levels) -> None:
        rungs = self._rungs[side]
        while len(rungs) < len(levels):
            labels = {**self._book, "side": side.value, "level": str(len(rungs) + 1)}
            rungs.append(
                (
                    self._registry.gauge(signals.LADDER_PRICE, **labels),
                    self._registry.gauge(signals.LADDER_SIZE, **labels),
                )
            )
        for (price, size), level in zip(rungs, levels, strict=False):
            price.value, size.value = level
        for price, size in rungs[len(levels) :]:
            price.value = size.value = None
