"""The transport against a local HTTP receiver."""

from __future__ import annotations

import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)

from fortuna_otel.export import wire
from fortuna_otel.export.transport import Accepted, TransportError
from tests.export.receiver import receiver, transport_to

BODY = wire.compressed(b"any bytes")


def test_requests_are_gzipped_protobuf_over_one_connection() -> None:
    """The path, headers and body that an OTLP receiver expects, and no new connection each time."""
    with (
        receiver() as there,
        transport_to(there.url + "?a=b", headers={"authorization": "Bearer t"}) as transport,
    ):
        for _ in range(3):
            assert transport.send(BODY, 5.0) == Accepted()
        assert transport.gzipped
        assert there.bodies == [b"any bytes"] * 3
        assert there.paths == ["/v1/metrics?a=b"] * 3
        assert len(there.connections) == 1
        assert there.headers[0]["content-type"] == "application/x-protobuf"
        assert there.headers[0]["content-encoding"] == "gzip"
        assert there.headers[0]["authorization"] == "Bearer t"


def test_compression_can_be_switched_off() -> None:
    """The bodies come as they are then, and the headers say so."""
    with receiver() as there, transport_to(there.url, gzipped=False) as transport:
        assert not transport.gzipped
        transport.send(b"plain", 5.0)
        assert there.bodies == [b"plain"]
        assert "content-encoding" not in there.headers[0]


def test_partial_success_is_read() -> None:
    """The number of refused points, and why."""
    answer = ExportMetricsServiceResponse(
        partial_success=ExportMetricsPartialSuccess(rejected_data_points=3, error_message="old")
    ).SerializeToString()
    with receiver() as there, transport_to(there.url) as transport:
        there.answer = answer
        assert transport.send(BODY, 5.0) == Accepted(3, "old")


def test_a_reason_without_end_is_cut() -> None:
    """It becomes a line of the log."""
    answer = ExportMetricsServiceResponse(
        partial_success=ExportMetricsPartialSuccess(
            rejected_data_points=1, error_message="x" * 9999
        )
    ).SerializeToString()
    with receiver() as there, transport_to(there.url) as transport:
        there.answer = answer
        assert transport.send(BODY, 5.0) == Accepted(1, "x" * 300)


def test_a_2xx_with_another_body_is_a_success() -> None:
    """A proxy in front may answer with something that is no protobuf."""
    with receiver() as there, transport_to(there.url) as transport:
        there.status, there.answer = 202, b"\xff\xfe thank you"
        assert transport.send(BODY, 5.0) == Accepted()


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (301, "OTLP/HTTP receiver"),
        (400, "does not understand"),
        (401, "HEADERS"),
        (404, "/v1/metrics"),
        (413, "max_request_body_size"),
        (429, "overloaded"),
        (500, "OTLP/HTTP receiver"),
        (502, "proxy"),
        (503, "overloaded"),
        (504, "proxy"),
    ],
)
def test_only_2xx_is_a_success(status: int, remedy: str) -> None:
    """Redirects are no success; every answer says what to do about it."""
    with receiver() as there, transport_to(there.url) as transport:
        there.status = status
        with pytest.raises(TransportError, match=remedy) as caught:
            transport.send(BODY, 5.0)
        assert str(status) in str(caught.value)
        assert caught.value.answered
        assert caught.value.retry == (status in {429, 502, 503, 504})
        there.status = 200
        assert transport.send(BODY, 5.0) == Accepted()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0.0),
        ("0", 0.0),
        ("7", 7.0),
        (" 12 ", 12.0),
        ("86400", 60.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("\u0663", 0.0),
    ],
)
def test_a_collector_may_ask_for_silence(header: str | None, seconds: float) -> None:
    """Retry-After in seconds, a minute at most; what cannot be read is none."""
    with receiver() as there, transport_to(there.url) as transport:
        there.status = 429
        there.retry_after = header and header.encode().decode("latin-1")
        with pytest.raises(TransportError) as caught:
            transport.send(BODY, 5.0)
        assert caught.value.retry_after == seconds


@pytest.mark.parametrize(("ahead", "least", "most"), [(30, 25, 30), (900, 60, 60), (-30, 0, 0)])
def test_silence_may_be_asked_for_until_a_date(ahead: int, least: float, most: float) -> None:
    """As HTTP has it; a date in the past is none."""
    with receiver() as there, transport_to(there.url) as transport:
        there.status = 503
        until = datetime.now(UTC) + timedelta(seconds=ahead)
        there.retry_after = format_datetime(until, usegmt=True)
        with pytest.raises(TransportError) as caught:
            transport.send(BODY, 5.0)
        assert least <= caught.value.retry_after <= most


def test_a_refusal_for_good_asks_for_no_silence() -> None:
    """Whatever header it has: the next request may be taken."""
    with receiver() as there, transport_to(there.url) as transport:
        there.status, there.retry_after = 400, "30"
        with pytest.raises(TransportError) as caught:
            transport.send(BODY, 5.0)
        assert caught.value.retry_after == 0.0


