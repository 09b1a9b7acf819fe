"""The reader and the instrumentor by themselves, without a process of their own."""

from __future__ import annotations

import logging

import pytest
from opentelemetry.sdk.metrics import MeterProvider

from fortuna_otel import _instrument, instrument
from fortuna_otel.auto import FortunaInstrumentor, ProviderReader
from fortuna_otel.testing import capture

NO_NAME = (
    "the service has no name yet: its telemetry starts with instrument('mm-engine'), "
    "or set OTEL_SERVICE_NAME"
)


@pytest.fixture(autouse=True)
def nothing_is_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every telemetry that starts here is disabled, and forgotten afterwards."""
    for name in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setattr(_instrument, "_services", _instrument._Services())
    monkeypatch.setattr(FortunaInstrumentor, "_instance", None)


def provider_of(reader: ProviderReader) -> MeterProvider:
    """Return somebody else's provider with our reader on it."""
    return MeterProvider([reader], shutdown_on_exit=False)


def test_what_a_configured_provider_records_is_part_of_the_telemetry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ours and theirs leave in one export, under one resource, whose end is the provider's."""
    monkeypatch.delenv("OTEL_SDK_DISABLED")
    with capture("mm") as desk:
        provider = provider_of(ProviderReader())
        provider.get_meter("lib").create_counter("their.calls").add(3)
        desk.telemetry.provider.get_meter("lib").create_counter("more.calls").add(1)
        assert desk.value("their.calls") == 3.0
        assert desk.value("more.calls") == 1.0
        assert provider.force_flush()
        (resource,) = {str(r.resource) for q in desk.transport.requests for r in q.resource_metrics}
        assert "test/mm/0" in resource
        assert not desk.telemetry.closed
        provider.shutdown()
        assert desk.telemetry.closed
        assert desk.points("fortuna.service.state", state="stopped")[-1].value == 1.0


def test_a_reader_that_nobody_registered_is_silent(caplog: pytest.LogCaptureFixture) -> None:
    """The stock reader would log a warning at every export."""
    with capture() as desk:
        reader = ProviderReader()
        desk.export()
        reader.shutdown()
    assert caplog.messages == []


def test_the_name_may_come_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A reader that waits is joined by the first `instrument()`, and shared by all after it."""
    reader = ProviderReader()
    (message,) = caplog.messages
    assert "set OTEL_SERVICE_NAME, or have it call instrument(" in message
    assert reader.force_flush()
    first = instrument("first")
    assert instrument("second") is first
    assert "reports as first already; instrument() says second" in caplog.messages[1]
    reader.shutdown()
    assert first.closed
    assert instrument("second") is not first


def test_a_reader_may_leave_before_it_ever_joined() -> None:
    """Its provider was shut down before the service had a name."""
    reader = ProviderReader()
    reader.shutdown()
    telemetry = instrument("mm")
    assert _instrument._services.shared is None
    telemetry.shutdown()


def test_a_name_that_is_none_is_said_and_not_raised(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An exception would take tracing and logs with it: one code configures all of them."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "a\nb")
    ProviderReader()
    FortunaInstrumentor().instrument()
    assert "OTEL_METRICS_EXPORTER=fortuna: service='a\\nb'" in caplog.messages[0]
    assert "telemetry is not started: service='a\\nb'" in caplog.messages[2]
    assert not FortunaInstrumentor().is_instrumented_by_opentelemetry


def test_the_instrumentor_starts_and_ends_a_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument, or with the name as one; what other instrumentors take is ignored."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "mm")
    instrumentor = FortunaInstrumentor()
    assert FortunaInstrumentor() is instrumentor
    assert list(instrumentor.instrumentation_dependencies()) == []
    instrumentor.instrument(skip_dep_check=True, tracer_provider=None)
    assert instrumentor.is_instrumented_by_opentelemetry
    telemetry = instrument("mm")
    instrumentor.uninstrument()
    assert telemetry.closed
    instrumentor.instrument(service="other", namespace="desk")
    other = instrument("other")
    assert other.namespace == "desk"
    instrumentor.uninstrument()
    assert other.closed


def test_the_instrumentor_ends_only_what_it_started() -> None:
    """Who called `instrument()` before goes on being exported."""
    telemetry = instrument("mm")
    FortunaInstrumentor().instrument(service="mm")
    FortunaInstrumentor().uninstrument()
    assert not telemetry.closed
    telemetry.shutdown()


def test_the_instrumentor_says_what_it_cannot_do(caplog: pytest.LogCaptureFixture) -> None:
    """Once too often, before it was started, or without a name: a line, never an exception."""
    caplog.set_level(logging.INFO)
    FortunaInstrumentor().instrument()
    FortunaInstrumentor().uninstrument()
    FortunaInstrumentor().instrument(service="mm")
    FortunaInstrumentor().instrument(service="mm")
    FortunaInstrumentor().uninstrument()
    assert caplog.messages == [
        NO_NAME,
        "fortuna-otel is not instrumented",
        "fortuna-otel is instrumented already",
    ]
