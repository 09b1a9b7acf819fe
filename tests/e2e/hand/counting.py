"""What the desk's services count, and what a counter gains between two moments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from fortuna_otel import signals
from tests.e2e.hand import events, facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fortuna_otel.signals import Signal
    from tests.e2e.hand.model import Book, Run

_T = TypeVar("_T")

SLOW = 5
"""Seconds between two exports of what nobody waits for."""

LOOKBACK = 10
"""Seconds after which a store forgets what nobody tells any more."""

EARLIER = 0.5
"""Seconds for which a process runs before its first export."""


def every(signal: Signal) -> int:
    """Return the seconds between two exports of a signal."""
    return SLOW if signal.slow and not signal.critical else 1


def runs(job: str) -> tuple[Run, ...]:
    """Return the processes of a service, one after the other."""
    return tuple(run for run in facts.RUNS if run.job == job)


def run_at(job: str, t: float) -> Run | None:
    """Return the process of a service that does its work at a moment."""
    return next((run for run in runs(job) if run.alive(t) and not run.idle), None)


@dataclass(frozen=True, slots=True)
class Count:
    """One counter of a service, told by each of its processes from 0.

    Attributes:
        steps: (second, amount); an amount of 0 makes the series begin.
        rate: what it gains besides every second.
        announced: whether it is told from the first export of a process.
    """

    signal: Signal
    job: str
    labels: Mapping[str, str]
    steps: tuple[tuple[int, float], ...] = ()
    rate: float = 0.0
    announced: bool = False

    def first(self, run: Run) -> int | None:
        """Return when a process first exports it, if it ever does."""
        if self.announced:
            return run.start
        began = [told for t, _ in self.steps if (told := self.told(run, t)) is not None]
        return min(began, default=None)

    def told(self, run: Run, t: int) -> int | None:
        """Return when a process exports what happens at a second; None if it does not any more."""
        if run.idle or t < run.start or (run.end is not None and t > run.end):
            return None
        pace = every(self.signal)
        tick = run.start + math.ceil((t - run.start) / pace) * pace
        return None if run.end is not None and tick > run.end else tick

    def value(self, run: Run, tick: int) -> float:
        """Return what a process exports at a second."""
        steps = () if run.idle else self.steps
        stepped = sum(amount for t, amount in steps if run.start <= t <= tick)
        return stepped + self.rate * (tick - run.start)

    def began(self, run: Run) -> float | None:
        """Return when its 0 is told to have been."""
        first = self.first(run)
        if first is None:
            return None
        return max(first - every(self.signal), run.start - EARLIER)

    def samples(self, run: Run, after: float, until: float) -> list[tuple[float, float]]:
        """List (second, value) of what a process tells of it."""
        first, zero = self.first(run), self.began(run)
        if first is None or zero is None:
            return []
        last = run.tick(until, every(self.signal))
        told = [] if last is None else range(first, last + 1, every(self.signal))
        points = [(zero, 0.0), *((float(tick), self.value(run, tick)) for tick in told)]
        return [(t, value) for t, value in points if after < t <= until]

    def samples_of_all(self, after: float, until: float) -> list[tuple[float, float]]:
        """List (second, value) of what all processes of its service tell of it."""
        return [point for run in runs(self.job) for point in self.samples(run, after, until)]

    def gained(self, after: float, until: float) -> float | None:
        """Return what it gained in (after, until]; None if nothing of it was told then.

        From the last sample before, or from the first where nobody told it before; a process that
        starts counts from 0.
        """
        gains = []
        for run in runs(self.job):
            inside = self.samples(run, after, until)
            if not inside:
                continue
            before = self.samples(run, after - LOOKBACK, after)
            start = before[-1][1] if before else inside[0][1]
            gains.append(inside[-1][1] - start)
        return sum(gains) if gains else None

    def flows(self) -> Iterator[tuple[int, float]]:
        """Yield (second of the export that first tells it, amount) of what was told at all."""
        for t, amount in self.steps:
            for run in runs(self.job):
                told = self.told(run, t)
                if told is not None:
                    yield told, amount


def gained(counts: Iterable[Count], after: float, until: float) -> float | None:
    """Return what counters gained together; None if nothing of any was told."""
    each = [gain for one in counts if (gain := one.gained(after, until)) is not None]
    return sum(each) if each else None


def _book(book: Book) -> dict[str, str]:
    market = facts.MARKETS[book.market]
    return {
        "client": book.client,
        "account": book.account,
        "tag": book.tag,
        "venue": book.venue,
        "symbol": book.symbol,
        "base": market.base,
        "quote": market.quote,
        "settle": "",
    }


def _collected(items: Iterable[tuple[Any, _T]]) -> dict[Any, list[_T]]:
    collected: dict[Any, list[_T]] = {}
    for key, item in items:
        collected.setdefault(key, []).append(item)
    return collected


def _grouped(steps: Iterable[tuple[Any, int, float]]) -> dict[Any, list[tuple[int, float]]]:
    return _collected((key, (t, amount)) for key, t, amount in steps)


def _trades() -> Iterator[Count]:
    counted = (signals.trades.FILLS, signals.trades.VOLUME, signals.trades.NOTIONAL)
    for place, signal in enumerate(counted):
        grouped = _grouped(
            (
                (fill.book, fill.side, fill.liquidity),
                fill.t,
                (1.0, fill.quantity, fill.notional)[place],
            )
            for fill in events.FILLS
        )
        for (book, side, liquidity), steps in grouped.items():
            labels = {**_book(book), "side": side, "liquidity": liquidity}
            yield Count(signal, facts.HOLDERS[book], labels, tuple(steps))


def _signed(
    signal: Signal, book: Book, steps: list[tuple[int, float]], **labels: str
) -> Iterator[Count]:
    for direction, sign in (("gain", 1), ("loss", -1)):
        yield Count(
            signal,
            facts.HOLDERS[book],
            {**_book(book), **labels, "direction": direction},
            tuple((t, max(sign * amount, 0.0)) for t, amount in steps),
            announced=True,
        )


def fee_in_quote(fill: events.Fill) -> float:
    """Return what a fill's fee costs, in the quote of its market."""
    return fill.fee * (fill.mid if fill.fee_asset else 1)


