"""Alerts on the board: none firing is only said while the rules run."""

from __future__ import annotations

import pytest

from fortuna_otel.provisioning import alerts, promql
from tests.provisioning.evaluation import Raw, evaluate

SELECTED = {"client": ["acme"]}
WATCHDOG = Raw('ALERTS{alertname="Watchdog",alertstate="firing"}', "1+0x60")


def firing(alertname: str, **labels: str) -> Raw:
    """A page that fires."""
    chosen = {"alertname": alertname, "alertstate": "firing", "severity": "page"} | labels
    inner = ",".join(f'{name}="{value}"' for name, value in chosen.items())
    return Raw(f"ALERTS{{{inner}}}", "1+0x60")


def pages(*series: Raw) -> list[float]:
    """What the tile of firing pages shows."""
    expr = promql.count_of(alerts.pages(alerts.SELECTED), alerts.watchdog())
    return list(evaluate(expr, series, SELECTED).values())


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


@pytest.mark.parametrize("gap", ["_x15", "_x5"])
def test_slow_rules_are_seen_between_their_evaluations(gap: str) -> None:
    """A rule evaluated every 15 s is found in a store that looks back 10 s."""
    watchdog = Raw(WATCHDOG.notation, f"1+0x{60 - int(gap[2:])} {gap}")
    assert pages(watchdog) == [0]


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
