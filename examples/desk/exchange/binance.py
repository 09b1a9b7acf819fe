"""Binance spot's REST dialect, /api/v3: what unmodified ccxt needs to trade on it.

Weights, error codes, filters and signatures are the venue's own. One thing is kinder: the
request weight is counted for each caller, as if every account came from its own address.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from examples.desk.exchange import binance_answers as answers
from examples.desk.exchange.model import Market, Reason, Refused, unix_ms
from examples.desk.exchange.orderbook import Side
from examples.desk.exchange.wire import USER_AGENT, Key, decimal, reply

if TYPE_CHECKING:
    from decimal import Decimal

    from examples.desk.exchange.core import Venue
    from examples.desk.exchange.faults import Faults

HOST: Final = "api.binance.com"
PREFIX: Final = f"/{HOST}/api/v3"
WEIGHT_LIMIT: Final = 6_000
ORDER_LIMIT: Final = 100
ORDER_WINDOW_SECONDS: Final = 10.0
RECEIVE_WINDOW_MS: Final = 5_000
CLOCK_TOLERANCE_MS: Final = 1_000

ERRORS: Final = {
    Reason.FUNDS: (-2010, "Account has insufficient balance for requested action."),
    Reason.POST_ONLY: (-2010, "Order would immediately match and take."),
    Reason.LOT: (-1013, "Filter failure: LOT_SIZE"),
    Reason.TICK: (-1013, "Filter failure: PRICE_FILTER"),
    Reason.NOTIONAL: (-1013, "Filter failure: NOTIONAL"),
    Reason.SYMBOL: (-1121, "Invalid symbol."),
    Reason.UNKNOWN_ORDER: (-2011, "Unknown order sent."),
    Reason.DUPLICATE: (-2010, "Duplicate order sent."),
    Reason.EMPTY_BOOK: (-2010, "Market is closed."),
}


class BinanceError(Exception):
    """An answer that is an error."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


Handler = Callable[[str, Mapping[str, str]], Any]


