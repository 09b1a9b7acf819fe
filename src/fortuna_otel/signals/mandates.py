# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Mandates.

What was promised, exported from the mandates file: the thresholds that rules and board read,
also for books that never started. A removed obligation is exported once with `scheduled` = 0.
Readers use last_over_time(x[7d]), so that a dead exporter changes nothing but fires
MandatesMissing. A threshold that a mandate does not set and no default gives is absent.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import (
    Band,
    BookSide,
    Capital,
    Feed,
    Role,
    Severity,
    Term,
    Tier,
    Window,
)
from fortuna_otel.signals.spec import Signal

INFO: Final = Signal(
    name="fortuna.mandate.info",
    prometheus="fortuna_mandate_info",
    kind="gauge",
    unit="{info}",
    attributes=(*attr.OBLIGATION_SET, attr.TIER, attr.CAPITAL, attr.VERSION),
    brief=(
        "1 for every obligation of the mandates file, with its tier, whose capital it uses and "
        "the file's version."
    ),
    per="obligation",
    closed=(
        ("tier", Tier),
        ("capital", Capital),
    ),
    limit=8,
    critical=True,
    slow=True,
)
BOOK: Final = Signal(
    name="fortuna.mandate.book",
    prometheus="fortuna_mandate_book",
    kind="gauge",
    unit="{info}",
    attributes=(*attr.BOOK_SET, attr.ROLE),
    brief="1 for every book the mandates file expects.",
    per="book",
    closed=(("role", Role),),
    limit=2,
    critical=True,
    slow=True,
)
SPREAD_MIN: Final = Signal(
    name="fortuna.mandate.spread.min",
    prometheus="fortuna_mandate_spread_min_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.OBLIGATION_SET,
    brief="Smallest spread allowed, as a share of mid.",
    per="obligation",
    critical=True,
    slow=True,
)
SPREAD_TARGET: Final = Signal(
    name="fortuna.mandate.spread.target",
    prometheus="fortuna_mandate_spread_target_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.OBLIGATION_SET,
    brief="Spread aimed at, as a share of mid.",
    per="obligation",
    slow=True,
)
SPREAD_MAX: Final = Signal(
    name="fortuna.mandate.spread.max",
    prometheus="fortuna_mandate_spread_max_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.OBLIGATION_SET,
    brief="Largest spread allowed, as a share of mid.",
    per="obligation",
    critical=True,
    slow=True,
)
DEPTH_MIN: Final = Signal(
    name="fortuna.mandate.depth.min",
    prometheus="fortuna_mandate_depth_min",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.OBLIGATION_SET, attr.SIDE, attr.BAND),
    brief="Least depth required within the band, cumulative from mid.",
    per="obligation",
    closed=(
        ("side", BookSide),
        ("band", Band),
    ),
    limit=16,
    series=4,
    critical=True,
    slow=True,
)
UPTIME_MIN: Final = Signal(
    name="fortuna.mandate.uptime.min",
    prometheus="fortuna_mandate_uptime_min_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.OBLIGATION_SET, attr.TERM),
    brief="Share of scheduled time in which the term must hold.",
    per="obligation",
    closed=(("term", Term),),
    limit=5,
    series=2,
    slow=True,
)
UPTIME_WINDOW: Final = Signal(
    name="fortuna.mandate.uptime.window",
    prometheus="fortuna_mandate_uptime_window_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.OBLIGATION_SET, attr.TERM),
    brief="Length of the time over which the term's uptime is judged.",
    per="obligation",
    closed=(("term", Term),),
    limit=5,
    series=2,
    slow=True,
)
SCHEDULED: Final = Signal(
    name="fortuna.mandate.scheduled",
    prometheus="fortuna_mandate_scheduled",
    kind="gauge",
    unit="{state}",
    attributes=attr.OBLIGATION_SET,
    brief=(
        "1 while the obligation applies, 0 in an agreed maintenance window and once it is "
        "removed. A window always ends."
    ),
    per="obligation",
    critical=True,
    slow=True,
)
STALENESS_MAX: Final = Signal(
    name="fortuna.mandate.staleness.max",
    prometheus="fortuna_mandate_staleness_max_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.OBLIGATION_SET, attr.FEED),
    brief=(
        "Greatest age of a confirmation at which market data, quotes or orders still count; by "
        "tier unless set."
    ),
    per="obligation",
    closed=(("feed", Feed),),
    limit=4,
    series=3,
    critical=True,
    slow=True,
)
BALANCES_STALENESS_MAX: Final = Signal(
    name="fortuna.mandate.balances.staleness.max",
    prometheus="fortuna_mandate_balances_staleness_max_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.ACCOUNT_SET,
    brief="Greatest age of a confirmation at which the account's balances still count.",
    per="account",
    critical=True,
    slow=True,
)
EXPOSURE_TARGET: Final = Signal(
    name="fortuna.mandate.exposure.target",
    prometheus="fortuna_mandate_exposure_target",
    kind="gauge",
    unit="{asset}",
    attributes=attr.HOLDING_SET,
    brief="Net exposure aimed at, over all venues.",
    per="holding",
    critical=True,
    slow=True,
)
EXPOSURE_TOLERANCE: Final = Signal(
    name="fortuna.mandate.exposure.tolerance",
    prometheus="fortuna_mandate_exposure_tolerance",
    kind="gauge",
    unit="{asset}",
    attributes=attr.HOLDING_SET,
    brief="Distance from the target that is still normal.",
    per="holding",
    critical=True,
    slow=True,
)
EXPOSURE_LIMIT: Final = Signal(
    name="fortuna.mandate.exposure.limit",
    prometheus="fortuna_mandate_exposure_limit",
    kind="gauge",
    unit="{asset}",
    attributes=attr.HOLDING_SET,
    brief="Distance from the target that pages.",
    per="holding",
    critical=True,
    slow=True,
)
FLOAT_MIN: Final = Signal(
    name="fortuna.mandate.float.min",
    prometheus="fortuna_mandate_float_min",
    kind="gauge",
    unit="{asset}",
    attributes=attr.BALANCE_SET,
    brief="Least balance an account needs to go on quoting.",
    per="balance",
    critical=True,
    slow=True,
)
FLOAT_MAX: Final = Signal(
    name="fortuna.mandate.float.max",
    prometheus="fortuna_mandate_float_max",
    kind="gauge",
    unit="{asset}",
    attributes=attr.BALANCE_SET,
    brief="Most that should lie in an account.",
    per="balance",
    slow=True,
)
LOSS_LIMIT: Final = Signal(
    name="fortuna.mandate.loss.limit",
    prometheus="fortuna_mandate_loss_limit",
    kind="gauge",
    unit="{currency}",
    attributes=(*attr.CLIENT_SET, attr.WINDOW, attr.CURRENCY),
    brief="Loss over the window that pages, as a positive amount.",
    per="client",
    closed=(("window", Window),),
    limit=12,
    critical=True,
    slow=True,
)
MISMATCH_MAX: Final = Signal(
    name="fortuna.mandate.mismatch.max",
    prometheus="fortuna_mandate_mismatch_max",
    kind="gauge",
    unit="{asset}",
    attributes=attr.BALANCE_SET,
    brief="Difference between ledger and venue that is tolerated.",
    per="balance",
    critical=True,
    slow=True,
)
REJECT_MAX: Final = Signal(
    name="fortuna.mandate.reject.max",
    prometheus="fortuna_mandate_reject_max_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.ACCOUNT_SET,
    brief="Share of order actions that may be refused.",
    per="account",
    critical=True,
    slow=True,
)
ACK_MAX: Final = Signal(
    name="fortuna.mandate.ack.max",
    prometheus="fortuna_mandate_ack_max_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.ACCOUNT_SET,
    brief=(
        "Longest acceptable time to the venue's confirmation of an order, at the 95th percentile."
    ),
    per="account",
    slow=True,
)
RATELIMIT_MAX: Final = Signal(
    name="fortuna.mandate.ratelimit.max",
    prometheus="fortuna_mandate_ratelimit_max_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.ACCOUNT_SET,
    brief="Share of a request limit that may be used.",
    per="account",
    critical=True,
    slow=True,
)
MARGIN_MAX: Final = Signal(
    name="fortuna.mandate.margin.max",
    prometheus="fortuna_mandate_margin_max_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.ACCOUNT_SET,
    brief="Highest acceptable maintenance margin / equity.",
    per="account",
    series=0,
    critical=True,
    slow=True,
)
GAS_MIN: Final = Signal(
    name="fortuna.mandate.gas.min",
    prometheus="fortuna_mandate_gas_min",
    kind="gauge",
    unit="{transaction}",
    attributes=attr.ACCOUNT_SET,
    brief="Number of transactions that the wallet's gas must still pay for.",
    per="account",
    series=0,
    critical=True,
    slow=True,
)
OUTAGE_MAX: Final = Signal(
    name="fortuna.mandate.outage.max",
    prometheus="fortuna_mandate_outage_max_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.OBLIGATION_SET,
    brief="Longest single outage that is allowed.",
    per="obligation",
    series=0,
    critical=True,
    slow=True,
)
PRESENCE: Final = Signal(
    name="fortuna.mandate.presence",
    prometheus="fortuna_mandate_presence",
    kind="gauge",
    unit="{state}",
    attributes=(*attr.OBLIGATION_SET, attr.SIDE),
    brief="1 for each side on which live orders are promised.",
    per="obligation",
    closed=(("side", BookSide),),
    limit=2,
    series=2,
    critical=True,
    slow=True,
)
UPTIME_START_TIMESTAMP: Final = Signal(
    name="fortuna.mandate.uptime.start.timestamp",
    prometheus="fortuna_mandate_uptime_start_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.OBLIGATION_SET,
    brief="Unix time at which the present window of uptime began. Absent where the window rolls.",
    per="obligation",
    slow=True,
)
VOLUME_MIN: Final = Signal(
    name="fortuna.mandate.volume.min",
    prometheus="fortuna_mandate_volume_min",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.OBLIGATION_SET, attr.WINDOW),
    brief="Least traded value over the window that is promised.",
    per="obligation",
    closed=(("window", Window),),
    limit=3,
    series=0,
    slow=True,
)
VOLUME_MAX: Final = Signal(
    name="fortuna.mandate.volume.max",
    prometheus="fortuna_mandate_volume_max",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.OBLIGATION_SET, attr.WINDOW),
    brief="Most traded value over the window that is allowed.",
    per="obligation",
    closed=(("window", Window),),
    limit=3,
    series=0,
    slow=True,
)
AGGREGATE_DEPTH_MIN: Final = Signal(
    name="fortuna.mandate.aggregate.depth.min",
    prometheus="fortuna_mandate_aggregate_depth_min",
    kind="gauge",
    unit="{currency}",
    attributes=(*attr.HOLDING_SET, attr.SIDE, attr.BAND, attr.CURRENCY),
    brief="Least depth of the asset within the band over all its markets of the client together.",
    per="holding",
    closed=(
        ("side", BookSide),
        ("band", Band),
    ),
    limit=64,
    series=0,
    critical=True,
    slow=True,
)
HEDGE_LIMIT: Final = Signal(
    name="fortuna.mandate.hedge.limit",
    prometheus="fortuna_mandate_hedge_limit",
    kind="gauge",
    unit="{asset}",
    attributes=attr.HOLDING_SET,
    brief="Most of the asset that may be left unhedged.",
    per="holding",
    series=0,
    critical=True,
    slow=True,
)
POSITION_MAX: Final = Signal(
    name="fortuna.mandate.position.max",
    prometheus="fortuna_mandate_position_max",
    kind="gauge",
    unit="{base}",
    attributes=attr.BOOK_SET,
    brief="Largest position, long or short, that the book may have at its venue.",
    per="book",
    series=0,
    critical=True,
    slow=True,
)
UNEXPLAINED_MAX: Final = Signal(
    name="fortuna.mandate.unexplained.max",
    prometheus="fortuna_mandate_unexplained_max",
    kind="gauge",
    unit="{currency}",
    attributes=(*attr.CLIENT_SET, attr.CURRENCY),
    brief="PnL of an hour that may be unexplained.",
    per="client",
    limit=4,
    slow=True,
)
PATIENCE: Final = Signal(
    name="fortuna.mandate.patience",
    prometheus="fortuna_mandate_patience_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.OBLIGATION_SET, attr.ALERT, attr.SEVERITY),
    brief=(
        "How long an alert's condition may last before somebody is told. Absent where the file "
        "does not set it, and the tier's default holds."
    ),
    per="obligation",
    closed=(("severity", Severity),),
    limit=128,
    series=0,
    critical=True,
    slow=True,
)
TOLERANCE: Final = Signal(
    name="fortuna.mandate.tolerance",
    prometheus="fortuna_mandate_tolerance_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.OBLIGATION_SET, attr.ALERT, attr.SEVERITY),
    brief=(
        "How far, as a ratio, an alert's value may be off before somebody is told. Absent where "
        "the file does not set it."
    ),
    per="obligation",
    closed=(("severity", Severity),),
    limit=128,
    series=0,
    critical=True,
    slow=True,
)
DESK_PATIENCE: Final = Signal(
    name="fortuna.mandate.desk.patience",
    prometheus="fortuna_mandate_desk_patience_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.PROCESS_SET, attr.ALERT, attr.SEVERITY),
    brief="Like fortuna.mandate.patience, of alerts that are about more than one obligation.",
    per="process",
    closed=(("severity", Severity),),
    limit=128,
    series=0,
    critical=True,
    slow=True,
)
DESK_TOLERANCE: Final = Signal(
    name="fortuna.mandate.desk.tolerance",
    prometheus="fortuna_mandate_desk_tolerance_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.PROCESS_SET, attr.ALERT, attr.SEVERITY),
    brief="Like fortuna.mandate.tolerance, of alerts that are about more than one obligation.",
    per="process",
    closed=(("severity", Severity),),
    limit=128,
    series=0,
    critical=True,
    slow=True,
)
SERVICE: Final = Signal(
    name="fortuna.mandate.service",
    prometheus="fortuna_mandate_service",
    kind="gauge",
    unit="{service}",
    attributes=attr.EXPECTED_SERVICE_SET,
    brief=(
        "1 for every loop of a service that must be reporting for a client; `service` equals the "
        "job label of its signals."
    ),
    per="expected_service",
    critical=True,
    slow=True,
)
PROBLEMS: Final = Signal(
    name="fortuna.mandate.problems",
    prometheus="fortuna_mandate_problems",
    kind="gauge",
    unit="{problem}",
    attributes=attr.PROCESS_SET,
    brief=(
        "Problems for which the last change of the mandates file was refused; 0 while the file "
        "is in force. The terms before it stay."
    ),
    per="process",
    series=0,
    slow=True,
)
LOADED_TIMESTAMP: Final = Signal(
    name="fortuna.mandate.loaded.timestamp",
    prometheus="fortuna_mandate_loaded_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.PROCESS_SET,
    brief="Unix time at which the terms in force were read from the mandates file.",
    per="process",
    series=0,
    slow=True,
)

