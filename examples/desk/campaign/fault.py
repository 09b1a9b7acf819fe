"""What a fault of the campaign is: what it breaks, and who must be told what of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from examples.desk.campaign.scene import Scene

# What a fault touches that nothing else may touch meanwhile.
EVERYTHING: Final = frozenset({"*"})
PAGE: Final = "page"
TICKET: Final = "ticket"
SLACK: Final = "slack"
WEBHOOK: Final = "webhook"
# PagerDuty's receivers by whom they call: the rendered routing key is its file's name.
PHONES: Final = {
    "desk": "pagerduty-routing-key",
    "platform": "pagerduty-platform-routing-key",
    "second": "pagerduty-escalation-routing-key",
}
# These call a second person at once.
ESCALATED: Final = frozenset({"KillSwitchFired", "QuoteOffReference", "MarginLow"})


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that receivers must be told, once each.

    Attributes:
        alert: its name.
        where: labels that it must have, which tell it from all that others are told meanwhile.
        text: a pattern that the whole line must match: what, where, measured, allowed.
        severity: page or ticket.
        owner: whose receivers hear of it.
        incidents: how many notifications it is to each receiver.
        resolves: whether its end is waited for; a lookback may outlast the campaign.
    """

    alert: str
    where: Mapping[str, str]
    text: str
    severity: str = PAGE
    owner: str = "desk"
    incidents: int = 1
    resolves: bool = True

    @property
    def receivers(self) -> frozenset[str]:
        """Those that are told: nobody's phone rings for a ticket."""
        told = {SLACK, WEBHOOK}
        if self.severity == PAGE:
            told.add(PHONES[self.owner])
            if self.alert in ESCALATED:
                told.add(PHONES["second"])
        return frozenset(told)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to break.

    Attributes:
        name: of the fault.
        inject: breaks it; what follows its `yield` mends it.
        told: what receivers must be told; nothing where nobody may be.
        touches: what it takes for itself: clients, services, venues, or everything.
        seconds: how long it lasts at most until everybody has been told; where nobody may be
            told, how long it lasts.
        settle: seconds that receivers have after it is mended to hear that it is over.
        prepare: what must stand before it can be broken; its time does not count.
    """

    name: str
    inject: Callable[[Scene], Iterator[None]]
    told: tuple[Told, ...] = ()
    touches: frozenset[str] = field(default=EVERYTHING)
    seconds: float = 45.0
    settle: float = 45.0
    prepare: Callable[[Scene], None] | None = None

    @property
    def about(self) -> str:
        """What is broken, in one line."""
        return (self.inject.__doc__ or "").split("\n", 1)[0]

    def collides(self, touched: frozenset[str]) -> bool:
        """Return whether something it touches is taken."""
        if not touched:
            return False
        return bool(self.touches & touched) or "*" in self.touches | touched

    @property
    def alone(self) -> bool:
        """Whether it touches everything: nothing else is broken while it lasts."""
        return "*" in self.touches

    def named(self, alert: str, line: str) -> bool:
        """Return whether a message's line is about what it touches, or what it must tell."""
        names = [touched.partition(":")[2].partition("@")[0] for touched in self.touches]
        return any(_says(line, name) for name in names if name) or any(
            told.alert == alert and all(_says(line, value) for value in told.where.values())
            for told in self.told
        )


def _says(line: str, name: str) -> bool:
    """Return whether a line has a name, and not merely as a part of another one."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", line) is not None


def clients(*names: str) -> frozenset[str]:
    """Return what a fault of some clients alone touches."""
    return frozenset(f"client:{name}" for name in names)
