"""The first screen: how the desk stands, which obligation is worst, and one market closely."""

from __future__ import annotations

from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import (
    alerts,
    desk,
    health,
    inventory,
    market,
    obligations,
    promql,
    style,
    trades,
)
from fortuna_otel.provisioning._grafana import common_models
from fortuna_otel.provisioning.panels import Placed, Section, instant, tile
from fortuna_otel.provisioning.promql import BOOKS


def section() -> Section:
    """Build the section: everything on it is seen without scrolling."""
    strip = (
        _pnl_today(),
        _net_delta(),
        _resting(),
        _out_of_terms(),
        _oldest_feed(),
        _venues_down(),
        _services(),
        _pages(),
    )
    return Section(
        "General",
        (
            *(Placed(panel, 3 * index, 0, 3, 3) for index, panel in enumerate(strip)),
            Placed(desk.table(), 0, 3, 15, 12),
            Placed(market.candles(), 0, 15, 15, 10),
            Placed(market.ticker(), 15, 3, 9, 3),
            Placed(market.ladder(), 15, 6, 9, 19),
        ),
        collapsed=False,
    )


def _pnl_today() -> Any:
    """Never summed over capital: a client's profit is not the desk's."""
    return (
        tile(
            "PnL today, $reference",
            "Profit less loss since 00:00 UTC of the selected books: spread earned, revaluation "
            "of what is held to the reference mid, fees; one number for each capital (the "
            "client's, the desk's), never added up, in $reference at the current rate. Empty: no "
            "book in the selection reports PnL, or its quote currency has no rate.",
            empty="not reported",
        )
        .with_target(instant(trades.profit_by_capital((), promql.TODAY), "A", "{{capital}}"))
        .unit("short")
        .color_mode(common_models.BigValueColorMode.VALUE)
        .thresholds(style.thresholds((None, style.ASK), (0, style.TEXT)))
    )


def _net_delta() -> Any:
    return (
        tile(
            "Net delta, $reference",
            "Net exposure less its target, over every asset with a limit and every venue, one "
            "number for each capital, in $reference at the current rate. Client and asset apply. "
            "Empty: no exposure with a limit in the selection.",
            empty="no limit set",
        )
        .with_target(instant(inventory.delta(), "A", "{{capital}}"))
        .unit("short")
        .thresholds(style.thresholds((None, style.CLEAR)))
    )


def _resting() -> Any:
    liquidity = promql.live(signals.quotes.LIQUIDITY, (*promql.BOOK, "quote", "side"), BOOKS)
    summed = promql.by("sum", ("quote", "side"), liquidity)
    return (
        tile(
            "Resting, $reference",
            "All own resting orders of the selected books as the venues acknowledged them, price "
            "times remaining, by side, in $reference. Empty: no book in the selection reports.",
            empty="no book",
        )
        .with_target(
            instant(
                promql.by("sum", ("side",), promql.in_reference(summed, "quote")),
                "A",
                "{{side}}",
            )
        )
        .unit("short")
        .color_mode(common_models.BigValueColorMode.VALUE)
        .override_by_name("bid", [style.fixed(style.BID)])
        .override_by_name("ask", [style.fixed(style.ASK)])
    )


def _out_of_terms() -> Any:
    return (
        tile(
            "Obligations not kept",
            "Scheduled obligations of the selection that do not meet their terms now: not "
            "observed, not quoting, one-sided, spread or depth outside. Beside it how many there "
            "are. Empty: no obligation in the selection.",
            empty="no obligation",
        )
        .with_target(instant(obligations.out_of_terms(), "A", "not kept"))
        .with_target(instant(f"count({obligations.expected()})", "B", "of"))
        .unit("none")
        .thresholds(style.thresholds((None, style.CLEAR), (1, style.BAD)))
        .override_by_name("of", style.threshold_properties((None, style.CLEAR)))
    )


def _oldest_feed() -> Any:
    return (
        tile(
            "Oldest feed",
            "Longest time since any frame arrived on a market-data connection of an engine with a "
            "selected book: judged for each process, the worst shown. Empty: no feed in the "
            "selection.",
            empty="no feed",
        )
        .with_target(instant(f"max({health.feed_age_by_market()})", "A", "age"))
        .unit("suffix: s")
        .decimals(1)
        .thresholds(style.thresholds((None, style.CLEAR), (3, style.WARN), (5, style.BAD)))
    )


def _venues_down() -> Any:
    # A status that was never taken has no series: not ok is every venue without ok = 1.
    reporting = promql.live(signals.market.VENUE_STATUS, ("venue",), promql.VENUES)
    well = promql.live(signals.market.VENUE_STATUS, ("venue",), promql.VENUES, status="ok")
    troubled = f"{reporting} unless on (venue) ({well} == 1)"
    return (
        tile(
            "Venues not ok",
            "Selected exchanges whose status is anything but ok, and how many report one. Only "
            "the exchange applies. Empty: no exchange reports a status.",
            empty="no status",
        )
        .with_target(instant(promql.count_of(troubled, reporting), "A", "not ok"))
        .with_target(instant(f"count({reporting})", "B", "of"))
        .unit("none")
        .thresholds(style.thresholds((None, style.CLEAR), (1, style.BAD)))
        .override_by_name("of", style.threshold_properties((None, style.CLEAR)))
    )


def _services() -> Any:
    return (
        tile(
            "Services silent",
            "Expected services of the selected clients with a loop that has not beaten for 5 s, "
            "or never has, and how many are expected. Only the client applies. Empty: the "
            "mandates expect none.",
            empty="none expected",
        )
        .with_target(
            instant(
                promql.count_of(health.silent_services(), health.expected_services()), "A", "silent"
            )
        )
        .with_target(instant(f"count({health.expected_services()})", "B", "of"))
        .unit("none")
        .thresholds(style.thresholds((None, style.CLEAR), (1, style.BAD)))
        .override_by_name("of", style.threshold_properties((None, style.CLEAR)))
    )


def _pages() -> Any:
    return (
        tile(
            "Firing pages",
            "Alerts that page now, for the selected clients or for nobody in particular. Zero is "
            "only shown while the Watchdog alert fires: without it the rules are not running.",
            empty="rules not running",
        )
        .with_target(
            instant(promql.count_of(alerts.pages(alerts.SELECTED), alerts.watchdog()), "A", "pages")
        )
        .unit("none")
        .thresholds(style.thresholds((None, style.CLEAR), (1, style.BAD)))
    )
