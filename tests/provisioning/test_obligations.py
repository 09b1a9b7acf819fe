"""What the desk table says of an obligation, for every way it can stand."""

from __future__ import annotations

from typing import Any

import pytest

from fortuna_otel import signals
from fortuna_otel.provisioning import obligations
from tests.provisioning.evaluation import Series, evaluate, evaluate_all

SELECTED = {
    "client": ["acme"],
    "exchange": ["binance"],
    "symbol": ["A/USDT", "B/USDT"],
    "account": ["mm"],
    "tag": ["core"],
    "today": "60",
}
MARKET = {"client": "acme", "venue": "binance"}


def standing(symbol: str = "A/USDT", **changed: str | None) -> list[Series]:
    """One obligation that is kept; each part can be changed, or taken away by None.

    Args:
        symbol: its market.
        changed: values of bid, ask, spread, depth, observed, kept, scheduled.
    """
    usual: dict[str, str | None] = {
        "bid": "99+0x60",
        "ask": "101+0x60",
        "spread": "0.003+0x60",
        "depth": "1500+0x60",
        "observed": "0+1x60",
        "kept": "0+1x60",
        "scheduled": "1+0x60",
    }
    parts = usual | changed
    market = {**MARKET, "symbol": symbol}
    obligation = {**market, "mandate": f"acme-{symbol}"}
    band = {"side": "bid", "band": "2"}
    signal = {
        "bid": (signals.quotes.BID, {**market, "account": "mm", "tag": "core"}),
        "ask": (signals.quotes.ASK, {**market, "account": "mm", "tag": "core"}),
        "spread": (signals.obligations.SPREAD, obligation),
        "depth": (signals.obligations.DEPTH, {**obligation, **band}),
        "observed": (signals.obligations.OBSERVED_TIME, {**obligation, "source": "engine"}),
        "kept": (
            signals.obligations.KEPT_TIME,
            {**obligation, "source": "engine", "term": "all"},
        ),
        "scheduled": (signals.mandates.SCHEDULED, obligation),
    }
    book = {**market, "account": "mm", "tag": "core"}
    return [
        Series(signals.mandates.INFO, "1+0x60", **obligation),
        Series(signals.mandates.BOOK, "1+0x60", **book),
        Series(signals.mandates.SPREAD_MIN, "0.001+0x60", **obligation),
        Series(signals.mandates.SPREAD_MAX, "0.004+0x60", **obligation),
        Series(signals.mandates.DEPTH_MIN, "1000+0x60", **obligation, **band),
        Series(signals.mandates.UPTIME_MIN, "0.95+0x60", **obligation, term="all"),
        *(
            Series(signal[name][0], values, **signal[name][1])
            for name, values in parts.items()
            if values is not None
        ),
    ]


def state(series: list[Series]) -> str:
    """The words the desk table shows for the only obligation."""
    (code,) = evaluate(obligations.state(), series, SELECTED).values()
    return obligations.STATES[int(code)][0]


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({}, "kept"),
        ({"spread": "0.0041+0x60"}, "spread"),
        ({"spread": "0.0009+0x60"}, "spread"),
        ({"spread": "0.004+0x60"}, "kept"),
        ({"depth": "999+0x60"}, "depth"),
        ({"depth": "1000+0x60"}, "kept"),
        ({"ask": None, "spread": None}, "bid only"),
        ({"bid": None, "spread": None}, "ask only"),
        ({"bid": None, "ask": None, "spread": None, "depth": "0+0x60"}, "no quotes"),
        ({"observed": "50+0x60"}, "unobserved"),
        ({"observed": None, "bid": None, "ask": None, "spread": None}, "unobserved"),
        ({"scheduled": "0+0x60"}, "unscheduled"),
        ({"scheduled": "0+0x60", "bid": None, "ask": None, "spread": None}, "unscheduled"),
    ],
)
def test_state(changed: dict[str, Any], shown: str) -> None:
    """The worst that is true is shown; exactly at a limit is kept."""
    assert state(standing(**changed)) == shown


def test_an_obligation_that_nobody_ever_reported_is_unobserved() -> None:
    """It is in the mandates file, so it is on the table."""
    nothing = standing(bid=None, ask=None, spread=None, depth=None, observed=None, kept=None)
    assert state(nothing) == "unobserved"


def test_obligations_without_a_selected_book_are_not_shown() -> None:
    """Choosing an account narrows the rows, though the numbers are of the whole obligation."""
    other = SELECTED | {"account": ["elsewhere"]}
    assert evaluate(obligations.state(), standing(), other) == {}


def test_not_kept_is_counted_among_those_expected() -> None:
    """Two obligations, one too wide: 1. All well: 0. None expected: no number."""
    wide = standing("B/USDT", spread="0.01+0x60")
    assert evaluate(obligations.out_of_terms(), [*standing(), *wide], SELECTED) == {(): 1}
    assert evaluate(obligations.out_of_terms(), standing(), SELECTED) == {(): 0}
    assert evaluate(obligations.out_of_terms(), [], SELECTED) == {}


def test_an_unscheduled_obligation_is_not_counted() -> None:
    """An agreed maintenance window is no breach."""
    away = standing(scheduled="0+0x60", bid=None, ask=None, spread=None)
    assert evaluate(obligations.out_of_terms(), away, SELECTED) == {(): 0}


def test_coverage_is_that_of_the_worst_side() -> None:
    """150 % on one side and 40 % on the other is 40 %."""
    obligation = {**MARKET, "symbol": "A/USDT", "mandate": "acme-A/USDT", "side": "ask"}
    thin = [
        Series(signals.mandates.DEPTH_MIN, "1000+0x60", **obligation, band="5"),
        Series(signals.obligations.DEPTH, "400+0x60", **obligation, band="5"),
    ]
    (worst,) = evaluate(obligations.coverage(), [*standing(), *thin], SELECTED).values()
    assert worst == pytest.approx(0.4)
    (of_band,) = evaluate(obligations.coverage(band="2"), [*standing(), *thin], SELECTED).values()
    assert of_band == pytest.approx(1.5)


def test_breach_spends_the_budget_and_silence_does_not() -> None:
    """A minute judged, half of it kept, half of the day so far not judged at all."""
    selected = SELECTED | {"today": "120"}
    half = standing(kept="0+0.5x60")
    found = evaluate_all(
        {
            "breached": obligations.breached_today(),
            "unobserved": obligations.unobserved_today(),
            "left": obligations.budget_left(),
        },
        half,
        selected,
    )
    values = {name: next(iter(answer.values())) for name, answer in found.items()}
    # increase() estimates to the edges of its window, by less than one export interval.
    assert values["breached"] == pytest.approx(30, abs=0.5)
    assert values["unobserved"] == pytest.approx(60, abs=1)
    assert values["left"] == pytest.approx(0.05 * 86_400 - 30, abs=0.5)
