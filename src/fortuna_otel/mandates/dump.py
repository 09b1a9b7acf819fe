"""Write mandates back as a file, with everything that was inherited or defaulted written out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import yaml

from fortuna_otel.mandates.times import format_time
from fortuna_otel.mandates.units import (
    Amount,
    base_of,
    format_duration,
    format_ratio,
    quote_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fortuna_otel.mandates.desk import (
        Account,
        AggregateDepth,
        Client,
        Contact,
        Exposure,
        Loan,
        Mandates,
    )
    from fortuna_otel.mandates.terms import AlertFigure, Book, Maintenance, Obligation


def dump(mandates: Mandates) -> str:
    """Return a mandates file that means what holds now: `loads(dump(m), at=now) == m`.

    A client of whom nothing is in force is left out.
    """
    defaults = _set(
        reference=mandates.reference,
        alerts=_alerts(mandates.alerts),
        contacts=_contacts(mandates.contacts),
    )
    services = {service.job: {"loops": list(service.loops)} for service in mandates.services}
    present = {book.client for book in mandates.books}
    clients = {
        client.client: _client(mandates, client)
        for client in mandates.clients
        if client.client in present
    }
    # A width beyond any line: a folded text would come back with other blanks.
    return yaml.dump(
        {"defaults": defaults, "services": services, "clients": clients},
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=2**31,
    )


class _Dumper(yaml.SafeDumper):
    """Writes no anchors: what is said twice is written twice."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


def _client(mandates: Mandates, client: Client) -> dict[str, Any]:
    def own(entries: Any) -> Any:
        return (entry for entry in entries if entry.client == client.client)

    books = [book for book in own(mandates.books) if not book.mandate]
    unexplained = [_amount(each.amount, each.currency) for each in own(mandates.unexplained)]
    return _set(
        name=client.name,
        # Books without an obligation have it from here.
        capital=books[0].capital if books else None,
        venues=_venues(mandates, client.client, books),
        exposure={exposure.asset: _exposure(exposure) for exposure in own(mandates.exposures)},
        hedge={hedge.asset: _amount(hedge.amount, hedge.asset) for hedge in own(mandates.hedges)},
        loss={loss.window: _amount(loss.amount, loss.currency) for loss in own(mandates.losses)},
        unexplained=unexplained[0] if unexplained else None,
        aggregate=_aggregates(own(mandates.aggregates)),
        loans=[_loan(loan) for loan in own(mandates.loans)],
        contacts=_contacts(client.contacts),
        accounts={
            f"{account.venue}/{account.account}": _account(account)
            for account in own(mandates.accounts)
        },
        obligations={
            obligation.mandate: _obligation(obligation) for obligation in own(mandates.obligations)
        },
        books=[_own_book(book) for book in books],
    )


def _venues(mandates: Mandates, client: str, books: list[Book]) -> dict[str, Any]:
    """Return what books without an obligation inherit, where one venue differs from another."""
    venues: dict[str, Any] = {}
    for book in books:
        if book.capital != books[0].capital:
            venues.setdefault(book.venue, {})["capital"] = book.capital
    for market in mandates.markets:
        if market.client == client:
            venues.setdefault(market.venue, {})["alerts"] = _alerts(market.figures)
    return venues


def _exposure(exposure: Exposure) -> dict[str, Any]:
    return _set(
        target=_amount(exposure.target, exposure.asset),
        tolerance=_amount(exposure.tolerance, exposure.asset),
        limit=_amount(exposure.limit, exposure.asset),
    )


def _aggregates(depths: Iterable[AggregateDepth]) -> dict[str, Any]:
    assets: dict[str, Any] = {}
    for each in depths:
        bands = assets.setdefault(each.asset, {"depth": {}})["depth"]
        bands.setdefault(f"{each.band} %", {})[each.side] = _amount(each.amount, each.currency)
    return assets


def _loan(loan: Loan) -> dict[str, Any]:
    return _set(
        lender=loan.lender,
        principal=_amount(loan.principal, loan.asset),
        rate=format_ratio(loan.rate),
        **{"from": _time(loan.start)},
        expiry=format_time(loan.expiry),
        strike=_amount(loan.strike, loan.currency),
    )


def _contacts(contacts: Iterable[Contact]) -> list[dict[str, str]]:
    return [{key: text for key, text in asdict(contact).items() if text} for contact in contacts]


