"""Send requests to a Collector: OTLP/HTTP, protobuf, gzip, over one persistent connection.

`http.client` rather than `requests`: the deadline of a request is ours to set on its socket, no
instrumentation of the service wraps our own traffic, and no pool, redirect or retry policy stands
between a request and its answer. Redirects are failures, like everything that is not 2xx.
"""

from __future__ import annotations

# The first connection would import it in the export thread, and a fork in that moment would copy
# the import's lock into a child that then waits for ever.
import encodings.idna  # noqa: F401
import http.client
import io
import os
import re
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)

from fortuna_otel._log import logger
from fortuna_otel.export import remedies
from fortuna_otel.export.tls import Tls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel._environment import Environment

MAX_ANSWER = 64 * 1024
"""Bytes of an answer that are read: an error page must not fill our memory."""

MAX_REASON = 300
"""Characters of a Collector's reason that are logged."""

MAX_RETRY_AFTER = 60.0
"""Seconds of silence that a Collector may ask for; longer ones are cut to this."""

SLICE = 64 * 1024
"""Bytes of a body that are sent at a time, each within what is left until the deadline."""

RETRYABLE = frozenset({429, 502, 503, 504})
"""Answers that mean later, by the OTLP specification; all others mean never."""


class TransportError(Exception):
    """A request was not accepted; the message says by whom, why, and how to mend it.

    Attributes:
        answered: whether somebody answered.
        retry: whether the same request may be accepted later; unless said otherwise, one that
            nobody answered may.
        retry_after: seconds for which the Collector asked not to be sent anything.
    """

    def __init__(
        self,
        message: str,
        *,
        answered: bool = False,
        retry: bool | None = None,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.answered = answered
        self.retry = not answered if retry is None else retry
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Accepted:
    """The Collector has the request; of its points it `rejected` some, for the `reason` given."""

    rejected: int = 0
    reason: str = ""


class Transport(Protocol):
    """Where requests go.

    Attributes:
        gzipped: whether it wants its bodies compressed.
    """

    gzipped: bool

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Send one serialized ExportMetricsServiceRequest within `timeout` seconds.

        Raises:
            TransportError: if it was not accepted.
        """

    def close(self) -> None:
        """Close the connection; `send` opens it again."""

    def forget(self) -> None:
        """Drop the connection without a word: after a fork it is the parent's."""


class HttpTransport:
    """One connection, kept open from export to export.

    What is wrong with its configuration is logged at once. It is not raised: the service trades,
    and a file that is missing now may be mounted later.
    """

    def __init__(self, environment: Environment) -> None:
        self.gzipped = environment.gzipped
        self._environment = environment
        self._connection: http.client.HTTPConnection | None = None
        # What is logged: never a password in the URL.
        self._shown = re.sub(r"//[^/@]*@", "//", environment.endpoint)
        self._tls = Tls(environment)
        self._headers = {
            **environment.headers,
            "content-type": "application/x-protobuf",
            "user-agent": "fortuna-otel",
        }
        if self.gzipped:
            self._headers["content-encoding"] = "gzip"
        self._check()

    def _check(self) -> None:
        problem = self._flaw()
        encrypted = urlsplit(self._environment.endpoint).scheme == "https"
        if problem is None and encrypted:
            problem = self._tls.flaw()
        if problem:
            logger.error("nothing is exported: %s", problem)
        elif not encrypted and self._tls.wanted:
            logger.warning(
                "TLS files are configured, but %s is %s: the connection is not encrypted. "
                "Make it https://",
                self._environment.endpoint_variable,
                self._shown,
            )

    def _flaw(self) -> str | None:
        """Return what is wrong with the endpoint, for good."""
        try:
            url = urlsplit(self._environment.endpoint)
            usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        except ValueError:
            usable = False
        if usable:
            return None
        return (
            f"{self._shown} is no http:// or https:// URL: set "
            f"{self._environment.endpoint_variable}, for example to http://localhost:4318"
        )

    def send(self, body: bytes, timeout: float) -> Accepted:
        """Post the body; a kept connection that turns out dead is opened anew, once."""
        deadline = time.monotonic() + min(timeout, self._environment.timeout)
        flaw = self._flaw()
        if flaw:
            raise TransportError(flaw, retry=False)
        reused = self._connection is not None
        try:
            try:
                answer = self._post(body, deadline)
            except (ConnectionError, http.client.BadStatusLine):
                self.close()
                if not reused:
                    raise
                answer = self._post(body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise TransportError(self._unreachable(error)) from error
        if not 200 <= answer.status < 300:
            self.close()
            raise self._refused(answer)
        return _accepted(answer.body)

    def close(self) -> None:
        """Close the connection; `send` opens it again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def forget(self) -> None:
        """Close this process's copy of the socket; the parent's connection lives on.

        Only the descriptor: closing the objects around it would wait for locks that a thread of
        the parent may have held in that moment, and would say goodbye for the parent under TLS.
        """
        connection, self._connection = self._connection, None
        if connection is not None:
            _abandoned.append(connection)
            if connection.sock is not None:
                os.close(connection.sock.detach())

    def _post(self, body: bytes, deadline: float) -> _Answer:
        connection = self._connection
        if connection is None or connection.sock is None:  # an answer may have closed it
            connection = self._connection = self._connect(deadline)
        url = urlsplit(self._environment.endpoint)
        path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
        headers = {**self._headers, "content-length": str(len(body))}
        connection.request("POST", path, _slices(body, connection.sock, deadline), headers)
        connection.response_class = partial(_Response, deadline=deadline)  # type: ignore[assignment]
        response = connection.getresponse()
        answer = _Answer(
            response.status, response.read(MAX_ANSWER), response.getheader("retry-after")
        )
        if not response.isclosed():
            self.close()
        return answer

    def _connect(self, deadline: float) -> http.client.HTTPConnection:
        """Return a connection that is open, encrypted and known, by the deadline."""
        url = urlsplit(self._environment.endpoint)
        encrypted = url.scheme == "https"
        context = self._tls.context() if encrypted else None
        host, port = url.hostname or "", url.port or (443 if encrypted else 80)
        sock = _dial(host, port, deadline)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock.settimeout(_left(deadline))
                sock = context.wrap_socket(sock, server_hostname=host)
        except BaseException:
            sock.close()
            raise
        connection = http.client.HTTPConnection(host, port)
        if context is not None and port == http.client.HTTPS_PORT:
            connection.default_port = port  # the Host header is without it
        connection.sock = sock
        return connection

    def _unreachable(self, error: Exception) -> str:
        remedy = remedies.of_silence(
            error,
            self._environment.endpoint,
            self._environment.endpoint_variable,
            anonymous=self._tls.anonymous,
        )
        return (
            f"cannot reach the Collector at {self._shown} "
            f"({type(error).__name__}: {error}): {remedy}"
        )

    def _refused(self, answer: _Answer) -> TransportError:
        remedy = remedies.of_answer(answer.status, self._environment.endpoint)
        return TransportError(
            f"{self._shown} answered {answer.status}: {remedy}",
            answered=True,
            retry=answer.status in RETRYABLE,
            retry_after=_seconds(answer.retry_after) if answer.status in RETRYABLE else 0.0,
        )


_abandoned: list[http.client.HTTPConnection] = []
"""Connections of a parent, kept from being finalized: that too would wait for their locks."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: bytes
    retry_after: str | None


def _seconds(retry_after: str | None) -> float:
    """Return how long to be silent, by a Retry-After header: seconds or an HTTP date."""
    if retry_after is None:
        return 0.0
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if until.tzinfo is None:  # "-0000": a time in UTC of unknown origin
        until = until.replace(tzinfo=UTC)
    return min(max((until - datetime.now(UTC)).total_seconds(), 0.0), MAX_RETRY_AFTER)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0.0:
        raise TimeoutError("no time left for this request")
    return left


def _dial(host: str, port: int, deadline: float) -> socket.socket:
    """Connect to the first address that answers; one deadline is for all of them."""
    _left(deadline)
    problem: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(_left(deadline))
            sock.connect(address)
        except OSError as error:
            problem = problem or error
            if sock is not None:
                sock.close()
        else:
            return sock
    raise problem or OSError(f"{host} has no address")


def _slices(body: bytes, sock: socket.socket, deadline: float) -> Iterator[memoryview]:
    """Yield the body in pieces: TLS has a timeout for each piece sent, not for all."""
    view = memoryview(body)
    for start in range(0, len(body), SLICE):
        sock.settimeout(_left(deadline))
        yield view[start : start + SLICE]


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
        partial_success = ExportMetricsServiceResponse.FromString(answer).partial_success
    except DecodeError:
        return Accepted()  # 2xx with some other body: a proxy in front, and still a success
    return Accepted(
        partial_success.rejected_data_points, partial_success.error_message[:MAX_REASON]
    )
