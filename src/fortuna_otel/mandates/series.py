"""The series of a mandates file: what is exported, as plain data."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel._markets import Market
from fortuna_otel.signals import inventory
from fortuna_otel.signals import mandates as signals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from fortuna_otel.mandates.desk import Account, Loan, Mandates
    from fortuna_otel.mandates.terms import AlertFigure, Book, Obligation
    from fortuna_otel.signals.spec import Signal


class Series(NamedTuple):
    """One series.

    Attributes:
        name: of its signal, `fortuna.mandate.spread.max`.
        attributes: their values, in the signal's order.
    """

    name: str
    attributes: tuple[str, ...]


def series(mandates: Mandates, now: datetime) -> dict[Series, float]:
    """Return every series of the mandates and its value at an instant."""
    return dict(_all(mandates, now))


def scheduled(obligation: Obligation) -> Series:
    """Return the series that says whether an obligation counts; a removed one ends with it at 0."""
    return _series(signals.SCHEDULED, **_obligation(obligation))


def _all(mandates: Mandates, now: datetime) -> Iterator[tuple[Series, float]]:
    for obligation in mandates.obligations:
        yield from _of_obligation(obligation, now)
    for book in mandates.books:
        yield _series(signals.BOOK, **_book(book), role=book.role), 1.0
        if book.position is not None:
            yield _series(signals.POSITION_MAX, **_book(book)), book.position
    for account in mandates.accounts:
        yield from _of_account(account)
    for market in mandates.markets:
        where = _market(market.client, market.venue, market.symbol)
        yield from _figures(
            market.figures, signals.PATIENCE, signals.TOLERANCE, where | {"mandate": ""}
        )
    yield from _figures(mandates.alerts, signals.DESK_PATIENCE, signals.DESK_TOLERANCE, {})
    yield from _holdings(mandates)
    for loan in mandates.loans:
        yield from _of_loan(loan)
    for service in mandates.services:
        for loop in service.loops:
            for client in service.clients:
                expected = {"service": service.job, "loop": loop, "client": client}
                yield _series(signals.SERVICE, **expected), 1.0


def _of_obligation(obligation: Obligation, now: datetime) -> Iterator[tuple[Series, float]]:
    where = _obligation(obligation)
    facts = {
        "tier": obligation.tier,
        "capital": obligation.capital,
        "version": obligation.version,
    }
    yield _series(signals.INFO, **where, **facts), 1.0
    yield scheduled(obligation), float(obligation.scheduled(now))
    for side in obligation.sides:
        yield _series(signals.PRESENCE, **where, side=side), 1.0
    for signal, figure in (
        (signals.SPREAD_MIN, obligation.spread.min),
        (signals.SPREAD_TARGET, obligation.spread.target),
        (signals.SPREAD_MAX, obligation.spread.max),
        (signals.OUTAGE_MAX, obligation.outage),
    ):
        if figure is not None:
            yield _series(signal, **where), figure
    for depth in obligation.depth:
        # What another unit is worth in quote units, the engine says as depth.required.
        if depth.unit == "quote":
            place = {"side": depth.side, "band": depth.band}
            yield _series(signals.DEPTH_MIN, **where, **place), depth.amount
    yield from _times(obligation, where, now)
    yield from _figures(obligation.alerts, signals.PATIENCE, signals.TOLERANCE, where)


def _times(
    obligation: Obligation, where: Mapping[str, str], now: datetime
) -> Iterator[tuple[Series, float]]:
    length, start = obligation.window.length(now), obligation.window.start(now)
    for uptime in obligation.uptime:
        yield _series(signals.UPTIME_MIN, **where, term=uptime.term), uptime.share
        yield _series(signals.UPTIME_WINDOW, **where, term=uptime.term), length
    if start is not None:
        yield _series(signals.UPTIME_START_TIMESTAMP, **where), start.timestamp()
    for feed in fields(obligation.staleness):
        seconds = getattr(obligation.staleness, feed.name)
        yield _series(signals.STALENESS_MAX, **where, feed=feed.name), seconds
    for volume in obligation.volumes:
        for signal, figure in ((signals.VOLUME_MIN, volume.min), (signals.VOLUME_MAX, volume.max)):
            if figure is not None:
                yield _series(signal, **where, window=volume.window), figure


def _figures(
    figures: Iterable[AlertFigure], patience: Signal, tolerance: Signal, where: Mapping[str, str]
) -> Iterator[tuple[Series, float]]:
    for each in figures:
        about = {**where, "alert": each.alert, "severity": each.severity}
        if each.patience is not None:
            yield _series(patience, **about), each.patience
        if each.tolerance is not None:
            yield _series(tolerance, **about), each.tolerance


def _of_account(account: Account) -> Iterator[tuple[Series, float]]:
    where = {"client": account.client, "venue": account.venue, "account": account.account}
    yield _series(signals.BALANCES_STALENESS_MAX, **where), account.staleness
    for kept in account.floats:
        if kept.min is not None:
            yield _series(signals.FLOAT_MIN, **where, asset=kept.asset), kept.min
        if kept.max is not None:
            yield _series(signals.FLOAT_MAX, **where, asset=kept.asset), kept.max
    for asset, amount in account.mismatches:
        yield _series(signals.MISMATCH_MAX, **where, asset=asset), amount
    limits = account.limits
    for signal, limit in (
        (signals.REJECT_MAX, limits.reject),
        (signals.ACK_MAX, limits.ack),
        (signals.RATELIMIT_MAX, limits.ratelimit),
        (signals.MARGIN_MAX, limits.margin),
        (signals.GAS_MIN, limits.gas),
    ):
        if limit is not None:
            yield _series(signal, **where), float(limit)


def _holdings(mandates: Mandates) -> Iterator[tuple[Series, float]]:
    for exposure in mandates.exposures:
        held = {"client": exposure.client, "asset": exposure.asset}
        yield _series(signals.EXPOSURE_TARGET, **held), exposure.target
        yield _series(signals.EXPOSURE_LIMIT, **held), exposure.limit
        if exposure.tolerance is not None:
            yield _series(signals.EXPOSURE_TOLERANCE, **held), exposure.tolerance
    for hedge in mandates.hedges:
        yield _series(signals.HEDGE_LIMIT, client=hedge.client, asset=hedge.asset), hedge.amount
    for loss in mandates.losses:
        where = {"client": loss.client, "window": loss.window, "currency": loss.currency}
        yield _series(signals.LOSS_LIMIT, **where), loss.amount
    for limit in mandates.unexplained:
        where = {"client": limit.client, "currency": limit.currency}
        yield _series(signals.UNEXPLAINED_MAX, **where), limit.amount
    for depth in mandates.aggregates:
        where = {"client": depth.client, "asset": depth.asset, "currency": depth.currency}
        at = {"side": depth.side, "band": depth.band}
        yield _series(signals.AGGREGATE_DEPTH_MIN, **where, **at), depth.amount


def _of_loan(loan: Loan) -> Iterator[tuple[Series, float]]:
    where = {"client": loan.client, "asset": loan.asset, "lender": loan.lender}
    yield _series(inventory.LOAN_PRINCIPAL, **where), loan.principal
    yield _series(inventory.LOAN_RATE, **where), loan.rate
    yield _series(inventory.LOAN_EXPIRY_TIMESTAMP, **where), loan.expiry.timestamp()
    if loan.strike is not None:
        yield _series(inventory.LOAN_STRIKE, **where, currency=loan.currency), loan.strike


def _market(client: str, venue: str, symbol: str) -> dict[str, str]:
    return {"client": client, **Market.parse(venue=venue, symbol=symbol).attributes}


def _obligation(obligation: Obligation) -> dict[str, str]:
    market = _market(obligation.client, obligation.venue, obligation.symbol)
    return {"mandate": obligation.mandate, **market}


def _book(book: Book) -> dict[str, str]:
    market = _market(book.client, book.venue, book.symbol)
    return {"account": book.account, "tag": book.tag, **market}


def _series(signal: Signal, **attributes: str) -> Series:
    return Series(signal.name, tuple([attributes[name] for name in signal.attributes]))
