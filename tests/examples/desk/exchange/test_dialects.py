"""Both dialects as unmodified ccxt speaks them, against a real server."""

from __future__ import annotations

import asyncio
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest

from examples.desk.connect import point, reason
from examples.desk.exchange.orderbook import Side
from examples.desk.keys import credentials

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from examples.desk.exchange.server import Exchange

    Trade = Callable[..., Awaitable[Any]]

VENUES = ("binance", "okx")
SYMBOL = "BTC/USDT"
FAR = 50_000.0
ROOM_SECONDS = 15.0


@pytest.fixture(params=VENUES)
async def client(request: pytest.FixtureRequest, trade: Trade) -> Any:
    """Ccxt with acme's keys, once for each dialect."""
    connected = await trade(request.param, "acme-mm")
    # The limiter is ccxt's affair; here it would only make the test wait.
    connected.enableRateLimit = False
    return connected


@pytest.fixture
def venue(client: Any, exchange: Exchange) -> Any:
    """The core behind the client."""
    return exchange.venues[client.id]


async def test_markets(client: Any, venue: Any) -> None:
    """Every listing is a spot market with its tick, step and least notional."""
    assert set(client.symbols) == set(venue.markets)
    market = client.market(SYMBOL)
    assert market["spot"]
    assert market["active"]
    assert market["precision"] == {**market["precision"], "price": 0.1, "amount": 0.00001}
    if client.id == "binance":
        assert market["limits"]["cost"]["min"] == 5.0


async def test_order_book(client: Any, venue: Any) -> None:
    """The book is the core's, level by level, cut to the limit."""
    book = await client.fetch_order_book(SYMBOL, 5)
    market = venue.markets[SYMBOL]
    assert [level[:2] for level in book["bids"]] == [
        [float(price), float(size)] for price, size in market.bids.levels(5)
    ]
    assert [level[:2] for level in book["asks"]] == [
        [float(price), float(size)] for price, size in market.asks.levels(5)
    ]


async def test_tickers(client: Any, venue: Any) -> None:
    """One market, several and all: the same numbers, which are the core's."""
    market = venue.markets[SYMBOL]
    one = await client.fetch_ticker(SYMBOL)
    some = await client.fetch_tickers([SYMBOL, "USDT/USD"])
    everything = await client.fetch_tickers()
    assert set(some) == {SYMBOL, "USDT/USD"}
    assert set(everything) == set(venue.markets)
    for ticker in (one, some[SYMBOL], everything[SYMBOL]):
        assert (ticker["bid"], ticker["ask"]) == (float(market.bids.best), float(market.asks.best))
        assert ticker["last"] == float(market.last)
        assert ticker["quoteVolume"] == pytest.approx(market.volume(), rel=1e-6)
        assert abs(ticker["timestamp"] - client.milliseconds()) < 5_000


async def test_an_empty_side_is_no_price(client: Any, venue: Any) -> None:
    """A market without bids has no bid: neither 0 nor the last one known."""
    venue.cancel_all("noise", SYMBOL)
    ticker = (await client.fetch_tickers([SYMBOL]))[SYMBOL]
    assert not ticker["bid"]
    assert not ticker["ask"]


async def test_an_orders_life(client: Any) -> None:
    """Placed, seen among the open orders, found by its id, cancelled, gone."""
    placed = await client.create_order(
        SYMBOL, "limit", "buy", 0.5, FAR, {"postOnly": True, "clientOrderId": "coreQ1"}
    )
    for listed in (await client.fetch_open_orders(), await client.fetch_open_orders(SYMBOL)):
        [order] = listed
        assert order["id"] == placed["id"]
        assert order["clientOrderId"] == "coreQ1"
        assert (order["symbol"], order["side"], order["status"]) == (SYMBOL, "buy", "open")
        assert (order["price"], order["amount"], order["remaining"]) == (FAR, 0.5, 0.5)
        assert abs(order["timestamp"] - client.milliseconds()) < 5_000
    assert await client.fetch_open_orders("UMB/USDT") == []
    assert (await client.fetch_order(placed["id"], SYMBOL))["status"] == "open"
    assert (await client.cancel_order(placed["id"], SYMBOL))["id"] == placed["id"]
    assert await client.fetch_open_orders() == []
    assert (await client.fetch_order(placed["id"], SYMBOL))["status"] == "canceled"


