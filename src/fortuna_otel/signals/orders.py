# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Orders.

Life of orders and the health of the path to the venue. Latency and rejects are kept by
account and not by symbol. Rare values of an enum cost no series until they happen.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import Action, BookSide, OrderError, Origin, Source, TradeSide
from fortuna_otel.signals.spec import Signal

OPEN: Final = Signal(
    name="fortuna.orders.open",
    prometheus="fortuna_orders_open",
    kind="gauge",
    unit="{order}",
    attributes=(*attr.BOOK_SET, attr.SOURCE, attr.SIDE),
    brief="Live open orders in the last confirmed view; 0 when there are none.",
    per="book",
    closed=(
        ("source", Source),
        ("side", BookSide),
    ),
    limit=4,
    series=2,
    critical=True,
)
OLDEST_TIMESTAMP: Final = Signal(
    name="fortuna.orders.oldest.timestamp",
    prometheus="fortuna_orders_oldest_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.BOOK_SET, attr.SOURCE),
    brief=(
        "Unix time at which the oldest live open order was created. Absent without open orders. "
        "Information, not an alert."
    ),
    per="book",
    closed=(("source", Source),),
    limit=2,
    slow=True,
)
UPDATED_TIMESTAMP: Final = Signal(
    name="fortuna.orders.updated.timestamp",
    prometheus="fortuna_orders_updated_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.BOOK_SET, attr.SOURCE),
    brief="Unix time of the last confirmed view of open orders, changed or not.",
    per="book",
    closed=(("source", Source),),
    limit=2,
    critical=True,
)
SUBMITTED: Final = Signal(
    name="fortuna.orders.submitted",
    prometheus="fortuna_orders_submitted_total",
    kind="counter",
    unit="{order}",
    attributes=(*attr.BOOK_SET, attr.SIDE),
    brief="Orders sent to the venue, whatever became of them.",
    per="book",
    closed=(("side", TradeSide),),
    limit=2,
    series=2,
    critical=True,
)
ACKNOWLEDGED: Final = Signal(
    name="fortuna.orders.acknowledged",
    prometheus="fortuna_orders_acknowledged_total",
    kind="counter",
    unit="{order}",
    attributes=(*attr.BOOK_SET, attr.SIDE),
    brief="Orders the venue confirmed as accepted.",
    per="book",
    closed=(("side", TradeSide),),
    limit=2,
    series=2,
    slow=True,
)
CANCELLED: Final = Signal(
    name="fortuna.orders.cancelled",
    prometheus="fortuna_orders_cancelled_total",
    kind="counter",
    unit="{order}",
    attributes=(*attr.BOOK_SET, attr.SIDE),
    brief="Orders the venue confirmed as cancelled, on our request or its own.",
    per="book",
    closed=(("side", TradeSide),),
    limit=2,
    series=2,
    slow=True,
)
FILLED: Final = Signal(
    name="fortuna.orders.filled",
    prometheus="fortuna_orders_filled_total",
    kind="counter",
    unit="{order}",
    attributes=(*attr.BOOK_SET, attr.SIDE),
    brief="Orders filled completely; parts of orders are in fortuna.trade.fills.",
    per="book",
    closed=(("side", TradeSide),),
    limit=2,
    series=2,
    slow=True,
)
REJECTED: Final = Signal(
    name="fortuna.orders.rejected",
    prometheus="fortuna_orders_rejected_total",
    kind="counter",
    unit="{order}",
    attributes=(*attr.ACCOUNT_SET, attr.ACTION, attr.REASON, attr.ORIGIN),
    brief="Order actions refused, by what was asked, why, and who refused.",
    per="account",
    closed=(
        ("action", Action),
        ("reason", OrderError),
        ("origin", Origin),
    ),
    limit=40,
    series=2,
    critical=True,
)
UNKNOWN: Final = Signal(
    name="fortuna.orders.unknown",
    prometheus="fortuna_orders_unknown_total",
    kind="counter",
    unit="{order}",
    attributes=(*attr.ACCOUNT_SET, attr.ACTION, attr.REASON),
    brief="Order actions whose answer never came; the order may be live.",
    per="account",
    closed=(
        ("action", Action),
        ("reason", OrderError),
    ),
    limit=20,
    series=0,
    slow=True,
)
UNRESOLVED: Final = Signal(
    name="fortuna.orders.unresolved",
    prometheus="fortuna_orders_unresolved",
    kind="gauge",
    unit="{order}",
    attributes=attr.BOOK_SET,
    brief=(
        "Orders of unknown outcome that no later view of open orders has settled yet; 0 when "
        "there are none."
    ),
    per="book",
    critical=True,
)
UNRESOLVED_OLDEST_TIMESTAMP: Final = Signal(
    name="fortuna.orders.unresolved.oldest.timestamp",
    prometheus="fortuna_orders_unresolved_oldest_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.BOOK_SET,
    brief=(
        "Unix time since which the oldest of them is unresolved. Absent without unresolved orders."
    ),
    per="book",
    series=0,
    critical=True,
)
GHOST: Final = Signal(
    name="fortuna.orders.ghost",
    prometheus="fortuna_orders_ghost",
    kind="gauge",
    unit="{order}",
    attributes=attr.BOOK_SET,
    brief=(
        "Orders live at the venue that the engine does not know, as a watcher sees them. Absent "
        "without a watcher."
    ),
    per="book",
    series=0,
    critical=True,
)
ACK_DURATION: Final = Signal(
    name="fortuna.orders.ack.duration",
    prometheus="fortuna_orders_ack_duration_seconds",
    kind="histogram",
    unit="s",
    attributes=attr.ACCOUNT_SET,
    brief="Time from sending an order to the venue's confirmation, on the wire.",
    per="account",
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
CANCEL_DURATION: Final = Signal(
    name="fortuna.orders.cancel.duration",
    prometheus="fortuna_orders_cancel_duration_seconds",
    kind="histogram",
    unit="s",
    attributes=attr.ACCOUNT_SET,
    brief="Time from asking for a cancel to the venue's confirmation, on the wire.",
    per="account",
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
QUEUE_DURATION: Final = Signal(
    name="fortuna.orders.queue.duration",
    prometheus="fortuna_orders_queue_duration_seconds",
    kind="histogram",
    unit="s",
    attributes=attr.ACCOUNT_SET,
    brief="Time an order action waited in our own rate limiter before it was sent.",
    per="account",
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
DEADMAN_ARMED: Final = Signal(
    name="fortuna.orders.deadman.armed",
    prometheus="fortuna_orders_deadman_armed",
    kind="gauge",
    unit="{state}",
    attributes=attr.CREDENTIAL_SET,
    brief=(
        "1 while the venue will cancel every order if we vanish, 0 while it will not. Absent "
        "where the venue has no such switch."
    ),
    per="credential",
    critical=True,
)

ALL: Final[tuple[Signal, ...]] = (
    OPEN,
    OLDEST_TIMESTAMP,
    UPDATED_TIMESTAMP,
    SUBMITTED,
    ACKNOWLEDGED,
    CANCELLED,
    FILLED,
    REJECTED,
    UNKNOWN,
    UNRESOLVED,
    UNRESOLVED_OLDEST_TIMESTAMP,
    GHOST,
    ACK_DURATION,
    CANCEL_DURATION,
    QUEUE_DURATION,
    DEADMAN_ARMED,
)
"""Every signal of this section."""
