"""What an actor says, for faults that the local exchange cannot have.

Its clients, books and accounts stand under `acted` in `mandates.yaml`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.desk.campaign.scene import Actor, Scene

MID: Final = 100.0
FILLS: Final = 12
HORIZON_SECONDS: Final = 60


def book(client: str, venue: str, symbol: str, **more: str) -> dict[str, str]:
    """Return what declares an acted client's book."""
    where = {"client": client, "venue": venue, "symbol": symbol}
    return {**where, "account": f"{client}-mm", "tag": "core", **more}


def account(client: str, venue: str) -> dict[str, str]:
    """Return what declares an acted client's account."""
    return {"client": client, "venue": venue, "account": f"{client}-mm"}


def market(of: dict[str, str]) -> dict[str, str]:
    """Return what declares the market of a book."""
    return {"venue": of["venue"], "symbol": of["symbol"]}


def quote(actor: Actor, of: dict[str, str], half: float = 0.05, mid: float = MID) -> None:
    """Have an actor quote, and confirm it every second."""
    actor.say(
        "book.quotes.update",
        of,
        every=1,
        bids=[[mid - half, 10.0]],
        asks=[[mid + half, 10.0]],
        mid=mid,
    )


def end(actor: Actor, do: str, of: dict[str, str], **arguments: Any) -> None:
    """Have an actor say something a last time, and repeat it no more."""
    actor.say(do, of, **arguments)


def margin(scene: Scene) -> Iterator[None]:
    """An account's maintenance margin reaches 80 % of its equity."""
    of, actor = account("vega", "kraken"), scene.actor()
    actor.say("account.margin", of, every=1, ratio=0.8)
    yield
    end(actor, "account.margin", of, ratio=0.1)


def loan(scene: Scene) -> Iterator[None]:
    """A loan ends within a day."""
    of = {"client": "lyra", "asset": "ETC", "lender": "lyra", "currency": "USD"}
    scene.actor().say("loan.set", of, principal=1_000.0, rate=0.0, expires="now+80000")
    yield
    scene.actor().say("loan.repaid", of)


def key(scene: Scene) -> Iterator[None]:
    """An API key expires within an hour."""
    of, actor = {"venue": "kraken", "account": "draco-mm"}, scene.actor()
    actor.say("credential.expires", of, at="now+3600")
    yield
    actor.say("credential.expires", of, at="now+90000000")


def transfers(scene: Scene) -> Iterator[None]:
    """A venue closes withdrawals of an asset."""
    actor, of = scene.actor(), {"venue": "bitstamp"}
    actor.say("venue.transfers", of, asset="XRP", deposit=True, withdrawal=False)
    yield
    actor.say("venue.transfers", of, asset="XRP", deposit=True, withdrawal=True)


def delisting(scene: Scene) -> Iterator[None]:
    """A venue announces the end of a market."""
    actor, of = scene.actor(), {"venue": "bitfinex", "symbol": "XRP/USD"}
    actor.say("market.status", of, status="delisting")
    yield
    actor.say("market.status", of, status="trading")


def self_trade(scene: Scene) -> Iterator[None]:
    """A client's buy order trades with its own sell order."""
    scene.actor().say("book.trades.self_trade", book("hydra", "gemini", "ETH/USD"))
    yield


def one_sided_fills(scene: Scene) -> Iterator[None]:
    """Everybody buys from a client and nobody sells."""
    of, actor = book("cygnus", "gemini", "SOL/USD"), scene.actor()
    actor.say("book.trades.restore", of, position=0.0)
    for _ in range(2 * FILLS):
        actor.say("book.trades.fill", of, side="sell", price=MID, quantity=0.01, liquidity="maker")
    yield


def adverse(scene: Scene) -> Iterator[None]:
    """A minute after each fill the price is 1 % against the client."""
    of, actor = book("lupus", "bitbank", "BTC/USD"), scene.actor()
    actor.say("book.trades.restore", of, position=0.0)
    for side, mid, pause in (("buy", MID, 30), ("sell", 0.99 * MID, 45), ("", MID, 20)):
        actor.say("market.reference", market(of), every=1, mid=mid)
        for _ in range(FILLS if side else 0):
            actor.say(
                "book.trades.fill", of, side=side, price=mid, quantity=0.01, liquidity="maker"
            )
        time.sleep(pause)
    yield


