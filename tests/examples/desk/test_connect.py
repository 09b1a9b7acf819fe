"""ccxt, pointed at the loopback, timed on the wire, its errors put into the registry's words."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import ccxt
import ccxt.async_support
import pytest

from examples.desk import light_ccxt
from examples.desk.connect import connect, errors, on_the_wire, point, reason, reason_of_code
from fortuna_otel.signals.enums import OrderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

LOOPBACK = "http://127.0.0.1:8500"


def leaves(node: Any) -> Iterator[str]:
    """Yield every URL of ccxt's nested tables."""
    if isinstance(node, dict):
        for value in node.values():
            yield from leaves(value)
    elif isinstance(node, str):
        yield node


@pytest.mark.parametrize("venue", ["binance", "okx", "bybit", "hyperliquid", "kraken"])
def test_no_url_leads_to_a_real_venue(venue: str) -> None:
    """Every endpoint is rewritten to the loopback, its host kept as the first segment."""
    exchange = point(getattr(ccxt, venue)(), LOOPBACK)
    urls = [url for group in ("api", "test", "demo") for url in leaves(exchange.urls.get(group))]
    assert urls
    for url in urls:
        assert url.startswith(("http://127.0.0.1:8500/", "ws://127.0.0.1:8500/"))
        assert "{hostname}" not in url
    if venue == "binance":
        assert exchange.urls["api"]["public"] == f"{LOOPBACK}/api.binance.com/api/v3"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ccxt.InsufficientFunds, "insufficient_funds"),
        (ccxt.OrderImmediatelyFillable, "post_only"),
        (ccxt.OrderNotFound, "not_found"),
        (ccxt.DDoSProtection, "rate_limited"),
        (ccxt.PermissionDenied, "auth"),
        (ccxt.InvalidNonce, "auth"),
        (ccxt.RequestTimeout, "timeout"),
        (ccxt.OnMaintenance, "maintenance"),
        (ccxt.ExchangeNotAvailable, "network"),
        (ccxt.BadSymbol, "invalid"),
        (ccxt.ExchangeError, "other"),
    ],
)
def test_reasons(kind: type[Exception], name: str) -> None:
    """Each class of ccxt has its reason, and every reason is one of the registry's."""
    assert reason(kind("x")) == name
    assert name in set(OrderError)


def test_the_code_of_one_order_in_a_batch_has_its_reason() -> None:
    """A venue's code reads as the exception that ccxt would have raised for it."""
    okx = ccxt.okx()
    assert reason_of_code(okx, "51008") == "insufficient_funds"
    assert reason_of_code(okx, "no such code") == "other"
    assert reason_of_code(okx, None) == "other"


async def test_the_wire_is_timed_without_the_limiter(
    trade: Callable[..., Awaitable[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Time in our own rate limiter is the queue's, not the venue's."""
    client = await trade("binance")
    times = iter(range(100))

    async def wait(_cost: float) -> None:
        next(times)

    client.throttle = wait
    clock = SimpleNamespace(perf_counter=lambda: float(next(times)))
    monkeypatch.setattr("examples.desk.connect.time", clock)
    with on_the_wire() as wire:
        await client.fetch_order_book("BTC/USDT")
    # The clock says 0 at the call, 1 passes in the limiter, and 2 and 3 frame the request.
    assert (wire.queued, wire.seconds) == (2.0, 1.0)


async def test_what_was_not_sent_has_no_time(trade: Callable[..., Awaitable[Any]]) -> None:
    """A call that ccxt refuses by itself was never on the wire."""
    client = await trade("binance", "acme-mm")
    with on_the_wire() as wire, pytest.raises(ccxt.InvalidOrder):
        await client.create_order("BTC/USDT", "limit", "buy", 1e-9, 50_000.0)
    assert wire.seconds is wire.queued is None


async def test_tasks_measure_apart(trade: Callable[..., Awaitable[Any]]) -> None:
    """Concurrent calls do not see each other's time."""
    client = await trade("binance")

    async def measured(symbol: str) -> float | None:
        with on_the_wire() as wire:
            await client.fetch_order_book(symbol)
        return wire.seconds

    times = await asyncio.gather(*(measured("BTC/USDT") for _ in range(5)))
    assert len(set(times)) == 5


def test_a_single_exchange_is_the_same_class_as_in_all_of_ccxt() -> None:
    """What is loaded alone is ccxt's own, so that errors and instances fit together."""
    assert light_ccxt.load("okx") is ccxt.async_support.okx
    assert errors.InsufficientFunds is ccxt.InsufficientFunds


def test_the_desk_does_not_load_every_exchange() -> None:
    """A fresh process loads its exchange alone, and all of ccxt afterwards if it wants to."""
    program = (
        "import sys; from examples.desk.connect import connect, errors\n"
        "exchange = connect('binance', 'http://127.0.0.1:1', agent='a')\n"
        "assert 'ccxt' not in sys.modules and 'ccxt.async_support.kraken' not in sys.modules\n"
        "import ccxt, ccxt.async_support\n"
        "assert isinstance(exchange, ccxt.async_support.binance)\n"
        "assert errors.OrderNotFound is ccxt.OrderNotFound\n"
        "assert ccxt.kraken().id == 'kraken'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)


def test_an_unknown_venue_is_an_import_error() -> None:
    """A venue that ccxt does not have cannot be loaded."""
    with pytest.raises(ModuleNotFoundError):
        light_ccxt.load("nowhere")


async def test_a_client_signs_with_its_accounts_keys() -> None:
    """Keys follow from venue and account; without an account there are none."""
    private = connect("okx", LOOPBACK, agent="a", account="acme-mm")
    public = connect("okx", LOOPBACK, agent="a")
    assert private.apiKey == "demo-acme-mm"
    assert not public.apiKey
    await private.close()
    await public.close()
