"""The shapes of okx's answers: from the core's objects to the venue's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from examples.desk.exchange.model import unix_ms
from examples.desk.exchange.orderbook import Side, Status
from examples.desk.exchange.wire import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from examples.desk.exchange.model import Fill, Market, Transfer
    from examples.desk.exchange.orderbook import Order

STATES: Final = {
    Status.OPEN: "live",
    Status.PARTIAL: "partially_filled",
    Status.FILLED: "filled",
    Status.CANCELLED: "canceled",
    Status.SELF_TRADE: "canceled",
    Status.WOULD_TAKE: "canceled",
    Status.EXPIRED: "canceled",
}
CANCEL_SOURCES: Final = {
    Status.CANCELLED: "1",
    Status.EXPIRED: "14",
    # "The maker order was cancelled by self-trade prevention."
    Status.SELF_TRADE: "32",
    # "The post-only order would take liquidity."
    Status.WOULD_TAKE: "31",
}


def market_id(market: Market) -> str:
    """Return the venue's name of a market."""
    return f"{market.listing.base}-{market.listing.quote}"


def instrument(market: Market, *, halted: bool) -> dict[str, Any]:
    """Return a market's entry among the instruments."""
    listing = market.listing
    return {
        "instId": market_id(market),
        "instType": "SPOT",
        "baseCcy": listing.base,
        "quoteCcy": listing.quote,
        "tickSz": listing.tick,
        "lotSz": listing.step,
        "minSz": listing.step,
        "maxLmtSz": listing.step * 10**12,
        "state": "suspend" if halted else "live",
    }


def ticker(market: Market) -> dict[str, Any]:
    """Return a market's 24 hour ticker."""
    volume, last = market.volume(), market.last
    return {
        "instType": "SPOT",
        "instId": market_id(market),
        # An empty side is an empty text in this dialect.
        "last": "" if last is None else last,
        "bidPx": "" if market.bids.best is None else market.bids.best,
        "bidSz": market.bids.best_quantity,
        "askPx": "" if market.asks.best is None else market.asks.best,
        "askSz": market.asks.best_quantity,
        "vol24h": f"{volume / float(last):.8f}" if last else "0",
        "volCcy24h": f"{volume:.8f}",
        "ts": str(unix_ms()),
    }


def order(market: Market, order: Order) -> dict[str, Any]:
    """Return an order."""
    average = order.cost / order.filled if order.filled else None
    kind = "post_only" if order.post_only else "ioc" if order.immediate else "limit"
    return {
        "instType": "SPOT",
        "instId": market_id(market),
        "ordId": str(order.id),
        "clOrdId": order.client_id,
        "tag": "",
        "px": order.price,
        "sz": order.quantity,
        "side": order.side.value,
        "ordType": kind,
        "state": STATES[order.status],
        "cancelSource": CANCEL_SOURCES.get(order.status, ""),
        "accFillSz": order.filled,
        "avgPx": "" if average is None else text(average),
        "tdMode": "cash",
        "fee": "0",
        "feeCcy": market.listing.base if order.side is Side.BUY else market.listing.quote,
        "cTime": str(order.created),
        "uTime": str(order.updated),
    }


def fill(market: Market, fill: Fill) -> dict[str, Any]:
    """Return an own trade."""
    return {
        "instType": "SPOT",
        "instId": market_id(market),
        "tradeId": str(fill.id),
        "billId": str(fill.id),
        "ordId": str(fill.order.id),
        "clOrdId": fill.order.client_id,
        "fillPx": fill.price,
        "fillSz": fill.quantity,
        "side": fill.order.side.value,
        "execType": "M" if fill.maker else "T",
        # A fee is negative and a rebate positive in this dialect.
        "fee": -fill.fee,
        "feeCcy": fill.fee_asset,
        "ts": str(fill.time),
    }


def refused(part: Mapping[str, Any], code: str, message: str) -> dict[str, Any]:
    """Return the answer to an order that was not."""
    return {
        "ordId": str(part.get("ordId", "")),
        "clOrdId": str(part.get("clOrdId", "")),
        "tag": "",
        "ts": str(unix_ms()),
        "sCode": code,
        "sMsg": message,
    }


def acknowledged(order: Order, at: int) -> dict[str, Any]:
    """Return the answer to an order that was taken, or cancelled."""
    return {
        "ordId": str(order.id),
        "clOrdId": order.client_id,
        "tag": "",
        "ts": str(at),
        "sCode": "0",
        "sMsg": "",
    }


def transfer(transfer: Transfer) -> dict[str, Any]:
    """Return a deposit that was credited, or a withdrawal that is done."""
    moved = {
        "amt": abs(transfer.amount),
        "ccy": transfer.asset,
        "txId": f"demo-{transfer.id}",
        "from": "",
        "to": "",
        "ts": str(transfer.time),
        "state": "2",
    }
    if transfer.amount > 0:
        return {**moved, "depId": str(transfer.id)}
    return {**moved, "wdId": str(transfer.id), "fee": "0"}
