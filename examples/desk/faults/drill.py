"""Inject a fault, watch its page arrive, mend it, watch it resolve."""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from examples.desk.faults.desk import Desk, Expected, FaultError
from examples.desk.faults.injections import FAULTS, Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[3]
RUN_DIR = ROOT / "var" / "demo"
POLL_SECONDS: Final = 0.2
RESOLVE_SECONDS: Final = 120.0
RECEIVERS: Final = {"slack": "Slack", "pagerduty": "PagerDuty"}


def run(desk: Desk, fault: Fault, client: str, seconds: float, console: Console) -> str:
    """Inject a fault, wait for its page, heal it, wait until it resolved; return the timeline.

    Raises:
        FaultError: no page came while the fault lasted, or it did not resolve.
    """
    # A quick answer comes before the change is known here to be made: look from before it on.
    injecting = time.time()
    with fault.inject(desk, client, seconds) as expected:
        injected = time.time()
        if _firing(desk, expected):
            raise FaultError(
                f"{expected.alert} about {expected.about} is firing already: wait until it resolved"
            )
        console.print(f"[bold]{fault.name}[/]: {expected.done}")
        with console.status("waiting for the page …"):
            pages = _wait(desk, expected, "firing", injecting, seconds)
        healing = time.time()
    healed = time.time()
    page = pages.get("slack") or next(iter(pages.values()), None)
    if page is None:
        raise FaultError(f"no page {expected.alert} about {expected.about} in {seconds:.0f} s")
    for receiver, each in pages.items():
        after = max(each["time"] - injected, 0.0)
        console.print(f"{after:6.1f} s  {RECEIVERS[receiver]:<9}  {each['text']}")
    console.print(f"{healed - injected:6.1f} s  healed")
    if missing := [name for key, name in RECEIVERS.items() if key not in pages]:
        raise FaultError(f"the page did not reach {' and '.join(missing)}")
    with console.status("waiting until it is resolved …"):
        resolved = _wait(desk, expected, "resolved", healing, RESOLVE_SECONDS)
    if len(resolved) < len(RECEIVERS):
        raise FaultError(f"healed, but not resolved after {RESOLVE_SECONDS:.0f} s")
    reached = ", ".join(
        f"{RECEIVERS[receiver]} after {max(each['time'] - injected, 0.0):.1f} s"
        for receiver, each in pages.items()
    )
    last = max(each["time"] for each in resolved.values()) - injected
    console.print(f"{last:6.1f} s  resolved")
    return (
        f"injected 0.0 s · page reached {reached}: {page['text']} · "
        f"healed {healed - injected:.1f} s · resolved after {last:.1f} s"
    )


def _wait(
    desk: Desk, expected: Expected, status: str, since: float, seconds: float
) -> dict[str, dict[str, Any]]:
    """Return the first such page of each receiver, fewer if they did not come in time."""
    deadline = time.monotonic() + seconds
    found: dict[str, dict[str, Any]] = {}
    while len(found) < len(RECEIVERS) and time.monotonic() < deadline:
        for page in desk.pages(since):
            if (
                page["receiver"] in RECEIVERS
                and page["status"] == status
                and page["alert"] == expected.alert
                and expected.about in page["text"]
            ):
                found.setdefault(page["receiver"], page)
        time.sleep(POLL_SECONDS)
    return {receiver: found[receiver] for receiver in RECEIVERS if receiver in found}


def _firing(desk: Desk, expected: Expected) -> bool:
    """Return whether the page is out already, so that no other would come."""
    rows = desk.query(f'ALERTS{{alertname="{expected.alert}",alertstate="firing"}}')
    return any(set(expected.about.split()) <= set(labels.values()) for labels, _ in rows)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one fault and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="make fault NAME=…", description="Break something in the running demo."
    )
    parser.add_argument("name", choices=["list", *FAULTS], metavar="NAME", help="list, or a fault")
    parser.add_argument(
        "--seconds", type=float, default=90.0, help="how long it lasts at most (90)"
    )
    parser.add_argument("--client", default="acme", help="whose books it hits (acme)")
    parser.add_argument("--run-dir", type=Path, default=RUN_DIR, help="of the demo (var/demo)")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    if options.name == "list":
        for fault in FAULTS.values():
            console.print(f"  [bold]{fault.name:<16}[/] {fault.about}")
        return 0
    if not 0 < options.seconds <= 600:
        parser.error("--seconds is above 0 and at most 600")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        desk = Desk(options.run_dir)
        console.print(run(desk, FAULTS[options.name], options.client, options.seconds, console))
    except FaultError as error:
        console.print(f"[bold red]✗[/] {error}")
        return 1
    except OSError as error:
        console.print(f"[bold red]✗[/] the demo stopped answering: {error}")
        return 1
    except KeyboardInterrupt:
        console.print("healed; interrupted before the end")
        return 130
    return 0
