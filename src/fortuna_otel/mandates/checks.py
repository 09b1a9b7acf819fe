"""What must fit together across the entries of a file, whatever the time."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fortuna_otel.mandates.thresholds import BY_ALERT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.mandates import model
    from fortuna_otel.mandates import model_terms as shared
    from fortuna_otel.mandates.source import Keys, Source
    from fortuna_otel.mandates.terms import Book, Valid


class Claims:
    """What belongs to one obligation at a time: a book, and a client's market."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._books: dict[tuple[str, ...], list[tuple[Keys, Valid]]] = defaultdict(list)
        self._markets: dict[tuple[str, ...], list[tuple[Keys, Valid]]] = defaultdict(list)

    def book(self, place: Keys, book: Book, valid: Valid) -> None:
        """Claim a book for the time of an obligation."""
        market = ((*place[:-2], "venue"), (*place[:-2], "symbol"))
        if any(self.source.troubled(written) for written in (place, *market)):
            return
        other = _meets(self._books[book.key], valid)
        if other:
            self.source.problem(
                place,
                f"{book.account}/{book.tag} on {book.venue} {book.symbol}"
                f" is already claimed on line {self._line(other)}",
                "write each book once, or give this one a tag of its own",
            )
        self._books[book.key].append((place, valid))

    def market(self, place: Keys, client: str, venue: str, symbol: str, valid: Valid) -> bool:
        """Claim a client's market for the time of an obligation; return whether it is free then."""
        if any(self.source.troubled((*place, key)) for key in ("venue", "symbol", "valid")):
            return True
        claims = self._markets[client, venue, symbol]
        other = _meets(claims, valid)
        if other:
            self.source.problem(
                place,
                f"is a second promise to {client} on {venue} {symbol}, beside line"
                f" {self._line(other)}; alerts judge a client's market as a whole",
                "write its books into the first, or `valid` times that do not meet",
            )
            return False
        claims.append((place, valid))
        return True

    def _line(self, place: Keys) -> int:
        return self.source.root.find(place).line


def _meets(claims: list[tuple[Keys, Valid]], valid: Valid) -> Keys | None:
    """Return the place of the first claim that holds at some time at which this one does."""
    for place, other in claims:
        before = other.end is not None and valid.start is not None and other.end <= valid.start
        after = valid.end is not None and other.start is not None and valid.end <= other.start
        if not before and not after:
            return place
    return None


def _levels(whole: model.File) -> Iterator[tuple[Keys, shared.Shared]]:
    """Yield every entry that obligations inherit from, and the obligations, with their places."""
    yield ("defaults",), whole.defaults
    for venue, entry in whole.defaults.venues.items():
        yield ("defaults", "venues", venue), entry
    for name, client in whole.clients.items():
        yield ("clients", name), client
        for venue, entry in client.venues.items():
            yield ("clients", name, "venues", venue), entry
        for mandate, obligation in client.obligations.items():
            yield ("clients", name, "obligations", mandate), obligation


def _terms(whole: model.File) -> Iterator[tuple[Keys, shared.Terms]]:
    """Yield every entry with terms: the levels and their amendments."""
    for place, level in _levels(whole):
        yield place, level
        for index, amendment in enumerate(getattr(level, "amendments", ())):
            yield (*place, "amendments", index), amendment


def alerts_fit(source: Source, whole: model.File) -> None:
    """Record figures that no alert reads: of another severity, another kind, or another scope."""
    for place, entry in _terms(whole):
        of_the_desk = place[0] == "defaults" and "venues" not in place
        for alert, figures in entry.alerts.items():
            at: Keys = (*place, "alerts", alert)
            known = {severity: row for (name, severity), row in BY_ALERT.items() if name == alert}
            if not of_the_desk and all(row.scope == "desk" for row in known.values()):
                source.problem(
                    at,
                    "is about more than one obligation, so that only the desk has figures for it",
                    "write it under `defaults`",
                )
                continue
            for severity in ("page", "ticket"):
                figure = getattr(figures, severity)
                if figure is None:
                    continue
                if severity not in known:
                    (only,) = known
                    source.problem(
                        (*at, severity), f"is no severity of {alert}", f"write `{only}` instead"
                    )
                    continue
                for name in ("patience", "tolerance"):
                    if getattr(figure, name) is not None and getattr(known[severity], name) is None:
                        other = "tolerance" if name == "patience" else "patience"
                        source.problem(
                            (*at, severity, name),
                            f"is no figure of {alert}: {known[severity].meaning}",
                            f"write `{other}` instead",
                        )


def windows_end(source: Source, whole: model.File) -> None:
    """Record windows that end before they begin."""
    for place, entry in _levels(whole):
        for key in ("maintenance", "exclusions"):
            for index, window in enumerate(getattr(entry, key)):
                at = (*place, key, index)
                if window.end <= window.start and not source.troubled(at):
                    source.problem(
                        (*at, "to"), "is not after its `from`", "write when the window ends"
                    )
