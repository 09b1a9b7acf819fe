"""What tests of trades share: one fill, and how to read PnL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture

FILL: dict[str, Any] = {
    "side": "buy",
    "price": 99.0,
    "quantity": 2.0,
    "liquidity": "maker",
    "mid": 100.0,
}


def book_of(desk: Capture, symbol: str, *, tag: str = "hedge") -> Book:
    """Return a book of client acme on a market of Binance's."""
    return desk.telemetry.book(client="acme", venue="binance", symbol=symbol, account="a", tag=tag)


def net(desk: Capture, name: str = "fortuna.pnl.attributed", **attributes: str) -> float:
    """Return gain - loss of the pair of counters, which must both be there."""
    gain = desk.value(name, direction="gain", **attributes)
    loss = desk.value(name, direction="loss", **attributes)
    assert gain is not None
    assert loss is not None
    return gain - loss


def unrealized(desk: Capture) -> float:
    """Return unrealized PnL, which must be there."""
    value = desk.value("fortuna.pnl.unrealized")
    assert value is not None
    return value
