"""Whose clock is wrong, and who reports under another's name?"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import (
    Column,
    Placed,
    Section,
    cell,
    grid,
    on_pipeline,
    ranged,
)
from fortuna_otel.provisioning.pipeline.frame import curves, number
from fortuna_otel.provisioning.pipeline.idioms import HOSTS, PROCESS, SERVICES, allowed
from fortuna_otel.signals import health


def section() -> Section:
    """Build the section."""
    return Section(
        "Clocks and identities",
        (
            Placed(_hosts(), 0, 0, 12, 8),
            Placed(_venues(), 12, 0, 12, 8),
            Placed(_starts(), 0, 8, 24, 8),
        ),
    )


def _hosts() -> Any:
    return _clock(
        "Clock of each host",
        "How far the clock of a host is fast (negative: slow), by what its services measure "
        "against the venues, and by beats that lie in the future. Dashed: from here ClockSkewed "
        "pages. The host applies. Empty: no service of the selection measures a venue's clock.",
        promql.select(recorded.HOST_CLOCK_ERROR_SECONDS, HOSTS),
        "{{host_name}}",
    )


def _venues() -> Any:
    return _clock(
        "Clock of each venue",
        "How far the clock of a venue is fast (negative: slow): what all services that measure it "
        "agree on, their own error taken out. Dashed: from here ClockSkewed pages. No variable "
        "applies. Empty: no service measures a venue's clock.",
        promql.select(recorded.VENUE_CLOCK_ERROR_SECONDS),
        "{{venue}}",
    )


def _clock(title: str, description: str, expr: str, legend: str) -> Any:
    page = allowed(recorded.DESK_PATIENCE_SECONDS, "ClockSkewed", "page")
    panel = curves(title, description, (expr, legend), many=True).unit("s").min(None)
    for letter, sign, name in (("Y", "", "fast"), ("Z", "-", "slow")):
        panel.with_target(ranged(f"{sign}{page}", letter, name)).override_by_name(
            name, [style.fixed(style.TARGET), style.dashed()]
        )
    return watched(panel, "ClockSkewed")


def _starts() -> Any:
    started = promql.select(health.SERVICE_STARTED_TIMESTAMP, SERVICES)
    uptime = f"(time() - {promql.by('max', PROCESS, started)})"
    changes = promql.by("sum", PROCESS, f"changes({started}[1h])")
    conflicted = promql.live(recorded.PROCESS_CONFLICTED, ("job", "instance"))
    alive = promql.by("group", PROCESS, started)
    return watched(
        grid(
            "Starts and conflicts",
            "Every process that is alive, the youngest first. **up**: since its start. **starts**: "
            "how often it started anew within the hour; one that restarts in a loop is seen here. "
            "**conflict**: two processes report under this name, and overwrite each other's "
            "counters. Host and service apply. Empty cells: no conflict. Empty: no process of the "
            "selection is alive.",
            keys={"job": "service", "instance": "process", "host_name": "host"},
            columns=(
                Column("up", uptime, number(unit="s", decimals=0)),
                Column("starts", changes, number((3, style.WARN), (10, style.ASK), unit="none")),
                Column(
                    "conflict",
                    f"{alive} * on (job,instance) group_left () {conflicted}",
                    number((1, style.ASK), unit="none"),
                ),
            ),
            sort=(("up", False),),
            key_properties={
                "service": cell(on_pipeline(service="service", host="host"), style.width(200)),
                "process": cell(style.width(260)),
                "host": cell(on_pipeline(host="host")),
            },
            empty="no process in the selection",
        ),
        "InstanceConflict",
    )
