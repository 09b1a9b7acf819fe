"""An actor says what it is told to, through the methods that every service has."""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk import actor as acting
from examples.desk.actor import Actor

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture

ACCOUNT = {"client": "acme", "venue": "okx", "account": "mm-1"}
MARGIN = {"do": "account.margin", "of": ACCOUNT, "with": {"ratio": 0.9}}
BOOK = {"client": "acme", "venue": "okx", "symbol": "BTC/USDT", "account": "mm-1", "tag": "core"}


def follow(actor: Actor, **line: Any) -> dict[str, Any]:
    """Have an actor follow a line."""
    return actor.follow(json.dumps(line))


def test_a_line_is_a_call(telemetry: Capture) -> None:
    """A declaration and a method of what it returns, with plain arguments."""
    actor = Actor(telemetry.telemetry)
    assert follow(actor, **MARGIN) == {"ok": True}
    assert telemetry.value("fortuna.margin.ratio", client="acme") == 0.9
    ladder = {"bids": [[99.0, 1.0]], "asks": [[101.0, 1.0]], "mid": 100.0}
    assert follow(actor, do="book.quotes.update", of=BOOK, **{"with": ladder}) == {"ok": True}
    assert telemetry.value("fortuna.quote.spread") == pytest.approx(0.02)
    assert follow(actor, do="state", **{"with": {"state": "running"}}) == {"ok": True}
    assert telemetry.value("fortuna.service.state", state="running") == 1


def test_an_obligation_is_declared_by_its_terms(telemetry: Capture) -> None:
    """Depth is a list of side, band and amount."""
    terms = {"mandate": "m", "client": "acme", "venue": "okx", "symbol": "BTC/USDT"}
    of = {**terms, "spread_max": 0.01, "depth": [["bid", "1", 10.0]]}
    actor = Actor(telemetry.telemetry)
    assert follow(actor, do="obligation.schedule", of=of, **{"with": {"scheduled": False}}) == {
        "ok": True
    }


def test_times_are_relative_to_the_call(telemetry: Capture) -> None:
    """`now-30` is a Unix time, whenever it is said."""
    actor = Actor(telemetry.telemetry)
    of = {"venue": "okx", "account": "mm-1"}
    follow(actor, do="credential.expires", of=of, **{"with": {"at": "now+3600"}})
    told = telemetry.value("fortuna.credential.expiry.timestamp")
    assert told == pytest.approx(time.time() + 3600, abs=30)


def test_a_call_repeats_until_it_is_stopped(
    telemetry: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`every` repeats it, the next line with the same subject or id ends that, so does `stop`."""
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    actor = Actor(telemetry.telemetry)
    sent = {"do": "book.orders.submitted", "of": BOOK, "with": {"side": "buy"}}
    follow(actor, **sent, every=1, id="orders")
    for _ in range(3):
        clock[0] += 1.0
        actor.turn()
    assert telemetry.value("fortuna.orders.submitted", side="buy") == 4
    follow(actor, stop="orders")
    clock[0] += 5.0
    actor.turn()
    assert telemetry.value("fortuna.orders.submitted", side="buy") == 4
    assert telemetry.value("fortuna.heartbeat.timestamp", loop="act") is not None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "one JSON object a line"),
        ("{}", 'what to "do"'),
        ('{"do": "account.margins", "of": {}}', "TypeError"),
        (json.dumps({**MARGIN, "do": "account.margins"}), "margins"),
        (json.dumps({**MARGIN, "of": {"client": "acme"}}), "venue"),
    ],
)
def test_what_it_cannot_do_is_answered(telemetry: Capture, line: str, problem: str) -> None:
    """In words, and the actor goes on."""
    actor = Actor(telemetry.telemetry)
    assert problem in actor.follow(line)["error"]
    assert follow(actor, **MARGIN) == {"ok": True}


def test_it_ends_with_its_input(telemetry: Capture) -> None:
    """Every line is answered, in order; the end of the input is an orderly end."""
    answers = io.StringIO()
    acting.run(Actor(telemetry.telemetry), [json.dumps(MARGIN), "{"], answers)
    told = [json.loads(line) for line in answers.getvalue().splitlines()]
    assert told[0] == {"ok": True}
    assert "error" in told[1]


def test_a_wrong_clock_is_wrong_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks for the time gets the same wrong one."""
    monkeypatch.setattr(acting, "time", fake := type("Fake", (), {})())
    fake.time, fake.time_ns = lambda: 10.0, lambda: 10_000_000_000
    acting.skew(2.5)
    assert (fake.time(), fake.time_ns()) == (12.5, 12_500_000_000)
