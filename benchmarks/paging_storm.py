"""The worst moment: every market of the desk breaks at once, and who is told, when, how often."""

from __future__ import annotations

import itertools
import re
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks import figures
from benchmarks.outcome import Goal, Table
from benchmarks.paging_desk import PATIENCE, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.child import Child
    from benchmarks.paging_stack import Prometheus, Received, Receiver

WAIT: Final = 30.0
CALM: Final = 90.0
FIRING: Final = 'count(ALERTS{alertname="SpreadTooWide",alertstate="firing"})'
QUIET: Final = 10.0
"""Seconds after the last page in which a repetition would come."""

LOUD: Final = ("slack", "pagerduty")
_WHERE: Final = re.compile(r"(client-\d\d) on (\w+)")

Incident = tuple[str, str]
"""What is too wide for a client on a venue is one, however many markets."""


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of it.

    Attributes:
        markets: how many were broken.
        crossed: Unix time of each incident's first market.
        told: Unix time at which the slower receiver had heard of it.
        messages: how many PagerDuty got to open incidents.
    """

    markets: int
    crossed: dict[Incident, float]
    told: dict[Incident, float]
    messages: int

    @property
    def missing(self) -> int:
        """Incidents that one receiver or both never heard of."""
        return len(self.crossed.keys() - self.told.keys())

    def table(self) -> Table:
        """Return its figures."""
        late = sorted(at - self.crossed[each] - PATIENCE for each, at in self.told.items())
        last = max(self.told.values(), default=0.0) - min(self.crossed.values())
        rows = (
            ("markets broken", str(self.markets)),
            ("incidents (a client's markets on a venue)", str(len(self.crossed))),
            ("told, p50", figures.time(figures.quantile(late or [WAIT], 0.5))),
            ("told, max", figures.time(late[-1] if late else WAIT)),
            ("from the first crossing to the last page", figures.time(max(0.0, last))),
            ("messages at PagerDuty", str(self.messages)),
            ("incidents not told", str(self.missing)),
        )
        return Table("A storm: every market at once", ("", "found"), rows)

    def goal(self) -> Goal:
        """Nobody is forgotten in it."""
        return Goal("incidents of a storm not told", float(self.missing), 0.0)


def storm(
    engines: Sequence[Child],
    books: int,
    receiver: Receiver,
    prometheus: Prometheus,
    progress: Callable[[str], None],
) -> Storm:
    """Widen every book's quotes at once, wait for the pages, and mend them."""
    # What still fires is no news.
    calm = time.monotonic() + CALM
    while time.monotonic() < calm and prometheus.value(FIRING):
        progress("waiting for calm")
        time.sleep(1.0)
    progress("a storm")
    began = time.time()
    places = [Place(number) for number in range(len(engines) * books)]
    crossed: dict[Incident, float] = {}
    # One book of each engine after another, so that all engines are in it from the start.
    for at, (engine, child) in itertools.product(range(books), enumerate(engines)):
        place = places[engine * books + at]
        when = float(child.ask(f"spread {place.number}"))
        crossed.setdefault((place.client, place.venue), when)
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline and len(_told(receiver.taken, began)) < len(crossed):
        progress(f"a storm: {len(_told(receiver.taken, began))} of {len(crossed)} told")
        time.sleep(0.5)
    time.sleep(QUIET)
    for place in places:
        engines[place.number // books].ask(f"mend {place.number}")
    opened = [one for one in list(receiver.taken) if _opens(one, began)]
    messages = sum(one.kind == "pagerduty" for one in opened)
    return Storm(len(places), crossed, _told(opened, began), messages)


def _opens(one: Received, began: float) -> bool:
    return one.firing and one.at >= began and "SpreadTooWide" in one.text


def _told(taken: Iterable[Received], began: float) -> dict[Incident, float]:
    """Return when the slower of the loud receivers first heard of each incident."""
    heard: dict[Incident, dict[str, float]] = defaultdict(dict)
    for one in list(taken):
        found = _WHERE.search(one.text)
        if found and one.kind in LOUD and _opens(one, began):
            heard[found[1], found[2]].setdefault(one.kind, one.at)
    return {each: max(times.values()) for each, times in heard.items() if len(times) == len(LOUD)}
