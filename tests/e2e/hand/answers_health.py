"""Whether promises are kept, and whether the numbers can be trusted."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fortuna_otel import signals
from fortuna_otel.provisioning.alerts import LABELS
from tests.e2e.hand import counting, facts, links, seen, uptime
from tests.e2e.hand.answering import About, Between, Perhaps, answers, only, row
from tests.e2e.hand.answers_general import per_promise

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.hand.answering import Asked, Rows
    from tests.e2e.hand.model import Market, Promise

DAY = "Kept today, by obligation"
MONTH = "Kept this month, by obligation"
FEEDS = "Feeds, by process"
PROVEN = 0.95
SILENT = 5
DELAY = 120
"""Seconds for which the pipeline may have run before the story."""
STATES = {"stopped": 1, "stopping": 2, "starting": 3, "running": 4}
VENUE_STATES = {"down": 1, "maintenance": 2, "cancel_only": 3, "post_only": 4, "ok": 5}
MARKET_STATES = {"halted": 1, "delisting": 2, "trading": 3}
ALIVE = Between(-0.5, SILENT)
"""Age of a real process's heartbeat: it beats by its own clock."""


def _share(asked: Asked, promise: Promise, column: str) -> float | None:
    share, covered = uptime.share(asked, promise), uptime.covered(asked, promise)
    if share is None or covered is None:
        return None
    if covered < PROVEN:
        return share if column == "unproven" else None
    return share if column == ("missed" if share < facts.UPTIME else "uptime") else None


_COLUMNS: dict[str, Callable[[Asked, Promise], float | None]] = {
    "uptime": partial(_share, column="uptime"),
    "missed": partial(_share, column="missed"),
    "unproven": partial(_share, column="unproven"),
    "required": lambda _asked, _one: facts.UPTIME,
    "kept": uptime.kept,
    "breached": uptime.breached,
    "unobserved": uptime.unobserved,
    "coverage": uptime.covered,
}


def _counted(asked: Asked, column: Callable[[Asked, Promise], float | None]) -> Rows:
    return per_promise(asked, lambda one: column(asked, one))


# The month began today, or before the desk: what was kept in it is what was kept today.
for _panel, _refs in ((DAY, "BCDEFGHI"), (MONTH, "ABCDEFGH")):
    for _ref, _column in zip(_refs, _COLUMNS.values(), strict=True):
        answers(_panel, _ref)(partial(_counted, column=_column))
answers(DAY, "A")(lambda asked: per_promise(asked, lambda one: uptime.budget_left(asked, one)))


@answers("Kept by the hour", "A")
def _(asked: Asked) -> Rows | None:
    """Of an hour that is not over there is nothing; one that ends in the story is too short."""
    over = asked.t + asked.step
    return None if facts.BEGIN - DELAY <= over <= facts.END else {}


@answers("Firing alerts", "A")
def _(asked: Asked) -> Rows:
    """Each alert that the rules' own API says fires; since when is theirs to say."""
    lasting = float(asked.t - facts.BEGIN + DELAY)
    rows: Rows = {}
    for alert in asked.fired:
        labels = dict(alert)
        chosen = {*asked.selection.chosen["client"], None}
        if labels.get("severity") not in {"page", "ticket"} or labels.get("client") not in chosen:
            continue
        others = (labels.get(one, "") for one in LABELS if one not in {"client", "venue", "symbol"})
        key = row(
            alertname=labels["alertname"],
            severity=labels["severity"],
            client=labels.get("client", ""),
            venue=labels.get("venue", "All"),
            symbol=labels.get("symbol", "All"),
            about=" ".join(others).strip(),
        )
        surely = alert in asked.firing
        rows[key] = Between(0.0, lasting) if surely else Perhaps(0.0, lasting)
    return rows


def _beat(job: str, loop: str, t: int) -> int | None:
    last = seen.last_tick(job, t)
    return None if last is None else min(last, facts.HUNG.get((job, loop), last))


def _service(job: str, t: int) -> float | None:
    if seen.last_tick(job, t) is None:
        return None
    beats = [_beat(job, loop, t) for loop in facts.LOOPS[job]]
    silent = any(beat is None or t - beat >= SILENT for beat in beats)
    code = STATES[facts.STATES.get(job, "running")]
    return 0.0 if silent or not seen.alive(job, t) else float(code)


@answers("Service states", "A")
def _(asked: Asked) -> Rows | None:
    if not seen.steady(asked.t):
        return None
    rows: Rows = {row(job=facts.MANDATES): float(STATES["running"])}
    for job in facts.LOOPS:
        rows |= only(_service(job, asked.t), job=job)
    return rows


@answers("Heartbeats", "A")
def _(asked: Asked) -> Rows:
    rows: Rows = {
        row(job=facts.MANDATES, instance=instance, loop="export"): ALIVE
        for instance in facts.EXPORTERS
    }
    for run in sorted(facts.RUNS, key=lambda run: run.start):
        for loop in facts.LOOPS[run.job]:
            last = run.tick(asked.t, 1)
            if last is not None:
                beat = min(last, facts.HUNG.get((run.job, loop), last))
                rows[row(job=run.job, instance=run.instance, loop=loop)] = About(asked.t - beat)
    return rows


