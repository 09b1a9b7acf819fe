"""Reading binance's parameters: what is wrong with them is answered in the venue's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from examples.desk.exchange.orderbook import Side
from examples.desk.exchange.wire import decimal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


class BinanceError(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


def required(params: Mapping[str, str], name: str) -> str:
    """Return a parameter that must be there."""
    value = params.get(name)
    if not value:
        raise BinanceError(
            -1102,
            f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
        )
    return value


def integer(params: Mapping[str, str], name: str, default: int | None = None) -> int:
    """Return a whole number, or the default where none was sent."""
    if default is not None and name not in params:
        return default
    value = required(params, name)
    if not value.isdecimal():
        raise BinanceError(-1100, f"Illegal characters found in parameter '{name}'.")
    return int(value)


def number(params: Mapping[str, str], name: str) -> Decimal:
    """Return an exact decimal."""
    number = decimal(required(params, name))
    if number is None:
        raise BinanceError(-1100, f"Illegal characters found in parameter '{name}'.")
    return number


def side(params: Mapping[str, str]) -> Side:
    """Return the side of an order."""
    try:
        return Side(required(params, "side").lower())
    except ValueError:
        raise BinanceError(-1117, "Invalid side.") from None


def one(_params: Mapping[str, str]) -> int:
    """Return the weight of what costs next to nothing."""
    return 1


def depth_weight(params: Mapping[str, str]) -> int:
    """Return what a request for an order book weighs."""
    limit = integer(params, "limit", 100)
    return next(
        weight for most, weight in ((100, 5), (500, 25), (1_000, 50), (10**9, 250)) if limit <= most
    )


def ticker_weight(params: Mapping[str, str]) -> int:
    """Return what a request for tickers weighs."""
    if "symbol" in params:
        return 2
    if "symbols" not in params:
        return 80
    count = params["symbols"].count(",") + 1
    return 2 if count <= 20 else 40 if count <= 100 else 80
