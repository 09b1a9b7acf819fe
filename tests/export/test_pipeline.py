"""The pipeline: who exports, and where to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider

from fortuna_otel._environment import Environment
from fortuna_otel._instance import Identity
from fortuna_otel._log import Throttle
from fortuna_otel.export.pipeline import Pipeline
from fortuna_otel.export.registry import Registry
from fortuna_otel.signals import health
from fortuna_otel.testing import FakeClock, MemoryTransport, points_of
from tests.export.receiver import receiver

if TYPE_CHECKING:
    from fortuna_otel.export.transport import Transport


def _pipeline(
    identity: Identity | None, environment: Environment, transport: Transport | None = None
) -> tuple[Pipeline, Registry]:
    clock = FakeClock()
    throttle = Throttle(clock)
    registry = Registry(throttle)
    pipeline = Pipeline(
        identity,
        environment=environment,
        transport=transport,
        registry=registry,
        clock=clock,
        throttle=throttle,
        last_words=dict,
    )
    return pipeline, registry


def test_without_an_identity_nothing_is_exported() -> None:
    """OTEL_SDK_DISABLED: no thread, no connection, and every call does nothing."""
    pipeline, _ = _pipeline(None, Environment(disabled=True))
    assert pipeline.instance is None
    assert isinstance(pipeline.provider, metrics.NoOpMeterProvider)
    pipeline.start()
    assert not pipeline.flush()
    pipeline.before_fork()
    pipeline.after_fork_in_parent()
    pipeline.after_fork_in_child()
    pipeline.hurry()
    pipeline.stop()
    pipeline.shutdown()


@pytest.mark.parametrize("gzipped", [True, False])
def test_what_is_rendered_is_what_the_transport_wants(gzipped: bool) -> None:
    """Our own requests and those of others, compressed or not, and replayed as well."""
    with receiver() as there:
        environment = Environment(endpoint=there.url, gzipped=gzipped)
        pipeline, registry = _pipeline(Identity("mm", instance="i"), environment)
        registry.gauge(health.HEARTBEAT_TIMESTAMP, loop="q").set(1.0)
        assert isinstance(pipeline.provider, MeterProvider)
        pipeline.provider.get_meter("lib").create_counter("lib.counter").add(1)
        there.status = 503
        assert not pipeline.flush()
        there.status = 200
        there.bodies.clear()
        assert pipeline.flush()
        memory = MemoryTransport()
        for body in there.bodies:
            memory.send(body, 1.0)
        names = [p.name for request in memory.requests for p in points_of(request)]
        assert names.count("fortuna.heartbeat.timestamp") == 2
        assert names.count("lib.counter") == 2
        assert {"content-encoding" in headers for headers in there.headers} == {gzipped}
        pipeline.shutdown()


def test_what_opentelemetry_is_asked_for_is_done() -> None:
    """`force_flush` and `shutdown` of the provider export, as its users expect."""
    transport = MemoryTransport()
    pipeline, registry = _pipeline(Identity("mm", instance="i"), Environment(), transport)
    registry.gauge(health.HEARTBEAT_TIMESTAMP, loop="q").set(1.0)
    assert isinstance(pipeline.provider, MeterProvider)
    assert pipeline.provider.force_flush()
    sent = len(transport.requests)
    assert sent
    pipeline.provider.shutdown()
    assert len(transport.requests) > sent
    assert not pipeline.flush()
