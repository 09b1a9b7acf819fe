"""Run faults, several at once where they touch different things, and say what came of each."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from examples.desk.campaign.fault import SLACK, WEBHOOK
from examples.desk.campaign.inbox import Answer, Inbox, receiver
from examples.desk.faults import FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from examples.desk.campaign.fault import Fault
    from examples.desk.campaign.scene import Scene

POLL_SECONDS: Final = 0.1
AT_ONCE: Final = 16
# Injections are spread, so that no two are taken for one.
APART_SECONDS: Final = 0.5
CALM_SECONDS: Final = 6.0
# What is told so long after a fault may still come from it.
LATE_SECONDS: Final = 60.0


@dataclass(slots=True)
class Outcome:
    """What came of one fault.

    Attributes:
        injected: Unix time at which it was in.
        healed: Unix time at which it was mended.
        ended: Unix time at which nothing of it was waited for any more.
        extra: messages that nobody expected while it lasted.
        failure: why it could not be tried, if it could not.
    """

    fault: Fault
    begun: float = 0.0
    injected: float = 0.0
    healed: float = 0.0
    ended: float = 0.0
    answers: list[Answer] = field(default_factory=list)
    extra: list[dict[str, Any]] = field(default_factory=list)
    failure: str = ""

    def problems(self) -> list[str]:
        """Return all that is not as it must be, in words."""
        found = [self.failure] if self.failure else []
        for answer in self.answers:
            found += _problems(answer)
        found += sorted({f"also told: {_line(page)}" for page in self.extra})
        return found


def _problems(answer: Answer) -> list[str]:
    told, found = answer.told, []
    if not any(answer.firing.values()):
        return [f"{told.alert} never came"]
    for name in sorted(told.receivers):
        if len(answer.firing.get(name, [])) < told.incidents:
            found.append(f"{told.alert} did not reach {name}")
        elif told.resolves and len(answer.resolved.get(name, [])) < told.incidents:
            found.append(f"{told.alert} did not resolve at {name}")
    return found + sorted({f"{told.alert} {problem}" for problem in answer.problems})


def _line(page: dict[str, Any]) -> str:
    return f"{page['alert']} ({page['status']}, {receiver(page)}): {page['text']}"


class Campaign:
    """Runs the faults of a catalogue against one desk.

    Args:
        scene: the running desk.
        tell: told in a line what happens.
    """

    def __init__(self, scene: Scene, tell: Callable[[str], None]) -> None:
        self._scene, self._tell = scene, tell
        self.inbox = Inbox(scene.pages)
        self._ending = threading.Event()

    def run(self, faults: Sequence[Fault]) -> list[Outcome]:
        """Run every fault as soon as what it touches is free, in the order of the catalogue."""
        self.inbox.start()
        outcomes = [Outcome(fault) for fault in faults]
        waiting = list(outcomes)
        running: dict[Future[None], Outcome] = {}
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                try:
                    while waiting or running:
                        running = self._harvest(running)
                        for outcome in self._next(waiting, running):
                            running[pool.submit(self._perform, outcome)] = outcome
                            time.sleep(APART_SECONDS)
                        time.sleep(POLL_SECONDS)
                except BaseException:
                    # Whoever interrupts does not wait for pages: everything is mended at once.
                    self._ending.set()
                    raise
        finally:
            self.inbox.stop()
            self._scene.dismiss()
        self._blame(outcomes)
        return outcomes

    @staticmethod
    def _next(waiting: list[Outcome], running: Mapping[Future[None], Outcome]) -> Iterator[Outcome]:
        """Take out of those that wait what may run beside those that do."""
        touched = frozenset[str]().union(*(one.fault.touches for one in running.values()))
        count = len(running)
        for outcome in list(waiting):
            if count < AT_ONCE and not outcome.fault.collides(touched):
                waiting.remove(outcome)
                touched |= outcome.fault.touches
                count += 1
                yield outcome
            elif outcome.fault.alone:
                # What needs everything would wait for ever behind what does not.
                return

    def _harvest(self, running: dict[Future[None], Outcome]) -> dict[Future[None], Outcome]:
        for future, outcome in running.items():
            if not future.done():
                continue
            if (error := future.exception()) is not None:
                outcome.failure = str(error) or repr(error)
                outcome.ended = time.time()
            problems = outcome.problems()
            self._tell(f"{'✗' if problems else '✓'} {outcome.fault.name} {'; '.join(problems)}")
        return {future: one for future, one in running.items() if not future.done()}

    def _perform(self, outcome: Outcome) -> None:
        fault = outcome.fault
        outcome.begun = time.time()
        if fault.alone:
            # What the fault before it did to the pipeline has to be over.
            self._ending.wait(CALM_SECONDS)
        outcome.answers = [self.inbox.expect(told) for told in fault.told]
        if fault.prepare is not None:
            fault.prepare(self._scene)
        outcome.injected = time.time()
        with contextlib.contextmanager(fault.inject)(self._scene):
            if fault.told:
                self._wait(
                    lambda: all(one.everybody(one.firing) for one in outcome.answers), fault.seconds
                )
            else:
                self._ending.wait(fault.seconds)
        outcome.healed = time.time()
        ending = [one for one in outcome.answers if any(one.firing.values()) and one.told.resolves]
        self._wait(lambda: all(one.everybody(one.resolved) for one in ending), fault.settle)
        if not fault.told:
            self._ending.wait(fault.settle)
        outcome.ended = time.time()

    def _wait(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            if self._ending.wait(POLL_SECONDS):
                return

    def _blame(self, outcomes: Sequence[Outcome]) -> None:
        """Give what nobody expected to the fault that it is about, or to all of its time.

        What breaks everything answers for all that is told while it lasts. Otherwise it is the
        latest of those that the message names, or the latest that broke everything.
        """
        for page in self.inbox.extra:
            at = float(page["time"])
            then = [one for one in outcomes if one.begun <= at <= (one.ended or at) + LATE_SECONDS]
            during = [one for one in then if one.fault.alone and at <= (one.ended or at)]
            named = [one for one in then if one.fault.named(page["alert"], page["text"])]
            alone = [one for one in then if one.fault.alone]
            guilty = max(during or named or alone, key=lambda one: one.begun, default=None)
            for outcome in [guilty] if guilty else then or list(outcomes[:1]):
                outcome.extra.append(page)


def rows(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the campaign's table: a row for each thing that receivers were told, or were not."""
    table: list[dict[str, Any]] = []
    for outcome in outcomes:
        problems = outcome.problems()
        common = {
            "fault": outcome.fault.name,
            "about": outcome.fault.about,
            "extra": len({_line(page) for page in outcome.extra}),
            "problems": problems,
        }
        for answer in outcome.answers:
            told = {name: times for name, times in answer.firing.items() if times}
            first = [min(times) for times in told.values()]
            last = [max(times) for times in answer.resolved.values() if times]
            table.append(
                {
                    **common,
                    "alert": answer.told.alert,
                    "severity": answer.told.severity,
                    "receivers": sorted(told),
                    "line": answer.line,
                    "injected_to_told": _gap(outcome.injected, first),
                    "fired_to_told": _gap(answer.started, first),
                    "healed_to_resolved": _gap(outcome.healed, last)
                    if answer.told.resolves
                    else None,
                }
            )
        if not outcome.answers:
            table.append({**common, "alert": None, "severity": None, "receivers": []})
    return table


def _gap(since: float | None, times: list[float]) -> float | None:
    return round(max(times) - since, 2) if times and since else None


RECEIVERS: Final = {
    SLACK: "Slack",
    WEBHOOK: "log",
    "pagerduty-routing-key": "PagerDuty desk",
    "pagerduty-platform-routing-key": "PagerDuty platform",
    "pagerduty-escalation-routing-key": "PagerDuty second",
}


def perform(scene: Scene, faults: Sequence[Fault], tell: Callable[[str], None]) -> list[Outcome]:
    """Run a campaign on a desk that is at rest.

    Raises:
        FaultError: something fires before anything is broken.
    """
    quiet = 'ALERTS{alertstate="firing",severity=~"page|ticket"}'
    try:
        scene.wait(lambda: not scene.query(quiet), "nothing to fire", seconds=120)
    except FaultError as error:
        firing = [labels for labels, _ in scene.query(quiet)]
        raise FaultError(f"{error}; firing: {json.dumps(firing)}") from error
    # What is over is told to be over a moment later.
    time.sleep(CALM_SECONDS)
    return Campaign(scene, tell).run(faults)
