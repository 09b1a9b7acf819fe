"""Alerts on the board: none firing is only said while the rules run."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import yaml

from fortuna_otel import provisioning
from fortuna_otel.provisioning import alerts, general
from fortuna_otel.provisioning.panels import ALERTS_PANEL
from tests.provisioning.boards import ROOT
from tests.provisioning.evaluation import Raw, evaluate

if TYPE_CHECKING:
    from tests.provisioning.evaluation import Answer

SELECTED = {"client": ["acme"]}
WATCHDOG = Raw('ALERTS{alertname="Watchdog",alertstate="firing"}', "1+0x60")


def firing(alertname: str, **labels: str) -> Raw:
    """A page that fires."""
    chosen = {"alertname": alertname, "alertstate": "firing", "severity": "page"} | labels
    inner = ",".join(f'{name}="{value}"' for name, value in chosen.items())
    return Raw(f"ALERTS{{{inner}}}", "1+0x60")


def pages(*series: Raw, at: str = "60s") -> list[float]:
    """What the tile of firing pages shows."""
    return list(evaluate(general.firing_pages(), series, SELECTED, at).values())


def fires(alertname: str, since: float, **labels: str) -> list[Raw]:
    """An alert of which the beginning is known too."""
    fired = firing(alertname, **labels)
    began = fired.notation.replace("ALERTS{", "ALERTS_FOR_STATE{").replace(
        'alertstate="firing",', ""
    )
    return [fired, Raw(began, f"{since}+0x60")]


def listed(board: dict[str, Any], *series: Raw) -> Answer:
    """What the table of firing alerts shows."""
    (panel,) = (one for one in provisioning.panels(board) if one["title"] == "Firing alerts")
    (target,) = panel["targets"]
    return evaluate(target["expr"], series, SELECTED)


def test_no_pages_is_zero_while_the_watchdog_fires() -> None:
    """Somebody evaluates the rules, and none fires."""
    assert pages(WATCHDOG) == [0]


def test_no_pages_is_no_number_without_the_watchdog() -> None:
    """Silence of the rules must not look like peace."""
    assert pages() == []


def test_pages_of_the_selected_clients_and_of_nobody_count() -> None:
    """A service's page has no client; another client's page is not asked for."""
    mine = firing("SpreadTooWide", client="acme")
    other = firing("SpreadTooWide", client="globex")
    nobodys = firing("ServiceSilent", job="desk/mm")
    pending = Raw('ALERTS{alertname="X",alertstate="pending",severity="page"}', "1+0x60")
    assert pages(WATCHDOG, mine, other, nobodys, pending) == [2]


def test_pages_count_even_without_the_watchdog() -> None:
    """A page that fires is shown whatever else is broken."""
    assert pages(firing("ServiceSilent", job="desk/mm")) == [1]


def test_slow_pages_are_seen_between_their_evaluations() -> None:
    """A page evaluated every 15 s is counted at any time in a store that looks back 10 s."""
    slow = Raw(firing("AdverseSelection", client="acme").notation, "1 _x14 1 _x14 1 _x14 1 _x14")
    assert [pages(WATCHDOG, slow, at=f"{at}s") for at in range(45, 60)] == [[1]] * 15


def test_what_is_over_leaves_within_20_seconds() -> None:
    """A page that fired until 30 s is gone at 50 s."""
    over = Raw(firing("SpreadTooWide", client="acme").notation, "1x29 stale")
    assert [pages(WATCHDOG, over, at=at) for at in ("45s", "50s")] == [[1], [0]]


def test_every_page_that_is_counted_is_listed(board: dict[str, Any]) -> None:
    """One row an alert, whoever owns it, tickets too; another client's is not asked for."""
    shown = listed(
        board,
        WATCHDOG,
        *fires("SpreadTooWide", 50, client="acme", venue="okx", symbol="A/B", owner="desk"),
        *fires("MarginLow", 30, client="acme", venue="okx", account="mm", severity="ticket"),
        # Two loops of one service: two alerts, two rows.
        *fires("ServiceSilent", 20, job="desk/mm", instance="h1/desk/mm/0", host_name="h1"),
        *fires("ServiceSilent", 10, job="desk/mm", instance="h2/desk/mm/0", host_name="h2"),
        *fires("SpreadTooWide", 50, client="globex", venue="okx", symbol="A/B"),
    )
    rows = [(dict(labels), seconds) for labels, seconds in shown.items()]
    for row, _ in rows:
        assert row.keys() <= {"alertname", "severity", "client", "venue", "symbol", "about"}
    assert sorted(
        (row["alertname"], row.get("client"), row["venue"], row["symbol"], row.get("about"), age)
        for row, age in rows
    ) == [
        ("MarginLow", "acme", "okx", "All", "mm", 30),
        ("ServiceSilent", None, "All", "All", "desk/mm h1/desk/mm/0 h1", 40),
        ("ServiceSilent", None, "All", "All", "desk/mm h2/desk/mm/0 h2", 50),
        ("SpreadTooWide", "acme", "okx", "A/B", None, 10),
    ]


