"""Markouts: the weighted mean, its standard error, two quote currencies, and too few fills."""

from __future__ import annotations

import math
import statistics

import pytest

from fortuna_otel import recorded
from fortuna_otel.provisioning import markouts
from tests.provisioning.evaluation import Series, evaluate

SELECTED = {
    "client": ["acme"],
    "exchange": ["binance"],
    "symbol": ["A/USDT", "A/BTC"],
    "account": ["mm"],
    "tag": ["core"],
    "reference": "USD",
    "__range": "60s",
}
RATES = {"USDT": 1.0, "BTC": 50_000.0}


def fills(quote: str, worths: list[float], notional: float, side: str = "buy") -> list[Series]:
    """Fills of one size, recorded in two minutes, and what each was worth 60 s later."""
    labels = {
        "client": "acme",
        "venue": "binance",
        "symbol": f"A/{quote}",
        "account": "mm",
        "tag": "core",
        "quote": quote,
        "side": side,
        "liquidity": "maker",
        "horizon": "60",
    }

    def each(total: float) -> str:
        return f"_x10 {total / 4!r} _x40 {total * 3 / 4!r} _x20"

    gain = sum(worth for worth in worths if worth > 0)
    loss = -sum(worth for worth in worths if worth < 0)
    return [
        Series(recorded.FLOW_MARKOUT_PNL, each(gain), **labels, direction="gain"),
        Series(recorded.FLOW_MARKOUT_PNL, each(loss), **labels, direction="loss"),
        Series(recorded.FLOW_MARKOUT_SQUARED, each(sum(w * w for w in worths)), **labels),
        Series(recorded.FLOW_MARKOUT_NOTIONAL, each(notional * len(worths)), **labels),
        Series(recorded.FLOW_MARKOUT_FILLS, each(len(worths)), **labels),
        Series(recorded.QUOTE_RATE, f"{RATES[quote]}+0x60", quote=quote, currency="USD"),
    ]


def test_mean_and_error_are_those_of_the_fills() -> None:
    """Against the statistics of the single fills."""
    worths = [2.0, -1.0, 5.0, 0.5]
    series = fills("USDT", worths, 100)
    (mean,) = evaluate(markouts.mean("buy"), series, SELECTED).values()
    (error,) = evaluate(markouts.error("buy"), series, SELECTED).values()
    assert mean == pytest.approx(statistics.mean(worths) / 100)
    assert error == pytest.approx(statistics.stdev(worths) / math.sqrt(len(worths)) / 100)


def test_two_quote_currencies_are_one_mean() -> None:
    """Each worth and notional at its rate: as if all had been quoted in the reference."""
    usdt, btc = [2.0, -1.0, 5.0], [0.0001, -0.0002]
    series = fills("USDT", usdt, 100) + fills("BTC", btc, 0.002)
    (mean,) = evaluate(markouts.mean("buy"), series, SELECTED).values()
    (error,) = evaluate(markouts.error("buy"), series, SELECTED).values()
    (certainty,) = evaluate(markouts.certainty("buy"), series, SELECTED).values()
    assert certainty == pytest.approx(mean / error)
    worths = usdt + [worth * RATES["BTC"] for worth in btc]
    assert mean == pytest.approx(statistics.mean(worths) / 100)
    assert error == pytest.approx(statistics.stdev(worths) / math.sqrt(len(worths)) / 100)


def test_one_fill_has_a_mean_and_no_error() -> None:
    """What one fill was worth says nothing about the next."""
    series = fills("USDT", [2.0], 100)
    (mean,) = evaluate(markouts.mean("buy"), series, SELECTED).values()
    assert mean == pytest.approx(0.02)
    assert evaluate(markouts.error("buy"), series, SELECTED) == {}
    assert evaluate(markouts.certainty("buy"), series, SELECTED) == {}


def test_fills_without_a_rate_are_not_counted() -> None:
    """Their worth is in no sum, and an error over fewer fills than it says would be too small."""
    worths = [2.0, -1.0, 5.0, 0.5]
    unknown = [one for one in fills("BTC", [0.0001] * 3, 0.002) if "rate" not in one.notation]
    series = [*fills("USDT", worths, 100), *unknown]
    (error,) = evaluate(markouts.error("buy"), series, SELECTED).values()
    assert error == pytest.approx(statistics.stdev(worths) / math.sqrt(len(worths)) / 100)


def test_fills_that_agree_leave_nothing_to_chance() -> None:
    """Their error is 0, and a mean in units of that is no number."""
    series = fills("USDT", [2.0, 2.0, 2.0, 2.0], 100)
    (error,) = evaluate(markouts.error("buy"), series, SELECTED).values()
    assert error == pytest.approx(0, abs=1e-9)
    assert evaluate(markouts.certainty("buy"), series, SELECTED) == {}


def test_no_fill_has_no_markout() -> None:
    """Not zero: nothing is known."""
    series = fills("USDT", [0.0], 0, side="sell")
    assert evaluate(markouts.mean("sell"), series, SELECTED) == {}
    assert evaluate(markouts.mean("buy"), series, SELECTED) == {}
