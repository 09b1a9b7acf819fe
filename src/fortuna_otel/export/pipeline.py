"""The way out of a process: identity, meter provider, reader and connection of one service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource

from fortuna_otel._version import sdk_version
from fortuna_otel.export.reader import SHUTDOWN_TIMEOUT, FortunaReader
from fortuna_otel.export.render import Renderer
from fortuna_otel.export.transport import HttpTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.sdk.metrics.export import MetricsData

    from fortuna_otel._clock import Clock
    from fortuna_otel._environment import Environment
    from fortuna_otel._instance import Identity
    from fortuna_otel._log import Throttle
    from fortuna_otel.export.cells import Cell
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.export.transport import Transport

SCOPE = "fortuna_otel"


class Pipeline:
    """Export the cells of a registry as one process of a service, through forks and to its end.

    With OTEL_SDK_DISABLED there is none: nothing is exported and `instance` is None.

    Args:
        identity: who exports; None if nobody does.
        environment: where to and how often.
        transport: sends the requests, HTTP unless given.
        registry: the cells.
        clock: what time is taken from.
        throttle: limits what is logged.
        last_words: called before the last export; the gauges it returns say their last value
            then, all others end.
    """

    def __init__(
        self,
        identity: Identity | None,
        *,
        environment: Environment,
        transport: Transport | None,
        registry: Registry,
        clock: Clock,
        throttle: Throttle,
        last_words: Callable[[], Mapping[Cell, float]],
    ) -> None:
        self._identity = identity
        self._reader: FortunaReader | None = None
        self.provider: metrics.MeterProvider = metrics.NoOpMeterProvider()
        if identity is None:
            return
        self._transport = transport or HttpTransport(environment)
        self._reader = FortunaReader(
            registry,
            self._renderer(identity),
            self._transport,
            clock,
            throttle,
            interval=environment.interval,
            critical_interval=environment.critical_interval,
            buffer_bytes=environment.buffer_bytes,
            last_words=last_words,
        )
        self.provider = MeterProvider(
            metric_readers=[self._reader],
            resource=Resource(identity.attributes),
            shutdown_on_exit=False,
        )

    @property
    def instance(self) -> str | None:
        """The id of this process, None if it exports nothing."""
        return None if self._identity is None else self._identity.instance

    def start(self) -> None:
        """Start to export."""
        if self._reader is not None:
            self._reader.start()

    def collect_from(self, pull: Callable[[], None]) -> Callable[[MetricsData], None] | None:
        """Export what another provider collects as well; return what takes it, if anything does."""
        return None if self._reader is None else self._reader.collect_from(pull)

    def flush(self, *, only_critical: bool = False) -> bool:
        """Export now and return whether it was accepted."""
        return self._reader is not None and self._reader.export(only_critical=only_critical)

    def hurry(self) -> None:
        """Export soon, without being waited for."""
        if self._reader is not None:
            self._reader.hurry()

    def stop(self) -> None:
        """Begin the end without waiting for it, where `shutdown` follows."""
        if self._reader is not None:
            self._reader.stop()

    def shutdown(self, timeout: float = SHUTDOWN_TIMEOUT) -> None:
        """Send the last words and let another process be who we were, within `timeout` seconds."""
        if self._reader is not None:
            self._reader.shutdown(timeout * 1000.0)
        if self._identity is not None:
            self._identity.release()

    def before_fork(self) -> None:
        """Keep locks that a child could not open from being copied."""
        if self._reader is not None:
            self._reader.before_fork()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        if self._reader is not None:
            self._reader.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """Begin anew under an identity of its own."""
        if self._reader is not None and self._identity is not None:
            self._identity.renew()
            self._reader.after_fork_in_child(self._renderer(self._identity))

    def _renderer(self, identity: Identity) -> Renderer:
        return Renderer(identity.attributes, SCOPE, sdk_version(), gzipped=self._transport.gzipped)