async def test_balances_move_with_orders(client: Any, venue: Any) -> None:
    """What an order reserves is used, the rest free, and the core says the same."""
    await client.create_order(SYMBOL, "limit", "sell", 1.5, 90_000.0)
    balance = await client.fetch_balance()
    held = venue.accounts["acme-mm"]
    assert balance["BTC"]["used"] == 1.5
    assert balance["BTC"]["free"] == float(held.free["BTC"])
    assert balance["BTC"]["total"] == float(held.total("BTC"))
    assert balance["USDT"] == {**balance["USDT"], "used": 0.0, "total": 360_000.0}


async def test_trades_tell_what_was_charged(client: Any, venue: Any) -> None:
    """A taker's and a maker's fill carry side, size, liquidity and the fee in its asset."""
    await client.create_order(SYMBOL, "market", "buy", 0.001)
    market = venue.markets[SYMBOL]
    inside = float(market.bids.best + market.listing.tick)
    resting = await client.create_order(SYMBOL, "limit", "buy", 0.002, inside)
    venue.place("takers", SYMBOL, Side.SELL, market.listing.step * 200, market.bids.best)
    trades = await client.fetch_my_trades(SYMBOL)
    ledger = list(venue.accounts["acme-mm"].fills)
    assert [int(trade["id"]) for trade in trades] == [fill.id for fill in ledger]
    for trade, fill in zip(trades, ledger, strict=True):
        assert trade["order"] == str(fill.order.id)
        assert (trade["side"], trade["price"]) == (fill.order.side.value, float(fill.price))
        assert trade["amount"] == float(fill.quantity)
        assert trade["takerOrMaker"] == ("maker" if fill.maker else "taker")
        assert trade["fee"] == {"currency": "BTC", "cost": float(fill.fee)}
    assert trades[-1]["order"] == resting["id"]
    # A rebate on one venue, a fee on the other.
    assert (trades[-1]["fee"]["cost"] < 0) == (client.id == "okx")


async def test_trades_since(client: Any, venue: Any) -> None:
    """Trades are asked for from a time on, and in pages."""
    for _ in range(3):
        await client.create_order(SYMBOL, "market", "buy", 0.001)
    ledger = list(venue.accounts["acme-mm"].fills)
    assert await client.fetch_my_trades(SYMBOL, since=ledger[-1].time + 1) == []
    late = await client.fetch_my_trades(SYMBOL, since=ledger[-1].time)
    assert {int(trade["id"]) for trade in late} >= {ledger[-1].id}
    latest = await client.fetch_my_trades(SYMBOL, limit=1)
    assert [int(trade["id"]) for trade in latest] == [ledger[-1].id]


@pytest.mark.parametrize(
    ("why", "call"),
    [
        ("insufficient_funds", lambda x: x.create_order(SYMBOL, "limit", "buy", 100, FAR)),
        ("not_found", lambda x: x.cancel_order("999999999", SYMBOL)),
        ("not_found", lambda x: x.fetch_order("999999999", SYMBOL)),
        ("invalid", lambda x: x.create_order(SYMBOL, "limit", "buy", 0.00001, FAR)),
        ("invalid", lambda x: x.fetch_ticker("NO/PE")),
    ],
)
async def test_refusals_have_their_reason(client: Any, why: str, call: Any) -> None:
    """Ccxt raises the class of the venue's code, which is the reason that telemetry counts."""
    with pytest.raises(ccxt.BaseError) as refused:
        await call(client)
    assert reason(refused.value) == why


async def test_a_client_id_is_used_once(client: Any) -> None:
    """A second live order of the same client id is refused."""
    await client.create_order(SYMBOL, "limit", "buy", 0.1, FAR, {"clientOrderId": "one"})
    with pytest.raises(ccxt.InvalidOrder):
        await client.create_order(SYMBOL, "limit", "buy", 0.1, FAR, {"clientOrderId": "one"})


