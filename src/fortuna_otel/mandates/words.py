"""What mandates say, in the words of those who agreed them: subject by subject, term by term."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from fortuna_otel.mandates.times import format_time
from fortuna_otel.mandates.units import (
    Amount,
    base_of,
    format_duration,
    format_ratio,
    quote_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from fortuna_otel.mandates.desk import (
        Account,
        AggregateDepth,
        Contact,
        Exposure,
        HedgeLimit,
        Loan,
        LossLimit,
        Mandates,
        MarketAlerts,
        UnexplainedLimit,
    )
    from fortuna_otel.mandates.terms import AlertFigure, Book, Maintenance, Obligation

Subject = tuple[str, str]
"""Client and obligation; the latter empty for the client as a whole, both for the desk."""

Facts = dict[str, str]
"""What is said of a subject: term and value."""

Said = tuple[str, str]

_MIDS: Final = {
    "venue": "the venue's mid",
    "venue_without_own": "the venue's mid without own orders",
    "own": "the middle of own quotes",
    "reference": "the reference price",
}
_TERMS: Final = {
    "all": "all terms together",
    "presence": "orders on every promised side",
    "spread": "spread within its maximum",
    "depth": "every depth",
    "levels": "levels",
}
_FEEDS: Final = (
    ("market", "market data is stale after"),
    ("quotes", "own quotes are stale after"),
    ("orders", "the view of open orders is stale after"),
    ("lag", "market messages are late after"),
)


def facts(mandates: Mandates) -> dict[Subject, Facts]:
    """Return everything that holds, in the order of the file."""
    said: dict[Subject, Facts] = {("", ""): _gathered(_of_desk(mandates))}
    for client in mandates.clients:
        said[client.client, ""] = _gathered(
            chain(
                [("name", client.name)],
                _contacts(client.contacts),
                _of_client(mandates, client.client),
            )
        )
    for obligation in mandates.obligations:
        said[obligation.client, obligation.mandate] = _gathered(_of_obligation(obligation))
    return said


def _gathered(said: Iterable[Said]) -> Facts:
    """Return what is said; two things of one name, such as two contacts, stand side by side."""
    found: Facts = {}
    for term, value in said:
        found[term] = f"{found[term]}; {value}" if term in found else value
    return found


def _of_desk(mandates: Mandates) -> Iterator[Said]:
    yield "reference currency", mandates.reference
    yield from _contacts(mandates.contacts)
    yield from _alerts(mandates.alerts)
    for service in mandates.services:
        yield (
            f"service {service.job}",
            f"beats {', '.join(service.loops)} for {', '.join(service.clients)}",
        )


def _of_client(mandates: Mandates, client: str) -> Iterator[Said]:
    for kind, say in _OF_CLIENT.items():
        for each in getattr(mandates, kind):
            if each.client == client:
                yield from say(each)


def _exposure(exposure: Exposure) -> Iterator[Said]:
    for label, amount in (
        ("target", exposure.target),
        ("tolerance from target", exposure.tolerance),
        ("limit from target", exposure.limit),
    ):
        if amount is not None:
            yield f"exposure of {exposure.asset}, {label}", str(Amount(amount, exposure.asset))


def _hedge(hedge: HedgeLimit) -> Iterator[Said]:
    yield f"{hedge.asset} left unhedged, at most", str(Amount(hedge.amount, hedge.asset))


def _loss(loss: LossLimit) -> Iterator[Said]:
    yield f"loss in a {loss.window}, at most", str(Amount(loss.amount, loss.currency))


def _unexplained(limit: UnexplainedLimit) -> Iterator[Said]:
    yield "unexplained PnL of an hour, at most", str(Amount(limit.amount, limit.currency))


def _aggregate(depth: AggregateDepth) -> Iterator[Said]:
    where = f"depth of {depth.asset} over all venues within {depth.band} %, {depth.side}s"
    yield where, str(Amount(depth.amount, depth.currency))


def _market(market: MarketAlerts) -> Iterator[Said]:
    for label, value in _alerts(market.figures):
        yield f"{label}, {market.symbol} on {market.venue}", value


def _of_obligation(obligation: Obligation) -> Iterator[Said]:
    yield from _validity(obligation)
    yield "version", obligation.version
    yield "liquidity tier", obligation.tier
    yield "capital", f"the {obligation.capital}'s"
    if obligation.watcher:
        yield "watched by", obligation.watcher
    yield "sides that must be there", " and ".join(obligation.sides)
    yield "spread and depth are measured from", _MIDS[obligation.mid]
    yield from _spread(obligation)
    yield from _depth(obligation)
    yield from _uptime(obligation)
    for volume in obligation.volumes:
        yield (
            f"traded in a {volume.window}",
            _range(volume.min, volume.max, quote_of(obligation.symbol)),
        )
    for feed, label in _FEEDS:
        yield label, format_duration(getattr(obligation.staleness, feed))
    yield from _alerts(obligation.alerts)
    if obligation.reporting:
        yield "reported to the client every", obligation.reporting
    for window in obligation.maintenance:
        yield f"maintenance {_window(window)}", window.reason
    for excluded in obligation.exclusions:
        agreed = f"{excluded.reason}, agreed by {excluded.approver}, see {excluded.evidence}"
        yield f"excluded {_window(excluded)}", agreed
    for book in obligation.books:
        yield f"book {book.account}/{book.tag}", f"held by {book.service}"


def _validity(obligation: Obligation) -> Iterator[Said]:
    yield "market", f"{obligation.symbol} on {obligation.venue}"
    if obligation.parties:
        yield "parties", ", ".join(obligation.parties)
    valid = obligation.valid
    if valid.start:
        yield "valid from", format_time(valid.start)
    if valid.end:
        yield "valid until", format_time(valid.end)


def _spread(obligation: Obligation) -> Iterator[Said]:
    spread, widening = obligation.spread, obligation.widening
    whole = "mid" if spread.denominator == "mid" else f"the best {spread.denominator}"
    for label, share in (
        ("tightest spread", spread.min),
        ("target spread", spread.target),
        ("widest spread", spread.max),
    ):
        if share is not None:
            yield label, f"{format_ratio(share)} of {whole}"
    if widening:
        yield (
            "wider while the market moves",
            (
                f"to {format_ratio(widening.factor)} of the widest spread, when the mid moves more"
                f" than {format_ratio(widening.move)} within {format_duration(widening.window)},"
                f" for at most {format_duration(widening.cap)} a day"
            ),
        )


def _depth(obligation: Obligation) -> Iterator[Said]:
    levels, quote = obligation.levels, quote_of(obligation.symbol)
    assets = {"quote": quote, "base": base_of(obligation.symbol)}
    for minimum in obligation.depth:
        amount = Amount(minimum.amount, minimum.asset or assets[minimum.unit])
        yield f"depth within {minimum.band} %, {minimum.side}s", str(amount)
    if levels:
        size = f" of at least {Amount(levels.size, quote)}" if levels.size else ""
        rest = f", each standing for {format_duration(levels.rest)}" if levels.rest else ""
        yield "price levels on every promised side", f"{levels.count}{size}{rest}"


def _uptime(obligation: Obligation) -> Iterator[Said]:
    for uptime in obligation.uptime:
        yield f"uptime, {_TERMS[uptime.term]}", format_ratio(uptime.share)
    window = obligation.window
    yield (
        "uptime is judged over",
        f"each {window.calendar} of {window.zone}" if window.calendar else f"the last {window}",
    )
    if obligation.outage is not None:
        yield "longest single outage", format_duration(obligation.outage)
    sampling = obligation.sampling
    yield (
        "uptime is counted",
        f"every {format_duration(sampling.interval)}, as the {sampling.source} sees it"
        if sampling
        else "as time passes",
    )


def _account(account: Account) -> Iterator[Said]:
    where, limits = f"account {account.venue}/{account.account}", account.limits
    yield f"{where}, balances are stale after", format_duration(account.staleness)
    for kept in account.floats:
        yield f"{where}, float of {kept.asset}", _range(kept.min, kept.max, kept.asset)
    for asset, amount in account.mismatches:
        yield f"{where}, ledger against venue in {asset}, at most", str(Amount(amount, asset))
    for label, share in (
        ("orders refused", limits.reject),
        ("request limit used", limits.ratelimit),
        ("margin ÷ equity", limits.margin),
    ):
        if share is not None:
            yield f"{where}, {label}, at most", format_ratio(share)
    if limits.ack is not None:
        yield f"{where}, orders are confirmed within", format_duration(limits.ack)
    if limits.gas is not None:
        yield f"{where}, transactions that gas must pay for", str(limits.gas)


def _alerts(figures: Iterable[AlertFigure]) -> Iterator[Said]:
    for each in figures:
        what = "pages" if each.severity == "page" else "opens a ticket"
        if each.patience is not None:
            yield f"{each.alert} {what} after", format_duration(each.patience)
        if each.tolerance is not None:
            yield f"{each.alert} {what} beyond", format_ratio(each.tolerance)


def _loan(loan: Loan) -> Iterator[Said]:
    start = f" from {format_time(loan.start)}" if loan.start else ""
    strike = "" if loan.strike is None else f", or bought at {Amount(loan.strike, loan.currency)}"
    yield (
        f"loan of {loan.asset} by {loan.lender}",
        (
            f"{Amount(loan.principal, loan.asset)} at {format_ratio(loan.rate)} a year{start}"
            f" until {format_time(loan.expiry)}{strike}"
        ),
    )


def _contacts(contacts: Iterable[Contact]) -> Iterator[Said]:
    for each in contacts:
        ways = filter(None, (each.name, each.email, each.phone, each.chat))
        yield f"contact, {each.role}", ", ".join(ways)


def _own_book(book: Book) -> Iterator[Said]:
    if not book.mandate:
        asset = base_of(book.symbol)
        most = "" if book.position is None else f", position at most {Amount(book.position, asset)}"
        yield (
            f"book {book.account}/{book.tag}, {book.symbol} on {book.venue}",
            f"{book.role}, the {book.capital}'s capital, held by {book.service}{most}",
        )


def _range(low: float | None, high: float | None, asset: str) -> str:
    least = [] if low is None else [f"at least {Amount(low, asset)}"]
    most = [] if high is None else [f"at most {Amount(high, asset)}"]
    return ", ".join(least + most)


def _window(window: Maintenance) -> str:
    return f"{format_time(window.start)} to {format_time(window.end)}"


_OF_CLIENT: Final[Mapping[str, Callable[[Any], Iterator[Said]]]] = {
    "exposures": _exposure,
    "hedges": _hedge,
    "losses": _loss,
    "unexplained": _unexplained,
    "aggregates": _aggregate,
    "loans": _loan,
    "accounts": _account,
    "markets": _market,
    "books": _own_book,
}
"""What is said of a client, by the field of the mandates it stands in."""
