"""The teller: what every process of the desk exports at a second of the story.

As the SDK does it (`fortuna_otel.export`): gauges again at every export, counters from a 0 before
their first value, nothing more often than its cadence, and a crash without a word.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any

from fortuna_otel import signals
from tests.e2e.hand import counting, events, facts, links, quoting, wealth
from tests.e2e.hand.counting import EARLIER, every
from tests.e2e.hand.model import BANDS, SIDES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fortuna_otel.signals import Signal
    from tests.e2e.hand.model import Book, Market, Promise, Run, View

Told = tuple["Signal", dict[str, str], float]
"""A signal, its labels, its value."""

HOST = "hand-1"


def _market(market: Market) -> dict[str, str]:
    return {
        "venue": market.venue,
        "symbol": market.symbol,
        "base": market.base,
        "quote": market.quote,
        "settle": "",
    }


def _book(book: Book) -> dict[str, str]:
    names = {"client": book.client, "account": book.account, "tag": book.tag}
    return {**names, **_market(facts.MARKETS[book.market])}


def gauges(run: Run, t: int, story: float) -> Iterator[Told]:
    """Yield every gauge of a process at a second.

    Args:
        run: the process.
        t: the second of the story.
        story: Unix time at which the story begins.
    """
    now, job = story + t, run.job
    yield from _alive(run, t, story)
    for view in facts.VIEWS:
        if view.job == job:
            yield from _bound(view)
            yield from _posted(view, story, now)
            yield from _quoted(view.at(t), now)
            yield from _last_fill(run, view.book, t, story)
    for market in facts.HEARS.get(job, ()):
        yield from _heard(job, market, t, now)
    for promise in facts.PROMISES:
        for judged in promise.judged:
            if judged.job == job:
                yield from _promised(job, promise, judged.source, t)
    yield from _held(job, now)
    yield from _connected(job, t, story)
    yield from _said_of_venues(job, story, now)
    if job == "desk/rates":
        yield from _rates(t, now)
    if job == "desk/risk":
        yield from _risk(story)


def _alive(run: Run, t: int, story: float) -> Iterator[Told]:
    yield signals.health.SERVICE_STARTED_TIMESTAMP, {}, story + run.start - EARLIER
    state = facts.STATES.get(run.job, "running")
    yield signals.health.SERVICE_STATE, {"state": state}, 1
    if state != "running":
        yield signals.health.SERVICE_STATE, {"state": "running"}, 0
    for loop in facts.LOOPS[run.job]:
        beat = min(t, facts.HUNG.get((run.job, loop), t))
        yield signals.health.HEARTBEAT_TIMESTAMP, {"loop": loop}, story + beat


def _bound(view: View) -> Iterator[Told]:
    book = view.book
    info = {"role": book.role, "capital": book.capital}
    yield signals.quotes.BOOK_INFO, {**_book(book), **info}, 1
    if view.state is not None:
        yield signals.quotes.BOOK_STATE, {**_book(book), "state": view.state}, 1


def _posted(view: View, story: float, now: float) -> Iterator[Told]:
    labels = _book(view.book)
    seen = {**labels, "source": view.source}
    for side, number in zip(SIDES, view.orders, strict=True):
        yield signals.orders.OPEN, {**seen, "side": side}, number
    yield signals.orders.UPDATED_TIMESTAMP, seen, now - view.seen
    if view.oldest is not None:
        yield signals.orders.OLDEST_TIMESTAMP, seen, story + view.oldest
    if view.unresolved is not None:
        yield signals.orders.UNRESOLVED, labels, view.unresolved
    if view.ghosts is not None:
        yield signals.orders.GHOST, labels, view.ghosts


def _quoted(view: View, now: float) -> Iterator[Told]:
    if view.quotes is None:
        return
    seen = {**_book(view.book), "source": view.source}
    yield signals.quotes.UPDATED_TIMESTAMP, seen, now - view.confirmed
    mid = facts.MARKETS[view.book.market].mid
    bests = {"bid": signals.quotes.BID, "ask": signals.quotes.ASK}
    for side, levels in zip(SIDES, view.quotes, strict=True):
        of_side = {**seen, "side": side}
        yield signals.quotes.LIQUIDITY, of_side, quoting.liquidity(levels)
        for band in BANDS:
            depth = quoting.within(levels, side, mid, band)
            yield signals.quotes.DEPTH, {**of_side, "band": quoting.band_name(band)}, depth
        if levels:
            yield bests[side], seen, levels[0][0]
        for number, (price, size) in enumerate(levels, start=1):
            rung = {**of_side, "level": str(number)}
            yield signals.quotes.LADDER_PRICE, rung, price
            yield signals.quotes.LADDER_SIZE, rung, size
    if all(view.quotes):
        apart = (view.quotes[1][0][0] - view.quotes[0][0][0]) / mid
        yield signals.quotes.SPREAD, seen, apart


def _last_fill(run: Run, book: Book, t: int, story: float) -> Iterator[Told]:
    filled = [
        fill.t
        for fill in events.FILLS
        if fill.book == book and facts.HOLDERS[book] == run.job and run.start <= fill.t <= t
    ]
    if filled and not run.idle:
        yield signals.trades.LAST_TIMESTAMP, _book(book), story + max(filled)


def _heard(job: str, market: Market, t: int, now: float) -> Iterator[Told]:
    labels = _market(market)
    yield signals.market.BID, labels, market.bid
    yield signals.market.ASK, labels, market.ask
    yield signals.market.MID, labels, market.mid
    yield signals.market.LAST, labels, market.last(t)
    if market.volume is not None:
        yield signals.market.VOLUME, labels, market.volume
    if market.fair is not None:
        yield signals.market.REFERENCE_MID, labels, market.fair
    for side, bands in market.depth.items():
        for band, depth in bands.items():
            of_band = {**labels, "side": side, "band": quoting.band_name(band)}
            yield signals.market.DEPTH, of_band, depth
    stream = {**labels, "stream": "book"}
    yield signals.market.RECEIVED_TIMESTAMP, stream, now - facts.RECEIVED.get(job, 1)
    yield signals.market.FEED_VALID, stream, 1
    if job in facts.LAG:
        yield signals.market.FEED_LAG, stream, facts.LAG[job]
    if job in market.status:
        yield signals.market.STATUS, {**labels, "status": market.status[job]}, 1


def _promised(job: str, promise: Promise, source: str, t: int) -> Iterator[Told]:
    labels = {
        "mandate": promise.mandate,
        "client": promise.client,
        **_market(facts.MARKETS[promise.venue, promise.symbol]),
        "source": source,
    }
    views = quoting.told_by(job, promise, t)
    spread = quoting.spread(promise, views)
    if spread is not None:
        yield signals.obligations.SPREAD, labels, spread
    for band in promise.depth:
        for side in SIDES:
            of_band = {**labels, "side": side, "band": quoting.band_name(band)}
            depth = quoting.depth(promise, views, side, band)
            yield signals.obligations.DEPTH, of_band, depth


def _held(job: str, now: float) -> Iterator[Told]:
    for holding in wealth.HOLDINGS:
        if holding.job != job:
            continue
        account = {
            "client": holding.client,
            "venue": holding.venue,
            "account": holding.account,
            "source": holding.source,
        }
        for state, amount in holding.amounts.items():
            of_state = {**account, "asset": holding.asset, "state": state}
            yield signals.inventory.BALANCE, of_state, amount
        yield signals.inventory.UPDATED_TIMESTAMP, account, now - holding.confirmed
        balance = dict(zip(("client", "venue", "account", "asset"), holding.key, strict=True))
        for tag, amount in holding.ledger.items():
            yield signals.inventory.TRACKED, {**balance, "tag": tag}, amount
        if holding.fees is not None:
            yield signals.onchain.DEX_FEES_UNCOLLECTED, balance, holding.fees


def _connected(job: str, t: int, story: float) -> Iterator[Told]:
    for feed in links.FEEDS:
        if feed.job == job:
            stream = {"venue": feed.venue, "stream": feed.stream}
            yield signals.market.FEED_ALIVE_TIMESTAMP, stream, story + feed.alive(t)
    for venue, said in links.VENUES.items():
        for number, status in enumerate(said.get(job, ())):
            of_status = {"venue": venue, "status": status}
            yield signals.market.VENUE_STATUS, of_status, float(number == 0)
    clocks = {venue: off for (teller, venue), off in links.CLOCKS.items() if teller == job}
    for venue, offset in clocks.items():
        yield signals.market.VENUE_CLOCK_OFFSET, {"venue": venue}, offset
    for (teller, *login, limit), used in links.LIMITS_USED.items():
        if teller == job:
            labels = dict(zip(("venue", "account", "limit"), (*login, limit), strict=True))
            yield signals.market.RATELIMIT_USED, labels, used
    for (teller, venue, account), armed in links.DEADMAN.items():
        if teller == job:
            yield signals.orders.DEADMAN_ARMED, {"venue": venue, "account": account}, armed


def _said_of_venues(job: str, story: float, now: float) -> Iterator[Told]:
    for (teller, venue, asset), ways in links.TRANSFERS.items():
        for direction, taken in ways.items() if teller == job else ():
            of_way = {"venue": venue, "asset": asset, "direction": direction}
            yield signals.market.ASSET_TRANSFER, of_way, taken
    for (teller, venue, account), expiry in links.KEYS.items():
        if teller == job:
            login = {"venue": venue, "account": account}
            yield signals.health.CREDENTIAL_EXPIRY_TIMESTAMP, login, story + expiry
    for (teller, venue), age in links.BLOCKS.items():
        if teller == job:
            yield signals.onchain.CHAIN_BLOCK_TIMESTAMP, {"venue": venue}, now - age


def _rates(t: int, now: float) -> Iterator[Told]:
    for rate in wealth.RATES:
        of = {"asset": rate.asset, "currency": rate.currency, "provider": rate.provider}
        yield signals.market.REFERENCE_RATE, of, rate.at(t)
        yield signals.market.REFERENCE_RATE_TIMESTAMP, of, now


def _risk(story: float) -> Iterator[Told]:
    for one in wealth.EXPOSURES:
        of_capital = {"client": one.client, "asset": one.asset, "capital": one.capital}
        yield signals.inventory.EXPOSURE_NET, of_capital, one.net
    for (client, capital, currency), equity in wealth.EQUITY.items():
        of_client = {"client": client, "capital": capital, "currency": currency}
        yield signals.inventory.EQUITY, of_client, equity
    for (client, account, capital, currency), amount in wealth.UNEXPLAINED.items():
        ledger = {"client": client, "account": account, "capital": capital, "currency": currency}
        yield signals.trades.PNL_UNEXPLAINED, ledger, amount
    for loan in wealth.LOANS:
        lent = {"client": loan.client, "asset": loan.asset, "lender": loan.lender}
        yield signals.inventory.LOAN_PRINCIPAL, lent, loan.principal
        yield signals.inventory.LOAN_RATE, lent, loan.rate
        yield signals.inventory.LOAN_EXPIRY_TIMESTAMP, lent, story + loan.expiry
        if loan.strike is not None:
            yield signals.inventory.LOAN_STRIKE, {**lent, "currency": "USD"}, loan.strike


def metrics(run: Run, t: int, story: float) -> list[dict[str, Any]]:
    """Write what a process exports at a second, as OTLP/JSON has it."""
    points: dict[str, list[dict[str, Any]]] = defaultdict(list)
    kinds: dict[str, Signal] = {}
    for signal, labels, value in gauges(run, t, story):
        if (t - run.start) % every(signal) == 0:
            kinds[signal.name] = signal
            points[signal.name].append(_point(labels, story + t, {"asDouble": value}))
    for one in counting.COUNTS:
        if one.job == run.job:
            for at, value in _counted(one, run, t):
                kinds[one.signal.name] = one.signal
                began = story + (one.began(run) or 0)
                point = _point(one.labels, story + at, {"asDouble": value}, began)
                points[one.signal.name].append(point)
    for signal, labels, seconds in _latencies(run):
        if (t - run.start) % every(signal) == 0:
            kinds[signal.name] = signal
            points[signal.name] += _measured(signal, labels, seconds, (run, t, story))
    return [
        {"name": name, "unit": kinds[name].unit, _KINDS[kinds[name].kind]: _data(kinds[name], of)}
        for name, of in points.items()
    ]


_KINDS = {"gauge": "gauge", "counter": "sum", "histogram": "histogram"}


def _counted(one: counting.Count, run: Run, t: int) -> list[tuple[float, float]]:
    """Return what is said of a counter at a second: its first time, that it was 0 before."""
    return one.samples(run, t - 0.1, t) if t != one.first(run) else one.samples(run, t - 99, t)


def _latencies(run: Run) -> Iterator[tuple[Signal, dict[str, str], float]]:
    for one in events.LATENCIES:
        if one.job == run.job and not run.idle:
            path = {"client": one.client, "venue": one.venue, "account": one.account}
            yield signals.orders.ACK_DURATION, path, one.ack
            yield signals.orders.CANCEL_DURATION, path, one.cancel


def _measured(
    signal: Signal, path: dict[str, str], seconds: float, told: tuple[Run, int, float]
) -> Iterator[dict[str, Any]]:
    """Yield a histogram with one observation for every second that its process runs."""
    run, t, story = told
    bucket = sum(bound < seconds for bound in signal.buckets)
    began = run.start - EARLIER
    zero = [(began, 0)] if t == run.start else []
    for at, number in [*zero, (float(t), t - run.start)]:
        counts = ["0"] * (len(signal.buckets) + 1)
        counts[bucket] = str(number)
        measured = {
            "count": str(number),
            "sum": number * seconds,
            "bucketCounts": counts,
            "explicitBounds": list(signal.buckets),
        }
        yield _point(path, story + at, measured, story + began)


def _data(signal: Signal, points: list[dict[str, Any]]) -> dict[str, Any]:
    if signal.kind == "gauge":
        return {"dataPoints": points}
    cumulative = {"aggregationTemporality": 2, "dataPoints": points}
    return {**cumulative, "isMonotonic": True} if signal.kind == "counter" else cumulative


def _point(
    labels: Mapping[str, str], at: float, value: Mapping[str, Any], began: float | None = None
) -> dict[str, Any]:
    point = {
        "attributes": [
            {"key": key, "value": {"stringValue": text}} for key, text in labels.items()
        ],
        "timeUnixNano": _nanoseconds(at),
        **value,
    }
    return point if began is None else {**point, "startTimeUnixNano": _nanoseconds(began)}


def _nanoseconds(at: float) -> str:
    return str(round(at * 1000) * 1_000_000)


def resource(run: Run) -> dict[str, str]:
    """Return what identifies a process, as `Pipeline.push` takes it."""
    namespace, name = run.job.split("/")
    return {
        "service__name": name,
        "service__namespace": namespace,
        "service__instance__id": run.instance,
        "host__name": HOST,
    }


def speaking(t: int) -> list[Run]:
    """Return who exports at a second."""
    return list(
        chain.from_iterable(
            [run] for run in facts.RUNS if run.start <= t and (run.end is None or t <= run.end)
        )
    )
