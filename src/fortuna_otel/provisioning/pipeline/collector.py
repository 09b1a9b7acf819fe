"""The Collectors: what they take, what they hand on, and what waits meanwhile."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import BAR, Column, Placed, Section, cell, grid, on_pipeline
from fortuna_otel.provisioning.pipeline import programs
from fortuna_otel.provisioning.pipeline.frame import curves, events, limit, number
from fortuna_otel.provisioning.pipeline.idioms import (
    HOSTS,
    RECENT,
    STEP,
    WINDOW,
    allowed,
    gained,
    named,
    rate,
)

QUEUE = ("host_name", "exporter")
QUEUE_WARN, QUEUE_BAD = 0.5, 0.8


def queue_share(keys: promql.Keys = QUEUE) -> str:
    """How full each queue is, by what it measures itself in."""
    size = promql.live(programs.QUEUE_SIZE, keys, HOSTS)
    return f"{size} / ({promql.live(programs.QUEUE_CAPACITY, keys, HOSTS)} > 0)"


def received(keys: promql.Keys = ()) -> str:
    """Points a second that services handed to Collectors."""
    return rate(programs.RECEIVED, keys, HOSTS)


def refused() -> str:
    """Points a second that Collectors did not take, to be sent again."""
    return rate(programs.REFUSED, (), HOSTS)


def section() -> Section:
    """Build the section."""
    return Section(
        "Collectors",
        (
            Placed(_taken(), 0, 0, 12, 8),
            Placed(_sent(), 12, 0, 12, 8),
            Placed(_fill(), 0, 8, 12, 8),
            Placed(_queues(), 12, 8, 12, 8),
            Placed(_failed(), 0, 16, 12, 8),
            Placed(_refused(), 12, 16, 12, 8),
            Placed(_answers(), 0, 24, 12, 8),
            Placed(_store_answers(), 12, 24, 12, 8),
        ),
    )


def _taken() -> Any:
    return curves(
        "Points received, by host",
        "Metric points that services handed to each Collector, a second, over $interval. The host "
        "applies. Empty: no Collector of the selection reports.",
        (received(("host_name",)), "{{host_name}}"),
        many=True,
    ).unit("cps")


def _sent() -> Any:
    return curves(
        "Points sent, by exporter",
        "Metric points the store took from each exporter, a second, over $interval. `critical` "
        "carries what pages read, `durable` everything: what is critical is sent twice, and the "
        "store keeps it once. The host applies. Empty: no Collector of the selection reports.",
        (rate(programs.SENT, QUEUE, HOSTS), "{{host_name}} {{exporter}}"),
        many=True,
    ).unit("cps")


def _fill() -> Any:
    panel = curves(
        "Queues, share of capacity",
        "What waits in each exporter's queue ÷ its room. `durable` is on disk, in bytes: full, "
        "services get 503 and keep their own data for 15 min. `critical` is in memory, in "
        "requests, and never retries: full, it drops what `durable` delivers later. Dashed: from "
        "here CollectorQueueFilling opens a ticket. The host applies. Empty: no Collector of the "
        "selection reports.",
        (queue_share(), "{{host_name}} {{exporter}}"),
        many=True,
    )
    ticket = allowed(recorded.DESK_TOLERANCE_RATIO, "CollectorQueueFilling", "ticket")
    return watched(limit(panel.unit("percentunit"), ticket, "allowed"), "CollectorQueueFilling")


def _queues() -> Any:
    size = promql.live(programs.QUEUE_SIZE, QUEUE, HOSTS)
    capacity = promql.live(programs.QUEUE_CAPACITY, QUEUE, HOSTS)
    growth = promql.by(
        "max", QUEUE, f"deriv({promql.select(programs.QUEUE_SIZE, HOSTS)}[{RECENT}])"
    )
    share = number((QUEUE_WARN, style.WARN), (QUEUE_BAD, style.ASK), unit="percentunit", decimals=1)
    return watched(
        grid(
            "Queues",
            "Every queue, the fullest first. **waiting** and **room** are in the queue's own "
            "measure: requests for the critical ones, bytes for the durable ones. **full in**: at "
            "the pace of the last 5 min, if that is within a day. The host applies. Empty cells: "
            "it does not grow. Empty: no Collector of the selection reports.",
            keys={"host_name": "host", "exporter": "exporter"},
            columns=(
                Column("full", queue_share(), share),
                Column("waiting", size, number(unit="short")),
                Column("room", capacity, number(unit="short")),
                Column(
                    "full in",
                    f"({capacity} - {size}) / ({growth} > 0) < 86400",
                    number(unit="s", decimals=0),
                ),
            ),
            sort=(("full", True),),
            key_properties={
                "host": cell(on_pipeline(host="host")),
                "exporter": cell(style.width(190)),
            },
            empty="no Collector in the selection",
        ),
        "CollectorQueueFilling",
    )


def _failed() -> Any:
    attempts = gained(programs.SEND_FAILED, ("exporter", "error_permanent"), STEP, HOSTS)
    full = gained(programs.ENQUEUE_FAILED, ("exporter",), STEP, HOSTS)
    return watched(
        events(
            "Points not sent, by exporter",
            "Points of attempts to send that failed. `permanent=true`: the store refused them, "
            "they are lost. `permanent=false`: repeated by a durable exporter, given up by a "
            "critical one, whose points the durable one delivers. **queue full**: never taken "
            "up; services repeat what a durable queue has no room for." + BAR + " The host "
            "applies. Empty: every attempt succeeded.",
            (attempts, "{{exporter}} permanent={{error_permanent}}"),
            (full, "{{exporter}} queue full"),
        ),
        "CollectorDropping",
    )


def _refused() -> Any:
    late = promql.increase(programs.FILTERED, (), STEP, HOSTS, filter="filter/time")
    again = promql.increase(programs.REFUSED, (), STEP, HOSTS)
    return watched(
        events(
            "Points refused",
            "**503**: not taken because memory or a queue was full; services send them again. "
            "**wrong time**: more than 2 h 50 min old or 5 min ahead, dropped so that the store "
            "does not refuse a whole request." + BAR + " The host applies. Empty: no Collector "
            "of the selection reports.",
            (again, "503"),
            (late, "wrong time"),
        ),
        "CollectorDropping",
        "ClockSkewed",
    )


def _answers() -> Any:
    taken = promql.quantile(programs.TAKE_DURATION, 0.99, ("host_name",), WINDOW, HOSTS)
    return curves(
        "Time to answer a service, 99th percentile",
        "How long each Collector takes to answer a request of a service, its disk queue "
        "included, over $interval. The host applies. Empty: no service has sent anything within "
        "$interval.",
        (taken, "{{host_name}}"),
    ).unit("s")


def _store_answers() -> Any:
    keys = ("host_name", "server_address", "server_port")
    half, most = (
        promql.quantile(programs.PUSH_DURATION, share, keys, WINDOW, HOSTS) for share in (0.5, 0.99)
    )
    legend = "{{host_name}} to {{server_address}}:{{server_port}} {{quantile}}"
    return curves(
        "Time of the store's answer",
        "How long a store takes to answer a Collector's request, median and 99th percentile, "
        "over $interval. A critical request is given up after 1 s, a durable one after 30 s and "
        "repeated. The host applies. Empty: nothing was sent within $interval.",
        (named(half, "quantile", "50 %"), legend),
        (named(most, "quantile", "99 %"), legend),
    ).unit("s")
