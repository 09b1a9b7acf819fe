"""What runs behind the declarations: who the process is, its export, its forks, and its end."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from fortuna_otel import _process
from fortuna_otel._clock import SystemClock
from fortuna_otel._instance import Identity, job
from fortuna_otel._log import Throttle
from fortuna_otel.export.cells import PENDING
from fortuna_otel.export.pipeline import Pipeline
from fortuna_otel.export.reader import SHUTDOWN_TIMEOUT
from fortuna_otel.export.registry import SERIES_LIMIT, Registry
from fortuna_otel.meters._meter import Meter
from fortuna_otel.meters.health import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.metrics import MeterProvider

    from fortuna_otel._clock import Clock
    from fortuna_otel._environment import Environment
    from fortuna_otel.export.transport import Transport

_MeterT = TypeVar("_MeterT", bound=Meter)


class Runtime:
    """The running part of a `Telemetry`.

    Attributes:
        service: name of the service.
        namespace: what it belongs to, if anything.
        provider: the meter provider, for instruments of other libraries.
        registry: every series of this process.
        clock: what time is taken from.
    """

    def __init__(
        self,
        service: str,
        *,
        namespace: str | None = None,
        version: str | None = None,
        environment: Environment,
        transport: Transport | None = None,
        clock: Clock | None = None,
        instance: str | None = None,
        series_limit: int = SERIES_LIMIT,
        threaded: bool = True,
    ) -> None:
        self.service = service
        self.namespace = namespace
        self.clock = clock or SystemClock()
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._meters: defaultdict[type[Meter], dict[tuple[object, ...], Meter]] = defaultdict(dict)
        self._throttle = Throttle(self.clock)
        self.registry = Registry(
            self._throttle, series_limit, pending=0 if environment.disabled else PENDING
        )
        self._closed = False
        self._service = Service(self.registry, self.clock)
        identity = None
        if not environment.disabled:
            identity = Identity(service, namespace, version, instance)
            self.namespace = identity.namespace
        self._pipeline = Pipeline(
            identity,
            environment=environment,
            transport=transport,
            registry=self.registry,
            clock=self.clock,
            throttle=self._throttle,
            last_words=self._service.stopped,
        )
        self.provider: MeterProvider = self._pipeline.provider
        if environment.disabled:
            return
        _process.living.add(self)
        if threaded:
            self._pipeline.start()

    def __repr__(self) -> str:
        return f"<Telemetry {self.job}>"

    def _declare(
        self, kind: type[_MeterT], key: tuple[object, ...], create: Callable[[], _MeterT]
    ) -> _MeterT:
        """Return the meter of this kind and key, made now or before."""
        with self._lock:
            meter = self._meters[kind].get(key)
            if meter is None:
                # A signal handler that interrupts this may make the same one.
                meter = self._meters[kind].setdefault(key, create())
        assert isinstance(meter, kind)  # noqa: S101  # for the type checker; the key says so
        return meter

    # Identity

    @property
    def job(self) -> str:
        """The service as Prometheus names it: `namespace/name`."""
        return job(self.service, self.namespace)

    @property
    def instance(self) -> str | None:
        """The id of this process: stable over restarts, unique among living processes.

        None while OTEL_SDK_DISABLED.
        """
        return self._pipeline.instance

    # Life

    def flush(self, *, only_critical: bool = False) -> bool:
        """Export now, everything or what is critical; return whether it was accepted.

        Waits for the Collector: for scripts and tests, not for trading code.
        """
        return self._pipeline.flush(only_critical=only_critical)

    def hurry(self) -> None:
        """Export soon, without being waited for: the process may end."""
        self._pipeline.hurry()

    def stop(self) -> None:
        """Begin the end without waiting for it, where `shutdown` follows."""
        self._pipeline.stop()

    def shutdown(self, timeout: float = SHUTDOWN_TIMEOUT) -> None:
        """Say that the service has stopped, end its gauges, and stop; at most `timeout` seconds.

        Called at exit by itself. What meters are told afterwards is not exported.
        """
        if self._closed or os.getpid() != self._pid:
            return
        self._closed = True  # without the lock: a signal handler may have interrupted its holder
        self._pipeline.shutdown(timeout)

    @property
    def closed(self) -> bool:
        """Whether it was shut down."""
        return self._closed

    # Fork (called by `_process`)

    def before_fork(self) -> None:
        """Keep locks that a child could not open from being copied."""
        self._pipeline.before_fork()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._pipeline.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """Begin anew: another process must not repeat what its parent counts."""
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self.registry.forget()
        for meter in [meter for kind in self._meters.values() for meter in kind.values()]:
            meter._forget()  # noqa: SLF001  # meters are ours
        self._service._forget()  # noqa: SLF001
        if not self._closed:
            self._pipeline.after_fork_in_child()
