"""A watcher tells what rests at the venue, whatever an engine believes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from examples.desk import watcher as watching
from examples.desk.watcher import Watcher, main
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from examples.desk.exchange.server import Exchange
    from fortuna_otel.mandates import Mandates

SEEN = {"source": "venue", "venue": "binance", "client": "acme"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watcher that looks all the time, and suspects an order at once."""
    monkeypatch.setattr(watching, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(watching, "GHOST_SECONDS", 0.0)


async def test_it_sees_quotes_orders_and_ghosts(
    make: Any,
    small: Mandates,
    exchange: Exchange,
    url: str,
    until: Callable[[Callable[[], object]], Awaitable[None]],
) -> None:
    """The ladder and the spread as the engine has them; an order nobody sent is counted."""
    bench = await make("binance")
    await bench.turns()
    where = {"venue": "binance", "account": "acme-mm", "symbol": "BTC/USDT"}
    made = exchange.control.command({"fault": "order", **where, "side": "sell", "notional": 500.0})
    assert made["id"]
    with capture("watcher") as seen:
        watcher, stop = Watcher(seen.telemetry, small, ["acme"], url), asyncio.Event()
        running = asyncio.create_task(watcher.run(stop))
        await until(lambda: seen.value("fortuna.orders.ghost", client="acme", venue="binance") == 1)
        assert seen.value("fortuna.orders.open", side="ask", **SEEN) == 6
        engine = bench.telemetry.value("fortuna.quote.bid")
        assert seen.value("fortuna.quote.bid", **SEEN) == engine
        assert seen.value("fortuna.obligation.spread", **SEEN) is not None
        exchange.control.command({"fault": "drop", **where, "id": made["id"]})
        await until(lambda: seen.value("fortuna.orders.ghost", client="acme", venue="binance") == 0)
        stop.set()
        await running


def test_an_unknown_client_is_refused(
    tmp_path: Path, small_text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With its name, before anything is told."""
    path = tmp_path / "mandates.yaml"
    path.write_text(small_text)
    assert main(["--client", "nobody", "--mandates", str(path)]) == 2
    assert "no client nobody" in capsys.readouterr().err
