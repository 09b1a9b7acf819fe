"""What tests of meters share: a captured telemetry and a book."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel.testing import Capture, capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel import Book


@pytest.fixture
def desk() -> Iterator[Capture]:
    """Give a telemetry without network, and its clock."""
    with capture() as captured:
        yield captured


@pytest.fixture
def book(desk: Capture) -> Book:
    """Give a book of client acme."""
    return desk.telemetry.book(
        client="acme", venue="binance", symbol="BTC/USDT", account="acme-mm", tag="core"
    )
