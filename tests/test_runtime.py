"""What runs behind the declarations: identity, and a disabled SDK."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from opentelemetry.metrics import NoOpMeterProvider

from fortuna_otel import Telemetry
from fortuna_otel._environment import Environment
from fortuna_otel.testing import MemoryTransport

if TYPE_CHECKING:
    import pytest


def test_the_resource_says_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, namespace and version from the code, the rest from OTEL_RESOURCE_ATTRIBUTES."""
    monkeypatch.setenv(
        "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=prod,service.name=other"
    )
    transport = MemoryTransport()
    telemetry = Telemetry(
        "mm",
        namespace="desk",
        version="1.2",
        environment=Environment(),
        transport=transport,
        instance="host/mm/0",
        threaded=False,
    )
    telemetry.shutdown()
    [resource_metrics] = transport.requests[0].resource_metrics
    attributes = {
        item.key: item.value.string_value for item in resource_metrics.resource.attributes
    }
    assert attributes["service.name"] == "mm"
    assert attributes["service.namespace"] == "desk"
    assert attributes["service.version"] == "1.2"
    assert attributes["service.instance.id"] == "host/mm/0"
    assert attributes["deployment.environment.name"] == "prod"
    assert attributes["host.name"]
    assert telemetry.job == "desk/mm"


def test_the_deployments_instance_id_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers set it."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=pod-7")
    telemetry = Telemetry("mm", environment=Environment(), transport=MemoryTransport())
    assert telemetry.instance == "pod-7"
    telemetry.shutdown()


def test_the_instance_id_is_host_service_and_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of one service have two slots; a released one is taken again: stable over restarts."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "host.name=h")
    name = f"mm-{os.getpid()}"  # another run of this test on the host has slots of its own

    def start() -> Telemetry:
        return Telemetry(
            name, environment=Environment(), transport=MemoryTransport(), threaded=False
        )

    first, second = start(), start()
    assert (first.instance, second.instance) == (f"h/{name}/0", f"h/{name}/1")
    first.shutdown()
    third = start()
    assert third.instance == f"h/{name}/0"
    second.shutdown()
    third.shutdown()


def test_a_disabled_sdk_exports_nothing_and_breaks_nothing() -> None:
    """OTEL_SDK_DISABLED: meters take their numbers, no thread, no connection."""
    transport = MemoryTransport()
    telemetry = Telemetry("mm", environment=Environment(disabled=True), transport=transport)
    book = telemetry.book(client="acme", venue="v", symbol="A/B", account="a", tag="t")
    book.quotes.update(bids=[], asks=[], mid=1.0)
    book.orders.acknowledged("buy", latency=0.1)
    assert not telemetry.flush()
    assert isinstance(telemetry.provider, NoOpMeterProvider)
    telemetry.shutdown()
    assert transport.requests == []
