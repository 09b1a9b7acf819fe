"""For OpenTelemetry's own ways to configure a process: by the environment, without a line of code.

| what runs the service | what it finds here, by its entry point `fortuna` |
|---|---|
| the stock SDK, configured with `OTEL_METRICS_EXPORTER=fortuna` | `ProviderReader` |
| `opentelemetry-instrument python service.py` | `FortunaInstrumentor` |

Both lead to the one telemetry that `fortuna_otel.instrument()` returns, whichever comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from opentelemetry.sdk.metrics.export import MetricReader

from fortuna_otel import _instrument
from fortuna_otel._log import logger
from fortuna_otel.export.reader import SHUTDOWN_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from opentelemetry.sdk.metrics.export import MetricsData

    from fortuna_otel.telemetry import Telemetry


class ProviderReader(MetricReader):
    """The reader of a meter provider that somebody else configured.

    What is recorded with that provider is exported together with our own signals: by one thread,
    over one connection, under one instance id. It starts the telemetry of the service that
    OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES name; where neither does, it waits for the
    service to call `instrument()`, and nothing that is counted meanwhile is lost.

    The telemetry ends with the provider.
    """

    def __init__(self) -> None:
        super().__init__()
        self._telemetry: Telemetry | None = None
        self._receive: Callable[[MetricsData], None] | None = None
        _instrument.join(self)

    def attach(self, telemetry: Telemetry) -> None:
        """Export as part of this telemetry from now on."""
        self._telemetry = telemetry
        self._receive = telemetry._pipeline.collect_from(self.pull)  # noqa: SLF001  # ours

    def pull(self) -> None:
        """Have the provider collect; without one yet, nothing is there to collect."""
        if self._collect is not None:
            self.collect(timeout_millis=60_000)

    def _receive_metrics(
        self,
        metrics_data: MetricsData,
        timeout_millis: float = 10_000,  # noqa: ARG002  # the stock reader's signature
        **_: Any,
    ) -> None:
        if self._receive is not None:
            self._receive(metrics_data)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002  # bounded anyway
        """Export now, everything, and return whether it was accepted."""
        return self._telemetry is None or self._telemetry.flush()

    def shutdown(self, timeout_millis: float = SHUTDOWN_TIMEOUT * 1000.0, **_: Any) -> None:
        """End the telemetry, within 2 s however long the provider would wait."""
        _instrument.leave(self)
        if self._telemetry is not None:
            self._telemetry.shutdown(min(timeout_millis / 1000.0, SHUTDOWN_TIMEOUT))


class FortunaInstrumentor:
    """Start this service's telemetry, in the way OpenTelemetry instruments a library.

    It has the methods of `opentelemetry.instrumentation.instrumentor.BaseInstrumentor` without
    being one, since that package is no dependency of ours; the loader asks for no more.

    | call | meaning |
    |---|---|
    | `FortunaInstrumentor().instrument()` | start, under the name that the environment gives |
    | `FortunaInstrumentor().uninstrument()` | end what `instrument()` started, and nothing else |

    To leave it out, set OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=fortuna.
    """

    _instance: ClassVar[Self | None] = None
    _started: Telemetry | None = None
    _instrumented = False

    def __new__(cls) -> Self:
        """Return the only one there is, as OpenTelemetry's instrumentors do."""
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    @property
    def is_instrumented_by_opentelemetry(self) -> bool:
        """Whether `instrument` was called, and `uninstrument` not since."""
        return self._instrumented

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return the packages it needs in some version: none."""
        return ()

    def instrument(
        self,
        *,
        service: str | None = None,
        namespace: str | None = None,
        version: str | None = None,
        **_: Any,
    ) -> None:
        """Start the telemetry; without a name for the service leave that to the service.

        Raises nothing: an error here would keep the instrumentations after it from being loaded.

        Args:
            service: name of the service; that of the environment unless given.
            namespace: what it belongs to.
            version: version of the service.
            _: what other instrumentations take is ignored.
        """
        if self._instrumented:
            logger.warning("fortuna-otel is instrumented already")
            return
        name = service or _instrument.configured_name()
        if name is None:
            logger.info(
                "the service has no name yet: its telemetry starts with instrument('mm-engine'), "
                "or set OTEL_SERVICE_NAME"
            )
            return
        before = _instrument.find(name)
        try:
            telemetry = _instrument.instrument(name, namespace=namespace, version=version)
        except ValueError as error:
            logger.warning("telemetry is not started: %s", error)
            return
        self._started = None if telemetry is before else telemetry
        self._instrumented = True

    def uninstrument(self, **_: Any) -> None:
        """End the telemetry that `instrument` started; one that ran before goes on."""
        if not self._instrumented:
            logger.warning("fortuna-otel is not instrumented")
            return
        started, self._started = self._started, None
        self._instrumented = False
        if started is not None:
            started.shutdown()
