"""The gauges of an obligation: what the export shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel.analytics import depth
from fortuna_otel.meters import _promise
from fortuna_otel.meters._judgement import spread
from fortuna_otel.meters.terms import Unit
from fortuna_otel.signals import obligations as signals
from fortuna_otel.signals.enums import BookSide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters._promise import Seen
    from fortuna_otel.meters._situation import View
    from fortuna_otel.meters.terms import DepthTerm, Obligation


class ObligationGauges:
    """Spread and depth, and what is allowed and required where that is not constant.

    Args:
        registry: what binds them.
        labels: whose they are.
        terms: what they are measured by.
    """

    def __init__(self, registry: Registry, labels: Mapping[str, str], terms: Obligation) -> None:
        self._registry = registry
        self._labels = labels
        self._spread = registry.gauge(signals.SPREAD, **labels)
        self._allowed: Gauge | None = None
        self._depth: dict[tuple[BookSide, str], tuple[Gauge, list[float]]] = {}
        self._required: dict[tuple[BookSide, str], tuple[Gauge, list[DepthTerm]]] = {}
        self.bind(terms)

    def bind(self, terms: Obligation) -> None:
        """Show what these terms are about from now on, and nothing else."""
        self._terms = terms
        wanted = {(BookSide(term.side), term.band) for term in terms.depth}
        for key in self._depth.keys() - wanted:
            self._depth.pop(key)[0].end()
        for side, band in wanted - self._depth.keys():
            gauge = self._place(side, band, required=False)
            self._depth[side, band] = gauge, [depth.limit(side, depth.BANDS[band])]
        required = {(BookSide(t.side), t.band) for t in terms.depth if t.unit != Unit.QUOTE}
        for key in self._required.keys() - required:
            self._required.pop(key)[0].end()
        for side, band in required:
            asked = [term for term in terms.depth if (term.side, term.band) == (side, band)]
            self._required[side, band] = self._place(side, band, required=True), asked
        if terms.widening is not None:
            self._allowed = self._registry.gauge(signals.SPREAD_ALLOWED, **self._labels)
        elif self._allowed is not None:
            self._allowed.end()
            self._allowed = None

    def _place(self, side: BookSide, band: str, *, required: bool) -> Gauge:
        signal = signals.DEPTH_REQUIRED if required else signals.DEPTH
        return self._registry.gauge(signal, **self._labels, side=side.value, band=band)

    def show(
        self,
        bids: Sequence[depth.Levels],
        asks: Sequence[depth.Levels],
        mid: float | None,
        *,
        known: bool,
    ) -> None:
        """Show what is measured from a mid; nothing if no book is known."""
        self._spread.value = spread(bids, asks, mid)
        self._show_depth({BookSide.BID: bids, BookSide.ASK: asks}, mid, known=known)

    def show_view(self, view: View) -> None:
        """Show what was made of it in hindsight."""
        seen = view.seen
        self._spread.value = spread(seen.bids, seen.asks, _promise.base(self._terms, seen))
        self._show_depth(seen.sides, seen.mid, known=view.known)
        if self._allowed is not None:
            self._allowed.value = view.allowed
        for gauge, asked in list(self._required.values()):
            gauge.value = _most(asked, seen)

    def _show_depth(
        self,
        sides: Mapping[BookSide, Sequence[depth.Levels]],
        mid: float | None,
        *,
        known: bool,
    ) -> None:
        for (side, _), (gauge, reach) in list(self._depth.items()):
            gauge.value = _within(sides[side], side, reach, mid) if known else None


def _most(asked: Sequence[DepthTerm], seen: Seen) -> float | None:
    """Return what the terms of one side and band require; None if one is unknown."""
    amounts = [_promise.required(term, seen) for term in asked]
    known = [amount for amount in amounts if amount is not None]
    return max(known) if len(known) == len(amounts) else None


def _within(
    sides: Sequence[depth.Levels], side: BookSide, limits: list[float], mid: float | None
) -> float | None:
    if not sides:
        return 0.0
    if mid is None:
        return None
    return sum([depth.profile(levels, side, mid, limits)[0][0] for levels in sides])
