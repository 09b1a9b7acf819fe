"""A restarted engine doubles nothing: not a level, not a fill, not an instance."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from examples.desk.connect import connect
from fortuna_otel.mandates import load
from tests.e2e.desk import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.desk import Desk

pytestmark = pytest.mark.e2e

ENGINE = "mm-tokens-1"
JOB = f"desk/{ENGINE}"
SAME = 1e-6
# Fills that were counted but not exported when the process was killed are gone with it: counting
# happens once a second, and so does exporting. What is lost is bounded; nothing is ever doubled.
UNEXPORTED_SECONDS = 3.0
# What binance gives at once; okx gives 100, too few for a whole test run.
PAGE = 1000


def books() -> list[tuple[str, str, str]]:
    """Venue, account and symbol of each book of the engine."""
    mandates = load(ROOT / "examples" / "mandates.yaml")
    return [
        (book.venue, book.account, book.symbol) for book in mandates.books if book.service == JOB
    ]


async def recorded(desk: Desk, venue: str, account: str, symbol: str) -> list[tuple[float, float]]:
    """The venue's own record of an account's fills: Unix time and notional of each."""
    url = f"http://127.0.0.1:{desk.ports.exchange}"
    exchange = connect(venue, url, agent="test", account=account)
    try:
        await exchange.load_markets()
        trades = await exchange.fetch_my_trades(symbol, limit=PAGE)
    finally:
        await exchange.close()
    assert len(trades) < PAGE, "more fills than one page: the comparison would be partial"
    return [(trade["timestamp"] / 1000, trade["cost"]) for trade in trades]


def counted(desk: Desk, name: str, venue: str, account: str, symbol: str) -> float:
    """What the engine counted since the desk began, over its restarts."""
    selector = f'{name}{{venue="{venue}",account="{account}",symbol="{symbol}"}}'
    # `anchored` is exact where plain increase extrapolates.
    return desk.value(f"sum(increase({selector}[30m] anchored))") or 0.0


def agree(desk: Desk, book: tuple[str, str, str], killed: float | None = None) -> bool:
    """Whether the fills counted are those recorded, but for what a kill took with it.

    More than was recorded is wrong at any moment: it can only come from counting twice.
    """
    fills = counted(desk, "fortuna_trade_fills_total", *book)
    notional = counted(desk, "fortuna_trade_notional_total", *book)
    truth = asyncio.run(recorded(desk, *book))
    assert fills <= len(truth) + SAME, f"{book}: {fills} counted, {len(truth)} recorded"
    costs = sum(cost for _, cost in truth)
    assert notional <= costs * (1 + SAME), f"{book}: {notional} counted, {costs} recorded"
    certain = [
        (at, cost)
        for at, cost in truth
        if killed is None or not killed - UNEXPORTED_SECONDS <= at <= killed
    ]
    least = sum(cost for _, cost in certain)
    return fills >= len(certain) - SAME and notional >= least * (1 - SAME)


def test_fills_equal_the_venues_own_record_across_a_kill(desk: Desk) -> None:
    """Fills and volume are the venue's, before kill -9 and after the restart; none is doubled."""
    at_binance = [book for book in books() if book[0] == "binance"]

    def with_fills() -> list[tuple[str, str, str]]:
        return [book for book in at_binance if asyncio.run(recorded(desk, *book))]

    traded = desk.wait(with_fills, 120, "fills")
    for book in traded:
        desk.wait(partial(agree, desk, book), 60, f"the fills of {book} to be counted")

    process, killed = desk.pid(ENGINE), time.time()
    os.kill(process, signal.SIGKILL)
    desk.wait(lambda: desk.pid(ENGINE) != process, 20, "the engine to be started again")
    desk.wait(
        lambda: desk.value(
            f'max(fortuna_service_started_timestamp_seconds{{job="{JOB}"}}) > {killed}'
        ),
        40,
        "the new process to report",
    )
    for book in traded:
        desk.wait(partial(agree, desk, book, killed), 60, f"the fills of {book} after the kill")


