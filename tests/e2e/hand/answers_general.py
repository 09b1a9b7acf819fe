"""The first screen: the strip, the desk's obligations, the market, and what was earned today."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.e2e.hand import counting, events, facts, flowing, links, quoting, seen, uptime, wealth
from tests.e2e.hand.answering import About, Between, answers, keyed, nothing, only, row
from tests.e2e.hand.model import SIDES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.e2e.hand.answering import Asked, Key, Number, Rows
    from tests.e2e.hand.model import Promise

STRIP_PNL = "PnL today, $reference"
DESK = "Desk · worst obligation first"
TICKER = "$one_exchange $one_symbol"
VOLUME = "Daily volume, $reference"
BEGINNING = facts.BEGIN - 1
KEPT = 8


def name(promise: Promise) -> dict[str, str]:
    """Return the labels of an obligation."""
    return {
        "mandate": promise.mandate,
        "client": promise.client,
        "venue": promise.venue,
        "symbol": promise.symbol,
    }


def per_promise(asked: Asked, of: Callable[[Promise], Number | None]) -> Rows:
    """Return a row for each selected obligation that has a value."""
    return keyed({row(**name(one)): of(one) for one in asked.selection.promises})


@answers(STRIP_PNL, "A")
def _(asked: Asked) -> Rows:
    books = asked.selection.books
    return flowing.balance(asked, flowing.ATTRIBUTED, ("capital",), books, BEGINNING)


@answers("Net delta, $reference", "A")
def _(asked: Asked) -> Rows:
    delta: dict[str, list[tuple[str, float]]] = {}
    for one in wealth.EXPOSURES:
        aimed = (one.target or 0) if one.limit is not None else one.target
        chosen = one.client in asked.selection.chosen["client"]
        if chosen and one.asset in asked.selection.all_assets and aimed is not None:
            delta.setdefault(one.capital, []).append((one.asset, one.net - aimed))
    return keyed({row(capital=capital): asked.worth(of) for capital, of in delta.items()})


@answers("Resting, $reference", "A")
def _(asked: Asked) -> Rows:
    views = seen.quoted(asked.selection.books, asked.t)
    return keyed(
        {
            row(side=side): asked.worth(
                (
                    facts.MARKETS[view.book.market].quote,
                    quoting.liquidity(quoting.side_of(view, side)),
                )
                for view in views
            )
            for side in SIDES
        }
    )


@answers("Obligations not kept", "A")
def _(asked: Asked) -> Rows:
    promises = asked.selection.promises
    broken = [one for one in promises if seen.state(one, asked.t) < KEPT]
    return only(float(len(broken)) if promises else None)


@answers("Obligations not kept", "B")
def _(asked: Asked) -> Rows:
    return only(float(len(asked.selection.promises)) or None)


def feed_age(client: str, venue: str, symbol: str, t: int) -> About | None:
    """Return the age of the oldest connection of a service that holds a book, now or at its end.

    Of a service that was restarted, its last process counts.
    """
    jobs = {view.job for view in facts.VIEWS if view.book.obliged == (client, venue, symbol)}
    ages = [
        t - feed.alive(last)
        for feed in links.FEEDS
        if feed.job in jobs
        and feed.venue == venue
        and (last := seen.last_tick(feed.job, t)) is not None
    ]
    return About(max(ages)) if ages else None


@answers("Oldest feed", "A")
def _(asked: Asked) -> Rows:
    markets = {book.obliged for book in asked.selection.books}
    ages = [age for one in markets if (age := feed_age(*one, asked.t)) is not None]
    return only(max(ages, key=lambda age: age.value, default=None))


def _told_venues(asked: Asked) -> dict[str, list[str]]:
    """Return the present status of each selected venue, as each service says."""
    return {
        venue: [said[0] for job, said in told.items() if seen.alive(job, asked.t)]
        for venue, told in links.VENUES.items()
        if venue in asked.selection.chosen["venue"]
    }


@answers("Venues not ok", "A")
def _(asked: Asked) -> Rows:
    # Of several services that ask, the worst is believed.
    told = _told_venues(asked)
    return only(float(sum(set(said) != {"ok"} for said in told.values())) if told else None)


@answers("Venues not ok", "B")
def _(asked: Asked) -> Rows:
    return only(float(len(_told_venues(asked))) or None)


def expected_services(asked: Asked) -> set[str]:
    """Return the services that the mandates expect for the selected clients."""
    found = set()
    for client in asked.selection.chosen["client"]:
        mandated = {book for book in facts.BOOKS if book.client == client} - {facts.EXTRA}
        found |= {facts.HOLDERS[book] for book in mandated}
        if client == "alpha":
            found.add("desk/watch")
        if client == "desk":  # what holds no book is the desk's
            found |= {"desk/rates", "desk/risk", facts.NEVER, facts.MANDATES}
    return found


@answers("Services silent", "A")
def _(asked: Asked) -> Rows:
    silent = [
        job for job in expected_services(asked) if job != facts.MANDATES and _silent(job, asked.t)
    ]
    return only(float(len(silent)))


def _silent(job: str, t: int) -> bool:
    return any(
        (last := seen.last_tick(job, t)) is None
        or t - min(last, facts.HUNG.get((job, loop), last)) >= 5
        for loop in facts.LOOPS.get(job, ("quote",))
    )


@answers("Services silent", "B")
def _(asked: Asked) -> Rows:
    return only(float(len(expected_services(asked))))


def _alerts(alerts: Iterable[Key], *severities: str) -> list[dict[str, str]]:
    return [labels for one in alerts if (labels := dict(one)).get("severity") in severities]


def _between(least: int, most: int) -> float | Between:
    return float(least) if least == most else Between(least, most)


@answers("Firing pages", "A")
def _(asked: Asked) -> Rows:
    clients = (*asked.selection.chosen["client"], "")

    def number(alerts: Iterable[Key]) -> int:
        return sum(one.get("client", "") in clients for one in _alerts(alerts, "page"))

    return only(_between(number(asked.firing), number(asked.fired)))


@answers(DESK, "A")
def _(asked: Asked) -> Rows:
    return per_promise(asked, lambda one: float(seen.state(one, asked.t)))


@answers(DESK, "B")
def _(asked: Asked) -> Rows:
    def number(one: Promise, alerts: Iterable[Key]) -> int:
        """Count what is about all of it, and the pages about a part of its name."""
        whole = dict(zip(("client", "venue", "symbol"), one.obliged, strict=True)).items()
        services = {view.job for view in facts.VIEWS if view.book.obliged == one.obliged}
        found = 0
        for alert in _alerts(alerts, "page", "ticket"):
            named = {label: alert[label] for label, _ in whole if label in alert}.items()
            of_service = "client" not in alert and "job" in alert
            part = named < whole and (alert["job"] in services if of_service else bool(named))
            found += named == whole or (part and alert["severity"] == "page")
        return found

    def count(one: Promise) -> float | Between | None:
        most = number(one, asked.fired)
        return _between(number(one, asked.firing), most) if most else None

    return per_promise(asked, count)


@answers(DESK, "C")
def _(asked: Asked) -> Rows:
    def share(one: Promise) -> float | None:
        apart = seen.spread(one, asked.t)
        return None if apart is None else apart / (one.spread[2] / 1e4)

    return per_promise(asked, share)


@answers(DESK, "D")
def _(asked: Asked) -> Rows:
    return per_promise(asked, lambda one: seen.coverage(one, asked.t))


def _best(asked: Asked, side: str) -> Rows:
    def price(one: Promise) -> float | None:
        market = [book for book in facts.BOOKS if book.obliged == one.obliged]
        return quoting.best(seen.quoted(market, asked.t), side)

    return per_promise(asked, price)


answers(DESK, "E")(lambda asked: _best(asked, "bid"))
answers(DESK, "F")(lambda asked: _best(asked, "ask"))


@answers(DESK, "G")
def _(asked: Asked) -> Rows:
    def share(one: Promise) -> float | None:
        base = facts.MARKETS[one.venue, one.symbol].base
        shares = [
            abs(held.net - (held.target or 0)) / held.limit
            for held in wealth.EXPOSURES
            if (held.client, held.asset) == (one.client, base) and held.limit
        ]
        return max(shares, default=None)

    return per_promise(asked, share)


@answers(DESK, "H")
def _(asked: Asked) -> Rows:
    def runway(one: Promise) -> float | None:
        # Account and tag choose which rows are shown, not what is in them.
        times = [
            seen.total(holding) / least
            for key, least in wealth.FLOATS.items()
            if key[:2] == (one.client, one.venue)
            and (holding := seen.held(key, asked.t)) is not None
        ]
        return min(times, default=None)

    return per_promise(asked, runway)


@answers(DESK, "I")
def _(asked: Asked) -> Rows:
    earned = flowing.balance(
        asked,
        flowing.ATTRIBUTED,
        ("client", "venue", "symbol", "capital"),
        asked.selection.crossed_books,
        BEGINNING,
    )

    def profit(one: Promise) -> float | None:
        client, venue, symbol = one.obliged
        value = earned.get(row(client=client, venue=venue, symbol=symbol, capital="client"))
        return value if isinstance(value, (int, float)) else None

    return per_promise(asked, profit)


def loss(client: str, t: int) -> float | None:
    """Return what a client lost in USD at the present rates; None if one of them is unknown."""
    amounts: dict[str, float] = {}
    for fill in events.FILLS:
        if fill.book.client == client:
            quote = facts.MARKETS[fill.book.market].quote
            earned = fill.earned(fill.mid) - counting.fee_in_quote(fill)
            amounts[quote] = amounts.get(quote, 0.0) + earned
    for move in events.MOVES:
        if move.book.client == client:
            quote = facts.MARKETS[move.book.market].quote
            amounts[quote] = amounts.get(quote, 0.0) + move.amount
    prices = {quote: seen.price(quote, "USD", t) for quote in amounts}
    if None in prices.values():
        return None
    return -sum(amount * (prices[quote] or 0) for quote, amount in amounts.items())


@answers(DESK, "J")
def _(asked: Asked) -> Rows:
    def share(one: Promise) -> float | None:
        limit = wealth.LOSS_LIMITS.get(one.client)
        lost = None if limit is None else loss(one.client, asked.t)
        return None if lost is None or limit is None else max(lost / limit, 0.0)

    return per_promise(asked, share)


@answers(DESK, "K")
def _(asked: Asked) -> Rows:
    return per_promise(asked, lambda one: uptime.budget_left(asked, one))


@answers(DESK, "L")
def _(asked: Asked) -> Rows:
    return per_promise(asked, lambda one: feed_age(*one.obliged, asked.t))


def _ticker(asked: Asked, what: str) -> Rows:
    market = facts.MARKETS[asked.selection.one.market]
    if not seen.hearing(market, asked.t):
        return {}
    return only(market.last(asked.t) if what == "last" else getattr(market, what))


answers(TICKER, "A")(lambda asked: _ticker(asked, "bid"))
answers(TICKER, "B")(lambda asked: _ticker(asked, "ask"))
answers(TICKER, "C")(lambda asked: _ticker(asked, "last"))
answers(TICKER, "D")(nothing("the change over 24 h needs a day of data"))


def one_promise(asked: Asked) -> Promise | None:
    """Return the obligation on the market of the first book, if there is one."""
    obliged = asked.selection.one.obliged
    return next((one for one in facts.PROMISES if one.obliged == obliged), None)


@answers(TICKER, "E")
def _(asked: Asked) -> Rows:
    promise = one_promise(asked)
    apart = None if promise is None else seen.spread(promise, asked.t)
    return only(None if apart is None else 1e4 * apart)


def _term(asked: Asked, place: int) -> Rows:
    promise = one_promise(asked)
    return only(None if promise is None else float(promise.spread[place]))


answers(TICKER, "F")(lambda asked: _term(asked, 1))
answers(TICKER, "G")(lambda asked: _term(asked, 2))


@answers("PnL today by component, $reference", "A")
def _(asked: Asked) -> Rows:
    return flowing.flowed(
        asked,
        flowing.ATTRIBUTED,
        ("component", "capital"),
        asked.selection.books,
        BEGINNING,
    )


@answers(VOLUME, "A")
def _(asked: Asked) -> Rows:
    rows = {}
    for client, venue, symbol in {book.obliged for book in asked.selection.books}:
        fills = [one for one in events.FILLS if one.book.obliged == (client, venue, symbol)]
        quote = facts.MARKETS[venue, symbol].quote
        if fills:
            traded = math.fsum(fill.notional for fill in fills)
            rows[row(client=client, venue=venue, symbol=symbol)] = asked.worth([(quote, traded)])
    return keyed(rows)


@answers(VOLUME, "C")
def _(asked: Asked) -> Rows:
    rows = {}
    for client, venue, symbol in {book.obliged for book in asked.selection.books}:
        market = facts.MARKETS[venue, symbol]
        if market.volume is not None and seen.hearing(market, asked.t):
            worth = asked.worth([(market.quote, market.volume)])
            rows[row(client=client, venue=venue, symbol=symbol)] = worth
    return keyed(rows)


answers(VOLUME, "B")(nothing("a rolling day needs a day of data"))
answers(VOLUME, "D")(nothing("a rolling day needs a day of data"))
