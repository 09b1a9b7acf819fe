"""Books: what identifies them and what they claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture


def test_a_book_is_known_from_its_declaration(desk: Capture, book: Book) -> None:
    """Role and capital are labels of `book.info` alone."""
    assert desk.value("fortuna.book.info", role="quote", capital="client") == 1.0
    assert book.role == "quote"


def test_a_books_state_is_one_hot(desk: Capture, book: Book) -> None:
    """A claim of the engine: one state at a time."""
    book.state("starting")
    book.state("quoting")
    book.state("dancing")
    assert desk.value("fortuna.book.state", state="quoting") == 1.0
    assert desk.value("fortuna.book.state", state="starting") == 0.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_book_declared_twice_has_one_state(desk: Capture, book: Book) -> None:
    """Its state has no `source`: whoever says it last is believed, and no two states hold."""
    seen = desk.telemetry.book(
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        account="acme-mm",
        tag="core",
        source="venue",
    )
    book.state("quoting")
    seen.state("paused")
    assert desk.value("fortuna.book.state", state="quoting") == 0.0
    assert desk.value("fortuna.book.state", state="paused") == 1.0


def test_what_a_watcher_sees_stands_beside_what_the_engine_says(desk: Capture, book: Book) -> None:
    """The same book seen by two is two sets of quotes, apart by `source`."""
    seen = desk.telemetry.book(
        client="acme",
        venue="binance",
        symbol="BTC/USDT",
        account="acme-mm",
        tag="core",
        source="venue",
    )
    assert seen is not book
    book.quotes.update(bids=[(99.0, 1.0)], asks=[], mid=100.0)
    seen.quotes.update(bids=[(98.0, 1.0)], asks=[], mid=100.0)
    assert desk.value("fortuna.quote.bid", source="engine") == 99.0
    assert desk.value("fortuna.quote.bid", source="venue") == 98.0


def test_a_fault_of_ours_never_reaches_trading_code(
    desk: Capture, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong inside is counted as internal, and the call returns."""

    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(book.quotes, "_set", broken)
    book.quotes.update(bids=[], asks=[], mid=100.0)
    assert desk.value("fortuna.telemetry.dropped", reason="internal") == 1.0


@pytest.mark.parametrize("arguments", [{"spread": 1.0}, {}])
def test_a_call_with_wrong_arguments_is_dropped_too(
    desk: Capture, book: Book, arguments: dict[str, Any]
) -> None:
    """A typo in a call that runs once a day must not stop the desk."""
    book.trades.fill(**arguments)
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
