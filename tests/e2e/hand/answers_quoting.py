"""What rests in the market: ladders, depth, spreads."""

from __future__ import annotations

import math
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING

from fortuna_otel import signals
from tests.e2e.hand import counting, facts, quoting, seen
from tests.e2e.hand.answering import answers, keyed, only, row
from tests.e2e.hand.answers_general import one_promise, per_promise
from tests.e2e.hand.model import BANDS, SIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.e2e.hand.answering import Asked, Number, Rows
    from tests.e2e.hand.model import Levels, Promise, View

ONE = "$one_client $one_exchange $one_symbol"
LADDER = f"Live ladder · {ONE} $one_account $one_tag"
MIRRORED = f"Own depth by distance from mid · {ONE}"
AGAINST = f"Depth against mandate · {ONE}"
COVERAGE = "Coverage, by obligation"
SPREAD = f"Spread against mandate · {ONE}"
QUOTES = f"Quotes in the market · {ONE} $one_account $one_tag"
SHARES = "Spread, share of the widest allowed"
IN_BAND = "Time in band"
DIGITS = 6
"""Digits after the first to which the ladder writes the fair mid."""


def _ladder(asked: Asked, side: str) -> Levels:
    view = seen.shown(asked.selection.one, asked.t)
    return () if view is None or view.quotes is None else quoting.side_of(view, side)


def _rungs(side: str, values: Iterable[float]) -> Rows:
    return {row(side=side, level=str(level)): value for level, value in enumerate(values, start=1)}


def _sizes(asked: Asked, side: str) -> list[float]:
    return [float(size) for _, size in _ladder(asked, side)]


def _filled(asked: Asked, side: str) -> Rows:
    sizes = _sizes(asked, side)
    return _rungs(side, [size / sum(sizes) for size in accumulate(sizes)])


answers(LADDER, "A")(lambda asked: _rungs("bid", accumulate(_sizes(asked, "bid"))))
answers(LADDER, "B")(lambda asked: _rungs("bid", _sizes(asked, "bid")))
answers(LADDER, "C")(lambda asked: _filled(asked, "bid"))
answers(LADDER, "E")(lambda asked: _filled(asked, "ask"))
answers(LADDER, "F")(lambda asked: _rungs("ask", _sizes(asked, "ask")))
answers(LADDER, "G")(lambda asked: _rungs("ask", accumulate(_sizes(asked, "ask"))))


def _prices(asked: Asked) -> dict[str, dict[str, float]]:
    """Return own prices by side and level, and the market's beside them."""
    prices = {
        side: {str(n): price for n, (price, _) in enumerate(_ladder(asked, side), start=1)}
        for side in SIDES
    }
    market = facts.MARKETS[asked.selection.one.market]
    if seen.hearing(market, asked.t):
        prices["bid"]["best bid"] = market.bid
        prices["ask"]["best ask"] = market.ask
        if market.fair is not None:
            tick = 10.0 ** (math.floor(math.log10(market.fair)) - DIGITS)
            prices["mid"] = {"fair": round(market.fair / tick) * tick}
    return prices


@answers(LADDER, "D")
def _(asked: Asked) -> Rows:
    return {
        row(side=side, level=level): price
        for side, prices in _prices(asked).items()
        for level, price in prices.items()
    }


@answers(LADDER, "H")
def _(asked: Asked) -> Rows:
    market = facts.MARKETS[asked.selection.one.market]
    if not seen.hearing(market, asked.t):
        return {}
    return {
        row(side=side, level=level): 1e4 * (price - market.mid) / market.mid
        for side, prices in _prices(asked).items()
        for level, price in prices.items()
    }


def _one_market(asked: Asked, t: int) -> list[View]:
    """Return the views of every book of the first one's client on its market, hedges left out."""
    obliged = asked.selection.one.obliged
    return seen.quoted(
        [book for book in facts.BOOKS if book.obliged == obliged and book.role == "quote"], t
    )