def _account(account: Account) -> dict[str, Any]:
    limits = account.limits
    return _set(
        float={
            kept.asset: _set(min=_amount(kept.min, kept.asset), max=_amount(kept.max, kept.asset))
            for kept in account.floats
        },
        mismatch={asset: _amount(amount, asset) for asset, amount in account.mismatches},
        limits=_set(
            reject=_ratio(limits.reject),
            ack=_duration(limits.ack),
            ratelimit=_ratio(limits.ratelimit),
            margin=_ratio(limits.margin),
            gas=limits.gas,
        ),
        staleness={"balances": format_duration(account.staleness)},
    )


def _obligation(obligation: Obligation) -> dict[str, Any]:
    return _set(
        venue=obligation.venue,
        symbol=obligation.symbol,
        parties=list(obligation.parties),
        valid=_set(
            **{"from": _time(obligation.valid.start), "to": _time(obligation.valid.end)},
        ),
        version=obligation.version,
        tier=obligation.tier,
        capital=obligation.capital,
        watcher=obligation.watcher or None,
        zone=obligation.window.zone if obligation.window.calendar else None,
        mid=obligation.mid,
        presence=obligation.presence,
        **_promised(obligation),
        staleness={
            feed: format_duration(seconds) for feed, seconds in asdict(obligation.staleness).items()
        },
        alerts=_alerts(obligation.alerts),
        reporting=obligation.reporting or None,
        maintenance=[_window(window) for window in obligation.maintenance],
        exclusions=[
            {**_window(window), "approver": window.approver, "evidence": window.evidence}
            for window in obligation.exclusions
        ],
        books=[
            {"account": book.account, "tag": book.tag, "service": book.service}
            for book in obligation.books
        ],
    )


def _promised(obligation: Obligation) -> dict[str, Any]:
    spread, levels, sampling = obligation.spread, obligation.levels, obligation.sampling
    widening, quote = obligation.widening, quote_of(obligation.symbol)
    assets = {"quote": quote, "base": base_of(obligation.symbol)}
    depth: dict[str, dict[str, Any]] = {}
    for minimum in obligation.depth:
        asset = minimum.asset or assets[minimum.unit]
        depth.setdefault(f"{minimum.band} %", {})[minimum.side] = _amount(minimum.amount, asset)
    return _set(
        spread=_set(
            min=_ratio(spread.min),
            target=_ratio(spread.target),
            max=_ratio(spread.max),
            denominator=spread.denominator if spread.denominator != "mid" else None,
        ),
        depth=depth,
        levels=levels
        and _set(
            count=levels.count,
            size=_amount(levels.size or None, quote),
            rest=_duration(levels.rest or None),
        ),
        uptime=_set(
            **{uptime.term: format_ratio(uptime.share) for uptime in obligation.uptime},
            window=str(obligation.window),
            outage=_duration(obligation.outage),
            sampling=sampling
            and {"interval": format_duration(sampling.interval), "source": sampling.source},
        ),
        widening=widening
        and {
            "factor": format_ratio(widening.factor),
            "move": format_ratio(widening.move),
            "window": format_duration(widening.window),
            "cap": format_duration(widening.cap),
        },
        volume={
            volume.window: _set(min=_amount(volume.min, quote), max=_amount(volume.max, quote))
            for volume in obligation.volumes
        },
    )


def _alerts(figures: Iterable[AlertFigure]) -> dict[str, Any]:
    alerts: dict[str, Any] = {}
    for each in figures:
        alerts.setdefault(each.alert, {})[each.severity] = _set(
            patience=_duration(each.patience), tolerance=_ratio(each.tolerance)
        )
    return alerts


def _window(window: Maintenance) -> dict[str, str]:
    return {
        "from": format_time(window.start),
        "to": format_time(window.end),
        "reason": window.reason,
    }


def _own_book(book: Book) -> dict[str, Any]:
    limit = _amount(book.position, base_of(book.symbol))
    return _set(
        venue=book.venue,
        symbol=book.symbol,
        account=book.account,
        tag=book.tag,
        role=book.role,
        service=book.service,
        position={"max": limit} if limit else None,
    )


def _amount(value: float | None, asset: str) -> str | None:
    return None if value is None else str(Amount(value, asset))


def _ratio(value: float | None) -> str | None:
    return None if value is None else format_ratio(value)


def _duration(value: float | None) -> str | None:
    return None if value is None else format_duration(value)


def _time(value: datetime | None) -> str | None:
    return None if value is None else format_time(value)


def _set(**fields: Any) -> dict[str, Any]:
    """Return the fields that are set: an empty one is left out, as a file would."""
    return {key: value for key, value in fields.items() if value not in (None, {}, [])}
