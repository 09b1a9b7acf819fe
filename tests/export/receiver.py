"""A real HTTP receiver on this host that answers as told, and certificates for it."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fortuna_otel._environment import Environment
from fortuna_otel.export.transport import HttpTransport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Receiver:
    """What a receiver got, and what it shall answer."""

    port: int = 0
    status: int = 200
    answer: bytes = b""
    retry_after: str | None = None
    delay: threading.Event | None = None
    close: bool = False
    farewell: bool = False
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    connections: set[tuple[str, int]] = field(default_factory=set)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/v1/metrics"

    def wait_for(self, requests: int, seconds: float = 10.0) -> None:
        """Wait until that many requests have arrived in all."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.bodies) >= requests, seconds)


@contextmanager
def receiver(port: int = 0, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run one; with a context it speaks TLS."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            compressed = self.headers["content-encoding"] == "gzip"
            with state.arrived:
                state.bodies.append(gzip.decompress(body) if compressed else body)
                state.headers.append({key.lower(): value for key, value in self.headers.items()})
                state.paths.append(self.path)
                state.connections.add(self.client_address)
                state.arrived.notify_all()
            if state.delay is not None:
                state.delay.wait(10.0)
            self.send_response(state.status)
            if 300 <= state.status < 400:
                self.send_header("location", "/elsewhere")
            if state.retry_after is not None:
                self.send_header("retry-after", state.retry_after)
            self.send_header("content-length", str(len(state.answer)))
            if state.farewell:
                self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(state.answer)
            # Closes without a word, as a restarted Collector does.
            self.close_connection = state.close or state.farewell

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

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
def transport_to(endpoint: str, **settings: object) -> Iterator[HttpTransport]:
    """Give a transport to an endpoint, and close it afterwards."""
    transport = HttpTransport(Environment(endpoint=endpoint, **settings))  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        transport.close()


def certificates(directory: Path, *, passphrase: bytes | None = None) -> tuple[str, str]:
    """Make one self-signed certificate for 127.0.0.1 and its key; return their paths."""
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
    directory.mkdir(exist_ok=True)
    paths = directory / "certificate.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encryption = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )
    return str(paths[0]), str(paths[1])
