"""The first screen: how the desk stands, which obligation is worst, and one market closely."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import (
    alerts,
    desk,
    flows,
    health,
    inventory,
    market,
    obligations,
    promql,
    style,
    trades,
)
from fortuna_otel.provisioning._grafana import common_models
from fortuna_otel.provisioning.panels import (
    DESK_PANEL,
    EXPOSURE_PANEL,
    FEEDS_PANEL,
    LOOPS_PANEL,
    VENUES_PANEL,
    Column,
    Placed,
    Section,
    cell,
    closely,
    counted,
    grid,
    instant,
    list_of_alerts,
    select_obligation,
    tile,
)
from fortuna_otel.provisioning.promql import BOOKS, CLIENT_MARKET, OBLIGATIONS
from fortuna_otel.signals.enums import VenueStatus


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
            Placed(trades.today_by_component(), 9, 25, 5, 8),
            Placed(alerts.watched(_volume(), "SelfTrade"), 14, 25, 10, 8),
            # The last one: links point at its number (`panels.ALERTS_PANEL`).
            Placed(_firing(), 0, 25, 9, 8),
        ),
        collapsed=False,
    )


def resting() -> str:
    """Value of all own resting orders of the selected books, by side, in $reference."""
    liquidity = promql.live(signals.quotes.LIQUIDITY, (*promql.BOOK, "quote", "side"), BOOKS)
    summed = promql.by("sum", ("quote", "side"), liquidity)
    return promql.by("sum", ("side",), promql.in_reference(summed, "quote"))


def reporting_venues() -> str:
    """Selected exchanges that report a status."""
    return promql.live(signals.market.VENUE_STATUS, ("venue",), promql.VENUES)


def venues_not_ok() -> str:
    """Count the exchanges whose status is anything but ok: of several services, to any of them."""
    others = sorted(set(VenueStatus) - {VenueStatus.OK})
    told = promql.live(signals.market.VENUE_STATUS, ("venue",), promql.VENUES, status=others)
    return promql.count_of(f"{told} == 1", reporting_venues())


def services_silent() -> str:
    """Count the expected services of which a loop does not beat."""
    return promql.count_of(health.silent_services(), health.expected_services())


def volume_columns() -> tuple[Column, ...]:
    """List what was traded of each client's market, by us and by everybody."""
    quoted = (*CLIENT_MARKET, "quote")

    def own(window: str) -> str:
        each = promql.live(recorded.KPI_TRADED, quoted, OBLIGATIONS, window=window)
        return promql.by("sum", CLIENT_MARKET, promql.in_reference(each, "quote"))

    books = promql.selected_books(quoted)
    venue = promql.live(signals.market.VOLUME, promql.MARKET, promql.MARKETS)
    theirs = f"{books} * on ({','.join(promql.MARKET)}) group_left () {venue}"
    share = promql.live(recorded.KPI_VOLUME_SHARE_RATIO, CLIENT_MARKET, OBLIGATIONS)
    selves = promql.increase(signals.trades.SELF, CLIENT_MARKET, flows.TODAY, OBLIGATIONS)
    value = cell(style.unit("short"))
    return (
        Column("own today", promql.of_selected(own("day"), CLIENT_MARKET), value),
        Column("own 24 h", promql.of_selected(own("24h"), CLIENT_MARKET), value),
        Column(
            "venue 24 h",
            promql.by("sum", CLIENT_MARKET, promql.in_reference(theirs, "quote")),
            value,
        ),
        Column(
            "share",
            promql.of_selected(share, CLIENT_MARKET),
            cell(style.unit("percentunit", 2)),
        ),
        Column(
            "self",
            promql.of_selected(selves, CLIENT_MARKET),
            cell(
                style.unit("none", 0),
                style.coloured_text(),
                style.threshold_properties((None, style.TEXT), (0.5, style.ASK)),
                style.width(50),
            ),
        ),
    )


def firing_pages() -> str:
    """Count the alerts that page; no number while the rules are not running."""
    return promql.count_of(alerts.pages(alerts.SELECTED), alerts.watchdog())


def _pnl_today() -> Any:
    """Never summed over capital: a client's profit is not the desk's."""
    return (
        tile(
            "PnL today, $reference",
            "Profit less loss since 00:00 UTC of the selected books: spread earned, revaluation "
            "of what is held to the reference mid, fees; one number for each capital (the "
            "client's, the desk's), never added up, in $reference at the rate of each minute, as "
            "of the last whole one. Empty: no book in the selection reports PnL, or its quote "
            "currency had no rate for an hour." + alerts.in_words("Drawdown", "PnLUnexplained"),
            empty="not reported",
        )
        .with_target(instant(flows.profit(("capital",), flows.TODAY), "A", "{{capital}}"))
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
            "Empty: no exposure with a limit in the selection."
            + alerts.in_words("InventoryDrift", "HedgeUncovered", "ReferenceRateMissing"),
            empty="no limit set",
        )
        .with_target(instant(inventory.delta(), "A", "{{capital}}"))
        .override_by_regexp("/.*/", [closely("of which assets", EXPOSURE_PANEL)])
        .unit("short")
        .thresholds(style.thresholds((None, style.CLEAR)))
    )


