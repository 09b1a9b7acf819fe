# Generated from alerting/ by scripts/recorded.py; edit that and run `make generate`.
"""Every series that a rule of `alerting/rules` records, such as `recorded.BOOK`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortuna_otel.signals.spec import Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT_CLIENT: Final = Recorded("fortuna:account:client", ("account", "client", "venue"), 0.5)
ACCOUNT_DISARMED: Final = Recorded("fortuna:account:disarmed", ("account", "client", "venue"), 0.5)
ACCOUNT_DISARMED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:account:disarmed_timestamp_seconds", ("account", "client", "venue"), 0.5
)
ACCOUNT_GAS_FREE: Final = Recorded(
    "fortuna:account:gas_free", ("account", "asset", "client", "venue"), 1
)
ACCOUNT_KEY_LEFT_SECONDS: Final = Recorded(
    "fortuna:account:key_left_seconds", ("account", "client", "venue"), 5
)
ACCOUNT_RATELIMIT_MAX_RATIO: Final = Recorded(
    "fortuna:account:ratelimit_max_ratio", ("account", "client", "venue"), 0.5
)
ACCOUNT_RATELIMIT_RATIO: Final = Recorded(
    "fortuna:account:ratelimit_ratio", ("account", "client", "venue"), 0.5
)
ACCOUNT_REFUSED_MAX_RATIO: Final = Recorded(
    "fortuna:account:refused_max_ratio", ("account", "client", "venue"), 1
)
ASSET_CLOSED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:asset:closed_timestamp_seconds", ("asset", "direction", "venue"), 5
)
BOOK: Final = Recorded(
    "fortuna:book",
    ("account", "base", "capital", "client", "quote", "settle", "symbol", "tag", "venue"),
    5,
)
BOOK_SEEN_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:book:seen_timestamp_seconds",
    ("account", "base", "capital", "client", "quote", "settle", "symbol", "tag", "venue"),
    5,
)
BOOK_SOURCES_APART: Final = Recorded(
    "fortuna:book:sources_apart", ("account", "client", "symbol", "tag", "venue", "what"), 15
)
BOOK_SOURCES_APART_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:book:sources_apart_timestamp_seconds",
    ("account", "client", "symbol", "tag", "venue", "what"),
    15,
)
BOOK_VIEW: Final = Recorded(
    "fortuna:book:view",
    ("account", "client", "instance", "job", "source", "symbol", "tag", "venue"),
    1,
)
CLIENT_CONFLICTED: Final = Recorded("fortuna:client:conflicted", ("client",), 1)
CLIENT_DEPTH: Final = Recorded(
    "fortuna:client:depth", ("asset", "band", "client", "currency", "side"), 5
)
CLIENT_DEPTH_OF_MIN_RATIO: Final = Recorded(
    "fortuna:client:depth_of_min_ratio", ("asset", "band", "client", "currency", "side"), 5
)
CLIENT_DEPTH_PATIENCE_SECONDS: Final = Recorded(
    "fortuna:client:depth_patience_seconds", ("asset", "client", "severity"), 5
)
CLIENT_DEPTH_SHORT_RATIO: Final = Recorded(
    "fortuna:client:depth_short_ratio", ("asset", "client", "severity"), 5
)
CLIENT_DEPTH_SHORT_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:client:depth_short_timestamp_seconds", ("asset", "client", "severity"), 5
)
CLIENT_DEPTH_TOLERANCE_RATIO: Final = Recorded(
    "fortuna:client:depth_tolerance_ratio", ("asset", "client", "severity"), 5
)
CLIENT_LIQUIDITY_USD: Final = Recorded("fortuna:client:liquidity_usd", ("client",), 5)
CLIENT_ORDERS_OPEN: Final = Recorded("fortuna:client:orders_open", ("client",), 5)
CLIENT_RECENT_PNL_USD: Final = Recorded("fortuna:client:recent_pnl_usd", ("client",), 15)
CLIENT_SERIES: Final = Recorded("fortuna:client:series", ("client",), 60)
CLIENT_SERVICE: Final = Recorded("fortuna:client:service", ("client", "job"), 5)
COLLECTOR_LOST_POINTS: Final = Recorded(
    "fortuna:collector:lost_points", ("host_name", "instance", "job"), 1
)
COLLECTOR_UPTIME_SECONDS: Final = Recorded(
    "fortuna:collector:uptime_seconds", ("host_name", "instance", "job"), 1
)
DESK_PATIENCE_SECONDS: Final = Recorded("fortuna:desk:patience_seconds", ("alert", "severity"), 5)
DESK_QUOTE_RATE: Final = Recorded("fortuna:desk:quote_rate", ("currency", "quote"), 5)
DESK_TOLERANCE_RATIO: Final = Recorded("fortuna:desk:tolerance_ratio", ("alert", "severity"), 5)
DESK_USD_RATE: Final = Recorded("fortuna:desk:usd_rate", ("quote",), 5)
EXPOSURE_DRIFT: Final = Recorded("fortuna:exposure:drift", ("asset", "capital", "client"), 0.5)
EXPOSURE_LIMIT: Final = Recorded("fortuna:exposure:limit", ("asset", "client"), 5)
EXPOSURE_OVER_LIMIT_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:exposure:over_limit_timestamp_seconds", ("asset", "capital", "client"), 0.5
)
EXPOSURE_OVER_TOLERANCE_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:exposure:over_tolerance_timestamp_seconds", ("asset", "capital", "client"), 0.5
)
EXPOSURE_PATIENCE_SECONDS: Final = Recorded(
    "fortuna:exposure:patience_seconds", ("asset", "client", "severity"), 5
)
EXPOSURE_TARGET: Final = Recorded("fortuna:exposure:target", ("asset", "client"), 5)
EXPOSURE_TOLERANCE: Final = Recorded("fortuna:exposure:tolerance", ("asset", "client"), 5)
EXPOSURE_UNCOVERED: Final = Recorded(
    "fortuna:exposure:uncovered", ("asset", "capital", "client"), 1
)
EXPOSURE_UNCOVERED_MAX: Final = Recorded("fortuna:exposure:uncovered_max", ("asset", "client"), 1)
EXPOSURE_UNCOVERED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:exposure:uncovered_timestamp_seconds", ("asset", "capital", "client"), 1
)
FLOW_ASSET: Final = Recorded("fortuna:flow:asset", ("asset",), 15)
FLOW_ATTRIBUTED: Final = Recorded(
    "fortuna:flow:attributed",
    ("account", "capital", "client", "component", "direction", "quote", "symbol", "tag", "venue"),
    60,
)
FLOW_ATTRIBUTED_LEVEL: Final = Recorded(
    "fortuna:flow:attributed_level",
    (
        "account",
        "client",
        "component",
        "direction",
        "instance",
        "job",
        "quote",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_ATTRIBUTED_VALUE: Final = Recorded(
    "fortuna:flow:attributed_value",
    ("account", "capital", "client", "component", "currency", "symbol", "tag", "venue"),
    60,
)
FLOW_COUNTED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:flow:counted_timestamp_seconds", ("flow",), 60
)
FLOW_CURRENCY: Final = Recorded("fortuna:flow:currency", ("currency", "rank"), 15)
FLOW_FEES: Final = Recorded(
    "fortuna:flow:fees",
    ("account", "asset", "capital", "client", "direction", "symbol", "tag", "venue"),
    60,
)
FLOW_FEES_LEVEL: Final = Recorded(
    "fortuna:flow:fees_level",
    ("account", "asset", "client", "direction", "instance", "job", "symbol", "tag", "venue"),
    60,
)
FLOW_FEES_VALUE: Final = Recorded(
    "fortuna:flow:fees_value",
    ("account", "capital", "client", "currency", "symbol", "tag", "venue"),
    60,
)
FLOW_FILLS: Final = Recorded(
    "fortuna:flow:fills",
    ("account", "capital", "client", "liquidity", "side", "symbol", "tag", "venue"),
    60,
)
FLOW_FILLS_LEVEL: Final = Recorded(
    "fortuna:flow:fills_level",
    ("account", "client", "instance", "job", "liquidity", "side", "symbol", "tag", "venue"),
    60,
)
FLOW_MARKOUT_FILLS: Final = Recorded(
    "fortuna:flow:markout_fills",
    (
        "account",
        "capital",
        "client",
        "horizon",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_MARKOUT_FILLS_LEVEL: Final = Recorded(
    "fortuna:flow:markout_fills_level",
    (
        "account",
        "client",
        "horizon",
        "instance",
        "job",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_MARKOUT_NOTIONAL: Final = Recorded(
    "fortuna:flow:markout_notional",
    (
        "account",
        "capital",
        "client",
        "horizon",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_MARKOUT_NOTIONAL_LEVEL: Final = Recorded(
    "fortuna:flow:markout_notional_level",
    (
        "account",
        "client",
        "horizon",
        "instance",
        "job",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_MARKOUT_PNL: Final = Recorded(
    "fortuna:flow:markout_pnl",
    (
        "account",
        "capital",
        "client",
        "direction",
        "horizon",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_MARKOUT_PNL_LEVEL: Final = Recorded(
    "fortuna:flow:markout_pnl_level",
    (
        "account",
        "client",
        "direction",
        "horizon",
        "instance",
        "job",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_MARKOUT_SQUARED: Final = Recorded(
    "fortuna:flow:markout_squared",
    (
        "account",
        "capital",
        "client",
        "horizon",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_MARKOUT_SQUARED_LEVEL: Final = Recorded(
    "fortuna:flow:markout_squared_level",
    (
        "account",
        "client",
        "horizon",
        "instance",
        "job",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_PRICE: Final = Recorded("fortuna:flow:price", ("asset", "currency"), 15)
FLOW_RATE: Final = Recorded("fortuna:flow:rate", ("asset", "currency", "rank"), 15)
FLOW_RATED_TIMESTAMP_SECONDS: Final = Recorded("fortuna:flow:rated_timestamp_seconds", (), 15)
FLOW_REALIZED: Final = Recorded(
    "fortuna:flow:realized",
    ("account", "capital", "client", "direction", "quote", "symbol", "tag", "venue"),
    60,
)
FLOW_REALIZED_LEVEL: Final = Recorded(
    "fortuna:flow:realized_level",
    ("account", "client", "direction", "instance", "job", "quote", "symbol", "tag", "venue"),
    60,
)
FLOW_REALIZED_VALUE: Final = Recorded(
    "fortuna:flow:realized_value",
    ("account", "capital", "client", "currency", "symbol", "tag", "venue"),
    60,
)
FLOW_STARTED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:flow:started_timestamp_seconds", ("flow", "instance", "job"), 60
)
FLOW_TRADED: Final = Recorded(
    "fortuna:flow:traded",
    ("account", "capital", "client", "liquidity", "quote", "side", "symbol", "tag", "venue"),
    60,
)
FLOW_TRADED_LEVEL: Final = Recorded(
    "fortuna:flow:traded_level",
    (
        "account",
        "client",
        "instance",
        "job",
        "liquidity",
        "quote",
        "side",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
FLOW_TRADED_SUM: Final = Recorded(
    "fortuna:flow:traded_sum", ("client", "quote", "symbol", "venue"), 60
)
FLOW_TRADED_VALUE: Final = Recorded(
    "fortuna:flow:traded_value",
    ("account", "capital", "client", "currency", "liquidity", "side", "symbol", "tag", "venue"),
    60,
)
FLOW_VOLUME: Final = Recorded(
    "fortuna:flow:volume",
    ("account", "capital", "client", "liquidity", "side", "symbol", "tag", "venue"),
    60,
)
FLOW_VOLUME_LEVEL: Final = Recorded(
    "fortuna:flow:volume_level",
    ("account", "client", "instance", "job", "liquidity", "side", "symbol", "tag", "venue"),
    60,
)
HOST_CLOCK_ERROR_SECONDS: Final = Recorded("fortuna:host:clock_error_seconds", ("host_name",), 1)
INVENTORY_BALANCE: Final = Recorded(
    "fortuna:inventory:balance", ("account", "asset", "client", "state", "venue"), 1
)
INVENTORY_DIFFERENCE: Final = Recorded(
    "fortuna:inventory:difference", ("account", "asset", "client", "source", "venue"), 1
)
INVENTORY_LEDGER: Final = Recorded(
    "fortuna:inventory:ledger", ("account", "asset", "client", "venue"), 1
)
INVENTORY_MISMATCH: Final = Recorded(
    "fortuna:inventory:mismatch", ("account", "asset", "client", "source", "venue"), 1
)
INVENTORY_MISMATCH_MAX: Final = Recorded(
    "fortuna:inventory:mismatch_max", ("account", "asset", "client", "venue"), 1
)
INVENTORY_MISMATCH_SNAPSHOT_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:inventory:mismatch_snapshot_timestamp_seconds",
    ("account", "asset", "client", "snapshot", "source", "venue"),
    1,
)
INVENTORY_MISMATCH_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:inventory:mismatch_timestamp_seconds",
    ("account", "asset", "client", "source", "venue"),
    1,
)
INVENTORY_MOVED: Final = Recorded(
    "fortuna:inventory:moved", ("account", "asset", "client", "venue", "window"), 15
)
INVENTORY_RUNWAY_RATIO: Final = Recorded(
    "fortuna:inventory:runway_ratio", ("account", "asset", "client", "venue"), 1
)
INVENTORY_STALENESS_MAX_SECONDS: Final = Recorded(
    "fortuna:inventory:staleness_max_seconds", ("account", "client", "venue"), 15
)
INVENTORY_TAG_SEEN_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:inventory:tag_seen_timestamp_seconds",
    ("account", "asset", "client", "tag", "venue"),
    15,
)
INVENTORY_TOTAL: Final = Recorded(
    "fortuna:inventory:total", ("account", "asset", "client", "source", "venue"), 1
)
INVENTORY_UNSETTLED: Final = Recorded(
    "fortuna:inventory:unsettled", ("account", "asset", "client", "source", "venue"), 1
)
KPI_BREACHED_SECONDS: Final = Recorded(
    "fortuna:kpi:breached_seconds", ("client", "symbol", "term", "venue", "window"), 60
)
KPI_DEPTH_OF_MIN_RATIO: Final = Recorded(
    "fortuna:kpi:depth_of_min_ratio", ("client", "symbol", "venue", "window"), 60
)
KPI_EQUITY: Final = Recorded("fortuna:kpi:equity", ("capital", "client", "currency"), 60)
KPI_FEES: Final = Recorded("fortuna:kpi:fees", ("capital", "client", "currency", "window"), 60)
KPI_INVENTORY: Final = Recorded("fortuna:kpi:inventory", ("asset", "capital", "client"), 60)
KPI_INVENTORY_VALUE: Final = Recorded(
    "fortuna:kpi:inventory_value", ("capital", "client", "currency"), 60
)
KPI_KEPT_SECONDS: Final = Recorded(
    "fortuna:kpi:kept_seconds", ("client", "symbol", "term", "venue", "window"), 60
)
KPI_PNL: Final = Recorded(
    "fortuna:kpi:pnl", ("capital", "client", "component", "currency", "window"), 60
)
KPI_QUOTED_SECONDS: Final = Recorded(
    "fortuna:kpi:quoted_seconds", ("client", "of", "symbol", "venue", "window"), 60
)
KPI_QUOTED_SUM: Final = Recorded(
    "fortuna:kpi:quoted_sum", ("client", "of", "symbol", "venue", "window"), 60
)
KPI_REALIZED: Final = Recorded(
    "fortuna:kpi:realized", ("capital", "client", "currency", "window"), 60
)
KPI_SPREAD_RATIO: Final = Recorded(
    "fortuna:kpi:spread_ratio", ("client", "symbol", "venue", "window"), 60
)
KPI_TRADED: Final = Recorded(
    "fortuna:kpi:traded", ("client", "quote", "symbol", "venue", "window"), 60
)
KPI_TRADED_VALUE: Final = Recorded(
    "fortuna:kpi:traded_value", ("capital", "client", "currency", "window"), 60
)
KPI_UNOBSERVED_SECONDS: Final = Recorded(
    "fortuna:kpi:unobserved_seconds", ("client", "symbol", "venue", "window"), 60
)
KPI_UPTIME_MIN_RATIO: Final = Recorded(
    "fortuna:kpi:uptime_min_ratio", ("client", "symbol", "term", "venue"), 60
)
KPI_VOLUME_SHARE_RATIO: Final = Recorded(
    "fortuna:kpi:volume_share_ratio", ("client", "symbol", "venue"), 60
)
LOAN_LEFT_SECONDS: Final = Recorded("fortuna:loan:left_seconds", ("asset", "client", "lender"), 15)
LOOP_BEAT_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:loop:beat_timestamp_seconds", ("host_name", "instance", "job", "loop"), 0.5
)
LOOP_HEARD: Final = Recorded("fortuna:loop:heard", ("host_name", "instance", "job", "loop"), 0.5)
LOOP_TURNS: Final = Recorded("fortuna:loop:turns", ("host_name", "instance", "job", "loop"), 0.5)
MANDATE_ACK_MAX_SECONDS: Final = Recorded(
    "fortuna:mandate:ack_max_seconds", ("account", "client", "venue"), 5
)
MANDATE_AGGREGATE_DEPTH_MIN: Final = Recorded(
    "fortuna:mandate:aggregate_depth_min", ("asset", "band", "client", "currency", "side"), 5
)
MANDATE_BALANCES_STALENESS_MAX_SECONDS: Final = Recorded(
    "fortuna:mandate:balances_staleness_max_seconds", ("account", "client", "venue"), 5
)
MANDATE_BOOK: Final = Recorded(
    "fortuna:mandate:book",
    ("account", "base", "client", "quote", "role", "symbol", "tag", "venue"),
    5,
)
MANDATE_DEPTH_MIN: Final = Recorded(
    "fortuna:mandate:depth_min", ("band", "client", "side", "symbol", "venue"), 5
)
MANDATE_DESK_PATIENCE_SECONDS: Final = Recorded(
    "fortuna:mandate:desk_patience_seconds", ("alert", "severity"), 5
)
MANDATE_DESK_TOLERANCE_RATIO: Final = Recorded(
    "fortuna:mandate:desk_tolerance_ratio", ("alert", "severity"), 5
)
MANDATE_FLOAT_MIN: Final = Recorded(
    "fortuna:mandate:float_min", ("account", "asset", "client", "venue"), 5
)
MANDATE_GAS_MIN: Final = Recorded("fortuna:mandate:gas_min", ("account", "client", "venue"), 5)
MANDATE_HEDGE_LIMIT: Final = Recorded("fortuna:mandate:hedge_limit", ("asset", "client"), 5)
MANDATE_INFO: Final = Recorded(
    "fortuna:mandate:info", ("base", "client", "mandate", "quote", "symbol", "tier", "venue"), 5
)
MANDATE_LOSS_LIMIT: Final = Recorded(
    "fortuna:mandate:loss_limit", ("client", "currency", "window"), 5
)
MANDATE_MARGIN_MAX_RATIO: Final = Recorded(
    "fortuna:mandate:margin_max_ratio", ("account", "client", "venue"), 5
)
MANDATE_MISMATCH_MAX: Final = Recorded(
    "fortuna:mandate:mismatch_max", ("account", "asset", "client", "venue"), 5
)
MANDATE_OUTAGE_MAX_SECONDS: Final = Recorded(
    "fortuna:mandate:outage_max_seconds", ("client", "symbol", "venue"), 5
)
MANDATE_PATIENCE_SECONDS: Final = Recorded(
    "fortuna:mandate:patience_seconds",
    ("alert", "base", "client", "severity", "symbol", "venue"),
    5,
)
MANDATE_POSITION_MAX: Final = Recorded(
    "fortuna:mandate:position_max", ("account", "client", "symbol", "tag", "venue"), 5
)
MANDATE_PRESENCE: Final = Recorded(
    "fortuna:mandate:presence", ("client", "side", "symbol", "venue"), 5
)
MANDATE_RATELIMIT_MAX_RATIO: Final = Recorded(
    "fortuna:mandate:ratelimit_max_ratio", ("account", "client", "venue"), 5
)
MANDATE_REJECT_MAX_RATIO: Final = Recorded(
    "fortuna:mandate:reject_max_ratio", ("account", "client", "venue"), 5
)
MANDATE_SCHEDULED: Final = Recorded("fortuna:mandate:scheduled", ("client", "symbol", "venue"), 5)
MANDATE_SERVICE: Final = Recorded("fortuna:mandate:service", ("job", "loop"), 5)
MANDATE_SPREAD_MAX_RATIO: Final = Recorded(
    "fortuna:mandate:spread_max_ratio", ("client", "symbol", "venue"), 5
)
MANDATE_SPREAD_MIN_RATIO: Final = Recorded(
    "fortuna:mandate:spread_min_ratio", ("client", "symbol", "venue"), 5
)
MANDATE_SPREAD_TARGET_RATIO: Final = Recorded(
    "fortuna:mandate:spread_target_ratio", ("client", "symbol", "venue"), 5
)
MANDATE_STALENESS_MAX_SECONDS: Final = Recorded(
    "fortuna:mandate:staleness_max_seconds", ("client", "feed", "symbol", "venue"), 5
)
MANDATE_TOLERANCE_RATIO: Final = Recorded(
    "fortuna:mandate:tolerance_ratio", ("alert", "base", "client", "severity", "symbol", "venue"), 5
)
MANDATE_UNEXPLAINED_MAX: Final = Recorded(
    "fortuna:mandate:unexplained_max", ("client", "currency"), 5
)
MANDATE_UPTIME_MIN_RATIO: Final = Recorded(
    "fortuna:mandate:uptime_min_ratio", ("client", "symbol", "term", "venue"), 5
)
MANDATE_UPTIME_START_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:mandate:uptime_start_timestamp_seconds", ("client", "symbol", "venue"), 5
)
MANDATE_UPTIME_WINDOW_SECONDS: Final = Recorded(
    "fortuna:mandate:uptime_window_seconds", ("client", "symbol", "term", "venue"), 5
)
MARGIN_MAX_RATIO: Final = Recorded("fortuna:margin:max_ratio", ("account", "client", "venue"), 1)
MARGIN_RATIO: Final = Recorded("fortuna:margin:ratio", ("account", "client", "venue"), 1)
MARKET_DISLOCATED: Final = Recorded("fortuna:market:dislocated", ("symbol", "venue"), 0.5)
MARKET_DISLOCATED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:market:dislocated_timestamp_seconds", ("symbol", "venue"), 0.5
)
MARKET_DISLOCATION_RATIO: Final = Recorded(
    "fortuna:market:dislocation_ratio", ("symbol", "venue"), 0.5
)
MARKET_OURS: Final = Recorded("fortuna:market:ours", ("symbol", "venue"), 0.5)
MARKET_STATUS_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:market:status_timestamp_seconds", ("status", "symbol", "venue"), 0.5
)
MARKET_UNATTENDED: Final = Recorded("fortuna:market:unattended", ("client", "symbol", "venue"), 0.5)
OBLIGATION_ABSENCE_MAX_SECONDS: Final = Recorded(
    "fortuna:obligation:absence_max_seconds", ("client", "symbol", "venue"), 5
)
OBLIGATION_ABSENT_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:absent_timestamp_seconds", ("client", "symbol", "venue"), 1
)
OBLIGATION_DEPTH: Final = Recorded(
    "fortuna:obligation:depth", ("band", "client", "side", "symbol", "venue"), 1
)
OBLIGATION_DEPTH_OF_MIN_RATIO: Final = Recorded(
    "fortuna:obligation:depth_of_min_ratio", ("band", "client", "side", "symbol", "venue"), 1
)
OBLIGATION_DEPTH_REQUIRED: Final = Recorded(
    "fortuna:obligation:depth_required", ("band", "client", "side", "symbol", "venue"), 1
)
OBLIGATION_DEPTH_SHORT_RATIO: Final = Recorded(
    "fortuna:obligation:depth_short_ratio", ("client", "symbol", "venue"), 1
)
OBLIGATION_DEPTH_SHORT_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:depth_short_timestamp_seconds", ("client", "symbol", "venue"), 1
)
OBLIGATION_DEPTH_THIN_RATIO: Final = Recorded(
    "fortuna:obligation:depth_thin_ratio", ("client", "symbol", "venue"), 1
)
OBLIGATION_DEPTH_THIN_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:depth_thin_timestamp_seconds", ("client", "symbol", "venue"), 1
)
OBLIGATION_HOST: Final = Recorded(
    "fortuna:obligation:host", ("client", "host_name", "symbol", "venue"), 5
)
OBLIGATION_LIQUIDITY: Final = Recorded(
    "fortuna:obligation:liquidity", ("client", "side", "symbol", "venue"), 1
)
OBLIGATION_MUTED: Final = Recorded("fortuna:obligation:muted", ("client", "symbol", "venue"), 0.5)
OBLIGATION_OFF_REFERENCE_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:off_reference_timestamp_seconds", ("client", "side", "symbol", "venue"), 0.5
)
OBLIGATION_ONE_SIDED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:one_sided_timestamp_seconds", ("client", "symbol", "venue"), 1
)
OBLIGATION_PATIENCE_SECONDS: Final = Recorded(
    "fortuna:obligation:patience_seconds", ("alert", "client", "severity", "symbol", "venue"), 5
)
OBLIGATION_RECENT_PNL: Final = Recorded(
    "fortuna:obligation:recent_pnl", ("client", "quote", "symbol", "venue"), 15
)
OBLIGATION_SIDE_MISSING: Final = Recorded(
    "fortuna:obligation:side_missing", ("client", "side", "symbol", "venue"), 1
)
OBLIGATION_SIDE_MISSING_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:side_missing_timestamp_seconds", ("client", "symbol", "venue"), 1
)
OBLIGATION_SPREAD_ALLOWED_RATIO: Final = Recorded(
    "fortuna:obligation:spread_allowed_ratio", ("client", "symbol", "venue"), 0.5
)
OBLIGATION_SPREAD_OF_MAX_RATIO: Final = Recorded(
    "fortuna:obligation:spread_of_max_ratio", ("client", "symbol", "venue"), 0.5
)
OBLIGATION_SPREAD_OUT_OF_BAND_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:spread_out_of_band_timestamp_seconds", ("client", "symbol", "venue"), 0.5
)
OBLIGATION_SPREAD_RATIO: Final = Recorded(
    "fortuna:obligation:spread_ratio", ("client", "symbol", "venue"), 0.5
)
OBLIGATION_SPREAD_WIDE_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:spread_wide_timestamp_seconds", ("client", "symbol", "venue"), 0.5
)
OBLIGATION_STALENESS_MAX_SECONDS: Final = Recorded(
    "fortuna:obligation:staleness_max_seconds", ("client", "feed", "symbol", "venue"), 5
)
OBLIGATION_TOLERANCE_RATIO: Final = Recorded(
    "fortuna:obligation:tolerance_ratio", ("alert", "client", "severity", "symbol", "venue"), 5
)
OBLIGATION_UNEXCUSED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:obligation:unexcused_timestamp_seconds", ("client", "symbol", "venue"), 1
)
PATH_AGE_SECONDS: Final = Recorded("fortuna:path:age_seconds", ("host_name",), 0.5)
PATH_BEHIND_SECONDS: Final = Recorded("fortuna:path:behind_seconds", ("host_name", "scope"), 0.5)
PATH_SERVICES: Final = Recorded("fortuna:path:services", ("host_name", "scope"), 1)
PNL_ACCOUNTED: Final = Recorded("fortuna:pnl:accounted", ("client", "quote", "window"), 60)
PNL_BEGAN_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:pnl:began_timestamp_seconds", ("window",), 60
)
PNL_DAY: Final = Recorded("fortuna:pnl:day", ("client", "direction", "quote"), 60)
PNL_EARNED: Final = Recorded("fortuna:pnl:earned", ("client", "direction", "quote"), 60)
PNL_LEVEL: Final = Recorded(
    "fortuna:pnl:level",
    (
        "account",
        "client",
        "component",
        "direction",
        "instance",
        "job",
        "quote",
        "symbol",
        "tag",
        "venue",
    ),
    60,
)
PNL_LIMITED: Final = Recorded("fortuna:pnl:limited", ("client", "currency", "quote", "window"), 1)
PNL_LIVE: Final = Recorded("fortuna:pnl:live", ("client", "direction", "quote"), 1)
PNL_LOSS: Final = Recorded("fortuna:pnl:loss", ("client", "currency", "window"), 1)
PNL_LOSS_OF_LIMIT_RATIO: Final = Recorded(
    "fortuna:pnl:loss_of_limit_ratio", ("client", "currency", "window"), 1
)
PNL_LOSS_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:pnl:loss_timestamp_seconds", ("client", "currency", "severity", "window"), 1
)
PNL_MONTH: Final = Recorded("fortuna:pnl:month", ("client", "direction", "quote"), 60)
PNL_RATE: Final = Recorded("fortuna:pnl:rate", ("currency", "quote"), 60)
PNL_UNEXPLAINED: Final = Recorded("fortuna:pnl:unexplained", ("capital", "client", "currency"), 15)
PNL_UNEXPLAINED_CHANGE: Final = Recorded(
    "fortuna:pnl:unexplained_change", ("capital", "client", "currency"), 15
)
PNL_UNEXPLAINED_MAX: Final = Recorded(
    "fortuna:pnl:unexplained_max", ("capital", "client", "currency"), 15
)
POSITION_EDGE_RATIO: Final = Recorded(
    "fortuna:position:edge_ratio", ("client", "symbol", "venue"), 1
)
POSITION_IN_RANGE: Final = Recorded("fortuna:position:in_range", ("client", "symbol", "venue"), 1)
POSITION_OF_MAX_RATIO: Final = Recorded(
    "fortuna:position:of_max_ratio", ("account", "client", "symbol", "tag", "venue"), 1
)
POSITION_OUT_OF_RANGE_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:position:out_of_range_timestamp_seconds", ("client", "symbol", "venue"), 1
)
PROCESS_ABSENT: Final = Recorded("fortuna:process:absent", ("instance", "job"), 0.5)
PROCESS_BOOK_BROKEN: Final = Recorded(
    "fortuna:process:book_broken", ("host_name", "instance", "job", "symbol", "venue"), 0.5
)
PROCESS_BOOK_BROKEN_MAX_SECONDS: Final = Recorded(
    "fortuna:process:book_broken_max_seconds", ("instance", "job", "symbol", "venue"), 0.5
)
PROCESS_BOOK_BROKEN_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:book_broken_timestamp_seconds",
    ("host_name", "instance", "job", "symbol", "venue"),
    0.5,
)
PROCESS_CHAIN_AGE_SECONDS: Final = Recorded(
    "fortuna:process:chain_age_seconds", ("host_name", "instance", "job", "venue"), 1
)
PROCESS_CLOCK_ERROR_SECONDS: Final = Recorded(
    "fortuna:process:clock_error_seconds", ("host_name", "instance", "job"), 1
)
PROCESS_CLOCK_OFFSET_SECONDS: Final = Recorded(
    "fortuna:process:clock_offset_seconds", ("host_name", "instance", "job"), 1
)
PROCESS_CONFIRMED_AGE_SECONDS: Final = Recorded(
    "fortuna:process:confirmed_age_seconds", ("instance", "job", "venue"), 0.5
)
PROCESS_CONFLICTED: Final = Recorded("fortuna:process:conflicted", ("instance", "job"), 1)
PROCESS_DISLOCATION_RATIO: Final = Recorded(
    "fortuna:process:dislocation_ratio", ("instance", "job", "symbol", "venue"), 0.5
)
PROCESS_FEED_AGE_MAX_SECONDS: Final = Recorded(
    "fortuna:process:feed_age_max_seconds", ("instance", "job", "venue"), 0.5
)
PROCESS_FEED_AGE_SECONDS: Final = Recorded(
    "fortuna:process:feed_age_seconds", ("host_name", "instance", "job", "stream", "venue"), 0.5
)
PROCESS_FEED_LAG_MAX_SECONDS: Final = Recorded(
    "fortuna:process:feed_lag_max_seconds", ("instance", "job", "symbol", "venue"), 0.5
)
PROCESS_FEED_LAG_SECONDS: Final = Recorded(
    "fortuna:process:feed_lag_seconds",
    ("host_name", "instance", "job", "stream", "symbol", "venue"),
    0.5,
)
PROCESS_FLOW_SEEN: Final = Recorded(
    "fortuna:process:flow_seen",
    ("account", "asset", "client", "direction", "instance", "job", "kind", "venue"),
    15,
)
PROCESS_FLOWED: Final = Recorded(
    "fortuna:process:flowed",
    ("account", "asset", "client", "direction", "instance", "job", "kind", "venue"),
    15,
)
PROCESS_GHOST_VIEW_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:ghost_view_timestamp_seconds",
    ("account", "client", "instance", "job", "symbol", "tag", "venue"),
    0.5,
)
PROCESS_HUNG: Final = Recorded("fortuna:process:hung", ("instance", "job"), 0.5)
PROCESS_LIVE_ORDERS: Final = Recorded(
    "fortuna:process:live_orders", ("client", "instance", "job", "symbol", "venue"), 0.5
)
PROCESS_LOST: Final = Recorded("fortuna:process:lost", ("instance", "job", "venue"), 0.5)
PROCESS_LOST_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:lost_timestamp_seconds", ("client", "instance", "job", "symbol", "venue"), 0.5
)
PROCESS_MARKET_STATUS_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:market_status_timestamp_seconds",
    ("instance", "job", "status", "symbol", "venue"),
    0.5,
)
PROCESS_ORDERED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:ordered_timestamp_seconds", ("client", "instance", "job", "symbol", "venue"), 5
)
PROCESS_ORDERS_AGE_SECONDS: Final = Recorded(
    "fortuna:process:orders_age_seconds",
    ("client", "host_name", "instance", "job", "symbol", "venue"),
    1,
)
PROCESS_QUOTES_AGE_SECONDS: Final = Recorded(
    "fortuna:process:quotes_age_seconds",
    ("client", "host_name", "instance", "job", "symbol", "venue"),
    1,
)
PROCESS_REFERENCE_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:reference_timestamp_seconds", ("instance", "job", "symbol", "venue"), 1
)
PROCESS_TRANSFER: Final = Recorded(
    "fortuna:process:transfer", ("asset", "direction", "instance", "job", "state", "venue"), 5
)
PROCESS_TRANSFER_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:transfer_timestamp_seconds",
    ("asset", "direction", "instance", "job", "state", "venue"),
    5,
)
PROCESS_UNRESOLVED_AGE_SECONDS: Final = Recorded(
    "fortuna:process:unresolved_age_seconds",
    ("account", "client", "instance", "job", "symbol", "venue"),
    0.5,
)
PROCESS_VENUE_OFFSET_SECONDS: Final = Recorded(
    "fortuna:process:venue_offset_seconds", ("host_name", "instance", "job", "venue"), 1
)
PROCESS_VENUE_RESIDUAL_SECONDS: Final = Recorded(
    "fortuna:process:venue_residual_seconds", ("host_name", "instance", "job", "venue"), 1
)
PROCESS_VENUE_STATUS_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:process:venue_status_timestamp_seconds", ("instance", "job", "status", "venue"), 0.5
)
QUOTE_RATE: Final = Recorded("fortuna:quote:rate", ("currency", "quote"), 1)
RATE_AGE_SECONDS: Final = Recorded("fortuna:rate:age_seconds", ("asset", "provider"), 1)
RATE_TOLD_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:rate:told_timestamp_seconds", ("instance", "job"), 1
)
SERVICE_CLIENT: Final = Recorded("fortuna:service:client", ("client", "instance", "job"), 5)
SERVICE_GONE: Final = Recorded("fortuna:service:gone", ("instance", "job"), 0.5)
SERVICE_LIQUIDITY_USD: Final = Recorded("fortuna:service:liquidity_usd", ("instance", "job"), 5)
SERVICE_ORDERS_OPEN: Final = Recorded("fortuna:service:orders_open", ("instance", "job"), 0.5)
SERVICE_STOPPED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:service:stopped_timestamp_seconds", ("instance", "job"), 0.5
)
SIGNAL_SERIES: Final = Recorded("fortuna:signal:series", ("signal",), 60)
STABLECOIN_DEVIATION_RATIO: Final = Recorded(
    "fortuna:stablecoin:deviation_ratio", ("asset", "currency"), 1
)
STABLECOIN_OFF_PAR_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:stablecoin:off_par_timestamp_seconds", ("asset", "currency", "severity"), 1
)
STABLECOIN_RATE: Final = Recorded("fortuna:stablecoin:rate", ("asset", "currency", "provider"), 1)
TALLY_COUNTED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:tally:counted_timestamp_seconds", ("of",), 60
)
TALLY_GAINED_SECONDS: Final = Recorded(
    "fortuna:tally:gained_seconds", ("client", "symbol", "term", "venue"), 60
)
TALLY_HELD_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:tally:held_timestamp_seconds", ("account", "client", "venue"), 60
)
TALLY_MINUTE_SECONDS: Final = Recorded(
    "fortuna:tally:minute_seconds", ("client", "of", "symbol", "venue"), 60
)
TALLY_MINUTE_SUM: Final = Recorded(
    "fortuna:tally:minute_sum", ("client", "of", "symbol", "venue"), 60
)
TALLY_TOTAL_SECONDS: Final = Recorded(
    "fortuna:tally:total_seconds", ("client", "symbol", "term", "venue"), 60
)
UPTIME_BASE_SECONDS: Final = Recorded(
    "fortuna:uptime:base_seconds", ("client", "symbol", "term", "venue"), 60
)
UPTIME_BUDGET_SECONDS: Final = Recorded(
    "fortuna:uptime:budget_seconds", ("client", "symbol", "term", "venue"), 15
)
UPTIME_COUNTED_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:uptime:counted_timestamp_seconds", ("client", "symbol", "venue"), 60
)
UPTIME_COUNTER_NOW_SECONDS: Final = Recorded(
    "fortuna:uptime:counter_now_seconds",
    ("client", "instance", "job", "source", "symbol", "term", "venue"),
    60,
)
UPTIME_COUNTER_SECONDS: Final = Recorded(
    "fortuna:uptime:counter_seconds",
    ("client", "instance", "job", "source", "symbol", "term", "venue"),
    60,
)
UPTIME_CREDIT_SECONDS: Final = Recorded(
    "fortuna:uptime:credit_seconds", ("client", "symbol", "term", "venue"), 60
)
UPTIME_GAIN_SECONDS: Final = Recorded(
    "fortuna:uptime:gain_seconds", ("client", "symbol", "term", "venue"), 60
)
UPTIME_SPENT_RATIO: Final = Recorded(
    "fortuna:uptime:spent_ratio", ("client", "symbol", "term", "venue"), 15
)
UPTIME_SUM_SECONDS: Final = Recorded(
    "fortuna:uptime:sum_seconds", ("client", "symbol", "term", "venue"), 60
)
UPTIME_TOTAL_SECONDS: Final = Recorded(
    "fortuna:uptime:total_seconds", ("client", "symbol", "term", "venue"), 60
)
UPTIME_WINDOW_SUM_SECONDS: Final = Recorded(
    "fortuna:uptime:window_sum_seconds", ("client", "symbol", "term", "venue"), 15
)
VENUE_CLIENTS: Final = Recorded("fortuna:venue:clients", ("venue",), 5)
VENUE_CLOCK_ERROR_SECONDS: Final = Recorded("fortuna:venue:clock_error_seconds", ("venue",), 1)
VENUE_DOWN_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:venue:down_timestamp_seconds", ("venue",), 0.5
)
VENUE_LIQUIDITY_USD: Final = Recorded("fortuna:venue:liquidity_usd", ("venue",), 5)
VENUE_MAINTENANCE: Final = Recorded("fortuna:venue:maintenance", ("venue",), 0.5)
VENUE_ORDERS_OPEN: Final = Recorded("fortuna:venue:orders_open", ("venue",), 5)
VENUE_REFUSES: Final = Recorded("fortuna:venue:refuses", ("venue",), 0.5)
VENUE_STATUS_TIMESTAMP_SECONDS: Final = Recorded(
    "fortuna:venue:status_timestamp_seconds", ("status", "venue"), 0.5
)
WATCHER_FRESH: Final = Recorded(
    "fortuna:watcher:fresh",
    ("account", "client", "host_name", "instance", "job", "source", "symbol", "tag", "venue"),
    1,
)

BY_PROMETHEUS: Final[Mapping[str, Recorded]] = {
    value.prometheus: value for value in tuple(globals().values()) if isinstance(value, Recorded)
}
"""Recorded series by their name in the store."""
