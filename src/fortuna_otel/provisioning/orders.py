"""What are we posting, and is it alive? The live ladder itself is on the first screen."""

from __future__ import annotations

from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import (
    BAR,
    BOOK_KEYS,
    Column,
    Placed,
    Section,
    bars,
    cell,
    grid,
    lines,
    ranged,
    select_book,
)
from fortuna_otel.provisioning.promql import ACCOUNTS, BOOK, BOOKS, INTERVAL, STEP

# A switch belongs to an account at its venue, whosever that is.
DEADMEN = tuple(one for one in ACCOUNTS if one.label != "client")
# The worst first: of two engines that say something else of a book, the worse is believed.
BOOK_STATES = {
    1: ("halted", style.BAD),
    2: ("pulled_risk", style.WARN_MUTED),
    3: ("one_sided_limit", style.WARN_MUTED),
    4: ("paused", style.TARGET_MUTED),
    5: ("maintenance", style.TARGET_MUTED),
    6: ("stopping", style.TARGET_MUTED),
    7: ("starting", style.TARGET_MUTED),
    8: ("quoting", style.CLEAR),
}
BOOK_RUNBOOKS = (
    *("QuotesUnconfirmed", "OrdersUnconfirmed", "OrderOutcomeUnknown", "GhostOrders"),
    *("DeadManDisarmed", "KillSwitchFired", "SourcesDisagree"),
)
MIRRORED = {"bid": (style.BID, ""), "ask": (style.ASK, "-")}


def section() -> Section:
    """Build the section."""
    return Section(
        "Orders",
        (
            Placed(_open(), 0, 0, 12, 8),
            Placed(_liquidity(), 12, 0, 12, 8),
            Placed(watched(_books(), *BOOK_RUNBOOKS), 0, 8, 24, 10),
            Placed(watched(_latency(), "OrderLatencyHigh"), 0, 18, 8, 8),
            Placed(_lifecycle(), 8, 18, 8, 8),
            Placed(watched(_rejects(), "OrderRejects", "OrderOutcomeUnknown"), 16, 18, 8, 8),
        ),
    )


def _mirror(title: str, description: str) -> Any:
    """Bids above zero, asks below: what is missing on one side is seen at once."""
    return (
        lines(title, description)
        .fill_opacity(15)
        .axis_centered_zero(True)
        .override_by_name("bid", [style.fixed(style.BID)])
        .override_by_name("ask", [style.fixed(style.ASK)])
    )


def _open() -> Any:
    panel = _mirror(
        "Open orders",
        "Live orders of the selected books as the venues confirmed them: bids above zero, asks "
        "below. Empty: no selected book reports its orders.",
    )
    for ref, (side, (_, sign)) in zip("AB", MIRRORED.items(), strict=True):
        each = promql.live(signals.orders.OPEN, (*BOOK, "side"), BOOKS, side=side)
        panel.with_target(ranged(f"{sign}sum({each})", ref, side))
    return panel.unit("none").decimals(0)


def _liquidity() -> Any:
    panel = _mirror(
        "Own liquidity, $reference",
        "All own resting orders of the selected books, price times remaining, in $reference at the "
        "rate of the moment: bids above zero, asks below. Empty: no selected book reports, or its "
        "quote currency has no rate.",
    )
    for ref, (side, (_, sign)) in zip("AB", MIRRORED.items(), strict=True):
        each = promql.live(signals.quotes.LIQUIDITY, (*BOOK, "quote"), BOOKS, side=side)
        worth = promql.in_reference(promql.by("sum", ("quote",), each), "quote")
        panel.with_target(ranged(f"{sign}sum({worth})", ref, side))
    return panel.unit("short")


def _books() -> Any:
    side_orders = {
        side: promql.live(signals.orders.OPEN, BOOK, BOOKS, side=side) for side in MIRRORED
    }
    oldest = promql.live(signals.orders.OLDEST_TIMESTAMP, BOOK, BOOKS, aggregator="min")
    unresolved = promql.live(signals.orders.UNRESOLVED, BOOK, BOOKS)
    placed, cancelled, filled = (
        f"{promql.increase(signal, BOOK, INTERVAL, BOOKS)}"
        for signal in (signals.orders.ACKNOWLEDGED, signals.orders.CANCELLED, signals.orders.FILLED)
    )
    count = cell(style.unit("none", 0), style.width(78))
    alarm = cell(
        style.unit("none", 0),
        style.coloured_text(),
        style.threshold_properties((None, style.TEXT), (1, style.ASK)),
        style.width(95),
    )
    return grid(
        "Books",
        "One row a selected book. **state**: what its engine says that it does; **bids**, "
        "**asks**: open orders; **oldest**: age of the oldest; **quotes as of**, **orders as of**: "
        "age of the venue's last confirmation, unchanged or not; **unresolved**: orders whose "
        "answer never came and that no later view has settled; **ghosts**: orders that the venue "
        "shows and no engine knows; **dead man**: whether the venue cancels the account's orders "
        "when we fall silent; **placed**, **cancelled**, **filled** over $interval. Empty cells: "
        "not reported, such as the oldest order of a book without orders. Click a client to "
        "select the row.",
        keys=BOOK_KEYS,
        columns=(
            Column("state", _says(), _word()),
            Column("bids", side_orders["bid"], _side_count("bid")),
            Column("asks", side_orders["ask"], _side_count("ask")),
            Column("oldest", f"time() - {oldest}", cell(style.unit("s", 0), style.width(65))),
            Column(
                "quotes as of",
                promql.confirmed(signals.quotes.UPDATED_TIMESTAMP),
                cell(style.age(5, 10, 1), style.width(105)),
            ),
            Column(
                "orders as of",
                promql.confirmed(signals.orders.UPDATED_TIMESTAMP),
                cell(style.age(15, 30, 1), style.width(105)),
            ),
            Column("unresolved", unresolved, alarm),
            Column(
                "ghosts",
                promql.live(signals.orders.GHOST, BOOK, BOOKS),
                alarm,
            ),
            Column("dead man", _deadman(), _armed()),
            Column("placed", placed, count),
            Column("cancelled", cancelled, count),
            Column("filled", filled, count),
        ),
        sort=(("quotes as of", True),),
        key_properties={"client": cell(select_book())},
        empty="no book in the selection",
    )


