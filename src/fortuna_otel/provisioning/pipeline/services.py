"""What the services say of their own telemetry: what left, how fast, what was dropped."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import BAR, Column, Placed, Section, cell, grid, on_pipeline
from fortuna_otel.provisioning.pipeline.frame import curves, events, number
from fortuna_otel.provisioning.pipeline.idioms import PROCESS, SERVICES, STEP, WINDOW
from fortuna_otel.signals import health

# What a process may bind (`fortuna_otel.export.registry.SERIES_LIMIT`); more is refused.
SERIES_LIMIT = 100_000


def last_export() -> str:
    """Seconds since the newest sample each process sent, by its own clock.

    The gauge is sent every second. Where it is not there any more, the subquery finds its last
    sample for an hour, but looks only every 5 s: while it is there, it says so itself.
    """
    sample = f"timestamp({promql.select(health.TELEMETRY_BUFFERED, SERVICES)})"
    newest = promql.by("max", PROCESS, f"{sample} or max_over_time({sample}[1h:5s])")
    return f"(time() - {newest})"


def undelivered(window: str) -> str:
    """Exports that were not accepted as a whole, by process."""
    failed = ("partial", "failed")
    return promql.increase(health.TELEMETRY_EXPORTS, PROCESS, window, SERVICES, outcome=failed)


def section() -> Section:
    """Build the section."""
    return Section(
        "Services: what they send",
        (
            Placed(_processes(), 0, 0, 24, 10),
            Placed(_dropped(), 0, 10, 12, 8),
            Placed(_exports(), 12, 10, 12, 8),
            Placed(_kept(), 0, 18, 12, 8),
            Placed(_durations(), 12, 18, 12, 8),
        ),
    )


def _processes() -> Any:
    oldest = promql.live(recorded.LOOP_BEAT_TIMESTAMP_SECONDS, PROCESS, SERVICES, aggregator="min")
    bad = (1, style.ASK)
    slow = number((1, style.WARN), (5, style.ASK), unit="s", decimals=1)
    return watched(
        grid(
            "Processes",
            "Every process that sent anything within the hour, the longest silent first. **last "
            "export**: age of its newest stored sample. **last beat**: age of its oldest loop's "
            "beat. **series**: what it exports now; it may have 100,000. **kept**: batches it "
            "holds because the Collector has not accepted them. **not delivered**: exports "
            "refused or partly refused within $interval; each is repeated for 15 min. "
            "**dropped**: values it gave up within $interval. **export**: 99th percentile from "
            "tick to answer within $interval. **clock**: how far it is fast; negative is slow. "
            "**conflict**: another process reports under its name. Host and service apply. Empty "
            "cells: not reported. Empty: no process of the selection has sent anything.",
            keys={"job": "service", "instance": "process", "host_name": "host"},
            columns=(
                Column("last export", last_export(), slow),
                Column("last beat", f"(time() - {oldest})", slow),
                Column(
                    "series",
                    promql.live(health.TELEMETRY_SERIES, PROCESS, SERVICES),
                    number(
                        (0.8 * SERIES_LIMIT, style.WARN),
                        (SERIES_LIMIT, style.ASK),
                        unit="short",
                    ),
                ),
                Column(
                    "kept",
                    promql.live(health.TELEMETRY_BUFFERED, PROCESS, SERVICES),
                    number((1, style.WARN), (60, style.ASK), unit="none"),
                ),
                Column(
                    "not delivered",
                    undelivered(WINDOW),
                    number((0.5, style.WARN), unit="none", decimals=0),
                ),
                Column(
                    "dropped",
                    promql.increase(health.TELEMETRY_DROPPED, PROCESS, WINDOW, SERVICES),
                    number((0.5, style.ASK), unit="none", decimals=0),
                ),
                Column(
                    "export",
                    promql.quantile(
                        health.TELEMETRY_EXPORT_DURATION, 0.99, PROCESS, WINDOW, SERVICES
                    ),
                    number((0.5, style.WARN), (1, style.ASK), unit="s"),
                ),
                Column(
                    "clock",
                    promql.live(recorded.PROCESS_CLOCK_ERROR_SECONDS, PROCESS, SERVICES),
                    _clock(),
                ),
                Column("conflict", _conflicts(), number(bad, unit="none")),
            ),
            sort=(("last export", True),),
            key_properties={
                "service": cell(on_pipeline(service="service", host="host"), style.width(150)),
                "process": cell(style.width(220)),
                "host": cell(on_pipeline(host="host")),
            },
            empty="no process in the selection",
        ),
        "TelemetryDropping",
        "ServiceSilent",
        "InstanceConflict",
    )


def _conflicts() -> str:
    """Mark processes of the selection whose name two report under, as 1."""
    sending = promql.live(health.TELEMETRY_SERIES, PROCESS, SERVICES, aggregator="group")
    conflicted = promql.live(recorded.PROCESS_CONFLICTED, ("job", "instance"))
    return f"{sending} * on (job,instance) group_left () {conflicted}"


def _clock() -> tuple[style.Property, ...]:
    return cell(
        style.unit("s"),
        style.coloured_text(),
        style.threshold_properties(
            (None, style.ASK),
            (-1, style.WARN),
            (-0.25, style.TEXT),
            (0.25, style.WARN),
            (1, style.ASK),
        ),
    )


def _dropped() -> Any:
    reasons = promql.increase(health.TELEMETRY_DROPPED, ("reason",), STEP, SERVICES)
    return watched(
        events(
            "Values dropped, by reason",
            "Values and points that services gave up, by reason: `invalid` is a bug in the "
            "caller, `limit` too many series, `buffer_full` and `expired` an outage longer than "
            "they remember, `refused` the Collector's no, `internal` an error of the telemetry "
            "itself. Each is logged once a minute." + BAR + " Host and service apply. Empty: "
            "nothing was ever dropped.",
            (f"{reasons} > 0", "{{reason}}"),
        ),
        "TelemetryDropping",
    )


def _exports() -> Any:
    outcomes = promql.increase(health.TELEMETRY_EXPORTS, ("outcome",), STEP, SERVICES)
    return (
        events(
            "Exports, by outcome",
            "Requests of services to their Collector: accepted as a whole, in part, or not at "
            "all; what was not accepted is repeated for 15 min." + BAR + " Host and service "
            "apply. Empty: no service of the selection exports.",
            (outcomes, "{{outcome}}"),
        )
        .override_by_name("delivered", [style.fixed(style.GREY)])
        .override_by_name("partial", [style.fixed(style.WARN)])
        .override_by_name("failed", [style.fixed(style.ASK)])
    )


def _kept() -> Any:
    kept = promql.live(health.TELEMETRY_BUFFERED, PROCESS, SERVICES)
    return curves(
        "Batches kept for another attempt",
        "What each process holds because the Collector has not accepted it: 0 while all is well. "
        "In an outage about two a second, for 15 min; then the oldest are dropped. Host and "
        "service apply. Empty: no service of the selection exports.",
        (kept, "{{instance}}"),
        many=True,
    ).unit("none")


def _durations() -> Any:
    duration = promql.quantile(health.TELEMETRY_EXPORT_DURATION, 0.99, ("job",), WINDOW, SERVICES)
    return curves(
        "Time of an export, 99th percentile",
        "From the tick at which a service reads its values to the Collector's answer, by service, "
        "over $interval. More than a second, and the next export waits. Host and service apply. "
        "Empty: no service of the selection exported within $interval.",
        (duration, "{{job}}"),
        many=True,
    ).unit("s")
