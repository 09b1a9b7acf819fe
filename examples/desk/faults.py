"""Break something in the running demo, watch the page arrive, mend it, watch it resolve.

`python -m examples.desk.faults list` says what can be broken; `NAME` breaks it. Whatever happens,
also on Ctrl-C, the fault is healed before this ends. The exit code is 1 when no page came.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from examples.desk.config import WIDEST_MULTIPLIER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

ROOT = Path(__file__).resolve().parents[2]
RUN_DIR = ROOT / "var" / "demo"
TIMEOUT_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.2
RESOLVE_SECONDS: Final = 120.0
RECEIVERS: Final = {"slack": "Slack", "pagerduty": "PagerDuty"}
# Of its maximum: beyond twice the maximum a spread pages after 5 s.
WIDE: Final = 3.0
# Of the exposure limit: enough to stay beyond it although the engine leans against it.
DRIFT: Final = 1.8


class FaultError(Exception):
    """The fault cannot be put in, or its page did not come; the message says why."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The page that must come.

    Attributes:
        alert: its name.
        about: what its text must mention.
        done: what was broken, for people.
    """

    alert: str
    about: str
    done: str


class Desk:
    """The running demo, as its run directory describes it.

    Args:
        run_dir: what `make demo` was started with.

    Raises:
        FaultError: no demo is running there.
    """

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        try:
            self._ports: dict[str, int] = json.loads((run_dir / "ports.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise FaultError(_not_running(run_dir)) from error
        try:
            self.pages(time.time())
        except (OSError, ValueError) as error:
            raise FaultError(_not_running(run_dir)) from error

    def pages(self, since: float) -> list[dict[str, Any]]:
        """Return what the pager received after a Unix time."""
        answer = self._ask("pager", f"/pages?since={since!r}")
        return list(answer["pages"])

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Return an instant query's samples, as (labels, value), the greatest first."""
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": f"sort_desc({expression})"})
        answer = self._ask("prometheus", path)
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def greatest(self, expression: str, what: str) -> tuple[dict[str, str], float]:
        """Return a query's greatest sample.

        Raises:
            FaultError: there is none; `what` says what is missing.
        """
        rows = self.query(expression)
        if not rows:
            raise FaultError(f"{what} (nothing answers {expression})")
        return rows[0]

    def control(self, **command: object) -> Any:
        """Send the exchange's control endpoint a command."""
        return self._ask("exchange", "/_control", command)

    def pid(self, name: str) -> int:
        """Return the process id of one of the desk's processes."""
        try:
            return int((self.run_dir / "pids" / f"{name}.pid").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise FaultError(
                f"{name} is not running: {self.run_dir}/pids has no id of it"
            ) from error

    @property
    def overrides(self) -> Path:
        """The engines' parameters that may change while they run."""
        return self.run_dir / "overrides.json"

    def _ask(self, part: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._ports[part]}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise FaultError(f"{part} refused: {error.read().decode()}") from error


def _not_running(run_dir: Path) -> str:
    return f"no demo is running in {run_dir}: start it with `make demo` in another terminal"


@contextlib.contextmanager
def silent_service(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Freeze the engine that quotes for the client (SIGSTOP): its orders stay live, unattended."""
    job = _engine(desk, client)
    name = job.rpartition("/")[2]
    orders = sum(value for _, value in desk.query(f'fortuna:service:orders_open{{job="{job}"}}'))
    pid = desk.pid(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield Expected("ServiceSilent", job, f"froze {name} with {orders:.0f} orders live")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def stale_feed(desk: Desk, client: str, seconds: float) -> Iterator[Expected]:
    """Let one venue's market data hang for the client's engine; its orders go on."""
    job = _engine(desk, client)
    labels, _ = desk.greatest(
        f'sum by (venue) (fortuna_orders_open{{job="{job}"}}) > 0', f"{job} has no live orders"
    )
    name, venue = job.rpartition("/")[2], labels["venue"]
    desk.control(fault="hang", venue=venue, caller=name, seconds=seconds)
    try:
        yield Expected("FeedStale", job, f"{venue}'s market data hangs for {name}")
    finally:
        desk.control(fault="clear")


@contextlib.contextmanager
def wide_spread(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Set the client's spread to three times the maximum that its mandate allows."""
    share = f'fortuna:obligation:spread_of_max_ratio{{client="{client}"}}'
    _, narrowest = desk.greatest(f"-({share})", f"{client} has no obligation with a spread now")
    before = json.loads(desk.overrides.read_text("utf-8"))
    multiplier = min(round(WIDE / -narrowest, 1), WIDEST_MULTIPLIER)
    changed = {**before, client: {**before.get(client, {}), "spread_multiplier": multiplier}}
    _replace(desk.overrides, changed)
    try:
        yield Expected(
            "SpreadTooWide", client, f"{client}'s spread is multiplied by {multiplier:g}"
        )
    finally:
        now = json.loads(desk.overrides.read_text("utf-8"))
        now.pop(client, None)
        _replace(desk.overrides, now | {name: before[name] for name in (client,) if name in before})


@contextlib.contextmanager
def inventory_drift(desk: Desk, client: str, seconds: float) -> Iterator[Expected]:
    """Let an aggressive taker lift the client's offers until it holds far too little."""
    labels, limit = desk.greatest(
        f'fortuna:exposure:limit{{client="{client}"}} and on (client, asset) '
        f'label_replace(fortuna:mandate:info, "asset", "$1", "base", "(.+)")',
        f"{client} has no exposure limit on an asset it quotes",
    )
    asset = labels["asset"]
    drift = f'fortuna:exposure:drift{{client="{client}",asset="{asset}"}}'
    _, start = desk.greatest(drift, f"{client}'s exposure is not known")
    lift = {"fault": "lift", "client": client, "asset": asset, "seconds": seconds}
    quantity = DRIFT * limit + max(start, 0.0)
    desk.control(**lift, side="buy", quantity=quantity)
    try:
        yield Expected(
            "InventoryDrift",
            f"{client} {asset}",
            f"a taker lifts {quantity:.4g} {asset} from {client}",
        )
    finally:
        desk.control(fault="clear")
        for _, off in desk.query(f"{drift} < 0"):
            desk.control(**lift, side="sell", quantity=-off)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to break, and how."""

    name: str
    inject: Callable[[Desk, str, float], AbstractContextManager[Expected]]

    @property
    def about(self) -> str:
        """What it does, in a line."""
        return (self.inject.__doc__ or "").split("\n", 1)[0]


FAULTS: Final = {
    fault.name: fault
    for fault in (
        Fault("silent-service", silent_service),
        Fault("stale-feed", stale_feed),
        Fault("wide-spread", wide_spread),
        Fault("inventory-drift", inventory_drift),
    )
}


def run(desk: Desk, fault: Fault, client: str, seconds: float, console: Console) -> str:
    """Inject a fault, wait for its page, heal it, wait until it resolved; return the timeline.

    Raises:
        FaultError: no page came while the fault lasted, or it did not resolve.
    """
    with fault.inject(desk, client, seconds) as expected:
        injected = time.time()
        if _firing(desk, expected):
            raise FaultError(
                f"{expected.alert} about {expected.about} is firing already: wait until it resolved"
            )
        console.print(f"[bold]{fault.name}[/]: {expected.done}")
        with console.status("waiting for the page …"):
            pages = _wait(desk, expected, "firing", injected, seconds)
    healed = time.time()
    page = pages.get("slack") or next(iter(pages.values()), None)
    if page is None:
        raise FaultError(f"no page {expected.alert} about {expected.about} in {seconds:.0f} s")
    for receiver, each in pages.items():
        console.print(f"{each['time'] - injected:6.1f} s  {RECEIVERS[receiver]:<9}  {each['text']}")
    console.print(f"{healed - injected:6.1f} s  healed")
    if missing := [name for key, name in RECEIVERS.items() if key not in pages]:
        raise FaultError(f"the page did not reach {' and '.join(missing)}")
    with console.status("waiting until it is resolved …"):
        resolved = _wait(desk, expected, "resolved", healed, RESOLVE_SECONDS)
    if len(resolved) < len(RECEIVERS):
        raise FaultError(f"healed, but not resolved after {RESOLVE_SECONDS:.0f} s")
    reached = ", ".join(
        f"{RECEIVERS[receiver]} after {each['time'] - injected:.1f} s"
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


def _engine(desk: Desk, client: str) -> str:
    """Return the `job` of the engine that has the client's orders."""
    by_job = f'sum by (job) (fortuna_orders_open{{client="{client}"}}) > 0'
    rows = desk.query(by_job)
    if rows:
        return rows[0][0]["job"]
    known = sorted(
        {row["client"] for row, _ in desk.query("sum by (client) (fortuna_orders_open)")}
    )
    raise FaultError(
        f"--client {client} has no live orders now; these have: {', '.join(known) or 'none yet'}"
    )


def _replace(path: Path, content: object) -> None:
    """Write a file that its readers never see half written."""
    half = path.with_suffix(".new")
    half.write_text(json.dumps(content) + "\n", encoding="utf-8")
    half.replace(path)


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


if __name__ == "__main__":
    sys.exit(main())
