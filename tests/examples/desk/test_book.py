"""A book's orders carry its name to the venue and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.desk.book import QuotedBook
from examples.desk.config import BookPlan
from examples.desk.strategy import Rules
from fortuna_otel.mandates import Book
from fortuna_otel.testing import Capture, capture

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = Rules(tick=0.1, step=0.001, min_notional=5.0)


@pytest.fixture(scope="module")
def telemetry() -> Iterator[Capture]:
    """A telemetry without network."""
    with capture() as captured:
        yield captured


def quoted(telemetry: Capture, tag: str, symbol: str = "BTC/USDT") -> QuotedBook:
    """Return a book of one account."""
    book = Book("acme", "okx", symbol, "acme-mm", tag, "quote", "client", "desk/mm-test")
    return QuotedBook(telemetry.telemetry, BookPlan(book, None), RULES)


@given(
    tags=st.lists(st.from_regex(r"[A-Za-z0-9._-]{1,60}", fullmatch=True), min_size=2, unique=True)
)
def test_books_know_their_own_orders(telemetry: Capture, tags: list[str]) -> None:
    """Whatever books are called, an id is allowed by venues and belongs to one of them alone."""
    books = [quoted(telemetry, tag) for tag in tags]
    for book in books:
        client_id = book.client_id()
        assert client_id.isalnum()
        assert len(client_id) <= 32
        assert [other for other in books if other.owns(client_id)] == [book]
    assert not books[0].owns(None)
    assert not books[0].owns("somebody else's")


def test_ids_are_never_used_twice(telemetry: Capture) -> None:
    """Two books of one account may have the same tag on different markets."""
    books = [quoted(telemetry, "core", symbol) for symbol in ("BTC/USDT", "ETH/USDT")]
    ids = [book.client_id() for _ in range(50) for book in books]
    assert len(set(ids)) == len(ids)
