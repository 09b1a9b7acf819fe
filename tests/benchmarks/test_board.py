"""The measure of the board, without a store: what it asks for and what it makes of the times."""

from __future__ import annotations

import re

import pytest

from benchmarks.board import Panel, board, outcome, selections
from fortuna_otel.provisioning import PanelQuery


def book(client: str, symbol: str) -> dict[str, dict[str, str]]:
    """Return a book as the store answers."""
    return {
        "metric": {
            "client": client,
            "venue": "binance",
            "symbol": symbol,
            "account": f"{client}-mm",
            "tag": "core",
            "capital": "client",
        }
    }


BOOKS = [book("b", "X/USDT"), book("a", "Z/USDT"), book("a", "Y/USDT")]


def test_selections_are_of_the_first_book_its_client_and_all() -> None:
    """The first one as the hidden variables sort."""
    found = selections(BOOKS)
    assert {name: (one["client"], one["symbol"]) for name, one in found.items()} == {
        "one market": (["a"], ["Y/USDT"]),
        "one client": (["a"], ["Y/USDT", "Z/USDT"]),
        "all": (["a", "b"], ["X/USDT", "Y/USDT", "Z/USDT"]),
    }
    assert {one["one_symbol"] for one in found.values()} == {"Y/USDT"}


def test_every_panel_is_asked_for_with_its_variables_filled_in() -> None:
    """What is seen without opening a row is told from what is not."""
    found = board(selections(BOOKS)["all"])
    opened = {panel.title for panel in found if panel.opened}
    assert "Desk · worst obligation first" in opened
    assert "Loans" in {panel.title for panel in found} - opened
    assert len({panel.title for panel in found}) == len(found)
    for panel in found:
        for query in panel.asked:
            assert "$" not in re.sub(r'"\$1[^"]*"', "", query.expr), query.expr


def test_medians_are_shown_and_judged() -> None:
    """Times of the store alone are what was promised."""
    panel = Panel("Loans", (PanelQuery("Loans", "A", "up", instant=True, step=0.0),), opened=True)
    names = ("one market", "one client", "all")
    times = {
        (where, name): {
            "open": [0.2, 0.1, 0.3],
            "all panels": [2.0 * slower, 1.0 * slower, 9.0 * slower],
            "panel Loans": [0.01, 0.02, 0.03],
        }
        for where, slower in (("beside the desk", 2.0), ("alone", 1.0))
        for name in names
    }
    found = outcome({name: [panel] for name in names}, times, {"series": 50_000.0})
    assert {goal.what: (goal.measured, goal.met) for goal in found.goals} == {
        "one market: all panels, store alone, s": (2.0, False),
        "all: all panels, store alone, s": (2.0, True),
    }
    whole, each, _ = found.tables
    assert whole.rows[1] == ("all panels, beside the desk", "4.00 s", "4.00 s", "4.00 s")
    assert each.rows == (("Loans", "1", "20.0 ms", "20.0 ms", "20.0 ms"),)


def test_a_desk_without_books_cannot_be_asked_for() -> None:
    """No figure of nothing."""
    with pytest.raises(IndexError):
        selections([])
