"""From a threshold crossed in a trading process to the page, with a whole desk running."""

from __future__ import annotations

import itertools
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import figures
from benchmarks.outcome import Goal, Measure, Outcome, Scale, Table
from benchmarks.paging_desk import PATIENCE, Place, job
from benchmarks.paging_stack import desk
from benchmarks.paging_storm import storm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.child import Child
    from benchmarks.paging_stack import Prometheus, Received, Receiver

TEXT = """\
How long it takes from a threshold being crossed in a trading process until the page is at its
receiver, on the real Collector, Prometheus and Alertmanager with the committed configuration, all
alerts loaded, while a desk of about 50 000 series reports every second. Everything shares the cores
below: four engines, the mandates exporter, the pipeline, and the receiver.

Each fault is put into a market of its own at a random moment: a spread beyond its maximum, an
exposure beyond its limit, or a loop that hangs. **The alert's own duration is subtracted** (1 s
here for the first two, 5 s for a loop with live orders), so what is shown is what the machinery
adds. Received is when both Slack and PagerDuty have it.

*waiting for the export*: until the SDK's next tick of critical signals, 500 ms apart.
*to the rule*: from that tick through Collector and store to the first evaluation that sees it.
*duration overshot*: evaluations are 500 ms apart, so the duration ends between two.
*delivery*: from the evaluation that fires through Alertmanager to the slower of the receivers.

At the end, every market's quotes become too wide at once."""

ENGINES: Final = 4
SPACING: Final = 1.0
"""Mean seconds between two faults."""

HANGING: Final = 10
"""One fault of so many is a loop that hangs."""

BROKEN: Final = 6.0
"""Seconds for which a fault lasts beyond the alert's own duration."""

SILENCE: Final = 5.0
WAIT: Final = 30.0
LOUD: Final = ("slack", "pagerduty")
GOAL_P50, GOAL_P99 = 1.0, 2.0
ALERTS: Final = {"spread": "SpreadTooWide", "exposure": "InventoryDrift", "hang": "ServiceSilent"}
SINCE: Final = {
    "spread": ('fortuna:obligation:spread_wide_timestamp_seconds{{symbol="{symbol}"}}'),
    "exposure": ('fortuna:exposure:over_limit_timestamp_seconds{{asset="{asset}"}}'),
}
RAW: Final = {
    "spread": 'fortuna_obligation_spread_ratio{{symbol="{symbol}"}} > 0.002',
    "exposure": 'fortuna_exposure_net{{asset="{asset}"}} > 110',
}


STAGES: Final = ("waiting for the export", "to the rule", "duration overshot", "delivery")


@dataclass(slots=True)
class Fault:
    """One thing that was broken, and when what happened; Unix times.

    Attributes:
        crossed: when the threshold was.
        sampled: the tick of the SDK that carried it.
        seen: the evaluation that saw it first.
        fired: the evaluation that fired, as the page says.
        received: when the slower of the two receivers had it.
    """

    kind: str
    place: Place
    engine: int
    crossed: float
    duration: float
    sampled: float | None = None
    seen: float | None = None
    fired: float | None = None
    received: float | None = None
    pages: int = 0

    @property
    def word(self) -> str:
        """What only this fault's pages mention."""
        return f"desk/{job(self.engine)} " if self.kind == "hang" else self.place.asset

    @property
    def stages(self) -> dict[str, float] | None:
        """Seconds spent on the way, by stage; None where the store did not say when."""
        marks = (self.crossed, self.sampled, self.seen, self.fired, self.received)
        times = [mark for mark in marks if mark is not None]
        if len(times) < len(marks):
            return None
        export, rule, overshot, delivery = (then - now for now, then in itertools.pairwise(times))
        spent = (export, rule, overshot - self.duration, delivery)
        return dict(zip(STAGES, spent, strict=True))

    @property
    def latency(self) -> float | None:
        """Seconds that the machinery took, the alert's own duration apart."""
        return None if self.received is None else self.received - self.crossed - self.duration


