"""What is posted, and whether it is alive."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fortuna_otel import signals
from tests.e2e.hand import counting, events, facts, links, quoting, seen
from tests.e2e.hand.answering import About, answers, keyed, only, row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.hand.answering import Asked, Number, Rows
    from tests.e2e.hand.model import Book

BOOKS = "Books"
OPEN = "Open orders"
LIQUIDITY = "Own liquidity, $reference"
LATENCY = "Time to acknowledge and to cancel"
LIFE = "Orders acknowledged, cancelled, filled"
REJECTS = "Rejects and unknown outcomes"
COUNTED = (signals.orders.ACKNOWLEDGED, signals.orders.CANCELLED, signals.orders.FILLED)


def book_name(book: Book) -> dict[str, str]:
    """Return the labels of a book."""
    return {
        "client": book.client,
        "venue": book.venue,
        "symbol": book.symbol,
        "account": book.account,
        "tag": book.tag,
    }


def per_book(asked: Asked, of: Callable[[Book], Number | None]) -> Rows:
    """Return a row for each selected book that has a value."""
    return keyed({row(**book_name(book)): of(book) for book in asked.selection.books})


def _open(side: int, sign: int) -> Callable[[Asked], Rows | None]:
    def answer(asked: Asked) -> Rows | None:
        if not seen.steady(asked.t):
            return None
        views = [seen.shown(book, asked.t) for book in asked.selection.books]
        told = [view.orders[side] for view in views if view is not None]
        return only(float(sign * sum(told)) if told else None)

    return answer


answers(OPEN, "A")(_open(0, 1))
answers(OPEN, "B")(_open(1, -1))


def _resting(side: str, sign: int) -> Callable[[Asked], Rows | None]:
    def answer(asked: Asked) -> Rows | None:
        if not seen.steady(asked.t):
            return None
        worth = asked.worth(
            (
                facts.MARKETS[view.book.market].quote,
                sign * quoting.liquidity(quoting.side_of(view, side)),
            )
            for view in seen.quoted(asked.selection.books, asked.t)
        )
        return only(worth)

    return answer


answers(LIQUIDITY, "A")(_resting("bid", 1))
answers(LIQUIDITY, "B")(_resting("ask", -1))


STATES = (
    *("halted", "pulled_risk", "one_sided_limit", "paused"),
    *("maintenance", "stopping", "starting", "quoting"),
)


@answers(BOOKS, "A")
def _(asked: Asked) -> Rows:
    def worst(book: Book) -> float | None:
        said = [
            1.0 + STATES.index(view.state)
            for view in facts.VIEWS
            if view.book == book and view.state is not None and seen.alive(view.job, asked.t)
        ]
        return min(said, default=None)

    return per_book(asked, worst)


def _orders(side: int) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        def number(book: Book) -> float | None:
            view = seen.shown(book, asked.t)
            return None if view is None else float(view.orders[side])

        return per_book(asked, number)

    return answer


answers(BOOKS, "B")(_orders(0))
answers(BOOKS, "C")(_orders(1))


@answers(BOOKS, "D")
def _(asked: Asked) -> Rows:
    def age(book: Book) -> About | None:
        view = seen.shown(book, asked.t)
        return None if view is None or view.oldest is None else About(asked.t - view.oldest)

    return per_book(asked, age)


def _confirmed(asked: Asked, book: Book, *, quotes: bool) -> About | None:
    """Age of the confirmation of the view that is shown; of anybody's once nobody tells one."""
    shown = seen.shown(book, asked.t)
    if shown is not None and (shown.quotes is not None or not quotes):
        return About(shown.confirmed if quotes else shown.seen)
    ages = [
        asked.t - last + (view.confirmed if quotes else view.seen)
        for view in facts.VIEWS
        if view.book == book
        and (view.quotes is not None or not quotes)
        and (last := seen.last_tick(view.job, asked.t)) is not None
    ]
    return About(min(ages)) if ages else None


def _as_of(asked: Asked, *, quotes: bool) -> Rows:
    return per_book(asked, lambda book: _confirmed(asked, book, quotes=quotes))


answers(BOOKS, "E")(lambda asked: _as_of(asked, quotes=True))
answers(BOOKS, "F")(lambda asked: _as_of(asked, quotes=False))
answers("$one_exchange $one_symbol", "H")(
    lambda asked: only(_confirmed(asked, asked.selection.one, quotes=True))
)