def test_a_list_without_alerts_is_empty_only_while_rules_are_evaluated(
    board: dict[str, Any],
) -> None:
    """The Watchdog has a row when it is silent: nothing else could fire."""
    assert listed(board, WATCHDOG) == {}
    ((labels, seconds),) = listed(board, Raw("unrelated", "1x60")).items()
    assert dict(labels)["alertname"] == "Watchdog"
    assert dict(labels)["about"] == alerts.SILENT
    assert math.isnan(seconds)


def test_no_two_alerts_share_a_row() -> None:
    """Every label that an alert of alerting/tests carries is a column, or part of one."""
    carried = {
        label
        for path in (ROOT / "alerting" / "tests").glob("*.yaml")
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in test.get("alert_rule_test", ())
        for alert in case.get("exp_alerts") or ()
        for label in alert["exp_labels"]
    }
    assert carried == {*alerts.LABELS, "severity", "owner"}


def test_every_alert_that_leads_here_finds_its_numbers(board: dict[str, Any]) -> None:
    """Each is linked from a panel, a column or a tile that shows what it watches."""
    linked = set(re.findall(r"\$\{runbooks\}/runbooks/(\w+)", json.dumps(board)))
    leading = {
        rule["alert"]
        for path in (ROOT / "alerting" / "rules").glob("*.yaml")
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if re.match(r"/d/fortuna($|[?{])", rule.get("annotations", {}).get("dashboard_url", ""))
    }
    assert leading - linked == set()


def test_links_to_the_list_find_it(board: dict[str, Any]) -> None:
    """By its number, which Grafana opens alone."""
    (panel,) = (one for one in provisioning.panels(board) if one["title"] == "Firing alerts")
    assert panel["id"] == ALERTS_PANEL


def test_a_page_of_a_slow_rule_does_not_come_and_go() -> None:
    """LoanExpiry is evaluated every 15 s: its page must count in between."""
    slow = Raw(firing("LoanExpiry", client="acme").notation, "1+0x45 stale")
    assert pages(WATCHDOG, slow) == [1]


def test_a_mark_stands_where_the_alert_began() -> None:
    """The annotation's value is the beginning, in milliseconds, as Grafana reads it."""
    annotation = alerts.annotation("Pages", "page", "#fff", shown=True).build()
    assert annotation.use_value_for_time
    labels = 'alertname="SpreadTooWide",severity="page",client="acme"'
    series = [
        Raw(f"ALERTS_FOR_STATE{{{labels}}}", "1795368600+0x60"),
        Raw(f'ALERTS{{alertstate="firing",{labels}}}', "_x30 1+0x30"),
    ]
    variables = SELECTED | {"__interval": "10s"}
    assert list(evaluate(annotation.expr, series, variables).values()) == [1795368600000]


def test_a_pending_alert_is_not_marked() -> None:
    """What has not fired may still pass."""
    annotation = alerts.annotation("Pages", "page", "#fff", shown=True).build()
    labels = 'alertname="SpreadTooWide",severity="page",client="acme"'
    series = [
        Raw(f"ALERTS_FOR_STATE{{{labels}}}", "1795368600+0x60"),
        Raw(f'ALERTS{{alertstate="pending",{labels}}}', "1+0x60"),
    ]
    assert evaluate(annotation.expr, series, SELECTED | {"__interval": "10s"}) == {}
