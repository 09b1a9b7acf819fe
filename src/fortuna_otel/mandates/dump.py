"""Write mandates back as a file, with everything that was inherited or defaulted written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from fortuna_otel.mandates.units import (
    Amount,
    format_duration,
    format_ratio,
    format_time,
    quote_of,
)

if TYPE_CHECKING:
    from fortuna_otel.mandates.terms import Account, Book, Client, Exposure, Mandates, Obligation


def dump(mandates: Mandates) -> str:
    """Return a mandates file that means exactly the same: `loads(dump(m)) == m`."""
    services = {service.job: {"loops": list(service.loops)} for service in mandates.services}
    clients = {client.client: _client(mandates, client) for client in mandates.clients}
    # A width beyond any line: a folded text would come back with other blanks.
    return yaml.safe_dump(
        {"services": services, "clients": clients},
        sort_keys=False,
        allow_unicode=True,
        width=2**31,
    )


def _client(mandates: Mandates, client: Client) -> dict[str, Any]:
    def own(entries: Any) -> Any:
        return (entry for entry in entries if entry.client == client.client)

    books = [book for book in own(mandates.books) if not book.mandate]
    return _set(
        name=client.name,
        # Books without an obligation have it from here.
        capital=books[0].capital if books else None,
        exposure={exposure.asset: _exposure(exposure) for exposure in own(mandates.exposures)},
        loss={
            loss.window: str(Amount(loss.amount, loss.currency)) for loss in own(mandates.losses)
        },
        accounts={
            f"{account.venue}/{account.account}": _account(account)
            for account in own(mandates.accounts)
        },
        obligations={
            obligation.mandate: _obligation(obligation) for obligation in own(mandates.obligations)
        },
        books=[_own_book(book) for book in books],
    )


def _exposure(exposure: Exposure) -> dict[str, Any]:
    def amount(value: float | None) -> str | None:
        return None if value is None else str(Amount(value, exposure.asset))

    return _set(
        target=amount(exposure.target),
        tolerance=amount(exposure.tolerance),
        limit=amount(exposure.limit),
    )


def _account(account: Account) -> dict[str, Any]:
    def amount(value: float | None, asset: str) -> str | None:
        return None if value is None else str(Amount(value, asset))

    return _set(
        float={
            kept.asset: _set(min=amount(kept.min, kept.asset), max=amount(kept.max, kept.asset))
            for kept in account.floats
        },
        staleness={"balances": format_duration(account.staleness)},
    )


def _obligation(obligation: Obligation) -> dict[str, Any]:
    quote = quote_of(obligation.symbol)
    depth: dict[str, dict[str, str]] = {}
    for minimum in obligation.depth:
        sides = depth.setdefault(f"{minimum.band} %", {})
        sides[minimum.side] = str(Amount(minimum.amount, quote))
    spread = obligation.spread
    return _set(
        venue=obligation.venue,
        symbol=obligation.symbol,
        version=obligation.version,
        tier=obligation.tier,
        capital=obligation.capital,
        watcher=obligation.watcher or None,
        spread=_set(min=_ratio(spread.min), target=_ratio(spread.target), max=_ratio(spread.max)),
        depth=depth,
        uptime={
            **{uptime.term: format_ratio(uptime.share) for uptime in obligation.uptime},
            "window": format_duration(obligation.window),
        },
        staleness={
            "market": format_duration(obligation.staleness.market),
            "quotes": format_duration(obligation.staleness.quotes),
            "orders": format_duration(obligation.staleness.orders),
        },
        maintenance=[
            {
                "from": format_time(window.start),
                "to": format_time(window.end),
                "reason": window.reason,
            }
            for window in obligation.maintenance
        ],
        books=[
            {"account": book.account, "tag": book.tag, "service": book.service}
            for book in obligation.books
        ],
    )


def _ratio(value: float | None) -> str | None:
    return None if value is None else format_ratio(value)


def _own_book(book: Book) -> dict[str, Any]:
    return {
        "venue": book.venue,
        "symbol": book.symbol,
        "account": book.account,
        "tag": book.tag,
        "role": book.role,
        "service": book.service,
    }


def _set(**fields: Any) -> dict[str, Any]:
    """Return the fields that are set: an empty one is left out, as a file would."""
    return {key: value for key, value in fields.items() if value not in (None, {}, [])}
