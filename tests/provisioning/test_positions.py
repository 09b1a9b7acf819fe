"""Positions and rates: signs, currencies, and what belongs to a spot book."""

from __future__ import annotations

from typing import Any

import pytest

from fortuna_otel import provisioning, recorded, signals
from fortuna_otel.provisioning import general, orders, positions, promql
from tests.provisioning.evaluation import Answer, Raw, Series, evaluate, evaluate_all

ACCOUNT = {"client": "desk", "venue": "binance", "account": "h"}
PERPETUAL = {
    "client": "desk",
    "venue": "binance",
    "symbol": "A/BTC:BTC",
    "account": "h",
    "tag": "x",
}
SPOT = {"client": "acme", "venue": "okx", "symbol": "A/BTC", "account": "mm", "tag": "core"}
SELECTED = {
    "client": ["acme", "desk"],
    "exchange": ["binance", "okx"],
    "symbol": ["A/BTC", "A/BTC:BTC"],
    "account": ["mm", "h"],
    "tag": ["core", "x"],
    "asset": ["A", "BTC"],
    "reference": "USD",
    "today": "60",
}


def always(metric: Any, value: float, **labels: str) -> Series:
    """A number that does not move for a minute."""
    return Series(metric, f"{value}+0x60", **labels)


def by_client(answer: Answer) -> dict[str, float]:
    """Numbers of the two books."""
    return {dict(labels)["client"]: value for labels, value in answer.items()}


def test_a_short_perpetual_and_a_spot_book_beside_each_other() -> None:
    """The hedge is short by 3 and 0.2 BTC down; of the spot book only a gain is known."""
    trades = signals.trades
    series = [
        always(trades.POSITION_SIZE, -3, **PERPETUAL, quote="BTC"),
        always(trades.POSITION_ENTRY, 0.123_456_789, **PERPETUAL, quote="BTC"),
        always(trades.PNL_UNREALIZED, -0.2, **PERPETUAL, quote="BTC"),
        always(trades.PNL_UNREALIZED, 0.1, **SPOT, quote="BTC"),
        always(trades.FUNDING_RATE, 0.0001, venue="binance", symbol="A/BTC:BTC"),
        always(trades.FUNDING_RATE, 0.0003, venue="binance", symbol="other"),
        always(recorded.POSITION_OF_MAX_RATIO, 0.6, **PERPETUAL),
        always(recorded.MARGIN_RATIO, 0.25, **ACCOUNT),
        Series(signals.inventory.UPDATED_TIMESTAMP, "50+0x60", **ACCOUNT, source="engine"),
        always(recorded.QUOTE_RATE, 50_000, quote="BTC", currency="USD"),
    ]
    exprs = {column.title: column.expr for column in positions.columns()}
    answers = evaluate_all(exprs, series, SELECTED)
    assert {title: by_client(answer) for title, answer in answers.items()} == {
        "size": {"desk": -3},
        "of max": {"desk": 0.6},
        "entry": {"desk": 0.123_456_8},
        "unrealized": {"desk": -10_000, "acme": 5_000},
        "funding": {"desk": 0.0001},
        "margin": {"desk": 0.25},
        "as of": {"desk": 10},
    }
    for answer in answers.values():
        for labels in answer:
            assert {name for name, _ in labels} == set(promql.BOOK)


@pytest.mark.parametrize("reference", ["EUR", "USD"])
def test_rates_are_those_in_the_reference_currency(board: dict[str, Any], reference: str) -> None:
    """Each with its provider and its age."""
    market = signals.market
    series = []
    for currency, rate, confirmed in (("USD", 50_000, 48), ("EUR", 45_000, 24)):
        of = {"asset": "BTC", "currency": currency, "provider": "desk"}
        series.append(always(market.REFERENCE_RATE, rate, **of))
        series.append(always(market.REFERENCE_RATE_TIMESTAMP, confirmed, **of))
    shown = [
        list(evaluate(query, series, SELECTED | {"reference": reference}).items())
        for query in queries(board, "Rates")
    ]
    labels = (("asset", "BTC"), ("currency", reference), ("provider", "desk"))
    rate, age = {"USD": (50_000, 12), "EUR": (45_000, 36)}[reference]
    assert shown == [[(labels, rate)], [(labels, age)]]


def queries(board: dict[str, Any], title: str) -> list[str]:
    """The expressions of one panel."""
    (panel,) = (one for one in provisioning.panels(board) if one["title"] == title)
    return [target["expr"] for target in panel["targets"]]


def test_a_pool_book_outside_its_range(board: dict[str, Any]) -> None:
    """Above its range: no edge is above it any more, and 2 % of the price lies below."""
    onchain = signals.onchain
    series = [
        always(onchain.DEX_POSITION_IN_RANGE, 0, **SPOT),
        always(onchain.DEX_POSITION_DISTANCE, 0.02, **SPOT, side="bid"),
        always(onchain.DEX_POSITION_DISTANCE, -0.01, **SPOT, side="ask"),
    ]
    found = [by_client(evaluate(one, series, SELECTED)) for one in queries(board, "Pools")]
    assert found == [{"acme": 0}, {"acme": 0.02}, {"acme": -0.01}]


def test_a_trade_with_ourselves_is_counted_beside_the_volume() -> None:
    """Once for the client's market, whichever of its books saw it; nothing where none happened."""
    (column,) = (one for one in general.volume_columns() if one.title == "self")
    market = {name: SPOT[name] for name in ("client", "venue", "symbol")}
    book = always(recorded.BOOK, 1, **SPOT)
    happened = Series(signals.trades.SELF, "0x30 1x30", **market)
    (number,) = evaluate(column.expr, [book, happened], SELECTED).values()
    assert number == pytest.approx(1, rel=0.05)
    assert evaluate(column.expr, [book], SELECTED) == {}


@pytest.mark.parametrize("state", [name for name, _ in orders.BOOK_STATES.values()])
def test_a_book_is_in_the_state_its_engine_says(board: dict[str, Any], state: str) -> None:
    """Of two engines that say something else the worse is believed."""
    told: list[Raw] = [
        always(signals.quotes.BOOK_STATE, 1, **SPOT, state=state, job="one"),
        always(signals.quotes.BOOK_STATE, 0, **SPOT, state="halted", job="two"),
        always(signals.quotes.BOOK_STATE, 1, **SPOT, state="quoting", job="two"),
    ]
    (code,) = evaluate(queries(board, "Books")[0], told, SELECTED).values()
    assert orders.BOOK_STATES[int(code)][0] == state


def test_every_state_of_a_book_has_a_word() -> None:
    """A new one in the registry must be given a rank and a colour."""
    names = {name for name, _ in orders.BOOK_STATES.values()}
    assert names == set(signals.quotes.BOOK_STATE.values("state") or ())
