"""The pipeline board on the real programs: its registry has what they say, and it has data."""

from __future__ import annotations

import json
import re
import signal
import time
import urllib.request
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pytest

from fortuna_otel.provisioning import queries
from fortuna_otel.provisioning.pipeline import programs
from fortuna_otel.provisioning.promql import RESOURCE_LABELS
from tests.e2e.pipeline import gauge, point, wait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortuna_otel.signals import Signal
    from tests.e2e.desk import Desk
    from tests.e2e.pipeline import Pipeline, PromQL
    from tests.e2e.stores import Stores

pytestmark = pytest.mark.e2e

BOARD = Path(__file__).parents[2] / "grafana-provisioning" / "dashboards" / "fortuna-pipeline.json"
PATIENCE_SECONDS = 150.0
SAMPLE = re.compile(r"^([\w:]+)(?:\{(.*)\})? \S+$", re.MULTILINE)
TYPE = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)
# Quantiles of a summary are read as the gauges they are.
KINDS = {"summary": "gauge"}
# Labels that a program leaves out while they say nothing.
OPTIONAL = {
    *("error_type", "http_response_status_code"),
    *("server_address", "server_port", "url_path"),
}
# A full queue and a refused sample would harm other tests: what they leave behind is described as
# the sources of the programs have it.
PROVOKED = [
    metric
    for metric in programs.ALL
    if metric not in {programs.ENQUEUE_FAILED, programs.MIMIR_DISCARDED}
]
GROUP = "name: desk\ninterval: 1s\nrules: [{record: 'fortuna:test', expr: vector(1)}]\n"

Said: TypeAlias = "Mapping[str, tuple[str | None, set[str]]]"

# Queries that a healthy desk with one Prometheus may leave without an answer, and why.
MAY_BE_EMPTY = {
    ("Worst clock", "A"): "no venue tells its time",
    ("Platform alerts", "A"): "no alert fires",
    ("Hosts", "F"): "no venue tells its time",
    ("Processes", "E"): "every export was accepted",
    ("Processes", "F"): "nothing was dropped",
    ("Processes", "H"): "no venue tells its time",
    ("Processes", "I"): "no two processes share a name",
    ("Values dropped, by reason", "A"): "nothing was dropped",
    ("Queues", "D"): "no queue grows",
    ("Points not sent, by exporter", "A"): "every attempt succeeded",
    ("Points not sent, by exporter", "B"): "no queue was full",
    ("Samples refused", "B"): "there is no Mimir",
    ("Time of a push", "B"): "there is no Mimir",
    ("Time of a query", "B"): "there is no Mimir",
    ("Disk", "D"): "there is no Mimir",
    ("Failures of the disk", "C"): "there is no Mimir",
    ("Groups nearest to their limit", "A"): "no group takes long",
    ("Evaluations missed, by group", "A"): "none was missed",
    ("Evaluations failed, by group", "A"): "none failed",
    ("Notifications failed, by reason", "A"): "none failed",
    ("Notifications failed, by reason", "B"): "none failed",
    ("Alerts firing, by owner", "A"): "none fires",
    ("Alerts firing, by owner", "B"): "none fires",
    ("Clock of each host", "A"): "no venue tells its time",
    ("Clock of each venue", "A"): "no venue tells its time",
    ("Starts and conflicts", "C"): "no two processes share a name",
}


def page(url: str) -> str:
    """What a program says of itself."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as response:  # noqa: S310 - loopback
        return str(response.read().decode())


def scraped(text: str) -> Said:
    """What is in a text format: kind and labels of each metric."""
    kinds = {name: KINDS.get(kind, kind) for name, kind in TYPE.findall(text)}
    labels: dict[str, set[str]] = defaultdict(set)
    for name, inner in SAMPLE.findall(text):
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        labels[name if name in kinds else family].update(re.findall(r'(\w+)="', inner or ""))
    return {name: (kind, labels[name] - {"le"}) for name, kind in kinds.items()}


def stored(promql: PromQL, selector: str) -> Said:
    """What was pushed, or scraped, as the store has it; it keeps no kinds."""
    labels: dict[str, set[str]] = defaultdict(set)
    for series in promql.get("series", **{"match[]": selector}):
        family = re.sub(r"_(bucket|sum|count)$", "", series["__name__"])
        for name in {family, series["__name__"]}:
            labels[name].update(set(series) - RESOURCE_LABELS - {"__name__", "le"})
    return {name: (None, found) for name, found in labels.items()}


@pytest.fixture(scope="module")
def said(pipeline: Pipeline, stores: Stores) -> Mapping[str, Said]:
    """What each program says, after whatever has to happen before it says all of it."""
    pipeline.restore()
    promql = pipeline.prometheus
    stores.upload("board", GROUP)
    wait(
        lambda: "cortex_prometheus_rule_group_iterations_total{" in stores.metrics(),
        30,
        "Mimir to evaluate a group",
    )
    # The critical exporter gives up after a second; what is four hours old is filtered.
    pipeline.signal("prometheus", signal.SIGSTOP)
    for ago in (0.0, 4 * 3600.0, 0.0, 0.0):
        at = time.time() - ago
        pipeline.push(gauge("fortuna.heartbeat.timestamp", "s", point(at, at, loop="board")))
        time.sleep(0.5)
    time.sleep(1.0)
    pipeline.signal("prometheus", signal.SIGCONT)
    for metric in (programs.SEND_FAILED, programs.FILTERED, programs.SENT):
        promql.wait(metric.name, 30)
    return {
        programs.COLLECTOR: stored(promql, '{job="fortuna/collector"}'),
        programs.SCRAPED: stored(promql, '{job=~"prometheus|alertmanager"}'),
        programs.PROMETHEUS: scraped(page(promql.url)),
        programs.ALERTMANAGER: scraped(page(pipeline.stack.url("alertmanager"))),
        programs.MIMIR: scraped(stores.metrics()),
    }


@pytest.mark.parametrize("metric", PROVOKED, ids=lambda metric: metric.name)
def test_programs_say_what_the_registry_has_of_them(
    metric: Signal, said: Mapping[str, Said]
) -> None:
    """Name, kind and labels of every metric that the board reads of a program that is not ours."""
    kind, labels = said[metric.per][metric.name]
    assert kind in {None, metric.kind}
    assert labels <= set(metric.attributes)
    assert set(metric.attributes) - labels <= OPTIONAL


def test_every_query_returns_data(desk: Desk) -> None:
    """With all hosts and services, no panel of a trading desk's pipeline stays empty."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    waiting: list[tuple[str, str]] = []

    def answered() -> bool:
        nonlocal waiting
        processes = [labels for labels, _ in desk.query("fortuna_telemetry_series")]
        chosen: dict[str, str | list[str]] = {
            "host": sorted({labels["host_name"] for labels in processes}),
            "service": sorted({labels["job"] for labels in processes}),
            "interval": "1m",
        }
        waiting = [
            (query.panel, query.ref)
            for query in queries(board, chosen)
            if (query.panel, query.ref) not in MAY_BE_EMPTY and not desk.query(query.expr)
        ]
        return not waiting

    deadline = time.monotonic() + PATIENCE_SECONDS
    while not answered():
        if time.monotonic() > deadline:
            pytest.fail(f"no data after {PATIENCE_SECONDS:.0f} s: {waiting}")
        time.sleep(1)


def test_queries_that_may_be_empty_are_on_the_board() -> None:
    """An exception for a query that is gone must not hide its successor."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    chosen = {"host": "x", "service": "x", "interval": "1m"}
    assert set(MAY_BE_EMPTY) <= {(query.panel, query.ref) for query in queries(board, chosen)}
