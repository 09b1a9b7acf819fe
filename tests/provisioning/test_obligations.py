"""What the desk table says of an obligation, for every way it can stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import obligations, promql
from tests.provisioning.evaluation import Raw, Series, evaluate, evaluate_all

if TYPE_CHECKING:
    from fortuna_otel.signals.spec import Recorded

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
        changed: values of what rests on a side (bid, ask), whether it is promised, spread,
            allowed, depth, observed, kept, levels (none, unless given), scheduled.
    """
    usual: dict[str, str | None] = {
        "bid": "5000+0x60",
        "ask": "5000+0x60",
        "promised bid": "1+0x60",
        "promised ask": "1+0x60",
        "spread": "0.003+0x60",
        "allowed": "0.004+0x60",
        "depth": "1500+0x60",
        "observed": "0+1x60",
        "kept": "0+1x60",
        "scheduled": "1+0x60",
    }
    parts = usual | changed
    market = {**MARKET, "symbol": symbol}
    obligation = {**market, "mandate": f"acme-{symbol}"}
    band = {"side": "bid", "band": "2"}
    signal: dict[str, tuple[signals.Signal | Recorded, dict[str, str]]] = {
        "bid": (recorded.OBLIGATION_LIQUIDITY, {**market, "side": "bid"}),
        "ask": (recorded.OBLIGATION_LIQUIDITY, {**market, "side": "ask"}),
        "promised bid": (recorded.MANDATE_PRESENCE, {**market, "side": "bid"}),
        "promised ask": (recorded.MANDATE_PRESENCE, {**market, "side": "ask"}),
        "spread": (recorded.OBLIGATION_SPREAD_RATIO, market),
        "allowed": (recorded.OBLIGATION_SPREAD_ALLOWED_RATIO, market),
        "depth": (recorded.OBLIGATION_DEPTH, {**market, **band}),
        "observed": (signals.obligations.OBSERVED_TIME, {**obligation, "source": "engine"}),
        "kept": (
            signals.obligations.KEPT_TIME,
            {**obligation, "source": "engine", "term": "all"},
        ),
        "levels": (
            signals.obligations.KEPT_TIME,
            {**obligation, "source": "engine", "term": "levels"},
        ),
        "scheduled": (signals.mandates.SCHEDULED, obligation),
    }
    book = {**market, "account": "mm", "tag": "core"}
    return [
        Series(recorded.MANDATE_INFO, "1+0x60", **obligation),
        Series(recorded.BOOK, "1+0x60", **book),
        Series(recorded.BOOK_VIEW, "1+0x60", **book),
        Series(signals.mandates.SPREAD_MIN, "0.001+0x60", **obligation),
        Series(recorded.OBLIGATION_DEPTH_REQUIRED, "1000+0x60", **market, **band),
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
        # The market moves, and the mandate grants to quote wider.
        ({"spread": "0.0041+0x60", "allowed": "0.006+0x60"}, "kept"),
        ({"spread": "0.0009+0x60"}, "spread"),
        ({"spread": "0.004+0x60"}, "kept"),
        ({"depth": "999+0x60"}, "depth"),
        ({"depth": "1000+0x60"}, "kept"),
        ({"ask": None, "spread": None}, "bid only"),
        ({"bid": None, "spread": None}, "ask only"),
        ({"bid": None, "ask": None, "spread": None, "depth": "0+0x60"}, "no quotes"),
        # An empty side is told as one.
        ({"ask": "0+0x60", "spread": None}, "bid only"),
        # What is not promised need not be there; what is, must.
        ({"ask": None, "spread": None, "promised ask": None}, "kept"),
        ({"bid": None, "spread": None, "promised bid": None}, "kept"),
        ({"bid": None, "spread": None, "promised ask": None}, "no quotes"),
        ({"levels": "0+1x60"}, "kept"),
        ({"levels": "30+0x60"}, "levels"),
        ({"levels": "0+1x50 50x10"}, "levels"),
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
    market = {**MARKET, "symbol": "A/USDT", "side": "ask"}
    thin = [
        Series(recorded.OBLIGATION_DEPTH_REQUIRED, "1000+0x60", **market, band="5"),
        Series(recorded.OBLIGATION_DEPTH, "400+0x60", **market, band="5"),
    ]
    (worst,) = evaluate(obligations.coverage(), [*standing(), *thin], SELECTED).values()
    assert worst == pytest.approx(0.4)
    (of_band,) = evaluate(obligations.coverage(band="2"), [*standing(), *thin], SELECTED).values()
    assert of_band == pytest.approx(1.5)


FIGURES = {"client": MARKET["client"], "venue": MARKET["venue"], "symbol": "A/USDT"}


def counted(kept: float, breached: float, unobserved: float, window: str = "day") -> list[Raw]:
    """What the rules have counted of the window so far, in seconds."""
    seconds = {"window": window, **FIGURES}
    return [
        *standing(),
        Series(recorded.KPI_KEPT_SECONDS, f"{kept}+0x60", **seconds, term="all"),
        Series(recorded.KPI_KEPT_SECONDS, "9999+0x60", **seconds, term="spread"),
        Series(recorded.KPI_BREACHED_SECONDS, f"{breached}+0x60", **seconds, term="all"),
        Series(recorded.KPI_UNOBSERVED_SECONDS, f"{unobserved}+0x60", **seconds),
    ]


def test_uptime_is_of_what_was_judged_and_coverage_of_what_was_scheduled() -> None:
    """3 h kept, 1 h breached, 1 h in which nobody could judge."""
    asked = {"uptime": obligations.uptime("day"), "covered": obligations.covered("day")}
    found = evaluate_all(asked, counted(10_800, 3_600, 3_600), SELECTED)
    values = {name: next(iter(answer.values())) for name, answer in found.items()}
    assert values == {"uptime": pytest.approx(0.75), "covered": pytest.approx(0.8)}


@pytest.mark.parametrize(
    ("kept", "breached", "unobserved", "column"),
    [
        (95, 5, 0, "promised"),
        (94, 6, 0, "missed"),
        (100, 0, 5, "promised"),
        (99, 1, 10, "unproven"),
        (10, 90, 10, "unproven"),
    ],
)
def test_an_uptime_is_held_against_what_the_mandate_requires(
    kept: float, breached: float, unobserved: float, column: str
) -> None:
    """95 % of what was judged is promised; of which 95 % of the scheduled time must be."""
    required = Series(recorded.KPI_UPTIME_MIN_RATIO, "0.95+0x60", **FIGURES)
    asked = {
        "promised": obligations.promised("day"),
        "missed": obligations.missed("day"),
        "unproven": obligations.unproven("day"),
    }
    series = [*counted(kept, breached, unobserved), required]
    found = evaluate_all(asked, series, SELECTED)
    assert [name for name, answer in found.items() if answer] == [column]
    assert list(found[column].values()) == [pytest.approx(kept / (kept + breached))]


def test_an_uptime_of_nothing_judged_is_none() -> None:
    """No zero, and no division by it; a count a few seconds below nothing is nothing."""
    assert evaluate(obligations.uptime("day"), counted(0, 0, 100), SELECTED) == {}
    (unobserved,) = evaluate(obligations.unobserved("day"), counted(5, 0, -3), SELECTED).values()
    assert unobserved == 0


def test_a_month_is_not_a_day() -> None:
    """Each window has its own sums."""
    assert evaluate(obligations.kept("month"), counted(5, 1, 0), SELECTED) == {}


def test_the_budget_is_that_of_the_term_with_the_least_left() -> None:
    """All terms may be missed for 4,320 s, of which 20 are spent; depth has 100 s left."""
    budgets = {"all": (4_320, 20), "depth": (400, 300)}
    series = standing()
    for term, (budget, spent) in budgets.items():
        series += [
            Series(recorded.UPTIME_BUDGET_SECONDS, f"{budget}+0x60", **FIGURES, term=term),
            Series(recorded.UPTIME_WINDOW_SUM_SECONDS, f"{spent}+0x60", **FIGURES, term=term),
        ]
    # What is judged without a budget of its own.
    series.append(Series(recorded.UPTIME_WINDOW_SUM_SECONDS, "999+0x60", **FIGURES, term="spread"))
    assert list(evaluate(obligations.budget_left(), series, SELECTED).values()) == [100]


def test_the_time_kept_is_of_one_view() -> None:
    """A watcher that saw less must not be overruled; where none judged, the engine is heard."""
    series = []
    for symbol, watched in (("A/USDT", 0.5), ("B/USDT", None)):
        obligation = {**MARKET, "symbol": symbol, "mandate": symbol}
        for source, share in (("engine", 1), ("venue", watched)):
            if share is not None:
                by = {**obligation, "source": source}
                series += [
                    Series(signals.obligations.OBSERVED_TIME, "0+1x60", **by),
                    Series(signals.obligations.KEPT_TIME, f"0+{share}x60", **by, term="spread"),
                ]
    keys = (*MARKET, "symbol")
    expr = obligations.kept_in_range(("mandate", *keys), promql.matching(term="spread"))
    found = evaluate(expr, series, SELECTED | {"__range": "60s"})
    by_symbol = {dict(labels)["symbol"]: share for labels, share in found.items()}
    assert by_symbol == {"A/USDT": 0.5, "B/USDT": 1}
