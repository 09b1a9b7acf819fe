"""What lies in each account, and what it is worth.

Whole accounts: symbol and tag do not apply, a balance belongs to every book of its account.
"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.panels import Column, cell, grid, lines, ranged, selecting
from fortuna_otel.provisioning.promql import BALANCE, BALANCES

HELD = ("free", "used", "locked")
WHOLE_ACCOUNT = " Whole accounts: symbol and tag do not apply."


def balance(*states: str, keys: promql.Keys = BALANCE) -> str:
    """Balances of the selected accounts in the given states, summed to `keys`.

    A watcher's view of a balance before the engine's, as a whole: what one calls free another may
    call used.
    """
    shown = recorded.INVENTORY_BALANCE
    return promql.live(shown, keys, BALANCES, aggregator="sum", state=states)


def off_ledger() -> str:
    """What an account has that its engines' ledger does not know of; below 0, lacks.

    Rounded to 1e-8, the smallest part of a balance that venues tell: sums of floats differ by less.
    """
    difference = promql.live(recorded.INVENTORY_DIFFERENCE, BALANCE, BALANCES)
    # A negative zero would keep its sign on the board.
    return f"0 + round({difference}, 1e-8)"


def columns() -> tuple[Column, ...]:
    """List what is said of an asset in one account."""
    total = balance(*HELD)
    least = promql.term(signals.mandates.FLOAT_MIN, BALANCE, BALANCES)
    net = f"({total} - ({balance('borrowed')} or 0 * {total}))"
    uncollected = promql.live(signals.onchain.DEX_FEES_UNCOLLECTED, BALANCE, BALANCES)
    return (
        Column("free", balance("free"), cell(style.amount())),
        Column("used", balance("used"), cell(style.amount())),
        Column("locked", balance("locked"), cell(style.amount())),
        Column("in transit", balance("in_transit"), cell(style.amount())),
        Column("borrowed", balance("borrowed"), cell(style.amount())),
        Column("total", total, cell(style.amount())),
        Column("net", net, cell(style.amount())),
        Column("off ledger", off_ledger(), cell(style.amount())),
        Column("pool fees", uncollected, cell(style.amount())),
        Column("float min", least, cell(style.amount())),
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
        Column("value", promql.in_reference(net, "asset"), cell(style.worth())),
        Column("as of", _confirmed(total), cell(style.age(60, 120), style.width(70))),
    )


def table() -> Any:
    """Build the table of balances."""
    return grid(
        "Balances by account",
        "Each account as the venue last confirmed it, in units of the asset: **free**, **used** "
        "in open orders, **locked**, **in transit**, **borrowed** (a liability); **total** = free "
        "+ used + locked, **net** = total less borrowed; **off ledger**: total less what the "
        "engine's own ledger says it should be, a fill on its way included; **pool fees** earned "
        "and not yet collected, in no other column; **float min**: what the account needs to go "
        "on quoting, **of float** = total ÷ that; **value** of the net in $reference at the "
        "current rate; **as of**: age of the confirmation." + WHOLE_ACCOUNT + " Empty cells: not "
        "reported. Empty: no account in the selection reports.",
        keys={"client": "client", "venue": "exchange", "account": "account", "asset": "asset"},
        columns=columns(),
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


def value() -> Any:
    """Build what is held over time, by asset."""
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


def usage() -> Any:
    """Build how much of each asset is in orders over time."""
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


def split() -> Any:
    """Build what is free, used and locked over time."""
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
