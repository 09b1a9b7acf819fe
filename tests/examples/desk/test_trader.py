"""One account's cycle, turn by turn, against a real exchange: what is told is what is true."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ccxt
import pytest

from examples.desk.config import Override
from examples.desk.connect import TIMEOUT_MS
from examples.desk.exchange.orderbook import Side
from examples.desk.trader import BALANCE_TURNS, PULL_SECONDS
from tests.examples.desk.bench import NORMAL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fortuna_otel.testing import Capture

    Trade = Callable[..., Awaitable[Any]]

SYMBOL = "BTC/USDT"


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_the_ladder_told_is_the_ladder_that_rests(make: Any, venue: str) -> None:
    """Level by level, price and remaining size: after quoting, a partial fill, and a view."""
    bench = await make(venue)
    await bench.turns()
    assert len(bench.truth()["core"]["bid"]) == 6
    assert bench.told() == bench.truth()
    order = next(iter(bench.venue.accounts["acme-mm"].orders.values()))
    bench.venue.take("whale", order, order.quantity / 4)
    await bench.turns()
    assert bench.told() == bench.truth()
    liquidity = sum(price * size for price, size in bench.truth()["core"]["bid"])
    assert bench.telemetry.value("fortuna.quote.liquidity", side="bid") == pytest.approx(liquidity)
    assert bench.telemetry.value("fortuna.orders.open", side="ask") == 6


async def test_books_of_one_account_are_told_apart(make: Any) -> None:
    """Two strategies on one market in one account: each order belongs to the one that sent it."""
    bench = await make("binance", "umbra-mm")
    await bench.turns()
    truth = bench.truth()
    assert set(truth) == {"core", "wide"}
    assert bench.told() == truth
    assert truth["core"]["bid"][0][0] > truth["wide"]["bid"][0][0]


@pytest.mark.parametrize(("venue", "told"), [("binance", True), ("okx", False)])
async def test_the_venues_clock_and_limits_are_told(
    make: Any, telemetry: Capture, venue: str, told: bool
) -> None:
    """Its clock is this machine's; binance counts request weight in its answers, okx does not."""
    bench = await make(venue)
    await bench.turns()
    offset = telemetry.value("fortuna.venue.clock.offset", venue=venue)
    assert offset is not None
    assert abs(offset) <= TIMEOUT_MS / 2_000  # half of the longest that an answer may take
    used = telemetry.value("fortuna.ratelimit.used", limit="request_weight")
    assert (used is not None) == told
    assert used is None or 0.0 < used < 1.0


async def test_orders_are_counted_as_they_happened(make: Any, telemetry: Capture) -> None:
    """Submitted and acknowledged per order, with its time on the wire and in our own queue."""
    bench = await make("okx")
    await bench.turns()
    for name in ("submitted", "acknowledged"):
        assert telemetry.value(f"fortuna.orders.{name}", side="buy") == 6
    assert telemetry.value("fortuna.orders.ack.duration") == 12
    assert telemetry.value("fortuna.orders.queue.duration") == 12
    await bench.turns(1, Override(paused=True))
    assert bench.truth() == {}
    assert telemetry.value("fortuna.orders.cancelled", side="buy") == 6
    assert telemetry.value("fortuna.orders.cancel.duration") == 12
    assert bench.told() == {}
    assert telemetry.value("fortuna.book.state", state="paused") == 1


@pytest.mark.parametrize("how", ["filled", "dropped"])
async def test_how_an_order_ended_is_told(make: Any, how: str) -> None:
    """Filled in full, or cancelled by the venue itself: the next view finds out."""
    bench = await make("binance")
    await bench.turns()
    order = next(iter(bench.venue.accounts["acme-mm"].orders.values()))
    if how == "filled":
        bench.venue.take("whale", order, order.quantity)
    else:
        bench.venue.cancel("acme-mm", SYMBOL, order.id)
    await bench.turns()
    name = {"filled": "fortuna.orders.filled", "dropped": "fortuna.orders.cancelled"}[how]
    assert bench.telemetry.value(name, side=order.side.value) == 1
    assert bench.told() == bench.truth()


async def test_okx_cancelling_a_post_only_order_is_a_reject(make: Any) -> None:
    """An order that okx took and cancelled at once is counted as refused, post-only."""
    bench = await make("okx")
    await bench.turns()
    [book] = bench.trader.books
    crossing = Side.BUY, Decimal("0.5"), Decimal(90_000)
    order = bench.venue.place("acme-mm", SYMBOL, *crossing, client_id="coreQ9", post_only=True)
    book.resting[str(order.id)] = next(iter(book.resting.values()))
    book.resting[str(order.id)] = book.resting[str(order.id)].__class__(
        str(order.id), "buy", 90_000.0, 0.5, 0.5, 0.0
    )
    await bench.turns()
    rejected = bench.telemetry.value("fortuna.orders.rejected", reason="post_only")
    assert rejected == 1


