"""From the file as written to its terms: inheritance, amendments, and checks across entries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel.mandates import figures, holdings, model, terms
from fortuna_otel.mandates.accounts import Accounts
from fortuna_otel.mandates.books import Books
from fortuna_otel.mandates.checks import alerts_fit, windows_end
from fortuna_otel.mandates.desk import Client, MarketAlerts, timeline
from fortuna_otel.mandates.history import ClientHistory, FileHistory
from fortuna_otel.mandates.inherit import Level, Levels
from fortuna_otel.mandates.promise import Promise
from fortuna_otel.mandates.times import end_of, start_of

if TYPE_CHECKING:
    from datetime import datetime

    from fortuna_otel.mandates.desk import Timeline
    from fortuna_otel.mandates.source import Keys, Source


class Resolver:
    """Resolves a file that is structurally sound; what does not fit together becomes a problem."""

    def __init__(self, source: Source, whole: model.File, known_services: frozenset[str]) -> None:
        self.source = source
        self.file = whole
        self.books = Books(source, known_services)
        self.reference = whole.defaults.reference or "USD"
        self.mandates: dict[str, Keys] = {}

    def resolve(self) -> FileHistory:
        """Return the terms at all times; only to be used where no problem was recorded."""
        whole, source = self.file, self.source
        alerts_fit(source, whole)
        windows_end(source, whole)
        desk = Levels(Level(("defaults",), whole.defaults))
        desk.check(source)
        return FileHistory(
            reference=self.reference,
            contacts=holdings.contacts(source, ("defaults", "contacts"), whole.defaults.contacts),
            services={job: tuple(service.loops) for job, service in whole.services.items()},
            alerts=timeline(desk.changes, lambda instant: figures.alerts(desk.at(instant), "desk")),
            clients=[self._client(client, entry) for client, entry in whole.clients.items()],
        )

    def _client(self, client: str, entry: model.Client) -> ClientHistory:
        source, place = self.source, ("clients", client)

        def levels(venue: str = "") -> Levels:
            return self._levels(client, entry, venue)

        def troubled(*keys: str) -> bool:
            return any(source.troubled((*place, key)) for key in keys)

        obligations = [
            self._obligation(client, entry, mandate, written)
            for mandate, written in entry.obligations.items()
        ]
        books = [
            self.books.own((*place, "books", index), written, levels(written.venue).base)
            for index, written in enumerate(entry.books)
        ]
        capital = levels().base.get("capital")
        if client == "desk" and capital.value == "client":
            source.problem(
                capital.place, "is `client` for the desk's own books", "write `capital: desk`"
            )
        if not entry.obligations and not entry.books and not troubled("obligations", "books"):
            source.problem(
                place, "has neither obligations nor books", "give it one, or remove the client"
            )
        contacts = holdings.contacts(source, (*place, "contacts"), entry.contacts)
        own = Levels(Level(place, entry), zone=levels().zone)
        return ClientHistory(
            client=Client(client, entry.name or client, contacts),
            obligations=obligations,
            books=books,
            accounts=Accounts(source, client, entry, obligations, books, levels).resolve(),
            holdings=timeline(
                own.changes,
                lambda instant: holdings.holdings(source, client, own.at(instant), self.reference),
            ),
            markets=[
                self._market(client, levels(venue), venue, symbol, obligations)
                for venue, symbol in dict.fromkeys((book.venue, book.symbol) for book in books)
            ],
            loans=holdings.loans(
                source, client, entry.loans, zone=levels().zone, reference=self.reference
            ),
        )

    def _levels(
        self, client: str, entry: model.Client, venue: str, own: Level | None = None
    ) -> Levels:
        """Return what something of a client inherits from: its own, client's, then desk's word."""
        levels = [own] if own else []
        client_place: Keys = ("clients", client)
        whole: tuple[tuple[Keys, model.Client | model.Defaults], ...] = (
            (client_place, entry),
            (("defaults",), self.file.defaults),
        )
        for place, level in whole:
            if venue in level.venues:
                levels.append(Level((*place, "venues", venue), level.venues[venue]))
            levels.append(Level(place, level))
        found = Levels(*levels)
        found.check(self.source)
        return found

    def _obligation(
        self, client: str, entry: model.Client, mandate: str, written: model.Obligation
    ) -> Timeline[terms.Obligation | None]:
        place: Keys = ("clients", client, "obligations", mandate)
        levels = self._levels(client, entry, written.venue, Level(place, written))
        if mandate in self.mandates:
            first = self.source.root.find(self.mandates[mandate]).line
            self.source.problem(
                place,
                f"is the id of another obligation, on line {first}",
                f"write an id of its own, such as `{client}-{mandate}`, instead",
            )
        self.mandates.setdefault(mandate, place)
        valid = self._valid(place, written, levels.zone)
        books = self.books.of_obligation(place, written, levels.base, valid)
        promise = Promise(
            place=place,
            written=written,
            zone=levels.zone,
            reference=self.reference,
            valid=valid,
            books=books,
            watcher=self.books.watcher(place, books, levels.base),
        )
        edges = {each for each in (valid.start, valid.end) if each}
        return timeline(
            levels.changes | edges,
            lambda instant: (
                promise.at(self.source, levels.at(instant)) if valid.holds(instant) else None
            ),
        )

    def _valid(self, place: Keys, written: model.Obligation, zone: str) -> terms.Valid:
        if written.valid is None:
            return terms.Valid()
        start, end = written.valid.start, written.valid.end
        valid = terms.Valid(
            start_of(start, zone) if start else None, end_of(end, zone) if end else None
        )
        if valid.start and valid.end and valid.end <= valid.start:
            what = "is not after its `from`"
            self.source.problem((*place, "valid", "to"), what, "write when it ends")
        return valid

    def _market(
        self,
        client: str,
        levels: Levels,
        venue: str,
        symbol: str,
        obligations: list[Timeline[terms.Obligation | None]],
    ) -> Timeline[MarketAlerts | None]:
        """Return the alerts of a market while no obligation of the client there has its own."""

        def at(instant: datetime) -> MarketAlerts | None:
            promised = [each for one in obligations if (each := one.at(instant))]
            if any((each.venue, each.symbol) == (venue, symbol) for each in promised):
                return None
            found = figures.alerts(levels.at(instant), "obligation")
            return MarketAlerts(client, venue, symbol, found) if found else None

        starts = {start for each in obligations for start in each.starts[1:]}
        return timeline(levels.changes | starts, at)
