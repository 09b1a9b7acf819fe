"""PnL: components, currencies and capital."""

from __future__ import annotations

import pytest

from fortuna_otel import signals
from fortuna_otel.provisioning import trades
from tests.provisioning.evaluation import Series, evaluate

SELECTED = {
    "client": ["acme", "desk"],
    "exchange": ["binance"],
    "symbol": ["A/USDT", "A/BTC"],
    "account": ["mm"],
    "tag": ["core"],
    "reference": "USD",
}


def book(client: str, symbol: str) -> dict[str, str]:
    """A book's labels."""
    quote = symbol.partition("/")[2]
    return {
        "client": client,
        "venue": "binance",
        "symbol": symbol,
        "account": "mm",
        "tag": "core",
        "quote": quote,
    }


def pnl(labels: dict[str, str], component: str, gain: float, loss: float) -> list[Series]:
    """What a component earned and lost each second."""
    return [
        Series(
            signals.trades.PNL_ATTRIBUTED,
            f"0+{amount}x60",
            **labels,
            component=component,
            direction=direction,
        )
        for direction, amount in (("gain", gain), ("loss", loss))
    ]


def bound(labels: dict[str, str], capital: str) -> Series:
    """The book is bound, on this capital."""
    return Series(signals.quotes.BOOK_INFO, "1+0x60", **labels, role="quote", capital=capital)


RATES = [
    Series(signals.market.REFERENCE_RATE, f"{rate}+0x60", asset=asset, currency="USD")
    for asset, rate in (("USDT", 1), ("BTC", 50_000))
]


def test_profit_nets_components_and_converts_each_quote() -> None:
    """1 USDT of spread less 0.25 of fees a second, and a loss in BTC."""
    usdt, btc = book("acme", "A/USDT"), book("acme", "A/BTC")
    series = [
        *pnl(usdt, "spread", 1, 0),
        *pnl(usdt, "fees", 0, 0.25),
        *pnl(btc, "inventory", 0, 0.00001),
        *RATES,
    ]
    found = evaluate(trades.profit(("client",), "60s"), series, SELECTED)
    assert found == {(("client", "acme"),): pytest.approx(60 * (0.75 - 0.5))}


def test_profit_is_never_added_over_capital() -> None:
    """What the client's and the desk's capital earned stay two numbers."""
    of_client, of_desk = book("acme", "A/USDT"), book("desk", "A/USDT")
    series = [
        *pnl(of_client, "spread", 2, 0),
        *pnl(of_desk, "inventory", 0, 1),
        bound(of_client, "client"),
        bound(of_desk, "desk"),
        *RATES,
    ]
    found = evaluate(trades.profit_by_capital((), "60s"), series, SELECTED)
    assert found == {
        (("capital", "client"),): pytest.approx(120),
        (("capital", "desk"),): pytest.approx(-60),
    }


def test_every_component_has_its_colour() -> None:
    """A new component in the registry must be given one."""
    assert set(trades.COMPONENTS) == set(signals.trades.PNL_ATTRIBUTED.values("component") or ())