def _pnl() -> Iterator[Count]:
    earned = _grouped(
        [
            *(((f.book, "spread"), f.t, f.earned(f.mid)) for f in events.FILLS),
            *(((f.book, "fees"), f.t, -fee_in_quote(f)) for f in events.FILLS),
            *(((m.book, m.component), m.t, m.amount) for m in events.MOVES),
        ]
    )
    booked = _grouped((f.book, f.t, f.realized) for f in events.FILLS)
    for book in facts.BOOKS:
        components = {"spread", "fees", "inventory"} | {
            component for owner, component in earned if owner == book
        }
        for component in sorted(components):
            steps = earned.get((book, component), [])
            yield from _signed(signals.trades.PNL_ATTRIBUTED, book, steps, component=component)
        yield from _signed(signals.trades.PNL_REALIZED, book, booked.get(book, []))


def _fees() -> Iterator[Count]:
    for signal, sign in ((signals.trades.FEE_PAID, 1), (signals.trades.FEE_REBATED, -1)):
        grouped = _grouped(
            ((fill.book, fill.fee_asset or facts.MARKETS[fill.book.market].quote), fill.t, amount)
            for fill in events.FILLS
            if (amount := sign * fill.fee) > 0
        )
        for (book, asset), steps in grouped.items():
            yield Count(signal, facts.HOLDERS[book], {**_book(book), "asset": asset}, tuple(steps))


