"""What was traded, and whether it was good."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from fortuna_otel import signals
from fortuna_otel.signals.enums import Horizon
from tests.e2e.hand import counting, events, facts, flowing
from tests.e2e.hand.answering import About, answers, keyed, only, row
from tests.e2e.hand.answers_general import BEGINNING
from tests.e2e.hand.answers_orders import book_name, gained_of_books, per_book

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.hand.answering import Asked, Number, Rows
    from tests.e2e.hand.model import Book, Market

ONE = "$one_exchange $one_symbol"
CANDLES = "Price and own fills · $one_client $one_exchange $one_symbol $one_account $one_tag"
SIDES = "Buys and sells, $reference"
FILLS = "Fills, buys and sells"
PNL = "PnL by component, $reference"
CURVE = "Markout by horizon"
SURE = "Markout, and how sure it is"
TODAY = "Traded today, by book"
BOOK = ("client", "venue", "symbol", "account", "tag")
CLOSE = 1e-7
"""Share by which a difference of near sums may be off."""


def _lasts(market: Market, after: int, until: int) -> list[float]:
    """List the last prices that anybody told in (after, until]."""
    return [
        market.last(t)
        for t in range(after + 1, until + 1)
        if any(
            run.start <= t and (run.end is None or t <= run.end)
            for job, heard in facts.HEARS.items()
            if market in heard
            for run in counting.runs(job)
        )
    ]


def _over(asked: Asked) -> bool:
    """Whether the story ends before the candle that opens now."""
    return asked.t + asked.step > facts.UNTIL


def _candle(asked: Asked, what: str) -> Rows | None:
    """Return a price of the candle that opens now and closes a step later."""
    if _over(asked):
        return None
    market = facts.MARKETS[asked.selection.one.market]
    before = _lasts(market, asked.t - asked.step, asked.t)
    inside = _lasts(market, asked.t, asked.t + asked.step)
    if what == "close":
        return only(inside[-1] if inside else None)
    if not before:
        return {}
    prices = [before[-1], *inside]
    return only({"open": prices[0], "high": max(prices), "low": min(prices)}[what])


for _ref, _what in zip("ABCD", ("open", "high", "low", "close"), strict=True):
    answers(CANDLES, _ref)(partial(_candle, what=_what))


def _own(asked: Asked, signal: signals.Signal, **labels: str) -> float | None:
    """Return what the one book did within the candle."""
    mine = counting.counts(signal, **book_name(asked.selection.one), **labels)
    return counting.gained(mine, asked.t, asked.t + asked.step)


@answers(CANDLES, "E")
def _(asked: Asked) -> Rows | None:
    return None if _over(asked) else only(_own(asked, signals.trades.NOTIONAL))


def _average(side: str) -> Callable[[Asked], Rows | None]:
    def answer(asked: Asked) -> Rows | None:
        if _over(asked):
            return None
        volume = _own(asked, signals.trades.VOLUME, side=side)
        paid = _own(asked, signals.trades.NOTIONAL, side=side)
        return only(paid / volume if volume and paid is not None else None)

    return answer


answers(CANDLES, "F")(_average("buy"))
answers(CANDLES, "G")(_average("sell"))


def _traded(asked: Asked, side: str) -> float | None:
    rows = flowing.flowed(
        asked, flowing.TRADED, (), asked.selection.books, asked.t - asked.step, side=side
    )
    value = rows.get(row())
    return value if isinstance(value, float) else None


def _signed(sign: int, side: str) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        value = _traded(asked, side)
        return only(None if value is None else sign * value)

    return answer


answers(SIDES, "A")(_signed(1, "buy"))
answers(SIDES, "B")(_signed(-1, "sell"))


@answers(SIDES, "C")
def _(asked: Asked) -> Rows:
    bought, sold = _traded(asked, "buy"), _traded(asked, "sell")
    if bought is None and sold is None:
        return {}
    return only((bought or 0.0) - (sold or 0.0))


def _filled(sign: int, side: str) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        number = gained_of_books(asked, signals.trades.FILLS, side=side)
        return only(None if number is None else sign * number)

    return answer


answers(FILLS, "A")(_filled(1, "buy"))
answers(FILLS, "B")(_filled(-1, "sell"))


def _minutes(flow: flowing.Flow, *keys: str) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        return flowing.flowed(asked, flow, keys, asked.selection.books, asked.t - asked.step)

    return answer


answers(PNL, "A")(_minutes(flowing.ATTRIBUTED, "component", "capital"))
answers(PNL, "B")(_minutes(flowing.ATTRIBUTED, "capital"))
answers(PNL, "C")(_minutes(flowing.REALIZED, "capital"))


class Judged:
    """The markouts of one side and horizon that were counted in the range's whole minutes.

    Of markets whose quote has no rate nothing is in: neither sums nor numbers.
    """

    def __init__(self, asked: Asked, side: str, horizon: str) -> None:
        self.number = self.earned = self.weight = self.squares = 0.0
        for book in asked.selection.books:
            price = asked.price(facts.MARKETS[book.market].quote)
            if price is None:
                continue
            for flow, sums, factor in (
                (flowing.MARKOUT_FILLS, "number", 1.0),
                (flowing.MARKOUT_PNL, "earned", price),
                (flowing.MARKOUT_NOTIONAL, "weight", price),
                (flowing.MARKOUT_SQUARED, "squares", price**2),
            ):
                after = asked.t - asked.range
                rows = flowing.flowed(asked, flow, (), [book], after, side=side, horizon=horizon)
                amount = rows.get(row(), 0.0)
                assert isinstance(amount, float)
                setattr(self, sums, getattr(self, sums) + factor * amount)

    @property
    def mean(self) -> float | None:
        """Mean markout in bp, by notional."""
        return 1e4 * self.earned / self.weight if self.weight else None

    @property
    def error(self) -> float | None:
        """Standard error of the mean in bp; unknown of fewer than two."""
        if self.number < 2:
            return None
        spread = max(self.squares - self.earned**2 / self.number, 0.0)
        return 1e4 * math.sqrt(self.number / (self.number - 1) * spread) / self.weight


def _markouts(side: str, of: Callable[[Judged], float | None]) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        return keyed({row(horizon=h): _nearly(of(Judged(asked, side, h))) for h in Horizon})

    return answer


def _nearly(value: float | None) -> Number | None:
    return None if value is None else About(value, abs(value) * CLOSE + 1e-9)


def _student(judged: Judged) -> float | None:
    mean, error = judged.mean, judged.error
    return None if mean is None or not error else mean / error


for _refs, _side in (("ABCD", "buy"), ("EFGH", "sell")):
    answers(SURE, _refs[0])(_markouts(_side, lambda one: one.mean))
    answers(SURE, _refs[1])(_markouts(_side, lambda one: one.error))
    answers(SURE, _refs[2])(_markouts(_side, _student))
    answers(SURE, _refs[3])(_markouts(_side, lambda one: one.number or None))
answers(CURVE, "A")(_markouts("buy", lambda one: one.mean))
answers(CURVE, "B")(_markouts("sell", lambda one: one.mean))


def _so_far(flow: flowing.Flow, **labels: str) -> Callable[[Asked], Rows]:
    return lambda asked: flowing.balance(
        asked, flow, BOOK, asked.selection.books, BEGINNING, **labels
    )


answers(TODAY, "A")(_so_far(flowing.FILLS, side="buy"))
answers(TODAY, "B")(_so_far(flowing.FILLS, side="sell"))
answers(TODAY, "C")(_so_far(flowing.VOLUME))
answers(TODAY, "D")(_so_far(flowing.TRADED, side="buy"))
answers(TODAY, "E")(_so_far(flowing.TRADED, side="sell"))
answers(TODAY, "G")(_so_far(flowing.FEES))
answers(TODAY, "H")(_so_far(flowing.ATTRIBUTED))
answers(TODAY, "I")(_so_far(flowing.REALIZED))


@answers(TODAY, "F")
def _(asked: Asked) -> Rows:
    books = asked.selection.books
    every = flowing.flowed(asked, flowing.TRADED, BOOK, books, BEGINNING, valued=False)
    made = flowing.flowed(
        asked, flowing.TRADED, BOOK, books, BEGINNING, valued=False, liquidity="maker"
    )
    # What only took has a share of nothing.
    return {key: made.get(key, 0.0) / amount for key, amount in every.items()}  # type: ignore[operator]


@answers(TODAY, "J")
def _(asked: Asked) -> Rows:
    def age(book: Book) -> About | None:
        filled = [fill.t for fill in events.FILLS if fill.book == book]
        return About(asked.t - max(filled)) if filled else None

    return per_book(asked, age)
