"""`instrument()`: one call at the start of a service."""

from __future__ import annotations

import os
import threading

from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider

from fortuna_otel import _text
from fortuna_otel._environment import Environment
from fortuna_otel.telemetry import Telemetry


class _Services:
    """The telemetry of each service that this process has."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: dict[str, Telemetry] = {}

    def renew_lock(self) -> None:
        """Open the lock in the child of a fork: whoever held it is not there."""
        self.lock = threading.Lock()


_services = _Services()
os.register_at_fork(after_in_child=_services.renew_lock)


def instrument(
    service: str | None = None, *, namespace: str | None = None, version: str | None = None
) -> Telemetry:
    """Start the telemetry of this service, or return it if it is running already.

    Exports to the Collector that the standard OTEL_* variables name, http://localhost:4318 by
    default, and never raises or blocks afterwards. Libraries that use the OpenTelemetry metrics
    API are exported too, if nobody has set a meter provider yet.

    Args:
        service: name of the service; OTEL_SERVICE_NAME unless given.
        namespace: what it belongs to; Prometheus' `job` is `namespace/service`.
        version: version of the service.

    Raises:
        ValueError: if there is no usable name.
    """
    name = service or os.environ.get("OTEL_SERVICE_NAME")
    if not name:
        raise ValueError(
            "the service has no name: call instrument('mm-engine'), or set OTEL_SERVICE_NAME"
        )
    _text.require(service=name)
    if namespace is not None:
        _text.require(namespace=namespace)
    with _services.lock:
        telemetry = _services.running.get(name)
        if telemetry is None or telemetry.closed:
            telemetry = _services.running[name] = Telemetry(
                name, namespace=namespace, version=version, environment=Environment.read()
            )
            _offer(telemetry.provider)
    return telemetry


def _offer(provider: metrics.MeterProvider) -> None:
    """Become the process's meter provider where there is none; a second one would only warn."""
    if isinstance(provider, MeterProvider) and not isinstance(
        metrics.get_meter_provider(), MeterProvider
    ):
        metrics.set_meter_provider(provider)
