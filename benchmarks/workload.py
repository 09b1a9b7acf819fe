"""What is exported: the series of a market maker's books, with values that move as theirs do."""

from __future__ import annotations

import random
from itertools import count, islice, product
from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel.signals import Signal, orders, quotes, trades
from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS = 32
VENUES = ("binance", "okx", "bybit", "kraken", "coinbase", "bitfinex", "gate", "kucoin", "mexc")
LEVELS = 10
BOOK = (
    quotes.BID,
    quotes.ASK,
    quotes.SPREAD,
    quotes.UPDATED_TIMESTAMP,
    quotes.LIQUIDITY,
    quotes.DEPTH,
    quotes.LADDER_PRICE,
    quotes.LADDER_SIZE,
    orders.OPEN,
    orders.SUBMITTED,
    orders.UPDATED_TIMESTAMP,
    orders.UNRESOLVED,
    trades.FILLS,
    trades.VOLUME,
    trades.NOTIONAL,
    trades.PNL_ATTRIBUTED,
)
"""What a book exports every second; what it exports more seldom would flatter us."""

PRICES = (quotes.BID, quotes.ASK, quotes.LADDER_PRICE)
SUMS = (
    quotes.SPREAD,
    quotes.DEPTH,
    quotes.LIQUIDITY,
    trades.VOLUME,
    trades.NOTIONAL,
    trades.PNL_ATTRIBUTED,
)
EPOCH = 1_795_000_000.0


class Series(NamedTuple):
    """One series: what is bound."""

    signal: Signal
    attributes: dict[str, str]


def desk(number: int) -> Iterator[Series]:
    """Yield the first `number` series of a desk, book by book: 8 to 11 attributes each."""
    return islice((series for index in count() for series in _book(index)), number)


def _book(index: int) -> Iterator[Series]:
    client = f"client-{index % CLIENTS:02d}"
    base = f"TOKEN{index // len(VENUES)}"
    known = {
        attr.CLIENT: client,
        attr.ACCOUNT: f"{client}-mm",
        attr.TAG: "core",
        attr.VENUE: VENUES[index % len(VENUES)],
        attr.SYMBOL: f"{base}/USDT",
        attr.BASE: base,
        attr.QUOTE: "USDT",
        attr.SETTLE: "",
        attr.SOURCE: Source.ENGINE.value,
    }
    for signal in BOOK:
        yield from _expand(signal, known)


def _expand(signal: Signal, known: dict[str, str]) -> Iterator[Series]:
    """Yield a series for each value of the attributes that `known` leaves open."""
    choices = {name: [member.value for member in enum] for name, enum in signal.closed}
    choices[attr.LEVEL] = [str(level) for level in range(1, LEVELS + 1)]
    each = [[known[name]] if name in known else choices[name] for name in signal.attributes]
    for values in product(*each):
        yield Series(signal, dict(zip(signal.attributes, values, strict=True)))


def histograms(number: int) -> Iterator[Series]:
    """Yield series of a histogram with 17 bounds, one an account."""
    for index in range(number):
        client = f"client-{index:05d}"
        yield Series(
            orders.ACK_DURATION,
            {
                attr.CLIENT: client,
                attr.VENUE: VENUES[index % len(VENUES)],
                attr.ACCOUNT: f"{client}-mm",
            },
        )


class Values:
    """The numbers that series are told, round after round; the same for every side.

    Every value changes in every round: prices walk by ticks, sizes by lots, sums are as crooked
    as sums are. That is harsher than a real second and leaves compression nothing to find but
    what is there on a real desk.
    """

    def __init__(self, series: list[Series]) -> None:
        self._random = random.Random(4)  # noqa: S311  # the same for everybody
        self._next = [self._walk(one.signal) for one in series]

    def __iter__(self) -> Iterator[float]:
        """Yield the next value of each series in turn."""
        return (following() for following in self._next)

    def _walk(self, signal: Signal) -> Callable[[], float]:
        draw = self._random.random
        start = 10.0 ** (4.0 * draw())
        if signal in SUMS:
            return lambda: start * draw()
        if signal in PRICES:
            return lambda: round(start * (1.0 + 0.001 * draw()), 4)
        if signal == quotes.LADDER_SIZE:
            return lambda: round(start * draw(), 2)
        if signal == orders.ACK_DURATION:
            return lambda: 0.002 + 0.05 * draw() ** 4
        if signal.unit == "s":
            return lambda: EPOCH + 1e-3 * int(1e9 * draw())
        return lambda: float(1 + int(20.0 * draw()))
