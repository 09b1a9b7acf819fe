"""The situation of an obligation: what stands, what is known, and until when that may last."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel import _numbers
from fortuna_otel.analytics import depth
from fortuna_otel.analytics.markout import LIFETIME
from fortuna_otel.meters import _promise
from fortuna_otel.meters._judgement import INFINITY, KEPT, UNOBSERVED
from fortuna_otel.meters._promise import Seen
from fortuna_otel.meters._widening import Allowance
from fortuna_otel.meters.terms import Mid, currencies, least_levels
from fortuna_otel.meters.terms import sides as promised
from fortuna_otel.signals.enums import BookSide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fortuna_otel.analytics.markout import MidHistory
    from fortuna_otel.meters._judgement import Ladder
    from fortuna_otel.meters.quotes import Quotes
    from fortuna_otel.meters.terms import Obligation

_time = itemgetter(0)


class Standing(NamedTuple):
    """A book as it stands.

    Attributes:
        quotes: which it is.
        ladder: None if it is unknown, or nothing was heard of it since it was attached.
        confirmed: the monotonic moment of its last confirmation.
        told: which of several mids that were told at one moment is the last.
    """

    quotes: Quotes
    ladder: Ladder | None = None
    confirmed: float = -INFINITY
    told: int = 0


class Declared(NamedTuple):
    """What an obligation is, whether its time counts, and all its books as they stand."""

    terms: Obligation
    counts: bool
    books: Sequence[Standing]


class View(NamedTuple):
    """How an obligation looks just after a moment.

    Attributes:
        seen: what is believed.
        known: whether any book is confirmed.
        allowed: the widest spread allowed, a share; None if none was promised.
        verdict: what is kept.
    """

    seen: Seen
    known: bool
    allowed: float | None
    verdict: int


class Situation:
    """What stands at one moment after the other; they never go back.

    Args:
        history: the reference mids of the market.
        worth: what one unit of the quote asset is worth in a reference currency; None if unknown.
        terms: what is asked for, of no book so far.
    """

    def __init__(
        self, history: MidHistory, worth: Callable[[str], float | None], terms: Obligation
    ) -> None:
        self._history = history
        self._worth = worth
        self._terms = terms
        self._counts = False
        self._books: dict[Quotes, _Book] = {}
        self._since: dict[BookSide, dict[float, float]] = {side: {} for side in BookSide}
        self._allowance: Allowance | None = None
        self._offset = 0.0
        self._references: list[tuple[float, float | None]] = []
        self._rates: dict[str, float | None] = {}

    def refresh(self, offset: float) -> None:
        """Look at what was told elsewhere since the last time.

        Args:
            offset: Unix time - monotonic time.
        """
        self._offset = offset
        if self._terms.mid == Mid.REFERENCE:
            self._references = self._history.told()
        self._rates = {currency: self._worth(currency) for currency in currencies(self._terms)}

    def declare(self, at: float, declared: Declared) -> None:
        """Go by what was declared from a moment on; what is known of market and day, stays."""
        self._terms = terms = declared.terms
        self._counts = declared.counts
        self._books = {
            standing.quotes: self._books.get(standing.quotes) or _Book()
            for standing in declared.books
        }
        for standing in declared.books:
            self._books[standing.quotes].stand(standing)
        self._note_prices(at)
        if terms.widening is None:
            self._allowance = None
        elif self._allowance is None:
            self._allowance = Allowance(terms.widening, at, self._offset)
        else:
            self._allowance.follow(terms.widening, at)
        self.refresh(self._offset)

    def stand(self, at: float, standing: Standing) -> None:
        """Take a book as it stands from a moment on, unless it was detached meanwhile."""
        book = self._books.get(standing.quotes)
        if book is not None:
            book.stand(standing)
            self._note_prices(at)

    def lose(self, at: float) -> None:
        """Know nothing of the books any more."""
        for book in self._books.values():
            book.lose()
        self._note_prices(at)
        if self._allowance is not None:
            self._allowance.see(at, None)

    def spend(self, seconds: float) -> None:
        """Count time that has passed since the last `look`."""
        if self._allowance is not None:
            self._allowance.spend(seconds)

    def look(self, at: float) -> tuple[View, float]:
        """Return how things look just after a moment, and until when they do at least."""
        terms = self._terms
        fresh = [book for book in self._books.values() if book.confirmed + terms.staleness > at]
        until = min([book.confirmed + terms.staleness for book in fresh], default=INFINITY)
        sides = {
            side: [book.sides[side] for book in fresh if book.sides[side]] for side in BookSide
        }
        told = max([book.told for book in fresh if book.told[2] is not None], default=None)
        mid = market = None if told is None else told[2]
        if terms.mid == Mid.OWN:
            mid = _promise.own_mid(sides[BookSide.BID], sides[BookSide.ASK])
        elif terms.mid == Mid.REFERENCE:
            mid, change = _standing(self._references, at)
            market = mid
            until = min(until, change)
        enough = True
        for side in promised(terms) if least_levels(terms) else ():
            there, change = _promise.levels(terms, sides[side], self._since[side], at)
            enough = enough and there
            until = min(until, change)
        seen = Seen(sides, mid, self._rates)
        complete = 0 < len(fresh) == len(self._books)
        verdict, allowed, change = self._verdict(at, seen, market, enough=enough, complete=complete)
        return View(seen, bool(fresh), allowed, verdict), min(until, change)

    def _verdict(
        self, at: float, seen: Seen, market: float | None, *, enough: bool, complete: bool
    ) -> tuple[int, float | None, float]:
        """Return the verdict, the widest spread allowed, and until when nothing else widens."""
        terms = self._terms
        strict = wide = terms.spread_max or INFINITY
        until = INFINITY
        allowed = terms.spread_max
        verdict = _promise.verdict(terms, seen, strict, enough=enough)
        if self._allowance is not None:
            self._allowance.see(at, market)
            leave = self._allowance.leave(at, self._offset)
            until = leave.until
            wide = strict * self._allowance.terms.factor
            if leave.shown:
                allowed = wide
            if leave.perhaps:
                widened = _promise.verdict(terms, seen, wide, enough=enough)
                verdict = widened if leave.surely or widened == verdict else UNOBSERVED
        kept = verdict & KEPT == KEPT and _promise.additive(terms)
        if not self._counts or not (kept or (complete and _promise.measurable(terms, seen))):
            verdict = UNOBSERVED
        return verdict, allowed, until

    def _note_prices(self, at: float) -> None:
        """Note from when on each price has stood, whichever book it stands in."""
        for side, since in self._since.items():
            self._since[side] = {
                level[0]: since.get(level[0], at)
                for book in (self._books.values() if self._terms.rest else ())
                for level in book.sides[side]
            }


class _Book:
    """A book as it stands, its ladder in order and in plain numbers.

    Attributes:
        sides: its levels by side.
        told: when its mid was told, which of several then, and the mid.
        confirmed: when it was confirmed; never, if its ladder is unknown.
    """

    __slots__ = ("_raw", "confirmed", "sides", "told")

    def __init__(self) -> None:
        self._raw: tuple[object, object] = (None, None)
        self.sides: dict[BookSide, depth.Levels] = {}
        self.told: tuple[float, int, float | None] = (-INFINITY, 0, None)
        self.confirmed = -INFINITY
        self.lose()

    def stand(self, standing: Standing) -> None:
        """Take it as it stands from now on. A ladder that makes no sense is an unknown one."""
        try:
            self._read(standing.ladder, standing.told)
            self.confirmed = -INFINITY if standing.ladder is None else standing.confirmed
        except Exception:  # noqa: BLE001  # the book itself counts and logs it
            self.lose()

    def lose(self) -> None:
        """Know nothing of it from now on."""
        self._read(None, 0)
        self.confirmed = -INFINITY

    def _read(self, ladder: Ladder | None, order: int) -> None:
        bids, asks, mid, told = ladder or ((), (), None, -INFINITY)
        mid = None if mid is None else _numbers.positive(mid, "mid")
        if bids is not self._raw[0] or asks is not self._raw[1]:
            self.sides = {
                BookSide.BID: depth.levels(bids, BookSide.BID),
                BookSide.ASK: depth.levels(asks, BookSide.ASK),
            }
            self._raw = bids, asks
        self.told = told, order, mid


def _standing(told: list[tuple[float, float | None]], at: float) -> tuple[float | None, float]:
    """Return the reference mid that stands just after a moment, and until when at least."""
    index = bisect_right(told, at, key=_time)
    until = told[index][0] if index < len(told) else INFINITY
    if index == 0:
        return None, until
    when, mid = told[index - 1]
    if mid is None or at >= when + LIFETIME:
        return None, until
    return mid, min(until, when + LIFETIME)
