"""Every fault of the campaign, in the order in which they are tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from examples.desk.campaign import books, combined, platform, quoting, services, venues

if TYPE_CHECKING:
    from examples.desk.campaign.fault import Fault

# Those that share the desk first, then those that need all of it; last, those that go on firing
# after their end: a Prometheus that is away for a minute would let them end and begin again.
CATALOGUE: Final[tuple[Fault, ...]] = tuple(
    sorted(
        (
            *(*quoting.FAULTS, *books.FAULTS, *services.FAULTS),
            *(*venues.FAULTS, *platform.FAULTS, *combined.FAULTS),
        ),
        key=lambda fault: (not all(told.resolves for told in fault.told), fault.alone),
    )
)
