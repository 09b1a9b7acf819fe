"""Markouts: what a fill was worth to us a while after it.

The markout of a fill at a horizon h is the value it has at the mid of that moment,

    quantity * (mid(t + h) - price)   for a buy, and the opposite for a sale,

in units of the quote asset: above 0 is in our favour. It is the markout of QuestDB's documentation
(cookbook/sql/finance/markout) times price * quantity / 1e4, and the realized half-spread of market
microstructure, D * (T - M at the horizon), seen from the maker's side; at horizon 0, the effective
one. An inverse contract's fill of N/price units of the base has the same markout (see
`fortuna_otel.analytics.pnl`).

With Σ markout, Σ markout², Σ notional and the number of fills n, the mean markout of a fill is
m = Σ markout / n, its standard error sqrt((Σ markout² / n - m²) / (n - 1)), and the markout as a
share of what was traded Σ markout / Σ notional.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel.signals.enums import Horizon

if TYPE_CHECKING:
    from collections.abc import Sequence

LIFETIME = 10.0
"""Seconds for which a mid stands that nobody has told again: at a horizon it is unknown then."""

KEPT = 2.0 * LIFETIME
"""Seconds of mids that are kept: those that may still stand at a horizon since the last export,
though that came late by as much."""

MIDS = 4096
"""Mids that are kept at most, some 8000 a second between two exports half a second apart."""

FILLS = 4096
"""Fills of one book that may wait for their horizons: 13 a second for all of 300 seconds."""

HORIZONS: dict[Horizon, float] = {horizon: float(horizon) for horizon in Horizon}
"""Every horizon with its seconds, nearest first."""

_time = itemgetter(0)


class MidHistory:
    """The mids of one market, as they were told, for as long as a horizon may ask for them.

    It keeps none until somebody needs them (`keep`): a market that nobody trades costs nothing.
    """

    __slots__ = ("__weakref__", "_told")

    def __init__(self) -> None:
        self._told: deque[tuple[float, float | None]] = deque(maxlen=0)

    def keep(self) -> None:
        """Keep what is told from now on."""
        if self._told.maxlen == 0:
            self._told = deque(maxlen=MIDS)

    def tell(self, now: float, mid: float | None) -> None:
        """Note the mid from a monotonic moment on; None says that it is unknown from then on."""
        self._told.append((now, mid))

    def told(self) -> list[tuple[float, float | None]]:
        """Return what is kept as (moment, mid), oldest first, for `standing`."""
        return list(self._told)

    def prune(self, now: float) -> None:
        """Let go of what no horizon asks for any more."""
        told = self._told
        while told and told[0][0] < now - KEPT:
            told.popleft()

    def forget(self) -> None:
        """Keep on, from nothing."""
        self._told.clear()


def standing(told: Sequence[tuple[float, float | None]], moment: float) -> float | None:
    """Return the mid that stood at a moment: the last one told then or before.

    None if there is none, if it was told to be unknown, or if it is older than `LIFETIME`.

    Args:
        told: (moment, mid), oldest first.
        moment: on the same clock.
    """
    index = bisect_right(told, moment, key=_time)
    if index == 0:
        return None
    when, mid = told[index - 1]
    return mid if moment - when <= LIFETIME else None


class Fill(NamedTuple):
    """A fill that waits for its horizons.

    Attributes:
        time: when, on the monotonic clock.
        quantity: units of the base, above 0 for a buy, below 0 for a sale.
        price: units of the quote.
        mid: the mid that came with it, if any.
        labels: its side and liquidity.
    """

    time: float
    quantity: float
    price: float
    mid: float | None
    labels: tuple[str, str]

    @property
    def notional(self) -> float:
        """Price * |quantity|, in units of the quote."""
        return self.price * abs(self.quantity)

    def markout(self, mid: float) -> float:
        """Return quantity * (mid - price), in units of the quote; above 0 is in our favour."""
        return self.quantity * (mid - self.price)


class Waiting:
    """The fills of one book on their way from horizon to horizon.

    One thread adds, another takes what is due; neither waits for the other.
    """

    def __init__(self) -> None:
        self._stages = tuple(
            (horizon, seconds, deque[Fill]()) for horizon, seconds in HORIZONS.items()
        )
        self._added = 0
        self._gone = 0

    def __len__(self) -> int:
        return self._added - self._gone

    def add(self, fill: Fill) -> bool:
        """Take a fill in, and return whether there was room for it."""
        if self._added - self._gone >= FILLS:
            return False
        self._stages[0][2].append(fill)
        self._added += 1
        return True

    def due(self, now: float) -> list[tuple[Horizon, float, Fill]]:
        """Take every horizon that has passed: which, its moment, and the fill."""
        due: list[tuple[Horizon, float, Fill]] = []
        for index, (horizon, seconds, stage) in enumerate(self._stages):
            while stage and stage[0].time + seconds <= now:
                fill = stage.popleft()
                if index + 1 < len(self._stages):
                    self._stages[index + 1][2].append(fill)
                else:
                    self._gone += 1
                due.append((horizon, fill.time + seconds, fill))
        return due
