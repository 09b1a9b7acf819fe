"""Faults of processes: hung, killed, deployed, never started, blind, on a wrong clock."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

from examples.desk.campaign.fault import TICKET, Fault, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.desk.campaign.scene import Actor, Scene

LATE_JOB: Final = "desk/mm-late"


def dead_feed(scene: Scene) -> Iterator[None]:
    """One venue's market data hangs for one engine; the others hear it well."""
    with scene.exchange("hang", venue="okx", caller="mm-majors"):
        yield


def late_feed(scene: Scene) -> Iterator[None]:
    """One venue's market data reaches one engine 2.6 s late."""
    slow = {"venue": "binance", "caller": "mm-alts-1", "part": "market", "delay": 2.6}
    with scene.exchange("delay", **slow):
        yield


def gaps(scene: Scene) -> Iterator[None]:
    """A venue's order books fall back behind what it had shown."""
    with scene.exchange("rewind", venue="binance", symbol="ABR/USDT"):
        yield


def crossed_book(scene: Scene) -> Iterator[None]:
    """A venue shows an order book with its bid above its ask."""
    with scene.exchange("cross", venue="okx", symbol="SBL/USDT"):
        yield


def hang(scene: Scene) -> Iterator[None]:
    """An engine hangs (SIGSTOP) with its orders live."""
    scene.signal("mm-tokens-1", signal.SIGSTOP)
    try:
        yield
    finally:
        scene.signal("mm-tokens-1", signal.SIGCONT)


def killed(scene: Scene) -> Iterator[None]:
    """An engine is killed (SIGKILL) with its orders live, and nobody starts it again."""
    scene.gone(scene.signal("mm-alts-2", signal.SIGKILL))
    yield
    scene.start("mm-alts-2")


def deploy(scene: Scene) -> Iterator[None]:
    """An engine is stopped in an orderly way, and a new one started."""
    scene.deploy("mm-tokens-2")
    yield


def never_started(scene: Scene) -> Iterator[None]:
    """The mandates expect a service that nobody starts."""
    content = scene.promised()
    content["services"][LATE_JOB] = {"loops": ["quote"]}
    with scene.terms(content):
        yield


def wrong_clock(scene: Scene) -> Iterator[None]:
    """A service's clock is 3 s fast."""
    fast = scene.actor("skewed", clock=3.0)
    try:
        yield
    finally:
        fast.end()


def conflict(scene: Scene) -> Iterator[None]:
    """Two processes report under one instance id."""
    both: list[Actor] = []
    for number in (1, 2):
        both.append(scene.actor(f"twin-{number}", service="twin", OTEL_RESOURCE_ATTRIBUTES=TWIN))
        # In step they would stamp the same moments, and the store refuse them: another page.
        time.sleep(APART_SECONDS)
    try:
        yield
    finally:
        for one in both:
            one.end()


TWIN: Final = "service.instance.id=twin-1"
APART_SECONDS: Final = 0.25
"""Half the time between two exports of what pages."""


def dropping(scene: Scene) -> Iterator[None]:
    """A service tells values that its telemetry must refuse."""
    careless = scene.actor("careless")
    book = {"client": "orion", "venue": "gemini", "symbol": "BTC/USD", "account": "a", "tag": "t"}
    careless.say("book.orders.submitted", book, every=0.5, side="long")
    try:
        yield
    finally:
        careless.end()


FAULTS: Final = (
    Fault(
        "dead feed in one of several processes",
        dead_feed,
        (
            Told(
                "FeedStale",
                {"job": "desk/mm-majors", "venue": "okx"},
                r"desk/mm-majors quotes on a dead okx feed: nothing for \d+\.\d s \(5 s allowed\) "
                r"with [1-9]\d* live orders",
            ),
        ),
        frozenset({"job:desk/mm-majors"}),
    ),
    Fault(
        "lagging messages",
        late_feed,
        (
            Told(
                "FeedStale",
                {"job": "desk/mm-alts-1", "venue": "binance"},
                r"desk/mm-alts-1 quotes on a late binance feed: messages \d+\.\d s old "
                r"\(2 s allowed\) with [1-9]\d* live orders",
            ),
        ),
        frozenset({"job:desk/mm-alts-1"}),
    ),
    Fault(
        "gaps in sequence numbers",
        gaps,
        (
            Told(
                "FeedGaps",
                {"job": "desk/mm-alts-2", "venue": "binance"},
                r"desk/mm-alts-2: binance feed broke \d+ times within 5 min .*",
                severity=TICKET,
            ),
        ),
        frozenset({"job:desk/mm-alts-2"}),
        settle=90,
    ),
    Fault(
        "crossed order book",
        crossed_book,
        (
            Told(
                "BookInvalid",
                {"job": "desk/mm-alts-2", "venue": "okx"},
                r"desk/mm-alts-2 quotes on 1 broken okx book: SBL/USDT for \d+ s "
                r"\(\d+ s allowed\) with [1-9]\d* live orders",
            ),
        ),
        frozenset({"job:desk/mm-alts-2@okx"}),
    ),
    Fault(
        "engine hangs",
        hang,
        (
            Told(
                "ServiceSilent",
                {"job": "desk/mm-tokens-1"},
                r"desk/mm-tokens-1 is silent for \d+ s \(5 s allowed\) "
                r"with [1-9]\d* orders last seen live",
            ),
        ),
        frozenset({"job:desk/mm-tokens-1"}),
    ),
    Fault(
        "engine killed",
        killed,
        (
            Told(
                "ServiceSilent",
                {"job": "desk/mm-alts-2"},
                r"desk/mm-alts-2 is silent for \d+ s \(5 s allowed\) "
                r"with [1-9]\d* orders last seen live",
            ),
        ),
        # An engine that starts reads the mandates: they must be right then.
        frozenset({"job:desk/mm-alts-2", "job:desk/mm-alts-2@okx", "file:mandates"}),
    ),
    Fault(
        "graceful deploy",
        deploy,
        (),
        frozenset({"job:desk/mm-tokens-2", "file:mandates"}),
        seconds=20,
        settle=10,
    ),
    Fault(
        "never started",
        never_started,
        (
            Told(
                "ServiceMissing",
                {"job": LATE_JOB},
                rf"{LATE_JOB} is expected by the mandates and not running: "
                r"not seen for more than 60 s",
            ),
        ),
        frozenset({"file:mandates"}),
        seconds=100,
    ),
    Fault(
        "a service's clock is wrong",
        wrong_clock,
        (
            Told(
                "ClockSkewed",
                {"venue": ""},
                r"The clock of \S+ is fast by at least (1\.[5-9]|2\.)\d*s \(1s allowed\)",
                owner="platform",
            ),
        ),
        frozenset({"clock:host"}),
        seconds=90,
        settle=90,
    ),
    Fault(
        "two processes, one instance id",
        conflict,
        (
            Told(
                "InstanceConflict",
                {"job": "desk/twin"},
                r"Two processes of desk/twin report as twin-1 \(one allowed\).*",
                owner="platform",
            ),
        ),
        frozenset({"job:desk/twin"}),
    ),
    Fault(
        "telemetry refuses values",
        dropping,
        (
            Told(
                "TelemetryDropping",
                {"job": "desk/careless"},
                r"desk/careless \(\S+\) dropped \d+ values or points within 5 min .*",
                severity=TICKET,
                owner="platform",
            ),
        ),
        frozenset({"job:desk/careless"}),
        seconds=75,
        settle=120,
    ),
)
