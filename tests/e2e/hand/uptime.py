"""The time for which obligations were kept, as the rules count it: once a minute.

What each process's counters have gained since they were last read is added, a watcher's where one
reports; a counter that starts again counts from 0, and what is seen for the first time adds
nothing.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from fortuna_otel import signals
from tests.e2e.hand import counting, facts
from tests.e2e.hand.counting import LOOKBACK

if TYPE_CHECKING:
    from tests.e2e.hand.answering import Asked
    from tests.e2e.hand.model import Promise

JITTER = 1.2
"""Most seconds that count of each second since the last reading."""


def _told(promise: Promise, term: str, source: str, at: float) -> dict[str, float]:
    """Return the counters of an obligation at a moment, by process."""
    observed = term == "observed"
    signal = signals.obligations.OBSERVED_TIME if observed else signals.obligations.KEPT_TIME
    labels = {"mandate": promise.mandate, "source": source}
    told = {}
    for one in counting.counts(signal, **labels, **({} if observed else {"term": term})):
        for run in counting.runs(one.job):
            points = one.samples(run, at - LOOKBACK, at)
            if points:
                told[run.instance] = points[-1][1]
    return told


def _gain(
    promise: Promise, term: str, last: dict[str, dict[str, float]], at: float
) -> float | None:
    """Return what the counters gained; `last` is what was read before, by source and process."""
    gains: dict[str, list[float]] = {"venue": [], "engine": []}
    for source, each in gains.items():
        for instance, value in _told(promise, term, source, at).items():
            before = last.setdefault(source, {}).get(instance)
            each.append(value if before is None or value < before else value - before)
            last[source][instance] = value
    best = gains["venue"] or gains["engine"]
    return max(best) if best else None


def totals(asked: Asked, promise: Promise, term: str) -> list[tuple[float, float]]:
    """List (second, what was counted until then) of a term, or of `observed`."""
    last: dict[str, dict[str, float]] = {}
    total, counted = 0.0, None
    listed = []
    for at in asked.clockwork.uptime[promise.obliged]:
        gain = _gain(promise, term, last, at)
        if gain is not None:
            if counted is not None:
                total += min(gain, JITTER * (at - counted))
            counted = at
        listed.append((at, total))
    return listed


def unscheduled(asked: Asked, promise: Promise) -> list[tuple[float, float]]:
    """List (second, seconds until then in which nothing was promised), from the second reading."""
    # Counted from when anybody's counters were read, whether this obligation's were or not.
    times = max(asked.clockwork.uptime.values(), key=len)
    share = 0.0 if promise.scheduled else 1.0
    total, listed = 0.0, []
    for before, at in pairwise(times):
        total += share * (at - before)
        listed.append((at, total))
    return listed


def _until(listed: list[tuple[float, float]], t: float) -> float | None:
    known = [value for at, value in listed if at <= t]
    return known[-1] if known else None


def budget_left(asked: Asked, promise: Promise) -> float | None:
    """Return the seconds of breach that a rolling day still allows."""
    at = max((at for at in asked.clockwork.budgeted if at <= asked.t), default=None)
    if at is None:
        return None
    seen = [at_ for at_ in asked.clockwork.uptime[promise.obliged] if at_ <= at]
    if len(seen) < 2:
        return None
    observed = _until(totals(asked, promise, "observed"), at) or 0.0
    kept = _until(totals(asked, promise, "all"), at) or 0.0
    away = [value for when, value in unscheduled(asked, promise) if when <= at]
    off = away[-1] - away[0] if away else 0.0
    return (1 - facts.UPTIME) * (facts.DAY - off) - (observed - kept)


def tallied(asked: Asked, promise: Promise, term: str) -> float | None:
    """Return the day's sum of a term: kept, `observed`, `unscheduled`; or `elapsed` time."""
    times = [at for at in asked.clockwork.tallied[promise.obliged] if at <= asked.t]
    if term == "elapsed":
        return times[-1] - times[0] if times else None
    listed = unscheduled(asked, promise) if term == "unscheduled" else totals(asked, promise, term)
    read = [value for at in times if (value := _until(listed, at)) is not None]
    return read[-1] - read[0] if len(read) > 1 else None


def kept(asked: Asked, promise: Promise) -> float | None:
    """Return the seconds in which every term held."""
    return tallied(asked, promise, "all")


def breached(asked: Asked, promise: Promise) -> float | None:
    """Return the seconds that were judged, and in which some term did not hold."""
    held, judged = tallied(asked, promise, "all"), tallied(asked, promise, "observed")
    return None if held is None or judged is None else judged - held


def unobserved(asked: Asked, promise: Promise) -> float | None:
    """Return the scheduled seconds that nobody could judge."""
    elapsed = tallied(asked, promise, "elapsed")
    if elapsed is None:
        return None
    judged = tallied(asked, promise, "observed") or 0.0
    off = tallied(asked, promise, "unscheduled") or 0.0
    return max(elapsed - judged - off, 0.0)


def share(asked: Asked, promise: Promise) -> float | None:
    """Return the share of the judged time in which every term held."""
    held, broken = kept(asked, promise), breached(asked, promise)
    if held is None or broken is None or held + broken <= 0:
        return None
    return held / (held + broken)


def covered(asked: Asked, promise: Promise) -> float | None:
    """Return the share of the scheduled time that could be judged."""
    held, broken = kept(asked, promise), breached(asked, promise)
    missed = unobserved(asked, promise)
    if held is None or broken is None or missed is None or held + broken + missed <= 0:
        return None
    return (held + broken) / (held + broken + missed)
