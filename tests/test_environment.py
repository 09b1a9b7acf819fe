"""The OTEL_* variables."""

from __future__ import annotations

import logging

import pytest

from fortuna_otel._environment import Environment

PREFIX = "OTEL_EXPORTER_OTLP_"


def test_defaults() -> None:
    """A Collector on this host, a second between exports."""
    environment = Environment.read({})
    assert environment == Environment()
    assert environment.endpoint == "http://localhost:4318/v1/metrics"
    assert environment.interval == 1.0


def test_the_general_endpoint_gets_the_path_of_metrics() -> None:
    """As the OTLP exporter specification has it."""
    environment = Environment.read({PREFIX + "ENDPOINT": "http://collector:4318/"})
    assert environment.endpoint == "http://collector:4318/v1/metrics"
    assert environment.endpoint_variable == "OTEL_EXPORTER_OTLP_ENDPOINT"


def test_the_endpoint_of_metrics_is_taken_as_it_stands() -> None:
    """And goes before the general one; messages name the one that was used."""
    environment = Environment.read(
        {PREFIX + "ENDPOINT": "http://a", PREFIX + "METRICS_ENDPOINT": "http://b/otlp"}
    )
    assert environment.endpoint == "http://b/otlp"
    assert environment.endpoint_variable == "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"


@pytest.mark.parametrize("infix", ["", "METRICS_"])
def test_everything_else_may_be_general_or_for_metrics(infix: str) -> None:
    """Headers are URL-encoded, the timeout is in seconds."""
    environment = Environment.read(
        {
            f"{PREFIX}{infix}HEADERS": "Authorization=Bearer%20abc, x-scope=desk=a",
            f"{PREFIX}{infix}TIMEOUT": "2.5",
            f"{PREFIX}{infix}CERTIFICATE": "ca.pem",
            f"{PREFIX}{infix}CLIENT_KEY": "key.pem",
            f"{PREFIX}{infix}CLIENT_CERTIFICATE": "cert.pem",
        }
    )
    assert environment.headers == {"authorization": "Bearer abc", "x-scope": "desk=a"}
    assert environment.timeout == 2.5
    assert environment.certificate == "ca.pem"
    assert environment.client_key == "key.pem"
    assert environment.client_certificate == "cert.pem"


@pytest.mark.parametrize("header", ["secret", "key=sec%0Aret", "=secret", "key=s€cret"])
def test_a_wrong_header_is_reported_without_its_text(
    caplog: pytest.LogCaptureFixture, header: str
) -> None:
    """It may be a token."""
    with caplog.at_level(logging.WARNING):
        assert Environment.read({PREFIX + "HEADERS": header}).headers == {}
    assert "HEADERS" in caplog.text
    assert "cret" not in caplog.text


def test_intervals_and_disabling() -> None:
    """The standard switches."""
    environment = Environment.read(
        {
            "FORTUNA_OTEL_CRITICAL_EXPORT_INTERVAL": "250",
            "OTEL_METRIC_EXPORT_INTERVAL": "2000",
            "OTEL_SDK_DISABLED": "TRUE",
        }
    )
    assert environment.interval == 2.0
    assert environment.critical_interval == 0.25
    assert environment.disabled


def test_an_interval_that_the_board_cannot_follow_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Stores look back 10 s."""
    assert Environment.read({"OTEL_METRIC_EXPORT_INTERVAL": "60000"}).interval == 60.0
    assert "at least every 5000 ms" in caplog.text


@pytest.mark.parametrize(
    "name", ["OTEL_METRIC_EXPORT_INTERVAL", "FORTUNA_OTEL_CRITICAL_EXPORT_INTERVAL"]
)
def test_intervals_have_a_floor(caplog: pytest.LogCaptureFixture, name: str) -> None:
    """A second mistaken for milliseconds must not become a thousand exports a second."""
    environment = Environment.read({name: "1"})
    assert min(environment.interval, environment.critical_interval) == 0.1
    assert f"{name} is 1 ms: 100 ms is taken" in caplog.text
    caplog.clear()
    Environment.read({name: "100"})
    assert not caplog.text


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf"])
def test_a_number_that_is_none_falls_back_with_a_warning(
    caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """As the specification asks: warn and go on."""
    assert Environment.read({"OTEL_METRIC_EXPORT_INTERVAL": text}).interval == 1.0
    assert "OTEL_METRIC_EXPORT_INTERVAL" in caplog.text


def test_grpc_is_answered_with_the_remedy(caplog: pytest.LogCaptureFixture) -> None:
    """Only http/protobuf is spoken here."""
    Environment.read({PREFIX + "PROTOCOL": "grpc"})
    assert "4318" in caplog.text
    caplog.clear()
    Environment.read({PREFIX + "PROTOCOL": "http/protobuf"})
    assert not caplog.text
