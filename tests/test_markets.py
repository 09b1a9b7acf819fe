"""Symbols: base, quote and settle derived, or a remedy."""

from __future__ import annotations

import pytest

from fortuna_otel import Market


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("BTC/USDT", ("BTC", "USDT", "")),
        ("ETH/USDT:USDT", ("ETH", "USDT", "USDT")),
        ("BTC/USD:BTC", ("BTC", "USD", "BTC")),
        ("BTC/USDT:USDT-261225", ("BTC", "USDT", "USDT")),
        ("BTC/USD:BTC-261225-64000-C", ("BTC", "USD", "BTC")),
        ("WETH/USDC@0.05%", ("WETH", "USDC", "")),
        ("1000PEPE/USDT", ("1000PEPE", "USDT", "")),
    ],
)
def test_unified_symbols_are_parsed(symbol: str, parts: tuple[str, str, str]) -> None:
    """Spot, derivatives, options and pools."""
    market = Market.parse(venue="v", symbol=symbol)
    assert (market.base, market.quote, market.settle) == parts
    assert market.attributes["symbol"] == symbol


@pytest.mark.parametrize(
    "symbol", ["BTCUSDT", "BTC-USDT", "BTC/", "/USDT", "BTC/USDT:", "BTC/USDT/ETH", "BTC /USDT"]
)
def test_other_forms_are_refused_with_a_remedy(symbol: str) -> None:
    """The message shows how a symbol is written."""
    with pytest.raises(ValueError, match="write 'BTC/USDT'"):
        Market.parse(venue="v", symbol=symbol)


@pytest.mark.parametrize(
    ("venue", "symbol"), [("", "A/B"), ("v", ""), (None, "A/B"), ("v\n", "A/B"), ("v" * 129, "A/B")]
)
def test_labels_must_be_labels(venue: str, symbol: str) -> None:
    """Empty, long or unprintable values are declaration errors."""
    with pytest.raises(ValueError, match="give a short printable label"):
        Market.parse(venue=venue, symbol=symbol)
