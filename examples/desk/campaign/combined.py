"""Faults at the same time, where one could hide the other, or make it be told again."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

from examples.desk.campaign import platform, quoting, venues
from examples.desk.campaign.fault import EVERYTHING, Fault, Told, clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.desk.campaign.scene import Scene

# Between two faults: the first one is told of before the second can be.
APART_SECONDS: Final = 8.0
# Less than a minute: what fired goes on firing for Alertmanager.
AWAY_SECONDS: Final = 15.0


def venue_and_engine(scene: Scene) -> Iterator[None]:
    """A venue is down, and an engine is killed meanwhile."""
    with scene.exchange("unavailable", venue="binance", part="all"):
        time.sleep(APART_SECONDS)
        scene.gone(scene.signal("mm-alts-2", signal.SIGKILL))
        yield
    scene.start("mm-alts-2")


def collector_and_engine(scene: Scene) -> Iterator[None]:
    """The Collector is killed, and an engine while nobody can tell: it is told once one can."""
    scene.gone(scene.signal("collector", signal.SIGKILL))
    scene.gone(scene.signal("mm-tokens-1", signal.SIGKILL))
    _fires(scene, "PipelineBehind")
    time.sleep(APART_SECONDS)
    scene.start("collector")
    yield
    scene.start("mm-tokens-1")


def collector_and_spread(scene: Scene) -> Iterator[None]:
    """The Collector is killed while a client's spread is too wide and told of."""
    with scene.override("globex", spread_multiplier=5.0):
        _fires(scene, "SpreadTooWide")
        scene.gone(scene.signal("collector", signal.SIGKILL))
        _fires(scene, "PipelineBehind")
        scene.start("collector")
        time.sleep(APART_SECONDS)
        yield


def prometheus_and_spread(scene: Scene) -> Iterator[None]:
    """Prometheus is killed and started again while a client's spread is too wide and told of."""
    with scene.override("globex", spread_multiplier=5.0):
        _fires(scene, "SpreadTooWide")
        time.sleep(APART_SECONDS)
        scene.gone(scene.signal("prometheus", signal.SIGKILL))
        time.sleep(AWAY_SECONDS)
        scene.start("prometheus")
        time.sleep(2 * APART_SECONDS)
        yield


def file_and_spread(scene: Scene) -> Iterator[None]:
    """A wrong mandates file is saved, and a spread becomes too wide by the terms in force."""
    with (
        scene.terms(scene.mandates.read_text("utf-8") + "\nclints: {}\n"),
        scene.override("globex", spread_multiplier=5.0),
    ):
        yield


def _fires(scene: Scene, alert: str) -> None:
    expression = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
    scene.wait(lambda: scene.query(expression), f"{alert} to fire")


def _told(faults: tuple[Fault, ...], name: str) -> Told:
    """Return what another fault tells, alone."""
    return next(fault.told[0] for fault in faults if fault.name == name)


def _silent(job: str) -> Told:
    return Told(
        "ServiceSilent",
        {"job": job},
        rf"{job} is silent for \d+ s \(5 s allowed\) with [1-9]\d* orders last seen live",
    )


_WIDE: Final = _told(quoting.FAULTS, "spread too wide")
_DOWN: Final = _told(venues.FAULTS, "venue down with 30 clients")
_BEHIND: Final = _told(platform.FAULTS, "Collector down")
_REFUSED: Final = _told(platform.FAULTS, "bad mandates file")

FAULTS: Final = (
    Fault(
        "bad mandates file, and a wide spread",
        file_and_spread,
        (_REFUSED, _WIDE),
        clients("globex") | {"file:mandates"},
    ),
    Fault(
        "venue down, and an engine killed",
        venue_and_engine,
        (_DOWN, _silent("desk/mm-alts-2")),
        EVERYTHING,
        settle=90,
    ),
    Fault(
        "Collector down, and an engine killed",
        collector_and_engine,
        (_BEHIND, _silent("desk/mm-tokens-1")),
        EVERYTHING,
        settle=90,
    ),
    Fault(
        "wide spread, and the Collector down",
        collector_and_spread,
        (_WIDE, _BEHIND),
        EVERYTHING,
        settle=90,
    ),
    Fault(
        "wide spread, and Prometheus killed",
        prometheus_and_spread,
        (_WIDE,),
        EVERYTHING,
        settle=90,
    ),
)
