"""Questions over HTTP, and what is said when they cannot be asked."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel.top.store import Question, Store, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.top.prometheus import Prometheus

_BODY = b'{"status":"success","data":{"resultType":"scalar","result":[1,"7"]}}'
SEVEN = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
RATE = 'fortuna_reference_rate{asset="EUR"}'


@pytest.fixture
def store(fake: Prometheus) -> Iterator[Store]:
    """A client of the fake."""
    with closing(Store(fake.url)) as store:
        yield store


def take(connection: socket.socket) -> None:
    """Read one whole question: its head and its body may come apart."""
    taken = b""
    while not taken.endswith(b"lookback_delta=10s"):
        part = connection.recv(65_536)
        assert part
        taken += part


def ask(store: Store, expr: str, at: float = 60.0) -> Any:
    """The answer to one question."""
    return store.ask({"it": Question(expr)}, at)["it"]


def test_an_answer_has_labels_and_values(store: Store) -> None:
    """Every series of an instant vector, by label and as the only value."""
    answer = ask(store, RATE)
    assert answer.value == 1.1
    assert answer.by("asset") == {"EUR": 1.1}
    assert answer.samples[0].labels["currency"] == "USD"


def test_no_series_is_no_value(store: Store) -> None:
    """What nobody reports is None, not 0."""
    answer = ask(store, "fortuna_no_such_thing")
    assert answer.samples == ()
    assert answer.value is None


def test_nan_is_missing(store: Store) -> None:
    """A number that is none does not become one."""
    assert ask(store, f"{RATE} * NaN").value is None
    assert ask(store, f"{RATE} * Inf").value == float("inf")


def test_a_line_has_its_points_on_multiples_of_the_step(store: Store, fake: Prometheus) -> None:
    """At 59 s the last of a line's points every 15 s is at 45 s, and so it is at 46 s."""
    question = Question("fortuna_heartbeat_timestamp_seconds", seconds=30, step=15)
    (sample,) = store.ask({"it": question}, 59)["it"].samples
    # The loop beat half a second before each second.
    assert sample.points == ((15, 14.5), (30, 29.5), (45, 44.5))
    assert sample.value == 44.5
    assert fake.forms[-1]["step"] == "15"


def test_every_question_is_as_of_the_same_moment(store: Store, fake: Prometheus) -> None:
    """All of a round carry one time, and the lookback that the board counts on."""
    store.ask({str(number): Question(f"vector({number})") for number in range(9)}, 60)
    assert {form["time"] for form in fake.forms} == {"60.000"}
    assert {form["lookback_delta"] for form in fake.forms} == {"10s"}


def test_the_time_is_the_stores_own(store: Store, fake: Prometheus) -> None:
    """A wrong clock on this machine must not shift what is asked."""
    assert store.now() == 60
    assert "time" not in fake.forms[-1]


def test_one_refused_expression_does_not_spoil_the_round(store: Store, fake: Prometheus) -> None:
    """The others are answered; this one says why not."""
    fake.refused = "EUR"
    answers = store.ask({"bad": Question(RATE), "good": Question("vector(1)")}, 60)
    assert answers["bad"].problem == "too many samples"
    assert answers["bad"].value is None
    assert answers["good"].value == 1


def test_tenant_and_token_are_sent(fake: Prometheus, tmp_path: Path) -> None:
    """Mimir's tenant, and the token as it is in its file now: it may be rotated."""
    token = tmp_path / "token"
    token.write_text("first\n")
    with closing(Store(fake.url, tenant="desk", token_file=token)) as store:
        ask(store, "vector(1)")
        assert fake.asked["X-Scope-OrgID"] == "desk"
        assert fake.asked["Authorization"] == "Bearer first"
        token.write_text("second\n")
        ask(store, "vector(1)")
        assert fake.asked["Authorization"] == "Bearer second"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"no org id", "name the tenant with --tenant"),
        (401, b"<html>log in</html>", "give a token that may read with --bearer-token-file"),
        (403, b"forbidden", "answered 403 (forbidden): give a token"),
        (404, b"404 page not found", "for Mimir it ends in /prometheus"),
        (302, b"", "--url must be what /api/v1/query is appended to"),
        (200, b"<html>Grafana</html>", "but not as Prometheus does"),
        (200, b'{"status": "success", "data": []}', "but not as Prometheus does"),
        (500, b"", "answered 500: see its log"),
        (
            503,
            b'{"status": "error", "errorType": "unavailable", "error": "starting"}',
            "answered 503 (starting)",
        ),
    ],
)
def test_a_store_that_does_not_answer_as_one_is_explained(
    store: Store, fake: Prometheus, status: int, body: bytes, said: str
) -> None:
    """Each way to be wrong says how to mend it."""
    fake.failing = (status, body)
    with pytest.raises(StoreError) as caught:
        store.now()
    assert said in str(caught.value)
    assert fake.url in str(caught.value)


