"""Follow a mandates file: its changes, what goes wrong with them, and what begins by the clock."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fortuna_otel.mandates.loader import loads
from fortuna_otel.mandates.source import MandatesError, Problem, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from fortuna_otel.mandates.desk import Mandates

TURN: Final = 1.0
"""Seconds between two looks at the file: a maintenance window begins within this."""

logger = logging.getLogger(__name__)


class Follower:
    """A mandates file that is looked at once a turn.

    A change is taken over once it stands still for a turn, since copies are written in pieces. One
    that has problems is refused as a whole: the terms before it stay in force. What begins or ends
    by the clock does so without a change of the file.

    Attributes:
        mandates: the terms in force.
        loaded: when they were read.
        problems: for which the last change was refused; empty while the file is in force.
    """

    def __init__(self, path: str | PathLike[str], *, now: datetime | None = None) -> None:
        """Load the file.

        Raises:
            MandatesError: the file is wrong; there are no terms before it to go on with.
        """
        self.loaded = now or datetime.now(UTC)
        self.problems: tuple[Problem, ...] = ()
        self._path = Path(path)
        self._seen = self._judged = read(self._path)
        self.mandates = self._load(self._judged, self.loaded)

    def turn(self, now: datetime | None = None) -> bool:
        """Look at the file and the clock once; return whether other terms are in force."""
        now = now or datetime.now(UTC)
        before = self.mandates
        try:
            self._follow(now)
        except MandatesError as error:
            self._refuse(error)
        self.mandates = self.mandates.at(now)
        return self.mandates is not before

    def _follow(self, now: datetime) -> None:
        """Take over a change.

        Raises:
            MandatesError: it has problems; raised once for each change.
        """
        try:
            content = read(self._path)
        except MandatesError as error:
            if self._is_new(str(error).encode()):
                raise
            return
        if self._is_new(content):
            self.mandates = self._load(content, now)
            self.loaded, self.problems = now, ()

    def _is_new(self, content: bytes) -> bool:
        """Return whether content is to be judged now: seen last turn already, and not judged."""
        still, self._seen = content == self._seen, content
        if not still or content == self._judged:
            return False
        self._judged = content
        return True

    def _load(self, content: bytes, now: datetime) -> Mandates:
        try:
            mandates = loads(content, str(self._path), at=now)
        except MandatesError:
            raise
        except Exception as error:
            # Whatever a file does to its checks, the terms before it stay in force.
            logger.exception("%s: the checks failed", self._path)
            what = f"cannot be judged: {error!r:.200}"
            raise MandatesError([Problem(str(self._path), 0, "", what)]) from error
        logger.info(
            "%s is in force: %d clients, %d obligations, %d books",
            self._path,
            len(mandates.clients),
            len(mandates.obligations),
            len(mandates.books),
        )
        return mandates

    def _refuse(self, error: MandatesError) -> None:
        self.problems = error.problems
        for problem in error.problems:
            logger.error("%s", problem)
        logger.error(
            "%s: change refused, %d problem(s); the terms before it stay in force",
            self._path,
            len(error.problems),
        )


class Watch:
    """A mandates file that is followed in the background, see `watch`.

    Attributes:
        mandates: the terms in force.
    """

    def __init__(
        self, follower: Follower, changed: Callable[[Mandates], None], interval: float
    ) -> None:
        self._follower = follower
        self._changed = changed
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mandates-watch", daemon=True)
        self._thread.start()

    @property
    def mandates(self) -> Mandates:
        """The terms in force."""
        return self._follower.mandates

    def stop(self) -> None:
        """Follow no longer; returns once nothing more will be called."""
        self._stopped.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval):
            try:
                if self._follower.turn():
                    self._changed(self._follower.mandates)
            except Exception:
                # An engine goes on with the terms it has, whatever it makes of the new ones.
                logger.exception("a change of the mandates was not taken over")


def watch(
    path: str | PathLike[str], changed: Callable[[Mandates], None], *, interval: float = TURN
) -> Watch:
    """Load a mandates file and follow it: its changes, and what begins by the clock.

    Args:
        path: of the file.
        changed: called in a thread of its own with the terms in force, each time they change. What
            it raises is logged.
        interval: seconds between two looks.

    Raises:
        MandatesError: the file is wrong at the start.
    """
    return Watch(Follower(path), changed, interval)
