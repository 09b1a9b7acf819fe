"""What one engine is to do: its part of the mandates file, and the overrides that may change."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import structlog

from fortuna_otel.mandates import MandatesError, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from fortuna_otel.mandates import Book, Exposure, Mandates, Obligation

log = structlog.get_logger()

WIDEST_MULTIPLIER: Final = 100.0
SIDES: Final = ("both", "bid", "ask", "none")


class ConfigError(Exception):
    """The engine cannot start as it was asked to; says how to mend it."""


@dataclass(frozen=True, slots=True)
class BookPlan:
    """One book and what it was promised for; a hedge has no obligation."""

    book: Book
    obligation: Obligation | None


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """One account at one venue with its books."""

    client: str
    venue: str
    account: str
    books: tuple[BookPlan, ...]


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """Everything one engine process does.

    Attributes:
        namespace: of the service; with its name it forms Prometheus' `job`.
        exposures: by client and asset.
    """

    namespace: str
    name: str
    accounts: tuple[AccountPlan, ...]
    obligations: tuple[Obligation, ...]
    exposures: Mapping[tuple[str, str], Exposure]

    def symbols(self, venue: str) -> list[str]:
        """Return the markets traded at a venue, sorted."""
        return sorted(
            {plan.book.symbol for one in self.accounts for plan in one.books if one.venue == venue}
        )

    @property
    def venues(self) -> list[str]:
        """The venues traded at, sorted."""
        return sorted({account.venue for account in self.accounts})


def plan(mandates: Mandates, service: str) -> EnginePlan:
    """Return an engine's part of the mandates.

    Args:
        mandates: the whole desk's.
        service: a `job`, or the name in it: `desk/mm-majors` or `mm-majors`.

    Raises:
        ConfigError: when no book belongs to that service.
    """
    jobs = sorted({book.service for book in mandates.books})
    job = next((job for job in jobs if service in (job, job.rpartition("/")[2])), None)
    if job is None:
        known = ", ".join(job.rpartition("/")[2] for job in jobs) or "none at all"
        raise ConfigError(f"--service {service}: the mandates file gives it no books; use {known}")
    obligations = {one.mandate: one for one in mandates.obligations}
    grouped: defaultdict[tuple[str, str, str], list[BookPlan]] = defaultdict(list)
    for book in mandates.books:
        if book.service == job:
            key = book.client, book.venue, book.account
            grouped[key].append(BookPlan(book, obligations.get(book.mandate)))
    held = {plan.book.mandate for plans in grouped.values() for plan in plans}
    namespace, _, name = job.rpartition("/")
    return EnginePlan(
        namespace=namespace,
        name=name,
        accounts=tuple(AccountPlan(*key, tuple(books)) for key, books in grouped.items()),
        obligations=tuple(one for one in mandates.obligations if one.mandate in held),
        exposures={(one.client, one.asset): one for one in mandates.exposures},
    )


class Promises:
    """The obligations as the mandates file has them by now: terms and windows may change.

    A file that is wrong changes nothing; the exporter and `mandates check` say what is wrong.

    Args:
        path: of the mandates file; None for an engine that does not follow it.
        obligations: those it started with.
    """

    def __init__(self, path: Path | None, obligations: Iterable[Obligation]) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._now = {one.mandate: one for one in obligations}

    def refresh(self) -> list[Obligation]:
        """Read the file again if it has changed, and return the obligations that are different."""
        stamp = _stamp(self._path)
        if self._path is None or stamp in (None, self._stamp):
            return []
        self._stamp = stamp
        try:
            loaded = {one.mandate: one for one in load(self._path).obligations}
        except MandatesError as error:
            log.warning("mandates unchanged", path=str(self._path), problems=len(error.problems))
            return []
        changed = [
            loaded[mandate]
            for mandate, before in self._now.items()
            if mandate in loaded and loaded[mandate] != before
        ]
        self._now.update({one.mandate: one for one in changed})
        return changed

    def scheduled(self, obligation: Obligation) -> bool:
        """Return whether an obligation counts now, or is in an agreed maintenance window."""
        return self._now.get(obligation.mandate, obligation).scheduled()


@dataclass(frozen=True, slots=True)
class Override:
    """What the desk has changed for one client while engines run.

    Attributes:
        spread_multiplier: of the spread that is aimed at.
        depth_multiplier: of what rests.
        sides: on which to rest orders: both, bid, ask or none. The book goes on saying that it
            quotes: a wrong parameter does not know that it is one.
        paused: pull everything, and say so.
    """

    spread_multiplier: float = 1.0
    depth_multiplier: float = 1.0
    sides: str = "both"
    paused: bool = False


class Overrides:
    """The overrides file, read again whenever it changes: `{"acme": {"spread_multiplier": 6}}`.

    A file that is not there overrides nothing; one that is wrong changes nothing and is told
    once in the log.

    Args:
        path: of the file; None for an engine without one.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._clients: dict[str, Override] = {}

    def of(self, client: str) -> Override:
        """Return what holds for a client, as of the last refresh."""
        return self._clients.get(client, Override())

    def refresh(self) -> None:
        """Read the file again if it has changed."""
        if self._path is None:
            return
        try:
            status = self._path.stat()
            stamp = status.st_mtime_ns, status.st_size
            if stamp == self._seen:
                return
            self._seen = stamp
            self._clients = _overrides(json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            self._seen, self._clients = None, {}
            return
        except (OSError, ValueError) as error:
            log.warning("overrides unchanged", path=str(self._path), problem=str(error))
            return
        log.info("overrides", **{name: str(one) for name, one in self._clients.items()})


def _stamp(path: Path | None) -> tuple[int, int] | None:
    try:
        status = path.stat() if path else None
    except OSError:
        return None
    return None if status is None else (status.st_mtime_ns, status.st_size)


def _overrides(content: Any) -> dict[str, Override]:
    if not isinstance(content, dict):
        raise ValueError('write one object: {"client": {"spread_multiplier": 2}}')  # noqa: TRY004
    known = {one.name for one in fields(Override)}
    read = {}
    for client, changed in content.items():
        if not isinstance(changed, dict) or changed.keys() - known:
            raise ValueError(f"{client}: write {', '.join(sorted(known))} only")
        for name in ("spread_multiplier", "depth_multiplier"):
            value = changed.get(name, 1.0)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not math.isfinite(value) or not 0 < value <= WIDEST_MULTIPLIER:
                raise ValueError(f"{client}: {name} is a number above 0, at most 100")
        if changed.get("sides", "both") not in SIDES:
            raise ValueError(f"{client}: sides is one of {', '.join(SIDES)}")
        if not isinstance(changed.get("paused", False), bool):
            raise ValueError(f"{client}: paused is true or false")  # noqa: TRY004
        read[client] = Override(**changed)
    return read
