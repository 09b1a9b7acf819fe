"""Quotes: own resting liquidity, as the venue acknowledged it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Never, overload

from fortuna_otel import _numbers
from fortuna_otel.meters._judgement import (
    DEPTH,
    INFINITY,
    SPREAD,
    TWO_SIDED,
    UNOBSERVED,
    Limits,
    Tally,
    judged_alone,
)
from fortuna_otel.meters._ladder import LadderGauges
from fortuna_otel.meters._meter import Meter, harmless
from fortuna_otel.meters._reading import Reader, is_right
from fortuna_otel.signals import quotes as signals
from fortuna_otel.signals.enums import BookSide, DropReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel._clock import Clock
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters._judgement import Ladder
    from fortuna_otel.meters.obligations import ObligationMeter

LEVELS = 10
"""Levels of the ladder that are exported, unless a book says otherwise."""

MID_LIFETIME = 10.0
"""Seconds for which a mid that was told may value anything later."""

_MISSING: Any = object()


class Quotes(Meter):
    """The live ladder of one book.

    | call | meaning |
    |---|---|
    | `update(bids=..., asks=..., mid=...)` | the venue acknowledged this ladder |
    | `confirm()`, `confirm(mid=...)` | the venue confirmed that the last one still stands |
    | `clear()` | nothing of ours rests any more |

    Trust, but verify: a ladder is copied and judged when it is told, and read as far as that
    takes. The first one and the one that stands at an export are read in full. A book whose
    levels once were no tuples, or not best first and one a price, has all of them read in full
    from then on. A ladder that is found wrong is dropped and counted, and the quotes are unknown
    until the next one: the older one does not stand any more either.

    `_limits` is what `update` and `confirm` judge by at once. It is set while one obligation at
    most hangs on this book and it hangs on no other, and None while they must take the long way.
    """

    def __init__(
        self, registry: Registry, clock: Clock, book: Mapping[str, str], levels: int = LEVELS
    ) -> None:
        super().__init__(registry, clock)
        self._book = book
        self._updated = registry.gauge(signals.UPDATED_TIMESTAMP, **book)
        self._gauges = LadderGauges(registry, book, levels)
        self._monotonic = clock.monotonic
        self._obligations: tuple[ObligationMeter, ...] = ()
        self._limits: Limits | None = None
        self._unjudged = Limits(Tally(clock.monotonic(), verdict=0))
        self._reader = Reader()
        self._ladder: Ladder | None = None
        self._verified: Ladder | None = None
        self._confirmed = self._shown = -INFINITY
        registry.refresh_with(self._refresh)

    def __repr__(self) -> str:
        return "book({client}, {venue}, {symbol}, {account}, {tag}).quotes".format(**self._book)

    @property
    def mid(self) -> float | None:
        """The mid of the last ladder, None if it was told more than `MID_LIFETIME` ago."""
        ladder = self._ladder
        if ladder is None or self._monotonic() - ladder[3] > MID_LIFETIME:
            return None
        return ladder[2]

    # What trading code calls

    @overload
    def update(
        self,
        *,
        bids: Iterable[Sequence[Any]],
        asks: Iterable[Sequence[Any]],
        mid: float | None,
    ) -> None: ...

    @overload
    def update(
        self, bids: Iterable[Sequence[Any]], asks: Iterable[Sequence[Any]], mid: float | None
    ) -> None: ...

    def update(  # noqa: C901, PLR0912, PLR0915  # one flat function: a call within it costs a tenth of it
        self,
        bids: Any = _MISSING,
        asks: Any = _MISSING,
        mid: Any = _MISSING,
        *extra: object,
        **unknown: object,
    ) -> None:
        """Set the ladder the venue acknowledged.

        Args:
            bids: (price, remaining size) by order or level, in any order; tuples of floats, best
                first and one a price, are fastest.
            asks: likewise.
            mid: what spread and depth are measured against: the mandate chooses whether it is
                the venue's, the venue's without own orders, own, or the reference. None if it is
                unknown: spread and depth are then absent, and the time unobserved.
            extra: nothing; a wrong call is counted, not raised.
            unknown: nothing, likewise.
        """
        limits = self._limits
        if limits is None or extra or unknown:
            self._update(bids, asks, mid, trust=self._reader.trusted, wrong=bool(extra or unknown))
            return
        try:
            bids = tuple(bids)
            asks = tuple(asks)
            if mid is None or not bids or not asks:
                self._update(bids, asks, mid, trust=self._reader.trusted)
                return
            bid, bid_size = bids[0]
            ask, ask_size = asks[0]
            if not (
                0.0 < bid < INFINITY
                and 0.0 < ask < INFINITY
                and 0.0 < mid < INFINITY
                and bid_size > 0.0
                and ask_size > 0.0
            ):
                self._update(bids, asks, mid)
                return
            verdict = TWO_SIDED
            if 0.0 < ask - bid <= limits.widest * mid:
                verdict = TWO_SIDED + SPREAD
            for share, least in limits.bids:
                edge = mid * share
                total = 0.0
                for price, size in bids:
                    if price < edge:
                        break
                    total += price * size
                    if total >= least:
                        break
                if not least <= total < INFINITY:
                    break
            else:
                for share, least in limits.asks:
                    edge = mid * share
                    total = 0.0
                    for price, size in asks:
                        if price > edge:
                            break
                        total += price * size
                        if total >= least:
                            break
                    if not least <= total < INFINITY:
                        break
                else:
                    verdict += DEPTH
        except Exception as error:  # noqa: BLE001  # a ladder may be anything, and raise anything
            if bids.__class__ is tuple and asks.__class__ is tuple:
                self._update(bids, asks, mid)
            else:  # an iterator broke, and cannot be asked again
                self._lose(error)
            return
        monotonic = self._monotonic  # as a method it would be looked for in the class first
        now = monotonic()
        ladder = (bids, asks, mid, now)
        tally = limits.tally
        # In a straight line from here on: see `_judgement`.
        if self._limits is limits:
            last = tally.last
            if now < last:  # noqa: PLR1730  # a call would bend the line
                now = last
            until = tally.until
            if now < until:  # noqa: PLR1730
                until = now
            if until > last:
                tally.seconds[tally.verdict] += until - last
            tally.last = now
            tally.until = now + limits.staleness
            tally.verdict = verdict
            self._confirmed = now
            self._ladder = ladder
        else:
            self._update(bids, asks, mid, trust=self._reader.trusted)

    def confirm(self, mid: float | None = None, *extra: Never, **unknown: Never) -> None:
        """Note that the venue confirmed the last ladder, unchanged.

        Args:
            mid: what it is measured against from now on; unless given, what it was before.
            extra: nothing; a wrong call is counted, not raised.
            unknown: nothing, likewise.
        """
        limits = self._limits
        ladder = self._ladder
        if limits is None or ladder is None or extra or unknown:
            self._confirm(mid, extra, unknown)
            return
        verdict = UNOBSERVED if mid is None else judged_alone(limits, ladder, mid)
        monotonic = self._monotonic
        now = monotonic()
        confirmed = ladder if mid is None else (ladder[0], ladder[1], mid, now)
        tally = limits.tally
        # In a straight line from here on.
        if mid is None:
            verdict = tally.verdict
        if verdict != UNOBSERVED and self._limits is limits and self._ladder is ladder:
            last = tally.last
            if now < last:  # noqa: PLR1730  # a call would bend the line
                now = last
            until = tally.until
            if now < until:  # noqa: PLR1730
                until = now
            if until > last:
                tally.seconds[tally.verdict] += until - last
            tally.last = now
            tally.until = now + limits.staleness
            tally.verdict = verdict
            self._confirmed = now
            self._ladder = confirmed
        else:
            self._confirm(mid, extra, unknown)

    @harmless
    def clear(self) -> None:
        """Set an empty ladder: the venue confirmed that nothing of ours rests any more."""
        ladder = self._ladder
        mid, told = (None, 0.0) if ladder is None else ladder[2:]
        self._set(((), (), mid, told), told=False, instead=_MISSING)

    # The long way

    def _update(
        self, bids: Any, asks: Any, mid: Any, *, trust: bool = False, wrong: bool = False
    ) -> None:
        """Read a ladder in full, unless it may be trusted, and tell of it."""
        if wrong or bids is _MISSING or asks is _MISSING or mid is _MISSING:
            self._lose("it takes bids, asks and mid, which is None if it is unknown")
            return
        try:
            ladder = (
                self._reader.read(bids, BookSide.BID, trust=trust),
                self._reader.read(asks, BookSide.ASK, trust=trust),
                self._known(_numbers.positive, mid, "mid"),
                self._monotonic(),
            )
        except Exception as error:  # noqa: BLE001  # a ladder may be anything, and raise anything
            self._lose(error)
            return
        if not trust:
            self._verified = ladder
            self._reader.learn(ladder)
        self._tell(ladder, told=True)

    def _lose(self, why: object) -> None:
        """Forget the ladder: what we were told instead of it makes no sense."""
        self._drop("update", why)
        self._reader.trusted = False
        self._tell(None, told=False)

    def _confirm(self, mid: Any, extra: tuple[object, ...], unknown: Mapping[str, object]) -> None:
        """Tell of the ladder that stands, unless another one comes at the same moment."""
        ladder = self._ladder
        if extra or unknown:
            self._drop("confirm", "it takes mid or nothing")
        elif ladder is None:
            self._drop("confirm", "there is no ladder to confirm: call update or clear first")
        elif mid is None:
            self._tell(ladder, told=False, instead=ladder)
        else:
            mid = self._usable(_numbers.positive, mid, "mid")
            self._tell((ladder[0], ladder[1], mid, self._monotonic()), told=True, instead=ladder)

    def _tell(
        self, ladder: Ladder | None, *, told: bool, instead: Ladder | None = _MISSING
    ) -> None:
        try:
            self._set(ladder, told=told, instead=instead)
        except Exception as error:  # noqa: BLE001  # whatever it is, the desk trades on
            self._drop("update", error, DropReason.INTERNAL)

    def _set(self, ladder: Ladder | None, *, told: bool, instead: Ladder | None) -> None:
        """Let a ladder stand from now on.

        Args:
            ladder: None if it is unknown.
            told: whether its mid was told just now.
            instead: the ladder that must still stand then, if it matters.
        """
        self._limits = None
        obligations = self._obligations
        now = self._monotonic()
        for obligation in obligations:
            now = max(now, obligation.advance(now))
        # In a straight line from here on.
        if instead is not _MISSING and self._ladder is not instead:
            return
        self._ladder = ladder
        if ladder is not None:
            self._confirmed = now
        # Up to here.
        for obligation in obligations:
            obligation.seen(self, told=told)
        if not self._obligations and self._reader.trusted and self._ladder is not None:
            self._limits = self._unjudged

    # What obligations ask

    def judged_by(self, obligation: ObligationMeter) -> None:
        """Tell the obligation of every ladder from the next one on."""
        if obligation not in self._obligations:
            self._obligations = (*self._obligations, obligation)
            for known in self._obligations:
                known.disturb()
            self.take_the_long_way()

    def no_longer_judged_by(self, obligation: ObligationMeter) -> None:
        """Tell the obligation nothing any more."""
        self._obligations = tuple([o for o in self._obligations if o is not obligation])
        self.take_the_long_way()

    def take_the_long_way(self) -> None:
        """Judge nothing at once any more, until an obligation says by which limits."""
        self._limits = None

    def serves_only(self, obligation: ObligationMeter) -> bool:
        """Whether ladders may be judged at once, by the limits of this obligation alone."""
        return self._reader.trusted and self._obligations == (obligation,)

    def standing(self) -> tuple[Ladder | None, float]:
        """Return the last ladder, None if it is unknown, and when it was last confirmed."""
        return self._ladder, self._confirmed

    # Export

    def verified(self) -> Ladder | None:
        """Return the last ladder, read in full, None if it is unknown.

        Where one is found wrong only now, beyond what its verdict took, the time that is not
        credited yet is judged anew.
        """
        ladder = self._ladder
        if ladder is None or ladder is self._verified:
            return ladder
        if not is_right(ladder, self._verified):
            return self._mend(ladder)
        self._verified = ladder
        return ladder

    def _mend(self, ladder: Ladder) -> Ladder | None:
        bids, asks, mid, told = ladder
        mended: Ladder | None = None
        try:
            mended = (
                self._reader.read(bids, BookSide.BID),
                self._reader.read(asks, BookSide.ASK),
                self._known(_numbers.positive, mid, "mid"),
                told,
            )
        except Exception as error:  # noqa: BLE001
            self._drop("update", error)
            self._reader.trusted = False
        self._verified = mended
        if self._ladder is ladder:
            self._ladder = mended
        for obligation in self._obligations:
            obligation.distrust()
        self.take_the_long_way()
        return mended

    def _refresh(self) -> None:
        """Derive the gauges from the last ladder; all of them from the same one."""
        confirmed = self._confirmed
        if confirmed != self._shown:
            self._shown = confirmed
            self._updated.value = self._now() - max(0.0, self._monotonic() - confirmed)
        self._gauges.show(self.verified())

    def _forget(self) -> None:
        self._limits = self._ladder = self._verified = None
        self._confirmed = self._shown = -INFINITY
        self._gauges.forget()
