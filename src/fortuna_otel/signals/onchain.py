# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""On-chain.

Positions in automated market makers and the transactions that manage them. Everything else of
an on-chain book maps to the signals of the other sections: pool price to market.mid, own
range to quotes and depth, swaps to fills, uncollected fees and range value to balances.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import BookSide, TransactionOutcome
from fortuna_otel.signals.spec import Signal

DEX_POSITION_IN_RANGE: Final = Signal(
    name="fortuna.dex.position.in_range",
    prometheus="fortuna_dex_position_in_range",
    kind="gauge",
    unit="{state}",
    attributes=attr.BOOK_SET,
    brief="1 while the pool's price is inside one of the book's ranges, else 0.",
    per="book",
    series=0,
    critical=True,
)
DEX_POSITION_DISTANCE: Final = Signal(
    name="fortuna.dex.position.distance",
    prometheus="fortuna_dex_position_distance_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.BOOK_SET, attr.SIDE),
    brief=(
        "Distance from the pool's price to the nearest own range edge on that side, as a share "
        "of the price; negative once outside."
    ),
    per="book",
    closed=(("side", BookSide),),
    limit=2,
    series=0,
    critical=True,
)
DEX_FEES_UNCOLLECTED: Final = Signal(
    name="fortuna.dex.fees.uncollected",
    prometheus="fortuna_dex_fees_uncollected",
    kind="gauge",
    unit="{asset}",
    attributes=attr.BALANCE_SET,
    brief="Pool fees earned and not yet collected.",
    per="balance",
    series=0,
    slow=True,
)
DEX_TRANSACTIONS: Final = Signal(
    name="fortuna.dex.transactions",
    prometheus="fortuna_dex_transactions_total",
    kind="counter",
    unit="{transaction}",
    attributes=(*attr.BOOK_SET, attr.OUTCOME),
    brief="Transactions sent, by how they ended.",
    per="book",
    closed=(("outcome", TransactionOutcome),),
    limit=4,
    series=0,
    critical=True,
    slow=True,
)
DEX_TRANSACTION_DURATION: Final = Signal(
    name="fortuna.dex.transaction.duration",
    prometheus="fortuna_dex_transaction_duration_seconds",
    kind="histogram",
    unit="s",
    attributes=attr.ACCOUNT_SET,
    brief="Time from sending a transaction to the block that includes it.",
    per="account",
    series=0,
    slow=True,
    buckets=(0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0),
)
DEX_GAS_SPENT: Final = Signal(
    name="fortuna.dex.gas.spent",
    prometheus="fortuna_dex_gas_spent_total",
    kind="counter",
    unit="{asset}",
    attributes=attr.BALANCE_SET,
    brief="Transaction fees paid to the chain, in its native asset.",
    per="balance",
    series=0,
    critical=True,
    slow=True,
)
CHAIN_BLOCK_TIMESTAMP: Final = Signal(
    name="fortuna.chain.block.timestamp",
    prometheus="fortuna_chain_block_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.VENUE_SET,
    brief="Unix time of the newest block the node has; its age is the node's lag.",
    per="venue",
    series=0,
    critical=True,
)
CHAIN_REORGS: Final = Signal(
    name="fortuna.chain.reorgs",
    prometheus="fortuna_chain_reorgs_total",
    kind="counter",
    unit="{event}",
    attributes=attr.VENUE_SET,
    brief="Reorganisations of the chain that removed a block we had seen.",
    per="venue",
    series=0,
    slow=True,
)

ALL: Final[tuple[Signal, ...]] = (
    DEX_POSITION_IN_RANGE,
    DEX_POSITION_DISTANCE,
    DEX_FEES_UNCOLLECTED,
    DEX_TRANSACTIONS,
    DEX_TRANSACTION_DURATION,
    DEX_GAS_SPENT,
    CHAIN_BLOCK_TIMESTAMP,
    CHAIN_REORGS,
)
"""Every signal of this section."""
