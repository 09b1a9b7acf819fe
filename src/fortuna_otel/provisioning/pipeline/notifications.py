"""Are people told, and how fast? From the rule that fires to the receiver that took it."""

from __future__ import annotations

from typing import Any

from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import BAR, Placed, Section
from fortuna_otel.provisioning.pipeline import programs
from fortuna_otel.provisioning.pipeline.frame import curves, events
from fortuna_otel.provisioning.pipeline.idioms import STEP, mean, named

# A notification that Alertmanager itself called off, because the alert was over, is no failure.
_REASONS = (promql.Matcher("reason", "!=", "contextCanceled"),)
_NOBODY = " No variable applies. Empty: Alertmanager is not scraped."


def not_delivered(keys: promql.Keys, window: str) -> str:
    """Notifications that no receiver took, after their retries."""
    return promql.increase(programs.NOTIFY_FAILED, keys, window, _REASONS)


def not_handed_on(window: str) -> str:
    """Alerts that Prometheus, or Mimir's ruler, could hand to no Alertmanager."""
    dropped = promql.increase(programs.HANDED_DROPPED, ("job",), window)
    return f"{dropped} or {promql.increase(programs.MIMIR_HANDED_DROPPED, ('job',), window)}"


def heartbeats(window: str) -> str:
    """Times within a window that the heartbeat service outside was told that all is well."""
    told = promql.increase(programs.NOTIFIED, (), window, receiver_name="heartbeat")
    failed = promql.increase(programs.NOTIFY_FAILED, (), window, receiver_name="heartbeat")
    return f"({told} - {failed})"


def handed_on_in() -> str:
    """Seconds until Alertmanager has an alert that fires, 99th percentile of 10 min."""
    return promql.live(programs.HANDED_LATENCY, (), quantile="0.99")


def delivered_in(keys: promql.Keys) -> str:
    """Seconds until a receiver has taken a notification, on average."""
    return mean(programs.NOTIFY_LATENCY, keys)


def section() -> Section:
    """Build the section."""
    return Section(
        "Notifications",
        (
            Placed(_handed_on(), 0, 0, 12, 8),
            Placed(_delivered(), 12, 0, 12, 8),
            Placed(_sent(), 0, 8, 12, 8),
            Placed(_failed(), 12, 8, 12, 8),
            Placed(_firing(), 0, 16, 12, 8),
            Placed(_held(), 12, 16, 6, 8),
            Placed(_heartbeat(), 18, 16, 6, 8),
        ),
    )


def _handed_on() -> Any:
    quantiles = [
        (
            promql.live(programs.HANDED_LATENCY, ("job", "quantile"), quantile=str(share)),
            f"{{{{job}}}} {100 * share:g} %",
        )
        for share in (0.5, 0.9, 0.99)
    ]
    return watched(
        curves(
            "Prometheus to Alertmanager",
            "Time Alertmanager took to take a batch of alerts, quantiles of the last 10 min. Over "
            "5 s it is given up, and sent again within 15 s while the alert fires. No variable "
            "applies. Empty: nothing was sent, or Prometheus does not scrape itself.",
            *quantiles,
        ).unit("s"),
        "AlertDeliveryFailing",
    )


def _delivered() -> Any:
    return watched(
        curves(
            "Alertmanager to receivers",
            "Time a receiver took to take a notification, on average over $interval, by kind and "
            "name of the receiver (Alertmanager's own buckets begin at 1 s, too wide for a "
            "quantile). What routing waits for on purpose is not in it. No variable applies. "
            "Empty: nobody was notified within $interval, or Alertmanager is not scraped.",
            (delivered_in(("integration", "receiver_name")), "{{integration}} {{receiver_name}}"),
            many=True,
        ).unit("s"),
        "AlertDeliveryFailing",
    )


def _sent() -> Any:
    tried = promql.increase(programs.NOTIFIED, ("integration", "receiver_name"), STEP)
    return events(
        "Notifications, by receiver",
        "Notifications tried, by kind and name of the receiver, failed ones too; `heartbeat` is "
        "the Watchdog's, every 30 s." + BAR + _NOBODY,
        (f"{tried} > 0", "{{integration}} {{receiver_name}}"),
    )


def _failed() -> Any:
    by_reason = not_delivered(("integration", "reason"), STEP)
    return watched(
        events(
            "Notifications failed, by reason",
            "Notifications no receiver took after all retries, by kind of receiver and reason; "
            "and alerts that could be handed to no Alertmanager, which are sent again while they "
            "fire." + BAR + " No variable applies. Empty: none failed, or Alertmanager is not "
            "scraped.",
            (f"{by_reason} > 0", "{{integration}} {{reason}}"),
            (named(f"({not_handed_on(STEP)}) > 0", "to", "Alertmanager"), "{{job}} to {{to}}"),
        ),
        "AlertDeliveryFailing",
    )


def _firing() -> Any:
    # Tickets are evaluated every 15 s, more rarely than the stores look back.
    pages = 'count by (owner) (ALERTS{alertstate="firing",severity="page"})'
    tickets = (
        'count by (owner) (last_over_time(ALERTS{alertstate="firing",severity="ticket"}[20s]))'
    )
    return (
        curves(
            "Alerts firing, by owner",
            "Alerts of the whole desk that page or have opened a ticket, by the team that owns "
            "them. No variable applies. Empty: none fires.",
            (pages, "pages {{owner}}"),
            (tickets, "tickets {{owner}}"),
        )
        .unit("none")
        .decimals(0)
        .override_by_regexp("^pages", [style.look("custom.lineWidth", 2)])
    )


def _held() -> Any:
    return curves(
        "Alerts at Alertmanager",
        "Alerts it knows of: active, suppressed (inhibited, silenced or muted), and not yet "
        "processed. The Watchdog is one of the active." + _NOBODY,
        (promql.live(programs.ALERTS_HELD, ("state",)), "{{state}}"),
    ).unit("none")


def _heartbeat() -> Any:
    return watched(
        curves(
            "Heartbeats over time",
            "Times within 2 min that the heartbeat service outside the desk was told that rules "
            "are evaluated and notifications sent: 4 while all is well. At 0 it is about to page. "
            "No variable applies. Empty: Alertmanager is not scraped, or not started with "
            "`receiver-name-in-metrics`.",
            (heartbeats("2m"), "heartbeats"),
        )
        .unit("none")
        .decimals(0),
        "Watchdog",
    )
