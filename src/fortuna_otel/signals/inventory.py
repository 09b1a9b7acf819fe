# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Inventory and capital.

What the desk and its clients hold, by account; symbol and tag don't apply. Total = free +
used + locked; net = total - borrowed; what is in transit is in nobody's balance.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import BalanceState, Capital, FlowDirection, FlowKind, Source
from fortuna_otel.signals.spec import Signal

BALANCE: Final = Signal(
    name="fortuna.inventory.balance",
    prometheus="fortuna_inventory_balance",
    kind="gauge",
    unit="{asset}",
    attributes=(*attr.BALANCE_SET, attr.SOURCE, attr.STATE),
    brief="Balance as the venue confirmed it, by state. Borrowed is a liability.",
    per="balance",
    closed=(
        ("source", Source),
        ("state", BalanceState),
    ),
    limit=10,
    series=3,
    critical=True,
)
TRACKED: Final = Signal(
    name="fortuna.inventory.tracked",
    prometheus="fortuna_inventory_tracked",
    kind="gauge",
    unit="{asset}",
    attributes=(*attr.BALANCE_SET, attr.TAG),
    brief="What the engine's own ledger says the balance should be, as of the balance's time.",
    per="balance",
    limit=64,
    critical=True,
)
FLOW: Final = Signal(
    name="fortuna.inventory.flow",
    prometheus="fortuna_inventory_flow_total",
    kind="counter",
    unit="{asset}",
    attributes=(*attr.BALANCE_SET, attr.KIND, attr.DIRECTION),
    brief="Amounts that moved without a trade, by kind; never drift.",
    per="balance",
    closed=(
        ("kind", FlowKind),
        ("direction", FlowDirection),
    ),
    limit=8,
    series=0,
    critical=True,
)
UPDATED_TIMESTAMP: Final = Signal(
    name="fortuna.inventory.updated.timestamp",
    prometheus="fortuna_inventory_updated_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.ACCOUNT_SET, attr.SOURCE),
    brief="Unix time at which the venue last confirmed the account's balances, changed or not.",
    per="account",
    closed=(("source", Source),),
    limit=2,
    critical=True,
)
EXPOSURE_NET: Final = Signal(
    name="fortuna.exposure.net",
    prometheus="fortuna_exposure_net",
    kind="gauge",
    unit="{asset}",
    attributes=(*attr.HOLDING_SET, attr.CAPITAL),
    brief=(
        "Spot + derivatives + wallets + in transit - loans of the client's asset over all "
        "venues; negative when short. Absent while a part of it is unknown."
    ),
    per="holding",
    closed=(("capital", Capital),),
    limit=2,
    critical=True,
)
EQUITY: Final = Signal(
    name="fortuna.equity",
    prometheus="fortuna_equity",
    kind="gauge",
    unit="{currency}",
    attributes=(*attr.CLIENT_SET, attr.CAPITAL, attr.CURRENCY),
    brief=(
        "Value of everything held - owed, in the reference currency. Absent while a rate or a "
        "balance is unknown."
    ),
    per="client",
    closed=(("capital", Capital),),
    limit=8,
    slow=True,
)
LOAN_PRINCIPAL: Final = Signal(
    name="fortuna.loan.principal",
    prometheus="fortuna_loan_principal",
    kind="gauge",
    unit="{asset}",
    attributes=attr.LOAN_SET,
    brief="Amount lent to the desk and not yet paid back; not equity.",
    per="loan",
    critical=True,
    slow=True,
)
LOAN_RATE: Final = Signal(
    name="fortuna.loan.rate",
    prometheus="fortuna_loan_rate_ratio",
    kind="gauge",
    unit="1",
    attributes=attr.LOAN_SET,
    brief="Interest of the loan, a share of the principal a year.",
    per="loan",
    slow=True,
)
LOAN_EXPIRY_TIMESTAMP: Final = Signal(
    name="fortuna.loan.expiry.timestamp",
    prometheus="fortuna_loan_expiry_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.LOAN_SET,
    brief="Unix time at which the loan ends.",
    per="loan",
    critical=True,
    slow=True,
)
LOAN_STRIKE: Final = Signal(
    name="fortuna.loan.strike",
    prometheus="fortuna_loan_strike",
    kind="gauge",
    unit="{currency}",
    attributes=(*attr.LOAN_SET, attr.CURRENCY),
    brief=(
        "Price at which the loan's option lets the desk buy the asset instead of paying back. "
        "Absent without an option."
    ),
    per="loan",
    limit=4,
    critical=True,
    slow=True,
)

ALL: Final[tuple[Signal, ...]] = (
    BALANCE,
    TRACKED,
    FLOW,
    UPDATED_TIMESTAMP,
    EXPOSURE_NET,
    EQUITY,
    LOAN_PRINCIPAL,
    LOAN_RATE,
    LOAN_EXPIRY_TIMESTAMP,
    LOAN_STRIKE,
)
"""Every signal of this section."""
