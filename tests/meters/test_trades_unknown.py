"""A position that is not known any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.meters.trades import FILL, book_of

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture


OWN = ["fortuna.pnl.unrealized", "fortuna.position.size", "fortuna.position.entry"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "bid"},
        {"side": None},
        {"side": []},
        {"price": 0.0},
        {"quantity": -1.0},
        {"quantity": float("nan")},
        {"price": 1e200, "quantity": 1e200},
        {"fee": 0.1, "fee_asset": 7},
        {"strategy": "nobody takes this"},
    ],
)
def test_after_a_fill_nobody_can_read_the_position_is_unknown(desk: Capture, wrong: Any) -> None:
    """It did happen: size, entry and unrealized are absent, not wrong, until `restore`."""
    perp = book_of(desk, "BTC/USDT:USDT")
    perp.trades.restore(position=1.0, entry=90.0)
    perp.trades.fill(**FILL)
    assert None not in [desk.value(name) for name in OWN]
    perp.trades.fill(**{**FILL, **wrong})
    perp.trades.fill(**FILL)
    assert [desk.value(name) for name in OWN] == [None] * 3
    assert perp.trades.position is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    perp.trades.restore(position=3.0, entry=100.0)
    assert desk.value("fortuna.position.size") == 3.0


@pytest.mark.parametrize("missing", ["side", "price", "quantity", "liquidity"])
def test_after_a_fill_that_misses_an_argument_the_position_is_unknown(
    desk: Capture, book: Book, missing: str
) -> None:
    """A call that Python itself refuses was a fill as well."""
    book.trades.restore(position=1.0, entry=90.0)
    book.trades.fill(**{name: value for name, value in FILL.items() if name != missing})
    assert book.trades.position is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


@pytest.mark.parametrize("wrong", [{}, {"position": "2"}, {"position": 2.0, "entry": -1.0}])
def test_after_a_restore_nobody_can_read_the_position_is_unknown(book: Book, wrong: Any) -> None:
    """Whoever restores knows that the old one is wrong."""
    book.trades.restore(position=1.0, entry=90.0)
    book.trades.restore(**wrong)
    assert book.trades.position is None


def test_the_same_position_is_shown_again_after_it_was_lost(desk: Capture) -> None:
    """Restoring what stood before brings its gauges back."""
    perp = book_of(desk, "BTC/USDT:USDT")
    desk.telemetry.market(venue="binance", symbol="BTC/USDT:USDT").reference(100.0)
    perp.trades.restore(position=1.0, entry=90.0)
    assert [desk.value(name) for name in OWN] == [10.0, 1.0, 90.0]
    perp.trades.fill()  # type: ignore[call-arg]
    assert [desk.value(name) for name in OWN] == [None] * 3
    perp.trades.restore(position=1.0, entry=90.0, mark=100.0)
    assert [desk.value(name) for name in OWN] == [10.0, 1.0, 90.0]


class _Unreadable(str):
    """A side that cannot be looked up."""

    __slots__ = ()

    def __hash__(self) -> int:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


@pytest.mark.parametrize("wrong", [{"side": _Unreadable("buy")}, {"side": "bid"}, {"side": []}])
def test_a_fill_nobody_can_read_says_what_follows(
    desk: Capture, book: Book, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever exception it was, it counts as a wrong value, and tells how to go on."""
    book.trades.restore(position=1.0, entry=90.0)
    book.trades.fill(**{**FILL, **wrong})
    assert book.trades.position is None
    desk.export()
    assert "; the position is unknown until restore()" in caplog.text
    assert "dropped (invalid)" in caplog.text
