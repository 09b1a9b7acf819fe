"""What the pipeline board reads beside our own signals is described as it is.

That programs really say what `programs` has of them, an end-to-end test shows.
"""

from __future__ import annotations

import json
import re

import pytest
import yaml

from fortuna_otel import recorded, signals
from fortuna_otel.export import registry
from fortuna_otel.provisioning.interpolate import duration_seconds
from fortuna_otel.provisioning.pipeline import (
    KNOWN,
    collector,
    cost,
    programs,
    services,
    store,
)
from scripts.registry import load
from scripts.semconv import BOOKS, GOAL_DESK, Budget
from tests.provisioning.boards import ROOT, committed


def test_names_are_not_shared() -> None:
    """Each series is described once, and none of ours is described again."""
    names = [series for metric in programs.ALL for series in metric.series_names()]
    assert len(names) == len(set(names))
    assert not set(names) & {*signals.BY_PROMETHEUS, *recorded.BY_PROMETHEUS}
    assert len(KNOWN) == len(names) + len(signals.BY_PROMETHEUS)


def test_everything_described_is_read() -> None:
    """What no panel reads any more leaves the registry, and the end-to-end test with it."""
    text = json.dumps(committed("fortuna-pipeline"))
    unread = [
        metric.name
        for metric in programs.ALL
        if not re.search(rf"\b{metric.name}(_bucket|_sum)?\b", text)
    ]
    assert unread == []


@pytest.mark.parametrize("metric", programs.ALL, ids=lambda metric: metric.name)
def test_counters_are_called_totals(metric: signals.Signal) -> None:
    """Prometheus' own convention, which all four programs keep."""
    assert metric.name.endswith("_total") == (metric.kind == "counter")


def test_what_a_book_may_cost_is_what_the_budget_counts() -> None:
    """Series that name a client, for each of its books, watchers included."""
    rows = [
        row
        for row in Budget.of(load(ROOT / "semconv")).rows
        if "client" in {attribute.key for attribute in row.identity.attributes}
    ]
    series = sum((row.series + row.watched) * row.identity.desk for row in rows)
    assert round(series / BOOKS) == cost.BUDGET_A_BOOK


def test_what_the_desk_may_cost_is_what_the_budget_counts() -> None:
    """The lines drawn through samples and series are those of docs/series-budget.md."""
    budget = Budget.of(load(ROOT / "semconv"))
    assert budget.desk_series + budget.desk_watched == store.BUDGET_SERIES
    assert store.GOAL_SAMPLES == GOAL_DESK


def test_a_process_may_have_what_the_sdk_lets_it_have() -> None:
    """The line drawn through its series is where it begins to refuse."""
    assert services.SERIES_LIMIT == registry.SERIES_LIMIT


def test_a_collector_refuses_where_the_line_is_drawn() -> None:
    """`memory_limiter` answers 503 above limit less spike."""
    text = (ROOT / "collector" / "single-host.yaml").read_text(encoding="utf-8")
    limiter = yaml.safe_load(text)["processors"]["memory_limiter"]
    room = limiter["limit_mib"] - limiter["spike_limit_mib"]
    assert room * 2**20 == cost.COLLECTOR_MEMORY_BYTES


def test_a_path_is_old_where_its_page_says_so() -> None:
    """The line at 3 s, and the tile's colour."""
    text = (ROOT / "alerting" / "rules" / "health.yaml").read_text(encoding="utf-8")
    assert "expr: fortuna:path:behind_seconds > 3" in text


def test_the_heartbeat_is_expected_as_often_as_it_is_sent() -> None:
    """The board calls four within 2 min well."""
    routing = yaml.safe_load((ROOT / "alerting" / "routing.yaml").read_text(encoding="utf-8"))
    assert 120 / duration_seconds(routing["heartbeat"]["every"]) == 4


def test_what_alerts_allow_is_what_tiles_colour() -> None:
    """A tile is red where its page is due."""
    allowed = {
        (found[1], found[2]): float(found[3])
        for found in re.finditer(
            r'alert="(\w+)",severity="(\w+)"}\)\s+or vector\(([\d.]+)\)',
            (ROOT / "alerting/rules/thresholds.yaml").read_text(encoding="utf-8"),
        )
    }
    assert allowed["CollectorQueueFilling", "ticket"] == collector.QUEUE_BAD
    assert allowed["RuleEvaluationFailing", "page"] == 0.5
    assert allowed["ClockSkewed", "page"] == 1
    assert allowed["ClockSkewed", "ticket"] == 0.25
