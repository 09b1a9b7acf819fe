"""Grafana's provisioning files, checked as strictly as Grafana would, without it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from fortuna_otel.alerts import Routing, loads
from fortuna_otel.alerts.causes import FAMILIES
from fortuna_otel.alerts.generate import Project
from fortuna_otel.alerts.grafana import contact_points, mute_timings, policies, rules, variable
from fortuna_otel.alerts.intervals import time_intervals
from tests.alerts.conftest import COMMITTED, EVERYTHING, ROOT
from tools.build import binary

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ROOT / "grafana-provisioning"

# What pkg/services/provisioning/alerting takes from Grafana 10.4 to 13; `keepFiringFor` since 12.
GROUP = {"orgId", "name", "folder", "interval", "rules"}
RULE = {
    *("uid", "title", "condition", "data", "noDataState", "execErrState", "for"),
    *("keepFiringFor", "annotations", "labels", "isPaused"),
}
QUERY = {"refId", "relativeTimeRange", "datasourceUid", "model"}
ROUTE = {
    *("receiver", "object_matchers", "continue", "group_by", "group_wait", "group_interval"),
    *("repeat_interval", "mute_time_intervals", "routes"),
}
SETTINGS = {
    "slack": {"url", "username", "title", "text"},
    "pagerduty": {
        *("integrationKey", "severity", "class", "component", "group", "summary", "source"),
        *("client", "client_url", "details"),
    },
    "webhook": {"url", "httpMethod", "maxAlerts", "title", "message"},
}


def committed(name: str) -> dict[str, Any]:
    """One of the committed files."""
    text = (FOLDER / "alerting" / f"{name}.yaml").read_text(encoding="utf-8")
    document = yaml.safe_load(text)
    assert document["apiVersion"] == 1
    return dict(document)


def written() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every committed rule with its group."""
    return [(group, rule) for group in committed("rules")["groups"] for rule in group["rules"]]


RULES = written()


def seconds(duration: str) -> int:
    """Seconds of a Prometheus duration."""
    units = {"s": 1, "m": 60, "h": 3600}
    return sum(int(n) * units[unit] for n, unit in re.findall(r"(\d+)([smh])", duration))


def test_rules_say_what_grafana_demands_and_nothing_else() -> None:
    """An unknown key is ignored in silence, a missing one stops Grafana from starting."""
    for group, rule in RULES:
        assert group.keys() == GROUP
        assert RULE - {"keepFiringFor"} <= rule.keys() <= RULE
        assert rule["condition"] in [query["refId"] for query in rule["data"]]
        for query in rule["data"]:
            assert query.keys() <= QUERY
            assert query["model"]["refId"] == query["refId"]
        assert rule["noDataState"] in {"OK", "Alerting", "NoData"}
        assert rule["execErrState"] in {"OK", "Alerting", "Error"}
        assert re.fullmatch(r"(\d+[smh])+", rule["for"])
        assert all(isinstance(value, str) for value in rule["labels"].values())
        assert all(isinstance(value, str) for value in rule["annotations"].values())


def test_uids_are_unique_and_short_enough() -> None:
    """Grafana takes 40 characters; contact points share the space of names with nobody."""
    points = committed("contact-points")["contactPoints"]
    for uids in (
        [rule["uid"] for _, rule in RULES],
        [receiver["uid"] for point in points for receiver in point["receivers"]],
    ):
        assert len(set(uids)) == len(uids)
        assert all(re.fullmatch(r"[a-z0-9-]{1,40}", uid) for uid in uids)


def test_titles_are_unique_in_their_folder() -> None:
    """The title is the alert's name, and a page and its ticket share it: two folders."""
    titles = [(group["folder"], rule["title"]) for group, rule in RULES]
    assert len(set(titles)) == len(titles)
    boards = yaml.safe_load((FOLDER / "dashboards" / "fortuna.yaml").read_text(encoding="utf-8"))
    # Grafana makes a folder of alerts with a uid of its own, and the boards' has a given one.
    assert boards["providers"][0]["folder"] not in {group["folder"] for group, _ in RULES}


def test_groups_fit_grafanas_clock() -> None:
    """Its scheduler ticks every 10 s, and nothing else divides."""
    for group, _ in RULES:
        assert seconds(group["interval"]) >= 10
        assert seconds(group["interval"]) % 10 == 0


