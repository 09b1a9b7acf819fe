"""The strip of the first screen: a dozen numbers without a colour while all is well."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import alerts, promql, style
from fortuna_otel.provisioning.panels import instant, tile
from fortuna_otel.provisioning.pipeline import collector, notifications, rules
from fortuna_otel.provisioning.pipeline.frame import CLEAR
from fortuna_otel.provisioning.pipeline.idioms import HOSTS, RECENT, SERVICES, heard, named
from fortuna_otel.signals import health


def tiles() -> tuple[Any, ...]:
    """Build the tiles, from what services send to who is told."""
    return (
        _oldest_path(),
        _collectors(),
        _lost(),
        _fullest(),
        _dropped(),
        _clock(),
        _missed(),
        _failed(),
        _longest(),
        _undelivered(),
        _heartbeats(),
        _firing(),
    )


def _tile(
    title: str,
    description: str,
    expr: str,
    *bad: style.Step,
    empty: str,
    alert: str | None = None,
    legend: str = "",
) -> Any:
    link = alerts.in_words(alert) if alert else ""
    return (
        tile(title, description + link, empty=empty)
        .with_target(instant(expr, "A", legend))
        .unit("none")
        .thresholds(style.thresholds(CLEAR, *bad))
    )


def _oldest_path() -> Any:
    return (
        _tile(
            "Oldest path",
            "Age of the newest heartbeat from the host that is furthest behind: service, "
            "Collector, network and store together. PipelineBehind pages from 3 s. The host "
            "applies. Empty: no heartbeat within the hour.",
            f"max({promql.select(recorded.PATH_AGE_SECONDS, HOSTS)})",
            (2, style.WARN),
            (3, style.BAD),
            empty="no heartbeat",
            alert="PipelineBehind",
        )
        .unit("suffix: s")
        .decimals(1)
    )


def _collectors() -> Any:
    known = promql.select(recorded.COLLECTOR_UPTIME_SECONDS, HOSTS)
    return (
        _tile(
            "Collectors",
            "Collectors of the last hour that have said nothing of themselves for 15 s, and how "
            "many there are. The host applies. Empty: no Collector has reported within the hour.",
            promql.count_of(f"{known} == {known} offset 15s", known),
            (1, style.BAD),
            empty="no Collector",
            alert="CollectorDown",
            legend="silent",
        )
        .with_target(instant(f"count({known})", "B", "of"))
        .override_by_name("of", style.threshold_properties(CLEAR))
    )


def _lost() -> Any:
    known = promql.select(recorded.COLLECTOR_UPTIME_SECONDS, HOSTS)
    return _tile(
        "Points lost",
        "Metric points that Collectors gave up for good within 5 min: the store refused them "
        "or the disk queue did. What the critical path drops is not lost. The host applies. "
        "Empty: no Collector has reported within the hour.",
        heard(f"sum({promql.select(recorded.COLLECTOR_LOST_POINTS, HOSTS)})", known),
        (0.5, style.BAD),
        empty="no Collector",
        alert="CollectorDropping",
    ).decimals(0)


def _fullest() -> Any:
    return (
        _tile(
            "Fullest queue",
            "What waits in the fullest queue of a Collector ÷ its room. The host applies. Empty: "
            "no Collector reports.",
            f"max({collector.queue_share()})",
            (collector.QUEUE_WARN, style.WARN),
            (collector.QUEUE_BAD, style.BAD),
            empty="no Collector",
            alert="CollectorQueueFilling",
        )
        .unit("percentunit")
        .decimals(0)
    )


def _dropped() -> Any:
    dropped = promql.increase(health.TELEMETRY_DROPPED, (), RECENT, SERVICES)
    return _tile(
        "Dropped",
        "Values and points that services gave up within 5 min; the row below says why. Host "
        "and service apply. Empty: no service of the selection exports.",
        heard(dropped, promql.select(health.TELEMETRY_SERIES, SERVICES)),
        (0.5, style.WARN),
        empty="no service",
        alert="TelemetryDropping",
    ).decimals(0)


def _clock() -> Any:
    return (
        _tile(
            "Worst clock",
            "How far the clock of the worst host is off, in either direction: every age and "
            "latency measured there is off by as much. The host applies. Empty: no service "
            "measures a venue's clock.",
            f"max(abs({promql.select(recorded.HOST_CLOCK_ERROR_SECONDS, HOSTS)}))",
            (0.25, style.WARN),
            (1, style.BAD),
            empty="not measured",
            alert="ClockSkewed",
        )
        .unit("s")
        .decimals(1)
    )


def _missed() -> Any:
    return (
        _tile(
            "Rules missed",
            "Share of the evaluations due within 2 min that the worst rule group missed: pages "
            "come late. No variable applies. Empty: Prometheus does not scrape itself.",
            f"max({rules.missed_share()})",
            (0.001, style.WARN),
            (0.5, style.BAD),
            empty="not scraped",
            alert="RuleEvaluationFailing",
        )
        .unit("percentunit")
        .decimals(0)
    )


def _failed() -> Any:
    return _tile(
        "Rules failed",
        "Rules whose expression failed within 5 min: their alerts cannot fire. No variable "
        "applies. Empty: Prometheus does not scrape itself.",
        f"sum({rules.failed(RECENT)})",
        (0.5, style.BAD),
        empty="not scraped",
        alert="RuleEvaluationFailing",
    ).decimals(0)


def _longest() -> Any:
    return (
        _tile(
            "Slowest rules",
            "Time of the last evaluation ÷ interval of the group nearest to its limit. From 100 % "
            "on evaluations are missed. No variable applies. Empty: Prometheus does not scrape "
            "itself.",
            f"max({rules.share()})",
            (0.5, style.WARN),
            (1, style.BAD),
            empty="not scraped",
            alert="RuleEvaluationFailing",
        )
        .unit("percentunit")
        .decimals(0)
    )


def _undelivered() -> Any:
    failed = notifications.not_delivered((), RECENT)
    dropped = named(f"sum({notifications.not_handed_on(RECENT)})", "to", "Alertmanager")
    return _tile(
        "Undelivered",
        "Notifications of the last 5 min that no receiver took, after all retries, and alerts "
        "that could be handed to no Alertmanager. No variable applies. Empty: neither "
        "Alertmanager nor Prometheus is scraped.",
        f"sum({failed} or {dropped})",
        (0.5, style.BAD),
        empty="not scraped",
        alert="AlertDeliveryFailing",
    ).decimals(0)


def _heartbeats() -> Any:
    return (
        _tile(
            "Heartbeats",
            "Times within 2 min that the heartbeat service outside was told that rules are "
            "evaluated and notifications sent: 4 while all is well; it pages when it hears none. "
            "No variable applies. Empty: Alertmanager is not scraped.",
            notifications.heartbeats("2m"),
            empty="not scraped",
            alert="Watchdog",
        )
        .decimals(0)
        .thresholds(style.thresholds((None, style.BAD), (0.5, style.WARN), (2.5, style.CLEAR)))
    )


def _firing() -> Any:
    return _tile(
        "Alerts",
        "Pages and tickets that the platform team owns and that fire now; the table below names "
        "them. Zero is only shown while the Watchdog alert fires. No variable applies.",
        promql.count_of(alerts.firing(alerts.PLATFORM), alerts.watchdog()),
        (1, style.BAD),
        empty="rules not running",
    )