def _now(asked: Asked, side: str, t: int | None = None) -> dict[float, float]:
    views = _one_market(asked, asked.t if t is None else t)
    mid = facts.MARKETS[asked.selection.one.market].mid
    if not views:
        return {}
    return {
        band: sum(quoting.within(quoting.side_of(view, side), side, mid, band) for view in views)
        for band in BANDS
    }


def _required(asked: Asked, side: str) -> dict[float, float]:
    promise = one_promise(asked)
    if promise is None:
        return {}
    asks = {band: quoting.required(promise, side, band) for band in promise.depth}
    return {band: least for band, least in asks.items() if least is not None}


def _bands(values: dict[float, float], sign: int = 1) -> Rows:
    return {row(band=quoting.band_name(band)): sign * value for band, value in values.items()}


def _covered(asked: Asked, side: str) -> Rows:
    promise = one_promise(asked)
    job = None if promise is None else seen.judge(promise, asked.t)
    if promise is None or job is None:
        return {}
    views = quoting.told_by(job, promise, asked.t)
    least = _required(asked, side)
    return _bands({band: quoting.depth(promise, views, side, band) / least[band] for band in least})


def _part(asked: Asked, side: str) -> Rows:
    """Return what part of the venue's whole book is ours."""
    market = facts.MARKETS[asked.selection.one.market]
    now = _now(asked, side)
    whole = market.depth.get(side, {}) if seen.hearing(market, asked.t) else {}
    return _bands({band: now[band] / whole[band] for band in whole if band in now})


def _asked_for(asked: Asked, side: str, sign: int = 1) -> Rows:
    return _bands(_required(asked, side), sign)


def _standing(asked: Asked, side: str, sign: int = 1) -> Rows:
    return _bands(_now(asked, side), sign)


def _average(asked: Asked, side: str, sign: int = 1) -> Rows:
    """Return the depth over the interval: the mean of every second of it."""
    seconds = range(asked.t - asked.selection.interval + 1, asked.t + 1)
    told = [now for t in seconds if (now := _now(asked, side, t))]
    if not _now(asked, side):
        return {}
    return _bands({band: sum(now[band] for now in told) / len(told) for band in BANDS}, sign)


answers(MIRRORED, "A")(partial(_asked_for, side="bid", sign=-1))
answers(MIRRORED, "B")(partial(_average, side="bid", sign=-1))
answers(MIRRORED, "C")(partial(_standing, side="bid", sign=-1))
answers(MIRRORED, "D")(partial(_standing, side="ask"))
answers(MIRRORED, "E")(partial(_average, side="ask"))
answers(MIRRORED, "G")(partial(_asked_for, side="ask"))

for _refs, _side in (("ABCDE", "bid"), ("FGHIJ", "ask")):
    for _ref, _of in zip(
        _refs,
        (_covered, _asked_for, _average, _standing, _part),
        strict=True,
    ):
        answers(AGAINST, _ref)(partial(_of, side=_side))


def _deep(asked: Asked, band: float | None = None) -> Rows:
    return per_promise(asked, lambda one: seen.coverage(one, asked.t, band))


answers(COVERAGE, "A")(_deep)
for _ref, _band in zip("BCDEFGHI", BANDS, strict=True):
    answers(COVERAGE, _ref)(partial(_deep, band=_band))


def _coverages(asked: Asked) -> list[float]:
    found = (seen.coverage(promise, asked.t) for promise in asked.selection.promises)
    return [one for one in found if one is not None]


@answers("Below their depth", "A")
def _(asked: Asked) -> Rows:
    shares = _coverages(asked)
    return only(float(sum(share < 1 for share in shares)) if shares else None)


answers("Below their depth", "B")(lambda asked: only(float(len(_coverages(asked))) or None))
answers("Worst coverage", "A")(lambda asked: only(min(_coverages(asked), default=None)))


