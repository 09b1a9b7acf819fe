"""The control endpoint breaks what it is told to break, in the bounds it promises."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest

from examples.desk.exchange.asked import ControlError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from examples.desk.exchange.server import Exchange

SYMBOL = "BTC/USDT"


def ask(url: str, body: object = None) -> Any:
    """Ask the control endpoint as a script would."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{url}/_control", data, timeout=5) as answer:  # noqa: S310
        return json.load(answer)


async def offers(client: Any, mid: float, count: int = 4) -> None:
    """Rest some offers and bids around a mid, 0.1 BTC each."""
    for level in range(1, count + 1):
        await client.create_order(SYMBOL, "limit", "sell", 0.1, mid * (1 + level / 1000))
        await client.create_order(SYMBOL, "limit", "buy", 0.1, mid * (1 - level / 1000))


async def test_the_state_tells_markets_and_accounts(url: str, exchange: Exchange) -> None:
    """References, tops, orders, fills and balances of every venue, and the seed."""
    state = await asyncio.to_thread(ask, url)
    market = state["venues"]["binance"]["markets"][SYMBOL]
    assert market["bid"] == str(exchange.venues["binance"].markets[SYMBOL].bids.best)
    assert state["venues"]["okx"]["accounts"]["acme-mm"]["client"] == "acme"
    assert state["seed"] == 7
    assert state["faults"] == state["lifts"] == []


async def test_unavailable_market_data_leaves_orders_alone(
    url: str, trade: Callable[..., Awaitable[Any]]
) -> None:
    """The named caller's market data fails with a network error; its orders go on."""
    client = await trade("binance", "acme-mm", agent="mm-test")
    await asyncio.to_thread(
        ask,
        url,
        {"fault": "unavailable", "venue": "binance", "caller": "mm-test", "seconds": 60},
    )
    with pytest.raises(ccxt.ExchangeNotAvailable):
        await client.fetch_ticker(SYMBOL)
    assert await client.create_order(SYMBOL, "limit", "buy", 0.1, 50_000.0)
    other = await trade("binance", agent="rates")
    assert await other.fetch_ticker(SYMBOL)
    assert (await asyncio.to_thread(ask, url, {"fault": "clear"})) == {"cleared": 1}
    assert await client.fetch_ticker(SYMBOL)


async def test_hanging_market_data_times_out(
    url: str, trade: Callable[..., Awaitable[Any]]
) -> None:
    """A client waits until its own patience ends, and gets an answer again after the fault."""
    client = await trade("okx")
    await asyncio.to_thread(ask, url, {"fault": "hang", "venue": "okx", "seconds": 60})
    client.timeout = 100
    with pytest.raises(ccxt.RequestTimeout):
        await client.fetch_ticker(SYMBOL)
    await asyncio.to_thread(ask, url, {"fault": "clear"})
    client.timeout = 5_000
    assert await client.fetch_ticker(SYMBOL)


