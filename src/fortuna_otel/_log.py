"""Lines that cannot become a log storm: each kind is written at most once a minute."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fortuna_otel._clock import Clock

logger = logging.getLogger("fortuna_otel")

PERIOD = 60.0


class Throttle:
    """Write a line of one kind at most once a minute, and say how many were held back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}
        self._held: dict[str, int] = {}

    def warn(self, kind: str, message: str, *args: object) -> bool:
        """Log `message` unless one of this `kind` was logged within the last minute.

        Returns:
            Whether it was logged.
        """
        return self._log(logging.WARNING, kind, message, *args)

    def info(self, kind: str, message: str, *args: object) -> bool:
        """Say what is good news, and as seldom (see `warn`)."""
        return self._log(logging.INFO, kind, message, *args)

    def allows(self, kind: str) -> bool:
        """Return whether a line of this kind may be written now, and take it as written."""
        now = self._clock.monotonic()
        last = self._last.get(kind)
        if last is not None and now - last < PERIOD:
            self._held[kind] = self._held.get(kind, 0) + 1
            return False
        self._last[kind] = now
        return True

    def _log(self, level: int, kind: str, message: str, *args: object) -> bool:
        if not self.allows(kind):
            return False
        held = self._held.pop(kind, 0)
        suffix = f" (and {held} more like it since the last time)" if held else ""
        logger.log(level, "%s%s", message % args if args else message, suffix)
        return True
