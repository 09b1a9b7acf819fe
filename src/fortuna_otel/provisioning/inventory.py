"""What do we hold, is it where it should be, and can we go on quoting?

Whole accounts: symbol and tag do not apply, a balance belongs to every book of its account.
"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import balances, positions, promql, rates, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import (
    Column,
    Placed,
    Section,
    cell,
    grid,
    lines,
    ranged,
    selecting,
)
from fortuna_otel.provisioning.promql import (
    CLIENT_ASSETS,
    OBLIGATION,
)

HOLDING: promql.Keys = ("client", "asset")
CAPITAL_HOLDING: promql.Keys = (*HOLDING, "capital")
_OF_CLIENT = "on (client,asset) group_left ()"
EXPOSURE_RUNBOOKS = ("InventoryDrift", "HedgeUncovered", "HedgeLimit", "MarginLow")
BALANCE_RUNBOOKS = ("InventoryRunway", "BalancesUnconfirmed", "InventoryMismatch", "GasLow")


def exposure(scope: promql.Scope = CLIENT_ASSETS) -> str:
    """Net exposure over all venues, in units of the asset; apart for each capital."""
    return promql.live(signals.inventory.EXPOSURE_NET, CAPITAL_HOLDING, scope)


def target(scope: promql.Scope = CLIENT_ASSETS) -> str:
    """Exposure aimed at: zero where there is a limit and no target."""
    aimed = promql.term(signals.mandates.EXPOSURE_TARGET, HOLDING, scope)
    return f"({aimed} or 0 * {limit(scope)})"


def limit(scope: promql.Scope = CLIENT_ASSETS) -> str:
    """Distance from the target that pages."""
    return promql.term(signals.mandates.EXPOSURE_LIMIT, HOLDING, scope)


def deviation(scope: promql.Scope = CLIENT_ASSETS) -> str:
    """Net exposure less its target, in units of the asset."""
    return f"({exposure(scope)} - {_OF_CLIENT} {target(scope)})"


def of_limit(scope: promql.Scope = CLIENT_ASSETS) -> str:
    """Distance from the target as a share of the limit: too much and too little are as bad."""
    return f"abs({deviation(scope)}) / {_OF_CLIENT} ({limit(scope)} > 0)"


def delta() -> str:
    """Deviation of every asset in the reference currency, one number for each capital."""
    summed = promql.by("sum", ("asset", "capital"), deviation())
    return promql.by("sum", ("capital",), promql.in_reference(summed, "asset"))


def exposure_by_obligation() -> str:
    """Share of its limit that the base asset's deviation takes; the worse of both capitals."""
    keys = (*OBLIGATION, "base")
    each = promql.selected_obligations(keys)
    based = f'label_replace({each}, "asset", "$1", "base", "(.+)")'
    worst = promql.by("max", HOLDING, of_limit(promql.CLIENTS))
    return promql.by("max", OBLIGATION, f"{based} * on (client,asset) group_left () {worst}")


def runway() -> str:
    """Smallest holding of each obligation's client at its venue, in times of the float it needs.

    Below 1 an account cannot go on quoting one of its sides for long. Unknown without a float.
    """
    worst = promql.live(
        recorded.INVENTORY_RUNWAY_RATIO,
        ("client", "venue"),
        (*promql.CLIENTS, *promql.VENUES),
        aggregator="min",
    )
    return promql.of_selected_obligations(worst, ("client", "venue"))


def section() -> Section:
    """Build the section."""
    return Section(
        "Inventory",
        (
            Placed(watched(_exposure(), *EXPOSURE_RUNBOOKS), 0, 0, 14, 9),
            Placed(
                watched(balances.value(), "ReferenceRateStale", "StablecoinDepeg"), 14, 0, 10, 9
            ),
            Placed(watched(balances.table(), *BALANCE_RUNBOOKS), 0, 9, 24, 10),
            Placed(balances.usage(), 0, 19, 12, 8),
            Placed(balances.split(), 12, 19, 12, 8),
            Placed(watched(_loans(), "LoanExpiry"), 0, 27, 10, 8),
            Placed(_equity(), 10, 27, 7, 8),
            Placed(watched(_unexplained(), "PnLUnexplained"), 17, 27, 7, 8),
            Placed(watched(positions.table(), "HedgeLimit", "MarginLow"), 0, 35, 24, 8),
            Placed(positions.pools(), 0, 43, 14, 8),
            Placed(watched(rates.table(), "StablecoinDepeg", "ReferenceRateStale"), 14, 43, 10, 8),
        ),
    )


