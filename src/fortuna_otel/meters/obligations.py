"""Obligations: what a client was promised, and for how many seconds it was kept.

All books of an obligation are merged before judging: best bid, best ask, summed depth, union of
presence. The state between two events is constant, so that time is integrated exactly: at every
event and every export, on the monotonic clock. A book that was neither changed nor confirmed for
`staleness` seconds counts for nothing: a hung loop earns nothing.
"""

from __future__ import annotations

import operator
import threading
from typing import TYPE_CHECKING

from fortuna_otel.meters._flags import flag
from fortuna_otel.meters._hindsight import Hindsight
from fortuna_otel.meters._judgement import (
    INFINITY,
    KEPT,
    ORDINARY,
    SIDES,
    STATES,
    TERMS,
    UNOBSERVED,
    Limits,
    Tally,
    judged,
)
from fortuna_otel.meters._meter import Meter, choose, harmless
from fortuna_otel.meters._shown import ObligationGauges
from fortuna_otel.meters._situation import Declared, Standing
from fortuna_otel.meters.markouts import reference_mids
from fortuna_otel.meters.terms import Mid, Obligation, least_levels, ordinary
from fortuna_otel.signals import obligations as signals
from fortuna_otel.signals.enums import Term

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Counter
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters._judgement import Ladder
    from fortuna_otel.meters.book import Book
    from fortuna_otel.meters.quotes import Quotes


