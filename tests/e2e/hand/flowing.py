"""What flowed, minute by minute, and what it was worth: rules count once a minute."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortuna_otel import signals
from tests.e2e.hand import counting, seen
from tests.e2e.hand.answering import UNKNOWN, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.e2e.hand.answering import Asked, Rows
    from tests.e2e.hand.model import Book

LEVEL_LASTS = 60
"""Seconds for which a level is still recorded after its counter was last told."""

COUNTED_LASTS = 150
"""Seconds for which a recorded level says that a book's flows are accounted for."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of flow: the counters that it is made of, with their signs.

    Attributes:
        name: as the rules call it.
        parts: signals, and the sign of each in the net.
        priced: the label with the asset that its amounts are of; empty if they have no price.
        keys: labels of a counter, beside its book, by which values are kept apart.
    """

    name: str
    parts: tuple[tuple[signals.Signal, str, int], ...]
    priced: str
    keys: tuple[str, ...]


_TRADES = signals.trades
TRADED = Flow("traded", ((_TRADES.NOTIONAL, "", 1),), "quote", ("side", "liquidity"))
ATTRIBUTED = Flow(
    "attributed",
    ((_TRADES.PNL_ATTRIBUTED, "gain", 1), (_TRADES.PNL_ATTRIBUTED, "loss", -1)),
    "quote",
    ("component",),
)
REALIZED = Flow(
    "realized",
    ((_TRADES.PNL_REALIZED, "gain", 1), (_TRADES.PNL_REALIZED, "loss", -1)),
    "quote",
    (),
)
FEES = Flow("fees", ((_TRADES.FEE_PAID, "", 1), (_TRADES.FEE_REBATED, "", -1)), "asset", ())
FILLS = Flow("fills", ((_TRADES.FILLS, "", 1),), "", ("side", "liquidity"))
VOLUME = Flow("volume", ((_TRADES.VOLUME, "", 1),), "", ("side", "liquidity"))
_JUDGED = ("quote", "side", "liquidity", "horizon")
MARKOUT_PNL = Flow(
    "markout_pnl",
    ((_TRADES.MARKOUT_PNL, "gain", 1), (_TRADES.MARKOUT_PNL, "loss", -1)),
    "",
    _JUDGED,
)
MARKOUT_NOTIONAL = Flow("markout_notional", ((_TRADES.MARKOUT_NOTIONAL, "", 1),), "", _JUDGED)
MARKOUT_SQUARED = Flow("markout_squared", ((_TRADES.MARKOUT_SQUARED, "", 1),), "", _JUDGED)
MARKOUT_FILLS = Flow("markout_fills", ((_TRADES.MARKOUT_FILLS, "", 1),), "", _JUDGED)
MARKOUTS = (MARKOUT_PNL, MARKOUT_NOTIONAL, MARKOUT_SQUARED, MARKOUT_FILLS)
FLOWS = (TRADED, ATTRIBUTED, REALIZED, FEES, FILLS, VOLUME, *MARKOUTS)

_BOOK = ("client", "venue", "symbol", "account", "tag")


def _counts(flow: Flow) -> Iterator[tuple[counting.Count, int]]:
    for signal, direction, sign in flow.parts:
        labels = {"direction": direction} if direction else {}
        for one in counting.counts(signal, **labels):
            yield one, sign


def _price(asked: Asked, asset: str, minute: float) -> float:
    """Return the rate of a minute: the one that was last read before its end."""
    reference = asked.selection.reference
    rated = max(at for at in asked.clockwork.rated if at <= minute)
    price = 1.0 if asset == reference else seen.price(asset, reference, rated)
    return UNKNOWN if price is None else price


def flowed(
    asked: Asked,
    flow: Flow,
    keys: Sequence[str],
    books: Iterable[Book],
    after: float,
    *,
    valued: bool = True,
    **labels: str,
) -> Rows:
    """Add up what flowed in the minutes that end in (after, now], by labels.

    A sum with a part whose rate is unknown is unknown. Where nothing flowed there is no row.

    Args:
        asked: the question.
        flow: of what.
        keys: labels to add up to; `capital` is the book's.
        books: whose.
        after: second of the story.
        valued: in the reference currency, if it has a price.
        labels: of the counters.
    """
    capital = {tuple(getattr(book, label) for label in _BOOK): book.capital for book in books}
    minutes = [minute for minute in asked.clockwork.flows[flow.name] if minute <= asked.t]
    amounts: dict[tuple[float, tuple[tuple[str, str], ...]], float] = defaultdict(float)
    for one, sign in _counts(flow):
        name = tuple(one.labels[label] for label in _BOOK)
        if name not in capital or any(one.labels[key] != value for key, value in labels.items()):
            continue
        told = {**one.labels, "capital": capital[name]}
        kept = filter(None, (*_BOOK, *flow.keys, flow.priced, "capital"))
        series = tuple((key, told[key]) for key in kept)
        for t, amount in one.flows():
            ends = [minute for minute in minutes if minute >= t]
            if ends and ends[0] > after:
                amounts[ends[0], series] += sign * amount
    rows: Rows = {}
    for (minute, series), amount in amounts.items():
        if math.isclose(amount, 0, abs_tol=1e-15):
            continue
        told = dict(series)
        priced = valued and flow.priced
        value = amount * _price(asked, told[flow.priced], minute) if priced else amount
        key = row(**{label: told[label] for label in keys})
        rows[key] = rows.get(key, 0.0) + value  # type: ignore[operator]
    return rows


def counted(asked: Asked, flow: Flow, keys: Sequence[str], books: Iterable[Book]) -> Rows:
    """Return 0 for each key with a book whose counters of this kind are accounted for."""
    rows: Rows = {}
    for book in books:
        name = tuple(getattr(book, label) for label in _BOOK)
        for one, _ in _counts(flow):
            if tuple(one.labels[label] for label in _BOOK) != name:
                continue
            levels = [
                minute
                for minute in asked.clockwork.flows[flow.name]
                if asked.t - COUNTED_LASTS < minute <= asked.t
                and one.samples_of_all(minute - LEVEL_LASTS, minute)
            ]
            if levels:
                told = {**one.labels, "capital": book.capital}
                rows[row(**{label: told[label] for label in keys})] = 0.0
    return rows


def balance(
    asked: Asked,
    flow: Flow,
    keys: Sequence[str],
    books: Sequence[Book],
    after: float,
    **labels: str,
) -> Rows:
    """Add up what flowed; 0 where it is counted and nothing did."""
    return {
        **counted(asked, flow, keys, books),
        **flowed(asked, flow, keys, books, after, valued=True, **labels),
    }
