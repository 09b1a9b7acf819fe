"""Health: is the service alive, and do its loops turn?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from fortuna_otel.meters._meter import Meter, OneHot, harmless
from fortuna_otel.signals import health
from fortuna_otel.signals.enums import ServiceState

if TYPE_CHECKING:
    from types import TracebackType

    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Cell
    from fortuna_otel.export.registry import Registry


class Heartbeat(Meter):
    """The pulse of one loop, set by the loop itself.

    | call | meaning |
    |---|---|
    | `loop.beat()` | the loop has come round |
    | `with loop.turn(): ...` | measure a turn; beat when it ends without an exception |

    Attributes:
        loop: name of the loop.
    """

    def __init__(self, registry: Registry, clock: Clock, loop: str) -> None:
        super().__init__(registry, clock)
        self.loop = loop
        self._timestamp = registry.gauge(health.HEARTBEAT_TIMESTAMP, loop=loop)
        self._duration = registry.histogram(health.LOOP_DURATION, loop=loop)

    def __repr__(self) -> str:
        return f"heartbeat({self.loop!r})"

    @harmless
    def beat(self) -> None:
        """Say that the loop turns."""
        self._timestamp.value = self._now()

    def turn(self) -> Turn:
        """Return a context manager for one turn of the loop; turns may overlap."""
        return Turn(self, self._clock)

    @harmless
    def _turned(self, seconds: float, *, well: bool) -> None:
        self._duration.record(seconds)
        if well:
            self._timestamp.value = self._now()


class Turn:
    """One turn of a loop.

    A turn that raises is measured but does not beat: a loop that only ever fails must not look
    alive. The exception passes through untouched.
    """

    __slots__ = ("_clock", "_heartbeat", "_started")

    def __init__(self, heartbeat: Heartbeat, clock: Clock) -> None:
        self._heartbeat = heartbeat
        self._clock = clock
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = self._clock.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._heartbeat._turned(  # noqa: SLF001  # one thing in two classes
            self._clock.monotonic() - self._started, well=kind is None
        )


class Service(Meter):
    """The process as a whole: when it started, and what it says it is doing."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        super().__init__(registry, clock)
        self._state = OneHot(
            ServiceState, lambda state: registry.gauge(health.SERVICE_STATE, state=state)
        )
        self._started = registry.gauge(health.SERVICE_STARTED_TIMESTAMP)
        self._begin()

    def __repr__(self) -> str:
        return "service"

    def _begin(self) -> None:
        self._started.set(self._now())
        self._state.set(ServiceState.RUNNING)

    def _forget(self) -> None:
        self._begin()

    @harmless
    def state(self, state: str) -> None:
        """Say what the service is doing: starting, running, stopping."""
        self._state.set(state)

    def stopped(self) -> dict[Cell, float]:
        """Return the last gauge of the process with its value: the state `stopped`."""
        return {self._state.gauge(ServiceState.STOPPED): 1.0}
