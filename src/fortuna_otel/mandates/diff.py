"""What a change of the mandates alters: now, in the past, and from which day on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from fortuna_otel.mandates.times import ALWAYS, format_time
from fortuna_otel.mandates.words import facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from fortuna_otel.mandates.desk import Mandates
    from fortuna_otel.mandates.words import Facts, Subject

UNSAID = "not agreed"


@dataclass(frozen=True, slots=True)
class Change:
    """One term of one subject that is different.

    Attributes:
        term: empty where the whole subject is new or gone.
        before: empty where it was not there.
        after: empty where it no longer is.
    """

    subject: Subject
    term: str
    before: str
    after: str

    def __str__(self) -> str:
        """Return `term: before → after`."""
        if not self.term:
            return "added" if self.after else "removed"
        return f"{self.term}: {self.before or UNSAID} → {self.after or UNSAID}"


@dataclass(frozen=True, slots=True)
class Lasting:
    """A change and the time for which it holds; None where that has no end."""

    change: Change
    start: datetime | None
    end: datetime | None

    def __str__(self) -> str:
        """Return the change, and from when until when it differs."""
        since = [f"from {format_time(self.start)}"] if self.start else []
        until = [f"until {format_time(self.end)}"] if self.end else []
        when = " ".join(since + until)
        return f"{self.change} ({when})" if when else str(self.change)


def diff(old: Mandates, new: Mandates) -> list[Lasting]:
    """Return everything that is different at any time, subject by subject."""
    edges = sorted({ALWAYS, *old.changes, *new.changes})
    found: dict[Change, list[Lasting]] = {}
    subjects: dict[Subject, None] = {}
    for start, end in zip(edges, [*edges[1:], None], strict=True):
        before, after = facts(old.at(start)), facts(new.at(start))
        subjects |= dict.fromkeys([*before, *after])
        for change in _changes(before, after):
            spans = found.setdefault(change, [])
            if spans and spans[-1].end == start:
                spans[-1] = Lasting(change, spans[-1].start, end)
            else:
                spans.append(Lasting(change, None if start == ALWAYS else start, end))
    clients = list(dict.fromkeys(client for client, _ in subjects))
    order = {
        subject: (clients.index(subject[0]), number) for number, subject in enumerate(subjects)
    }
    return sorted(chain.from_iterable(found.values()), key=lambda each: order[each.change.subject])


def _changes(before: dict[Subject, Facts], after: dict[Subject, Facts]) -> Iterator[Change]:
    for subject in dict.fromkeys([*before, *after]):
        old, new = before.get(subject), after.get(subject)
        if old is None or new is None:
            yield Change(subject, "", "there" if old else "", "there" if new else "")
        for term in dict.fromkeys([*(old or {}), *(new or {})]):
            was, now = (old or {}).get(term, ""), (new or {}).get(term, "")
            # Of what is gone as a whole, its terms need no telling.
            if was != now and new is not None:
                yield Change(subject, term, was, now)


def render(changes: list[Lasting], names: Mapping[str, str]) -> list[str]:
    """Return the changes as lines for people, grouped by client and obligation.

    Args:
        changes: as `diff` returns them.
        names: of clients, by id.
    """
    lines: list[str] = []
    present: Subject | None = None
    for each in changes:
        subject = each.change.subject
        client, mandate = subject
        if present is None or client != present[0]:
            lines.append(_heading(client, names))
        if mandate and subject != present:
            lines.append(f"  {mandate}")
        present = subject
        lines.append(f"{'    ' if mandate else '  '}{each}")
    return lines


def _heading(client: str, names: Mapping[str, str]) -> str:
    if not client:
        return "the desk as a whole"
    name = names.get(client, client)
    return client if name == client else f"{client}, {name}"
