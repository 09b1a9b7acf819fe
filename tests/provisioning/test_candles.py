"""Candles: what opens and closes them, and whose price counts."""

from __future__ import annotations

from fortuna_otel import signals
from fortuna_otel.provisioning.candles import candle_prices
from tests.provisioning.evaluation import Series, evaluate


def looking_back(expr: str) -> str:
    """Evaluate at 0 s with everything until 60 s known, as a chart does for its older points."""
    return f"last_over_time(({expr})[1s:1s] offset 60s)"


def test_candles_are_labelled_at_their_opening() -> None:
    """The sample at the label opens the candle and counts in its high and low."""
    # Seconds 0, 1, 2 …: 100 at the opening, then up to 105 and down to 98, closing at 101.
    prices = [Series(signals.market.LAST, "100 103 105 98 101 150", venue="okx", symbol="s")]
    candles = candle_prices(signals.market.LAST, (), "4s")
    found = {
        name: evaluate(looking_back(getattr(candles, name)), prices)
        for name in ("open", "high", "low", "close")
    }
    key = (("symbol", "s"), ("venue", "okx"))
    assert found == {
        "open": {key: 100},
        "high": {key: 105},
        "low": {key: 98},
        "close": {key: 101},
    }


def test_a_candle_that_only_falls_is_as_high_as_its_opening() -> None:
    """Windows are open on the left: without the fold the high would lie below the opening."""
    prices = [Series(signals.market.LAST, "100 99 98 97 96", venue="okx", symbol="s")]
    candles = candle_prices(signals.market.LAST, (), "4s")
    assert set(evaluate(looking_back(candles.high), prices).values()) == {100}


def test_a_candle_ends_with_the_price_of_who_heard_last() -> None:
    """A process that ended within it knew an older price, higher or not."""
    market = {"venue": "okx", "symbol": "s"}
    told = {"ended": ("110 110 stale", "0 1 stale"), "alive": ("100+0x4", "0+1x4")}
    series = [
        Series(signal, values, instance=instance, job="j", **market)
        for instance, each in told.items()
        for signal, values in zip(
            (signals.market.LAST, signals.market.RECEIVED_TIMESTAMP), each, strict=True
        )
    ]
    candles = candle_prices(signals.market.LAST, (), "4s")
    assert set(evaluate(looking_back(candles.close), series).values()) == {100}
