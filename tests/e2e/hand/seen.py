"""What there is to be seen at a second of the story, and of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.hand import counting, facts, quoting, wealth
from tests.e2e.hand.model import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.e2e.hand.model import Book, Holding, Market, Promise, View

SETTLED = 15
"""Seconds after which what began or ended is in every recorded series, and what ended is gone."""

_STEPS = sorted(
    {run.start for run in facts.RUNS}
    | {run.end + 1 for run in facts.RUNS if run.end is not None}
    | {rate.since for rate in wealth.RATES if rate.later is not None}
    | {view.changed for view in facts.VIEWS if view.changed is not None}
    | set(facts.HUNG.values())
)


def steady(t: float) -> bool:
    """Whether nothing began, ended or changed just before: recorded series lag by a moment."""
    return not any(step <= t < step + SETTLED for step in _STEPS)


def alive(job: str, t: float) -> bool:
    """Whether a service exports."""
    return counting.run_at(job, t) is not None


def last_tick(job: str, t: int) -> int | None:
    """Return when a service last exported, whether it still does or not."""
    ticks = [tick for run in counting.runs(job) if (tick := run.tick(t, 1)) is not None]
    return max(ticks, default=None)


def shown(book: Book, t: float) -> View | None:
    """Return the view of a book that counts: a watcher's before the engine's; None without any.

    Every watcher of this story is fresh as long as it exports.
    """
    views = [view.at(t) for view in facts.VIEWS if view.book == book and alive(view.job, t)]
    return min(views, key=lambda view: view.source != "venue", default=None)


def quoted(books: Iterable[Book], t: float) -> list[View]:
    """Return the views of those books of which somebody tells quotes."""
    views = [shown(book, t) for book in books]
    return [view for view in views if view is not None and view.quotes is not None]


def judge(promise: Promise, t: float) -> str | None:
    """Return the service whose word on an obligation counts: a watcher's before the engine's."""
    jobs = [one for one in promise.judged if alive(one.job, t)]
    return min(jobs, key=lambda one: one.source != "venue").job if jobs else None


def spread(promise: Promise, t: float) -> float | None:
    """Merged spread of an obligation as a share of mid."""
    job = judge(promise, t)
    return None if job is None else quoting.spread(promise, quoting.told_by(job, promise, t))


def coverage(promise: Promise, t: float, band: float | None = None) -> float | None:
    """Merged depth over required depth: the worst side, and the worst band unless it is given."""
    job = judge(promise, t)
    if job is None:
        return None
    views = quoting.told_by(job, promise, t)
    shares = [
        quoting.depth(promise, views, side, asked) / least
        for asked in promise.depth
        if band is None or asked == band
        for side in SIDES
        if (least := quoting.required(promise, side, asked))
    ]
    return min(shares, default=None)


def state(promise: Promise, t: float) -> int:
    """Return how an obligation stands: the code of the worst that is true of it."""
    if not promise.scheduled:
        return 9
    if judge(promise, t) is None:
        return 1
    market = [
        book for book in facts.BOOKS if book.obliged == promise.obliged and book.role == "quote"
    ]
    bid, ask = (quoting.best(quoted(market, t), side) for side in SIDES)
    if bid is None or ask is None:
        return {(True, True): 2, (False, True): 3, (True, False): 4}[bid is None, ask is None]
    apart = spread(promise, t)
    least, _, widest = promise.spread
    if apart is not None and not least / 1e4 <= apart <= widest / 1e4:
        return 5
    deep = coverage(promise, t)
    return 6 if deep is not None and deep < 1 else 8


def hearing(market: Market, t: float) -> list[str]:
    """Return the services that hear of a market."""
    return [job for job, heard in facts.HEARS.items() if market in heard and alive(job, t)]


def price(asset: str, currency: str, t: float) -> float | None:
    """Return the rate of an asset, of two providers the higher; None without one."""
    found = [
        rate.at(t) for rate in wealth.RATES if (rate.asset, rate.currency) == (asset, currency)
    ]
    return max(found, default=None)


def held(key: tuple[str, str, str, str], t: float) -> Holding | None:
    """Return the balance that counts: a watcher's before the engine's; None if nobody tells it."""
    told = [one for one in wealth.HOLDINGS if one.key == key and alive(one.job, t)]
    return min(told, key=lambda one: one.source != "venue", default=None)


def total(holding: Holding) -> float:
    """What an account has, whether it can be used or not."""
    return sum(holding.amounts.get(state, 0) for state in ("free", "used", "locked"))
