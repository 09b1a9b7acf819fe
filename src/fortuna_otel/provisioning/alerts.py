"""Firing alerts on the board: counted, and marked where they began."""

from __future__ import annotations

from typing import Any

from fortuna_otel.provisioning._grafana import dashboard
from fortuna_otel.provisioning.panels import DATASOURCE

# The trailing | keeps alerts that belong to no client.
SELECTED = 'client=~"$client|"'
# Tickets are evaluated every 15 s, longer than the stores look back.
SLOW_WINDOW = "20s"


def pages(matchers: str) -> str:
    """Alerts that page now."""
    return f'ALERTS{{alertstate="firing",severity="page",{matchers}}}'


def tickets(matchers: str) -> str:
    """Alerts that opened a ticket."""
    return (
        f'last_over_time(ALERTS{{alertstate="firing",severity="ticket",{matchers}}}[{SLOW_WINDOW}])'
    )


def watchdog() -> str:
    """The alert that always fires: while it does, no other one is no news."""
    return 'ALERTS{alertname="Watchdog",alertstate="firing"}'


def annotation(name: str, severity: str, colour: str, *, shown: bool) -> Any:
    """Mark when what an alert complains of began.

    Marking it as a region needs a step that suits every time range, and a long alert would tint
    every panel. The value of ALERTS_FOR_STATE is the beginning itself.
    """
    chosen = f'severity="{severity}",{SELECTED}'
    began = f"max_over_time(ALERTS_FOR_STATE{{{chosen}}}[$__interval])"
    fires = f'max_over_time(ALERTS{{alertstate="firing",{chosen}}}[$__interval])'
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(shown)
        .icon_color(colour)
        .expr(f"1000 * ({began} and ignoring (alertstate) {fires})")
        .use_value_for_time(True)
        .step("5s")
        .title_format("{{alertname}}")
        .text_format("{{client}} {{venue}} {{symbol}} {{asset}} {{job}}")
        .tag_keys("severity")
    )
