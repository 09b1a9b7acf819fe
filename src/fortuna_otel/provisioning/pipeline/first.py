"""The first screen: is the pipeline healthy?"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import alerts, promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import Column, Placed, Section, cell, grid, on_pipeline
from fortuna_otel.provisioning.pipeline import (
    collector,
    notifications,
    rules,
    store,
    strip,
)
from fortuna_otel.provisioning.pipeline.frame import curves, limit, number
from fortuna_otel.provisioning.pipeline.idioms import HOSTS


def section() -> Section:
    """Build the section: everything on it is seen without scrolling."""
    return Section(
        "Is the pipeline healthy?",
        (
            *(
                Placed(panel, 4 * (index % 6), 3 * (index // 6), 4, 3)
                for index, panel in enumerate(strip.tiles())
            ),
            Placed(_paths(), 0, 6, 8, 8),
            Placed(_points(), 8, 6, 8, 8),
            Placed(_delays(), 16, 6, 8, 8),
            Placed(_alerts(), 0, 14, 12, 8),
            Placed(_hosts(), 12, 14, 12, 8),
        ),
        collapsed=False,
    )


def _paths() -> Any:
    panel = curves(
        "Age of each path",
        "Age of the newest heartbeat that arrived from each host: service, Collector, network and "
        "store together. A few tenths of a second are usual; one that climbs is cut off. Dashed: "
        "PipelineBehind pages. The host applies. Empty: no heartbeat within the hour.",
        (promql.select(recorded.PATH_AGE_SECONDS, HOSTS), "{{host_name}}"),
    ).unit("s")
    return watched(limit(panel, "vector(3)", "allowed"), "PipelineBehind")


def _points() -> Any:
    return curves(
        "Through the pipeline",
        "Points a second that services handed to Collectors, that Collectors refused for now, and "
        "samples that each store took, over $interval. A histogram is one point and many samples; "
        "rules and what is scraped are samples too. The host applies to Collectors. Empty: no "
        "Collector reports.",
        (collector.received(), "received"),
        (collector.refused(), "refused"),
        (store.stored(), "stored {{job}}"),
    ).unit("cps")


def _delays() -> Any:
    return curves(
        "How long a page takes",
        "What lies between a sample in the store and a person, besides the alert's own patience: "
        "the longest evaluation of a rule group that pages, Alertmanager's taking of it (99th "
        "percentile), the slowest kind of receiver (average over $interval). No variable applies. "
        "Empty: neither Prometheus nor Alertmanager is scraped.",
        (f"max({rules.paging()})", "evaluation"),
        (notifications.handed_on_in(), "to Alertmanager"),
        (f"max({notifications.delivered_in(('integration',))})", "to receivers"),
    ).unit("s")


def _alerts() -> Any:
    return alerts.table(
        "Platform alerts",
        "Pages and tickets that the platform team owns and that fire now. No variable applies.",
        alerts.PLATFORM,
        columns={"job": "service", "host_name": "host"},
        empty="no alert of the platform team fires",
    )


def _hosts() -> Any:
    keys = ("host_name",)
    known = promql.select(recorded.COLLECTOR_UPTIME_SECONDS, HOSTS)
    return watched(
        grid(
            "Hosts",
            "Every path, the oldest first. **age**: of its newest heartbeat. **services**: that "
            "beat within the hour. **Collector**: silent if it has said nothing of itself for "
            "15 s. **points/s**: what it takes. **fullest queue**: waiting ÷ room. "
            "**clock**: how far it is fast. The host applies. Empty cells: no Collector of that "
            "name, no service, or no clock measured. Empty: no host is known.",
            keys={"host_name": "host"},
            columns=(
                Column(
                    "age",
                    promql.live(recorded.PATH_AGE_SECONDS, keys, HOSTS),
                    number((2, style.WARN), (3, style.ASK), unit="suffix: s", decimals=1),
                ),
                Column(
                    "services",
                    promql.live(recorded.PATH_SERVICES, keys, HOSTS),
                    number(unit="none"),
                ),
                Column(
                    "Collector",
                    promql.by("max", keys, f"{known} == bool {known} offset 15s"),
                    cell(
                        style.word_properties({0: ("well", style.TEXT), 1: ("silent", style.ASK)}),
                        style.coloured_text(),
                    ),
                ),
                Column("points/s", collector.received(keys), number(unit="short", decimals=0)),
                Column(
                    "fullest queue",
                    promql.by("max", keys, collector.queue_share()),
                    number(
                        (collector.QUEUE_WARN, style.WARN),
                        (collector.QUEUE_BAD, style.ASK),
                        unit="percentunit",
                        decimals=0,
                    ),
                ),
                Column(
                    "clock",
                    promql.live(recorded.HOST_CLOCK_ERROR_SECONDS, keys, HOSTS),
                    number(unit="s"),
                ),
            ),
            sort=(("age", True),),
            key_properties={"host": cell(on_pipeline(host="host"))},
            empty="no host is known",
        ),
        "PipelineBehind",
        "CollectorDown",
    )