def _resting() -> Any:
    return (
        tile(
            "Resting, $reference",
            "All own resting orders of the selected books as the venues acknowledged them, price "
            "times remaining, by side, in $reference. Empty: no book in the selection reports.",
            empty="no book",
        )
        .with_target(instant(resting(), "A", "{{side}}"))
        .unit("short")
        .color_mode(common_models.BigValueColorMode.VALUE)
        .override_by_name("bid", [style.fixed(style.BID)])
        .override_by_name("ask", [style.fixed(style.ASK)])
    )


def _out_of_terms() -> Any:
    return counted(
        tile(
            "Obligations not kept",
            "Scheduled obligations of the selection that do not meet their terms now: not "
            "observed, a promised side without quotes, spread, depth or levels outside. Beside it "
            "how many there are. Empty: no obligation in the selection."
            + alerts.in_words(
                "NotQuoting", "QuotesOneSided", "MandatesMissing", "MandatesRejected"
            ),
            empty="no obligation",
        ),
        "not kept",
        obligations.out_of_terms(),
        of=promql.selected_obligations(),
    ).override_by_name("not kept", [closely("which", DESK_PANEL)])


def _oldest_feed() -> Any:
    return (
        tile(
            "Oldest feed",
            "Longest time since any frame arrived on a market-data connection of an engine with a "
            "selected book: judged for each process, the worst shown. Empty: no feed in the "
            "selection." + alerts.in_words("FeedStale"),
            empty="no feed",
        )
        .with_target(instant(f"max({health.feed_age_by_market()})", "A", "age"))
        .override_by_name("age", [closely("which", FEEDS_PANEL)])
        .unit("suffix: s")
        .decimals(1)
        .thresholds(style.thresholds((None, style.CLEAR), (3, style.WARN), (5, style.BAD)))
    )


def _venues_down() -> Any:
    return counted(
        tile(
            "Venues not ok",
            "Selected exchanges whose status is anything but ok (of several services that ask, the "
            "worst), and of how many one is told. Only the exchange applies. Empty: no exchange "
            "reports a status." + alerts.in_words("VenueDown"),
            empty="no status",
        ),
        "not ok",
        venues_not_ok(),
        of=reporting_venues(),
    ).override_by_name("not ok", [closely("which", VENUES_PANEL)])


def _services() -> Any:
    return counted(
        tile(
            "Services silent",
            "Expected services of the selected clients with a loop that has not beaten for 5 s, "
            "or never has, and how many are expected. Only the client applies. Empty: the "
            "mandates expect none." + alerts.in_words("ServiceSilent", "ServiceMissing"),
            empty="none expected",
        ),
        "silent",
        services_silent(),
        of=health.expected_services(),
    ).override_by_name("silent", [closely("which", LOOPS_PANEL)])


def _volume() -> Any:
    return grid(
        "Daily volume, $reference",
        "Traded value by client and market, over all the client's accounts and tags there, in "
        "$reference at the current rate. **own today**: since 00:00 UTC. **own 24 h** and **venue "
        "24 h**: the same rolling window, the venue's as it reports it; **share**: own ÷ venue. "
        "**self**: fills today of which both sides were ours; none may be. "
        "Account and tag choose which rows are shown. Empty cells: not a day of data yet, or the "
        "venue reports no volume. Empty: no book in the selection.",
        keys={"client": "client", "venue": "exchange", "symbol": "symbol"},
        columns=volume_columns(),
        sort=(("own today", True), ("venue 24 h", True)),
        key_properties={"client": cell(select_obligation())},
        empty="no book in the selection",
    )


def _firing() -> Any:
    return alerts.table(
        "Firing alerts",
        "Pages and tickets that fire now, for the selected clients or for nobody in particular, "
        "whoever owns them: what the tile counts, and the tickets. Only the client applies. Click "
        "a client to select the market; **All**: every exchange, every symbol.",
        alerts.SELECTED,
        columns={"client": "client", "venue": "exchange", "symbol": "symbol"},
        empty="no alert fires",
    )


def _pages() -> Any:
    return (
        tile(
            "Firing pages",
            "Alerts that page now, for the selected clients or for nobody in particular; click for "
            "the list. One that is over leaves within 20 s. Zero is only shown while the Watchdog "
            "alert fires: without it the rules are not running.",
            empty="rules not running",
        )
        .with_target(instant(firing_pages(), "A", "pages"))
        .unit("none")
        .override_by_name("pages", [list_of_alerts()])
        .thresholds(style.thresholds((None, style.CLEAR), (1, style.BAD)))
    )
