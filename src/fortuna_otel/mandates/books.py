"""The books of a file: who holds each, and who sees all of an obligation's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel.mandates import model, terms, units
from fortuna_otel.mandates.checks import Claims
from fortuna_otel.mandates.figures import in_asset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortuna_otel.mandates.inherit import Inherited
    from fortuna_otel.mandates.source import Keys, Source


class Books:
    """Resolves books; one that nobody holds, or that two promises claim, becomes a problem."""

    def __init__(self, source: Source, services: frozenset[str]) -> None:
        self.source = source
        self.services = services
        self.claims = Claims(source)

    def of_obligation(
        self,
        place: Keys,
        written: model.Obligation,
        inherited: Inherited,
        valid: terms.Valid,
    ) -> tuple[terms.Book, ...]:
        """Return the books of an obligation that stands at a place."""
        _, client, _, mandate = place
        free = self.claims.market(place, str(client), written.venue, written.symbol, valid)
        if not written.books:
            self.source.missing((*place, "books"), "write `books: [{account: mm-1, tag: core}]`")
        books = []
        for index, book in enumerate(written.books):
            at: Keys = (*place, "books", index)
            found = terms.Book(
                client=str(client),
                venue=written.venue,
                symbol=written.symbol,
                account=book.account,
                tag=book.tag,
                role="quote",
                capital=capital(str(client), inherited),
                service=self._service(at, book, inherited),
                mandate=str(mandate),
            )
            if free:
                self.claims.book(at, found, valid)
            books.append(found)
        return tuple(books)

    def own(self, place: Keys, written: model.OwnBook, inherited: Inherited) -> terms.Book:
        """Return a book without an obligation that stands at a place."""
        client, symbol = str(place[1]), written.symbol
        limit = written.position.max if written.position else None
        if limit and not self.source.troubled((*place, "symbol")):
            base = units.base_of(symbol)
            at = (*place, "position", "max")
            in_asset(self.source, at, limit, base, f", the base of {symbol}")
        book = terms.Book(
            client=client,
            venue=written.venue,
            symbol=symbol,
            account=written.account,
            tag=written.tag,
            role=written.role,
            capital=capital(client, inherited),
            service=self._service(place, written, inherited),
            position=limit.value if limit else None,
        )
        self.claims.book(place, book, terms.Valid())
        return book

    def watcher(self, place: Keys, books: Iterable[terms.Book], inherited: Inherited) -> str:
        """Return who sees all books of an obligation; empty where one service holds them."""
        engines = sorted({book.service for book in books} & self.services)
        found = inherited.get("watcher")
        if found.value is not None:
            self._known(found.place, found.value)
            return str(found.value)
        if len(engines) > 1:
            self.source.problem(
                (*place, "books"),
                f"live in several services ({', '.join(engines)}), and nobody sees them together",
                "put them into one service, or write `watcher: …` with a service that sees all",
            )
        return ""

    def _service(self, place: Keys, book: model.Book, inherited: Inherited) -> str:
        service, where = book.service, (*place, "service")
        if service is None:
            service, where, _ = inherited.get("service")
        if service is None:
            known = self.source.troubled((*place, "service"))
            if not known and not inherited.troubled(self.source, "service"):
                self.source.problem(
                    place,
                    "no service holds this book",
                    "write `service: desk/mm-majors` for it, its obligation, client or the desk",
                )
            return ""
        self._known(where, service)
        return str(service)

    def _known(self, where: Keys, service: str) -> None:
        if service not in self.services:
            near = units.closest(service, self.services)
            self.source.problem(
                where,
                f"`{service}` is not among the services",
                f"write `{near}` instead" if near else "add it under `services`",
            )


def capital(client: str, inherited: Inherited) -> terms.Capital:
    """Return whose money it is: the client's, but for the desk's own books."""
    default: terms.Capital = "desk" if client == "desk" else "client"
    return inherited.value(default, "capital")
