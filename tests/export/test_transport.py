"""The transport against a local HTTP receiver."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsPartialSuccess,
    ExportMetricsServiceResponse,
)

from fortuna_otel._environment import Environment
from fortuna_otel.export.transport import Accepted, HttpTransport, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b"any bytes"


@dataclass
class Receiver:
    """What a receiver got, and what it shall answer."""

    port: int = 0
    status: int = 200
    answer: bytes = b""
    delay: threading.Event | None = None
    close: bool = False
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/v1/metrics"


@contextmanager
def _receiver(port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            state.bodies.append(gzip.decompress(body))
            state.headers.append({key.lower(): value for key, value in self.headers.items()})
            state.paths.append(self.path)
            state.connections.add(self.client_address)
            if state.delay is not None:
                state.delay.wait(10.0)
            self.send_response(state.status)
            if 300 <= state.status < 400:
                self.send_header("location", "/elsewhere")
            self.send_header("content-length", str(len(state.answer)))
            self.end_headers()
            self.wfile.write(state.answer)
            # Closes without a word, as a restarted Collector does.
            self.close_connection = state.close

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that gave up is what is tested."""

    server = Server(("127.0.0.1", port), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    state.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        if state.delay is not None:
            state.delay.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _transport(endpoint: str, **settings: object) -> Iterator[HttpTransport]:
    transport = HttpTransport(Environment(endpoint=endpoint, **settings))  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        transport.close()


def test_requests_are_gzipped_protobuf_over_one_connection() -> None:
    """The path, headers and body that an OTLP receiver expects, and no new connection each time."""
    with (
        _receiver() as receiver,
        _transport(receiver.url + "?a=b", headers={"authorization": "Bearer t"}) as transport,
    ):
        for _ in range(3):
            assert transport.send(b"body", 5.0) == Accepted()
        assert receiver.bodies == [b"body"] * 3
        assert receiver.paths == ["/v1/metrics?a=b"] * 3
        assert len(receiver.connections) == 1
        assert receiver.headers[0]["content-type"] == "application/x-protobuf"
        assert receiver.headers[0]["content-encoding"] == "gzip"
        assert receiver.headers[0]["authorization"] == "Bearer t"


def test_partial_success_is_read() -> None:
    """The number of refused points, and why."""
    answer = ExportMetricsServiceResponse(
        partial_success=ExportMetricsPartialSuccess(rejected_data_points=3, error_message="old")
    ).SerializeToString()
    with _receiver() as receiver, _transport(receiver.url) as transport:
        receiver.answer = answer
        assert transport.send(BODY, 5.0) == Accepted(3, "old")


def test_a_2xx_with_another_body_is_a_success() -> None:
    """A proxy in front may answer with something that is no protobuf."""
    with _receiver() as receiver, _transport(receiver.url) as transport:
        receiver.status, receiver.answer = 202, b"\xff\xfe thank you"
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
        (503, "overloaded"),
    ],
)
def test_only_2xx_is_a_success(status: int, remedy: str) -> None:
    """Redirects are no success; every answer says what to do about it."""
    with _receiver() as receiver, _transport(receiver.url) as transport:
        receiver.status = status
        with pytest.raises(TransportError, match=remedy) as caught:
            transport.send(BODY, 5.0)
        assert str(status) in str(caught.value)
        assert caught.value.answered
        receiver.status = 200
        assert transport.send(BODY, 5.0) == Accepted()


def test_a_connection_that_was_closed_meanwhile_is_opened_again_at_once() -> None:
    """A restarted Collector costs no export."""
    with _receiver() as receiver, _transport(receiver.url) as transport:
        receiver.close = True
        for _ in range(3):
            assert transport.send(BODY, 5.0) == Accepted()
        assert len(receiver.bodies) == 3
        assert len(receiver.connections) == 3


