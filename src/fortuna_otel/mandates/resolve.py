"""From the file as written to its terms: inheritance, tier defaults, and checks across entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

from fortuna_otel.mandates import figures, model, terms
from fortuna_otel.mandates.units import closest

if TYPE_CHECKING:
    from fortuna_otel.mandates.source import Keys, Source

_T = TypeVar("_T")
_Level = tuple["Keys", model.Shared]


class _Inherited:
    """The levels an obligation or book inherits from, nearest first, each with its place."""

    def __init__(self, *levels: _Level) -> None:
        self.levels = levels

    def get(self, *keys: str) -> tuple[Any, Keys]:
        """Return the nearest value set under keys, and its place; None where none is set."""
        for place, entry in self.levels:
            value: Any = entry
            for key in keys:
                value = getattr(value, key, None)
            if value is not None:
                return value, (*place, *keys)
        return None, self.levels[0][0]

    def troubled(self, source: Source, key: str) -> bool:
        """Return whether a key was written wrong on any level, and therefore may be missing."""
        return any(source.troubled((*place, key)) for place, _ in self.levels)

    def value(self, default: _T, *keys: str) -> _T:
        """Return the nearest value set under keys, or a default."""
        found = self.get(*keys)[0]
        return default if found is None else found


class Resolver:
    """Resolves a file that is structurally sound; what does not fit together becomes a problem."""

    def __init__(self, source: Source, whole: model.File, known_services: frozenset[str]) -> None:
        self.source = source
        self.file = whole
        self.known_services = known_services
        self.default_level: _Level = (("defaults",), whole.defaults)
        self.mandates: dict[str, Keys] = {}
        self.claimed: dict[tuple[str, ...], Keys] = {}
        self.serves: dict[str, dict[str, None]] = {job: {} for job in whole.services}
        self.obligations: list[terms.Obligation] = []
        self.books: list[terms.Book] = []

    def resolve(self) -> terms.Mandates:
        """Return the terms; only to be used where no problem was recorded."""
        accounts: list[terms.Account] = []
        exposures: list[terms.Exposure] = []
        losses: list[terms.LossLimit] = []
        for client, entry in self.file.clients.items():
            place = ("clients", client)
            before = len(self.obligations), len(self.books)
            for mandate, written in entry.obligations.items():
                self._obligation(client, entry, mandate, written)
            for index, book in enumerate(entry.books):
                self._own_book(client, entry, index, book)
            capital = _Inherited((place, entry), self.default_level).get("capital")
            if client == "desk" and capital[0] == "client":
                self.source.problem(
                    capital[1], "is `client` for the desk's own books", "write `capital: desk`"
                )
            if not entry.obligations and not entry.books and not self._books_troubled(client):
                self.source.problem(
                    place, "has neither obligations nor books", "give it one, or remove the client"
                )
            exposures += figures.exposures(self.source, client, entry)
            losses += figures.losses(client, entry)
            accounts += self._accounts(
                client, entry, self.obligations[before[0] :], self.books[before[1] :]
            )
        return terms.Mandates(
            clients=tuple(
                terms.Client(client, entry.name or client)
                for client, entry in self.file.clients.items()
            ),
            obligations=tuple(self.obligations),
            books=tuple(self.books),
            accounts=tuple(accounts),
            services=tuple(
                terms.Service(job, tuple(service.loops), tuple(self.serves[job]) or ("desk",))
                for job, service in self.file.services.items()
            ),
            exposures=tuple(exposures),
            losses=tuple(losses),
        )

    def _books_troubled(self, client: str) -> bool:
        """Return whether books of a client may be missing only because they are written wrong."""
        return any(
            self.source.troubled(("clients", client, key)) for key in ("obligations", "books")
        )

    # Obligations and books

    def _obligation(
        self, client: str, entry: model.Client, mandate: str, written: model.Obligation
    ) -> None:
        place: Keys = ("clients", client, "obligations", mandate)
        inherited = _Inherited((place, written), (("clients", client), entry), self.default_level)
        if mandate in self.mandates:
            first = self.source.root.find(self.mandates[mandate]).line
            self.source.problem(
                place,
                f"is the id of another obligation, on line {first}",
                f"write an id of its own, such as `{client}-{mandate}`, instead",
            )
        self.mandates.setdefault(mandate, place)
        if not written.books:
            self.source.missing((*place, "books"), "write `books: [{account: mm-1, tag: core}]`")
        capital = inherited.value(_capital(client), "capital")
        tier: terms.Tier = inherited.value("liquid", "tier")
        books = [
            self._book(
                (*place, "books", index),
                terms.Book(
                    client=client,
                    venue=written.venue,
                    symbol=written.symbol,
                    account=book.account,
                    tag=book.tag,
                    role="quote",
                    capital=capital,
                    service=self._service((*place, "books", index), book, inherited),
                    mandate=mandate,
                ),
            )
            for index, book in enumerate(written.books)
        ]
        self.obligations.append(
            terms.Obligation(
                mandate=mandate,
                client=client,
                venue=written.venue,
                symbol=written.symbol,
                version=inherited.value("1", "version"),
                tier=tier,
                capital=capital,
                spread=figures.spread(
                    self.source,
                    {key: inherited.get("spread", key) for key in ("min", "target", "max")},
                ),
                depth=figures.depth(self.source, place, written.symbol, inherited.get("depth")),
                uptime=_uptime(inherited),
                window=inherited.value(terms.UPTIME_WINDOW, "uptime", "window"),
                staleness=terms.Staleness(
                    market=inherited.value(terms.TIERS[tier].market, "staleness", "market"),
                    quotes=inherited.value(terms.TIERS[tier].quotes, "staleness", "quotes"),
                    orders=inherited.value(terms.TIERS[tier].orders, "staleness", "orders"),
                ),
                watcher=self._watcher(place, client, books, inherited),
                maintenance=figures.maintenance(self.source, place, written.maintenance),
                books=tuple(books),
            )
        )

    def _own_book(
        self, client: str, entry: model.Client, index: int, written: model.OwnBook
    ) -> None:
        place: Keys = ("clients", client, "books", index)
        inherited = _Inherited((("clients", client), entry), self.default_level)
        self._book(
            place,
            terms.Book(
                client=client,
                venue=written.venue,
                symbol=written.symbol,
                account=written.account,
                tag=written.tag,
                role=written.role,
                capital=inherited.value(_capital(client), "capital"),
                service=self._service(place, written, inherited),
            ),
        )

    def _book(self, place: Keys, book: terms.Book) -> terms.Book:
        market = ((*place[:-2], "venue"), (*place[:-2], "symbol"))
        if any(self.source.troubled(written) for written in (place, *market)):
            return book
        if book.key in self.claimed:
            first = self.source.root.find(self.claimed[book.key]).line
            self.source.problem(
                place,
                f"{book.account}/{book.tag} on {book.venue} {book.symbol}"
                f" is already claimed on line {first}",
                "write each book once, or give this one a tag of its own",
            )
            return book
        self.claimed[book.key] = place
        self.books.append(book)
        if book.service in self.serves:
            self.serves[book.service][book.client] = None
        return book

    def _service(self, place: Keys, book: model.Book, inherited: _Inherited) -> str:
        service, where = book.service, (*place, "service")
        if service is None:
            service, where = inherited.get("service")
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
        if service not in self.known_services:
            near = closest(service, self.known_services)
            self.source.problem(
                where,
                f"`{service}` is not among the services",
                f"write `{near}` instead" if near else "add it under `services`",
            )

    def _watcher(
        self, place: Keys, client: str, books: list[terms.Book], inherited: _Inherited
    ) -> str:
        engines = sorted({book.service for book in books} & self.known_services)
        watcher, where = inherited.get("watcher")
        if watcher is not None:
            self._known(where, watcher)
            self.serves.get(watcher, {})[client] = None
            return str(watcher)
        if len(engines) > 1:
            self.source.problem(
                (*place, "books"),
                f"live in several services ({', '.join(engines)}), and nobody sees them together",
                "put them into one service, or write `watcher: …` with a service that sees all",
            )
        return ""

    def _accounts(
        self,
        client: str,
        entry: model.Client,
        obligations: list[terms.Obligation],
        books: list[terms.Book],
    ) -> list[terms.Account]:
        inherited = _Inherited((("clients", client), entry), self.default_level)
        tiers = {obligation.mandate: obligation.tier for obligation in obligations}
        held: dict[str, list[terms.Tier]] = {}
        for book in books:
            tier = tiers.get(book.mandate, inherited.value("liquid", "tier"))
            held.setdefault(f"{book.venue}/{book.account}", []).append(tier)
        for key in entry.accounts:
            if key not in held and not self._books_troubled(client):
                near = closest(key, held)
                self.source.problem(
                    ("clients", client, "accounts", key),
                    "no book of the client trades in this account",
                    f"write `{near}` instead" if near else "remove it, or add its book",
                )
        accounts = []
        for key, tiers_held in held.items():
            # One fresh view serves all books of an account: the strictest of them decides.
            tier = "liquid" if "liquid" in tiers_held else "thin"
            written = entry.accounts.get(key, model.Account())
            default = inherited.value(terms.TIERS[tier].balances, "staleness", "balances")
            venue, _, account = key.partition("/")
            accounts.append(
                terms.Account(
                    client=client,
                    venue=venue,
                    account=account,
                    staleness=written.staleness.balances if written.staleness else default,
                    floats=figures.floats(
                        self.source, ("clients", client, "accounts", key), written
                    ),
                )
            )
        return accounts


def _capital(client: str) -> terms.Capital:
    return "desk" if client == "desk" else "client"


def _uptime(inherited: _Inherited) -> tuple[terms.UptimeMinimum, ...]:
    minima = tuple(
        terms.UptimeMinimum(term, share)
        for term in get_args(terms.Term)
        if (share := inherited.get("uptime", term)[0]) is not None
    )
    return minima or (terms.UptimeMinimum("all", terms.UPTIME_MIN),)
