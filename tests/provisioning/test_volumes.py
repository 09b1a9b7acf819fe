"""Promised volume: of the obligation's market, in its own window."""

from __future__ import annotations

import pytest

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import volumes
from tests.provisioning.evaluation import Answer, Series, evaluate_all

MARKET = {"client": "acme", "venue": "binance", "symbol": "A/USDT"}
OBLIGATION = {**MARKET, "mandate": "acme-a"}
SELECTED = {
    "client": ["acme"],
    "exchange": ["binance"],
    "symbol": ["A/USDT"],
    "account": ["mm"],
    "tag": ["core"],
}
EXPRS = {"traded": volumes.traded(), "least": volumes.least(), "most": volumes.most()}


def traded(window: str, value: float) -> Series:
    """What the client traded so far."""
    return Series(recorded.KPI_TRADED, f"{value}+0x60", **MARKET, quote="USDT", window=window)


def by_window(answer: Answer) -> dict[str, float]:
    """Numbers by window, each row with the labels of an obligation."""
    for labels in answer:
        assert {name for name, _ in labels} == set(volumes.TERM)
    return {dict(labels)["window"]: value for labels, value in answer.items()}


def test_each_promise_is_held_to_what_its_own_window_traded() -> None:
    """A day with a least, a month with a most; a rolling day is another window."""
    series = [
        Series(recorded.BOOK, "1+0x60", **MARKET, account="mm", tag="core"),
        Series(signals.mandates.VOLUME_MIN, "1000+0x60", **OBLIGATION, window="day"),
        Series(signals.mandates.VOLUME_MAX, "90000+0x60", **OBLIGATION, window="month"),
        traded("day", 250),
        traded("24h", 777),
        traded("month", 45_000),
    ]
    answers = evaluate_all(EXPRS, series, SELECTED)
    assert {name: by_window(answer) for name, answer in answers.items()} == {
        "traded": {"day": 250, "month": 45_000},
        "least": {"day": 1000},
        "most": {"month": 90_000},
    }


@pytest.mark.parametrize("window", ["day", "month"])
def test_without_a_promise_there_is_no_row(window: str) -> None:
    """What is traded anyway stands in the table of volumes."""
    book = Series(recorded.BOOK, "1+0x60", **MARKET, account="mm", tag="core")
    answers = evaluate_all(EXPRS, [book, traded(window, 250)], SELECTED)
    assert answers == {"traded": {}, "least": {}, "most": {}}