def test_a_connection_that_was_closed_meanwhile_is_opened_again_at_once() -> None:
    """A restarted Collector costs no export."""
    with receiver() as there, transport_to(there.url) as transport:
        there.close = True
        for _ in range(3):
            assert transport.send(BODY, 5.0) == Accepted()
        assert len(there.bodies) == 3
        assert len(there.connections) == 3


def test_an_answer_may_end_its_connection() -> None:
    """As that of a proxy that keeps none, or speaks HTTP/1.0; every request arrives whole."""
    with receiver() as there, transport_to(there.url) as transport:
        there.farewell = True
        for _ in range(3):
            assert transport.send(BODY, 5.0) == Accepted()
        assert len(set(there.bodies)) == 1
        assert len(there.bodies) == len(there.connections) == 3


def test_an_unreachable_collector_says_where_and_how_to_mend_it() -> None:
    """The endpoint, the reason, and the variable to set."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with (
            transport_to(f"http://127.0.0.1:{port}/v1/metrics") as transport,
            pytest.raises(TransportError) as caught,
        ):
            transport.send(BODY, 5.0)
    message = str(caught.value)
    assert f"http://127.0.0.1:{port}/v1/metrics" in message
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in message
    assert "ConnectionRefusedError" in message
    assert not caught.value.answered
    assert caught.value.retry


def test_a_collector_that_does_not_answer_is_given_up_in_time() -> None:
    """The deadline of the request holds, and the next one starts on a new connection."""
    with receiver() as there, transport_to(there.url) as transport:
        there.delay = threading.Event()
        with pytest.raises(TransportError, match="timed out"):
            transport.send(BODY, 0.05)
        there.delay.set()
        assert transport.send(BODY, 5.0) == Accepted()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n"])
def test_an_answer_in_trickles_is_given_up_in_time(said: bytes) -> None:
    """A byte now and then satisfies the timeout of a socket for ever, not the deadline."""
    stop = threading.Event()
    given_up = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(said)
                for _ in range(200):
                    if stop.wait(0.05):
                        return
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        given_up.set()
                        return

        thread = threading.Thread(target=trickle)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        try:
            with (
                transport_to(endpoint) as transport,
                pytest.raises(TransportError, match=r"(?i)time"),
            ):
                transport.send(BODY, 0.3)
            assert given_up.wait(5.0)
        finally:
            stop.set()
            thread.join()


def test_the_configured_timeout_bounds_every_request() -> None:
    """OTEL_EXPORTER_OTLP_TIMEOUT may be shorter than what the export allows, never longer."""
    with receiver() as there, transport_to(there.url, timeout=0.05) as transport:
        there.delay = threading.Event()
        with pytest.raises(TransportError, match="timed out"):
            transport.send(BODY, 60.0)


def test_there_must_be_time_left() -> None:
    """A request that has no time is not begun."""
    with (
        transport_to("http://127.0.0.1:9/v1/metrics") as transport,
        pytest.raises(TransportError, match="no time left"),
    ):
        transport.send(BODY, 0.0)


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://x/", "http://", "http://h:port/"])
def test_an_endpoint_that_is_no_url_is_an_error_that_says_so(
    caplog: pytest.LogCaptureFixture, endpoint: str
) -> None:
    """At once, and at every attempt, none of which is worth keeping; the service trades on."""
    with transport_to(
        endpoint, endpoint_variable="OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
    ) as transport:
        assert "set OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" in caplog.text
        with pytest.raises(TransportError, match="set OTEL_EXPORTER_OTLP_METRICS") as caught:
            transport.send(BODY, 1.0)
        assert not caught.value.retry


def test_a_password_in_the_endpoint_is_never_shown() -> None:
    """What is logged holds no secrets."""
    with (
        transport_to("http://user:secret@127.0.0.1:9/v1/metrics") as transport,
        pytest.raises(TransportError) as caught,
    ):
        transport.send(BODY, 1.0)
    assert "secret" not in str(caught.value)


def test_a_body_that_is_not_taken_is_given_up_in_time() -> None:
    """A receiver that reads nothing fills the buffers of the sockets and then stands still."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        with transport_to(endpoint) as transport, pytest.raises(TransportError, match="time"):
            transport.send(bytes(30_000_000), 0.3)


def test_an_address_that_does_not_answer_is_followed_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host may have an IPv6 and an IPv4 address, of which one works."""
    with receiver() as there:
        kind = socket.AF_INET, socket.SOCK_STREAM, 0, ""
        found = [(*kind, ("127.0.0.1", 9)), (*kind, ("127.0.0.1", there.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
        with transport_to("http://collector/v1/metrics") as transport:
            assert transport.send(BODY, 5.0) == Accepted()
            assert there.headers[0]["host"] == "collector"


def test_forgetting_leaves_the_parents_connection_alone() -> None:
    """After a fork the child closes its copy of the descriptor, and opens its own connection."""
    with receiver() as there, transport_to(there.url) as transport:
        transport.send(BODY, 5.0)
        assert transport._connection is not None
        descriptor = transport._connection.sock.fileno()
        transport.forget()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
        transport.send(BODY, 5.0)
        assert len(there.connections) == 2
