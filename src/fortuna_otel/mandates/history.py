"""All that was promised, is, and will be: a file by time, and what holds at an instant."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from fortuna_otel.mandates.desk import Mandates, Service

if TYPE_CHECKING:
    from datetime import datetime

    from fortuna_otel.mandates.desk import (
        Account,
        Client,
        Contact,
        Loan,
        MarketAlerts,
        Timeline,
    )
    from fortuna_otel.mandates.holdings import Holdings
    from fortuna_otel.mandates.terms import AlertFigure, Book, Obligation


@dataclass
class ClientHistory:
    """One client by time.

    Attributes:
        obligations: None while one is not valid.
        books: without an obligation.
        accounts: None while no book of it is expected.
    """

    client: Client
    obligations: list[Timeline[Obligation | None]]
    books: list[Book]
    accounts: list[Timeline[Account | None]]
    holdings: Timeline[Holdings]
    markets: list[Timeline[MarketAlerts | None]]
    loans: tuple[Loan, ...]


@dataclass
class FileHistory:
    """A whole file by time.

    Attributes:
        services: loops by job.
        alerts: figures of those about more than one obligation.
    """

    reference: str
    contacts: tuple[Contact, ...]
    services: dict[str, tuple[str, ...]]
    alerts: Timeline[tuple[AlertFigure, ...]]
    clients: list[ClientHistory] = field(default_factory=list)

    @cached_property
    def changes(self) -> tuple[datetime, ...]:
        """The instants at which something begins or ends by itself, ascending."""
        starts = set(self.alerts.starts[1:])
        for client in self.clients:
            starts.update(client.holdings.starts[1:])
            for timelines in (client.obligations, client.accounts, client.markets):
                starts.update(start for each in timelines for start in each.starts[1:])
            starts.update(loan.start for loan in client.loans if loan.start)
        return tuple(sorted(starts))

    def at(self, instant: datetime) -> Mandates:
        """Return what holds at an instant."""
        index = bisect_right(self.changes, instant)
        obligations: list[Obligation] = []
        books: list[Book] = []
        serves: dict[str, dict[str, None]] = {job: {} for job in self.services}
        for client in self.clients:
            present = [each for promise in client.obligations if (each := promise.at(instant))]
            obligations += present
            held = [book for obligation in present for book in obligation.books] + client.books
            books += held
            jobs = [book.service for book in held] + [each.watcher for each in present]
            for job in filter(None, jobs):
                serves[job][client.client.client] = None
        holdings = [client.holdings.at(instant) for client in self.clients]
        return Mandates(
            clients=tuple(client.client for client in self.clients),
            obligations=tuple(obligations),
            books=tuple(books),
            accounts=tuple(
                account
                for client in self.clients
                for each in client.accounts
                if (account := each.at(instant))
            ),
            services=tuple(
                Service(job, loops, tuple(serves[job]) or ("desk",))
                for job, loops in self.services.items()
            ),
            exposures=tuple(each for one in holdings for each in one.exposures),
            hedges=tuple(each for one in holdings for each in one.hedges),
            losses=tuple(each for one in holdings for each in one.losses),
            unexplained=tuple(each for one in holdings for each in one.unexplained),
            aggregates=tuple(each for one in holdings for each in one.aggregates),
            loans=tuple(
                loan
                for client in self.clients
                for loan in client.loans
                if loan.start is None or loan.start <= instant
            ),
            alerts=self.alerts.at(instant),
            markets=tuple(
                market
                for client in self.clients
                for each in client.markets
                if (market := each.at(instant))
            ),
            reference=self.reference,
            contacts=self.contacts,
            since=self.changes[index - 1] if index else None,
            until=self.changes[index] if index < len(self.changes) else None,
            history=self,
        )