def run(scale: Scale, progress: Callable[[str], None]) -> Outcome:
    """Break so many things, one after another, and see when each page comes."""
    books = scale.paging_books
    with (
        tempfile.TemporaryDirectory() as folder,
        desk(Path(folder), ENGINES, books) as (engines, receiver, prometheus),
    ):
        warm = time.monotonic() + scale.paging_warmup
        while time.monotonic() < warm:
            progress(f"warming up, {warm - time.monotonic():.0f} s")
            time.sleep(1.0)
        load = _load(prometheus)
        faults = _break(scale.paged, books, engines, progress)
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline and any(each.received is None for each in faults):
            progress("waiting for the last pages")
            time.sleep(0.5)
            for each in faults:
                _find(each, receiver)
        for each in faults:
            _trace(each, prometheus)
        load |= _load(prometheus, after=True)
        opened = _pages(receiver)
        worst = storm(engines, books, receiver, prometheus, progress)
    others = [each.text for each in opened if not any(_about(fault, each) for fault in faults)]
    for text in others:
        print(f"a page of nothing that was broken: {text[:400]}", file=sys.stderr)
    found = outcome(faults, load, len(others))
    return replace(found, tables=(*found.tables, worst.table()), goals=(*found.goals, worst.goal()))


def _break(
    number: int, books: int, engines: Sequence[Child], progress: Callable[[str], None]
) -> list[Fault]:
    """Break that many things at random moments, and mend each after a while."""
    chance = random.Random(7)  # noqa: S311  # the same faults every time
    hangs = number // HANGING
    places = _places(chance.sample(range(ENGINES * books), ENGINES * books), number - hangs)
    faults: list[Fault] = []
    broken: list[Fault] = []

    def mend(*, until: float) -> None:
        for each in [each for each in broken if each.crossed + each.duration + BROKEN < until]:
            engines[each.engine].ask(f"mend {each.place.number}")
            broken.remove(each)

    for done, place in enumerate(places):
        kind, engine = ("spread", "exposure")[done % 2], place.number // books
        crossed = float(engines[engine].ask(f"{kind} {place.number}"))
        faults.append(Fault(kind, place, engine, crossed, PATIENCE))
        broken.append(faults[-1])
        progress(f"fault {done + 1} of {number}")
        time.sleep(chance.uniform(0.0, 2.0 * SPACING))
        mend(until=time.time())
    time.sleep(BROKEN)
    mend(until=float("inf"))
    # One loop after another, since what a silent engine quotes is no second page.
    for done in range(hangs):
        engine = done % ENGINES
        crossed = float(engines[engine].ask("hang 0"))
        faults.append(Fault("hang", Place(engine * books), engine, crossed, SILENCE))
        progress(f"fault {len(faults)} of {number}")
        time.sleep(SILENCE + BROKEN + chance.uniform(0.0, SPACING))
        engines[engine].ask("beat 0")
        time.sleep(2.0)
    return faults


def _places(shuffled: Sequence[int], number: int) -> list[Place]:
    """Return where to break something, every second one a spread.

    What is too wide for a client on a venue is one incident, however many markets: no two spreads
    are of one, or the second would be told as news of the first.
    """
    left = [Place(at) for at in shuffled]
    places: list[Place] = []
    taken: set[tuple[str, str]] = set()
    while len(places) < number:
        spread = len(places) % 2 == 0
        place = next(one for one in left if not spread or (one.client, one.venue) not in taken)
        left.remove(place)
        places.append(place)
        if spread:
            taken.add((place.client, place.venue))
    return places


def _pages(receiver: Receiver) -> list[Received]:
    """Return the PagerDuty events that open an incident."""
    return [each for each in receiver.taken if each.kind == "pagerduty" and each.firing]


def _about(fault: Fault, notification: Received) -> bool:
    """Tell whether a notification opens what the fault should."""
    return (
        notification.firing
        and 0.0 <= notification.at - fault.crossed <= fault.duration + WAIT
        and ALERTS[fault.kind] in notification.text
        and fault.word in notification.text
    )