class ObligationMeter(Meter):
    """Measure one obligation over the books attached to it.

    Time is observed while every attached book is confirmed, or while those that are confirmed
    keep every term by themselves: what another book adds can only better spread and depth. Terms
    are credited in observed time only, so that kept ≤ observed ≤ scheduled and the seconds of the
    four states add up to the observed ones.

    Ordinary terms (see `fortuna_otel.meters.terms`) are judged at every event; all others by the
    export, from what was noted at every event (see `fortuna_otel.meters._hindsight`).

    Events take no lock (see `fortuna_otel.meters._judgement`): whoever changes anything counts
    `_version` up afterwards, and who judged before it did judges again.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        terms: Obligation,
        source: str,
        worth: Callable[[str, str], float | None],
    ) -> None:
        super().__init__(registry, clock)
        self._terms = terms
        self._source = source
        self._worth = worth
        self._labels = {**terms.attributes, "source": source}
        self._observed = registry.counter(signals.OBSERVED_TIME, **self._labels)
        self._states = [
            registry.counter(signals.QUOTING_TIME, **self._labels, state=state) for state in STATES
        ]
        self._kept: dict[Term, Counter] = {}
        self._gauges = ObligationGauges(registry, self._labels, terms)
        self._books: tuple[Quotes, ...] = ()
        self._mids: dict[Quotes, str] = {}
        self._scheduled = True
        self._version = 0
        self._begin()
        self.bind()
        registry.refresh_with(self._refresh)

    def _begin(self) -> None:
        self._lock = threading.RLock()  # of declarations; one may come from a signal handler
        self._tally = Tally(self._clock.monotonic())
        self._limits = Limits.of(self._terms, self._tally)
        self._told: dict[Quotes, int] = {}
        self._credited = [0.0] * len(self._tally.seconds)
        self._shown: list[object] = []
        self._hindsight: Hindsight | None = None
        self._declare()

    def __repr__(self) -> str:
        return f"obligation({self._terms.mandate})"

    @property
    def terms(self) -> Obligation:
        """The terms in force."""
        return self._terms

    # Declarations

    def bind(self) -> None:
        """Export every counter from now on: an uptime of 0 must not look like no data."""
        for term in Term:
            if term not in self._kept and (term != Term.LEVELS or least_levels(self._terms)):
                self._kept[term] = self._registry.counter(
                    signals.KEPT_TIME, **self._labels, term=term
                )
        for counter in (self._observed, *self._states, *self._kept.values()):
            counter.announce()

    def attach(self, book: Book, *, mid: str = Mid.VENUE) -> None:
        """Count the quotes of a book towards this obligation; more than one may count.

        Args:
            book: what `telemetry.book(...)` returns.
            mid: which mid its `quotes.update` is told, `venue` or `venue_without_own`. A mandate
                that measures against the venue's mid without own orders takes only books that
                are told that one.

        Raises:
            TypeError: if it is no book.
            ValueError: if the book is of another client or market, or is told another mid.
        """
        if not hasattr(book, "quotes"):
            raise TypeError(f"{book!r:.60} is no book: attach what telemetry.book(...) returns")
        theirs = (book.client, book.market.venue, book.market.symbol)
        ours = (self._terms.client, self._terms.venue, self._terms.symbol)
        if theirs != ours:
            raise ValueError(
                f"{book!r} does not serve {self!r}, which is for client={ours[0]!r}, "
                f"venue={ours[1]!r}, symbol={ours[2]!r}: attach only books of those"
            )
        told = choose(Mid, mid, "mid")
        self._require_mid(self._terms, [told])
        with self._lock:
            self._mids[book.quotes] = told
            if book.quotes not in self._books:
                self.advance(self._clock.monotonic())
                self._books = (*self._books, book.quotes)
                self._changed()
        book.quotes.judged_by(self)

    def _require_mid(self, terms: Obligation, told: Sequence[str]) -> None:
        """Refuse terms that the mid of a book cannot be measured against."""
        if terms.mid == Mid.VENUE_WITHOUT_OWN and any(mid != terms.mid for mid in told):
            raise ValueError(
                f"{self!r} is measured against the venue's mid without own orders: tell "
                "quotes.update that mid, and say so with attach(book, mid='venue_without_own')"
            )

    def detach(self, book: Book) -> None:
        """Count the quotes of a book no longer."""
        book.quotes.no_longer_judged_by(self)
        with self._lock:
            self.advance(self._clock.monotonic())
            self._books = tuple([quotes for quotes in self._books if quotes is not book.quotes])
            self._told.pop(book.quotes, None)
            self._mids.pop(book.quotes, None)
            self._changed()

    def replace(self, terms: Obligation) -> None:
        """Judge by new terms from now on; the time until now counts by the old ones.

        Raises:
            TypeError: if they are no terms.
            ValueError: if the new terms are of another obligation, or measured against a mid that
                the books are not told.
        """
        if not isinstance(terms, Obligation):
            raise TypeError(f"{terms!r:.60} is no Obligation(...), which says what was promised")
        if terms.attributes != self._terms.attributes:
            raise ValueError(
                f"{terms!r} is another obligation than {self._terms!r}: "
                "declare it with telemetry.obligation(...)"
            )
        with self._lock:
            self._require_mid(terms, list(self._mids.values()))
            self.advance(self._clock.monotonic())
            self._terms = terms
            self._limits = Limits.of(terms, self._tally)
            self._gauges.bind(terms)
            self.bind()
            self._changed()

    @harmless
    def schedule(self, scheduled: bool) -> None:
        """Say whether time counts: False in an agreed maintenance window."""
        counts = flag(scheduled, "scheduled") > 0.0
        with self._lock:
            self.advance(self._clock.monotonic())
            self._scheduled = counts
            self._changed()

    def _changed(self) -> None:
        self.disturb()
        for quotes in self._books:
            quotes.take_the_long_way()
        self._settle(self._tally.last)
        self._declare()

    def _declare(self) -> None:
        """Have the export judge by what was declared, where ordinary terms are not all."""
        terms = self._terms
        if self._hindsight is None:
            if ordinary(terms):
                return
            self._hindsight = Hindsight(
                self._tally,
                reference_mids(self._registry, terms.market),
                lambda currency: self._worth(terms.market.quote, currency),
                self._tally.last,
                terms,
            )
        sampling = terms.sampling
        counts = self._scheduled and not ordinary(terms)
        if sampling is not None and sampling.source != self._source:
            counts = False
        while True:
            version = self._version
            books = [self._standing(quotes) for quotes in self._books]
            self._hindsight.declare(self._tally.last, Declared(terms, counts, books))
            # What a book noted meanwhile must not be undone by how it stood before.
            if version == self._version:
                return

    # Events, told by the books

    def advance(self, now: float) -> float:
        """Credit the time until now; return the moment up to which it is credited, now or later.

        Where a book goes stale in between, the rest is judged without it.
        """
        tally = self._tally
        while tally.credit(now):
            self._settle(tally.last)
        return tally.last

    def seen(self, quotes: Quotes, *, told: bool) -> None:
        """Take the ladder of a book as confirmed now, whether it changed or not.

        Args:
            quotes: the book, which had everyone `advance` before its ladder changed.
            told: whether its mid is news: the latest is what all books are measured against, and
                of those told at the same moment the last.
        """
        if quotes in self._books:
            self.disturb()
            if told or quotes not in self._told:
                self._told[quotes] = self._version if told else 0
            self._note(quotes)
            self._settle(self._tally.last)

    def distrust(self) -> None:
        """Credit nothing since the last event or export, and judge anew."""
        self._tally.verdict = UNOBSERVED
        self.disturb()
        for quotes in self._books:
            self._note(quotes)
        self._settle(self._tally.last)

    def disturb(self) -> None:
        """Have whoever is judging at this moment judge again."""
        self._version += 1

    def _note(self, quotes: Quotes) -> None:
        """Note how a book stands, for the export to judge."""
        hindsight = self._hindsight
        if hindsight is None:
            return
        while True:
            version = self._version
            hindsight.note(self._tally.last, self._standing(quotes))
            if version == self._version:
                return

    def _standing(self, quotes: Quotes) -> Standing:
        told = self._told.get(quotes)
        return Standing(quotes) if told is None else Standing(quotes, *quotes.standing(), told)

    # Judgement

    def _settle(self, at: float) -> None:
        """Let the verdict on what stands just after a moment be in force."""
        while True:
            # A verdict reached at once, meanwhile, would be overwritten by an older one.
            for quotes in self._books:
                quotes.take_the_long_way()
            version = self._version
            limits = self._limits
            books = self._books
            verdict, until = self._judge(limits, books, at)
            alone = None
            if len(books) == 1 and verdict != UNOBSERVED and books[0].serves_only(self):
                [alone] = books
            # In a straight line from here on.
            if version == self._version:
                limits.tally.verdict = verdict
                limits.tally.until = until
                if alone is not None:
                    alone._limits = limits  # noqa: SLF001  # a call would bend the line
                return

    def _judge(self, limits: Limits, books: tuple[Quotes, ...], at: float) -> tuple[int, float]:
        """Return the verdict just after a moment, and when quotes next grow stale."""
        if not self._scheduled or not limits.ordinary:
            return UNOBSERVED, INFINITY
        ladders, mid, until = self._believed(limits, books, at)
        bids = [ladder[0] for ladder in ladders if ladder[0]]
        asks = [ladder[1] for ladder in ladders if ladder[1]]
        try:
            verdict = judged(limits, bids, asks, mid)
        except Exception:  # noqa: BLE001  # read for the first time, and counted by the export
            return UNOBSERVED, until
        complete = 0 < len(ladders) == len(books)
        measurable = mid is not None or not (bids or asks)
        if (complete and measurable) or verdict & KEPT == KEPT:
            return verdict, until
        return UNOBSERVED, until

    def _believed(
        self, limits: Limits, books: tuple[Quotes, ...], at: float
    ) -> tuple[list[Ladder], float | None, float]:
        """Return what is still believed just after a moment, the latest mid, and until when."""
        ladders = []
        mid = None
        latest = (-INFINITY, 0)
        until = INFINITY
        for quotes in books:
            told = self._told.get(quotes)
            ladder, confirmed = quotes.standing()
            expiry = confirmed + limits.staleness
            if told is None or ladder is None or expiry <= at:
                continue
            ladders.append(ladder)
            until = min(until, expiry)
            if ladder[2] is not None and (ladder[3], told) > latest:
                latest, mid = (ladder[3], told), ladder[2]
        return ladders, mid, until

    # Export

    def _refresh(self) -> None:
        for quotes in self._books:
            quotes.verified()
        now = self._clock.monotonic()
        self.advance(now)
        hindsight = self._hindsight
        if hindsight is not None and hindsight.settle(now, self._now()):
            self._declare()
        seconds = self._tally.seconds.copy()
        for verdict in ORDINARY if hindsight is None else range(UNOBSERVED):
            gained = seconds[verdict] - self._credited[verdict]
            if gained:
                self._count(verdict, gained)
        self._credited = seconds
        if self._limits.ordinary:
            self._show()
        elif hindsight is not None and hindsight.view is not None:
            self._shown = []
            self._gauges.show_view(hindsight.view)

    def _count(self, verdict: int, gained: float) -> None:
        self._observed.add(gained)
        self._states[verdict & SIDES].add(gained)
        for term, counter in self._kept.items():
            if verdict & TERMS[term] == TERMS[term]:
                counter.add(gained)

    def _show(self) -> None:
        limits = self._limits
        ladders, mid, _ = self._believed(limits, self._books, self._tally.last)
        basis = [limits, *ladders]
        if len(basis) == len(self._shown) and all(map(operator.is_, basis, self._shown)):
            return
        self._shown = basis
        bids = [ladder[0] for ladder in ladders if ladder[0]]
        asks = [ladder[1] for ladder in ladders if ladder[1]]
        self._gauges.show(bids, asks, mid, known=bool(ladders))

    def _forget(self) -> None:
        self._begin()
        self.bind()