@pytest.mark.parametrize("side", ["buy", "sell"])
async def test_a_lift_trades_with_one_client_alone(
    side: str, exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """The taker takes the client's side that it was told to, over venues, to the amount."""
    mid = exchange.flow.prices.usd("BTC") / exchange.flow.prices.usd("USDT")
    for venue in ("binance", "okx"):
        await offers(await trade(venue, "acme-mm"), mid)
    exchange.control.command(
        {"fault": "lift", "client": "acme", "asset": "BTC", "side": side, "quantity": 0.7}
        | {"seconds": 60}
    )
    for _ in range(60):
        exchange.control.step(1.0)
    fills = [fill for venue in exchange.venues.values() for fill in venue.accounts["acme-mm"].fills]
    assert float(sum(fill.quantity for fill in fills)) == pytest.approx(0.7)
    assert {fill.order.side.value for fill in fills} == {"sell" if side == "buy" else "buy"}
    assert all(fill.maker for fill in fills)
    bought = exchange.venues["binance"].accounts["whale"].fills
    assert all(fill.order.account == "whale" for fill in bought)


async def test_a_lift_is_protected(
    exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """Offers farther from the reference than the protection are left alone."""
    client = await trade("binance", "acme-mm")
    mid = exchange.flow.prices.of(exchange.venues["binance"].markets[SYMBOL].listing)
    await offers(client, mid)
    exchange.control.command(
        {"fault": "lift", "client": "acme", "symbol": SYMBOL, "notional": 1e6, "seconds": 60}
        | {"protection": 0.0025, "venue": "binance"}
    )
    for _ in range(10):
        exchange.control.step(10.0)
    filled = sum(fill.quantity for fill in exchange.venues["binance"].accounts["acme-mm"].fills)
    assert float(filled) == pytest.approx(0.2)


async def test_drop_cancels_an_accounts_orders(
    url: str, trade: Callable[..., Awaitable[Any]]
) -> None:
    """The venue cancels by itself; the client only finds out by looking."""
    client = await trade("binance", "acme-mm")
    await client.create_order(SYMBOL, "limit", "buy", 0.1, 50_000.0)
    command = {"fault": "drop", "venue": "binance", "account": "acme-mm"}
    assert await asyncio.to_thread(ask, url, command) == {"cancelled": 1}
    assert await client.fetch_open_orders() == []


ORDER = {
    "fault": "order",
    "venue": "okx",
    "account": "acme-mm",
    "symbol": SYMBOL,
    "side": "buy",
    "notional": 100,
}
LIFT = {"fault": "lift", "client": "acme", "seconds": 5, "symbol": SYMBOL, "quantity": 1}


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ([], "one JSON object"),
        ({}, "unknown fault None: use one of hang"),
        ({"fault": "hang"}, "hang needs seconds, venue"),
        ({"fault": "hang", "venue": "okx", "seconds": 5, "x": 1}, "does not know x; it takes"),
        ({"fault": "hang", "venue": "kraken", "seconds": 5}, "no venue 'kraken'; there are"),
        ({"fault": "hang", "venue": "okx", "seconds": 9999}, "seconds 9999 is not a number"),
        ({"fault": "hang", "venue": "okx", "seconds": True}, "seconds True is not a number"),
        ({"fault": "drop", "venue": "okx", "account": "no"}, "no account 'no' at okx"),
        ({"fault": "hang", "venue": "okx", "seconds": 5, "part": "x"}, "no part 'x': use one of"),
        ({"fault": "halt", "venue": "okx", "seconds": 5, "symbol": "X"}, "no market of 'X' at okx"),
        ({"fault": "price", "symbol": "X", "seconds": 5, "ratio": 1}, "no market of 'X'"),
        ({"fault": "refuse", "venue": "okx", "seconds": 5, "share": 2}, "share 2 is not a number"),
        ({**ORDER, "side": "up"}, "side 'up' is neither"),
        ({**ORDER, "notional": 1e15}, "the venue refuses the order: funds"),
        ({**LIFT, "asset": "BTC"}, "either symbol or asset"),
        ({**LIFT, "notional": 1}, "either quantity"),
        ({**LIFT, "side": "up"}, "side 'up' is neither"),
        ({**LIFT, "client": "nobody"}, "no account of client 'nobody'"),
        ({**LIFT, "symbol": "NO/PE"}, "no market of 'NO/PE'"),
    ],
)
def test_what_it_cannot_do_is_explained(exchange: Exchange, asked: object, problem: str) -> None:
    """A wrong command says what is wrong and what can be written instead."""
    with pytest.raises(ControlError) as refused:
        exchange.control.command(asked)
    assert problem in str(refused.value)


async def test_wrong_commands_are_answered_400(url: str) -> None:
    """Over HTTP the explanation comes with status 400, also for what is no JSON."""
    async with aiohttp.ClientSession() as session:
        for body in ("{", "{}"):
            async with session.post(f"{url}/_control", data=body) as answer:
                assert answer.status == 400
                assert "error" in await answer.json()