def test_an_unreachable_collector_says_where_and_how_to_mend_it() -> None:
    """The endpoint, the reason, and the variable to set."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with (
            _transport(f"http://127.0.0.1:{port}/v1/metrics") as transport,
            pytest.raises(TransportError) as caught,
        ):
            transport.send(BODY, 5.0)
    message = str(caught.value)
    assert f"http://127.0.0.1:{port}/v1/metrics" in message
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in message
    assert "ConnectionRefusedError" in message
    assert not caught.value.answered


def test_a_collector_that_does_not_answer_is_given_up_in_time() -> None:
    """The deadline of the request holds, and the next one starts on a new connection."""
    with _receiver() as receiver, _transport(receiver.url) as transport:
        receiver.delay = threading.Event()
        with pytest.raises(TransportError, match="timed out"):
            transport.send(BODY, 0.05)
        receiver.delay.set()
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
                _transport(endpoint) as transport,
                pytest.raises(TransportError, match=r"time"),
            ):
                transport.send(BODY, 0.3)
            assert given_up.wait(5.0)
        finally:
            stop.set()
            thread.join()


def test_the_configured_timeout_bounds_every_request() -> None:
    """OTEL_EXPORTER_OTLP_TIMEOUT may be shorter than what the export allows, never longer."""
    with _receiver() as receiver, _transport(receiver.url, timeout=0.05) as transport:
        receiver.delay = threading.Event()
        with pytest.raises(TransportError, match="timed out"):
            transport.send(BODY, 60.0)


def test_there_must_be_time_left() -> None:
    """A request that has no time is not begun."""
    with (
        _transport("http://127.0.0.1:9/v1/metrics") as transport,
        pytest.raises(TransportError, match="no time left"),
    ):
        transport.send(BODY, 0.0)


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://x/", "http://", "http://h:port/"])
def test_an_endpoint_that_is_no_url_is_an_error_that_says_so(endpoint: str) -> None:
    """The service trades on; the warning names the variable."""
    with (
        _transport(endpoint, endpoint_variable="OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") as transport,
        pytest.raises(TransportError, match="set OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"),
    ):
        transport.send(BODY, 1.0)


def test_a_password_in_the_endpoint_is_never_shown() -> None:
    """What is logged holds no secrets."""
    with (
        _transport("http://user:secret@127.0.0.1:9/v1/metrics") as transport,
        pytest.raises(TransportError) as caught,
    ):
        transport.send(BODY, 1.0)
    assert "secret" not in str(caught.value)


def test_a_certificate_that_is_not_there_is_an_error_that_says_so() -> None:
    """TLS files are read when the connection is opened: a wrong path is mended without restart."""
    with (
        _transport("https://127.0.0.1:9/v1/metrics", certificate="/nowhere/ca.pem") as transport,
        pytest.raises(TransportError, match="FileNotFoundError"),
    ):
        transport.send(BODY, 1.0)


def test_mutual_tls(tmp_path: Path) -> None:
    """Both sides know each other by certificates of a private authority."""
    authority, key = _certificates(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority, key)
    server.load_verify_locations(authority)
    server.verify_mode = ssl.CERT_REQUIRED
    with _receiver(context=server) as receiver:
        url = f"https://127.0.0.1:{receiver.port}/v1/metrics"
        identity = {"client_certificate": authority, "client_key": key}
        with _transport(url, certificate=authority, **identity) as transport:
            assert transport.send(b"secret", 5.0) == Accepted()
            assert receiver.bodies == [b"secret"]
        with (
            _transport(url, **identity) as stranger,
            pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"),
        ):
            stranger.send(BODY, 5.0)


def _certificates(directory: Path) -> tuple[str, str]:
    """Make one self-signed certificate for 127.0.0.1 and its key."""
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415
    from ipaddress import ip_address  # noqa: PLC0415

    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "collector")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(paths[0]), str(paths[1])


def test_compression_keeps_requests_small() -> None:
    """Labels repeat: level 1 is enough to shrink them many times over."""
    body = b'{client="acme",venue="binance"}' * 10_000
    with _receiver() as receiver, _transport(receiver.url) as transport:
        transport.send(body, 5.0)
        assert int(receiver.headers[0]["content-length"]) < len(body) / 20


def test_forgetting_leaves_the_parents_connection_alone() -> None:
    """After a fork the child closes its copy and opens its own."""
    with _receiver() as receiver, _transport(receiver.url) as transport:
        transport.send(BODY, 5.0)
        transport.forget()
        transport.send(BODY, 5.0)
        assert len(receiver.connections) == 2