def position(scene: Scene) -> None:
    """Hold one long enough to be in the day's accounts, which are made up every minute."""
    of, actor = book("perseus", "kraken", "ETC/USD"), scene.actor()
    actor.say("market.reference", market(of), every=1, mid=MID)
    actor.say("book.trades.restore", of, position=100.0, entry=MID, mark=MID)
    actor.say("market.reference", market(of), every=1, mid=0.999 * MID)
    known = 'fortuna:pnl:loss{client="perseus"}'
    scene.wait(lambda: scene.query(known), "PnL of perseus", seconds=100)


def drawdown(scene: Scene) -> Iterator[None]:
    """A client's position loses more than the day's loss limit."""
    of, actor = book("perseus", "kraken", "ETC/USD"), scene.actor()
    actor.say("market.reference", market(of), every=1, mid=0.8 * MID)
    yield
    actor.say("market.reference", market(of), every=1, mid=1.05 * MID)


def kill_switch(scene: Scene) -> Iterator[None]:
    """An engine's kill switch fires."""
    of, actor = book("corvus", "coinbase", "BTC/USD"), scene.actor()
    actor.say("book.state", of, state="halted")
    yield
    actor.say("book.state", of, state="quoting")


def off_reference(scene: Scene) -> Iterator[None]:
    """A client's bid is 3 % above the fair price."""
    of, actor = book("aquila", "coinbase", "ETH/USD"), scene.actor()
    actor.say("market.reference", market(of), every=1, mid=MID)
    quote(actor, of, mid=1.03 * MID)
    yield
    quote(actor, of)


def crossed(scene: Scene) -> Iterator[None]:
    """A client's own bid is above its own ask."""
    of, actor = book("ursa", "coinbase", "SOL/USD"), scene.actor()
    quote(actor, of, half=-0.1)
    yield
    quote(actor, of)


def out_of_range(scene: Scene) -> Iterator[None]:
    """The price leaves the range of a pool position."""
    of = book("phoenix", "uniswap-v3", "WETH/USDC@0.05%")
    actor = scene.actor()
    actor.say("book.pool.position", of, every=1, ranges=[[80.0, 120.0]], price=130.0)
    yield
    actor.say("book.pool.position", of, every=1, ranges=[[80.0, 120.0]], price=MID)


def chain_lag(scene: Scene) -> Iterator[None]:
    """A chain's node is two minutes behind."""
    of = book("draco", "pancakeswap", "WETH/USDC@0.05%")
    actor, chain = scene.actor(), {"venue": "pancakeswap"}
    actor.say("book.pool.position", of, every=1, ranges=[[80.0, 120.0]], price=MID)
    actor.say("chain.block", chain, every=1, timestamp="now-120")
    yield
    actor.say("chain.block", chain, every=1, timestamp="now-2")


def stale_rate(scene: Scene) -> Iterator[None]:
    """A second provider of reference rates falls silent."""
    of, actor = {"asset": "EUR", "currency": "USD", "provider": "second"}, scene.actor()
    actor.say("rate.set", of, rate=1.085)
    yield
    actor.say("rate.set", of, every=1, rate=1.085)


def balances(scene: Scene) -> Iterator[None]:
    """The balances of an account are confirmed no more."""
    of, actor = account("norma", "bitvavo"), scene.actor()
    actor.say("account.balance", of, asset="BTC", free=10.0, used=0.0)
    yield
    actor.say("account.balance", of, every=1, asset="BTC", free=10.0, used=0.0)


def rate_limit(scene: Scene) -> Iterator[None]:
    """An account has used 97 % of a venue's request limit."""
    of, actor = {"venue": "kraken", "account": "carina-mm"}, scene.actor()
    actor.say("credential.ratelimit", of, every=1, limit="orders_10s", used=0.97)
    yield
    actor.say("credential.ratelimit", of, every=1, limit="orders_10s", used=0.2)


def dislocated(scene: Scene) -> Iterator[None]:
    """A market trades 6 % below its fair price elsewhere, with orders live."""
    of, actor = book("auriga", "bitso", "BTC/USD"), scene.actor()
    actor.say("market.reference", market(of), every=1, mid=MID)
    actor.say("book.orders.open", of, every=1, bids=1, asks=1)
    actor.say("market.top", market(of), every=1, bid=93.9, ask=94.1)
    yield
    actor.say("market.top", market(of), every=1, bid=99.9, ask=100.1)


