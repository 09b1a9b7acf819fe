"""One round of questions: what can be chosen, then what a screen shows, all as of one moment."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fortuna_otel.provisioning import promql
from fortuna_otel.top import queries, views
from fortuna_otel.top.selection import Book, Known
from fortuna_otel.top.store import Question

if TYPE_CHECKING:
    from fortuna_otel.top.model import Desk, OneBook
    from fortuna_otel.top.selection import Selection
    from fortuna_otel.top.store import Answer, Store

KNOWN_SECONDS: Final = 10.0
"""A new market can be chosen after this long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show: the desk, or the selection's book of that number, counted from 0."""

    selection: Selection
    book: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one round found.

    Attributes:
        at: the store's Unix time that every number is as of.
        wanted: what it answers.
        known: what can be chosen.
        view: the screen; None where no book is selected that could be shown.
    """

    at: float
    wanted: Wanted
    known: Known
    view: Desk | OneBook | None


class Reader:
    """Reads a store for the screens; one round at a time, from any thread."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._known = Known()
        self._asked: Selection | None = None
        self._asked_at = 0.0

    def read(self, wanted: Wanted) -> Snapshot:
        """Ask for everything that is to be shown.

        Raises:
            StoreError: the store cannot be asked.
        """
        with self._lock:
            at = self.store.now()
            today = self._learn(wanted.selection, at)
            return self._show(wanted, at, today)

    def _learn(self, selection: Selection, at: float) -> float:
        """Learn what can be chosen; return the seconds since the desk's day began."""
        asked = {"today": Question(queries.known()["today"])}
        fresh = self._asked == selection and 0 <= at - self._asked_at < KNOWN_SECONDS
        if not fresh:
            asked = {name: Question(expr) for name, expr in queries.known().items()}
        answers = self.store.ask(asked, at)
        today = answers["today"].value
        if not fresh:
            self._known = self._choices(selection, at, answers)
            self._asked, self._asked_at = selection, at
        return 60.0 if today is None else today

    def _choices(self, selection: Selection, at: float, answers: dict[str, Answer]) -> Known:
        books = frozenset(
            Book(*(sample.labels.get(key, "") for key in promql.BOOK))
            for sample in answers["books"].samples
        )
        known = Known(books, frozenset(answers["currencies"].by("currency")))
        asked = {"assets": queries.Asked(queries.known_assets())}
        filled = queries.questions(asked, selection.variables(known, None, 60))
        assets = self.store.ask(filled, at)["assets"].by("asset")
        return Known(books, known.currencies, frozenset(assets))

    def _show(self, wanted: Wanted, at: float, today: float) -> Snapshot:
        selection, known = wanted.selection, self._known
        books = selection.books(known)
        view: Desk | OneBook | None = None
        if wanted.book is None:
            values = selection.variables(known, books[0] if books else None, today)
            answers = self.store.ask(queries.questions(queries.first_screen(), values), at)
            view = views.first_screen(answers, selection, known)
        elif books:
            number = wanted.book % len(books)
            values = selection.variables(known, books[number], today)
            answers = self.store.ask(queries.questions(queries.one_book(), values), at)
            view = views.one_book(answers, selection, books, number, at)
        return Snapshot(at, wanted, known, view)
