"""`alerting/rules`: valid, linted, tested in pairs, and kept to the rules of the house."""

from __future__ import annotations

import os
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from fortuna_otel import signals
from fortuna_otel.mandates.thresholds import THRESHOLDS, Threshold
from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "alerting" / "rules").glob("*.yaml"))
TESTS = sorted((ROOT / "alerting" / "tests").glob("*.yaml"))
RUNBOOKS = ROOT / "docs" / "runbooks"
# The board's variables by the labels that they select.
SELECTS = {
    **{name: name for name in ("client", "symbol", "account", "tag", "asset")},
    "venue": "exchange",
}
CONTEXTS = yaml.safe_load((ROOT / "alerting" / "context.yaml").read_text(encoding="utf-8"))
# Seconds between two evaluations, at most.
SLOWEST = {"page": 1, "heartbeat": 5, "ticket": 15}
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
STARTS = 3


@dataclass(frozen=True)
class Rule:
    """One rule, and the group it is in."""

    group: dict[str, Any]
    rule: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the alert or of the recorded series."""
        return str(self.rule.get("alert") or self.rule["record"])

    @property
    def interval(self) -> float:
        """Seconds between evaluations."""
        number, unit = re.split(r"(?<=\d)(?=[a-z])", self.group["interval"])
        return float(number) * SECONDS[unit]


def loaded() -> list[Rule]:
    """Every rule of every file."""
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES]
    return [
        Rule(group, rule) for file in files for group in file["groups"] for rule in group["rules"]
    ]


ALL = loaded()
ALERTS = [one for one in ALL if "alert" in one.rule]


def run(*argv: object) -> str:
    """Run a checker and return all it says; fail with that if it fails."""
    answer = _started([str(word) for word in argv])
    said = answer.stdout + answer.stderr
    assert answer.returncode == 0, said
    return said


def _started(argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program; one that the system refuses to start has checked nothing and starts again.

    Of dozens of starts of promtool at once, a loaded machine has refused one.
    """
    refused: list[str] = []
    while len(refused) < STARTS:
        try:
            return subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        except OSError as error:
            refused.append(repr(error))
            time.sleep(1)
    raise AssertionError(f"{argv[0]} does not start: {', '.join(refused)}")


def test_prometheus_accepts_every_rule() -> None:
    """Syntax and templates, by Prometheus' own parser."""
    run(binary("promtool"), "check", "rules", "--lint=all", "--lint-fatal", *RULES)


@pytest.fixture(scope="session")
def told(request: pytest.FixtureRequest) -> Iterator[dict[Path, Future[str]]]:
    """What promtool says of each file asked for: minutes in a row, so every core has one."""
    calls = [item.callspec for item in request.session.items if hasattr(item, "callspec")]
    paths = [each.params["path"] for each in calls if each.params.get("path") in TESTS]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {path: pool.submit(run, binary("promtool"), "test", "rules", path) for path in paths}


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_and_stay_quiet(path: Path, told: dict[Path, Future[str]]) -> None:
    """The pairs of `alerting/tests`, evaluated by Prometheus' own engine."""
    told[path].result()


def test_pint_finds_nothing() -> None:
    """Pint exits 0 on warnings, so its silence is what counts."""
    said = run(
        *(binary("pint"), "--no-color", "--offline", "--log-level", "WARN"),
        *("--config", "alerting/pint.hcl", "lint", "alerting/rules"),
    )
    assert said.strip() == ""


def test_groups_are_short() -> None:
    """A group runs one rule after another: with more than 10 a second is missed under load.

    One that looks once a minute has the time.
    """
    long = [one for one in ALL if len(one.group["rules"]) > 10 and one.interval < 60]
    assert {one.group["name"]: len(one.group["rules"]) for one in long} == {}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one.name)
def test_pages_are_evaluated_every_second_and_tickets_less_often(alert: Rule) -> None:
    """Within seconds is for pages; a ticket costs the store as little as it may.

    The heartbeat is seen by the board, so that it must not outlast the stores' lookback of 10 s.
    """
    severity = alert.rule["labels"]["severity"]
    # What judges an hour or more may take a while, and reads a lot.
    kind = "ticket" if alert.group["name"].endswith("-slow-page") else severity
    assert alert.interval <= SLOWEST[kind]
    if kind == "ticket":
        assert alert.interval == SLOWEST["ticket"]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one.name)
