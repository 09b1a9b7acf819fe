"""The engine as a whole: it quotes everything it promised, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from examples.desk import engine as engines
from examples.desk import feed as feeds
from examples.desk.config import Overrides, plan
from examples.desk.engine import Engine, main
from examples.desk.ledger import Ledger
from fortuna_otel.testing import Capture, capture

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from examples.desk.exchange.server import Exchange
    from fortuna_otel.mandates import Mandates

    Until = Callable[[Callable[[], object]], Awaitable[None]]

BOOKS = (("binance", "acme-mm"), ("okx", "acme-mm"), ("binance", "umbra-mm"))
PATIENCE_SECONDS = 30.0


def orders(exchange: Exchange) -> dict[tuple[str, str], int]:
    """Return how many orders each quoting account has live at its venue."""
    return {
        (venue, account): len(exchange.venues[venue].accounts[account].orders)
        for venue, account in BOOKS
    }


@pytest.fixture
async def living(exchange: Exchange) -> AsyncIterator[None]:
    """Let time pass at the exchange as it does."""
    running = asyncio.create_task(exchange.run())
    yield
    running.cancel()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let turns and polls follow each other faster than in life."""
    monkeypatch.setattr(engines, "TURN_SECONDS", 0.1)
    monkeypatch.setattr(feeds, "TICKER_SECONDS", 0.2)


def build(small: Mandates, captured: Capture, url: str, tmp_path: Path) -> Engine:
    """Return an engine for the small desk."""
    return Engine(
        captured.telemetry,
        plan(small, "mm-test"),
        url,
        Overrides(tmp_path / "overrides.json"),
        Ledger(tmp_path / "state.json"),
    )


@pytest.mark.usefixtures("living", "quick")
async def test_an_engine_run(
    small: Mandates, exchange: Exchange, url: str, tmp_path: Path, until: Until
) -> None:
    """Every book quotes, every obligation is judged, the loop beats; the end leaves nothing."""
    stop = asyncio.Event()
    with capture() as captured:
        engine = build(small, captured, url, tmp_path)
        running = asyncio.create_task(engine.run(stop))
        await until(lambda: all(count >= 10 for count in orders(exchange).values()))
        await until(
            lambda: (
                len(captured.values("fortuna.book.state", state="quoting")) >= 4
                and captured.value("fortuna.heartbeat.timestamp", loop="quote") is not None
            )
        )
        assert captured.value("fortuna.service.state", state="running") == 1
        spreads = captured.values("fortuna.obligation.spread")
        assert {dict(key)["mandate"] for key in spreads} == {
            "acme-btc-binance",
            "acme-btc-okx",
            "umbra-umb-binance",
        }
        allowed = {one.mandate: one.spread.max for one in small.obligations}
        for key, spread in spreads.items():
            assert 0 < spread <= (allowed[dict(key)["mandate"]] or 1)
        await until(lambda: len(captured.values("fortuna.exposure.net")) >= 4)
        (tmp_path / "overrides.json").write_text(json.dumps({"umbra": {"paused": True}}))
        await until(lambda: orders(exchange)["binance", "umbra-mm"] == 0)
        stop.set()
        await asyncio.wait_for(running, timeout=PATIENCE_SECONDS)
        assert set(orders(exchange).values()) == {0}
        assert captured.values("fortuna.quote.bid") == {}
        assert captured.value("fortuna.service.state", state="stopping") == 1
        fills = sum(captured.values("fortuna.trade.fills").values())
        booked = sum(
            len(exchange.venues[venue].accounts[account].fills)
            for venue, account in (*BOOKS, ("binance", "desk-hedge"))
        )
        assert fills <= booked


@pytest.mark.usefixtures("quick")
async def test_it_waits_for_the_venue(
    small: Mandates, exchange: Exchange, url: str, tmp_path: Path, until: Until
) -> None:
    """A venue that is not there yet is waited for, and told to be; stopping works meanwhile."""
    exchange.control.command({"fault": "unavailable", "venue": "binance", "seconds": 60})
    stop = asyncio.Event()
    with capture() as captured:
        engine = build(small, captured, url, tmp_path)
        running = asyncio.create_task(engine.run(stop))
        await until(lambda: captured.value("fortuna.service.state", state="starting") == 1)
        stop.set()
        await asyncio.wait_for(running, timeout=PATIENCE_SECONDS)


async def test_a_process_cancels_its_orders_on_sigterm(
    exchange: Exchange, url: str, tmp_path: Path, small_text: str, until: Until
) -> None:
    """A real process quotes without a Collector, and ends with 0 and no order left."""
    mandates_file = tmp_path / "mandates.yaml"
    mandates_file.write_text(small_text)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "examples.desk.engine", "--service", "mm-test", "--exchange", url),
        *("--mandates", str(mandates_file), "--state-dir", str(tmp_path / "state")),
        env={"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "XDG_RUNTIME_DIR": str(tmp_path)},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await until(lambda: all(count >= 10 for count in orders(exchange).values()))
    finally:
        process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), timeout=PATIENCE_SECONDS) == 0
    assert set(orders(exchange).values()) == {0}
    assert (tmp_path / "state" / "mm-test.json").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--service", "mm-nobody"], "use mm-"),
        (["--service", "mm-majors", "--mandates", "/no/such/file.yaml"], "/no/such/file.yaml"),
    ],
)
def test_what_cannot_start_is_explained(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service without books, or no mandates: 2, and what to write instead."""
    assert main(arguments) == 2
    assert said in capsys.readouterr().err
