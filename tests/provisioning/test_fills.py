"""Last fills: exact sums of a bar by book and side, and as few points as the table can show."""

from __future__ import annotations

from typing import Any

import pytest

from fortuna_otel import provisioning, recorded, signals
from fortuna_otel.provisioning import fills, promql
from fortuna_otel.provisioning.interpolate import queries
from tests.provisioning.evaluation import Raw, Series, evaluate, evaluate_all

BOOK = {
    "client": "acme",
    "venue": "binance",
    "symbol": "A/BTC",
    "account": "mm",
    "tag": "core",
    "quote": "BTC",
}
SELECTED = {
    "client": ["acme"],
    "exchange": ["binance"],
    "symbol": ["A/BTC"],
    "account": ["mm"],
    "tag": ["core"],
    "reference": "USD",
    "__interval": "20s",
}


def counted(side: str, liquidity: str, number: int, quantity: float, value: float) -> list[Series]:
    """What one side of the book traded at 50 s, once."""
    of = {**BOOK, "side": side, "liquidity": liquidity}
    totals = {
        signals.trades.FILLS: number,
        signals.trades.VOLUME: quantity,
        signals.trades.NOTIONAL: value,
    }
    return [Series(signal, f"0x49 {total}x20", **of) for signal, total in totals.items()]


def shown(*series: Raw) -> dict[str, dict[str, float]]:
    """Each column's cells by side."""
    exprs = {column.title: column.expr for column in fills.columns()}
    rate = Series(recorded.QUOTE_RATE, "50000+0x60", quote="BTC", currency="USD")
    answers = evaluate_all(exprs, [rate, *series], SELECTED)
    for answer in answers.values():
        for labels in answer:
            assert {name for name, _ in labels} == set(fills.SIDE)
    return {
        title: {dict(labels)["side"]: value for labels, value in answer.items()}
        for title, answer in answers.items()
    }


def test_a_row_is_what_one_side_of_a_book_traded_in_the_bar() -> None:
    """Three fills bought 4 for 1 BTC, three quarters of it as a maker."""
    found = shown(*counted("buy", "maker", 2, 3, 0.75), *counted("buy", "taker", 1, 1, 0.25))
    # Without `anchored`, which promtool has not, an increase is stretched to its window.
    assert found["price"] == {"buy": pytest.approx(0.25)}
    assert found["maker"] == {"buy": pytest.approx(0.75)}
    assert found["quantity"]["buy"] / found["fills"]["buy"] == pytest.approx(4 / 3)
    assert found["value"]["buy"] / found["quantity"]["buy"] == pytest.approx(0.25 * 50_000)
    assert found["fills"]["buy"] == pytest.approx(3, rel=0.06)


def test_a_side_without_fills_has_no_row() -> None:
    """Not one of zeros: the book has traded before, and sells now."""
    quiet = [
        Series(signal, "7x60", **BOOK, side="buy", liquidity="maker")
        for signal in (signals.trades.FILLS, signals.trades.VOLUME, signals.trades.NOTIONAL)
    ]
    found = shown(*quiet, *counted("sell", "taker", 1, 2, 0.5))
    assert {title: set(cells) for title, cells in found.items()} == {
        "fills": {"sell"},
        "quantity": {"sell"},
        "price": {"sell"},
        "value": {"sell"},
        "maker": set(),
    }


def test_a_fill_without_a_rate_is_shown_without_its_value() -> None:
    """The value is unknown, the trade is not."""
    exprs = {column.title: column.expr for column in fills.columns()}
    answers = evaluate_all(exprs, counted("buy", "maker", 1, 2, 0.5), SELECTED)
    assert answers["value"] == {}
    assert list(answers["price"].values()) == [pytest.approx(0.25)]


@pytest.mark.parametrize(
    ("price", "rounded"),
    [(63_988.712_345, 63_988.71), (0.000_012_345_678_9, 0.000_012_345_68), (1, 1), (3e9, 3e9)],
)
def test_prices_have_seven_digits(price: float, rounded: float) -> None:
    """Whatever their size, and no dust of binary fractions behind them."""
    assert list(
        evaluate(promql.tidy("price"), [Raw("price", f"{price!r}x9")], at="5s").values()
    ) == [rounded]


@pytest.mark.parametrize(
    ("seconds", "step"), [(60, 15), (900, 15), (86_400, 1_440), (30 * 86_400, 43_200)]
)
def test_no_range_asks_for_more_than_its_bars(
    board: dict[str, Any], several: dict[str, Any], seconds: int, step: float
) -> None:
    """A bar grows with the range, and is never narrower than the chosen interval."""
    asked = [
        query
        for query in queries(board, several, range_seconds=seconds)
        if query.panel == "Last fills"
    ]
    assert {query.step for query in asked} == {step}
    assert seconds / step <= fills.BARS


def test_only_the_newest_rows_are_kept(board: dict[str, Any]) -> None:
    """Sorted before they are cut, so that what is cut is the oldest."""
    (panel,) = (one for one in provisioning.panels(board) if one["title"] == "Last fills")
    assert [step["id"] for step in panel["transformations"]] == [
        "merge",
        "sortBy",
        "limit",
        "organize",
    ]
    assert panel["transformations"][1]["options"]["sort"] == [{"field": "Time", "desc": True}]
    assert panel["transformations"][2]["options"] == {"limitField": fills.ROWS}
    assert "Time" not in panel["transformations"][3]["options"]["excludeByName"]