def test_a_query_that_takes_too_long_is_refused_alone(store: Store, fake: Prometheus) -> None:
    """Prometheus answers 503 when it gave up on one expression: the store is well."""
    body = {"status": "error", "errorType": "timeout", "error": "query timed out"}
    fake.failing = (503, json.dumps(body).encode())
    assert ask(store, "vector(1)").problem == "query timed out"


def test_nobody_there(fake: Prometheus) -> None:
    """A refused connection names the address and the option."""
    url = fake.url
    fake.stop()
    with closing(Store(url)) as store, pytest.raises(StoreError) as caught:
        store.now()
    assert str(caught.value) == (
        f"{url} cannot be reached: connection refused; is Prometheus running there, and is --url "
        "right?"
    )


def test_an_unknown_host_is_no_traceback() -> None:
    """A misspelt name is said as the resolver says it."""
    url = "http://no-such-host.invalid:9090"
    with closing(Store(url)) as store, pytest.raises(StoreError) as caught:
        store.now()
    assert str(caught.value).startswith(f"{url} cannot be reached: ")


def test_silence_ends() -> None:
    """A store that takes the connection and never answers is given up in time."""
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        silent = pytest.raises(StoreError, match=r"did not answer within 0\.1 s")
        with closing(Store(url, timeout=0.1)) as store, silent:
            store.now()


@pytest.mark.parametrize("answered", [0, 1])
def test_closing_ends_a_question_that_waits(answered: int) -> None:
    """Who quits does not wait for a store that hangs, on a new connection or on a kept one."""
    failed: list[str] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        store = Store(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=60)

        def wait() -> None:
            try:
                for _ in range(answered + 1):
                    store.now()
            except StoreError as error:
                failed.append(str(error))

        waiting = threading.Thread(target=wait)
        waiting.start()
        accepted, _ = server.accept()
        with closing(accepted):
            for _ in range(answered):
                take(accepted)
                accepted.sendall(SEVEN)
            take(accepted)
            store.close()
            waiting.join(30)
        assert not waiting.is_alive()
    assert failed


def test_a_connection_that_was_closed_meanwhile_is_opened_again() -> None:
    """A store that restarts between two rounds costs no error."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            for _ in range(4):
                connection, _ = server.accept()
                with closing(connection):
                    take(connection)
                    connection.sendall(SEVEN)

        served = threading.Thread(target=serve)
        served.start()
        with closing(Store(f"http://127.0.0.1:{server.getsockname()[1]}")) as store:
            for _ in range(4):
                assert store.now() == 7
        served.join(10)
        assert not served.is_alive()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("prometheus:9090", "is no address: write it as http://prometheus:9090"),
        ("ftp://prometheus", "is no address"),
        ("http://", "is no address"),
        ("http://prometheus:99999", "has no port that there is"),
        ("http://prometheus:9090/graph?g0.expr=up", "has more than an address"),
        ("http://me:secret@prometheus:9090", "use --bearer-token-file"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str, said: str) -> None:
    """Before anything is asked; a password is not repeated."""
    with pytest.raises(StoreError) as caught:
        Store(url)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("content", [None, "", "two\nlines", "snow ☃"])
def test_a_token_file_without_a_token_is_refused(tmp_path: Path, content: str | None) -> None:
    """Missing, empty or something else: the file is named, what is in it is not."""
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content, encoding="utf-8")
    with pytest.raises(StoreError) as caught:
        Store("http://127.0.0.1:9090", token_file=token)
    assert str(token) in str(caught.value)
    assert not content or content not in str(caught.value)
