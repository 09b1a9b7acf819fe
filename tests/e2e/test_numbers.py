"""Every number of the board, from a desk told by hand, against answers worked out beside it."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel.provisioning.interpolate import substitute
from tests.e2e.hand import answers_quoting, board, facts, seen
from tests.e2e.hand.answering import ANSWERS, row
from tests.e2e.hand.selection import SELECTIONS
from tests.e2e.hand.story import Story
from tools.build import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.hand.answering import Asked
    from tests.e2e.hand.selection import Selection

pytestmark = pytest.mark.e2e

OFFERED = re.compile(r"label_values\((.*), (\w+)\)")
SHOWN = 6
"""Differences of one query that a failure lists."""


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Story]:
    """A pipeline of its own that was told the story; five minutes, most of them by the clock."""
    capture: Any = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            print(f"\nnumbers: {text}", file=sys.stderr, flush=True)

    try:
        story = Story(tmp_path_factory.mktemp("numbers"), say)
    except BuildError as error:
        pytest.fail(str(error), pytrace=False)
    with story.told() as told:
        yield told


@pytest.fixture(scope="module")
def asked(story: Story) -> Asked:
    """The question at the story's end, of everything."""
    return story.asked


def test_every_query_has_an_answer() -> None:
    """A panel that nobody can answer by hand is a panel whose number nobody checks."""
    asked = board.asked_of(SELECTIONS[0], 60, board.board())
    assert {query.key for query in asked} == set(ANSWERS)


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda one: one.name)
def test_every_number_is_right(story: Story, asked: Asked, selection: Selection) -> None:
    """Every query of every panel returns exactly the rows that the facts come to."""
    wrong = []
    for query in board.asked_of(selection, story.today, board.board()):
        found, points = story.store.ask(query), story.store.points(query)
        question = replace(asked, selection=selection)
        off = list(board.differences(query, question, found, points))
        if off:
            more = len(off) - SHOWN
            listed = "\n".join(f"    {line}" for line in off[:SHOWN])
            rest = f"\n    and {more} more" if more > 0 else ""
            wrong.append(
                f"{query.title} [{query.sent.ref}]:\n{listed}{rest}\n    {query.sent.expr}"
            )
    assert not wrong, f"{selection.name}: {len(wrong)} queries are wrong\n" + "\n".join(wrong)


@pytest.mark.parametrize("selection", SELECTIONS, ids=lambda one: one.name)
def test_variables_offer_what_the_answers_take_for_chosen(
    story: Story, selection: Selection
) -> None:
    """Their own queries, chained, against the facts: All is every option, the one is the first."""
    chosen = selection.variables(story.today)
    every = {
        "client": selection.clients,
        "exchange": selection.venues,
        "symbol": selection.symbols,
        "account": selection.accounts,
        "tag": selection.tags,
        "asset": selection.assets,
    }
    for variable in board.board()["templating"]["list"]:
        asked = OFFERED.fullmatch(variable["query"]["query"]) if "definition" in variable else None
        if asked is None:
            continue
        name = variable["name"]
        offered = story.store.values(asked[2], substitute(asked[1], chosen))
        if name.startswith("one_"):
            assert min(offered, key=str.casefold) == chosen[name], name
        elif name == "reference":
            assert chosen[name] in offered
        elif every[name] is None:
            assert offered == set(chosen[name]), name
        else:
            assert offered >= set(chosen[name]), name


@pytest.mark.parametrize(("side", "sizes", "depth"), [("bid", "B", "D"), ("ask", "F", "I")])
def test_the_ladder_is_the_depth_is_the_liquidity(
    story: Story, side: str, sizes: str, depth: str
) -> None:
    """Of one book three panels come to the same money, each from a signal of its own."""
    selection = next(one for one in SELECTIONS if one.name == "one book")
    told = {
        query.key: {key: values[facts.END] for key, values in story.store.ask(query).items()}
        for query in board.asked_of(selection, story.today, board.board())
        if query.sent.instant
    }
    prices = told[answers_quoting.LADDER, "D"]
    rungs = told[answers_quoting.LADDER, sizes]
    ladder = sum(prices[key] * size for key, size in rungs.items())
    rate = seen.price("USDT", selection.reference, facts.END)
    resting = told["Resting, $reference", "A"][row(side=side)]
    assert len(rungs) == 10
    assert told[answers_quoting.AGAINST, depth][row(band="20")] == pytest.approx(ladder, rel=1e-9)
    assert rate is not None
    assert resting / rate == pytest.approx(ladder, rel=1e-9)
