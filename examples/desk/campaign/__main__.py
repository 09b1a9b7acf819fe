"""`python -m examples.desk.campaign`: break everything once, and write down who was told."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from examples.desk.campaign import prepare, report
from examples.desk.campaign.catalogue import CATALOGUE
from examples.desk.campaign.ordinary import ORDINARY
from examples.desk.campaign.run import perform, rows
from examples.desk.campaign.scene import Scene
from examples.desk.faults import FaultError
from examples.desk.probe import answers
from examples.desk.runner import Runner, RunnerError
from examples.desk.stack import Ports
from fortuna_otel.mandates import MandatesError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parents[3]
READY_SECONDS = 60.0
# Engines have placed their first orders, markets their first trades.
SETTLE_SECONDS = 25.0


@contextmanager
def running(run_dir: Path, seed: int = 7, *, hurried: bool = True) -> Iterator[Scene]:
    """Run a campaign's desk, with less patience than production, and yield it once it is at work.

    Raises:
        RunnerError: a process does not come up.
    """
    ports = Ports.free()
    # Nothing is started again: what was killed stays so, until a fault is mended.
    runner = Runner(run_dir, prepare.desk(run_dir, ports, seed, hurried=hurried), restart=False)
    try:
        runner.start()
        waiting = {one.name: one.ready for one in runner.processes if one.ready}
        deadline = time.monotonic() + READY_SECONDS
        while waiting := {name: url for name, url in waiting.items() if not answers(url)}:
            if time.monotonic() > deadline:
                name = next(iter(waiting))
                raise RunnerError(f"{name} was not ready:\n{runner.tail(name)}")
            time.sleep(0.2)
        scene = Scene(run_dir, run_dir / "mandates.yaml")
        scene.actor()
        time.sleep(SETTLE_SECONDS)
        yield scene
        scene.dismiss()
    finally:
        runner.stop()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign and return 1 where a row is not as it must be."""
    options = _parser().parse_args(arguments)
    chosen = [one for one in CATALOGUE if not options.only or one.name in options.only]
    if options.list:
        for fault in CATALOGUE:
            print(f"  {fault.name:<44} {fault.about}")
        return 0

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    begun = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - begun:6.1f} s  {line}", flush=True)

    try:
        run_dir, hurried = options.run_dir.resolve(), not options.quiet
        with running(run_dir, options.seed, hurried=hurried) as scene:
            if options.quiet:
                return _quiet(scene, options.quiet, tell)
            tell(f"the desk is at work; {len(chosen)} faults")
            table = rows(perform(scene, chosen, tell))
    except (FaultError, RunnerError, MandatesError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    when = _now()
    table = [{**row, "measured": when} for row in table]
    print(report.markdown(table, when))
    if options.write:
        report.write(rows=report.merged(table), measured=when)
    elif not options.only:
        report.write(rows=table, measured=when)
    return 1 if any(row["problems"] for row in table) else 0


def _quiet(scene: Scene, rounds: int, tell: Callable[[str], None]) -> int:
    """Let ordinary life go on, write down whether anybody was told of it, and return 1 if so."""
    acts = ORDINARY * rounds
    tell(f"the desk is at work; {len(acts)} acts of ordinary life")
    begun = time.monotonic()
    outcomes = perform(scene, acts, tell)
    told = sorted({problem for outcome in outcomes for problem in outcome.problems()})
    quiet = {
        "measured": _now(),
        "minutes": (time.monotonic() - begun) / 60.0,
        "acts": len(acts),
        "about": "; ".join(act.about.rstrip(".") for act in ORDINARY),
        "told": told,
    }
    print(report.quiet_line(quiet))
    report.write(quiet=quiet)
    return 1 if told else 0


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of rounds: say 1 or more")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.desk.campaign",
        description="Breaks everything once on a running desk, and writes down who was told.",
    )
    parser.add_argument("--list", action="store_true", help="say what it breaks, and end")
    parser.add_argument(
        "--only", action="append", metavar="FAULT", help="this one alone, writing nothing; repeat"
    )
    parser.add_argument(
        "--write", action="store_true", help="put the rows of --only into the last table"
    )
    parser.add_argument(
        "--run-dir", type=Path, default=ROOT / "var" / "campaign", help="(var/campaign)"
    )
    parser.add_argument(
        "--quiet",
        type=_rounds,
        metavar="ROUNDS",
        help="break nothing: so many rounds of ordinary life (3 minutes each), and nobody is told",
    )
    parser.add_argument("--seed", type=int, default=7, help="of the market's randomness")
    return parser


if __name__ == "__main__":
    sys.exit(main())
