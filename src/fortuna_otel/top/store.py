"""Questions to Prometheus or Mimir, many at once over a few kept connections."""

from __future__ import annotations

import contextlib
import http.client
import json
import math
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

from fortuna_otel._version import sdk_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future
    from pathlib import Path

CONNECTIONS: Final = 4
LOOKBACK: Final = "10s"
"""What the board counts on: with the usual 5 minutes a dead service would look alive."""

_MAX_BYTES: Final = 32_000_000
_QUERY_REFUSED: Final = frozenset({400, 422})
_ASIDE: Final = frozenset({"timeout", "canceled"})


class StoreError(Exception):
    """The store cannot be asked at all; the message says why and how to mend it."""


@dataclass(frozen=True, slots=True)
class Question:
    """An expression, asked at one time, or every `step` seconds over the `seconds` before it."""

    expr: str
    seconds: float = 0.0
    step: float = 0.0


@dataclass(frozen=True, slots=True)
class Sample:
    """A series of an answer: its last value, and of a range every point as (time, value)."""

    labels: Mapping[str, str]
    value: float
    points: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store said to a question; `problem` is why it refused to evaluate it.

    NaN is not a number, so it is not in here: what the store cannot tell is missing.
    """

    samples: tuple[Sample, ...] = ()
    problem: str = ""

    @property
    def value(self) -> float | None:
        """The only value, or the first; None where there is none."""
        return self.samples[0].value if self.samples else None

    def by(self, label: str) -> dict[str, float]:
        """Return the values by one label."""
        return {sample.labels.get(label, ""): sample.value for sample in self.samples}


class Store:
    """One Prometheus or Mimir.

    Args:
        url: what `/api/v1/query` is appended to; for Mimir it ends in `/prometheus`.
        tenant: Mimir's, sent as X-Scope-OrgID.
        token_file: holds a bearer token; read anew for each round, for it may be rotated.
        timeout: seconds a question may take.

    Raises:
        StoreError: the address is none, or the token file cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        tenant: str | None = None,
        token_file: Path | None = None,
        timeout: float = 5.0,
    ) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        try:
            self._port = parts.port
        except ValueError:
            raise StoreError(f"{url!r} has no port that there is: {_EXAMPLE}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise StoreError(f"{url!r} is no address: {_EXAMPLE}")
        if parts.query or parts.fragment:
            raise StoreError(f"{url!r} has more than an address: {_EXAMPLE}")
        if parts.username is not None:
            raise StoreError(
                "a password in --url would be seen by everybody on this machine: "
                "use --bearer-token-file"
            )
        self._secure, self._host, self._path = parts.scheme == "https", parts.hostname, parts.path
        self._tenant, self._token_file, self._timeout = tenant, token_file, timeout
        self._local = threading.local()
        self._open: list[http.client.HTTPConnection] = []
        self._closed = False
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fortuna-top")
        self._headers()

    def close(self) -> None:
        """End what is being asked, and ask nothing more."""
        self._closed = True
        for connection in self._open:
            # A thread that waits for an answer is woken by this, not by closing alone.
            with contextlib.suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)
        self._pool.shutdown(cancel_futures=True)
        for connection in self._open:
            connection.close()

    def now(self) -> float:
        """Return the store's own Unix time, so that a wrong clock here changes no number.

        Raises:
            StoreError: the store cannot be asked.
        """
        answer = self._submit(Question("time()"), None, self._headers()).result()
        if answer.value is None:
            raise StoreError(f"{self.url} does not know the time: {answer.problem or 'no answer'}")
        return answer.value

    def ask(self, questions: Mapping[str, Question], at: float) -> dict[str, Answer]:
        """Answer every question as of one Unix time.

        Raises:
            StoreError: the store cannot be asked; one refused expression is no such case.
        """
        headers = self._headers()
        waiting = {
            name: self._submit(question, at, headers) for name, question in questions.items()
        }
        try:
            return {name: future.result() for name, future in waiting.items()}
        finally:
            for future in waiting.values():
                future.cancel()

    def _submit(
        self, question: Question, at: float | None, headers: dict[str, str]
    ) -> Future[Answer]:
        try:
            return self._pool.submit(self._ask, question, at, headers)
        except RuntimeError:
            raise StoreError(f"{self.url} is no longer asked") from None

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": f"fortuna-otel-top/{sdk_version()}",
        }
        if self._tenant:
            headers["X-Scope-OrgID"] = self._tenant
        if self._token_file:
            try:
                token = self._token_file.read_text(encoding="utf-8").strip()
            except (OSError, ValueError) as error:
                raise StoreError(
                    f"{self._token_file} cannot be read: {_reason(error)}; name a file that holds "
                    "the token with --bearer-token-file"
                ) from None
            if not token or not token.isprintable() or not token.isascii():
                raise StoreError(
                    f"{self._token_file} holds no token: it must have one line, the token itself"
                )
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _ask(self, question: Question, at: float | None, headers: dict[str, str]) -> Answer:
        form = {"query": question.expr, "lookback_delta": LOOKBACK}
        if at is not None and question.step:
            # On multiples of the step, so that a point does not change as time goes on.
            end = math.floor(at / question.step) * question.step
            form |= {
                "start": f"{end - question.seconds:.3f}",
                "end": f"{end:.3f}",
                "step": f"{question.step:g}",
            }
        elif at is not None:
            form["time"] = f"{at:.3f}"
        path = "query_range" if question.step else "query"
        status, body = self._post(f"{self._path}/api/v1/{path}", urlencode(form), headers)
        return self._read(status, body)

    def _post(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = self._connection()
        for _ in range(2):
            kept = connection.sock is not None
            try:
                connection.request("POST", path, body, headers)
                response = connection.getresponse()
                text = response.read(_MAX_BYTES + 1)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # A kept connection may have been closed by the other side since.
                if (
                    kept
                    and not self._closed
                    and isinstance(error, (ConnectionError, http.client.BadStatusLine))
                ):
                    continue
                raise StoreError(self._unreachable(error)) from None
            if len(text) > _MAX_BYTES:
                connection.close()
                raise StoreError(
                    f"{self.url} answered more than {_MAX_BYTES // 1_000_000} MB: choose fewer "
                    "clients or exchanges"
                )
            return response.status, text
        raise AssertionError  # pragma: no cover - a fresh connection returns or raises

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            if self._secure:
                connection = http.client.HTTPSConnection(
                    self._host,
                    self._port,
                    timeout=self._timeout,
                    context=ssl.create_default_context(),
                )
            else:
                connection = http.client.HTTPConnection(
                    self._host, self._port, timeout=self._timeout
                )
            self._local.connection = connection
            self._open.append(connection)
        return connection

    def _unreachable(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"{self.url} did not answer within {self._timeout:g} s: is it overloaded?"
        if isinstance(error, ssl.SSLCertVerificationError):
            return (
                f"{self.url} has a certificate that this machine does not trust "
                f"({error.verify_message}): set SSL_CERT_FILE to its authority's certificate"
            )
        return (
            f"{self.url} cannot be reached: {_reason(error)}; is Prometheus running there, and is "
            "--url right?"
        )

    def _read(self, status: int, body: bytes) -> Answer:
        try:
            answer: Any = json.loads(body)
            problem = str(answer.get("error", ""))
            if answer["status"] == "success":
                return Answer(tuple(_samples(answer["data"])))
            if status in _QUERY_REFUSED or answer.get("errorType") in _ASIDE:
                return Answer(problem=problem or f"answered {status}")
        except (ValueError, KeyError, TypeError, AttributeError):
            # Mimir and proxies say in plain text what is wrong; a page of HTML says nothing here.
            said = body[:200].decode("utf-8", "replace").strip()
            problem = "" if said[:1] in {"<", "{"} else said.partition("\n")[0]
        raise StoreError(self._no_answer(status, problem))

    def _no_answer(self, status: int, problem: str) -> str:
        said = f"{self.url} answered {status}" + (f" ({problem})" if problem else "")
        if status == http.client.UNAUTHORIZED and "org id" in problem:
            return f"{said}: name the tenant with --tenant"
        if status in {http.client.UNAUTHORIZED, http.client.FORBIDDEN}:
            return f"{said}: give a token that may read with --bearer-token-file"
        if status in (http.client.OK, http.client.NOT_FOUND) or 300 <= status < 400:
            return (
                f"{said}, but not as Prometheus does: --url must be what /api/v1/query is "
                "appended to; for Mimir it ends in /prometheus"
            )
        return f"{said}: see its log"


_EXAMPLE: Final = "write it as http://prometheus:9090"


def _samples(data: Mapping[str, Any]) -> list[Sample]:
    found: list[tuple[dict[str, str], list[Any]]]
    if data["resultType"] in {"scalar", "string"}:
        found = [({}, [data["result"]])]
    else:
        found = [
            (one["metric"], one["values"] if "values" in one else [one["value"]])
            for one in data["result"]
        ]
    samples = []
    for labels, values in found:
        points = [
            (float(time), number) for time, text in values if not math.isnan(number := float(text))
        ]
        if points:
            ranged = tuple(points) if data["resultType"] == "matrix" else ()
            samples.append(Sample(labels, points[-1][1], ranged))
    return samples


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
