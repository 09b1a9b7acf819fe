"""`instrument()`: one call at the start of a service."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import OTELResourceDetector

from fortuna_otel import _process, _text
from fortuna_otel._environment import Environment
from fortuna_otel._instance import job
from fortuna_otel._log import logger
from fortuna_otel.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.auto import ProviderReader


class _Services:
    """The telemetry of each service that this process has.

    `shared` also exports a meter provider that the environment configured, and is every service's;
    `waiting` are readers of such providers while no service has a name; `stand_in` is a test's.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[str, Telemetry] = {}
        self.shared: Telemetry | None = None
        self.waiting: list[ProviderReader] = []
        self.stand_in: Telemetry | None = None

    def find(self, name: str) -> Telemetry | None:
        """Return the living telemetry of a service, None if there is none."""
        for telemetry in (self.shared, self.running.get(name)):
            if telemetry is not None and not telemetry.closed:
                return telemetry
        return None

    def start(
        self, name: str, namespace: str | None = None, version: str | None = None
    ) -> Telemetry:
        """Start the telemetry of a service, with whatever waits for one."""
        telemetry = self.running[name] = Telemetry(
            name, namespace=namespace, version=version, environment=Environment.read()
        )
        for reader in self.waiting:
            self.share(telemetry, reader)
        self.waiting.clear()
        return telemetry

    def share(self, telemetry: Telemetry, reader: ProviderReader) -> None:
        """Export what the reader's provider collects as part of a telemetry."""
        self.shared = telemetry
        reader.attach(telemetry)

    def renew_lock(self) -> None:
        """Open the lock in the child of a fork: whoever held it is not there."""
        self.lock = threading.Lock()


_services = _Services()
os.register_at_fork(after_in_child=_services.renew_lock)


def instrument(
    service: str | None = None,
    *,
    namespace: str | None = None,
    version: str | None = None,
    handle_sigterm: bool = False,
) -> Telemetry:
    """Start the telemetry of this service, or return it if it is running already.

    Exports to the Collector that the standard OTEL_* variables name, http://localhost:4318 by
    default, and never raises or blocks afterwards. Libraries that use the OpenTelemetry metrics
    API are exported too, if nobody has set a meter provider yet.

    Args:
        service: name of the service; OTEL_SERVICE_NAME unless given.
        namespace: what it belongs to; Prometheus' `job` is `namespace/service`.
        version: version of the service.
        handle_sigterm: say goodbye on SIGTERM too, which otherwise ends a process like a crash.
            A handler that is there already is called after an export; without one the process
            dies of SIGTERM once `stopped` is said, within 2 s. Call it in the main thread.

    Raises:
        ValueError: if there is no usable name.
    """
    name = service or configured_name()
    if not name:
        raise ValueError(
            "the service has no name: call instrument('mm-engine'), or set OTEL_SERVICE_NAME"
        )
    _text.require(service=name)
    if namespace is not None:
        _text.require(namespace=namespace)
    if _services.stand_in is not None:
        return _services.stand_in
    with _services.lock:
        telemetry = _services.find(name)
        if telemetry is None:
            telemetry = _services.start(name, namespace, version)
            _offer(telemetry.provider)
    said = job(name, namespace or telemetry.namespace)
    if said != telemetry.job:
        logger.warning(
            "this process reports as %s already; instrument() says %s, and is not heeded: let "
            "OTEL_SERVICE_NAME, service.namespace in OTEL_RESOURCE_ATTRIBUTES and every "
            "instrument() agree, or alerts wait for a service that never reports",
            telemetry.job,
            said,
        )
    if handle_sigterm:
        _process.sigterm.install()
    return telemetry


def configured_name() -> str | None:
    """Return the name that OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES give to the service."""
    name = OTELResourceDetector().detect().attributes.get("service.name")
    return str(name) if name else None


def find(name: str) -> Telemetry | None:
    """Return the telemetry that `instrument(name)` would, if it is running."""
    return _services.stand_in or _services.find(name)


def join(reader: ProviderReader) -> None:
    """Export a configured provider as part of the running telemetry, or of the next to start.

    It is started here if the environment names the service; nothing is raised, since tracing and
    logs are configured by the same code.
    """
    name = configured_name()
    with _services.lock:
        running = [t for t in _services.running.values() if not t.closed]
        telemetry = _services.stand_in or next(iter(running), None)
        try:
            if telemetry is None and name is not None:
                _text.require(service=name)
                telemetry = _services.start(name)
        except ValueError as error:
            logger.warning("OTEL_METRICS_EXPORTER=fortuna: %s", error)
        if telemetry is not None:
            _services.share(telemetry, reader)
            return
        _services.waiting.append(reader)
    logger.warning(
        "OTEL_METRICS_EXPORTER=fortuna: no metric is exported until the service has a name: "
        "set OTEL_SERVICE_NAME, or have it call instrument('mm-engine')"
    )


def leave(reader: ProviderReader) -> None:
    """Forget a reader that waits."""
    with _services.lock:
        if reader in _services.waiting:
            _services.waiting.remove(reader)


@contextmanager
def standing_in(telemetry: Telemetry) -> Iterator[None]:
    """Have `instrument()` return this telemetry meanwhile, whatever the service: for tests."""
    before, _services.stand_in = _services.stand_in, telemetry
    try:
        yield
    finally:
        _services.stand_in = before


def _offer(provider: metrics.MeterProvider) -> None:
    """Become the process's meter provider where there is none; a second one would only warn."""
    if isinstance(provider, MeterProvider) and not isinstance(
        metrics.get_meter_provider(), MeterProvider
    ):
        metrics.set_meter_provider(provider)