@answers(SPREAD, "A")
def _(asked: Asked) -> Rows | None:
    if not seen.steady(asked.t):
        return None
    promise = one_promise(asked)
    apart = None if promise is None else seen.spread(promise, asked.t)
    return only(None if apart is None else 1e4 * apart)


@answers(SPREAD, "B")
def _(asked: Asked) -> Rows | None:
    market = facts.MARKETS[asked.selection.one.market]
    if not seen.steady(asked.t):
        return None
    apart = 1e4 * (market.ask - market.bid) / market.mid
    return only(apart if seen.hearing(market, asked.t) else None)


def _terms(place: int) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        promise = one_promise(asked)
        return only(None if promise is None else float(promise.spread[place]))

    return answer


for _place, _ref in enumerate("CDE"):
    answers(SPREAD, _ref)(_terms(_place))


def _own(side: str) -> Callable[[Asked], Rows | None]:
    def answer(asked: Asked) -> Rows | None:
        if not seen.steady(asked.t):
            return None
        levels = _ladder(asked, side)
        return only(levels[0][0] if levels else None)

    return answer


def _market(what: str) -> Callable[[Asked], Rows | None]:
    def answer(asked: Asked) -> Rows | None:
        if not seen.steady(asked.t):
            return None
        market = facts.MARKETS[asked.selection.one.market]
        return only(getattr(market, what) if seen.hearing(market, asked.t) else None)

    return answer


answers(QUOTES, "A")(_own("bid"))
answers(QUOTES, "B")(_own("ask"))
for _ref, _what in zip("CDEF", ("bid", "ask", "mid", "fair"), strict=True):
    answers(QUOTES, _ref)(_market(_what))


@answers(SHARES, "A")
def _(asked: Asked) -> Rows | None:
    def share(one: Promise) -> float | None:
        apart = seen.spread(one, asked.t)
        return None if apart is None else apart / (one.spread[2] / 1e4)

    return per_promise(asked, share) if seen.steady(asked.t) else None


@answers(SHARES, "B")
def _(asked: Asked) -> Rows:
    return only(1.0 if asked.selection.crossed_promises else None)


def kept_share(asked: Asked, promise: Promise, term: str) -> float | None:
    """Return the share of the judged time in the range in which a term held.

    By the watcher where one judged, else by the engines: never one's seconds over the other's.
    """
    after = asked.t - asked.range
    for source in ("venue", "engine"):
        labels = {"mandate": promise.mandate, "source": source}
        judged = counting.gained(
            counting.counts(signals.obligations.OBSERVED_TIME, **labels), after, asked.t
        )
        held = counting.gained(
            counting.counts(signals.obligations.KEPT_TIME, **labels, term=term), after, asked.t
        )
        if judged is not None:
            return None if held is None or judged <= 0 else min(held / judged, 1.0)
    return None


@answers(IN_BAND, "A")
def _(asked: Asked) -> Rows:
    return per_promise(asked, lambda one: kept_share(asked, one, "spread"))


@answers(IN_BAND, "B")
def _(asked: Asked) -> Rows:
    def apart(one: Promise) -> float | None:
        spread = seen.spread(one, asked.t)
        return None if spread is None else 1e4 * spread

    return per_promise(asked, apart)


def _each_term(asked: Asked, place: int) -> Rows:
    return per_promise(asked, lambda one: float(one.spread[place]))


for _place, _ref in enumerate("CDE"):
    answers(IN_BAND, _ref)(partial(_each_term, place=_place))


@answers("Worst obligation, by term", "A")
def _(asked: Asked) -> Rows:
    worst: dict[str, Number | None] = {}
    for term in ("presence", "spread", "depth", "all"):
        shares = [
            share
            for one in asked.selection.crossed_promises
            if (share := kept_share(asked, one, term)) is not None
        ]
        worst[term] = min(shares, default=None)
    return keyed({row(term=term): share for term, share in worst.items()})
