"""What do we hold, is it where it should be, and can we go on quoting?

Whole accounts: symbol and tag do not apply, a balance belongs to every book of its account.
"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import positions, promql, rates, style
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
    BALANCE,
    BALANCES,
    CLIENT_ASSETS,
    CLIENT_MARKET,
    OBLIGATION,
    OBLIGATIONS,
)

HOLDING: promql.Keys = ("client", "asset")
CAPITAL_HOLDING: promql.Keys = (*HOLDING, "capital")
_OF_CLIENT = "on (client,asset) group_left ()"
WHOLE_ACCOUNT = " Whole accounts: symbol and tag do not apply."
HELD = ("free", "used", "locked")
DAY = 86_400
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
    """Deviation as a signed share of the limit."""
    return f"{deviation(scope)} / {_OF_CLIENT} ({limit(scope)} > 0)"


def delta() -> str:
    """Deviation of every asset in the reference currency, one number for each capital."""
    summed = promql.by("sum", ("asset", "capital"), deviation())
    return promql.by("sum", ("capital",), promql.in_reference(summed, "asset"))


def exposure_by_obligation() -> str:
    """Share of its limit that the base asset's deviation takes; the worse of both capitals."""
    keys = (*OBLIGATION, "base")
    each = promql.of_selected(promql.term(signals.mandates.INFO, keys, OBLIGATIONS), CLIENT_MARKET)
    based = f'label_replace({promql.by("group", keys, each)}, "asset", "$1", "base", "(.+)")'
    worst = promql.by("max", HOLDING, f"abs({of_limit(promql.CLIENTS)})")
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
    each = promql.of_selected(
        promql.term(signals.mandates.INFO, OBLIGATION, OBLIGATIONS), CLIENT_MARKET
    )
    return f"{promql.by('group', OBLIGATION, each)} * on (client,venue) group_left () {worst}"


def balance(*states: str, keys: promql.Keys = BALANCE) -> str:
    """Balances of the selected accounts in the given states, summed to `keys`.

    A watcher's view of a balance before the engine's, as a whole: what one calls free another may
    call used.
    """
    of_state = (*BALANCE, "state")
    watchers = (*BALANCES, *promql.BY_WATCHERS)
    engines = (*BALANCES, *promql.BY_ENGINES)
    watched = promql.live(signals.inventory.BALANCE, of_state, watchers, state=states)
    told = promql.select(signals.inventory.BALANCE, engines, state=states)
    seen = promql.select(signals.inventory.BALANCE, watchers)
    own = promql.by("max", of_state, f"{told} unless on ({','.join(BALANCE)}) {seen}")
    return promql.by("sum", keys, f"{watched} or {own}")


