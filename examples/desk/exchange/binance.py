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
from examples.desk.exchange.binance_params import (
    BinanceError,
    depth_weight,
    integer,
    number,
    one,
    required,
    side,
    ticker_weight,
)
from examples.desk.exchange.faults import Kind, Part, RefusedError
from examples.desk.exchange.model import Market, Reason, Refused
from examples.desk.exchange.wire import USER_AGENT, Key, reply

if TYPE_CHECKING:
    from examples.desk.exchange.core import Venue
from examples.desk.exchange.faults import Faults

HOST: Final = "api.binance.com"
PREFIX: Final = f"/{HOST}/api/v3"
WALLET: Final = f"/{HOST}/sapi/v1/capital"
WEIGHT_LIMIT: Final = 6_000
ORDER_LIMIT: Final = 100
ORDER_WINDOW_SECONDS: Final = 10.0
RECEIVE_WINDOW_MS: Final = 5_000
CLOCK_TOLERANCE_MS: Final = 1_000
# Two replicas answer in turn, and one of them is so many changes behind the other.
BEHIND: Final = 100_000

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
    Reason.HALTED: (-1013, "Market is closed."),
}
# How the venue words what a fault makes it refuse.
FAULTS: Final = {
    Kind.REFUSE: (-2010, "Filter failure: MAX_NUM_ORDERS", 400),
    Kind.MAINTENANCE: (1, "System is under maintenance.", 503),
}


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
        self._behind = True
        self._placed: defaultdict[str, deque[float]] = defaultdict(deque)
        self.requests = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the dialect, the host as first segment of the path."""
        public: list[tuple[str, Callable[[Mapping[str, str]], int], Handler]] = [
            ("ping", lambda _: 1, lambda _a, _p: {}),
            ("time", lambda _: 1, lambda _a, _p: {"serverTime": self.venue.now()}),
            ("exchangeInfo", lambda _: 20, self._exchange_info),
            ("depth", depth_weight, self._depth),
            ("ticker/24hr", ticker_weight, self._tickers),
            ("ticker/bookTicker", lambda p: 2 if "symbol" in p else 4, self._book_tickers),
        ]
        weigh = Callable[[Mapping[str, str]], int]
        signed: list[tuple[str, str, Part, weigh, Handler]] = [
            ("POST", "order", Part.ORDERS, lambda _: 1, self._place),
            ("DELETE", "order", Part.ORDERS, lambda _: 1, self._cancel),
            ("DELETE", "openOrders", Part.ORDERS, lambda _: 1, self._cancel_all),
            ("GET", "order", Part.VIEWS, lambda _: 4, self._order),
            (
                *("GET", "openOrders", Part.VIEWS),
                lambda p: 6 if "symbol" in p else 80,
                self._open_orders,
            ),
            ("GET", "account", Part.ACCOUNT, lambda _: 20, self._account),
            ("GET", "myTrades", Part.ACCOUNT, lambda _: 20, self._my_trades),
        ]
        wallet = (("deposit/hisrec", True), ("withdraw/history", False))
        return [
            *(
                web.get(f"{PREFIX}/{path}", self._serve(Part.MARKET, weight, handler))
                for path, weight, handler in public
            ),
            *(
                web.route(method, f"{PREFIX}/{path}", self._serve(part, weight, handler))
                for method, path, part, weight, handler in signed
            ),
            *(
                web.get(f"{WALLET}/{path}", self._serve(Part.ACCOUNT, one, self._transfers(into)))
                for path, into in wallet
            ),
        ]

    def _serve(
        self, part: Part, weight: Callable[[Mapping[str, str]], int], handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            agent = request.headers.get(USER_AGENT, "")
            caller, headers = agent, {}
            try:
                account, params = "", dict(request.query)
                if part is not Part.MARKET:
                    account, params = await self._authenticate(request)
                    caller = account
                headers = self._count(caller, weight(params))
                await self._faults.suffer(self.name, (agent, account), part)
                answer = handler(account, params)
                await self._faults.answering(self.name, (agent, account), part)
                if handler == self._place:
                    headers |= self._order_count(account)
                return reply(answer, headers=headers)
            except Refused as refusal:
                code, message = ERRORS[refusal.reason]
                return reply({"code": code, "msg": message}, 400, headers)
            except RefusedError as fault:
                code, message, status = FAULTS[fault.kind]
                return reply({"code": code, "msg": message}, status, headers)
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
        age = self.venue.now() - integer(params, "timestamp")
        window = integer(params, "recvWindow", RECEIVE_WINDOW_MS)
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
            return self._markets[required(params, "symbol")]
        except KeyError:
            raise Refused(Reason.SYMBOL) from None

    # -- market data -----------------------------------------------------------------------------

    def _exchange_info(self, _account: str, _params: Mapping[str, str]) -> dict[str, Any]:
        return {
            "timezone": "UTC",
            "serverTime": self.venue.now(),
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
            "symbols": [
                answers.symbol(market, halted=market.listing.symbol in self.venue.halted)
                for market in self._markets.values()
            ],
        }

    def _depth(self, _account: str, params: Mapping[str, str]) -> dict[str, Any]:
        market = self._market(params)
        limit = min(integer(params, "limit", 100), 5_000)
        bids, asks = market.bids.levels(limit), market.asks.levels(limit)
        symbol, sequence = market.listing.symbol, market.sequence
        if self._faults.of(Kind.CROSS, self.name, symbol):
            bids, asks = asks[::-1], bids[::-1]
        if self._faults.of(Kind.REWIND, self.name, symbol):
            self._behind = not self._behind
            sequence -= BEHIND if self._behind else 0
        return {"lastUpdateId": sequence, "bids": bids, "asks": asks}

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
        kind = required(params, "type")
        if kind not in ("LIMIT", "LIMIT_MAKER", "MARKET"):
            raise BinanceError(-1116, "Invalid orderType.")
        self._throttle_orders(account)
        before = self.venue.accounts[account].fills
        known = before[-1] if before else None
        order = self.venue.place(
            account,
            market.listing.symbol,
            side(params),
            number(params, "quantity"),
            None if kind == "MARKET" else number(params, "price"),
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
            return integer(params, "orderId")
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
            "updateTime": self.venue.now(),
            "balances": [
                {"asset": asset, "free": holder.free[asset], "locked": holder.used[asset]}
                for asset in holder.assets()
            ],
            "permissions": ["SPOT"],
        }

    def _transfers(self, into: bool) -> Handler:
        def transfers(account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
            since = integer(params, "startTime", 0)
            return [
                answers.transfer(one)
                for one in self.venue.accounts[account].transfers
                if one.time >= since and (one.amount > 0) is into
            ]

        return transfers

    def _my_trades(self, account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._market(params)
        limit = min(integer(params, "limit", 500), 1_000)
        first, since = integer(params, "fromId", 0), integer(params, "startTime", 0)
        chosen = [
            fill
            for fill in self.venue.accounts[account].fills_since(since, first)
            if fill.order.symbol == market.listing.symbol
        ]
        # From a point on, the oldest come first; without one, the latest are meant.
        chosen = chosen[:limit] if first or since else chosen[-limit:]
        return [answers.trade(market, fill) for fill in chosen]