def _ages(asked: Asked) -> Rows:
    rows: Rows = {}
    for feed in links.FEEDS:
        last = seen.last_tick(feed.job, asked.t)
        if feed.venue in asked.selection.chosen["venue"] and last is not None:
            key = row(job=feed.job, venue=feed.venue, stream=feed.stream)
            rows[key] = About(asked.t - feed.alive(last))
    return rows


answers(FEEDS, "A")(_ages)
answers("Age of feeds", "A")(_ages)


@answers(FEEDS, "B")
def _(asked: Asked) -> Rows:
    rows: Rows = {}
    for job, lag in facts.LAG.items():
        if not seen.alive(job, asked.t):
            continue
        for market in facts.HEARS[job]:
            if asked.selection.has_market(*market.key):
                rows[row(job=job, venue=market.venue, stream="book")] = lag
    return rows


def _broken(signal: signals.Signal) -> Callable[[Asked], Rows]:
    def answer(asked: Asked) -> Rows:
        rows: Rows = {}
        for one in counting.counts(signal):
            if one.labels["venue"] in asked.selection.chosen["venue"]:
                number = one.gained(asked.t - asked.range, asked.t)
                rows |= only(number, job=one.job, **one.labels)
        return rows

    return answer


answers(FEEDS, "C")(_broken(signals.market.FEED_GAPS))
answers(FEEDS, "D")(_broken(signals.market.FEED_RECONNECTS))


@answers("Exchanges", "A")
def _(asked: Asked) -> Rows:
    rows: Rows = {}
    for venue, told in links.VENUES.items():
        codes = [VENUE_STATES[said[0]] for job, said in told.items() if seen.alive(job, asked.t)]
        if venue in asked.selection.chosen["venue"] and codes:
            rows[row(venue=venue)] = float(min(codes))
    return rows


@answers("Exchanges", "B")
def _(asked: Asked) -> Rows:
    rows: Rows = {}
    for (job, venue), offset in sorted(links.CLOCKS.items(), key=lambda item: abs(item[1])):
        if venue in asked.selection.chosen["venue"] and seen.alive(job, asked.t):
            rows[row(venue=venue)] = abs(offset)
    return rows


@answers("Exchanges", "C")
def _(asked: Asked) -> Rows:
    rows: Rows = {}
    for (job, venue, _, _), used in sorted(links.LIMITS_USED.items(), key=lambda item: item[1]):
        if venue in asked.selection.chosen["venue"] and seen.alive(job, asked.t):
            rows[row(venue=venue)] = used
    return rows


@answers("Exchanges", "D")
def _(asked: Asked) -> Rows:
    """Assets of ours that some service says it cannot move there, one way or the other."""
    closed: dict[str, set[str]] = {}
    for (job, venue, asset), ways in links.TRANSFERS.items():
        if seen.alive(job, asked.t) and 0 in ways.values() and asset in links.OURS[venue]:
            closed.setdefault(venue, set()).add(asset)
    return {
        row(venue=venue): float(len(assets))
        for venue, assets in closed.items()
        if venue in asked.selection.chosen["venue"]
    }


@answers("Exchanges", "E")
def _(asked: Asked) -> Rows:
    """Until the first key expires, as the rule last counted, at most 10 s ago."""
    left: dict[str, list[int]] = {}
    for (job, venue, _), expiry in links.KEYS.items():
        if venue in asked.selection.chosen["venue"] and seen.alive(job, asked.t):
            left.setdefault(venue, []).append(expiry - asked.t)
    return {row(venue=venue): Between(min(all_), min(all_) + 10) for venue, all_ in left.items()}


@answers("Exchanges", "F")
def _(asked: Asked) -> Rows:
    rows: Rows = {}
    for (job, venue), age in sorted(links.BLOCKS.items(), key=lambda item: item[1]):
        if venue in asked.selection.chosen["venue"] and seen.alive(job, asked.t):
            rows[row(venue=venue)] = About(age)
    return rows


def _markets(asked: Asked) -> list[Market]:
    return [one for one in facts.MARKETS.values() if asked.selection.has_market(*one.key)]


@answers("Markets", "A")
def _(asked: Asked) -> Rows:
    rows: Rows = {}
    for market in _markets(asked):
        codes = [
            MARKET_STATES[status]
            for job, status in market.status.items()
            if seen.alive(job, asked.t)
        ]
        rows |= only(float(min(codes)) if codes else None, venue=market.venue, symbol=market.symbol)
    return rows


@answers("Markets", "B")
def _(asked: Asked) -> Rows:
    rows: Rows = {}
    for market in _markets(asked):
        ages = [
            asked.t - last + facts.RECEIVED.get(job, 1)
            for job, heard in facts.HEARS.items()
            if market in heard and (last := seen.last_tick(job, asked.t)) is not None
        ]
        rows |= only(About(min(ages)) if ages else None, venue=market.venue, symbol=market.symbol)
    return rows
