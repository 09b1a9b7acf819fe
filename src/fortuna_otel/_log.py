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

    def now(self) -> float:
        """Return the monotonic seconds that periods are measured in."""
        return self._clock.monotonic()

    def warn(self, kind: str, message: str, *args: object, times: int = 1) -> bool:
        """Log `message` unless one of this `kind` was logged within the last minute.

        It stands for so many `times`; the next line of its kind says how many were held back.

        Returns:
            Whether it was logged.
        """
        return self._log(logging.WARNING, kind, message, *args, times=times)

    def info(self, kind: str, message: str, *args: object) -> bool:
        """Say what is good news, and as seldom (see `warn`)."""
        return self._log(logging.INFO, kind, message, *args)

    def allows(self, kind: str, times: int = 1) -> bool:
        """Return whether a line of this kind may be written now, and take it as written.

        Args:
            kind: what is written at most once a minute.
            times: how many there would be to write.
        """
        now = self._clock.monotonic()
        last = self._last.get(kind)
        allowed = last is None or now - last >= PERIOD
        held = times - 1 if allowed else times
        if held:
            self._held[kind] = self._held.get(kind, 0) + held
        if allowed:
            self._last[kind] = now
        return allowed

    def _log(self, level: int, kind: str, message: str, *args: object, times: int = 1) -> bool:
        if not self.allows(kind, times):
            return False
        held = self._held.pop(kind, 0)
        suffix = f" (and {held} more like it since the last time)" if held else ""
        try:
            logger.log(level, "%s%s", message % args if args else message, suffix)
        except Exception:  # noqa: BLE001  # a filter or handler of the service: no reason to lose metrics
            return False
        return True
