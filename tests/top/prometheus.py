"""A small Prometheus: its HTTP API over hand-made samples, evaluated by Prometheus' own engine.

promtool evaluates the expressions; what it answered once is kept, since a scene does not change.
"""

from __future__ import annotations

import json
import math
import socket
import threading
from collections import deque
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fortuna_otel.top import queries
from fortuna_otel.top.reader import Reader, Wanted
from fortuna_otel.top.store import Question, Store
from tests.provisioning.evaluation import BOARD_RULES, answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fortuna_otel.top.reader import Snapshot
    from fortuna_otel.top.selection import Selection
    from tests.provisioning.evaluation import Answer, Raw

Asked = tuple[str, float]


class Scene:
    """Hand-made series, a sample a second from 0 s on, and what they answer.

    Args:
        series: what there is.
        now: the Unix time it is, in whole seconds since the first sample.
    """

    def __init__(self, series: Sequence[Raw], now: int = 60) -> None:
        self.series = list(series)
        self.now = now
        self._kept: dict[Asked, Answer] = {}
        self._waiting: deque[Asked] = deque()
        self._lock = threading.Lock()

    def answer(self, expr: str, at: float) -> Answer:
        """Evaluate an expression at a time, together with what others ask meanwhile.

        One by one, the last of those that are asked at once would wait too long on a busy machine.
        """
        asked = (expr, at)
        self._waiting.append(asked)
        with self._lock:
            if asked not in self._kept:
                self.learn([self._waiting.popleft() for _ in range(len(self._waiting))])
            return self._kept[asked]

    def learn(self, asked: Iterable[Asked]) -> None:
        """Evaluate many at once: a process for each would take most of the tests' time."""
        missing = list(dict.fromkeys(one for one in asked if one not in self._kept))
        found = answers([(expr, f"{at:g}s") for expr, at in missing], self.series, BOARD_RULES)
        self._kept |= dict(zip(missing, found, strict=True))


class _Server(ThreadingHTTPServer):
    """Can hang up, and says nothing of clients that do: those are what is tested."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._clients: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._clients.append(request)
        super().process_request(request, client_address)

    def handle_error(self, *_: object) -> None:
        pass

    def hang_up(self) -> None:
        """End every connection that is kept."""
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)


class Prometheus:
    """The HTTP API over a scene; can be told to fail as a store fails.

    Attributes:
        scene: what it answers from.
        failing: (status, body) that every question gets instead, or None.
        refused: part of expressions that it will not evaluate.
        free: answers wait for it.
        asked: the headers of the last question.
        forms: of every question.
    """

    def __init__(self, scene: Scene, port: int = 0) -> None:
        self.scene = scene
        self.free = threading.Event()
        self.free.set()
        self.failing: tuple[int, bytes] | None = None
        self.refused: str | None = None
        self.asked: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []
        self._server = _Server(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Answer no more."""
        self.free.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join(5)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # The server's threads end with their connection: none may wait for a next question.
            timeout = 5
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                form = parse_qs(self.rfile.read(length).decode())
                fake.asked = dict(self.headers)
                status, body = fake._reply(
                    self.path, {name: values[0] for name, values in form.items()}
                )
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _reply(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        self.forms.append(form)
        self.free.wait(20)
        if self.failing is not None:
            return self.failing
        if self.refused is not None and self.refused in form["query"]:
            return 422, _json(status="error", errorType="execution", error="too many samples")
        if path == "/api/v1/query":
            data = self._instant(form["query"], float(form.get("time", self.scene.now)))
        elif path == "/api/v1/query_range":
            data = self._range(form)
        else:
            return 404, b"404 page not found"
        return 200, _json(status="success", data=data)

    def _instant(self, expr: str, at: float) -> dict[str, Any]:
        if expr == "time()":
            return {"resultType": "scalar", "result": [at, str(at)]}
        result = [
            {"metric": dict(labels), "value": [at, repr(value)]}
            for labels, value in self.scene.answer(expr, at).items()
        ]
        return {"resultType": "vector", "result": result}

    def _range(self, form: dict[str, str]) -> dict[str, Any]:
        start, end, step = (float(form[name]) for name in ("start", "end", "step"))
        found: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
        for number in range(round((end - start) / step) + 1):
            at = start + number * step
            # Before the first sample there is nothing, and promtool knows no time before it.
            for labels, value in self.scene.answer(form["query"], at).items() if at >= 0 else ():
                found.setdefault(labels, []).append([at, repr(value)])
        result = [{"metric": dict(labels), "values": points} for labels, points in found.items()]
        return {"resultType": "matrix", "result": result}


def _json(**content: object) -> bytes:
    return json.dumps(content).encode()


@contextmanager
def serving(scene: Scene) -> Iterator[Prometheus]:
    """Serve a scene for a while."""
    fake = Prometheus(scene)
    try:
        yield fake
    finally:
        fake.stop()


@contextmanager
def reading(fake: Prometheus) -> Iterator[Reader]:
    """Read a fake as the application does."""
    store = Store(fake.url)
    try:
        yield Reader(store)
    finally:
        store.close()


def snapshot(scene: Scene, selection: Selection, book: int | None = None) -> Snapshot:
    """Return what a round of questions to a scene finds."""
    with serving(scene) as fake, reading(fake) as reader:
        warm(scene, reader, selection)
        return reader.read(Wanted(selection, book))


def warm(scene: Scene, reader: Reader, selection: Selection) -> None:
    """Evaluate what the screens will ask with one run of promtool."""
    at = float(scene.now)
    scene.learn([(expr, at) for expr in queries.known().values()])
    today = reader._learn(selection, at)
    known = reader._known
    books = selection.books(known)
    asked: list[Question] = []
    for one in books or (None,):
        values = selection.variables(known, one, today)
        for those in (queries.first_screen(), queries.one_book()):
            asked += queries.questions(those, values).values()
    scene.learn(
        (question.expr, time) for question in asked for time in _times(question, at) if time >= 0
    )


def _times(question: Question, at: float) -> list[float]:
    if not question.step:
        return [at]
    end = math.floor(at / question.step) * question.step
    return [
        end - question.seconds + number * question.step
        for number in range(round(question.seconds / question.step) + 1)
    ]