class Binance:
    """The dialect over one venue.

    Args:
        venue: the matching core.
        keys: API keys and whose they are.
        faults: what the control endpoint has put in force.
    """

    name: Final = "binance"

    def __init__(self, venue: Venue, keys: Mapping[str, Key], faults: Faults) -> None:
        self.venue, self._keys, self._faults = venue, keys, faults
        self._markets = {answers.market_id(market): market for market in venue.markets.values()}
        self._weights: defaultdict[str, int] = defaultdict(int)
        self._minute = 0
        self._placed: defaultdict[str, deque[float]] = defaultdict(deque)
        self.requests = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the dialect, the host as first segment of the path."""
        public: list[tuple[str, Callable[[Mapping[str, str]], int], Handler]] = [
            ("ping", lambda _: 1, lambda _a, _p: {}),
            ("time", lambda _: 1, lambda _a, _p: {"serverTime": unix_ms()}),
            ("exchangeInfo", lambda _: 20, self._exchange_info),
            ("depth", _depth_weight, self._depth),
            ("ticker/24hr", _ticker_weight, self._tickers),
            ("ticker/bookTicker", lambda p: 2 if "symbol" in p else 4, self._book_tickers),
        ]
        signed: list[tuple[str, str, Callable[[Mapping[str, str]], int], Handler]] = [
            ("POST", "order", lambda _: 1, self._place),
            ("DELETE", "order", lambda _: 1, self._cancel),
            ("GET", "order", lambda _: 4, self._order),
            ("GET", "openOrders", lambda p: 6 if "symbol" in p else 80, self._open_orders),
            ("DELETE", "openOrders", lambda _: 1, self._cancel_all),
            ("GET", "account", lambda _: 20, self._account),
            ("GET", "myTrades", lambda _: 20, self._my_trades),
        ]
        return [
            *(
                web.get(f"{PREFIX}/{path}", self._serve(weight, handler, signed=False))
                for path, weight, handler in public
            ),
            *(
                web.route(method, f"{PREFIX}/{path}", self._serve(weight, handler, signed=True))
                for method, path, weight, handler in signed
            ),
        ]

    def _serve(
        self, weight: Callable[[Mapping[str, str]], int], handler: Handler, *, signed: bool
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            agent = request.headers.get(USER_AGENT, "")
            caller, headers = agent, {}
            try:
                account, params = "", dict(request.query)
                if signed:
                    account, params = await self._authenticate(request)
                    caller = account
                headers = self._count(caller, weight(params))
                await self._faults.suffer(self.name, (agent, account), market_data=not signed)
                answer = handler(account, params)
                if handler == self._place:
                    headers |= self._order_count(account)
                return reply(answer, headers=headers)
            except Refused as refusal:
                code, message = ERRORS[refusal.reason]
                return reply({"code": code, "msg": message}, 400, headers)
            except BinanceError as error:
                return reply({"code": error.code, "msg": error.message}, error.status, headers)

        return serve

    async def _authenticate(self, request: web.Request) -> tuple[str, dict[str, str]]:
        raw = await request.text() if request.method == "POST" else request.rel_url.raw_query_string
        query, _, signature = raw.rpartition("&signature=")
        key = self._keys.get(request.headers.get("X-MBX-APIKEY", ""))
        if key is None:
            raise BinanceError(-2015, "Invalid API-key, IP, or permissions for action.", 401)
        expected = hmac.new(key.secret.encode(), query.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise BinanceError(-1022, "Signature for this request is not valid.")
        params = dict(parse_qsl(query))
        age = unix_ms() - _integer(params, "timestamp")
        window = _integer(params, "recvWindow", RECEIVE_WINDOW_MS)
        if not -CLOCK_TOLERANCE_MS <= age <= window:
            raise BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")
        return key.account, params

    def _count(self, caller: str, weight: int) -> dict[str, str]:
        minute = int(time.time() // 60)
        if minute != self._minute:
            self._minute = minute
            self._weights.clear()
        self._weights[caller] += weight
        used = str(self._weights[caller])
        if self._weights[caller] > WEIGHT_LIMIT:
            raise BinanceError(-1003, "Too much request weight used.", 429)
        return {"x-mbx-used-weight": used, "x-mbx-used-weight-1m": used}

    def _order_count(self, account: str) -> dict[str, str]:
        return {"x-mbx-order-count-10s": str(len(self._placed[account]))}

    def _market(self, params: Mapping[str, str]) -> Market:
        try:
            return self._markets[_required(params, "symbol")]
        except KeyError:
            raise Refused(Reason.SYMBOL) from None

    # -- market data -----------------------------------------------------------------------------

    def _exchange_info(self, _account: str, _params: Mapping[str, str]) -> dict[str, Any]:
        return {
            "timezone": "UTC",
            "serverTime": unix_ms(),
            "rateLimits": [
                {
                    "rateLimitType": "REQUEST_WEIGHT",
                    "interval": "MINUTE",
                    "intervalNum": 1,
                    "limit": WEIGHT_LIMIT,
                },
                {
                    "rateLimitType": "ORDERS",
                    "interval": "SECOND",
                    "intervalNum": 10,
                    "limit": ORDER_LIMIT,
                },
            ],
            "symbols": [answers.symbol(market) for market in self._markets.values()],
        }

    def _depth(self, _account: str, params: Mapping[str, str]) -> dict[str, Any]:
        market = self._market(params)
        limit = min(_integer(params, "limit", 100), 5_000)
        return {
            "lastUpdateId": market.sequence,
            "bids": market.bids.levels(limit),
            "asks": market.asks.levels(limit),
        }

    def _tickers(self, _account: str, params: Mapping[str, str]) -> Any:
        if "symbol" in params:
            return answers.ticker(self._market(params))
        return [answers.ticker(market) for market in self._chosen(params)]

    def _book_tickers(self, _account: str, params: Mapping[str, str]) -> Any:
        if "symbol" in params:
            return answers.book_ticker(self._market(params))
        return [answers.book_ticker(market) for market in self._chosen(params)]

    def _chosen(self, params: Mapping[str, str]) -> list[Market]:
        if "symbols" not in params:
            return list(self._markets.values())
        try:
            wanted = json.loads(params["symbols"])
            return [self._market({"symbol": str(symbol)}) for symbol in wanted]
        except (ValueError, TypeError):
            raise BinanceError(-1100, "Illegal characters found in parameter 'symbols'.") from None

    # -- orders ----------------------------------------------------------------------------------

    def _place(self, account: str, params: Mapping[str, str]) -> dict[str, Any]:
        market = self._market(params)
        kind = _required(params, "type")
        if kind not in ("LIMIT", "LIMIT_MAKER", "MARKET"):
            raise BinanceError(-1116, "Invalid orderType.")
        self._throttle_orders(account)
        before = self.venue.accounts[account].fills
        known = before[-1] if before else None
        order = self.venue.place(
            account,
            market.listing.symbol,
            _side(params),
            _number(params, "quantity"),
            None if kind == "MARKET" else _number(params, "price"),
            client_id=params.get("newClientOrderId", ""),
            post_only=kind == "LIMIT_MAKER",
            immediate=params.get("timeInForce") == "IOC",
        )
        fills = []
        for fill in reversed(before):
            if fill is known or fill.order is not order:
                break
            fills.append(
                {
                    "price": fill.price,
                    "qty": fill.quantity,
                    "commission": fill.fee,
                    "commissionAsset": fill.fee_asset,
                    "tradeId": fill.id,
                }
            )
        return {**answers.order(market, order), "transactTime": order.created, "fills": fills[::-1]}

    def _throttle_orders(self, account: str) -> None:
        placed, now = self._placed[account], time.monotonic()
        while placed and placed[0] < now - ORDER_WINDOW_SECONDS:
            placed.popleft()
        if len(placed) >= ORDER_LIMIT:
            raise BinanceError(
                -1015, f"Too many new orders; current limit is {ORDER_LIMIT} orders per 10 SECOND."
            )
        placed.append(now)

    def _cancel(self, account: str, params: Mapping[str, str]) -> dict[str, Any]:
        market = self._market(params)
        order_id = self._order_id(account, market, params)
        return answers.order(market, self.venue.cancel(account, market.listing.symbol, order_id))

    def _cancel_all(self, account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._market(params)
        cancelled = self.venue.cancel_all(account, market.listing.symbol)
        if not cancelled:
            raise Refused(Reason.UNKNOWN_ORDER)
        return [answers.order(market, order) for order in cancelled]

    def _order(self, account: str, params: Mapping[str, str]) -> dict[str, Any]:
        market = self._market(params)
        order_id = self._order_id(account, market, params)
        try:
            return answers.order(market, self.venue.find(account, market.listing.symbol, order_id))
        except Refused:
            raise BinanceError(-2013, "Order does not exist.") from None

    def _order_id(self, account: str, market: Market, params: Mapping[str, str]) -> int:
        if "origClientOrderId" not in params:
            return _integer(params, "orderId")
        for order in self.venue.accounts[account].orders.values():
            same = order.client_id == params["origClientOrderId"]
            if same and order.symbol == market.listing.symbol:
                return order.id
        raise Refused(Reason.UNKNOWN_ORDER)

    def _open_orders(self, account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        wanted = self._market(params) if "symbol" in params else None
        return [
            answers.order(self.venue.markets[order.symbol], order)
            for order in self.venue.accounts[account].orders.values()
            if wanted is None or order.symbol == wanted.listing.symbol
        ]

    # -- the account -----------------------------------------------------------------------------

    def _account(self, account: str, _params: Mapping[str, str]) -> dict[str, Any]:
        holder = self.venue.accounts[account]
        return {
            "makerCommission": int(self.venue.rules.maker_fee * 10_000),
            "takerCommission": int(self.venue.rules.taker_fee * 10_000),
            "canTrade": True,
            "accountType": "SPOT",
            "updateTime": unix_ms(),
            "balances": [
                {"asset": asset, "free": holder.free[asset], "locked": holder.used[asset]}
                for asset in holder.assets()
            ],
            "permissions": ["SPOT"],
        }

    def _my_trades(self, account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._market(params)
        limit = min(_integer(params, "limit", 500), 1_000)
        first, since = _integer(params, "fromId", 0), _integer(params, "startTime", 0)
        chosen = [
            fill
            for fill in self.venue.accounts[account].fills_since(since, first)
            if fill.order.symbol == market.listing.symbol
        ]
        # From a point on, the oldest come first; without one, the latest are meant.
        chosen = chosen[:limit] if first or since else chosen[-limit:]
        return [answers.trade(market, fill) for fill in chosen]


def _required(params: Mapping[str, str], name: str) -> str:
    value = params.get(name)
    if not value:
        raise BinanceError(
            -1102,
            f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
        )
    return value


def _integer(params: Mapping[str, str], name: str, default: int | None = None) -> int:
    if default is not None and name not in params:
        return default
    value = _required(params, name)
    if not value.isdecimal():
        raise BinanceError(-1100, f"Illegal characters found in parameter '{name}'.")
    return int(value)


def _number(params: Mapping[str, str], name: str) -> Decimal:
    number = decimal(_required(params, name))
    if number is None:
        raise BinanceError(-1100, f"Illegal characters found in parameter '{name}'.")
    return number


def _side(params: Mapping[str, str]) -> Side:
    try:
        return Side(_required(params, "side").lower())
    except ValueError:
        raise BinanceError(-1117, "Invalid side.") from None


def _depth_weight(params: Mapping[str, str]) -> int:
    limit = _integer(params, "limit", 100)
    return next(
        weight for most, weight in ((100, 5), (500, 25), (1_000, 50), (10**9, 250)) if limit <= most
    )


def _ticker_weight(params: Mapping[str, str]) -> int:
    if "symbol" in params:
        return 2
    if "symbols" not in params:
        return 80
    count = params["symbols"].count(",") + 1
    return 2 if count <= 20 else 40 if count <= 100 else 80
