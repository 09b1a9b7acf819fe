"""The shapes of binance's answers: from the core's objects to the venue's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from examples.desk.exchange.model import unix_ms
from examples.desk.exchange.orderbook import Side, Status

if TYPE_CHECKING:
    from examples.desk.exchange.model import Fill, Market, Transfer
    from examples.desk.exchange.orderbook import Order

DAY_MS: Final = 86_400_000
STATUSES: Final = {
    Status.OPEN: "NEW",
    Status.PARTIAL: "PARTIALLY_FILLED",
    Status.FILLED: "FILLED",
    Status.CANCELLED: "CANCELED",
    Status.SELF_TRADE: "EXPIRED_IN_MATCH",
    Status.WOULD_TAKE: "EXPIRED",
    Status.EXPIRED: "EXPIRED",
}


def market_id(market: Market) -> str:
    """Return the venue's name of a market."""
    return market.listing.base + market.listing.quote


def symbol(market: Market, *, halted: bool) -> dict[str, Any]:
    """Return a market's entry in exchangeInfo."""
    listing = market.listing
    return {
        "symbol": market_id(market),
        "status": "BREAK" if halted else "TRADING",
        "baseAsset": listing.base,
        "baseAssetPrecision": 8,
        "quoteAsset": listing.quote,
        "quotePrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": listing.tick,
                "maxPrice": listing.tick * 10**12,
                "tickSize": listing.tick,
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": listing.step,
                "maxQty": listing.step * 10**12,
                "stepSize": listing.step,
            },
            {"filterType": "NOTIONAL", "minNotional": listing.min_notional},
        ],
        "permissions": ["SPOT"],
    }


def book_ticker(market: Market) -> dict[str, Any]:
    """Return a market's best prices."""
    return {
        "symbol": market_id(market),
        # An empty side is 0 in this dialect.
        "bidPrice": market.bids.best or "0",
        "bidQty": market.bids.best_quantity,
        "askPrice": market.asks.best or "0",
        "askQty": market.asks.best_quantity,
    }


def ticker(market: Market) -> dict[str, Any]:
    """Return a market's 24 hour ticker."""
    now, volume, last = unix_ms(), market.volume(), market.last
    return {
        **book_ticker(market),
        "lastPrice": "0" if last is None else last,
        "volume": f"{volume / float(last):.8f}" if last else "0",
        "quoteVolume": f"{volume:.8f}",
        "openTime": now - DAY_MS,
        "closeTime": now,
        "count": market.trades,
    }


def order(market: Market, order: Order) -> dict[str, Any]:
    """Return an order."""
    return {
        "symbol": market_id(market),
        "orderId": order.id,
        "orderListId": -1,
        "clientOrderId": order.client_id,
        "price": order.price,
        "origQty": order.quantity,
        "executedQty": order.filled,
        "cummulativeQuoteQty": order.cost,
        "status": STATUSES[order.status],
        "timeInForce": "IOC" if order.immediate else "GTC",
        "type": "LIMIT_MAKER" if order.post_only else "LIMIT",
        "side": order.side.value.upper(),
        "time": order.created,
        "updateTime": order.updated,
        "isWorking": True,
    }


def trade(market: Market, fill: Fill) -> dict[str, Any]:
    """Return an own trade."""
    return {
        "symbol": market_id(market),
        "id": fill.id,
        "orderId": fill.order.id,
        "orderListId": -1,
        "price": fill.price,
        "qty": fill.quantity,
        "quoteQty": fill.cost,
        "commission": fill.fee,
        "commissionAsset": fill.fee_asset,
        "time": fill.time,
        "isBuyer": fill.order.side is Side.BUY,
        "isMaker": fill.maker,
        "isBestMatch": True,
    }


def transfer(transfer: Transfer) -> dict[str, Any]:
    """Return a deposit that was credited, or a withdrawal that is done."""
    if transfer.amount > 0:
        return {
            "id": str(transfer.id),
            "amount": transfer.amount,
            "coin": transfer.asset,
            "status": 1,
            "txId": f"demo-{transfer.id}",
            "insertTime": transfer.time,
            "transferType": 0,
        }
    applied = datetime.fromtimestamp(transfer.time / 1000, UTC)
    return {
        "id": str(transfer.id),
        "amount": -transfer.amount,
        "transactionFee": "0",
        "coin": transfer.asset,
        "status": 6,
        "txId": f"demo-{transfer.id}",
        "applyTime": f"{applied:%Y-%m-%d %H:%M:%S}",
        "transferType": 0,
    }