def _markouts() -> Iterator[Count]:
    due = []
    for fill in events.FILLS:
        run = run_at(facts.HOLDERS[fill.book], fill.t)
        for after, mid in fill.later.items():
            # A process that has ended judges nothing any more.
            if run is not None and run.alive(fill.t + after):
                key = (fill.book, fill.side, fill.liquidity, str(after))
                due.append((key, (fill.t + after, fill.earned(mid), fill.notional)))
    for (book, side, liquidity, horizon), judged in _collected(due).items():
        labels = {**_book(book), "side": side, "liquidity": liquidity, "horizon": horizon}
        counted = {
            (signals.trades.MARKOUT_PNL, "gain"): [max(earned, 0.0) for _, earned, _ in judged],
            (signals.trades.MARKOUT_PNL, "loss"): [max(-earned, 0.0) for _, earned, _ in judged],
            (signals.trades.MARKOUT_NOTIONAL, ""): [notional for _, _, notional in judged],
            (signals.trades.MARKOUT_SQUARED, ""): [earned**2 for _, earned, _ in judged],
            (signals.trades.MARKOUT_FILLS, ""): [1.0 for _ in judged],
        }
        for (signal, direction), amounts in counted.items():
            signed = {"direction": direction} if direction else {}
            steps = tuple((t, amount) for (t, _, _), amount in zip(judged, amounts, strict=True))
            yield Count(signal, facts.HOLDERS[book], {**labels, **signed}, steps)


def _orders() -> Iterator[Count]:
    counted = {
        "acknowledged": signals.orders.ACKNOWLEDGED,
        "cancelled": signals.orders.CANCELLED,
        "filled": signals.orders.FILLED,
    }
    grouped = _grouped(((o.book, o.what, o.side), o.t, float(o.number)) for o in events.ORDERED)
    for (book, what, side), steps in grouped.items():
        labels = {**_book(book), "side": side}
        yield Count(counted[what], facts.HOLDERS[book], labels, tuple(steps))
    refused = {"rejected": signals.orders.REJECTED, "unknown": signals.orders.UNKNOWN}
    troubled = _grouped(
        ((r.job, r.client, r.venue, r.account, r.what, r.action, r.reason), r.t, float(r.number))
        for r in events.REFUSED
    )
    for (job, client, venue, account, what, action, reason), refusals in troubled.items():
        path = {"client": client, "venue": venue, "account": account}
        origin = {"origin": "venue"} if what == "rejected" else {}
        labels = {**path, "action": action, "reason": reason, **origin}
        yield Count(refused[what], job, labels, tuple(refusals))


def _feeds() -> Iterator[Count]:
    counted = {"gaps": signals.market.FEED_GAPS, "reconnects": signals.market.FEED_RECONNECTS}
    grouped = _grouped(
        ((b.job, b.venue, b.stream, b.what), b.t, float(b.number)) for b in events.BROKEN
    )
    for (job, venue, stream, what), steps in grouped.items():
        yield Count(counted[what], job, {"venue": venue, "stream": stream}, tuple(steps))


def _obligations() -> Iterator[Count]:
    for promise in facts.PROMISES:
        market = facts.MARKETS[promise.venue, promise.symbol]
        for judged in promise.judged:
            labels = {
                "mandate": promise.mandate,
                "client": promise.client,
                "venue": promise.venue,
                "symbol": promise.symbol,
                "base": market.base,
                "quote": market.quote,
                "settle": "",
                "source": judged.source,
            }
            observed = signals.obligations.OBSERVED_TIME
            yield Count(observed, judged.job, labels, rate=judged.observed / 5, announced=True)
            for term, seconds in judged.seconds.items():
                kept = {**labels, "term": term}
                yield Count(
                    signals.obligations.KEPT_TIME,
                    judged.job,
                    kept,
                    rate=seconds / 5,
                    announced=True,
                )


COUNTS: tuple[Count, ...] = (
    *_trades(),
    *_pnl(),
    *_fees(),
    *_markouts(),
    *_orders(),
    *_feeds(),
    *_obligations(),
)
"""Every counter of the desk."""


def counts(signal: Signal, **labels: str) -> list[Count]:
    """Return the counters of a signal with these labels."""
    return [
        one
        for one in COUNTS
        if one.signal is signal and all(one.labels[key] == value for key, value in labels.items())
    ]