def test_data_sources_exist() -> None:
    """By uid, as they are provisioned beside."""
    sources = yaml.safe_load((FOLDER / "datasources" / "fortuna.yaml").read_text(encoding="utf-8"))
    known = {source["uid"] for source in sources["datasources"]} | {"__expr__"}
    used = {query["datasourceUid"] for _, rule in RULES for query in rule["data"]}
    assert used <= known
    for _, rule in RULES:
        for query in rule["data"]:
            asks = query["datasourceUid"] != "__expr__"
            assert asks == ("relativeTimeRange" in query) == query["model"].get("instant", False)


def test_expressions_name_queries_that_exist() -> None:
    """A value is reduced from a query, the condition computed from a value."""
    for _, rule in RULES:
        refs = [query["refId"] for query in rule["data"]]
        assert len(set(refs)) == len(refs)
        for query in rule["data"]:
            model = query["model"]
            if model.get("type") == "reduce":
                assert model["expression"] in refs
            elif model.get("type") == "math":
                assert set(re.findall(r"\$(\w+)", model["expression"])) <= set(refs)


def test_texts_use_values_that_exist() -> None:
    """And nothing that only Prometheus knows."""
    for _, rule in RULES:
        refs = {query["refId"] for query in rule["data"]}
        text = " ".join(rule["annotations"].values())
        assert set(re.findall(r"\$values\.(\w+)", text)) <= refs
        assert not re.search(r"\bquery\b \(|with query|\| first|urlQueryEscape|\$value\b", text)
        actions = re.findall(r"\{\{\s*(\w+)", text)
        opened = sum(actions.count(word) for word in ("if", "with", "range", "define"))
        assert opened == actions.count("end")


