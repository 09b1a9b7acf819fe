"""`instrument()`: one telemetry a service name."""

from __future__ import annotations

import pytest

from fortuna_otel import _process, instrument


def test_instrument_is_idempotent_and_begins_anew_after_shutdown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One telemetry a service name."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    first = instrument("idempotent")
    assert instrument("idempotent") is first
    first.shutdown()
    second = instrument("idempotent")
    assert second is not first
    second.shutdown()


def test_the_name_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """And there must be one."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "from-env")
    telemetry = instrument()
    assert telemetry.service == "from-env"
    telemetry.shutdown()
    monkeypatch.delenv("OTEL_SERVICE_NAME")
    with pytest.raises(ValueError, match="OTEL_SERVICE_NAME"):
        instrument()


@pytest.mark.parametrize("name", [{"service": "a\nb"}, {"service": "a", "namespace": ""}])
def test_names_must_be_labels(name: dict[str, str]) -> None:
    """They become `job` and the instance id."""
    with pytest.raises(ValueError, match="give a short printable label"):
        instrument(**name)  # type: ignore[arg-type]


def test_sigterm_is_only_handled_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library changes no signal handler by itself; a second call may still ask."""
    installed: list[bool] = []
    monkeypatch.setattr(_process.sigterm, "install", lambda: installed.append(True))
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    telemetry = instrument("sigterm")
    assert not installed
    assert instrument("sigterm", handle_sigterm=True) is telemetry
    assert installed == [True]
    telemetry.shutdown()