async def test_wrong_keys_are_refused(client: Any) -> None:
    """A key that nobody has, a wrong secret, a clock far off: each is an error of its class."""
    for change, kind in (
        ({"apiKey": "nobody"}, ccxt.AuthenticationError),
        ({"secret": "wrong"}, ccxt.AuthenticationError),
        ({"options": {**client.options, "timeDifference": 3_600_000}}, ccxt.InvalidNonce),
    ):
        before = {name: getattr(client, name) for name in change}
        for name, value in change.items():
            setattr(client, name, value)
        with pytest.raises(kind):
            await client.fetch_balance()
        for name, value in before.items():
            setattr(client, name, value)
    assert await client.fetch_balance()


async def test_sync_ccxt_trades_too(url: str, client: Any) -> None:
    """The synchronous classes work with nothing but the URLs changed."""
    keys = credentials(client.id, "acme-mm")
    sync = point(
        getattr(ccxt, client.id)(
            {
                "apiKey": keys.api_key,
                "secret": keys.secret,
                "password": keys.password,
                "options": {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False},
            }
        ),
        url,
    )
    sync.options["fetchMargins"] = False

    def life() -> tuple[str, list[str]]:
        order = sync.create_order(SYMBOL, "limit", "buy", 0.5, FAR)
        seen = [each["id"] for each in sync.fetch_open_orders(SYMBOL)]
        sync.cancel_order(order["id"], SYMBOL)
        sync.session.close()
        return order["id"], seen

    order, seen = await asyncio.to_thread(life)
    assert seen == [order]


async def test_binance_refuses_a_post_only_order_that_would_take(trade: Trade) -> None:
    """The order is an error and never existed."""
    client = await trade("binance", "acme-mm")
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        await client.create_order(SYMBOL, "limit", "buy", 0.1, 80_000.0, {"postOnly": True})
    assert await client.fetch_open_orders() == []


async def test_okx_cancels_a_post_only_order_that_would_take(trade: Trade) -> None:
    """The order is accepted, and found cancelled by the venue for that reason."""
    client = await trade("okx", "acme-mm")
    order = await client.create_order(SYMBOL, "limit", "buy", 0.1, 80_000.0, {"postOnly": True})
    ended = await client.fetch_order(order["id"], SYMBOL)
    assert (ended["status"], ended["info"]["cancelSource"]) == ("canceled", "31")
    assert await client.fetch_open_orders() == []