def section() -> Section:
    """Build the section."""
    return Section(
        "Inventory",
        (
            Placed(watched(_exposure(), *EXPOSURE_RUNBOOKS), 0, 0, 14, 9),
            Placed(watched(_value(), "ReferenceRateStale", "StablecoinDepeg"), 14, 0, 10, 9),
            Placed(watched(_balances(), *BALANCE_RUNBOOKS), 0, 9, 24, 10),
            Placed(_usage(), 0, 19, 12, 8),
            Placed(_split(), 12, 19, 12, 8),
            Placed(watched(_loans(), "LoanExpiry"), 0, 27, 12, 8),
            Placed(_equity(), 12, 27, 12, 8),
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
        Column("net", exposure(), _amount()),
        Column("target", aimed, _amount()),
        Column("deviation", deviation(), _amount()),
        Column(
            "of tolerance",
            f"{deviation()} / {_OF_CLIENT} ({tolerance} > 0)",
            _against("no tolerance"),
        ),
        Column("of limit", of_limit(), _against("no limit")),
        Column("value", promql.in_reference(exposure(), "asset"), _worth()),
    )


def _exposure() -> Any:
    return grid(
        "Exposure by asset, all venues",
        "Spot, perpetuals, wallets and transfers less loans, over all venues, in units of the "
        "asset, apart for the client's and the desk's capital; **deviation** from the mandate's "
        "target (zero unless set), as a share of the **tolerance** (a ticket) and of the "
        "**limit** (a page); **value** of the net in $reference at the current rate. Client and "
        "asset apply, nothing else. Empty: no exposure is reported.",
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


def balance_columns() -> tuple[Column, ...]:
    """List what is said of an asset in one account."""
    total = balance(*HELD)
    least = promql.term(signals.mandates.FLOAT_MIN, BALANCE, BALANCES)
    net = f"({total} - ({balance('borrowed')} or 0 * {total}))"
    return (
        Column("free", balance("free"), _amount()),
        Column("used", balance("used"), _amount()),
        Column("locked", balance("locked"), _amount()),
        Column("in transit", balance("in_transit"), _amount()),
        Column("borrowed", balance("borrowed"), _amount()),
        Column("total", total, _amount()),
        Column("net", net, _amount()),
        Column("float min", least, _amount()),
        Column(
            "of float",
            f"{total} / ({least} > 0)",
            cell(
                style.unit("percentunit", 0),
                style.missing_property("no float"),
                style.coloured_text(),
                style.threshold_properties((None, style.ASK), (1, style.WARN), (1.5, style.TEXT)),
                style.width(80),
            ),
        ),
        Column("value", promql.in_reference(net, "asset"), _worth()),
        Column("as of", _confirmed(total), _seconds_ago()),
    )


def _balances() -> Any:
    return grid(
        "Balances by account",
        "Each account as the venue last confirmed it, in units of the asset: **free**, **used** "
        "in open orders, **locked**, **in transit**, **borrowed** (a liability); **total** = free "
        "+ used + locked, **net** = total less borrowed; **float min**: what the account needs "
        "to go on quoting, **of float** = total ÷ that; **value** of the net in $reference at the "
        "current rate; **as of**: age of the confirmation." + WHOLE_ACCOUNT + " Empty: no account "
        "in the selection reports.",
        keys={"client": "client", "venue": "exchange", "account": "account", "asset": "asset"},
        columns=balance_columns(),
        sort=(("value", True),),
        key_properties={
            "client": cell(
                selecting(client="client", exchange="exchange", account="account"),
                style.width(100),
            ),
            "asset": cell(
                selecting(client="client", exchange="exchange", account="account", asset="asset")
            ),
        },
        empty="no account in the selection",
    )


def _confirmed(balances: str) -> str:
    """Give each balance the age of its account's confirmation, by whoever tells the balance."""
    watchers = (*BALANCES, *promql.BY_WATCHERS)
    watched = promql.live(signals.inventory.BALANCE, BALANCE, watchers, aggregator="group")

    def since(told: str, by_whom: promql.Scope) -> str:
        scope = (*promql.ACCOUNTS, *by_whom)
        age = promql.age(signals.inventory.UPDATED_TIMESTAMP, promql.ACCOUNT, scope)
        return f"0 * {told} + on ({','.join(promql.ACCOUNT)}) group_left () {age}"

    return f"({since(watched, promql.BY_WATCHERS)} or {since(balances, promql.BY_ENGINES)})"


def _value() -> Any:
    panel = lines(
        "Value held, $reference",
        "Free, used and locked balances of the selected accounts by asset, in $reference at the "
        "rate of the moment." + WHOLE_ACCOUNT + " Empty: no account in the selection reports, or "
        "its assets have no rate.",
        many=True,
    )
    worth = promql.in_reference(balance(*HELD, keys=("asset",)), "asset")
    return (
        panel.with_target(ranged(worth, "A", "{{asset}}"))
        .unit("short")
        .min(0)
        .stacking(style.stacked())
        .fill_opacity(30)
    )


def _usage() -> Any:
    held = balance(*HELD, keys=("asset",))
    return (
        lines(
            "Used in orders, share of the holding",
            "Used ÷ (free + used + locked) of the selected accounts by asset: what rests in open "
            "orders. Near 100 % there is nothing left to quote with."
            + WHOLE_ACCOUNT
            + " Empty: no account in the selection reports.",
            many=True,
        )
        .with_target(ranged(f"{balance('used', keys=('asset',))} / ({held} > 0)", "A", "{{asset}}"))
        .unit("percentunit")
        .min(0)
        .max(1)
    )


def _split() -> Any:
    panel = lines(
        "Free and used, $reference",
        "Balances of the selected accounts over all assets, in $reference at the rate of the "
        "moment: **free**, **used** in open orders, **locked**."
        + WHOLE_ACCOUNT
        + " Empty: no account in the selection reports, or its assets have no rate.",
    )
    for ref, state in zip("ABC", HELD, strict=True):
        worth = promql.in_reference(balance(state, keys=("asset",)), "asset")
        panel.with_target(ranged(f"sum({worth})", ref, state))
    return panel.unit("short").min(0).stacking(style.stacked()).fill_opacity(30)


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
            Column("principal", principal, _amount()),
            Column(
                "rate",
                promql.term(signals.inventory.LOAN_RATE, keys, CLIENT_ASSETS),
                cell(style.unit("percentunit", 2), style.width(80)),
            ),
            Column(
                "strike", promql.term(signals.inventory.LOAN_STRIKE, keys, CLIENT_ASSETS), _amount()
            ),
            Column("worth", promql.in_reference(principal, "asset"), _worth()),
            Column(
                "ends in",
                f"{expiry} - time()",
                cell(
                    style.unit("s", 1),
                    style.coloured_text(),
                    style.threshold_properties(
                        (None, style.ASK), (2 * DAY, style.WARN), (14 * DAY, style.TEXT)
                    ),
                    style.width(100),
                ),
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


def _amount() -> tuple[style.Property, ...]:
    return cell(style.unit("locale"), style.aligned("right"))


def _worth() -> tuple[style.Property, ...]:
    return cell(
        style.unit("locale", 2),
        style.fixed(style.TARGET),
        style.coloured_text(),
        style.aligned("right"),
        style.width(130),
    )


def _against(empty: str) -> tuple[style.Property, ...]:
    return cell(
        style.unit("percentunit", 0),
        style.missing_property(empty),
        style.coloured_cell(),
        style.threshold_properties(
            (None, style.ASK_MUTED),
            (-1, style.WARN_MUTED),
            (-0.8, style.CLEAR),
            (0.8, style.WARN_MUTED),
            (1, style.ASK_MUTED),
        ),
        style.width(100),
    )


def _seconds_ago() -> tuple[style.Property, ...]:
    return cell(
        style.unit("suffix: s", 0),
        style.coloured_text(),
        style.threshold_properties((None, style.TEXT), (60, style.WARN), (120, style.ASK)),
        style.width(70),
    )
