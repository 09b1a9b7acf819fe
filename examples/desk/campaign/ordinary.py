"""What happens on a desk every day, and nobody may be told of."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

from examples.desk.campaign.fault import Fault
from examples.desk.plan import ENGINE_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from examples.desk.campaign.scene import Scene

APART_SECONDS: Final = 3.0


def engines_deployed(scene: Scene) -> Iterator[None]:
    """Every engine is deployed, one after another."""
    pids = (scene.run_dir / "pids").glob(f"{ENGINE_PREFIX}*.pid")
    _deploy(scene, *sorted(path.stem for path in pids))
    yield


def services_deployed(scene: Scene) -> Iterator[None]:
    """Watcher, rates and mandates exporter are deployed, one after another."""
    _deploy(scene, "watcher", "rates", "mandates")
    yield


def collector_deployed(scene: Scene) -> Iterator[None]:
    """The Collector is deployed."""
    _deploy(scene, "collector")
    yield


def read_again(scene: Scene) -> Iterator[None]:
    """Prometheus and Alertmanager read their configuration again."""
    for name in ("prometheus", "alertmanager"):
        scene.signal(name, signal.SIGHUP)
    yield


def saved_again(scene: Scene) -> Iterator[None]:
    """The mandates file is saved, with another comment."""
    with scene.terms(scene.mandates.read_text("utf-8") + "\n# Read on Monday.\n"):
        yield


def connection_lost(scene: Scene) -> Iterator[None]:
    """A venue's market data stops for a second and comes back."""
    with scene.exchange("hang", venue="okx", part="market"):
        time.sleep(1.0)
    yield


def slower(scene: Scene) -> Iterator[None]:
    """A venue takes a tenth of a second longer to answer."""
    with scene.exchange("delay", venue="binance", delay=0.1):
        yield


def refused(scene: Scene) -> Iterator[None]:
    """A venue refuses one order action in fifty."""
    with scene.exchange("refuse", venue="okx", share=0.02):
        yield


def _deploy(scene: Scene, *names: str) -> None:
    for name in names:
        scene.deploy(name)
        time.sleep(APART_SECONDS)


def _ordinary(act: Callable[[Scene], Iterator[None]]) -> Fault:
    return Fault((act.__doc__ or "").rstrip("."), act, seconds=8.0, settle=4.0)


ORDINARY: Final = tuple(
    _ordinary(act)
    for act in (
        engines_deployed,
        connection_lost,
        read_again,
        slower,
        services_deployed,
        saved_again,
        refused,
        collector_deployed,
    )
)
