# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Health.

Whether services are alive and telemetry complete. Liveness is a timestamp set by the loop
itself: counters and callbacks keep exporting while a loop hangs.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import DropReason, ExportOutcome, ServiceState
from fortuna_otel.signals.spec import Signal

HEARTBEAT_TIMESTAMP: Final = Signal(
    name="fortuna.heartbeat.timestamp",
    prometheus="fortuna_heartbeat_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.LOOP_SET,
    brief="Unix time of the loop's last turn, set by the loop itself.",
    per="loop",
    critical=True,
)
SERVICE_STARTED_TIMESTAMP: Final = Signal(
    name="fortuna.service.started.timestamp",
    prometheus="fortuna_service_started_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.PROCESS_SET,
    brief=(
        "Unix time at which the process started. Two processes behind one instance id show as "
        "changes of it."
    ),
    per="process",
    critical=True,
)
SERVICE_STATE: Final = Signal(
    name="fortuna.service.state",
    prometheus="fortuna_service_state",
    kind="gauge",
    unit="{state}",
    attributes=(*attr.PROCESS_SET, attr.STATE),
    brief=(
        "1 for the service's present state, 0 for those it left; a state never entered has no "
        "series. `stopped` is the last ordinary sample at shutdown and never marked as ended."
    ),
    per="process",
    closed=(("state", ServiceState),),
    limit=4,
    series=2,
    critical=True,
)
LOOP_DURATION: Final = Signal(
    name="fortuna.loop.duration",
    prometheus="fortuna_loop_duration_seconds",
    kind="histogram",
    unit="s",
    attributes=attr.LOOP_SET,
    brief="Time one turn of the loop took.",
    per="loop",
    series=20,
    slow=True,
    buckets=(
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1.0,
        2.5,
        5.0,
        10.0,
        30.0,
    ),
)
CREDENTIAL_EXPIRY_TIMESTAMP: Final = Signal(
    name="fortuna.credential.expiry.timestamp",
    prometheus="fortuna_credential_expiry_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.CREDENTIAL_SET,
    brief=(
        "Unix time at which the account's API key expires. Absent where it does not or the venue "
        "does not say."
    ),
    per="credential",
    slow=True,
)
TELEMETRY_SERIES: Final = Signal(
    name="fortuna.telemetry.series",
    prometheus="fortuna_telemetry_series",
    kind="gauge",
    unit="{series}",
    attributes=attr.PROCESS_SET,
    brief="Series the process exports now.",
    per="process",
    slow=True,
)
TELEMETRY_DROPPED: Final = Signal(
    name="fortuna.telemetry.dropped",
    prometheus="fortuna_telemetry_dropped_total",
    kind="counter",
    unit="{value}",
    attributes=(*attr.PROCESS_SET, attr.REASON),
    brief=(
        "Values and data points that were not exported, by reason; each reason is also logged, "
        "once a minute."
    ),
    per="process",
    closed=(("reason", DropReason),),
    limit=6,
    series=0,
)
TELEMETRY_BUFFERED: Final = Signal(
    name="fortuna.telemetry.buffered",
    prometheus="fortuna_telemetry_buffered",
    kind="gauge",
    unit="{batch}",
    attributes=attr.PROCESS_SET,
    brief=(
        "Batches kept for another attempt because the Collector has not accepted them yet; 0 in "
        "steady state."
    ),
    per="process",
)
TELEMETRY_EXPORTS: Final = Signal(
    name="fortuna.telemetry.exports",
    prometheus="fortuna_telemetry_exports_total",
    kind="counter",
    unit="{export}",
    attributes=(*attr.PROCESS_SET, attr.OUTCOME),
    brief="Exports by how they ended.",
    per="process",
    closed=(("outcome", ExportOutcome),),
    limit=3,
    slow=True,
)
TELEMETRY_EXPORT_DURATION: Final = Signal(
    name="fortuna.telemetry.export.duration",
    prometheus="fortuna_telemetry_export_duration_seconds",
    kind="histogram",
    unit="s",
    attributes=attr.PROCESS_SET,
    brief="Time one export took, from the tick to the Collector's answer.",
    per="process",
    series=20,
    slow=True,
    buckets=(
        0.0001,
        0.00025,
        0.0005,
        0.001,
        0.0025,
        0.005,
        0.01,
        0.025,
        0.05,
        0.1,
        0.25,
        0.5,
        1.0,
        2.5,
        5.0,
        10.0,
        30.0,
    ),
)

ALL: Final[tuple[Signal, ...]] = (
    HEARTBEAT_TIMESTAMP,
    SERVICE_STARTED_TIMESTAMP,
    SERVICE_STATE,
    LOOP_DURATION,
    CREDENTIAL_EXPIRY_TIMESTAMP,
    TELEMETRY_SERIES,
    TELEMETRY_DROPPED,
    TELEMETRY_BUFFERED,
    TELEMETRY_EXPORTS,
    TELEMETRY_EXPORT_DURATION,
)
"""Every signal of this section."""
