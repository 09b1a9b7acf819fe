"""The story, told to a real pipeline second by second."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.e2e.hand import answering, counting, facts, flowing, promises, teller, wealth
from tests.e2e.hand.board import Store
from tests.e2e.hand.selection import SELECTIONS
from tests.e2e.pipeline import Pipeline, wait

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

DELIVERY = 2.0
"""Seconds within which every sample has arrived. No rule that counts by the minute may look within
them of a second in which something happens: nobody could say what it saw."""

LATE = 1.5
"""Seconds within which a second must have been told, to arrive in time."""

EXPORTED = 2.0
"""Seconds before the story in which the mandates are read."""

DAY = facts.DAY
MIDNIGHT = 600
"""Seconds before 00:00 UTC in which no story begins: its day would end."""

SEEN = 20
"""Seconds for which the board still shows an alert that has ended."""

_MINUTE = 60


class Story:
    """A pipeline that was told the story, and what it made of it.

    Args:
        run_dir: an empty directory.
        say: told what is being waited for, and how long.
    """

    def __init__(self, run_dir: Path, say: Callable[[str], None]) -> None:
        self.pipeline = Pipeline(run_dir)
        self._dir = run_dir
        self._say = say
        self.story = 0
        self.alerts: list[set[answering.Key]] = []

    @contextlib.contextmanager
    def told(self) -> Iterator[Story]:
        """Tell the story, and keep the pipeline until the end."""
        self._wait_for_day()
        with self.pipeline:
            self._begin()
            with contextlib.ExitStack() as exporters:
                time.sleep(max(0.0, self.story + facts.BEGIN - EXPORTED - time.time()))
                for instance in facts.EXPORTERS:
                    exporters.enter_context(self._mandates(instance))
                self._tell()
            yield self

    @property
    def store(self) -> Store:
        """The store that was told."""
        return Store(self.pipeline.stack.url("prometheus"), self.story)

    @property
    def today(self) -> int:
        """Whole seconds since 00:00 UTC at the story's end."""
        return (self.story + facts.END) % DAY

    @property
    def asked(self) -> answering.Asked:
        """The question of the first selection at the story's end."""
        return answering.Asked(
            selection=SELECTIONS[0],
            t=facts.END,
            step=0,
            clockwork=self.clockwork(),
            firing=frozenset(set.intersection(*self.alerts)),
            fired=frozenset(set.union(*self.alerts)),
        )

    def clockwork(self) -> answering.Clockwork:
        """Return when the rules looked."""
        store = self.store

        def times(selector: str, **labels: str) -> tuple[float, ...]:
            found = store.times(selector)
            return found.get(answering.row(**labels), ())

        def by_obligation(selector: str) -> dict[tuple[str, str, str], tuple[float, ...]]:
            return {
                (labels["client"], labels["venue"], labels["symbol"]): moments
                for key, moments in store.times(selector).items()
                if (labels := dict(key))
            }

        counted = "fortuna:flow:counted_timestamp_seconds"
        budgeted = store.times('fortuna:uptime:budget_seconds{term="all"}').values()
        return answering.Clockwork(
            flows={
                flow.name: times(f'{counted}{{flow="{flow.name}"}}', flow=flow.name)
                for flow in flowing.FLOWS
            },
            rated=times("fortuna:flow:rated_timestamp_seconds"),
            uptime=by_obligation('fortuna:uptime:total_seconds{term="observed"}'),
            tallied=by_obligation('fortuna:tally:total_seconds{term="elapsed"}'),
            budgeted=max(budgeted, key=len, default=()),
        )

    def _wait_for_day(self) -> None:
        left = DAY - time.time() % DAY
        if left < MIDNIGHT:
            self._say(f"waiting {left:.0f} s for 00:00 UTC: the story must not span two days")
            time.sleep(left + 1)

    @contextlib.contextmanager
    def _mandates(self, instance: str) -> Iterator[None]:
        """Export the desk's mandates by the real command."""
        path = self._dir / "mandates.yaml"
        path.write_text(promises.text(time.time()), encoding="utf-8")
        resource = f"service.instance.id={instance},host.name={teller.HOST}"
        with (self._dir / "logs" / f"{instance}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "fortuna_otel.cli", "mandates", "export", str(path)],
                env={
                    **os.environ,
                    "OTEL_EXPORTER_OTLP_ENDPOINT": self.pipeline.stack.url("otlp"),
                    "OTEL_RESOURCE_ATTRIBUTES": resource,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            yield
        finally:
            process.terminate()
            process.wait(15)

    def _begin(self) -> None:
        """Choose when the story begins: so that no rule looks while something happens."""
        self._say("waiting a minute until every rule has looked once")
        looks = wait(self._looks, 90, "every group of rules to be evaluated", pause=0.5) or {}
        earliest = int(time.time() + EXPORTED) + 2 - facts.BEGIN
        self.story = beginning(earliest, looks)

    def _looks(self) -> dict[str, float] | None:
        """Return when each group that counts by the minute looks, once all have."""
        groups = self.pipeline.prometheus.get("rules", type="record")["groups"]
        last = {
            group["name"]: datetime.fromisoformat(group["lastEvaluation"]).timestamp()
            for group in groups
        }
        wanted = {name: last[name] for name in READS}
        return wanted if all(at > 0 for at in wanted.values()) else None

    def _tell(self) -> None:
        seconds = facts.UNTIL - facts.BEGIN
        begins = self.story + facts.BEGIN
        self._say(
            f"telling a desk's {seconds} seconds, from {begins - time.time():.0f} s from now on"
        )
        for t in range(facts.BEGIN, facts.UNTIL + 1):
            time.sleep(max(0.0, self.story + t - time.time()))
            for run in teller.speaking(t):
                status = self.pipeline.push(
                    *teller.metrics(run, t, self.story), **teller.resource(run)
                )
                assert status == 200, f"the Collector refused second {t} of {run}: {status}"
            late = time.time() - self.story - t
            assert late < LATE, f"second {t} took {late:.2f} s to tell"
            if facts.END - SEEN <= t <= facts.END and (facts.END - t) % counting.SLOW == 0:
                self._look_at_alerts()

    def _look_at_alerts(self) -> None:
        """Count how often each alert was found firing."""
        found: list[dict[str, Any]] = self.pipeline.prometheus.get("alerts")["alerts"]
        firing = {answering.row(**one["labels"]) for one in found if one["state"] == "firing"}
        self.alerts.append(firing)


def _events(flow: flowing.Flow) -> set[float]:
    """Return the seconds in which something that a flow counts is told."""
    found = set()
    for signal, _, _ in flow.parts:
        for one in counting.counts(signal):
            found |= {float(told) for told, _ in one.flows()}
    return found


_RATED = {float(rate.since) for rate in wealth.RATES if rate.later is not None}
_TICKS = {float(t) for t in range(facts.BEGIN, facts.UNTIL, counting.SLOW)}

READS: dict[str, set[float]] = {
    **{
        f"flows-{flow.name}": _events(flow)
        for flow in flowing.FLOWS
        if flow not in flowing.MARKOUTS
    },
    "flows-markouts": set().union(*map(_events, flowing.MARKOUTS)),
    "flows-rates": _RATED,
    "uptime-count": _TICKS,
    "kpi-uptime": set(),
    "uptime-ticket": set(),
}
"""Groups of rules that count by the minute or so, and the seconds in which they would see half."""

INTERVALS = {"flows-rates": 15, "uptime-ticket": 15}


def whole(story: int, looks: Mapping[str, float]) -> bool:
    """Whether the day's sums begin with counters read already: what is before is unobserved."""
    first = {name: (at - story - facts.BEGIN) % _MINUTE for name, at in looks.items()}
    return DELIVERY < first["uptime-count"] < first["kpi-uptime"]


def beginning(earliest: int, looks: Mapping[str, float]) -> int:
    """Choose when a story begins, within a minute: calm, and whole if that can be had.

    When each group of rules looks is fixed by its name and the path of its file.
    """
    found = [at for at in range(earliest, earliest + _MINUTE) if calm(at, looks)]
    assert found, f"rules look at every moment in which something happens: {looks}"
    return next((at for at in found if whole(at, looks)), found[0])


def calm(story: int, looks: Mapping[str, float]) -> bool:
    """Whether no rule looks while something happens in a story that begins then."""
    for name, at in looks.items():
        interval = INTERVALS.get(name, _MINUTE)
        for t in READS[name]:
            if (at - story - t) % interval < DELIVERY:
                return False
    return True
