"""One source: what is asked in the terminal is what the board asks."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from fortuna_otel import provisioning, top
from fortuna_otel.top import queries
from fortuna_otel.top.selection import Book, Known, Selection
from tests.provisioning.evaluation import check_parses

ASKED = queries.first_screen() | queries.one_book()

# What no panel of the board shows, and why it is asked.
NOT_ON_THE_BOARD = {
    "quotes": "which currencies have no rate is said in words here",
}


def on_the_board() -> str:
    """Every expression of the board, annotations included."""
    board = provisioning.build("http://r")
    exprs = [target["expr"] for panel in provisioning.panels(board) for target in panel["targets"]]
    exprs += [one["expr"] for one in board["annotations"]["list"] if "expr" in one]
    return "\n".join(exprs)


def test_every_expression_is_one_of_the_boards() -> None:
    """Character by character; only the window of a bar becomes today's."""
    board = on_the_board()
    # Profit by component is bars over time on the board, and today's here.
    today = board.replace("[$__interval]", "[${today}s]")
    missing = [
        name for name, asked in ASKED.items() if asked.expr not in board and asked.expr not in today
    ]
    assert sorted(missing) == sorted(NOT_ON_THE_BOARD)


def test_no_module_writes_an_expression() -> None:
    """PromQL is written in the provisioning package alone; here it would be a copy."""
    for path in Path(inspect.getfile(top)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                assert "fortuna_" not in text.replace("fortuna_otel", ""), (path.name, text)
                assert "{__name__" not in text, (path.name, text)


@pytest.fixture
def filled() -> list[str]:
    """Every expression with values for its variables."""
    book = Book("acme", "binance", "BTC/USDT:USDT", "mm (1)", "co\"r'e")
    known = Known(
        frozenset({book, book._replace(client="a|b", tag="c+")}),
        frozenset({"USD"}),
        frozenset({"$"}),
    )
    values = Selection().variables(known, book, 600)
    names = queries.known() | {"assets": queries.known_assets()}
    asked = ASKED | {name: queries.Asked(expr) for name, expr in names.items()}
    return [question.expr for question in queries.questions(asked, values).values()]


def test_every_expression_parses_with_any_label(filled: list[str]) -> None:
    """Brackets, bars and quotes in a name do not break out of their matcher."""
    check_parses(filled)


def test_no_variable_is_left(filled: list[str]) -> None:
    """Each has a value, Grafana's own ones too."""
    for expr in filled:
        assert "$" not in expr.replace('"$1"', "").replace("\\\\$", ""), expr


def test_a_sparkline_follows_the_interval() -> None:
    """Its points are one interval apart, and there are as many whatever it is."""
    values = Selection().choose("interval", ["1m"]).variables(Known(), None, 600)
    (asked,) = queries.questions({"spread": ASKED["spread"]}, values).values()
    assert asked.step == 60
    assert asked.seconds == 60 * queries.POINTS


def test_a_column_that_is_gone_is_named() -> None:
    """When the board renames a column, this fails here and not in a terminal at night."""
    with pytest.raises(KeyError, match="nonsense"):
        queries.chosen(queries.ladder(), ["nonsense"])