def test_the_restarted_process_is_the_same_instance(desk: Desk) -> None:
    """The slot is taken again: every sum on the board sees one process, before and after."""
    killed = desk.pid(ENGINE)
    os.kill(killed, signal.SIGKILL)
    desk.wait(lambda: desk.pid(ENGINE) != killed, 20, "the engine to be started again")
    begun = time.time()
    while time.time() - begun < 15:
        raw = desk.value(f'sum(fortuna_quote_liquidity{{job="{JOB}"}})')
        collapsed = desk.value(
            "sum(max by (client,venue,symbol,account,tag,side) "
            f'(fortuna_quote_liquidity{{job="{JOB}"}}))'
        )
        assert raw == collapsed
        instances = desk.value(
            "count(count by (instance) "
            f'(last_over_time(fortuna_heartbeat_timestamp_seconds{{job="{JOB}"}}[30m])))'
        )
        assert instances == 1
        time.sleep(0.5)


def test_the_ladder_is_what_rests_at_the_venue(desk: Desk) -> None:
    """Price and size of every level on the board are the venue's own open orders."""
    venue, account, symbol = next(book for book in books() if book[0] == "binance")

    async def resting() -> dict[str, list[tuple[float, float]]]:
        url = f"http://127.0.0.1:{desk.ports.exchange}"
        exchange = connect(venue, url, agent="test", account=account)
        try:
            await exchange.load_markets()
            orders = await exchange.fetch_open_orders(symbol)
        finally:
            await exchange.close()
        sides: dict[str, list[tuple[float, float]]] = {"bid": [], "ask": []}
        for order in orders:
            side = "bid" if order["side"] == "buy" else "ask"
            sides[side].append((order["price"], order["remaining"]))
        sides["bid"].sort(reverse=True)
        sides["ask"].sort()
        return sides

    def board() -> dict[str, list[tuple[float, float]]]:
        labels = f'venue="{venue}",account="{account}",symbol="{symbol}",source="engine"'
        found: dict[tuple[str, str], list[float]] = {}
        for name in ("price", "size"):
            for row, value in desk.query(f"fortuna_quote_ladder_{name}{{{labels}}}"):
                found.setdefault((row["side"], row["level"].zfill(2)), []).append(value)
        sides: dict[str, list[tuple[float, float]]] = {"bid": [], "ask": []}
        for (side, _), (price, size) in sorted(found.items()):
            sides[side].append((price, size))
        return sides

    desk.wait(
        lambda: (truth := asyncio.run(resting())) == board() and all(truth.values()),
        40,
        "a moment in which ladder and venue agree",
    )


def test_a_collector_that_is_down_stops_no_trading(desk: Desk) -> None:
    """Engines quote on without a Collector, say so once, and their counters lose nothing."""
    collector = desk.pid("collector")
    log: Path = desk.run_dir / "logs" / f"{ENGINE}.log"
    said = len(log.read_text(encoding="utf-8"))
    os.kill(collector, signal.SIGSTOP)
    try:
        venue, account, symbol = next(book for book in books() if book[0] == "okx")
        before = {order["id"] for order in asyncio.run(_orders(desk, venue, account, symbol))}
        desk.wait(
            lambda: {o["id"] for o in asyncio.run(_orders(desk, venue, account, symbol))} - before,
            40,
            "new orders while the Collector hangs",
        )
        desk.wait(lambda: "not exported" in log.read_text(encoding="utf-8")[said:], 20, "a warning")
    finally:
        os.kill(collector, signal.SIGCONT)
    desk.wait(
        lambda: desk.value(f'time() - max(fortuna_heartbeat_timestamp_seconds{{job="{JOB}"}}) < 3'),
        30,
        "heartbeats after the Collector is back",
    )
    warnings = log.read_text(encoding="utf-8")[said:].count("not exported")
    assert warnings <= 2, "one a minute, not one a tick"


async def _orders(desk: Desk, venue: str, account: str, symbol: str) -> list[dict[str, object]]:
    url = f"http://127.0.0.1:{desk.ports.exchange}"
    exchange = connect(venue, url, agent="test", account=account)
    try:
        await exchange.load_markets()
        orders: list[dict[str, object]] = await exchange.fetch_open_orders(symbol)
        return orders
    finally:
        await exchange.close()
