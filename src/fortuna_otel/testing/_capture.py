"""A telemetry that keeps what it sends, and answers questions about it."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from fortuna_otel import _instrument
from fortuna_otel._environment import Environment
from fortuna_otel.signals import Signal
from fortuna_otel.telemetry import Telemetry
from fortuna_otel.testing._checks import known, problems, require
from fortuna_otel.testing._clock import FakeClock
from fortuna_otel.testing._points import MemoryTransport, Point, points_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fortuna_otel.signals.enums import DropReason


class Capture:
    """A telemetry, its clock, and what it sent.

    | question | answer |
    |---|---|
    | `value(signal, **attributes)` | the present number of one series |
    | `values(signal, **attributes)` | the present numbers of all that match |
    | `points(signal, **attributes)` | everything that was sent, in order |
    | `dropped()` | what was refused because it was wrong, in words |
    | `check()` | fails the test unless everything was right |

    Attributes:
        telemetry: what the code under test is given.
        clock: its clock; `export` advances it by a second.
        transport: where its requests went.
    """

    def __init__(self, service: str = "test", **options: Any) -> None:
        self.clock = FakeClock()
        self.transport = MemoryTransport()
        with mock.patch.dict(os.environ, _without_otel(), clear=True):
            self.telemetry = Telemetry(
                service,
                environment=options.pop("environment", Environment()),
                transport=self.transport,
                clock=self.clock,
                instance=f"test/{service}/0",
                threaded=False,
                **options,
            )
        self._dropped: dict[str, None] = {}
        self._expected: dict[str, None] = {}
        self._listen()

    def export(self, seconds: float = 1.0, *, only_critical: bool = False) -> list[Point]:
        """Let that many seconds pass and export; return the points of this export."""
        self.clock.advance(seconds)
        before = len(self.transport.requests)
        self.telemetry.flush(only_critical=only_critical)
        return self._points_since(before)

    def points(self, signal: Signal | str | None = None, **attributes: str) -> list[Point]:
        """Return every point sent so far of a signal, in order; attributes narrow it.

        Raises:
            LookupError: if there is no such signal, attribute or value.
        """
        name = _name(signal, attributes)
        return [
            point
            for point in self._points_since(0)
            if (name is None or point.name == name) and _matches(point, attributes)
        ]

    def value(self, signal: Signal | str, **attributes: str) -> float | None:
        """Export, and return the present value of the one series that matches; None if none does.

        Args:
            signal: constant of `fortuna_otel.signals`, or the OpenTelemetry name of any metric.
            attributes: as many as it takes to single the series out.

        Returns:
            The number of a gauge or counter in the signal's unit, the count of a histogram.

        Raises:
            LookupError: if several series match, or there is no such signal, attribute or value.
        """
        values = self.values(signal, **attributes)
        if len(values) > 1:
            listed = "; ".join(", ".join(f"{k}={v}" for k, v in key) for key in values)
            name = _name(signal, attributes)
            raise LookupError(f"{len(values)} series of {name} match, be more precise: {listed}")
        return next(iter(values.values()), None)

    def values(
        self, signal: Signal | str, **attributes: str
    ) -> dict[tuple[tuple[str, str], ...], float]:
        """Export, and return the present value of every series that matches, by its attributes.

        Raises:
            LookupError: if there is no such signal, attribute or value.
        """
        self.export(0.0)
        latest: dict[tuple[tuple[str, str], ...], Point] = {}
        for point in self.points(signal, **attributes):
            latest[tuple(point.attributes.items())] = point
        return {key: point.value for key, point in latest.items() if point.value is not None}

    def dropped(self) -> list[str]:
        """Export, and return in words what was refused so far: wrong sides, NaN, series too many.

        Telemetry never raises into the code that calls it, so this is where a test sees what that
        code got wrong. `check` does not complain of what was asked for here.
        """
        self.export(0.0)
        self._expected.update(self._dropped)
        return list(self._dropped)

    def check(self) -> None:
        """Export, and fail unless everything sent is as the registry has it and nothing dropped.

        Raises:
            AssertionError: with every problem on a line of its own.
        """
        self.export(0.0)
        wrong = [problem for request in self.transport.requests for problem in problems(request)]
        unexpected = [what for what in self._dropped if what not in self._expected]
        if wrong or unexpected:
            lines = "\n".join(f"  {line}" for line in dict.fromkeys([*wrong, *unexpected]))
            raise AssertionError(f"the telemetry of {self.telemetry.job} is not right:\n{lines}")

    def _listen(self) -> None:
        """Note everything that is dropped: the log has a line a minute, a test wants each."""
        registry = self.telemetry.registry
        throttle = self.telemetry._throttle  # noqa: SLF001  # ours
        drop, warn = registry.drop, throttle.warn

        def note_drop(reason: DropReason, what: str, amount: int = 1) -> None:
            self._dropped[f"dropped as {reason}: {what}"] = None
            drop(reason, what, amount)

        def note_refusal(kind: str, message: str, *args: object, times: int = 1) -> bool:
            if kind.startswith("refused "):
                self._dropped[f"dropped as limit: {message % args}"] = None
            return warn(kind, message, *args, times=times)

        registry.drop = note_drop  # type: ignore[method-assign]  # of this one alone
        throttle.warn = note_refusal  # type: ignore[method-assign]

    def _points_since(self, first: int) -> list[Point]:
        return [
            point for request in self.transport.requests[first:] for point in points_of(request)
        ]


@contextmanager
def capture(service: str = "test", **options: Any) -> Iterator[Capture]:
    """Give a `Capture`, and shut its telemetry down afterwards.

    Until then `fortuna_otel.instrument()` returns its telemetry, whatever the service is called,
    so that code which instruments itself needs no change. OTEL_* variables have no effect on it.

    Args:
        service: name of the service.
        options: passed on to `Telemetry`, such as `namespace`.
    """
    captured = Capture(service, **options)
    with ExitStack() as stack:
        stack.callback(captured.telemetry.shutdown)
        stack.enter_context(_instrument.standing_in(captured.telemetry))
        yield captured


def _without_otel() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}


def _name(signal: Signal | str | None, attributes: Mapping[str, str]) -> str | None:
    if signal is None:
        return None
    name = signal.name if isinstance(signal, Signal) else signal
    found = signal if isinstance(signal, Signal) else known(name)
    if found is not None:
        require(found, attributes)
    return name


def _matches(point: Point, attributes: Mapping[str, str]) -> bool:
    return attributes.items() <= point.attributes.items()
