"""What is chosen of the desk, with the board's own variables."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from fortuna_otel.provisioning.variables import DEFAULT_INTERVAL, DEFAULT_REFERENCE, INTERVALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BOOK_FILTERS: Final = ("client", "exchange", "symbol", "account", "tag")
FILTERS: Final = (*BOOK_FILTERS, "reference", "asset", "interval")
SINGLE: Final = frozenset({"reference", "interval"})
"""Filters of which exactly one value holds; of the others several may, and All when none is."""


class Book(NamedTuple):
    """What one strategy quotes or trades in one account."""

    client: str
    exchange: str
    symbol: str
    account: str
    tag: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows that can be chosen."""

    books: frozenset[Book] = frozenset()
    currencies: frozenset[str] = frozenset()
    assets: frozenset[str] = frozenset()


class UnknownChoiceError(Exception):
    """A chosen value is none that the store knows; the message lists what there is."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen: by filter, the values; a filter that is not here is All."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reference: str = DEFAULT_REFERENCE
    interval: str = DEFAULT_INTERVAL

    def choose(self, name: str, values: Sequence[str]) -> Selection:
        """Return the selection with a filter's values; none means All."""
        if name == "reference":
            return replace(self, reference=values[0])
        if name == "interval":
            return replace(self, interval=values[0])
        rest = {one: kept for one, kept in self.chosen.items() if one != name}
        return replace(self, chosen=rest | ({name: tuple(values)} if values else {}))

    def only(self, client: str, exchange: str, symbol: str) -> Selection:
        """Return the selection of one obligation: every account and tag of it, as on the board."""
        row = {"client": (client,), "exchange": (exchange,), "symbol": (symbol,)}
        kept = {name: values for name, values in self.chosen.items() if name == "asset"}
        return replace(self, chosen=kept | row)

    def kept(self, known: Known) -> Selection:
        """Return the selection without the values that earlier choices have ruled out."""
        there = self
        for name in (*BOOK_FILTERS, "asset"):
            options = there.options(name, known)
            values = tuple(value for value in there.values(name) if value in options)
            there = there.choose(name, values)
        return there

    def values(self, name: str) -> tuple[str, ...]:
        """Return a filter's values; none where it is All."""
        if name in SINGLE:
            return (self.reference if name == "reference" else self.interval,)
        return self.chosen.get(name, ())

    def books(self, known: Known) -> list[Book]:
        """List the selected books in the order in which the board names its first."""
        return self._narrowed(known, BOOK_FILTERS)

    def options(self, name: str, known: Known) -> list[str]:
        """List what a filter may be: each filter narrows those after it."""
        if name == "interval":
            return list(INTERVALS)
        if name == "reference":
            return sorted(known.currencies | {self.reference}, key=str.casefold)
        if name == "asset":
            return sorted(known.assets, key=str.casefold)
        place = BOOK_FILTERS.index(name)
        there = {book[place] for book in self._narrowed(known, BOOK_FILTERS[:place])}
        return sorted(there, key=str.casefold)

    def _narrowed(self, known: Known, filters: Sequence[str]) -> list[Book]:
        matching = (
            book
            for book in known.books
            if all(
                book[place] in self.chosen[name]
                for place, name in enumerate(filters)
                if name in self.chosen
            )
        )
        return sorted(matching, key=lambda book: [part.casefold() for part in book])

    def variables(
        self, known: Known, one: Book | None, today: float
    ) -> dict[str, str | tuple[str, ...]]:
        """Give every variable of the board its value: All is every option, as in Grafana.

        Args:
            known: what can be chosen.
            one: the book that panels of a single book show.
            today: seconds since the desk's day began.
        """
        several = (*BOOK_FILTERS, "asset")
        return {
            **{name: self.values(name) or tuple(self.options(name, known)) for name in several},
            **{f"one_{name}": one[place] if one else "" for place, name in enumerate(BOOK_FILTERS)},
            "reference": self.reference,
            "interval": self.interval,
            "today": f"{today:.0f}",
        }

    def check(self, known: Known) -> None:
        """Refuse a choice that is none, where there is something to choose from.

        Raises:
            UnknownChoiceError: names the value, what is nearest to it and what there is.
        """
        for name in FILTERS:
            there = self.options(name, known)
            if name == "reference":
                there = sorted(known.currencies)
            for value in self.values(name) if there else ():
                if value not in there:
                    raise UnknownChoiceError(_unknown(name, value, there))

    def __str__(self) -> str:
        """Name what is chosen, All left out."""
        parts = [f"{name} {'+'.join(self.chosen[name])}" for name in FILTERS if name in self.chosen]
        return " · ".join(parts) or "everything"


def _unknown(name: str, value: str, there: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, there, n=1)
    listed = ", ".join(there[:12]) + (f" and {len(there) - 12} more" if len(there) > 12 else "")
    hint = f"did you mean {near[0]}? " if near else ""
    return f"--{name} {value}: no such {name} among what is selected; {hint}there is {listed}"
