"""The OTEL_* variables."""

from __future__ import annotations

import logging
from pathlib import Path

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


@pytest.mark.parametrize("infix", ["", "METRICS_"])
@pytest.mark.parametrize(("text", "gzipped"), [("gzip", True), ("NONE", False), ("", True)])
def test_compression(infix: str, text: str, gzipped: bool) -> None:
    """Gzip unless switched off."""
    assert Environment.read({f"{PREFIX}{infix}COMPRESSION": text}).gzipped is gzipped


def test_an_unknown_compression_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """And gzip is taken."""
    assert Environment.read({PREFIX + "COMPRESSION": "zstd"}).gzipped
    assert "'zstd'" in caplog.text
    assert "knows gzip and none" in caplog.text


def test_what_is_for_metrics_goes_before_what_is_for_everything() -> None:
    """As the specification has it, for every setting of the exporter."""
    environ = {}
    for name, general, metrics in [
        ("COMPRESSION", "gzip", "none"),
        ("HEADERS", "a=general", "a=metrics"),
        ("TIMEOUT", "1", "2"),
        ("CERTIFICATE", "general.pem", "metrics.pem"),
    ]:
        environ[PREFIX + name] = general
        environ[f"{PREFIX}METRICS_{name}"] = metrics
    environment = Environment.read(environ)
    assert not environment.gzipped
    assert environment.headers == {"a": "metrics"}
    assert environment.timeout == 2.0
    assert environment.certificate == "metrics.pem"


def test_the_buffer_is_bounded_in_bytes(caplog: pytest.LogCaptureFixture) -> None:
    """64 MiB unless said otherwise; 0 keeps nothing; less than that is reported."""
    assert Environment.read({}).buffer_bytes == 64 * 2**20
    assert Environment.read({"FORTUNA_OTEL_BUFFER_BYTES": "1e6"}).buffer_bytes == 10**6
    assert Environment.read({"FORTUNA_OTEL_BUFFER_BYTES": "0"}).buffer_bytes == 0
    assert not caplog.text
    assert Environment.read({"FORTUNA_OTEL_BUFFER_BYTES": "-1"}).buffer_bytes == 64 * 2**20
    assert "not a number from 0 on" in caplog.text


def test_every_variable_is_documented() -> None:
    """What is read here stands in docs/delivery.md."""
    text = (Path(__file__).parents[1] / "docs" / "delivery.md").read_text()
    read: set[str] = set()

    class Recording(dict[str, str]):
        def get(self, name: str, *_: object) -> str:
            read.add(name.replace("_METRICS_", "_"))
            return ""

    Environment.read(Recording())
    assert len(read) > 10
    assert {name for name in read if f"`{name}`" not in text} == set()
