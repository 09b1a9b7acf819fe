"""The control endpoint breaks what it is told to break, in the bounds it promises."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import aiohttp
import ccxt
import pytest

from examples.desk.exchange.control import ControlError

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
