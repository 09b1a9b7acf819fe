"""Every number of the pipeline board, worked out by hand and asked of Prometheus' own engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fortuna_otel import provisioning
from tests.provisioning.evaluation import Answer, Raw, check_parses, evaluate_all
from tests.provisioning.pipeline import desk

NUMBERS = Path(__file__).parent / "numbers.txt"
PROCESSES = {
    "<mm>": "host_name=h1,instance=h1/mm/0,job=desk/mm",
    "<mm2>": "host_name=h1,instance=h1/mm/1,job=desk/mm",
    "<rates>": "host_name=h2,instance=h2/rates/0,job=desk/rates",
}
# Lines that are drawn through a panel whatever is measured, by their letters.
LIMITS = {"Y", "Z"}


def asked(board: dict[str, Any]) -> dict[str, str]:
    """Every query of the board by its panel and letter."""
    return {
        f"{panel['title']} | {target['refId']}": target["expr"]
        for panel in provisioning.panels(board)
        for target in panel["targets"]
    }


def expected() -> dict[str, Answer]:
    """The answers that were worked out, by panel and letter."""
    found: dict[str, Answer] = {}
    for line in NUMBERS.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        panel, letter, text, value = (part.strip() for part in line.split("|"))
        for short, labels in PROCESSES.items():
            text = text.replace(short, labels)
        pairs = [pair.partition("=") for pair in text.split(",") if pair]
        key = tuple(sorted((name, label) for name, _, label in pairs))
        found.setdefault(f"{panel} | {letter}", {})[key] = float(value)
    return found


@pytest.fixture(scope="module")
def answers(pipeline_board: dict[str, Any]) -> dict[str, Answer]:
    """What the board shows of the small pipeline."""
    return evaluate_all(asked(pipeline_board), desk.series(), desk.VARIABLES, desk.AT)


def test_every_query_has_a_number(pipeline_board: dict[str, Any]) -> None:
    """A panel that is added is worked out too, and none is expected that is gone."""
    assert set(expected()) == set(asked(pipeline_board))


@pytest.mark.parametrize("query", expected())
def test_the_board_shows_what_is_there(query: str, answers: dict[str, Answer]) -> None:
    """No series too many, none too few, each with its number."""
    assert answers[query] == pytest.approx(expected()[query])


def test_where_nothing_is_known_nothing_is_shown(pipeline_board: dict[str, Any]) -> None:
    """No false zero: only the limits remain, and that no rule is evaluated."""
    nothing = [Raw("unrelated", "1x600")]
    shown = evaluate_all(asked(pipeline_board), nothing, desk.VARIABLES, desk.AT)
    limits = {
        query for query in shown if query[-1] in LIMITS and "vector" in asked(pipeline_board)[query]
    }
    assert {query for query, answer in shown.items() if answer} == limits | {"Platform alerts | A"}


def test_every_query_parses_whatever_is_chosen(pipeline_board: dict[str, Any]) -> None:
    """One, several and odd values of every variable; annotations and variables too."""
    choices: list[dict[str, str | list[str]]] = [
        {"host": ["h1"], "service": ["desk/mm"], "interval": "30s"},
        {"host": ["h1", "h.2+"], "service": ["a.b", "c\\d|e"], "interval": "1h"},
    ]
    found = [
        query.expr
        for choice in choices
        for query in provisioning.queries(pipeline_board, {**choice, "runbooks": "http://r"})
    ]
    check_parses(found)
