"""The board's variables: their order, their chain, and what is hidden."""

from __future__ import annotations

from typing import Any

SHOWN = [
    "datasource",
    "client",
    "exchange",
    "symbol",
    "account",
    "tag",
    "reference",
    "asset",
    "interval",
]
CHAIN = ["client", "exchange", "symbol", "account", "tag"]
ONE = ["one_client", "one_exchange", "one_symbol", "one_account", "one_tag"]
HIDDEN = [*ONE, "today", "bar", "runbooks"]


def named(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables by name."""
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def test_variables_stand_in_the_order_they_are_chosen(board: dict[str, Any]) -> None:
    """A parent stands before its children, the hidden ones come last."""
    assert list(named(board)) == SHOWN + HIDDEN


def test_each_choice_narrows_the_next(board: dict[str, Any]) -> None:
    """A query matches on every variable before it in the chain, and on none after it."""
    variables = named(board)
    for position, name in enumerate(CHAIN):
        query = variables[name]["query"]["query"]
        for parent in CHAIN[:position]:
            assert f'"${parent}"' in query, name
        for later in CHAIN[position:]:
            assert f'"${later}"' not in query, name


def test_books_are_those_expected_and_those_seen(board: dict[str, Any]) -> None:
    """A dead engine and a book without a mandate can both be chosen: one series tells of all."""
    for name in (*CHAIN, *ONE):
        query = named(board)[name]["query"]["query"]
        assert query.startswith(("label_values(fortuna:book,", "label_values(fortuna:book{")), name


def test_selections_are_multiple_and_start_at_all(board: dict[str, Any]) -> None:
    """Except the reference currency and the interval, which are one of a list."""
    variables = named(board)
    for name in (*CHAIN, "asset"):
        assert variables[name]["multi"], name
        assert variables[name]["includeAll"], name
        assert variables[name]["current"]["value"] == ["$__all"], name
        assert not variables[name].get("allValue"), name
    assert not variables["reference"]["multi"]
    assert not variables["reference"]["includeAll"]
    assert variables["interval"]["type"] == "interval"


def test_hidden_variables_stay_out_of_the_url(board: dict[str, Any]) -> None:
    """They follow the selection; a link must not freeze them."""
    for name, variable in named(board).items():
        assert (variable.get("hide", 0) == 2) == (name in HIDDEN), name
        assert bool(variable.get("skipUrlSync")) == (name in HIDDEN), name


def test_the_one_book_is_within_the_selection(board: dict[str, Any]) -> None:
    """The hidden chain filters by every visible variable and each hidden one before it."""
    for position, name in enumerate(ONE):
        query = named(board)[name]["query"]["query"]
        for visible in CHAIN:
            assert f'=~"${visible}"' in query, name
        for before in ONE[:position]:
            assert f'="${before}"' in query, name


def test_only_today_is_asked_again_at_each_refresh(board: dict[str, Any]) -> None:
    """Asking every variable at each tick would be 22 calls a tick."""
    for name, variable in named(board).items():
        if variable["type"] == "query":
            assert variable["refresh"] == (2 if name == "today" else 1), name
