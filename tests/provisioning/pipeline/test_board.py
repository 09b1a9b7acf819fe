"""What only the pipeline board has: its variables, its first screen, its links to runbooks."""

from __future__ import annotations

import re
from typing import Any

import yaml

from fortuna_otel import provisioning
from tests.provisioning.boards import ROOT

SHOWN = ["datasource", "host", "service", "interval"]
STRIP = 12


def named(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables by name."""
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def _watched() -> list[dict[str, Any]]:
    """The platform team's alerts about the pipeline."""
    files = [ROOT / "alerting/rules" / f"{name}.yaml" for name in ("platform", "health", "clocks")]
    return [
        rule
        for path in files
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
        if rule.get("labels", {}).get("owner") == "platform"
    ]


def test_variables_stand_in_the_order_they_are_chosen(pipeline_board: dict[str, Any]) -> None:
    """The address of the runbooks comes last, and nobody sees it."""
    variables = named(pipeline_board)
    assert list(variables) == [*SHOWN, "runbooks"]
    assert {name for name, one in variables.items() if one.get("hide", 0) == 2} == {"runbooks"}


def test_several_hosts_and_services_can_be_chosen(pipeline_board: dict[str, Any]) -> None:
    """They start at All; a service is offered if one of the chosen hosts runs it."""
    variables = named(pipeline_board)
    for name in ("host", "service"):
        assert variables[name]["multi"], name
        assert variables[name]["includeAll"], name
        assert variables[name]["current"]["value"] == ["$__all"], name
    assert 'host_name=~"$host"' in variables["service"]["query"]["query"]
    assert "otelcol_process_uptime_seconds_total" in variables["host"]["query"]["query"]


def test_intervals_suit_what_is_scraped(pipeline_board: dict[str, Any]) -> None:
    """A rate needs several scrapes, also where one is late."""
    config = yaml.safe_load((ROOT / "storage/prometheus.yml").read_text(encoding="utf-8"))
    scrape = provisioning.interpolate.duration_seconds(config["global"]["scrape_interval"])
    choices = named(pipeline_board)["interval"]["query"].split(",")
    assert min(map(provisioning.interpolate.duration_seconds, choices)) >= 4 * scrape


def test_the_first_screen_is_seen_without_scrolling(pipeline_board: dict[str, Any]) -> None:
    """A strip of numbers, then what explains them, within 22 rows of the grid."""
    opened = [panel for panel in pipeline_board["panels"] if panel["type"] != "row"]
    strip = [panel for panel in opened if panel["type"] == "stat"]
    assert len(strip) == STRIP
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in opened) <= 22
    assert max(panel["gridPos"]["y"] for panel in strip) < min(
        panel["gridPos"]["y"] for panel in opened if panel not in strip
    )


def test_a_tile_is_coloured_only_while_something_is_wrong(pipeline_board: dict[str, Any]) -> None:
    """What is well has no background, so that what is not stands out."""
    for panel in provisioning.panels(pipeline_board):
        if panel["type"] == "stat":
            steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
            assert [step["color"] for step in steps].count("transparent") == 1, panel["title"]
            assert len(steps) > 1, panel["title"]


def test_every_platform_alert_has_a_panel_that_links_its_runbook(
    pipeline_board: dict[str, Any],
) -> None:
    """Who is paged about the pipeline finds the numbers behind it here."""
    linked = {
        link["url"].rpartition("/")[2]
        for panel in provisioning.panels(pipeline_board)
        for link in panel.get("links", ())
    }
    assert {rule["alert"] for rule in _watched()} <= linked


def test_a_platform_page_leads_here(pipeline_board: dict[str, Any]) -> None:
    """And selects its host, by a variable that this board has."""
    for rule in _watched():
        url = rule["annotations"]["dashboard_url"]
        assert re.match(rf"/d/{pipeline_board['uid']}($|\{{)", url), rule["alert"]
        assert set(re.findall(r"var-(\w+)", url)) <= set(SHOWN), rule["alert"]