def _says() -> str:
    """What the engine of each book says that it does, as a code of `BOOK_STATES`."""
    told = ((code, name) for code, (name, _) in BOOK_STATES.items())
    return promql.coded(signals.quotes.BOOK_STATE, "state", told, BOOK, BOOKS)


def _word() -> tuple[style.Property, ...]:
    return cell(
        style.word_properties(BOOK_STATES),
        style.coloured_cell(),
        style.fixed(style.CLEAR),
        style.width(110),
    )


def _deadman() -> str:
    """Whether the account of each book is protected by its venue's dead-man switch."""
    armed = promql.live(
        signals.orders.DEADMAN_ARMED, ("venue", "account"), DEADMEN, aggregator="min"
    )
    return f"{promql.selected_books(BOOK)} * on (venue,account) group_left () {armed}"


def _armed() -> tuple[style.Property, ...]:
    return cell(
        style.word_properties({0: ("not armed", style.ASK), 1: ("armed", style.TEXT)}),
        style.coloured_text(),
        style.width(85),
    )


def _side_count(side: str) -> tuple[style.Property, ...]:
    return cell(
        style.unit("none", 0),
        style.fixed(MIRRORED[side][0]),
        style.coloured_text(),
        style.width(55),
    )


def _latency() -> Any:
    panel = lines(
        "Time to acknowledge and to cancel",
        "Median and 99th percentile of the time on the wire by exchange, all selected accounts "
        "there together: client, exchange and account apply. Estimated from buckets, so it is as "
        "exact as they are wide." + BAR + " Empty: no order was placed or cancelled.",
    )
    measured = {"ack": signals.orders.ACK_DURATION, "cancel": signals.orders.CANCEL_DURATION}
    refs = iter("ABCD")
    for name, signal in measured.items():
        for share in (0.5, 0.99):
            expr = promql.quantile(signal, share, ("venue",), STEP, ACCOUNTS)
            panel.with_target(ranged(expr, next(refs), f"{{{{venue}}}} {name} p{share * 100:g}"))
    return panel.unit("s").min(0).interval("$interval")


def _lifecycle() -> Any:
    panel = bars(
        "Orders acknowledged, cancelled, filled",
        "Orders of the selected books by what became of them." + BAR + " Empty: no selected book "
        "reports orders.",
    )
    counted = {
        "acknowledged": (signals.orders.ACKNOWLEDGED, style.TARGET),
        "cancelled": (signals.orders.CANCELLED, style.GREY),
        "filled": (signals.orders.FILLED, style.GOOD),
    }
    for ref, (name, (signal, colour)) in zip("ABC", counted.items(), strict=True):
        total = f"sum({promql.increase(signal, BOOK, STEP, BOOKS)})"
        panel.with_target(ranged(total, ref, name)).override_by_name(name, [style.fixed(colour)])
    return panel.unit("none").decimals(0).min(0)


def _rejects() -> Any:
    keys = ("venue", "action", "reason")
    refused = promql.increase(signals.orders.REJECTED, keys, STEP, ACCOUNTS)
    unknown = promql.increase(signals.orders.UNKNOWN, keys, STEP, ACCOUNTS)
    return (
        bars(
            "Rejects and unknown outcomes",
            "Refused order actions by exchange and reason, and those whose answer never came (the "
            "order may be live). Client, exchange and account apply."
            + BAR
            + " Empty: none happened.",
        )
        .with_target(ranged(f"{refused} > 0", "A", "{{venue}} {{action}} {{reason}}"))
        .with_target(
            ranged(f"{unknown} > 0", "B", "{{venue}} {{action}} {{reason}}, outcome unknown")
        )
        .unit("none")
        .decimals(0)
    )
