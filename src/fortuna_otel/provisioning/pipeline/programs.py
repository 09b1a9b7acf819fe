"""What the programs of the pipeline say of themselves, as it arrives in the store.

The Collector pushes it; Prometheus scrapes itself, Alertmanager and, where it is told to, Mimir
(storage/README.md). None of these names is ours: an end-to-end test compares each with what the
real program says. `Signal` describes them as it describes ours; `per` names who says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortuna_otel.signals import Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortuna_otel.signals.spec import Kind

COLLECTOR: Final = "Collector"
PROMETHEUS: Final = "Prometheus"
ALERTMANAGER: Final = "Alertmanager"
MIMIR: Final = "Mimir"
SCRAPED: Final = "whatever is scraped"


def _metric(program: str, name: str, kind: Kind, labels: str, brief: str) -> Signal:
    unit = "s" if "_seconds" in name else "By" if "_bytes" in name else "1"
    return Signal(name, name, kind, unit, tuple(labels.split()), brief, per=program)


def _collector(name: str, kind: Kind, labels: str, brief: str) -> Signal:
    return _metric(COLLECTOR, name, kind, labels, brief)


def _prometheus(name: str, kind: Kind, labels: str, brief: str) -> Signal:
    return _metric(PROMETHEUS, f"prometheus_{name}", kind, labels, brief)


def _alertmanager(name: str, kind: Kind, labels: str, brief: str) -> Signal:
    return _metric(ALERTMANAGER, f"alertmanager_{name}", kind, labels, brief)


def _mimir(name: str, kind: Kind, labels: str, brief: str) -> Signal:
    return _metric(MIMIR, f"cortex_{name}", kind, labels, brief)


RECEIVED = _collector(
    "otelcol_receiver_accepted_metric_points_total",
    "counter",
    "receiver transport",
    "Points taken from services.",
)
REFUSED = _collector(
    "otelcol_receiver_refused_metric_points_total",
    "counter",
    "receiver transport",
    "Points answered with 503: services keep and repeat them.",
)
FILTERED = _collector(
    "otelcol_processor_filter_datapoints_filtered_total",
    "counter",
    "filter",
    "Points a filter took out.",
)
QUEUE_SIZE = _collector(
    "otelcol_exporter_queue_size",
    "gauge",
    "exporter data_type",
    "What waits, in the queue's own measure: requests or bytes.",
)
QUEUE_CAPACITY = _collector(
    "otelcol_exporter_queue_capacity", "gauge", "exporter data_type", "Room in the same measure."
)
_TARGET = "server_address server_port url_path"
SENT = _collector(
    "otelcol_exporter_sent_metric_points_total",
    "counter",
    f"exporter {_TARGET}",
    "Points the store took.",
)
SEND_FAILED = _collector(
    "otelcol_exporter_send_failed_metric_points_total",
    "counter",
    f"exporter error_type error_permanent {_TARGET}",
    "Points of attempts that failed; only a permanent error loses them.",
)
ENQUEUE_FAILED = _collector(
    "otelcol_exporter_enqueue_failed_metric_points_total",
    "counter",
    "exporter",
    "Points a queue had no room for.",
)
_REQUEST = (
    "http_request_method http_response_status_code error_type network_protocol_name "
    "network_protocol_version server_address server_port url_scheme"
)
PUSH_DURATION = _collector(
    "http_client_request_duration_seconds",
    "histogram",
    _REQUEST,
    "Time the store took to answer a request.",
)
TAKE_DURATION = _collector(
    "http_server_request_duration_seconds",
    "histogram",
    f"{_REQUEST} http_route",
    "Time the Collector took to answer a service.",
)
COLLECTOR_MEMORY = _collector("otelcol_process_memory_rss_bytes", "gauge", "", "Memory it holds.")
COLLECTOR_CPU = _collector("otelcol_process_cpu_seconds_total", "counter", "", "CPU time it took.")
COLLECTOR_UPTIME = _collector(
    "otelcol_process_uptime_seconds_total", "counter", "", "Time since its start."
)

MEMORY = _metric(SCRAPED, "process_resident_memory_bytes", "gauge", "", "Memory it holds.")
CPU = _metric(SCRAPED, "process_cpu_seconds_total", "counter", "", "CPU time it took.")

STORED = _prometheus("tsdb_head_samples_appended_total", "counter", "type", "Samples stored.")
SERIES = _prometheus("tsdb_head_series", "gauge", "", "Series of the last hours.")
SERIES_CREATED = _prometheus("tsdb_head_series_created_total", "counter", "", "New series.")
OUT_OF_ORDER = _prometheus(
    "tsdb_head_out_of_order_samples_appended_total",
    "counter",
    "type",
    "Samples stored behind a later one of their series.",
)
TOO_OLD = _prometheus(
    "tsdb_too_old_samples_total",
    "counter",
    "type",
    "Samples refused, and all of their request with them: older than the store's window.",
)
WAL_SIZE = _prometheus("tsdb_wal_storage_size_bytes", "gauge", "", "The write-ahead log.")
WBL_SIZE = _prometheus(
    "tsdb_out_of_order_wbl_storage_size_bytes", "gauge", "", "The same, of what is out of order."
)
BLOCKS_SIZE = _prometheus("tsdb_storage_blocks_bytes", "gauge", "", "Finished blocks.")
WAL_FAILED = _prometheus(
    "tsdb_wal_writes_failed_total", "counter", "", "Writes to the log that failed."
)
COMPACTIONS_FAILED = _prometheus(
    "tsdb_compactions_failed_total", "counter", "", "Compactions that failed."
)
HTTP_DURATION = _prometheus(
    "http_request_duration_seconds", "histogram", "handler", "Time of its HTTP requests."
)
GROUP_INTERVAL = _prometheus(
    "rule_group_interval_seconds", "gauge", "rule_group", "How often a group is due."
)
GROUP_DURATION = _prometheus(
    "rule_group_last_duration_seconds",
    "gauge",
    "rule_group",
    "How long its last evaluation took.",
)
GROUP_EVALUATED = _prometheus(
    "rule_group_last_evaluation_timestamp_seconds",
    "gauge",
    "rule_group",
    "When it was last evaluated.",
)
GROUP_RULES = _prometheus("rule_group_rules", "gauge", "rule_group", "Rules it has.")
GROUP_ITERATIONS = _prometheus(
    "rule_group_iterations_total",
    "counter",
    "rule_group",
    "Evaluations that were due, missed ones too.",
)
GROUP_MISSED = _prometheus(
    "rule_group_iterations_missed_total",
    "counter",
    "rule_group",
    "Evaluations skipped, because the one before was not over.",
)
RULES_FAILED = _prometheus(
    "rule_evaluation_failures_total", "counter", "rule_group", "Evaluations that failed."
)
HANDED_LATENCY = _prometheus(
    "notifications_latency_seconds",
    "gauge",
    "alertmanager quantile",
    "Time Alertmanager took to take alerts: quantiles of the last 10 min.",
)
HANDED_DROPPED = _prometheus(
    "notifications_dropped_total", "counter", "alertmanager", "Alerts no Alertmanager took."
)

NOTIFIED = _alertmanager(
    "notifications_total",
    "counter",
    "integration receiver_name",
    "Notifications tried, failed ones too.",
)
NOTIFY_FAILED = _alertmanager(
    "notifications_failed_total",
    "counter",
    "integration receiver_name reason",
    "Notifications that failed for good, after their retries.",
)
NOTIFY_LATENCY = _alertmanager(
    "notification_latency_seconds",
    "histogram",
    "integration receiver_name",
    "Time a receiver took to take a notification.",
)
ALERTS_HELD = _alertmanager("alerts", "gauge", "state", "Alerts it knows of.")

MIMIR_STORED = _mimir(
    "distributor_received_samples_total", "counter", "user", "Samples taken, by tenant."
)
MIMIR_SERIES = _mimir("ingester_memory_series", "gauge", "", "Series of the last hours.")
MIMIR_SERIES_CREATED = _mimir(
    "ingester_memory_series_created_total", "counter", "user", "New series."
)
MIMIR_OUT_OF_ORDER = _mimir(
    "ingester_tsdb_out_of_order_samples_appended_total",
    "counter",
    "user",
    "Samples stored behind a later one of their series.",
)
MIMIR_DISCARDED = _mimir(
    "discarded_samples_total", "counter", "user group reason", "Samples refused, by reason."
)
MIMIR_BLOCKS_SIZE = _mimir(
    "ingester_tsdb_storage_blocks_bytes", "gauge", "user", "Finished blocks on its disk."
)
MIMIR_WAL_FAILED = _mimir(
    "ingester_tsdb_wal_writes_failed_total", "counter", "", "Writes to the log that failed."
)
MIMIR_HTTP_DURATION = _mimir(
    "request_duration_seconds",
    "histogram",
    "method route status_code ws",
    "Time of its requests.",
)
MIMIR_GROUP_INTERVAL = _mimir(
    "prometheus_rule_group_interval_seconds",
    "gauge",
    "user rule_group",
    "How often a group is due.",
)
MIMIR_GROUP_DURATION = _mimir(
    "prometheus_rule_group_last_duration_seconds",
    "gauge",
    "user rule_group",
    "How long its last evaluation took.",
)
MIMIR_GROUP_EVALUATED = _mimir(
    "prometheus_rule_group_last_evaluation_timestamp_seconds",
    "gauge",
    "user rule_group",
    "When it was last evaluated.",
)
MIMIR_GROUP_RULES = _mimir(
    "prometheus_rule_group_rules", "gauge", "user rule_group", "Rules it has."
)
MIMIR_GROUP_ITERATIONS = _mimir(
    "prometheus_rule_group_iterations_total",
    "counter",
    "user rule_group",
    "Evaluations that were due, missed ones too.",
)
MIMIR_GROUP_MISSED = _mimir(
    "prometheus_rule_group_iterations_missed_total",
    "counter",
    "user rule_group",
    "Evaluations skipped, because the one before was not over.",
)
MIMIR_RULES_FAILED = _mimir(
    "prometheus_rule_evaluation_failures_total",
    "counter",
    "user rule_group reason",
    "Evaluations that failed, by whose fault it was.",
)
MIMIR_HANDED_DROPPED = _mimir(
    "prometheus_notifications_dropped_total",
    "counter",
    "user alertmanager",
    "Alerts no Alertmanager took.",
)

ALL: Final[tuple[Signal, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, Signal)
)

# What has to happen before a program says it at all. `increase` does not see the first of these.
AFTER: Final[Mapping[str, str]] = {
    SEND_FAILED.name: "an attempt failed",
    ENQUEUE_FAILED.name: "a queue was full",
    MIMIR_DISCARDED.name: "a sample was refused",
}