async def test_refusals_are_told_with_their_reason(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused by the venue, or by ccxt before anything was sent: counted apart."""
    bench = await make("binance")
    monkeypatch.setattr("examples.desk.strategy.affordable", lambda quotes, *_: (quotes, []))
    bench.venue.accounts["acme-mm"].free["USDT"] = Decimal(0)
    await bench.turns()
    venue = {"reason": "insufficient_funds", "origin": "venue", "action": "submit"}
    assert bench.telemetry.value("fortuna.orders.rejected", **venue) == 6
    assert bench.telemetry.value("fortuna.orders.submitted", side="buy") == 6
    assert bench.telemetry.value("fortuna.orders.acknowledged", side="buy") in (None, 0)
    bench.trader._exchange.markets[SYMBOL]["precision"]["amount"] = 1e9
    await bench.turns()
    local = {"reason": "invalid", "origin": "local", "action": "submit"}
    assert bench.telemetry.value("fortuna.orders.rejected", **local) == 6
    assert bench.telemetry.value("fortuna.orders.submitted", side="buy") == 6


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_an_unknown_outcome_is_resolved_by_the_next_view(make: Any, venue: str) -> None:
    """The answer to an order got lost: it is unknown, then found live, and not sent again."""
    bench = await make(venue)
    send = bench.trader._exchange.fetch
    lost: list[str] = []

    async def losing(url: str, method: str = "GET", *rest: Any) -> Any:
        answer = await send(url, method, *rest)
        if method == "POST" and "cancel-all-after" not in url and not lost:
            lost.append(url)
            raise ccxt.RequestTimeout("the answer got lost")
        return answer

    bench.trader._exchange.fetch = losing
    await bench.turns()
    assert bench.telemetry.value("fortuna.orders.unresolved") == (1 if venue == "binance" else 12)
    assert bench.telemetry.value("fortuna.orders.unknown", reason="timeout") >= 1
    bench.trader._rest_until = 0.0
    await bench.turns(2)
    assert bench.telemetry.value("fortuna.orders.unresolved") == 0
    assert len(bench.truth()["core"]["bid"]) == 6
    assert bench.told() == bench.truth()


async def test_a_failing_venue_is_left_alone_for_longer_and_longer(make: Any) -> None:
    """Errors back off, say what the venue can do, and end with the venue's recovery."""
    bench = await make("binance")
    await bench.turns()
    clock = [bench.trader._clock()]
    bench.trader._clock = lambda: clock[0]
    send, asked = bench.trader._exchange.fetch, []

    async def failing(*_: Any) -> Any:
        asked.append(clock[0])
        raise ccxt.ExchangeNotAvailable("down")

    bench.trader._exchange.fetch = failing
    for _ in range(8):
        clock[0] += 1.0
        await bench.trader.turn(NORMAL)
    assert [later - earlier for earlier, later in itertools.pairwise(asked)] == [1, 2, 4]
    assert bench.telemetry.value("fortuna.venue.status", status="down") == 1
    bench.trader._exchange.fetch = send
    clock[0] += 60.0
    await bench.trader.turn(NORMAL)
    assert bench.telemetry.value("fortuna.venue.status", status="ok") == 1
    assert bench.told() == bench.truth()


async def test_without_prices_quotes_stay_and_are_pulled_in_the_end(make: Any) -> None:
    """A silent feed leaves orders as they are, still confirmed; a long silence pulls them."""
    bench = await make("binance")
    await bench.turns()
    truth = bench.truth()
    received = bench.prices._tops["binance", SYMBOL].received
    bench.prices._clock = lambda: received + PULL_SECONDS - 1
    for _ in range(2):
        await bench.trader.turn(NORMAL)
    assert bench.truth() == bench.told() == truth
    bench.prices._clock = lambda: received + PULL_SECONDS + 1
    await bench.trader.turn(NORMAL)
    assert bench.truth() == {}
    assert bench.telemetry.value("fortuna.book.state", state="pulled_risk") == 1


async def test_far_beyond_its_limit_a_book_quotes_one_side(make: Any) -> None:
    """Twice the exposure limit off target, nothing more is bought."""
    bench = await make("binance")
    [okx] = [one for one in bench.portfolio._accounts["acme"] if one.venue == "okx"]
    bench.portfolio.set(okx, "BTC", 6.0 + 7.0)
    await bench.turns()
    assert bench.truth()["core"]["bid"] == []
    assert len(bench.truth()["core"]["ask"]) == 6
    assert bench.telemetry.value("fortuna.book.state", state="one_sided_limit") == 1


async def test_an_override_widens_the_quotes(make: Any) -> None:
    """A multiplied spread is quoted, and told."""
    bench = await make("binance")
    await bench.turns()
    normal = bench.telemetry.value("fortuna.quote.spread")
    await bench.turns(1, Override(spread_multiplier=6.0))
    assert bench.telemetry.value("fortuna.quote.spread") == pytest.approx(6 * normal, rel=0.05)
    assert bench.told() == bench.truth()


async def test_balances_and_capital_are_the_venues(make: Any) -> None:
    """Free and used as the venue has them; exposure over all accounts; equity in dollars."""
    bench = await make("binance")
    await bench.turns(BALANCE_TURNS)
    held = bench.venue.accounts["acme-mm"]
    where = {"asset": "BTC", "account": "acme-mm"}
    for state, amounts in (("free", held.free), ("used", held.used)):
        told = bench.telemetry.value("fortuna.inventory.balance", state=state, **where)
        assert told == pytest.approx(float(amounts["BTC"]))
    bench.portfolio.tell()
    assert bench.telemetry.value("fortuna.exposure.net", client="acme", asset="BTC") == 12.0
    btc, usdt = (bench.prices.usd(asset) for asset in ("BTC", "USDT"))
    equity = bench.telemetry.value("fortuna.equity", client="acme")
    assert equity == pytest.approx(12 * btc + 2 * 360_000 * usdt)


async def test_the_hedge_trades_against_what_clients_gathered(make: Any) -> None:
    """The desk's own book takes a share of the clients' deviation off, as a taker."""
    bench = await make("binance", "desk-hedge")
    [okx] = [one for one in bench.portfolio._accounts["acme"] if one.venue == "okx"]
    bench.portfolio.set(okx, "BTC", 6.0 + 2.0)
    await bench.turns(16)
    sold = bench.telemetry.value("fortuna.trade.volume", side="sell", liquidity="taker")
    assert sold == float(bench.traded()) > 0
    assert bench.telemetry.value("fortuna.book.info", role="hedge", capital="desk") == 1


@pytest.mark.parametrize("venue", ["binance", "okx"])
async def test_stopping_leaves_nothing_behind(make: Any, venue: str) -> None:
    """Every order is cancelled, also one that nobody remembers, and told as gone."""
    bench = await make(venue)
    await bench.turns()
    bench.venue.place("acme-mm", SYMBOL, Side.BUY, Decimal(1), Decimal(50_000))
    await bench.trader.stop()
    assert bench.truth() == bench.told() == {}
    assert bench.telemetry.value("fortuna.orders.open", side="bid") == 0
    assert bench.telemetry.value("fortuna.book.state", state="stopping") == 1


async def test_a_venue_that_refuses_everything_is_not_asked_on(make: Any) -> None:
    """Rate limited at the first order, the other eleven are not sent at all."""
    bench = await make("binance")
    send = bench.trader._exchange.fetch
    posted: list[str] = []

    async def limiting(url: str, method: str = "GET", *rest: Any) -> Any:
        if method == "POST":
            posted.append(url)
            raise ccxt.DDoSProtection("slow down")
        return await send(url, method, *rest)

    bench.trader._exchange.fetch = limiting
    await bench.turns()
    assert len(posted) == 1
    assert bench.telemetry.value("fortuna.orders.rejected", reason="rate_limited") == 1


@pytest.mark.parametrize("after", ["an error", "forgetting it"])
async def test_an_orders_end_is_told_whatever_comes_between(make: Any, after: str) -> None:
    """A venue that fails, or has forgotten the order, does not leave its end untold."""
    bench = await make("binance")
    await bench.turns()
    order = next(iter(bench.venue.accounts["acme-mm"].orders.values()))
    bench.venue.cancel("acme-mm", SYMBOL, order.id)
    ask = bench.trader._exchange.fetch_order

    async def failing(*_: Any) -> Any:
        bench.trader._exchange.fetch_order = ask
        raise ccxt.ExchangeNotAvailable("down")

    if after == "an error":
        bench.trader._exchange.fetch_order = failing
    else:
        del bench.venue.orders[order.id]
    await bench.turns()
    bench.trader._rest_until = 0.0
    await bench.turns()
    assert bench.telemetry.value("fortuna.orders.cancelled", side=order.side.value) == 1
