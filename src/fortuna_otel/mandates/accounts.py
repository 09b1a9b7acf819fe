"""The accounts of a client: which there are, and what holds for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortuna_otel.mandates import desk, holdings, model, terms
from fortuna_otel.mandates.desk import timeline
from fortuna_otel.mandates.units import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from fortuna_otel.mandates.desk import Timeline
    from fortuna_otel.mandates.inherit import Levels
    from fortuna_otel.mandates.source import Keys, Source


@dataclass(frozen=True, slots=True)
class Accounts:
    """Resolves the accounts that books of a client trade in.

    Attributes:
        source: of the file, for what is wrong.
        client: whose.
        entry: the client as written.
        obligations: of the client, by time.
        books: of the client without an obligation.
        levels: what everything on a venue inherits from.
    """

    source: Source
    client: str
    entry: model.Client
    obligations: list[Timeline[terms.Obligation | None]]
    books: list[terms.Book]
    levels: Callable[[str], Levels]

    def resolve(self) -> list[Timeline[desk.Account | None]]:
        """Return every account by time, None while no book of it is expected."""
        promised = (each for one in self.obligations for each in one.values if each)
        books = [*(book for each in promised for book in each.books), *self.books]
        held = dict.fromkeys(f"{book.venue}/{book.account}" for book in books)
        place: Keys = ("clients", self.client)
        troubled = any(self.source.troubled((*place, key)) for key in ("obligations", "books"))
        for key in self.entry.accounts:
            if key not in held and not troubled:
                near = closest(key, held)
                self.source.problem(
                    (*place, "accounts", key),
                    "no book of the client trades in this account",
                    f"write `{near}` instead" if near else "remove it, or add its book",
                )
        return [self._account(*key.split("/", 1)) for key in held]

    def _account(self, venue: str, account: str) -> Timeline[desk.Account | None]:
        key = f"{venue}/{account}"
        place: Keys = ("clients", self.client, "accounts", key)
        written = self.entry.accounts.get(key, model.Account())
        levels = self.levels(venue)
        floats = holdings.floats(self.source, place, written)
        mismatches = holdings.mismatches(self.source, place, written)
        limits = holdings.limits(written.limits, levels.base)
        own = any((book.venue, book.account) == (venue, account) for book in self.books)

        def at(instant: datetime) -> desk.Account | None:
            inherited = levels.at(instant)
            tiers = set(self._tiers(venue, account, instant))
            if own:
                tiers.add(inherited.value("liquid", "tier"))
            if not tiers:
                return None
            # One fresh view serves all books of an account: the strictest of them decides.
            tier: terms.Tier = "liquid" if "liquid" in tiers else "thin"
            default = inherited.value(terms.TIERS[tier].balances, "staleness", "balances")
            return desk.Account(
                client=self.client,
                venue=venue,
                account=account,
                staleness=written.staleness.balances if written.staleness else default,
                floats=floats,
                limits=limits,
                mismatches=mismatches,
            )

        starts = {start for each in self.obligations for start in each.starts[1:]}
        return timeline(starts | levels.changes, at)

    def _tiers(self, venue: str, account: str, instant: datetime) -> Iterator[terms.Tier]:
        """Yield the tiers of the obligations whose books an account holds at an instant."""
        for each in self.obligations:
            obligation = each.at(instant)
            books = obligation.books if obligation else ()
            if obligation and any((b.venue, b.account) == (venue, account) for b in books):
                yield obligation.tier