def views(scene: Scene) -> Iterator[None]:
    """Quotes are confirmed, but the venue's list of open orders is not read any more."""
    of, actor = book("pyxis", "bitso", "ETH/USD"), scene.actor()
    quote(actor, of)
    actor.say("book.orders.open", of, bids=1, asks=1)
    yield
    actor.say("book.orders.open", of, every=1, bids=1, asks=1)


def unconfirmed(scene: Scene) -> Iterator[None]:
    """An account's open orders are read no more: its quotes may be anything."""
    with scene.exchange("hang", venue="okx", caller="borealis-mm", part="views"):
        yield


def thin_market(scene: Scene) -> Iterator[None]:
    """A thin market says nothing for a while, on a connection that is alive, with orders live."""
    of, actor = book("lepus", "bitso", "SOL/USD"), scene.actor()
    actor.say("market.received", market(of), stream="trades", venue_time="now")
    actor.say("feed.alive", {"venue": "bitso", "stream": "trades"}, every=1)
    actor.say("book.orders.open", of, every=1, bids=1, asks=1)
    quote(actor, of)
    yield


def disagreement(scene: Scene) -> Iterator[None]:
    """The venue shows more orders than the engine believes in."""
    of, actor = book("caelum", "bitpanda", "BTC/USD"), scene.actor()
    seen = {**of, "source": "venue"}
    actor.say("book.orders.open", of, every=1, bids=2, asks=2)
    actor.say("book.orders.open", seen, every=1, bids=5, asks=2)
    yield
    actor.say("book.orders.open", seen, every=1, bids=2, asks=2)


def unexplained(scene: Scene) -> Iterator[None]:
    """A client's equity falls by 1 %, and no fill, fee or transfer says why."""
    of, actor = {"client": "crater", "account": "crater-mm", "currency": "USD"}, scene.actor()
    whole = {"client": "crater", "currency": "USD"}
    actor.say("equity.set", whole, every=1, value=100_000.0)
    books = book("crater", "bitpanda", "ETH/USD")
    actor.say("book.trades.restore", books, position=0.0)
    actor.say("ledger.attach", of, None, {"book": books})
    actor.say("ledger.begin", of)
    actor.say("ledger.equity", of, amount=100_000.0)
    time.sleep(3)
    actor.say("ledger.equity", of, amount=99_000.0)
    yield
    actor.say("ledger.equity", of, amount=100_000.0)


def uncovered(scene: Scene) -> Iterator[None]:
    """Twice as much is left unhedged as may be."""
    of = {"client": "dorado", "asset": "SOL", "capital": "client"}
    scene.actor().say("exposure.set", of, every=1, value=20.0)
    yield
    scene.actor().say("exposure.set", of, every=1, value=1.0)


def hedge_limit(scene: Scene) -> Iterator[None]:
    """A hedge reaches 97 % of the position that its venue allows."""
    of, actor = (
        book("fornax", "bitpanda", "SOL/USDT:USDT", tag="hedge", role="hedge"),
        scene.actor(),
    )
    do = "book.trades.fill"
    actor.say("market.reference", market(of), every=1, mid=MID)
    actor.say("book.trades.restore", of, position=96.0, entry=MID)
    actor.say(do, of, side="buy", quantity=1.0, price=MID, liquidity="taker")
    yield
    actor.say(do, of, side="sell", quantity=90.0, price=MID, liquidity="taker")


def gas(scene: Scene) -> Iterator[None]:
    """A wallet's gas pays for two more transactions."""
    of, where = book("grus", "curve", "WETH/USDC@0.05%"), account("grus", "curve")
    actor = scene.actor()
    for asset, rate in (("ETH", 3_200.0), ("USDC", 1.0)):
        worth = {"asset": asset, "currency": "USD", "provider": "actor"}
        actor.say("rate.set", worth, every=1, rate=rate)
    actor.say("account.balance", where, every=1, asset="ETH", free=0.02, used=0.0)
    for _ in range(3):
        actor.say("book.pool.transaction", of, outcome="included", gas=0.01, gas_asset="ETH")
        time.sleep(2)
    yield
    actor.say("account.balance", where, every=1, asset="ETH", free=5.0, used=0.0)
