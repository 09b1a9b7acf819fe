"""OKX spot's REST dialect, /api/v5: what unmodified ccxt needs to trade on it.

Its peculiarities are kept: an order's refusal hides in a 200 with an sCode, batches may half
succeed, a post-only order that would take is accepted and cancelled at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from examples.desk.exchange import okx_answers as answers
from examples.desk.exchange.faults import Kind, Part, RefusedError
from examples.desk.exchange.model import Market, Reason, Refused, unix_ms
from examples.desk.exchange.orderbook import Side
from examples.desk.exchange.wire import USER_AGENT, Key, decimal, reply

if TYPE_CHECKING:
    from decimal import Decimal

    from examples.desk.exchange.core import Venue
    from examples.desk.exchange.faults import Faults

HOST: Final = "www.okx.com"
PREFIX: Final = f"/{HOST}/api/v5"
BATCH_LIMIT: Final = 20
PAGE_LIMIT: Final = 100
BOOK_LIMIT: Final = 400
NO_END: Final = 10**15
REQUEST_AGE_SECONDS: Final = 30.0
# Seconds, of the dead man's switch.
SHORTEST_TIMEOUT: Final = 10
LONGEST_TIMEOUT: Final = 120

CODES: Final = {
    Reason.FUNDS: ("51008", "Order failed. Insufficient balance in account."),
    Reason.LOT: ("51121", "Order quantity must be a multiple of the lot size."),
    Reason.TICK: ("51006", "Order price is not within the price limit."),
    Reason.NOTIONAL: ("51020", "Your order should meet or exceed the minimum order amount."),
    Reason.SYMBOL: ("51001", "Instrument ID doesn't exist."),
    Reason.UNKNOWN_ORDER: ("51400", "Cancellation failed as the order doesn't exist."),
    Reason.DUPLICATE: ("51016", "Client order ID already exists."),
    Reason.EMPTY_BOOK: ("51030", "No liquidity."),
    Reason.HALTED: ("51022", "Trading pair suspended."),
}
# How the venue words what a fault makes it refuse.
FAULTS: Final = {
    Kind.REFUSE: ("51009", "Order placement function is blocked by the platform.", 200),
    Kind.MAINTENANCE: ("50001", "Service temporarily unavailable, please try again later.", 503),
}


class OkxError(Exception):
    """A request that fails as a whole."""

    def __init__(self, code: str, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


Handler = Callable[[str, Any], Any]


class Okx:
    """The dialect over one venue.

    Args:
        venue: the matching core.
        keys: API keys and whose they are.
        faults: what the control endpoint has put in force.
    """

    name: Final = "okx"

    def __init__(self, venue: Venue, keys: Mapping[str, Key], faults: Faults) -> None:
        self.venue, self._keys, self._faults = venue, keys, faults
        self._markets = {answers.market_id(market): market for market in venue.markets.values()}
        self.requests = 0

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the dialect, the host as first segment of the path."""
        public: list[tuple[str, Handler]] = [
            ("public/time", lambda _a, _p: [{"ts": str(self.venue.now())}]),
            ("public/instruments", self._instruments),
            ("market/ticker", lambda _, p: [answers.ticker(self._market(p))]),
            ("market/tickers", self._tickers),
            ("market/books", self._books),
        ]
        signed: list[tuple[str, str, Part, Handler]] = [
            ("GET", "account/balance", Part.ACCOUNT, self._balance),
            ("GET", "asset/currencies", Part.ACCOUNT, lambda _a, _p: []),
            ("GET", "asset/deposit-history", Part.ACCOUNT, self._transfers(into=True)),
            ("GET", "asset/withdrawal-history", Part.ACCOUNT, self._transfers(into=False)),
            ("GET", "trade/order", Part.VIEWS, self._order),
            ("GET", "trade/orders-pending", Part.VIEWS, self._pending),
            ("GET", "trade/fills", Part.ACCOUNT, self._fills),
            ("GET", "trade/fills-history", Part.ACCOUNT, self._fills),
            ("POST", "trade/cancel-all-after", Part.DEADMAN, self._cancel_all_after),
        ]
        orders: list[tuple[str, Handler]] = [
            ("trade/order", self._place),
            ("trade/batch-orders", self._place),
            ("trade/cancel-order", self._cancel),
            ("trade/cancel-batch-orders", self._cancel),
        ]
        return [
            *(web.get(f"{PREFIX}/{path}", self._serve(Part.MARKET, call)) for path, call in public),
            *(
                web.route(method, f"{PREFIX}/{path}", self._serve(part, call))
                for method, path, part, call in signed
            ),
            *(
                web.post(f"{PREFIX}/{path}", self._serve(Part.ORDERS, call, each=True))
                for path, call in orders
            ),
        ]

    def _serve(
        self, part: Part, handler: Handler, *, each: bool = False
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            self.requests += 1
            agent = request.headers.get(USER_AGENT, "")
            try:
                account, params = "", dict(request.query)
                if part is not Part.MARKET:
                    account, params = await self._authenticate(request)
                await self._faults.suffer(self.name, (agent, account), part)
                if each:
                    answer = _each(handler, account, params)
                else:
                    answer = {"code": "0", "msg": "", "data": handler(account, params)}
                await self._faults.answering(self.name, (agent, account), part)
                return reply(answer)
            except Refused as refusal:
                code, message = CODES[refusal.reason]
                return reply({"code": code, "msg": message, "data": []})
            except RefusedError as fault:
                code, message, status = FAULTS[fault.kind]
                return reply({"code": code, "msg": message, "data": []}, status)
            except OkxError as error:
                answer = {"code": error.code, "msg": error.message, "data": []}
                return reply(answer, error.status)

        return serve

    async def _authenticate(self, request: web.Request) -> tuple[str, Any]:
        body = await request.text()
        key = self._keys.get(request.headers.get("OK-ACCESS-KEY", ""))
        if key is None:
            raise OkxError("50111", "Invalid OK-ACCESS-KEY", 401)
        stamp = request.headers.get("OK-ACCESS-TIMESTAMP", "")
        # The client signs the path that it believes in, without the host that we put before it.
        path = request.raw_path.removeprefix(f"/{HOST}")
        message = f"{stamp}{request.method}{path}{body}".encode()
        expected = base64.b64encode(hmac.new(key.secret.encode(), message, hashlib.sha256).digest())
        given = request.headers.get("OK-ACCESS-SIGN", "").encode()
        if not hmac.compare_digest(expected, given):
            raise OkxError("50113", "Invalid Sign", 401)
        if request.headers.get("OK-ACCESS-PASSPHRASE") != key.passphrase:
            raise OkxError("50105", "Request header OK-ACCESS-PASSPHRASE incorrect.", 401)
        if not _recent(stamp):
            raise OkxError("50102", "Timestamp request expired", 401)
        return key.account, json.loads(body) if body else dict(request.query)

    def _market(self, params: Mapping[str, Any]) -> Market:
        try:
            return self._markets[_required(params, "instId")]
        except KeyError:
            raise Refused(Reason.SYMBOL) from None

    def _wanted(self, symbol: str, params: Mapping[str, str]) -> bool:
        instrument = answers.market_id(self.venue.markets[symbol])
        return params.get("instId", "") in ("", instrument)

    # -- market data -----------------------------------------------------------------------------

    def _instruments(self, _account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        if _required(params, "instType") != "SPOT":
            return []
        return [
            answers.instrument(market, halted=market.listing.symbol in self.venue.halted)
            for market in self._markets.values()
        ]

    def _tickers(self, _account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        if _required(params, "instType") != "SPOT":
            return []
        return [answers.ticker(market) for market in self._markets.values()]

    def _books(self, _account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._market(params)
        size = params.get("sz", "1")
        if not size.isdecimal():
            raise OkxError("51000", "Parameter sz error")
        limit = min(int(size), BOOK_LIMIT)
        bids, asks = market.bids.levels(limit), market.asks.levels(limit)
        if self._faults.of(Kind.CROSS, self.name, market.listing.symbol):
            bids, asks = asks[::-1], bids[::-1]
        return [
            {
                "asks": [(price, size, "0", "1") for price, size in asks],
                "bids": [(price, size, "0", "1") for price, size in bids],
                "ts": str(self.venue.now()),
                "seqId": market.sequence,
            }
        ]

    # -- orders ----------------------------------------------------------------------------------

    def _place(self, account: str, params: Mapping[str, Any]) -> dict[str, Any]:
        market = self._market(params)
        kind = _required(params, "ordType")
        if kind not in ("limit", "post_only", "ioc", "market"):
            raise OkxError("51000", "Parameter ordType error")
        if _required(params, "side") not in ("buy", "sell"):
            raise OkxError("51000", "Parameter side error")
        order = self.venue.place(
            account,
            market.listing.symbol,
            Side(params["side"]),
            _number(params, "sz"),
            None if kind == "market" else _number(params, "px"),
            client_id=params.get("clOrdId", ""),
            post_only=kind == "post_only",
            immediate=kind == "ioc",
        )
        return answers.acknowledged(order, order.created)

    def _cancel(self, account: str, params: Mapping[str, Any]) -> dict[str, Any]:
        market = self._market(params)
        order_id = self._order_id(account, params)
        order = self.venue.cancel(account, market.listing.symbol, order_id)
        return answers.acknowledged(order, order.updated)

    def _order_id(self, account: str, params: Mapping[str, Any]) -> int:
        given = str(params.get("ordId", ""))
        if given.isdecimal():
            return int(given)
        wanted = params.get("clOrdId")
        for order in self.venue.accounts[account].orders.values():
            if wanted and order.client_id == wanted:
                return order.id
        raise Refused(Reason.UNKNOWN_ORDER)

    def _order(self, account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._market(params)
        try:
            order_id = self._order_id(account, params)
            return [
                answers.order(market, self.venue.find(account, market.listing.symbol, order_id))
            ]
        except Refused:
            raise OkxError("51603", "Order does not exist") from None

    def _pending(self, account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        chosen = [
            answers.order(self.venue.markets[order.symbol], order)
            for order in self.venue.accounts[account].orders.values()
            if self._wanted(order.symbol, params)
        ]
        return _page(chosen, params, "ordId")

    # -- the account -----------------------------------------------------------------------------

    def _balance(self, account: str, _params: Mapping[str, str]) -> list[dict[str, Any]]:
        holder, now = self.venue.accounts[account], str(self.venue.now())
        return [
            {
                "uTime": now,
                "details": [
                    {
                        "ccy": asset,
                        "eq": holder.total(asset),
                        "cashBal": holder.total(asset),
                        "availBal": holder.free[asset],
                        "availEq": holder.free[asset],
                        "frozenBal": holder.used[asset],
                        "ordFrozen": holder.used[asset],
                        "uTime": now,
                    }
                    for asset in holder.assets()
                ],
            }
        ]

    def _transfers(self, *, into: bool) -> Handler:
        def transfers(account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
            before = params.get("before", "0")
            if not before.isdecimal():
                raise OkxError("51000", "Parameter before error")
            return [
                answers.transfer(one)
                for one in self.venue.accounts[account].transfers
                if one.time > int(before) and (one.amount > 0) is into
            ][::-1]

        return transfers

    def _cancel_all_after(self, account: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        seconds = decimal(params.get("timeOut", ""))
        if seconds is None or (seconds and not SHORTEST_TIMEOUT <= seconds <= LONGEST_TIMEOUT):
            raise OkxError("51000", "Parameter timeOut error")
        at = unix_ms() + int(seconds) * 1000 if seconds else None
        self.venue.accounts[account].cancel_at = at
        return [{"triggerTime": str(at or 0), "tag": "", "ts": str(self.venue.now())}]

    def _fills(self, account: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
        begin = params.get("begin", "0")
        end = params.get("end", str(NO_END))
        if not (begin.isdecimal() and end.isdecimal()):
            raise OkxError("51000", "Parameter begin or end error")
        chosen = [
            answers.fill(self.venue.markets[fill.order.symbol], fill)
            for fill in self.venue.accounts[account].fills_since(int(begin))
            if fill.time <= int(end)
            and self._wanted(fill.order.symbol, params)
            and params.get("ordId", "") in ("", str(fill.order.id))
        ]
        return _page(chosen, params, "billId")


def _each(handler: Handler, account: str, params: Any) -> dict[str, Any]:
    """Answer one request or a batch: every part has its own code, the whole sums them up."""
    parts: Sequence[Any] = params if isinstance(params, list) else [params]
    if not 0 < len(parts) <= BATCH_LIMIT:
        raise OkxError("51000", f"Parameter error: 1 to {BATCH_LIMIT} orders a batch")
    data = []
    for part in parts:
        if not isinstance(part, Mapping):
            raise OkxError("51000", "Parameter error: an order is an object")
        try:
            data.append(handler(account, part))
        except Refused as refusal:
            code, message = CODES[refusal.reason]
            data.append(answers.refused(part, code, message))
        except OkxError as error:
            data.append(answers.refused(part, error.code, error.message))
    failed = sum(answer["sCode"] != "0" for answer in data)
    code = "0" if not failed else "1" if failed == len(data) else "2"
    said = {"0": "", "1": "All operations failed", "2": "Bulk operation partially succeeded."}
    return {"code": code, "msg": said[code], "data": data}


def _recent(stamp: str) -> bool:
    try:
        sent = datetime.fromisoformat(stamp)
    except ValueError:
        return False
    if sent.tzinfo is None:
        return False
    return abs((datetime.now(UTC) - sent).total_seconds()) <= REQUEST_AGE_SECONDS


def _page(
    rows: list[dict[str, Any]], params: Mapping[str, str], cursor: str
) -> list[dict[str, Any]]:
    """Return one page, newest first; `after` asks for older rows, `before` for newer ones."""
    bounds = {name: params.get(name, "") for name in ("after", "before", "limit")}
    if any(value and not value.isdecimal() for value in bounds.values()):
        raise OkxError("51000", "Parameter error: after, before and limit are numbers")
    if bounds["after"]:
        rows = [row for row in rows if int(row[cursor]) < int(bounds["after"])]
    if bounds["before"]:
        rows = [row for row in rows if int(row[cursor]) > int(bounds["before"])]
    limit = min(int(bounds["limit"] or PAGE_LIMIT), PAGE_LIMIT)
    return rows[::-1][:limit]


def _required(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name)
    if not value:
        raise OkxError("50014", f"Parameter {name} can not be empty")
    return str(value)


def _number(params: Mapping[str, Any], name: str) -> Decimal:
    number = decimal(_required(params, name))
    if number is None:
        raise OkxError("51000", f"Parameter {name} error")
    return number
