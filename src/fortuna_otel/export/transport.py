"""Send requests to a Collector: OTLP/HTTP, protobuf, gzip, over one persistent connection.

`http.client` rather than `requests`: the deadline of a request is ours to set on its socket, no
instrumentation of the service wraps our own traffic, and no pool, redirect or retry policy stands
between a request and its answer. Redirects are failures, like everything that is not 2xx.
"""

from __future__ import annotations

# The first connection would import it in the export thread, and a fork in that moment would copy
# the import's lock into a child that then waits for ever.
import encodings.idna  # noqa: F401
import gzip
import http.client
import io
import re
import ssl
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)

if TYPE_CHECKING:
    import socket

    from fortuna_otel._environment import Environment

GZIP_LEVEL = 1
"""Level 9 costs eight times the CPU of level 1 and saves a quarter of the bytes."""

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read: an error page must not fill our memory."""


class TransportError(Exception):
    """A request was not accepted; the message says by whom, why, and how to mend it.

    `answered` says that somebody answered, so that another request may fare better.
    """

    def __init__(self, message: str, *, answered: bool = False) -> None:
        super().__init__(message)
        self.answered = answered


@dataclass(frozen=True, slots=True)
class Accepted:
    """The Collector has the request; of its points it `rejected` some, for the `reason` given."""

    rejected: int = 0
    reason: str = ""


class Transport(Protocol):
    """Where requests go."""

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Send one serialized ExportMetricsServiceRequest within `timeout` seconds.

        Raises:
            TransportError: if it was not accepted.
        """

    def close(self) -> None:
        """Close the connection; `send` opens it again."""

    def forget(self) -> None:
        """Drop the connection without a word: after a fork it is the parent's."""


_REMEDIES = {
    400: "the endpoint does not understand OTLP metrics",
    401: "check the token in OTEL_EXPORTER_OTLP_HEADERS",
    403: "check the token in OTEL_EXPORTER_OTLP_HEADERS",
    404: "check the path of the endpoint: an OTLP receiver listens at /v1/metrics",
    413: "raise the receiver's max_request_body_size above 3 MB",
    429: "the Collector is overloaded: see its own metrics",
    503: "the Collector is overloaded or its queue is full: see its own metrics",
}


class HttpTransport:
    """One connection, kept open from export to export."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._connection: http.client.HTTPConnection | None = None
        # What is logged: never a password in the URL.
        self._shown = re.sub(r"//[^/@]*@", "//", environment.endpoint)
        self._headers = {
            **environment.headers,
            "content-type": "application/x-protobuf",
            "content-encoding": "gzip",
            "user-agent": "fortuna-otel",
        }

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Post the body; a kept connection that turns out dead is opened anew, once."""
        deadline = time.monotonic() + min(timeout, self._environment.timeout)
        compressed = gzip.compress(body, GZIP_LEVEL, mtime=0)
        reused = self._connection is not None
        try:
            try:
                status, answer = self._post(compressed, deadline)
            except (ConnectionError, http.client.BadStatusLine):
                self.close()
                if not reused:
                    raise
                status, answer = self._post(compressed, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise TransportError(self._unreachable(error)) from error
        if not 200 <= status < 300:
            self.close()
            remedy = _REMEDIES.get(status, "check that the endpoint is an OTLP/HTTP receiver")
            raise TransportError(f"{self._shown} answered {status}: {remedy}", answered=True)
        return _accepted(answer)

    def close(self) -> None:
        """Close the connection; `send` opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def forget(self) -> None:
        """Close this process's copy of the socket; the parent's connection lives on."""
        self.close()

    def _post(self, body: bytes, deadline: float) -> tuple[int, bytes]:
        url = urlsplit(self._environment.endpoint)
        connection = self._connection
        remaining = deadline - time.monotonic()
        if remaining <= 0.0:
            raise TimeoutError("no time left for this request")
        if connection is None:
            connection = self._connection = self._connect(remaining)
        if connection.sock is not None:
            connection.sock.settimeout(remaining)
        path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        connection.request("POST", path, body, self._headers)
        connection.response_class = partial(_Response, deadline=deadline)  # type: ignore[assignment]
        response = connection.getresponse()
        answer = response.read(MAX_ANSWER)
        if not response.isclosed():
            self.close()
        return response.status, answer

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        url = urlsplit(self._environment.endpoint)
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("it is no http:// or https:// URL")
        if url.scheme == "http":
            return http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
        context = ssl.create_default_context(cafile=self._environment.certificate)
        if self._environment.client_certificate:
            context.load_cert_chain(
                self._environment.client_certificate, self._environment.client_key
            )
        return http.client.HTTPSConnection(url.hostname, url.port, timeout=timeout, context=context)

    def _unreachable(self, error: Exception) -> str:
        return (
            f"cannot reach the Collector at {self._shown} "
            f"({type(error).__name__}: {error}): start it, or set "
            f"{self._environment.endpoint_variable}, for example to http://localhost:4318"
        )


class _Response(http.client.HTTPResponse):
    """A response that has to be here by a deadline, to its last byte.

    The timeout of a socket is for one read: who sends a byte now and then never runs into it.
    """

    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Punctual(sock, self.fp.detach(), deadline))


class _Punctual(io.RawIOBase):
    """What a socket says until a deadline."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: float) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw
        self._deadline = deadline

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, waiting no longer than until the deadline."""
        remaining = self._deadline - time.monotonic()
        if remaining <= 0.0:
            raise TimeoutError("its answer takes too long")
        self._sock.settimeout(remaining)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        """Close the socket's own stream, or the socket would stay open for it."""
        self._raw.close()
        super().close()


def _accepted(answer: bytes) -> Accepted:
    try:
        partial = ExportMetricsServiceResponse.FromString(answer).partial_success
    except DecodeError:
        return Accepted()  # 2xx with some other body: a proxy in front, and still a success
    return Accepted(partial.rejected_data_points, partial.error_message)