def exposure_columns() -> tuple[Column, ...]:
    """List what is said of a client's asset over all venues."""
    tolerance = promql.term(signals.mandates.EXPOSURE_TOLERANCE, HOLDING, CLIENT_ASSETS)
    aimed = f"0 * {exposure()} + {_OF_CLIENT} {target()}"
    return (
        Column("net", exposure(), cell(style.amount())),
        Column("target", aimed, cell(style.amount())),
        Column("deviation", deviation(), cell(style.amount())),
        Column(
            "of tolerance",
            f"abs({deviation()}) / {_OF_CLIENT} ({tolerance} > 0)",
            _against("no tolerance"),
        ),
        Column("of limit", of_limit(), _against("no limit")),
        Column("value", promql.in_reference(exposure(), "asset"), cell(style.worth())),
    )


def _exposure() -> Any:
    return grid(
        "Exposure by asset, all venues",
        "Spot, perpetuals, wallets and transfers less loans, over all venues, in units of the "
        "asset, apart for the client's and the desk's capital; **deviation** from the mandate's "
        "target (zero unless set), and its size as a share of the **tolerance** (a ticket) and of "
        "the **limit** (a page); **value** of the net in $reference at the current rate. Client "
        "and asset apply, nothing else. Empty: no exposure is reported.",
        keys={"client": "client", "asset": "asset", "capital": "capital"},
        columns=exposure_columns(),
        order=(
            "client",
            "asset",
            "capital",
            "net",
            "target",
            "deviation",
            "of tolerance",
            "of limit",
            "value",
        ),
        sort=(("of limit", True), ("value", True)),
        key_properties={
            "client": cell(selecting(client="client"), style.width(100)),
            "asset": cell(selecting(client="client", asset="asset")),
            "capital": cell(style.width(70)),
        },
        empty="no exposure in the selection",
    )


def _loans() -> Any:
    keys = ("client", "asset", "lender")
    principal = promql.term(signals.inventory.LOAN_PRINCIPAL, keys, CLIENT_ASSETS)
    expiry = promql.term(signals.inventory.LOAN_EXPIRY_TIMESTAMP, keys, CLIENT_ASSETS)
    return grid(
        "Loans",
        "What clients and lenders lent to trade with, in units of the asset: **principal**, yearly "
        "**rate**, **strike** of the option to keep it (in the quote of the agreement), **worth** "
        "in $reference at the current rate, and how long until it **ends**; below 0 it is overdue. "
        "Client and asset apply. Empty: no loan in the selection.",
        keys={"client": "client", "asset": "asset", "lender": "lender"},
        columns=(
            Column("principal", principal, cell(style.amount())),
            Column(
                "rate",
                promql.term(signals.inventory.LOAN_RATE, keys, CLIENT_ASSETS),
                cell(style.unit("percentunit", 2), style.width(80)),
            ),
            Column(
                "strike",
                promql.term(signals.inventory.LOAN_STRIKE, keys, CLIENT_ASSETS),
                cell(style.amount()),
            ),
            Column("worth", promql.in_reference(principal, "asset"), cell(style.worth())),
            Column(
                "ends in",
                f"{expiry} - time()",
                cell(style.remaining(2, 14)),
            ),
        ),
        sort=(("ends in", False),),
        key_properties={
            "client": cell(selecting(client="client"), style.width(100)),
            "asset": cell(selecting(client="client", asset="asset")),
        },
        empty="no loan in the selection",
    )


def _equity() -> Any:
    keys = ("client", "capital", "currency")
    equity = promql.live(signals.inventory.EQUITY, keys, promql.CLIENTS)
    return (
        lines(
            "Equity",
            "Equity of each client as its service reports it, in the currency it reports, apart "
            "for the client's and the desk's capital. Only the client applies. Empty: no service "
            "reports equity.",
            many=True,
        )
        .with_target(ranged(equity, "A", "{{client}} {{capital}} {{currency}}"))
        .unit("locale")
        .decimals(0)
    )


def _unexplained() -> Any:
    keys = ("client", "capital", "currency")
    unexplained = promql.live(recorded.PNL_UNEXPLAINED, keys, promql.CLIENTS)
    return (
        lines(
            "PnL unexplained",
            "Change of equity less deposits, withdrawals and attributed PnL since each ledger "
            "began, in the currency it is kept in, apart for the client's and the desk's capital. "
            "A step is a fill, fee or transfer that is missing in our books, or counted twice. "
            "Only the client applies. Empty: no service reports it.",
            many=True,
        )
        .with_target(ranged(unexplained, "A", "{{client}} {{capital}} {{currency}}"))
        .unit("locale")
        .decimals(0)
    )


def _against(empty: str) -> tuple[style.Property, ...]:
    return cell(
        style.unit("percentunit", 0),
        style.missing_property(empty),
        style.coloured_cell(),
        style.threshold_properties(
            (None, style.CLEAR), (0.8, style.WARN_MUTED), (1, style.ASK_MUTED)
        ),
        style.width(100),
    )
