"""What do we hold, is it where it should be, and can we go on quoting?

Whole accounts: symbol and tag do not apply, a balance belongs to every book of its account.
"""

from __future__ import annotations

from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import promql, style
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


def balance(*states: str, keys: promql.Keys = BALANCE) -> str:
    """Balances of the selected accounts in the given states, summed to `keys`."""
    each = promql.live(signals.inventory.BALANCE, (*BALANCE, "state"), BALANCES, state=states)
    return promql.by("sum", keys, each)


def section() -> Section:
    """Build the section."""
    return Section(
        "Inventory",
        (
            Placed(_exposure(), 0, 0, 14, 9),
            Placed(_value(), 14, 0, 10, 9),
            Placed(_balances(), 0, 9, 24, 10),
            Placed(_usage(), 0, 19, 12, 8),
            Placed(_equity(), 12, 19, 12, 8),
        ),
    )


def _exposure() -> Any:
    tolerance = promql.term(signals.mandates.EXPOSURE_TOLERANCE, HOLDING, CLIENT_ASSETS)
    aimed = f"0 * {exposure()} + {_OF_CLIENT} {target()}"
    return grid(
        "Exposure by asset, all venues",
        "Spot, perpetuals, wallets and transfers less loans, over all venues, in units of the "
        "asset, apart for the client's and the desk's capital; **deviation** from the mandate's "
        "target (zero unless set), as a share of the **tolerance** (a ticket) and of the "
        "**limit** (a page); **value** of the net in $reference at the current rate. Client and "
        "asset apply, nothing else. Empty: no exposure is reported.",
        keys={"client": "client", "asset": "asset", "capital": "capital"},
        columns=(
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
        ),
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
            "capital": cell(style.width(70)),
        },
        empty="no exposure in the selection",
    )


def _balances() -> Any:
    total = balance(*HELD)
    least = promql.term(signals.mandates.FLOAT_MIN, BALANCE, BALANCES)
    net = f"({total} - ({balance('borrowed')} or 0 * {total}))"
    return grid(
        "Balances by account",
        "Each account as the venue last confirmed it, in units of the asset: **free**, **used** "
        "in open orders, **locked**, **in transit**, **borrowed** (a liability); **total** = free "
        "+ used + locked, **net** = total less borrowed; **float min**: what the account needs "
        "to go on quoting, **of float** = total ÷ that; **value** of the net in $reference at the "
        "current rate; **as of**: age of the confirmation." + WHOLE_ACCOUNT + " Empty: no account "
        "in the selection reports.",
        keys={"client": "client", "venue": "exchange", "account": "account", "asset": "asset"},
        columns=(
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
                    style.threshold_properties(
                        (None, style.ASK), (1, style.WARN), (1.5, style.TEXT)
                    ),
                    style.width(80),
                ),
            ),
            Column("value", promql.in_reference(net, "asset"), _worth()),
            Column("as of", _confirmed(total), _seconds_ago()),
        ),
        sort=(("value", True),),
        key_properties={
            "client": cell(
                selecting(client="client", exchange="exchange", account="account"),
                style.width(100),
            ),
        },
        empty="no account in the selection",
    )


def _confirmed(balances: str) -> str:
    """Give each balance the age of its account's confirmation."""
    confirmed = promql.age(signals.inventory.UPDATED_TIMESTAMP, promql.ACCOUNT, promql.ACCOUNTS)
    return f"0 * {balances} + on ({','.join(promql.ACCOUNT)}) group_left () {confirmed}"


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
        style.unit("locale"),
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