def _find(fault: Fault, receiver: Receiver) -> None:
    """Note when the fault's page came."""
    mine = [each for each in list(receiver.taken) if _about(fault, each)]
    first = {kind: [each for each in mine if each.kind == kind] for kind in (*LOUD, "webhook")}
    fault.pages = len(first["pagerduty"])
    if all(first[kind] for kind in LOUD):
        fault.received = max(first[kind][0].at for kind in LOUD)
    for each in first["webhook"][:1]:
        starts = [alert["startsAt"] for alert in json.loads(each.text)["alerts"]]
        fault.fired = _seconds(min(starts))


def _seconds(text: str) -> float:
    """Return the Unix time of RFC 3339 in UTC, with up to nanoseconds."""
    return datetime.fromisoformat(text).timestamp()


def _trace(fault: Fault, prometheus: Prometheus) -> None:
    """Ask the store when it saw what."""
    if fault.kind == "hang":
        return
    names = {"symbol": fault.place.symbol, "asset": fault.place.asset}
    fault.sampled = prometheus.first(RAW[fault.kind].format(**names), fault.crossed)
    fault.seen = prometheus.first(SINCE[fault.kind].format(**names), fault.crossed)


def _load(prometheus: Prometheus, *, after: bool = False) -> dict[str, float]:
    """Return what the pipeline carries."""
    if after:
        return {
            "evaluations missed": prometheus.value(
                "sum(increase(prometheus_rule_group_iterations_missed_total[2m]))"
            ),
            "slowest paging group, s": prometheus.value(
                "max(prometheus_rule_group_last_duration_seconds"
                " and on (rule_group) prometheus_rule_group_interval_seconds <= 1)"
            ),
        }
    return {
        "series": prometheus.value("sum(fortuna_telemetry_series)"),
        "samples/s": prometheus.value(
            "sum(rate(prometheus_tsdb_head_samples_appended_total[20s]))"
        ),
        "rules": prometheus.value("sum(prometheus_rule_group_rules)"),
    }


def outcome(faults: Sequence[Fault], load: dict[str, float], extra: int) -> Outcome:
    """Return tables and goals."""
    known = sorted(each.latency for each in faults if each.latency is not None)
    missing = len(faults) - len(known)
    known = known or [WAIT]  # not one page came in that time
    twice = sum(each.pages > 1 for each in faults)
    shares = (0.5, 0.9, 0.99, 1.0)
    rows = []
    for what, kinds in (("all", tuple(ALERTS)), *((ALERTS[kind], (kind,)) for kind in ALERTS)):
        latencies = sorted(
            each.latency for each in faults if each.kind in kinds and each.latency is not None
        )
        if latencies:
            rows.append(
                (
                    what,
                    str(sum(each.kind in kinds for each in faults)),
                    *(figures.time(figures.quantile(latencies, share)) for share in shares),
                )
            )
    pages = Table(
        "From crossing to receipt", ("", "faults", "p50", "p90", "p99", "max"), tuple(rows)
    )
    stages = Table(
        "Where the time goes (spread and exposure)",
        ("", "mean", "p50", "max"),
        tuple(
            (
                name,
                figures.time(sum(spent) / len(spent)),
                figures.time(figures.quantile(spent, 0.5)),
                figures.time(spent[-1]),
            )
            for name, spent in _stages(faults)
        ),
    )
    carried = Table(
        "Meanwhile",
        ("", "found"),
        (
            *((name, figures.digits(value)) for name, value in load.items()),
            ("pages missing", str(missing)),
            ("pages told twice", str(twice)),
            ("other pages", str(extra)),
        ),
    )
    goals = (
        Goal("median, s", figures.quantile(known, 0.5), GOAL_P50),
        Goal("p99, s", figures.quantile(known, 0.99), GOAL_P99),
        Goal("pages missing, told twice, or of nothing", float(missing + twice + extra), 0.0),
    )
    return Outcome((pages, stages, carried), goals)


def _stages(faults: Sequence[Fault]) -> Iterator[tuple[str, list[float]]]:
    traced = [stages for each in faults if (stages := each.stages) is not None]
    for name in STAGES if traced else ():
        yield name, sorted(stages[name] for stages in traced)


MEASURE = Measure("paging", "From a threshold to the page", TEXT, run)
