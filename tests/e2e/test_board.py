"""Every query of the board, asked of the Prometheus of a desk that trades."""

from __future__ import annotations

import json
import os
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks import board
from fortuna_otel.provisioning import PanelQuery, queries
from fortuna_otel.provisioning.promql import BOOK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.e2e.desk import Desk

pytestmark = pytest.mark.e2e

BOARD = Path(__file__).parents[2] / "grafana-provisioning" / "dashboards" / "fortuna.json"
RANGE_SECONDS = 300
# What is counted by the minute needs two of them, after the desk stands.
PATIENCE_SECONDS = 240.0

# Queries that a healthy desk may leave without an answer, and why. Every other one must have data.
MAY_BE_EMPTY = {
    ("ticker", "D"): "the change over 24 h needs a day of data",
    ("Desk · worst obligation first", "B"): "no alert fires",
    ("Firing alerts", "A"): "no alert fires",
    ("Daily volume, USD", "B"): "a rolling day needs a day of data",
    ("Daily volume, USD", "D"): "a rolling day needs a day of data",
    ("Daily volume, USD", "E"): "nobody trades with himself",
    ("Kept by the hour", "A"): "no hour is over yet",
    ("Balances by account", "C"): "nothing is locked at these venues",
    ("Balances by account", "D"): "nothing is in transit",
    ("Balances by account", "E"): "nothing is borrowed",
    ("Books", "G"): "no order is unresolved",
    ("Books", "L"): "no order was filled within the interval",
    ("Rejects and unknown outcomes", "A"): "no order was refused",
    ("Rejects and unknown outcomes", "B"): "every order's outcome is known",
    ("Feeds, by process", "C"): "no feed had a gap",
    ("Feeds, by process", "D"): "no feed reconnected",
}

# Of these one answers for an obligation: it was kept as promised, or not, or too little was judged.
ONE_OF = (
    {("Kept today, by obligation", ref) for ref in "BCD"},
    {("Kept this month, by obligation", ref) for ref in "ABC"},
)

# The desk trades spot only, and on no chain.
MAY_BE_EMPTY |= {("Positions", ref): "no position is open" for ref in "ABCEFG"}
MAY_BE_EMPTY |= {("Pools", ref): "no book is in a pool" for ref in "ABC"}
MAY_BE_EMPTY[("Balances by account", "I")] = "no fee is earned in a pool"
MAY_BE_EMPTY[("PnL unexplained", "A")] = "no ledger of the desk knows its equity"
MAY_BE_EMPTY[("Exchanges", "D")] = "every asset can be moved"
MAY_BE_EMPTY[("Exchanges", "E")] = "no key expires"
MAY_BE_EMPTY[("Exchanges", "F")] = "no venue is a chain"

# With one market selected, these too.
ONE_MAY_BE_EMPTY = MAY_BE_EMPTY | {
    ("Coverage, by obligation", ref): "its mandate asks nothing at this distance"
    for ref in "BCDEFGHI"
}
ONE_MAY_BE_EMPTY |= {("Volume promised", ref): "its mandate promises none" for ref in "ABCDE"}
ONE_MAY_BE_EMPTY |= {("Loans", ref): "the client has borrowed nothing" for ref in "ABCDE"}
ONE_MAY_BE_EMPTY[("Books", "I")] = "the venue has no dead man's switch"

Variables = dict[str, str | list[str]]