def test_a_runbook_says_what_to_do(alert: Rule) -> None:
    """In money, how to confirm, what to do, how to silence: the four questions at 3 a.m."""
    text = (RUNBOOKS / f"{alert.name}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {alert.name}\n")
    wanted = ["## What it means in money", "## Confirm", "## Do", "## Silence"]
    assert re.findall(r"^## .+", text, re.MULTILINE) == wanted


def test_no_runbook_without_an_alert() -> None:
    """A renamed alert takes its runbook along."""
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert.name for alert in ALERTS}


@pytest.mark.parametrize("name", sorted({alert.name for alert in ALERTS}))
def test_every_alert_is_tested_both_ways(name: str) -> None:
    """Some test sees it fire, and some test sees it stay quiet."""
    cases = [
        case
        for path in TESTS
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in (*test.get("alert_rule_test", []), *test.get("promql_expr_test", []))
        if name in (case.get("alertname"), *re.findall(r'alertname="(\w+)"', case.get("expr", "")))
        or ("Service.*" in case.get("expr", "") and name.startswith("Service"))
    ]
    fires = [case for case in cases if case.get("exp_alerts") or case.get("exp_samples")]
    quiet = [case for case in cases if case not in fires]
    assert fires
    assert quiet or name == "Watchdog"  # which always fires


def test_every_recorded_series_is_tested_by_its_value() -> None:
    """An alert that fires proves little of what it reads: a number does, worked out by hand.

    Where promtool cannot show a series (one that reads samples ahead of their time), the expression
    of its rule is tested as it stands.
    """
    tested = {
        " ".join(case["expr"].split())
        for path in TESTS
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in test.get("promql_expr_test", [])
        if case.get("exp_samples")
    }
    shown = {name for expr in tested for name in re.findall(r"fortuna:[\w:]+", expr)}
    untested = {
        one.name
        for one in ALL
        if "record" in one.rule and one.name not in shown
        if " ".join(one.rule["expr"].split()) not in tested
    }
    assert sorted(untested) == []


def test_rules_read_only_signals_of_the_registry() -> None:
    """A renamed signal must not leave a rule that can never fire."""
    read = {
        name
        for one in ALL
        for text in (one.rule["expr"], *one.rule.get("annotations", {}).values())
        for name in re.findall(r"\bfortuna_(?!otel\b)\w+", text)
    }
    assert sorted(read - set(signals.BY_PROMETHEUS)) == []


def test_what_pages_read_travels_in_the_critical_pipeline() -> None:
    """Behind a backlog a page would be late, or false; a ticket has time."""
    read = {
        name
        for one in ALL
        if one.interval <= SLOWEST["page"]
        for name in re.findall(r"\bfortuna_\w+", one.rule["expr"])
    }
    late = sorted(name for name in read if not signals.BY_PROMETHEUS[name].critical)
    assert late == []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one.name)
def test_a_place_is_described_in_the_same_words_everywhere(alert: Rule) -> None:
    """Rule files cannot share an annotation: each has its copy of `alerting/context.yaml`."""
    assert alert.rule["annotations"].get("context") in CONTEXTS.values()


@pytest.mark.parametrize("alert", ALERTS, ids=lambda one: one.name)
def test_a_text_looks_up_what_its_alert_is_about(alert: Rule) -> None:
    """Every text of every alert is filled in at every evaluation: 300 alerts, 600 times a second.

    So no query in a text reads more of the desk than its labels name, or what is one series anyway.
    """
    small = {
        *("ALERTS", "fortuna:desk:patience_seconds", "fortuna:desk:tolerance_ratio"),
        *("fortuna:venue:orders_open", "fortuna:process:conflicted", "fortuna:mandate:info"),
        "fortuna:path:age_seconds",
    }
    queries = [
        query
        for text in alert.rule["annotations"].values()
        for query in re.findall(r'query (?:\(printf )?"((?:[^"\\]|\\.)*)"', text)
    ]
    wide = {
        query
        for query in queries
        for name, selector in re.findall(r"\b(ALERTS|fortuna[_:][\w:]+)({[^}]*})?", query)
        if not re.search(r"%(\[\d\])?q", selector) and name not in small
    }
    assert wide == set()


