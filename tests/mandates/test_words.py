"""Mandates in words: everything is said, and what differs is told."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fortuna_otel import mandates
from fortuna_otel.mandates.times import Window
from fortuna_otel.mandates.words import facts
from tests.mandates.test_holdings import MORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.mandates import Mandates

EXAMPLE = Path(__file__).parents[2] / "examples" / "mandates.yaml"
# Facts of another field: an obligation's books say whose it is, and where.
IMPLIED = {
    ("Mandates", "since"),
    ("Mandates", "until"),
    ("Mandates", "history"),
    ("Mandates", "books"),
    ("Obligation", "mid"),
    ("Account", "mismatches"),
    ("Book", "client"),
    ("Book", "venue"),
    ("Book", "symbol"),
    ("Book", "role"),
    ("Book", "capital"),
    ("Book", "mandate"),
    ("Book", "position"),
}


def changed(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, str):
        choices = {"quote": "base", "bid": "ask", "venue_without_own": "own", "both": "bid"}
        others = choices | {"all": "depth", "presence": "all", "spread": "all", "depth": "all"}
        return (others | {"levels": "all"}).get(value, f"{value}x")
    if isinstance(value, datetime):
        return value + timedelta(days=1)
    return None if value is None else value * 2 + 1


def variants(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield copies of a value, each different in one figure, with the name of that."""
    if isinstance(value, Window):
        yield "Window.calendar", Window(calendar="day", zone=value.zone)
        other = replace(value, seconds=5.0)
        yield "Window", replace(value, zone="Asia/Tokyo") if value.calendar else other
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if (type(value).__name__, field.name) in IMPLIED:
                continue
            inner = getattr(value, field.name)
            for name, other in variants(inner):
                yield (
                    f"{type(value).__name__}.{field.name} {name}",
                    replace(value, **{field.name: other}),
                )
    elif isinstance(value, tuple):
        if value:
            yield "fewer", value[1:]
            for name, other in variants(value[0]):
                yield name, (other, *value[1:])
    elif (other := changed(value)) is not None:
        yield "", other


DEFAULTS = """\
defaults:
  alerts: {VenueDown: {page: {tolerance: 40 %, patience: 9 s}}}
  contacts: [{role: r, name: n, email: e, phone: p, chat: c}]
"""
RARE = """\
        valid: {from: 2026-01-01, to: 2030-01-01}
        watcher: desk/mm
        maintenance: [{from: 2026-12-01T10:00:00Z, to: 2026-12-01T11:00:00Z, reason: move}]
"""


def test_everything_is_said(whole: str, good: str) -> None:
    """Whichever figure of the mandates is another one, something else is said."""
    rich = whole.replace("        parties:", f"{RARE}        parties:")
    now = datetime(2026, 11, 1, tzinfo=UTC)
    for text in (DEFAULTS + rich, DEFAULTS + good + MORE):
        mandates_now: Mandates = mandates.loads(text, at=now)
        said = facts(mandates_now)
        count = 0
        for name, other in variants(replace(mandates_now, history=None)):
            assert facts(other) != said, name
            count += 1
        assert count > 60


def test_every_mid_has_its_words(whole: str) -> None:
    """What is measured from which price is said for each of the four."""
    said = [
        facts(mandates.loads(whole.replace("venue_without_own", mid)))["acme", "acme-btc"]
        for mid in ("venue", "venue_without_own", "own", "reference")
    ]
    assert len({terms["spread and depth are measured from"] for terms in said}) == 4


def test_books_without_an_obligation_are_said_of_their_client(good: str) -> None:
    """Role, capital, service and limit are part of what is said, as is an account's mismatch."""
    desk = mandates.loads(good + MORE)
    *_, book = desk.books
    assert facts(desk)["acme", ""]["book hedge/h, BTC/USDT:USDT on okx"] == (
        "hedge, the client's capital, held by desk/mm-majors, position at most 3 BTC"
    )
    account, _ = desk.accounts
    exact = replace(account, mismatches=(("BTC", 0.002),))
    assert facts(replace(desk, accounts=(exact,))) != facts(replace(desk, accounts=(account,)))
    for other in (
        replace(book, role="quote"),
        replace(book, capital="desk"),
        replace(book, service="desk/other"),
        replace(book, position=None),
    ):
        assert facts(replace(desk, books=(other,))) != facts(replace(desk, books=(book,)))


def test_the_example_says_each_thing_once() -> None:
    """No two figures of a subject hide behind one name."""
    for subject, terms in facts(mandates.load(EXAMPLE)).items():
        assert not [term for term, value in terms.items() if "; " in value], subject