def _troubled(what: str) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        def number(book: Book) -> float | None:
            told = [
                getattr(view, what)
                for view in facts.VIEWS
                if view.book == book
                and seen.alive(view.job, asked.t)
                and getattr(view, what) is not None
            ]
            return max(told, default=None)

        return per_book(asked, number)

    return answer


answers(BOOKS, "G")(_troubled("unresolved"))
answers(BOOKS, "H")(_troubled("ghosts"))


@answers(BOOKS, "I")
def _(asked: Asked) -> Rows:
    def armed(book: Book) -> float | None:
        told = [
            armed
            for (job, venue, account), armed in links.DEADMAN.items()
            if (venue, account) == (book.venue, book.account) and seen.alive(job, asked.t)
        ]
        return min(told, default=None)

    return per_book(asked, armed)


def _counts_of(signal: signals.Signal, book: Book, **labels: str) -> list[counting.Count]:
    return counting.counts(signal, **book_name(book), **labels)


def _lately(asked: Asked, signal: signals.Signal) -> Rows:
    after = asked.t - asked.selection.interval
    return per_book(asked, lambda book: counting.gained(_counts_of(signal, book), after, asked.t))


for _ref, _signal in zip("JKL", COUNTED, strict=True):
    answers(BOOKS, _ref)(partial(_lately, signal=_signal))


def gained_of_books(asked: Asked, signal: signals.Signal, **labels: str) -> float | None:
    """Return what the selected books' counters gained in the step before a point."""
    mine = [one for book in asked.selection.books for one in _counts_of(signal, book, **labels)]
    return counting.gained(mine, asked.t - asked.step, asked.t)


def _bar(asked: Asked, signal: signals.Signal) -> Rows:
    return only(gained_of_books(asked, signal))


for _ref, _signal in zip("ABC", COUNTED, strict=True):
    answers(LIFE, _ref)(partial(_bar, signal=_signal))


def _refused(signal: signals.Signal) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        rows: Rows = {}
        for one in counting.counts(signal):
            account = (one.labels["client"], one.labels["venue"], one.labels["account"])
            number = one.gained(asked.t - asked.step, asked.t)
            if number and asked.selection.has_account(account):
                key = row(**{label: one.labels[label] for label in ("venue", "action", "reason")})
                rows[key] = rows.get(key, 0.0) + number  # type: ignore[operator]
        return rows

    return answer


answers(REJECTS, "A")(_refused(signals.orders.REJECTED))
answers(REJECTS, "B")(_refused(signals.orders.UNKNOWN))


def _quantile(signal: signals.Signal, what: str, share: float) -> Callable[[Asked], Rows | None]:
    """Estimate a quantile of what took one time each, in equal numbers an account, by exchange."""

    def of_venue(asked: Asked, venue: str) -> float | None:
        taken = sorted(
            getattr(one, what)
            for one in events.LATENCIES
            if one.venue == venue
            and asked.selection.has_account((one.client, one.venue, one.account))
            and seen.alive(one.job, asked.t)
        )
        if not taken:
            return None
        places = [sum(bound < seconds for bound in signal.buckets) for seconds in taken]
        rank = share * len(taken)
        place = next(p for p in sorted(set(places)) if sum(q <= p for q in places) >= rank)
        below = sum(q < place for q in places)
        inside = places.count(place)
        lower = signal.buckets[place - 1] if place else 0.0
        upper = signal.buckets[place]
        return float(lower + (upper - lower) * (rank - below) / inside)

    def answer(asked: Asked) -> Rows | None:
        if not seen.steady(asked.t):
            return None
        venues = {one.venue for one in events.LATENCIES}
        return keyed({row(venue=venue): of_venue(asked, venue) for venue in sorted(venues)})

    return answer


for _ref, _signal, _what, _share in (
    ("A", signals.orders.ACK_DURATION, "ack", 0.5),
    ("B", signals.orders.ACK_DURATION, "ack", 0.99),
    ("C", signals.orders.CANCEL_DURATION, "cancel", 0.5),
    ("D", signals.orders.CANCEL_DURATION, "cancel", 0.99),
):
    answers(LATENCY, _ref)(_quantile(_signal, _what, _share))
