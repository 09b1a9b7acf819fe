"""What the boards ask: only what exists, counters as counters, and nothing that hides a gap."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fortuna_otel import recorded
from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning.pipeline import KNOWN, programs
from tests.provisioning.boards import EXPECTED, Expected, committed, expressions, selectors

BUILTIN = {
    "__range",
    "__interval",
    "__rate_interval",
    "__url_time_range",
    "__all_variables",
    "__data",
}
NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")
ALERTS = {"ALERTS", "ALERTS_FOR_STATE"}
# What the mandates exporter tells holds while it restarts.
TERMS = ("fortuna_mandate_", "fortuna_loan_")
RANGE_OF_COUNTER = re.compile(r"\b(?:increase|rate)\($")
SUM_OF_METRIC = re.compile(r"\bsum\s*(?:by\s*\([^)]*\)\s*)?\($")


@pytest.fixture(scope="session", params=EXPECTED)
def board(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each of the boards: what is asked of one is asked of the other."""
    return committed(request.param)


@pytest.fixture(scope="session")
def expected(board: dict[str, Any]) -> Expected:
    """What this board has of its own."""
    return EXPECTED[board["uid"]]


def test_selectors_are_found_whatever_their_metric_is_called() -> None:
    """The tests below see every metric: none hides behind a name they do not expect."""
    expr = (
        'max by (job) (up{job="a{b}"}) / on (job) group_left () sum(rate(x_total[$__interval] '
        'offset 5m)) or label_replace(fortuna:a:b{client=~"$client|",le!="1"}, "x", "y", "", "")'
    )
    assert [(name, matchers) for _, name, matchers in selectors(expr)] == [
        ("up", {"job": "a{b}"}),
        ("x_total", {}),
        ("fortuna:a:b", {"client": "$client|", "le": "1"}),
    ]


def test_queries_read_only_registered_metrics(board: dict[str, Any]) -> None:
    """Every metric is in a registry or recorded by a rule, with labels it really has."""
    asked = set()
    for where, expr in expressions(board):
        for _, name, matchers in selectors(expr):
            if name in ALERTS:
                continue
            asked.add(name)
            if name in recorded.BY_PROMETHEUS:
                assert matchers.keys() <= {*recorded.BY_PROMETHEUS[name].attributes}, (where, name)
                continue
            assert name in KNOWN, (where, name)
            metric = KNOWN[name]
            for label, value in matchers.items():
                known = {*promql.RESOURCE_LABELS, *metric.attributes, "le"}
                assert label in known, (where, name, label)
                allowed = metric.values(label) if label in metric.attributes else None
                if allowed is not None and "$" not in value:
                    assert set(value.split("|")) <= allowed, (where, name, label, value)
    assert len(asked) > 40


def test_counters_are_read_as_increases_and_gauges_are_not(board: dict[str, Any]) -> None:
    """`increase` of a gauge and a bare counter both draw plausible nonsense.

    What first appears with its first failure is also looked for as it stands: new counts in full.
    """
    for where, expr in expressions(board):
        for before, name, _ in selectors(expr):
            if name not in KNOWN:
                continue
            if name in programs.AFTER and before.endswith("last_over_time("):
                assert f"increase({name}" in expr, (where, name)
                continue
            counted = KNOWN[name].kind in {"counter", "histogram"}
            assert counted == bool(RANGE_OF_COUNTER.search(before)), (where, name)


def test_nothing_turns_missing_into_zero(board: dict[str, Any]) -> None:
    """No false zero: `or vector(0)` is nowhere on the board."""
    for where, expr in expressions(board):
        assert not re.search(r"or\s+(on\s*\([^)]*\)\s*)?vector\(0\)", expr), where


def test_live_values_do_not_widen_the_stores_lookback(
    board: dict[str, Any], expected: Expected
) -> None:
    """Live values are plain selectors: a dead process leaves within 10 s."""
    for where, expr in expressions(board):
        for before, name, _ in selectors(expr):
            if name in recorded.BY_PROMETHEUS or name.startswith(TERMS):
                continue
            if before.endswith("last_over_time("):
                known = name in expected.lasting or name.endswith("_timestamp_seconds")
                assert known, (where, name)


def test_what_is_recorded_slowly_is_read_over_a_while(board: dict[str, Any]) -> None:
    """A store's lookback is 10 s: a plain selector of a minute's series is mostly empty."""
    for where, expr in expressions(board):
        for before, name, _ in selectors(expr):
            if name in recorded.BY_PROMETHEUS and recorded.BY_PROMETHEUS[name].interval > 5:
                assert re.search(r"_over_time\($", before), (where, name)


def test_stocks_are_collapsed_before_they_are_summed(board: dict[str, Any]) -> None:
    """A sum over raw gauges would double while a moved process's old series lingers.

    Recorded series are collapsed by their rules.
    """
    for where, expr in expressions(board):
        for before, name, _ in selectors(expr):
            if not name.startswith("fortuna:"):
                assert not SUM_OF_METRIC.search(before), f"{where}: sum over {name} itself"


def test_every_variable_in_use_exists_and_every_one_is_used(board: dict[str, Any]) -> None:
    """No orphan and no unknown variable, in queries, titles, links and other variables."""
    defined = {variable["name"] for variable in board["templating"]["list"]}
    text = [
        json.dumps([board["panels"], board["annotations"]]),
        *(json.dumps(variable["query"]) for variable in board["templating"]["list"]),
    ]
    # label_replace's "$1" is no variable, nor is Grafana's value for All in a link.
    used = set(NAME.findall("".join(text).replace("$__all", ""))) - BUILTIN
    assert used == defined
