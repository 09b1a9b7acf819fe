"""What a fault of the campaign is: what it breaks, and who must be told what of it."""

from __future__ import annotations

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
    """

    name: str
    inject: Callable[[Scene], Iterator[None]]
    told: tuple[Told, ...] = ()
    touches: frozenset[str] = field(default=EVERYTHING)
    seconds: float = 45.0
    settle: float = 45.0

    @property
    def about(self) -> str:
        """What is broken, in one line."""
        return (self.inject.__doc__ or "").split("\n", 1)[0]

    def collides(self, touched: frozenset[str]) -> bool:
        """Return whether something it touches is taken."""
        if not touched:
            return False
        return bool(self.touches & touched) or "*" in self.touches | touched

    def named(self, alert: str, text: str) -> bool:
        """Return whether a message is about what it touches, or about what it must tell."""
        names = (touched.partition(":")[2].partition("@")[0] for touched in self.touches)
        return any(name and name in text for name in names) or any(
            told.alert == alert and all(value in text for value in told.where.values())
            for told in self.told
        )


def clients(*names: str) -> frozenset[str]:
    """Return what a fault of some clients alone touches."""
    return frozenset(f"client:{name}" for name in names)