ALL: Final[tuple[Signal, ...]] = (
    INFO,
    BOOK,
    SPREAD_MIN,
    SPREAD_TARGET,
    SPREAD_MAX,
    DEPTH_MIN,
    UPTIME_MIN,
    UPTIME_WINDOW,
    SCHEDULED,
    STALENESS_MAX,
    BALANCES_STALENESS_MAX,
    EXPOSURE_TARGET,
    EXPOSURE_TOLERANCE,
    EXPOSURE_LIMIT,
    FLOAT_MIN,
    FLOAT_MAX,
    LOSS_LIMIT,
    MISMATCH_MAX,
    REJECT_MAX,
    ACK_MAX,
    RATELIMIT_MAX,
    MARGIN_MAX,
    GAS_MIN,
    OUTAGE_MAX,
    PRESENCE,
    UPTIME_START_TIMESTAMP,
    VOLUME_MIN,
    VOLUME_MAX,
    AGGREGATE_DEPTH_MIN,
    HEDGE_LIMIT,
    POSITION_MAX,
    UNEXPLAINED_MAX,
    PATIENCE,
    TOLERANCE,
    DESK_PATIENCE,
    DESK_TOLERANCE,
    SERVICE,
    PROBLEMS,
    LOADED_TIMESTAMP,
)
"""Every signal of this section."""