async def test_orders_that_are_taken_without_an_answer_rest(
    url: str, exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """The client never hears of it; another account is answered; `id` ends that fault alone."""
    client, other = await trade("binance", "acme-mm"), await trade("binance", "umbra-mm")
    swallow = {"fault": "swallow", "venue": "binance", "caller": "acme-mm", "seconds": 60}
    made = exchange.control.command(swallow)
    client.timeout = 200
    with pytest.raises(ccxt.RequestTimeout):
        await client.create_order(SYMBOL, "limit", "buy", 0.1, 50_000.0)
    assert len(exchange.venues["binance"].accounts["acme-mm"].orders) == 1
    assert await other.fetch_open_orders("UMB/USDT") == []
    assert exchange.control.command({"fault": "clear", "id": made["id"]}) == {"cleared": 1}
    client.timeout = 5_000
    assert await client.create_order(SYMBOL, "limit", "buy", 0.1, 50_000.0)


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_a_share_is_refused_and_maintenance_is_said(
    venue: str, exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """In the venue's own words, as ccxt understands them."""
    client = await trade(venue, "acme-mm")
    where = {"venue": venue, "seconds": 60}
    refused = exchange.control.command({"fault": "refuse", "share": 1.0, **where})
    with pytest.raises(ccxt.ExchangeError):
        await client.create_order(SYMBOL, "limit", "buy", 0.1, 50_000.0)
    exchange.control.command({"fault": "clear", "id": refused["id"]})
    exchange.control.command({"fault": "maintenance", **where})
    with pytest.raises(ccxt.OnMaintenance):
        await client.fetch_balance()


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_a_halted_market_says_so_and_takes_no_order(
    venue: str, exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """Other markets go on."""
    client = await trade(venue, "acme-mm")
    exchange.control.command({"fault": "halt", "venue": venue, "symbol": SYMBOL, "seconds": 60})
    exchange.step()
    active = {market["symbol"]: market["active"] for market in await client.fetch_markets()}
    assert not active[SYMBOL]
    assert active["UMB/USDT"]
    with pytest.raises((ccxt.MarketClosed, ccxt.InvalidOrder)):
        await client.create_order(SYMBOL, "limit", "buy", 0.1, 50_000.0)


async def test_books_are_shown_crossed_or_rewound(
    exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """What is shown changes, not what trades."""
    client = await trade("binance")
    where = {"venue": "binance", "symbol": SYMBOL, "seconds": 60}
    exchange.control.command({"fault": "cross", **where})
    book = await client.fetch_order_book(SYMBOL)
    assert book["bids"][0][0] > book["asks"][0][0]
    exchange.control.command({"fault": "clear"})
    exchange.control.command({"fault": "rewind", **where})
    shown = [(await client.fetch_order_book(SYMBOL))["nonce"] for _ in range(4)]
    assert shown[0] == shown[2] > shown[1] == shown[3]


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_a_venues_clock_may_be_off(
    venue: str, exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """It tells its own time, and is right again after the fault."""
    client = await trade(venue)
    exchange.control.command({"fault": "clock", "venue": venue, "offset": 5.0, "seconds": 60})
    exchange.step()
    assert await client.fetch_time() - client.milliseconds() == pytest.approx(5_000, abs=1_000)
    exchange.control.command({"fault": "clear"})
    exchange.step()
    assert await client.fetch_time() - client.milliseconds() == pytest.approx(0, abs=1_000)


def test_a_price_moves_in_one_market_alone(exchange: Exchange) -> None:
    """A stablecoin leaves its par against the dollar."""
    prices, venue = exchange.flow.prices, exchange.venues["binance"]
    stable, bitcoin = venue.markets["USDT/USD"].listing, venue.markets[SYMBOL].listing
    before = prices.of(stable), prices.of(bitcoin)
    exchange.control.command({"fault": "price", "symbol": "USDT/USD", "ratio": 0.9, "seconds": 60})
    assert prices.of(stable) == pytest.approx(0.9 * before[0])
    assert prices.of(bitcoin) == before[1]
    exchange.control.command({"fault": "clear"})
    assert prices.of(stable) == before[0]


async def test_an_unrenewed_switch_cancels_everything(
    exchange: Exchange, trade: Callable[..., Awaitable[Any]]
) -> None:
    """Okx's dead man's switch: armed for so long, then every order of the account goes."""
    client = await trade("okx", "acme-mm")
    await client.create_order(SYMBOL, "limit", "buy", 0.1, 50_000.0)
    holder = exchange.venues["okx"].accounts["acme-mm"]
    await client.cancel_all_orders_after(60_000)
    exchange.step()
    assert len(holder.orders) == 1
    assert holder.cancel_at is not None
    holder.cancel_at -= 60_000
    exchange.step()
    assert holder.orders == {}
    with pytest.raises(ccxt.BadRequest):
        await client.cancel_all_orders_after(5_000)
