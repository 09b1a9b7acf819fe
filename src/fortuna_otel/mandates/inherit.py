"""Inheritance: the nearest level that says something is heard, its amendments first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from fortuna_otel.mandates.times import start_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from fortuna_otel.mandates.model_terms import Amendment, Entry
    from fortuna_otel.mandates.source import Keys, Source

_T = TypeVar("_T")


class Level(NamedTuple):
    """An entry of the file that others inherit from, and its place."""

    place: Keys
    entry: Entry


class Found(NamedTuple):
    """What stands under a key.

    Attributes:
        value: None where it stands nowhere.
        place: where it was found.
        rank: 0 for the nearest level, more for those it inherits from.
    """

    value: Any
    place: Keys
    rank: int


class Inherited:
    """The levels that something inherits from, nearest first."""

    def __init__(self, *levels: Level) -> None:
        self.levels = levels

    def get(self, *keys: str) -> Found:
        """Return the nearest value set under keys."""
        for rank, (place, entry) in enumerate(self.levels):
            value: Any = entry
            for key in keys:
                value = value.get(key) if isinstance(value, dict) else getattr(value, key, None)
            if value is not None:
                return Found(value, (*place, *keys), rank)
        return Found(None, self.levels[0].place, 0)

    def value(self, default: _T, *keys: str) -> _T:
        """Return the nearest value set under keys, or a default."""
        found = self.get(*keys).value
        return default if found is None else found

    def keys(self, key: str) -> list[str]:
        """Return the keys of a mapping on any level, nearest first."""
        return list(dict.fromkeys(name for _, entry in self.levels for name in getattr(entry, key)))

    def all(self, key: str) -> Iterator[tuple[Any, Keys]]:
        """Yield the items of a list on every level, nearest first, with their places."""
        for place, entry in self.levels:
            for index, item in enumerate(getattr(entry, key, ())):
                yield item, (*place, key, index)

    def troubled(self, source: Source, key: str) -> bool:
        """Return whether a key was written wrong on any level, and therefore may be missing."""
        return any(source.troubled((*place, key)) for place, _ in self.levels)


class Levels:
    """Levels whose amendments begin at their time.

    Attributes:
        base: without amendments.
        zone: in which days begin.
    """

    def __init__(self, *levels: Level, zone: str | None = None) -> None:
        self.base = Inherited(*levels)
        self.zone = zone or self.base.value("UTC", "zone")
        self._amended = [(level, self._amendments(level)) for level in levels]

    def _amendments(self, level: Level) -> list[tuple[datetime, Level]]:
        written: Sequence[Amendment] = getattr(level.entry, "amendments", ())
        dated = [
            (start_of(each.start, self.zone), Level((*level.place, "amendments", index), each))
            for index, each in enumerate(written)
        ]
        return sorted(dated, key=lambda item: item[0], reverse=True)

    def at(self, instant: datetime) -> Inherited:
        """Return the levels at an instant: what was amended last is heard first."""
        levels: list[Level] = []
        for level, amendments in self._amended:
            levels += [amendment for start, amendment in amendments if start <= instant]
            levels.append(level)
        return Inherited(*levels)

    @property
    def changes(self) -> set[datetime]:
        """The instants at which an amendment begins."""
        return {start for _, amendments in self._amended for start, _ in amendments}

    def check(self, source: Source) -> None:
        """Record amendments of one level that begin together: neither of them would be the last."""
        for _, amendments in self._amended:
            seen: dict[datetime, Keys] = {}
            for start, (place, _) in sorted(amendments, key=lambda item: item[1].place[-1]):
                if start in seen and not source.troubled((*place, "from")):
                    line = source.root.find(seen[start]).line
                    source.problem(
                        (*place, "from"),
                        f"is when the amendment on line {line} begins",
                        "write both into one amendment, or another day",
                    )
                seen.setdefault(start, place)