def test_a_link_opens_the_board_on_what_its_alert_names() -> None:
    """Whoever is paged sees the troubled client, market, account and asset, and nothing else.

    A service's alert names none of them: its link selects the clients that it serves.
    """
    for alert, shown in _told():
        url = urlsplit(shown["dashboard_url"])
        # A public login's account is nobody's: no book has it.
        hidden = set() if "client" in alert else {"account"}
        named = {SELECTS[name]: [value] for name, value in alert.items() if name in SELECTS}
        chosen = {name: value for name, value in named.items() if name not in hidden}
        if url.path == "/d/fortuna" and named:
            assert parse_qs(url.query) == {f"var-{name}": value for name, value in chosen.items()}


def _told() -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Labels and annotations of every alert that the tests expect with its text."""
    for path in TESTS:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for case in test.get("alert_rule_test", ()):
                for alert in case.get("exp_alerts") or ():
                    if "dashboard_url" in alert.get("exp_annotations", {}):
                        yield alert["exp_labels"], alert["exp_annotations"]


def test_one_alert_has_one_owner_for_each_severity() -> None:
    """Whoever is told of a problem is told of all of its kind."""
    owners: dict[tuple[str, str], set[str]] = {}
    for one in ALERTS:
        labels = one.rule["labels"]
        owners.setdefault((one.name, labels["severity"]), set()).add(labels["owner"])
    assert {alert: told for alert, told in owners.items() if len(told) > 1} == {}


def test_every_threshold_of_the_table_is_read_by_its_alert() -> None:
    """A figure that a mandates file may set and nothing reads would promise what nobody keeps."""
    read = " ".join(str(one.rule["expr"]) for one in ALL if not one.group["name"][-1].isdigit())
    unread = [
        f"{row.alert} {row.severity} {figure}"
        for row in THRESHOLDS
        for figure in ("patience", "tolerance")
        if getattr(row, figure) is not None and not _reads(read, row, figure)
    ]
    assert unread == []


def _reads(expressions: str, row: Threshold, figure: str) -> bool:
    if row.alert == "InventoryDrift":
        return f'fortuna:exposure:patience_seconds{{severity="{row.severity}"}}' in expressions
    unit = {"patience": "seconds", "tolerance": "ratio"}[figure]
    name = f"fortuna:{row.scope}:{figure}_{unit}"
    selectors = re.findall(rf"{name}{{([^}}]*)}}", expressions)
    return any(
        f'alert="{row.alert}"' in each and f'severity="{row.severity}"' in each
        for each in selectors
    )


def test_rules_read_only_series_that_some_rule_records() -> None:
    """The same for recorded series."""
    recorded = {one.name for one in ALL}
    read = {
        name
        for one in ALL
        for text in (one.rule["expr"], *one.rule.get("annotations", {}).values())
        for name in re.findall(r"\bfortuna:[\w:]+", text)
    }
    assert sorted(read - recorded) == []


def test_what_is_recorded_slowly_is_read_over_a_while() -> None:
    """A store's lookback is 10 s: what is evaluated every 10 s or less often falls through it.

    A group may read what it has just recorded itself.
    """
    slow = {
        one.name: {each.group["name"] for each in ALL if each.name == one.name}
        for one in ALL
        if "record" in one.rule and one.interval >= 10
    }
    missed = {
        f"{one.name} ({one.group['name']}) reads {name}"
        for one in ALL
        for text in (one.rule["expr"], *one.rule.get("annotations", {}).values())
        for name in re.findall(r"(fortuna:[\w:]+)(?![\w:])(?:{[^}]*})?(?!\{|\[)", text)
        if name in slow and one.group["name"] not in slow[name]
    }
    assert sorted(missed) == []
