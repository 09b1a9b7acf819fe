"""What users get for their own tests."""

from __future__ import annotations

from unittest import mock

import pytest

import fortuna_otel
from fortuna_otel.signals import inventory
from fortuna_otel.testing import FakeClock, capture


def test_a_value_is_what_would_be_on_the_board() -> None:
    """None before it is set, the number after, None again once it ended."""
    with capture() as desk:
        gauge = desk.telemetry.exposure(client="acme", asset="BTC")
        assert desk.value("fortuna.exposure.net", client="acme") is None
        gauge.set(4.0)
        assert desk.value("fortuna.exposure.net", client="acme") == 4.0
        gauge.end()
        assert desk.value("fortuna.exposure.net", client="acme") is None


def test_an_ambiguous_question_is_refused() -> None:
    """The message lists the series, so that the test can be made precise."""
    with capture() as desk:
        for asset in ("BTC", "ETH"):
            desk.telemetry.exposure(client="acme", asset=asset).set(1.0)
        with pytest.raises(LookupError, match=r"asset=BTC.*asset=ETH"):
            desk.value("fortuna.exposure.net")


def test_captures_do_not_see_each_other() -> None:
    """Nor what the environment says, nor a Collector that happens to run."""
    with capture("a") as first, capture("b") as second:
        first.telemetry.heartbeat("q").beat()
        assert second.values("fortuna.heartbeat.timestamp") == {}
        assert second.telemetry.instance == "test/b/0"


def test_a_signal_is_asked_for_by_constant_or_by_name() -> None:
    """The constant completes in the editor; the name also finds metrics of other libraries."""
    with capture() as desk:
        desk.telemetry.exposure(client="acme", asset="BTC").set(4.0)
        assert desk.value(inventory.EXPOSURE_NET) == 4.0
        assert desk.value(inventory.EXPOSURE_NET.name, asset="BTC") == 4.0
        assert desk.value("http.client.requests", method="GET") is None


def test_instrument_gives_the_innermost_capture() -> None:
    """Code that instruments itself needs no change to be tested, whatever it calls itself."""
    with capture("outer") as outer:
        with capture("inner") as inner:
            assert fortuna_otel.instrument("mm-engine", namespace="desk") is inner.telemetry
        assert fortuna_otel.instrument("mm-engine") is outer.telemetry


def test_a_service_without_a_name_is_refused_as_in_production() -> None:
    """A test must not pass where the start of the service would fail."""
    environ = mock.patch.dict("os.environ")
    with environ as variables, capture():
        variables.pop("OTEL_SERVICE_NAME", None)
        with pytest.raises(ValueError, match="the service has no name"):
            fortuna_otel.instrument()


def test_the_environment_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests give the same result on a laptop, in CI and on a machine of the desk."""
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.namespace=live,cloud.region=eu")
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "never")
    with capture() as desk:
        assert desk.telemetry.job == "test"
        desk.telemetry.provider.get_meter("lib").create_counter("their.calls").add(1)
        assert desk.value("their.calls") == 1
        (resource,) = {str(r.resource) for q in desk.transport.requests for r in q.resource_metrics}
        assert "eu" not in resource


def test_points_are_kept_in_order_with_their_times() -> None:
    """For tests that care about what was sent when."""
    with capture() as desk:
        desk.telemetry.heartbeat("q").beat()
        desk.export(1.0)
        desk.export(2.0)
        first, second = desk.points("fortuna.heartbeat.timestamp")
        assert second.time - first.time == 2_000_000_000
        assert first.value == second.value


def test_the_telemetry_is_shut_down_even_if_the_test_fails() -> None:
    """Its last words can be looked at."""
    with pytest.raises(ZeroDivisionError), capture() as desk:
        raise ZeroDivisionError
    assert desk.points("fortuna.service.state", state="stopped")[-1].value == 1.0


def test_the_fake_clock_moves_both_hands() -> None:
    """Wall clock and monotonic clock advance together."""
    clock = FakeClock(100.0)
    before = clock.monotonic()
    clock.advance(2.5)
    assert clock.now == 102.5
    assert clock.monotonic() - before == 2.5
