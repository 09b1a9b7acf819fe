"""The series of a mandates file: what is exported, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fortuna_otel._markets import Market
from fortuna_otel.signals import mandates as signals

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fortuna_otel.mandates.terms import Account, Book, Mandates, Obligation
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
        yield _series(signals.BOOK, **_book(book)), 1.0
    for account in mandates.accounts:
        yield from _of_account(account)
    for exposure in mandates.exposures:
        held = {"client": exposure.client, "asset": exposure.asset}
        yield _series(signals.EXPOSURE_TARGET, **held), exposure.target
        yield _series(signals.EXPOSURE_LIMIT, **held), exposure.limit
        if exposure.tolerance is not None:
            yield _series(signals.EXPOSURE_TOLERANCE, **held), exposure.tolerance
    for loss in mandates.losses:
        where = {"client": loss.client, "window": loss.window, "currency": loss.currency}
        yield _series(signals.LOSS_LIMIT, **where), loss.amount
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
    for signal, share in (
        (signals.SPREAD_MIN, obligation.spread.min),
        (signals.SPREAD_TARGET, obligation.spread.target),
        (signals.SPREAD_MAX, obligation.spread.max),
    ):
        if share is not None:
            yield _series(signal, **where), share
    for depth in obligation.depth:
        place = {"side": depth.side, "band": depth.band}
        yield _series(signals.DEPTH_MIN, **where, **place), depth.amount
    for uptime in obligation.uptime:
        yield _series(signals.UPTIME_MIN, **where, term=uptime.term), uptime.share
        yield _series(signals.UPTIME_WINDOW, **where, term=uptime.term), obligation.window
    stale = obligation.staleness
    for feed, seconds in (
        ("market", stale.market),
        ("quotes", stale.quotes),
        ("orders", stale.orders),
    ):
        yield _series(signals.STALENESS_MAX, **where, feed=feed), seconds


def _of_account(account: Account) -> Iterator[tuple[Series, float]]:
    where = {"client": account.client, "venue": account.venue, "account": account.account}
    yield _series(signals.BALANCES_STALENESS_MAX, **where), account.staleness
    for kept in account.floats:
        if kept.min is not None:
            yield _series(signals.FLOAT_MIN, **where, asset=kept.asset), kept.min
        if kept.max is not None:
            yield _series(signals.FLOAT_MAX, **where, asset=kept.asset), kept.max


def _obligation(obligation: Obligation) -> dict[str, str]:
    return {
        "mandate": obligation.mandate,
        "client": obligation.client,
        **Market.parse(venue=obligation.venue, symbol=obligation.symbol).attributes,
    }


def _book(book: Book) -> dict[str, str]:
    return {
        "client": book.client,
        "account": book.account,
        "tag": book.tag,
        "role": book.role,
        **Market.parse(venue=book.venue, symbol=book.symbol).attributes,
    }


def _series(signal: Signal, **attributes: str) -> Series:
    return Series(signal.name, tuple([attributes[name] for name in signal.attributes]))
