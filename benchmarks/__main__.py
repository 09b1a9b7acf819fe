"""Run the measures, print what they find, and write the page."""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import os
import platform
import sys
import time
from typing import TYPE_CHECKING

from benchmarks import (
    board,
    calls,
    delay,
    export,
    growth,
    machine,
    memory,
    page,
    paging,
    plots,
    quotes,
)
from benchmarks.child import ROOT
from benchmarks.outcome import FULL, QUICK, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.outcome import Measure, Outcome, Scale, Table

MEASURES = (
    calls.MEASURE,
    quotes.MEASURE,
    export.MEASURE,
    delay.MEASURE,
    memory.MEASURE,
    growth.MEASURE,
    paging.MEASURE,
    board.MEASURE,
)
DOCS = ROOT / "docs"
SELDOM = 15.0
"""Seconds between two lines of progress where there is no terminal."""

RESULTS = ROOT / "benchmarks" / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; goals that are not met are said, and no error."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="smaller, about a minute; print and write nothing"
    )
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=[measure.name for measure in MEASURES],
        help=f"only this measure, of {', '.join(measure.name for measure in MEASURES)}; repeatable",
    )
    options = parser.parse_args(arguments)
    wanted = [each for each in MEASURES if options.only is None or each.name in options.only]
    busy = machine.busy()
    if busy is not None:
        say(f"This machine is busy (load {busy:.1f}): figures will be worse and waver. Ratios")
        say("of interleaved rounds suffer less; delays and memory are what to measure again.")
    python = ".".join(platform.python_version_tuple()[:2])
    path = RESULTS / f"python-{python}.json"
    report = Report(python, machine.facts(), {})
    if options.only and path.exists():
        report = dataclasses.replace(report, outcomes=Report.load(path).outcomes)
    load = os.getloadavg()[0]
    for number, measure in enumerate(wanted, 1):
        say(f"\n[{number}/{len(wanted)}] {measure.title}")
        outcome = run(measure, QUICK if options.quick else FULL)
        outcome = dataclasses.replace(outcome, load=load)
        show(outcome)
        report = dataclasses.replace(report, outcomes={**report.outcomes, measure.name: outcome})
        if not options.quick:
            report.save(path)
    if not options.quick:
        write()
    return 0


class Progress:
    """Say how far a measure is: in place on a terminal, now and then elsewhere."""

    def __init__(self) -> None:
        self._started = self._said = time.monotonic()
        self._terminal = sys.stderr.isatty()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def __call__(self, step: str) -> None:
        """Say what is being done."""
        line = f"  {self.seconds:4.0f} s  {step}"
        if self._terminal:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._said > SELDOM:
            self._said = time.monotonic()
            print(line, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave nothing on the terminal."""
        if self._terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def run(measure: Measure, scale: Scale) -> Outcome:
    """Run one measure, saying how far it is."""
    before = machine.calibrate()
    progress = Progress()
    outcome = measure.run(scale, progress)
    seconds = progress.seconds
    progress.clear()
    speeds = (before, machine.calibrate())
    return dataclasses.replace(
        outcome,
        when=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        drift=max(speeds) / min(speeds),
        seconds=seconds,
    )


def show(outcome: Outcome) -> None:
    """Print tables and goals."""
    for table in outcome.tables:
        say(f"\n{table.title}")
        for line in aligned(table):
            say(line)
    say("")
    for goal in outcome.goals:
        say(f"  {goal.verdict.replace('*', ''):>16}  {page.limit(goal):>8}  {goal.what}")
    say(f"  ({outcome.seconds:.0f} s)")


def aligned(table: Table) -> list[str]:
    """Return the lines of a table for a terminal."""
    lines = [table.columns, *table.rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(table.columns))]
    return [
        "  ".join([line[0].ljust(widths[0]), *(map(str.rjust, line[1:], widths[1:]))]).rstrip()
        for line in lines
    ]


def write() -> None:
    """Write page and plots from the results of every Python."""
    paths = sorted(RESULTS.glob("python-*.json"), key=_version)
    reports = [Report.load(path) for path in paths]
    for name in plots.PLOTS:
        outcome = reports[0].outcomes.get(name)
        if outcome:
            plots.draw(name, outcome.plot, DOCS / page.IMAGES.format(name))
    target = DOCS / "performance.md"
    target.write_text(page.render(MEASURES, reports), encoding="utf-8")
    say(f"\nwritten: docs/{target.name} and its plots")


def _version(path: Path) -> tuple[int, ...]:
    name = path.stem
    return tuple(int(part) for part in name.removeprefix("python-").split("."))


def say(line: str) -> None:
    """Print a line at once, in order with what else appears."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
