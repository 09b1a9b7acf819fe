"""What a process says of a venue as a whole: one account's trouble is not the venue's."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fortuna_otel import Telemetry


class VenueHealth:
    """The status of each venue, as the accounts of this process together see it.

    A venue is down, or in maintenance, when it is so for every account; it is well as soon as it
    answers one.

    Args:
        telemetry: of this process.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._seen: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def join(self, venue: str, account: str) -> None:
        """Count an account in; nothing is known of it yet."""
        self._seen[venue][account] = ""

    def tell(self, venue: str, account: str, status: str) -> None:
        """Take what an account sees: ok, maintenance, down, or nothing certain (empty)."""
        self._seen[venue][account] = status
        seen = set(self._seen[venue].values())
        if "ok" in seen:
            self._telemetry.venue(venue=venue).status("ok")
        elif seen in ({"maintenance"}, {"down"}):
            self._telemetry.venue(venue=venue).status(seen.pop())
