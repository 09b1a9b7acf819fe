"""What is chosen on the board, and what Grafana makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.e2e.hand import facts, wealth

if TYPE_CHECKING:
    from tests.e2e.hand.model import Book, Promise

Names = tuple[str, ...] | None
"""What is chosen of a variable; None is All."""


def _grafana(names: set[str]) -> tuple[str, ...]:
    """Sort as the board's variables do."""
    return tuple(sorted(names, key=str.casefold))


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice of each variable.

    Each narrows those after it. All of a variable is every option that those before it leave.
    """

    name: str
    clients: Names = None
    venues: Names = None
    symbols: Names = None
    accounts: Names = None
    tags: Names = None
    assets: Names = None
    reference: str = "USD"
    interval: int = 15

    @property
    def chosen(self) -> dict[str, tuple[str, ...]]:
        """What is chosen of each label of a book."""
        return _narrowed(self)[0]

    @property
    def books(self) -> list[Book]:
        """The selected books."""
        return _narrowed(self)[1]

    @property
    def all_assets(self) -> tuple[str, ...]:
        """The selected assets: all that the chosen clients hold, owe or are exposed to."""
        if self.assets is not None:
            return self.assets
        told = (*wealth.HOLDINGS, *wealth.EXPOSURES, *wealth.LOANS)
        return _grafana({one.asset for one in told if one.client in self.chosen["client"]})

    def has(self, **labels: str) -> bool:
        """Whether each of these labels has a chosen value."""
        chosen = self.chosen
        return all(value in chosen[label] for label, value in labels.items())

    def has_account(self, key: tuple[str, ...]) -> bool:
        """Whether an account, (client, venue, account, …), is chosen."""
        client, venue, account = key[:3]
        return self.has(client=client, venue=venue, account=account)

    def has_market(self, venue: str, symbol: str) -> bool:
        """Whether a market is chosen, whoever trades there."""
        return self.has(venue=venue, symbol=symbol)

    @property
    def promises(self) -> list[Promise]:
        """The obligations with a selected book on their market."""
        obliged = {book.obliged for book in self.books}
        return [one for one in facts.PROMISES if one.obliged in obliged]

    @property
    def crossed_promises(self) -> list[Promise]:
        """The obligations by client and market alone; account and tag don't apply."""
        return [
            one
            for one in facts.PROMISES
            if self.has(client=one.client, venue=one.venue, symbol=one.symbol)
        ]

    @property
    def crossed_books(self) -> list[Book]:
        """The books by client and market alone."""
        return [
            book
            for book in facts.BOOKS
            if self.has(client=book.client, venue=book.venue, symbol=book.symbol)
        ]

    @property
    def one(self) -> Book:
        """The first book, for panels that show exactly one."""
        books = self.books
        for label in ("client", "venue", "symbol", "account", "tag"):
            first = _grafana({getattr(book, label) for book in books})[0]
            books = [book for book in books if getattr(book, label) == first]
        return books[0]

    @property
    def bar(self) -> int:
        """Seconds of a bar of flows: they are recorded once a minute."""
        return max(self.interval, 60)

    def variables(self, today: int) -> dict[str, str | list[str]]:
        """Write the values of every variable.

        Args:
            today: whole seconds since 00:00 UTC.
        """
        chosen, one = self.chosen, self.one
        return {
            "client": list(chosen["client"]),
            "exchange": list(chosen["venue"]),
            "symbol": list(chosen["symbol"]),
            "account": list(chosen["account"]),
            "tag": list(chosen["tag"]),
            "asset": list(self.all_assets),
            "reference": self.reference,
            "interval": f"{self.interval}s",
            "one_client": one.client,
            "one_exchange": one.venue,
            "one_symbol": one.symbol,
            "one_account": one.account,
            "one_tag": one.tag,
            "today": str(max(60, today)),
            "bar": str(self.bar),
        }


@cache
def _narrowed(of: Selection) -> tuple[dict[str, tuple[str, ...]], list[Book]]:
    """Return what is chosen of each label, and the books that are left."""
    books = list(facts.BOOKS)
    chosen = {}
    for label, names in (
        ("client", of.clients),
        ("venue", of.venues),
        ("symbol", of.symbols),
        ("account", of.accounts),
        ("tag", of.tags),
    ):
        options = _grafana({getattr(book, label) for book in books})
        chosen[label] = options if names is None else names
        books = [book for book in books if getattr(book, label) in chosen[label]]
    return chosen, books


SELECTIONS = (
    Selection("all"),
    Selection("all, in EUR", reference="EUR"),
    Selection("one market", venues=("binance",), symbols=("ABC/USDT",)),
    Selection("one market of one client", ("alpha",), ("binance",), ("ABC/USDT",)),
    Selection("one market that stopped", ("beta",), ("binance",)),
    Selection("several markets", symbols=("ABC/USDT", "XYZ/USDT"), interval=30),
    Selection("alpha", ("alpha",)),
    Selection("alpha in EUR", ("alpha",), reference="EUR"),
    Selection("beta", ("beta",)),
    Selection("beta in EUR", ("beta",), reference="EUR", interval=60),
    Selection("gamma", ("gamma",), interval=5),
    Selection("one book", ("gamma",), ("binance",)),
    Selection("desk", ("desk",)),
    Selection("two clients", ("beta", "desk"), interval=5),
    Selection("one account", accounts=("alpha-2",)),
    Selection("several accounts", accounts=("alpha-1", "main")),
    Selection("one tag", tags=("core",)),
    Selection("a book without a mandate", tags=("extra",)),
    Selection("one asset", assets=("ABC",)),
    Selection("an asset that is an exposure too", assets=("BTC",)),
    Selection("an asset whose rate is missing", assets=("GHI",), reference="EUR"),
    Selection("gamma in EUR", ("gamma",), reference="EUR"),
    Selection("desk in EUR", ("desk",), reference="EUR"),
    Selection("several assets in EUR", assets=("USDT", "XYZ", "BTC"), reference="EUR"),
)
