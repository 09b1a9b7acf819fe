"""What is advised when a Collector does not take a request."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading

import pytest

from fortuna_otel.export import remedies, wire
from fortuna_otel.export.transport import TransportError
from tests.export.receiver import receiver, transport_to

VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"


def _advice(error: Exception, endpoint: str) -> str:
    return remedies.of_silence(error, endpoint, VARIABLE, anonymous=True)


def test_https_to_a_plain_receiver_is_told_to_be_http() -> None:
    """The error itself speaks of a wrong version number."""
    with (
        receiver() as there,
        transport_to(there.url.replace("http:", "https:")) as transport,
        pytest.raises(TransportError, match="it speaks plain HTTP: write http://"),
    ):
        transport.send(wire.compressed(b"x"), 5.0)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\r\n", "usually 4318"),
        (b"\x15\x03\x01\x00\x02\x02\x46\r\n", "write https://"),
    ],
)
def test_what_answers_something_else_than_http_is_named(said: bytes, remedy: str) -> None:
    """As the first frame of HTTP/2, or an alert of TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        with (
            transport_to(f"http://127.0.0.1:{server.getsockname()[1]}") as transport,
            pytest.raises(TransportError, match=remedy),
        ):
            transport.send(b"x", 5.0)
        thread.join()


@pytest.mark.parametrize(
    "error",
    [ConnectionResetError(), http.client.RemoteDisconnected(""), BrokenPipeError(), TimeoutError()],
)
def test_a_silent_grpc_port_is_recognized_by_its_number(error: Exception) -> None:
    """It hangs up on HTTP/1.1; any other port that does has other reasons."""
    assert "usually 4318" in _advice(error, "http://h:4317/v1/metrics")
    assert "usually 4318" not in _advice(error, "http://h:4318/v1/metrics")


def test_who_is_too_slow_is_not_told_to_start_it() -> None:
    """It may well be running."""
    advice = _advice(TimeoutError("timed out"), "http://h:4318/v1/metrics")
    assert "too slow" in advice
    assert "start it" not in advice
    assert "start it" in _advice(ConnectionRefusedError(), "http://h:4318/v1/metrics")


def test_an_unknown_host_is_a_matter_of_its_name() -> None:
    """Starting a Collector would not help."""
    assert "name of the host" in _advice(socket.gaierror(), "http://h:4318/v1/metrics")


def test_plain_grpc_behind_https_is_both() -> None:
    """Neither the scheme nor the port is right."""
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    advice = _advice(error, "https://h:4317/v1/metrics")
    assert "write http://" in advice
    assert "usually 4318" in advice


def test_a_path_that_was_added_twice_is_named() -> None:
    """The endpoint variable has none; the one for metrics has."""
    assert "leave it out" in remedies.of_answer(404, "http://h:4318/v1/metrics/v1/metrics")
    assert "leave it out" not in remedies.of_answer(404, "http://h:4318/v1/metrics")