def ask(desk: Desk, query: PanelQuery) -> list[Any]:
    """Return a query's series as Grafana would get them; fail with the reason it is refused."""
    now = time.time()
    arguments = {"query": query.expr}
    if query.instant:
        path, arguments["time"] = "query", f"{now:.3f}"
    else:
        path = "query_range"
        arguments |= {
            "start": f"{now - RANGE_SECONDS:.3f}",
            "end": f"{now:.3f}",
            "step": f"{query.step:g}",
        }
    url = f"http://127.0.0.1:{desk.ports.prometheus}/api/v1/{path}"
    request = urllib.request.Request(url, data=urllib.parse.urlencode(arguments).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        pytest.fail(f"{query.panel} [{query.ref}]: {error.read().decode()}\n{query.expr}")
    return list(answer["data"]["result"])


def everything(desk: Desk) -> Variables:
    """Values of every variable with All selected, as Grafana fills them."""
    books = [labels for labels, _ in desk.query("last_over_time(fortuna_mandate_book[5m])")]
    return chosen(desk, books)


def one_market(desk: Desk) -> Variables:
    """Values of every variable with the first obligation's market selected."""
    books = [
        labels for labels, _ in desk.query('last_over_time(fortuna_mandate_book{role="quote"}[5m])')
    ]
    first = min(books, key=order)
    return chosen(desk, [book for book in books if order(book)[:3] == order(first)[:3]])


def order(book: Mapping[str, str]) -> tuple[str, ...]:
    """Sort books as the hidden variables do."""
    return tuple(book[label] for label in BOOK)


def chosen(desk: Desk, books: list[dict[str, str]]) -> Variables:
    """Values of every variable with these books selected, and every asset that is held."""
    assets = {labels["asset"] for labels, _ in desk.query("fortuna_inventory_balance")}
    return {**board.chosen(sorted(books, key=order)), "asset": sorted(assets)}


@pytest.mark.parametrize(
    ("selection", "may_be_empty"), [(everything, MAY_BE_EMPTY), (one_market, ONE_MAY_BE_EMPTY)]
)
def test_every_query_returns_data(
    desk: Desk,
    selection: Callable[[Desk], Variables],
    may_be_empty: Mapping[tuple[str, str], str],
) -> None:
    """With all selected and with one market, no panel of a trading desk stays empty."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    waiting: list[PanelQuery] = []

    def answered() -> bool:
        nonlocal waiting
        variables = selection(desk)
        ticker = f"{variables['one_exchange']} {variables['one_symbol']}"
        asked = [
            query
            for query in queries(board, variables, range_seconds=RANGE_SECONDS)
            if ("ticker" if query.panel == ticker else query.panel, query.ref) not in may_be_empty
        ]
        known = {(query.panel, query.ref) for query in waiting}
        empty = {
            (query.panel, query.ref): query
            for query in asked
            if (not known or (query.panel, query.ref) in known) and not ask(desk, query)
        }
        excused = {name for group in ONE_OF if not group <= empty.keys() for name in group}
        waiting = [query for name, query in empty.items() if name not in excused]
        return not waiting

    deadline = time.monotonic() + PATIENCE_SECONDS
    while not answered():
        if time.monotonic() > deadline:
            missing = "\n".join(f"{one.panel} [{one.ref}]: {one.expr}" for one in waiting)
            pytest.fail(f"no data after {PATIENCE_SECONDS:.0f} s:\n{missing}")
        time.sleep(1)


def test_no_choice_is_refused(desk: Desk) -> None:
    """Each client, each asset, each reference currency: an error would stand in a panel."""
    shown = json.loads(BOARD.read_text(encoding="utf-8"))
    books = [labels for labels, _ in desk.query("last_over_time(fortuna_mandate_book[5m])")]
    every = everything(desk)
    rates = desk.query("group by (currency) (fortuna_reference_rate)")
    choices: list[Variables] = [
        *(
            chosen(desk, [book for book in books if book["client"] == client])
            for client in every["client"]
        ),
        *({**every, "asset": [asset]} for asset in every["asset"]),
        *({**every, "reference": labels["currency"]} for labels, _ in rates),
    ]
    asked = {
        query
        for variables in choices
        for query in queries(shown, variables, range_seconds=RANGE_SECONDS)
    }
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(ask, desk), asked))


def test_queries_that_may_be_empty_are_on_the_board() -> None:
    """An exception for a query that is gone must not hide its successor."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    titles: Variables = dict.fromkeys(
        (
            *[
                "client",
                "exchange",
                "symbol",
                "account",
                "tag",
                "asset",
                "reference",
                "today",
                "bar",
            ],
        ),
        "x",
    )
    ones = {f"one_{name}": "x" for name in ("client", "exchange", "symbol", "account", "tag")}
    found = {
        ("ticker" if query.panel == "x x" else query.panel, query.ref)
        for query in queries(
            board, {**titles, **ones, "reference": "USD", "interval": "15s", "bar": "60"}
        )
    }
    assert set(ONE_MAY_BE_EMPTY).union(*ONE_OF) <= found


def test_pages_are_annotated_by_a_query_that_works(desk: Desk) -> None:
    """Annotations are asked apart from panels; with nothing wrong they are empty, not refused."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    annotations = [one for one in board["annotations"]["list"] if "expr" in one]
    assert [one["name"] for one in annotations] == ["Pages", "Tickets"]
    as_panel = {
        "type": "timeseries",
        "title": "annotations",
        "targets": [{"refId": one["name"], "expr": one["expr"]} for one in annotations],
    }
    for query in queries({"panels": [as_panel]}, everything(desk), range_seconds=RANGE_SECONDS):
        ask(desk, query)
