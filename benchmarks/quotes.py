"""A new ladder, a hundred times a second: what the quoting loop waits for, and what it costs."""

from __future__ import annotations

import gc
import random
import statistics
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import figures
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.sides import Ours, Stock
from benchmarks.sink import Sink
from benchmarks.worker import Worker
from fortuna_otel import DepthTerm, Obligation, Telemetry
from fortuna_otel.signals import BY_NAME
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fortuna_otel import Book
    from fortuna_otel.testing import Point

TEXT = """\
The venue has acknowledged a ladder of 20 + 20 levels; the engine tells it once, the board gets
price and size of each level, depth in 8 bands a side, spread, liquidity, age, and the obligation
the book serves (a widest spread, a depth on each side) is judged. A bot does this 100 times a
second for each of its books.

Ours takes the ladder and keeps what changes between two exports, presence and obligations; the
export derives the rest. The stock SDK is told the same values (their number stands in the table)
one by one, with dictionaries of attributes made beforehand, and **it is spared computing them**.
*A call* is timed over 100 ladders in a row, the loop included (the stock SDK's one by one, of which
the median counts); *paced* is the median of single
calls 10 ms apart, with cold caches as in a real bot, the clock's 50 ns included. *CPU a second* is
that of the whole process for 100 ladders and the exports of a second over HTTP: one of everything
and one more of the critical signals for us, one for the stock SDK."""

LEVELS = 20
RATE = 100
SPREAD_MAX = 0.004
DEPTH_MIN = 50_000.0
MID = 64_000.0
TICK = 0.1
PACED = 20
"""Single calls a round."""


class Ladder(NamedTuple):
    """What the venue acknowledged, (price, size) best first, and the mid."""

    bids: tuple[tuple[float, float], ...]
    asks: tuple[tuple[float, float], ...]
    mid: float


def ladders(number: int) -> list[Ladder]:
    """Return ladders around a mid that walks, two ticks a level, sizes in lots."""
    draw = random.Random(4)  # noqa: S311  # the same for everybody
    found = []
    mid = MID
    for _ in range(number):
        mid = round(mid + TICK * draw.randint(-20, 20), 1)
        bids, asks = (
            tuple(
                (
                    round(mid + sign * TICK * (5 + 2 * level), 1),
                    round(0.01 * draw.randint(10, 60), 2),
                )
                for level in range(LEVELS)
            )
            for sign in (-1, 1)
        )
        found.append(Ladder(bids, asks, mid))
    return found


def _book(telemetry: Telemetry) -> Book:
    book = telemetry.book(
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        account="acme-mm",
        tag="core",
        levels=LEVELS,
    )
    terms = Obligation(
        mandate="acme-btc",
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        spread_max=SPREAD_MAX,
        depth=(DepthTerm("bid", "2", DEPTH_MIN), DepthTerm("ask", "2", DEPTH_MIN)),
    )
    telemetry.obligation(terms).attach(book)
    return book


def values() -> list[Point]:
    """Return what the board gets from a ladder: every series it changes, with a value."""
    with capture() as desk:
        book = _book(desk.telemetry)
        exported = []
        for ladder in ladders(3):
            book.quotes.update(bids=ladder.bids, asks=ladder.asks, mid=ladder.mid)
            exported.append({_key(point): point for point in desk.export()})
    *_, before, now = exported
    return [
        point
        for key, point in now.items()
        if point.name.startswith(("fortuna.quote.", "fortuna.obligation."))
        and (key not in before or before[key].value != point.value)
    ]


def _key(point: Point) -> tuple[str, ...]:
    return (point.name, *point.attributes.values())


def ours(endpoint: str) -> Iterator[dict[str, float]]:
    """Yield a round of ours (see `_round`)."""
    side = Ours(endpoint)
    update = _book(side.telemetry).quotes.update
    told = ladders(RATE)

    def tell(first: int, last: int) -> None:
        for bids, asks, mid in told[first:last]:
            update(bids=bids, asks=asks, mid=mid)

    def exports() -> None:
        side.export()
        side.telemetry.flush(only_critical=True)

    while True:
        yield _round(tell, exports, RATE)


def stock(endpoint: str) -> Iterator[dict[str, float]]:
    """Yield a round of the stock SDK (see `_round`)."""
    side = Stock(endpoint)
    points = values()
    told = [
        (side.method(BY_NAME[point.name]), point.value or 0.0, dict(point.attributes))
        for point in points
    ]

    def tell(first: int, last: int) -> None:
        for number in range(first, last):
            factor = 1.0 + 0.0001 * number
            for method, value, attributes in told:
                method(value * factor, attributes)

    while True:
        yield {**_round(tell, side.export, 1), "values": len(points)}


def _round(
    tell: Callable[[int, int], None], exports: Callable[[], None], batch: int
) -> dict[str, float]:
    """Return seconds of a `call` in a row and `paced`, and of CPU in `exports` and a `second`.

    Args:
        tell: tells the ladders from one number up to another.
        exports: makes the exports of a second.
        batch: ladders that are timed together: so many that the clock does not count, and so few
            that the operating system seldom comes between.
    """
    exports()
    gc.collect()
    batches = []
    cpu = time.process_time()
    for first in range(0, RATE, batch):
        started = time.perf_counter()
        tell(first, first + batch)
        batches.append(time.perf_counter() - started)
    told = time.process_time()
    exports()
    done = time.process_time()
    single = []
    for number in range(PACED):
        time.sleep(1.0 / RATE)
        started = time.perf_counter()
        tell(number, number + 1)
        single.append(time.perf_counter() - started)
    return {
        "call": statistics.median(batches) / batch,
        "paced": statistics.median(single),
        "exports": done - told,
        "second": done - cpu,
    }


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Run both sides in turn."""
    found: dict[str, list[Any]] = {"ours": [], "stock": []}
    with (
        Sink() as sink,
        Worker(ours, endpoint=sink.url) as first,
        Worker(stock, endpoint=sink.url) as second,
    ):
        for number in range(scale.repeats):
            progress(f"round {number + 1} of {scale.repeats}")
            found["ours"].append(first.round())
            found["stock"].append(second.round())
    return outcome(found["ours"], found["stock"])


def outcome(ours: list[dict[str, float]], stock: list[dict[str, float]]) -> Outcome:
    """Return table and goal of the rounds of both."""
    kinds = ("call", "paced", "exports", "second")
    ratios = {
        kind: figures.ratio([each[kind] for each in ours], [each[kind] for each in stock])
        for kind in kinds
    }
    rows = [
        (name, *(figures.time(min(each[kind] for each in rounds)) for kind in kinds))
        for name, rounds in (
            ("fortuna-otel, `quotes.update`", ours),
            (f"OpenTelemetry SDK, {stock[0]['values']:.0f} values", stock),
        )
    ]
    rows.append(("ours of theirs", *(figures.share(ratios[kind]) for kind in kinds)))
    return Outcome(
        (
            Table(
                "A ladder of 20 + 20 levels",
                ("", "a call", "a call, paced", "CPU of a second's exports", "all CPU a second"),
                tuple(rows),
            ),
        ),
        (Goal("the caller's time of the stock SDK's", ratios["call"], 1 / 500),),
    )


MEASURE = Measure("quotes", "A ladder", TEXT, run)
