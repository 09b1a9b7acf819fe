"""What was filled last, and what of the board the story leaves empty."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fortuna_otel import signals
from tests.e2e.hand import counting, facts
from tests.e2e.hand.answering import answers, nothing, row
from tests.e2e.hand.answers_orders import book_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.hand.answering import Asked, Rows
    from tests.e2e.hand.model import Book

LAST = "Last fills"
PLACES = 7
"""Digits of a price that is an average."""

Told = dict[str, float]


def _bar(asked: Asked, book: Book, side: str) -> Told:
    """Return what a book's counters of one side gained in the bar that ends now."""
    labels = {**book_name(book), "side": side}
    after, until = asked.t - asked.step, asked.t
    made = {**labels, "liquidity": "maker"}
    gained = {
        "fills": counting.gained(counting.counts(signals.trades.FILLS, **labels), after, until),
        "quantity": counting.gained(counting.counts(signals.trades.VOLUME, **labels), after, until),
        "notional": counting.gained(
            counting.counts(signals.trades.NOTIONAL, **labels), after, until
        ),
        "made": counting.gained(counting.counts(signals.trades.NOTIONAL, **made), after, until),
    }
    return {name: amount for name, amount in gained.items() if amount is not None}


def _each(of: Callable[[Asked, Book, Told], float | None]) -> Callable[[Asked], Rows]:
    """Return a row for each book and side that has a value in a bar with fills."""

    def answer(asked: Asked) -> Rows:
        rows: Rows = {}
        for book in asked.selection.books:
            for side in ("buy", "sell"):
                told = _bar(asked, book, side)
                value = of(asked, book, told) if told.get("fills") else None
                if value is not None:
                    rows[row(**book_name(book), side=side)] = value
        return rows

    return answer


def _price(asked: Asked, book: Book, told: Told) -> float:
    price = told["notional"] / told["quantity"]
    digit = 10.0 ** (math.floor(math.log10(price)) + 1 - PLACES)
    return round(price / digit) * digit


def _worth(asked: Asked, book: Book, told: Told) -> float | None:
    return asked.worth([(facts.MARKETS[book.market].quote, told["notional"])])


answers(LAST, "A")(_each(lambda asked, book, told: told["fills"]))
answers(LAST, "B")(_each(lambda asked, book, told: told["quantity"]))
answers(LAST, "C")(_each(_price))
answers(LAST, "D")(_each(_worth))
# Where nothing was ever made on that side there is no counter, and no share.
answers(LAST, "E")(
    _each(lambda asked, book, told: told["made"] / told["notional"] if "made" in told else None)
)

# Derivatives, pools and promised volume have their numbers in tests/provisioning.
for _ref in "ABCDEFG":
    answers("Positions", _ref)(nothing("the desk trades spot, and nobody tells what it has gained"))
for _ref in "ABC":
    answers("Pools", _ref)(nothing("no book is in a pool"))
for _ref in "ABCDE":
    answers("Volume promised", _ref)(nothing("no mandate promises a volume"))
answers("Daily volume, $reference", "E")(nothing("nobody trades with himself"))
