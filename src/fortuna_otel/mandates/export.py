"""Export the mandates file, and follow its changes."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from importlib.metadata import version
from signal import SIGINT, SIGTERM
from signal import signal as handle
from typing import TYPE_CHECKING, Final, Protocol

from fortuna_otel import instrument
from fortuna_otel.mandates.follow import TURN, Follower
from fortuna_otel.mandates.loader import load
from fortuna_otel.mandates.series import Series, scheduled, series
from fortuna_otel.mandates.units import parse_job
from fortuna_otel.signals import BY_NAME
from fortuna_otel.signals import mandates as signals

if TYPE_CHECKING:
    from os import PathLike

    from fortuna_otel.mandates.desk import Mandates
    from fortuna_otel.signals import Signal

FAREWELL: Final = 10.0
"""Seconds for which a removed obligation is exported as not scheduled: two slow exports."""

logger = logging.getLogger(__name__)


class Gauge(Protocol):
    """A series that keeps being exported until it ends."""

    def set(self, value: float) -> None:
        """Set the value to export from now on."""

    def end(self) -> None:
        """End the series."""


class Gauges(Protocol):
    """Where series come from: a telemetry, or a test's."""

    def gauge(self, signal: Signal, **attributes: str) -> Gauge:
        """Return the gauge of a signal with these attributes."""


class Exporter:
    """Keeps the gauges of a mandates file current.

    A change that has problems is refused as a whole: the terms before it stay in force.
    """

    def __init__(
        self, path: str | PathLike[str], gauges: Gauges, *, now: datetime | None = None
    ) -> None:
        """Load the file and set its gauges.

        Raises:
            MandatesError: the file is wrong; there are no terms before it to go on with.
        """
        now = now or datetime.now(UTC)
        self._follower = Follower(path, now=now)
        self._gauges = gauges
        self._bound: dict[Series, Gauge] = {}
        self._farewells: dict[Series, datetime] = {}
        self._promised: dict[Series, str] = {}
        self._problems = gauges.gauge(signals.PROBLEMS)
        self._loaded = gauges.gauge(signals.LOADED_TIMESTAMP)
        self._shown: tuple[object, ...] | None = None
        self._accept(now)
        self._show(now)

    @property
    def mandates(self) -> Mandates:
        """The terms in force."""
        return self._follower.mandates

    def turn(self, now: datetime | None = None) -> None:
        """Look at the file and the clock once."""
        now = now or datetime.now(UTC)
        if self._follower.turn(now):
            self._accept(now)
        self._show(now)

    def _accept(self, now: datetime) -> None:
        current = {scheduled(each): each.mandate for each in self.mandates.obligations}
        removed = {key: name for key, name in self._promised.items() if key not in current}
        self._farewells = {
            **{key: since for key, since in self._farewells.items() if key not in current},
            **dict.fromkeys(removed, now),
        }
        self._promised = current
        self._shown = None
        if removed:
            logger.info("no longer in force: %s", ", ".join(removed.values()))

    def _show(self, now: datetime) -> None:
        """Set what is current, and end what is not, where anything changed."""
        over = [
            key
            for key, since in self._farewells.items()
            if (now - since).total_seconds() >= FAREWELL
        ]
        for key in over:
            del self._farewells[key]
        shown = tuple(
            [(each.scheduled(now), each.window.start(now)) for each in self.mandates.obligations]
        )
        self._problems.set(float(len(self._follower.problems)))
        self._loaded.set(self._follower.loaded.timestamp())
        if shown == self._shown and not over:
            return
        self._shown = shown
        values = series(self.mandates, now) | dict.fromkeys(self._farewells, 0.0)
        for key in self._bound.keys() - values.keys():
            self._bound.pop(key).end()
        for key, value in values.items():
            gauge = self._bound.get(key)
            if gauge is None:
                gauge = self._bound[key] = self._bind(key)
            gauge.set(value)

    def _bind(self, key: Series) -> Gauge:
        definition = BY_NAME[key.name]
        attributes = zip(definition.attributes, key.attributes, strict=True)
        return self._gauges.gauge(definition, **dict(attributes))


def run(path: str | PathLike[str], *, job: str, stop: threading.Event | None = None) -> None:
    """Export a mandates file until SIGTERM or Ctrl-C.

    Args:
        path: the mandates file.
        job: what to report as, `namespace/name`.
        stop: set by whoever embeds this in a thread; without it, signals are handled here.

    Raises:
        MandatesError: the file is wrong at the start.
        ValueError: the job is not `namespace/name`, or `name` alone.
    """
    namespace, _, name = parse_job(job).rpartition("/")
    # Judged before anything is reported: a wrong file must not look like a running exporter.
    load(path)
    telemetry = instrument(name, namespace=namespace or None, version=version("fortuna-otel"))
    try:
        stop = stop or _stopped_by_signal()
        exporter = Exporter(path, telemetry)
        loop = telemetry.heartbeat("export")
        loop.beat()
        while not stop.wait(TURN):
            with loop.turn():
                exporter.turn()
    finally:
        telemetry.shutdown()


def _stopped_by_signal() -> threading.Event:
    """Return an event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    for number in (SIGTERM, SIGINT):
        handle(number, lambda *_: stop.set())
    return stop