def test_prometheus_accepts_every_query(tmp_path: Path) -> None:
    """Look-ups are rewritten, so promtool judges them anew."""
    records = [
        {"record": f"test:query:{rule['uid'].replace('-', '_')}_{query['refId']}",
         "expr": query["model"]["expr"]}
        for _, rule in RULES
        for query in rule["data"]
        if query["datasourceUid"] == "prometheus"
    ]  # fmt: skip
    path = tmp_path / "queries.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": records}]}))
    answer = subprocess.run(
        [binary("promtool"), "check", "rules", path], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert all(
        "label_replace(\n" in record["expr"] and '"evaluator", "grafana", "", ""' in record["expr"]
        for record in records
        if record["record"].endswith("_A")
    )
    # None of them is ever without a result: Grafana would take the whole rule for no data.
    assert all("or label_replace(vector(" in record["expr"] for record in records)


def test_no_secret_is_in_any_file() -> None:
    """Values come from Grafana's environment, which may name files."""
    text = "\n".join(
        path.read_text(encoding="utf-8") for path in (FOLDER / "alerting").glob("*.yaml")
    )
    assert not re.search(r"hooks\.slack\.com|[0-9a-f]{32}|R0[0-9A-Z]{20}", text)
    for point in committed("contact-points")["contactPoints"]:
        for receiver in point["receivers"]:
            key = "integrationKey" if receiver["type"] == "pagerduty" else "url"
            assert re.fullmatch(r"\$\{FORTUNA_[A-Z_]+\}", receiver["settings"][key])


def test_contact_points_have_settings_that_grafana_knows(routing: Routing) -> None:
    """One for each receiver but the heartbeat, which says that Alertmanager is alive."""
    points = contact_points(routing)["contactPoints"]
    assert [point["name"] for point in points] == [
        *("desk-page", "desk-ticket", "platform-page", "platform-ticket"),
        *("client-manager-ticket", "client-acme-ticket", "escalation", "log"),
    ]
    for point in points:
        for receiver in point["receivers"]:
            assert receiver["settings"].keys() == SETTINGS[receiver["type"]]
    assert variable("slack-webhook-url") == "FORTUNA_SLACK_WEBHOOK_URL"


def visit(route: dict[str, Any]) -> list[dict[str, Any]]:
    """A route and all below it."""
    return [route, *(each for below in route.get("routes", ()) for each in visit(below))]


def test_policies_name_receivers_and_intervals_that_exist(routing: Routing) -> None:
    """Grafana does not start with one that does not; unlike Alertmanager's, none is inherited."""
    names = {point["name"] for point in contact_points(routing)["contactPoints"]}
    timings = {one["name"] for one in mute_timings(routing)["muteTimes"]}
    assert timings == {one["name"] for one in time_intervals(routing)}
    [tree] = policies(routing)["policies"]
    assert tree["orgId"] == 1
    for route in visit({key: value for key, value in tree.items() if key != "orgId"}):
        assert route.keys() <= ROUTE
        assert route["receiver"] in names
        assert set(route.get("mute_time_intervals", ())) <= timings
        for _, operator, _ in route.get("object_matchers", ()):
            assert operator in {"=", "!=", "=~", "!~"}
        assert "test" not in [label for label, _, _ in route.get("object_matchers", ())]


def test_templates_define_each_name_once() -> None:
    """Two definitions in one file do not parse, and every name that is used is there."""
    [template] = committed("templates")["templates"]
    text = template["template"]
    defined = re.findall(r'\{\{-? define "([\w.]+)"', text)
    assert len(set(defined)) == len(defined)
    points = (FOLDER / "alerting" / "contact-points.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r'template "([\w.]+)"', text + points))
    assert used <= set(defined)
    # Functions that only Alertmanager has.
    assert not re.search(r"humanizeDuration|toJson", text)


def alerts() -> list[dict[str, Any]]:
    """The committed Prometheus rules."""
    return Project(COMMITTED).rules()


@pytest.mark.parametrize("evaluator", ["ruler", "grafana"])
def test_the_switch_pauses_the_families_and_never_the_watchers(evaluator: str) -> None:
    """A problem pages once, and somebody always watches the watchers."""
    routing = loads(EVERYTHING.replace("evaluator: ruler", f"evaluator: {evaluator}"))
    groups = rules(routing, alerts(), Project(COMMITTED).watchers())["groups"]
    paused = {
        (group["name"], rule["title"]): rule["isPaused"]
        for group in groups
        for rule in group["rules"]
    }
    families = {title for name, title in paused if name != "fortuna-watchers"}
    assert families == set(FAMILIES)
    for (name, _), is_paused in paused.items():
        assert is_paused == (evaluator == "ruler" and name != "fortuna-watchers")


def test_a_rule_keeps_what_prometheus_rule_says() -> None:
    """Labels, patience and what to do are the same words; the expression is within."""
    for alert in alerts():
        if alert["alert"] not in FAMILIES:
            continue
        severity = alert["labels"]["severity"]
        [rule] = [
            rule
            for _, rule in RULES
            if rule["title"] == alert["alert"] and rule["labels"]["severity"] == severity
        ]
        assert rule["labels"] == alert["labels"]
        assert rule["for"] == alert.get("for", "0s")
        assert rule.get("keepFiringFor") == alert.get("keep_firing_for")
        assert f"({alert['expr'].strip()})" in rule["data"][0]["model"]["expr"]
        assert rule["annotations"]["runbook_url"] == alert["annotations"]["runbook_url"]


def test_causes_mute_symptoms_in_grafana_too() -> None:
    """By the ruler's alerts, which are evaluated whoever sends them."""
    expressions = {
        (rule["title"], rule["labels"]["severity"]): rule["data"][0]["model"]["expr"]
        for _, rule in RULES
    }
    assert (
        'unless on (job, instance) ALERTS{alertname=~"ServiceSilent",alertstate="firing"}'
        in expressions["FeedStale", "page"]
    )
    assert (
        'ALERTS{alertname="InventoryDrift",severity="page",alertstate="firing"}'
        in expressions["InventoryDrift", "ticket"]
    )
    assert "unless" not in expressions["PrometheusDown", "page"].replace("unless on ()", "")


def test_only_a_silent_prometheus_is_alarm_by_itself() -> None:
    """Every other rule without an answer is explained by that one."""
    for group, rule in RULES:
        whole = rule["title"] == "PrometheusDown" and group["name"] == "fortuna-watchers"
        assert rule["execErrState"] == ("Alerting" if whole else "Error")
        assert rule["noDataState"] == ("Alerting" if whole else "OK")
    [tree] = committed("policies")["policies"]
    assert tree["routes"][0]["object_matchers"] == [
        ["alertname", "=~", "DatasourceError|DatasourceNoData"]
    ]
    assert tree["routes"][0]["receiver"] == "desk-ticket"


def test_the_watchers_watch_prometheus_and_alertmanager() -> None:
    """Up, rules, notifications, watchdog."""
    [group] = [group for group in committed("rules")["groups"] if "watchers" in group["name"]]
    assert [rule["title"] for rule in group["rules"]] == [
        *("PrometheusDown", "AlertmanagerDown", "RulesFailing", "PagesUndelivered"),
        "WatchdogMissing",
    ]