async def test_okx_batches_may_half_succeed(trade: Trade) -> None:
    """Each order of a batch has its own answer; a batch where all fail is an error."""
    client = await trade("okx", "acme-mm")
    good = {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": 0.1, "price": FAR}
    answers = await client.create_orders(
        [{**good, "params": {"clientOrderId": "a"}}, {**good, "amount": 1000}]
    )
    taken = {answer["clientOrderId"]: answer["info"]["sCode"] for answer in answers}
    assert taken.pop("a") == "0"
    assert list(taken.values()) == ["51008"]
    [live] = await client.fetch_open_orders()
    cancelled = await client.cancel_orders([live["id"], "424242"], SYMBOL)
    assert [order["id"] for order in cancelled] == [live["id"]]
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_orders([{**good, "amount": 1000}])


async def test_binance_cancels_all_of_a_market(trade: Trade) -> None:
    """All live orders of the market end; without any, that is an error as at the venue."""
    client = await trade("binance", "acme-mm")
    for price in (FAR, FAR + 1):
        await client.create_order(SYMBOL, "limit", "buy", 0.1, price)
    assert len(await client.cancel_all_orders(SYMBOL)) == 2
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_all_orders(SYMBOL)


async def test_binance_counts_weight_and_orders(trade: Trade) -> None:
    """Headers tell the weight used, by caller; too much is 429, too many orders likewise."""
    client = await trade("binance", "acme-mm")
    # Weight is counted by the minute of the clock: none may begin in between.
    if (left := 60.0 - time.time() % 60.0) < ROOM_SECONDS:
        await asyncio.sleep(left)
    await client.fetch_balance()
    used = int(client.last_response_headers["x-mbx-used-weight-1m"])
    await client.fetch_open_orders()
    assert int(client.last_response_headers["x-mbx-used-weight-1m"]) == used + 80
    client.enableRateLimit = False
    for count in range(100):
        await client.create_order(SYMBOL, "limit", "buy", 0.001, FAR + count)
    with pytest.raises(ccxt.RateLimitExceeded):
        await client.create_order(SYMBOL, "limit", "buy", 0.001, FAR)
    answers = await asyncio.gather(
        *(client.fetch_open_orders() for _ in range(80)), return_exceptions=True
    )
    assert isinstance(answers[-1], ccxt.DDoSProtection)
    other = await trade("binance", "umbra-mm")
    await other.fetch_balance()


async def test_binance_reads_the_top_alone(trade: Trade, exchange: Exchange) -> None:
    """The book ticker of one market, and of all."""
    client = await trade("binance")
    tops = await client.fetch_bids_asks()
    market = exchange.venues["binance"].markets[SYMBOL]
    assert set(tops) == set(exchange.venues["binance"].markets)
    assert tops[SYMBOL]["bid"] == float(market.bids.best or 0)
    raw = await client.publicGetTickerBookTicker({"symbol": "BTCUSDT"})
    assert raw["bidQty"] == str(market.bids.best_quantity)


BINANCE = "/api.binance.com/api/v3"
OKX = "/www.okx.com/api/v5"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{BINANCE}/depth", 400, -1102),
        (f"{BINANCE}/depth?symbol=NOPE", 400, -1121),
        (f"{BINANCE}/depth?symbol=BTCUSDT&limit=x", 400, -1100),
        (f"{BINANCE}/ticker/24hr?symbols=nonsense", 400, -1100),
        (f"{BINANCE}/account", 401, -2015),
        (f"{OKX}/market/books?instId=NO-PE", 200, "51001"),
        (f"{OKX}/market/books?instId=BTC-USDT&sz=x", 200, "51000"),
        (f"{OKX}/market/tickers", 200, "50014"),
        (f"{OKX}/account/balance", 401, "50111"),
    ],
)
async def test_bad_requests_get_the_venues_code(
    url: str, path: str, status: int, code: object
) -> None:
    """A request that no client library would send is answered with the venue's own code."""
    async with aiohttp.ClientSession() as session, session.get(url + path) as answer:
        assert answer.status == status
        assert (await answer.json())["code"] == code


async def test_other_kinds_of_market_are_empty(trade: Trade) -> None:
    """There is spot and nothing else."""
    client = await trade("okx")
    assert (await client.publicGetPublicInstruments({"instType": "SWAP"}))["data"] == []
    assert (await client.publicGetMarketTickers({"instType": "SWAP"}))["data"] == []


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_keys(each) for each in value.values()))
    return set().union(*(_keys(each) for each in value)) if isinstance(value, list) else set()


async def test_answers_use_the_venues_words(client: Any) -> None:
    """Every key that we answer with is one that ccxt knows from the real venue.

    ccxt's source holds recorded answers of each endpoint as comments, beside the keys it reads.
    """
    sources = [Path(ccxt.__file__).parent / part / f"{client.id}.py" for part in ("", "pro")]
    known = {
        key
        for source in sources
        for key in re.findall(r"""["'](\w+)["']""", source.read_text(encoding="utf-8"))
    }
    answers = []

    def keep(*arguments: Any) -> Any:
        answers.append(arguments[5])
        return arguments[5]

    client.on_rest_response = keep
    await client.load_markets(reload=True)
    await client.fetch_order_book(SYMBOL)
    await client.fetch_tickers()
    order = await client.create_order(SYMBOL, "limit", "buy", 0.1, FAR)
    await client.create_order(SYMBOL, "market", "buy", 0.001)
    await client.fetch_open_orders()
    await client.cancel_order(order["id"], SYMBOL)
    await client.fetch_balance()
    await client.fetch_my_trades(SYMBOL)
    assert len(answers) >= 8
    ours = set().union(*(_keys(json.loads(answer)) for answer in answers))
    assert ours - known == set()
