"""Can the numbers be trusted? Feeds, heartbeats and services."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning._grafana import (
    common_models,
    dashboard,
    dashboard_models,
    statetimeline,
)
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import (
    Column,
    Placed,
    Section,
    cell,
    grid,
    head,
    lines,
    on_pipeline,
    ranged,
    selecting,
)
from fortuna_otel.provisioning.promql import CLIENT_MARKET, CLIENTS, OBLIGATIONS, PROCESS, VENUES

SILENT_AFTER = 5
VENUE_RUNBOOKS = ("VenueDown", "ClockSkewed", "RateLimitNear", "ApiKeyExpiry", "TransfersHalted")

SERVICE_STATES = {
    0: ("silent", style.BAD),
    1: ("stopped", style.GREY),
    2: ("stopping", style.WARN),
    3: ("starting", style.VIOLET),
    4: ("running", style.GOOD),
}


# The worst first: of several services that say something else, the worst is believed.
VENUE_STATES = {
    1: ("down", style.BAD),
    2: ("maintenance", style.TARGET_MUTED),
    3: ("cancel_only", style.WARN_MUTED),
    4: ("post_only", style.WARN_MUTED),
    5: ("ok", style.CLEAR),
}
MARKET_STATES = {
    1: ("halted", style.BAD),
    2: ("delisting", style.WARN_MUTED),
    3: ("trading", style.CLEAR),
}


def feed_age_by_market() -> str:
    """Age of the oldest connection of each engine that holds a book, by (client, venue, symbol).

    Judged for each process: a fresh watcher must not hide an engine on a dead feed. Of a service
    that was restarted as another instance the one before it is over; one that is gone and has no
    successor is judged for `MANDATE_WINDOW` more.
    """
    keys = (*PROCESS, "venue")
    age = promql.by(
        "max",
        keys,
        promql.age(signals.market.FEED_ALIVE_TIMESTAMP, (*keys, "stream"), VENUES),
    )
    held = promql.select(signals.quotes.BOOK_INFO, OBLIGATIONS)
    lately = f"last_over_time({held}[{promql.MANDATE_WINDOW}])"
    books = f"{held} or on (job,{','.join(promql.BOOK)}) {lately}"
    engines = promql.by("group", (*CLIENT_MARKET, *PROCESS), books)
    joined = f"{engines} * on ({','.join(keys)}) group_left () {age}"
    return promql.of_selected(promql.by("max", CLIENT_MARKET, joined), CLIENT_MARKET)


def expected_services() -> str:
    """Services that must be reporting for the selected clients, as 1."""
    return promql.term(signals.mandates.SERVICE, ("service",), CLIENTS)


def silent_services() -> str:
    """Expected services of which an expected loop does not beat, as 1."""
    expected = promql.term(signals.mandates.SERVICE, ("service", "loop"), CLIENTS)
    beating = f"{_named(loop_age(('job', 'loop')))} < {SILENT_AFTER}"
    return promql.by("group", ("service",), f"{expected} unless on (service,loop) ({beating})")


def loop_age(keys: promql.Keys) -> str:
    """Seconds since a loop last beat."""
    return promql.age(signals.health.HEARTBEAT_TIMESTAMP, keys)


def _named(expr: str) -> str:
    """Call a job by the name the mandates give it."""
    return f'label_replace({expr}, "service", "$1", "job", "(.+)")'


def section() -> Section:
    """Build the section."""
    return Section(
        "Feeds and services",
        (
            Placed(watched(_services(), "ServiceSilent", "ServiceMissing"), 0, 0, 12, 8),
            Placed(watched(_loops(), "ServiceSilent"), 12, 0, 12, 8),
            Placed(watched(_feeds(), "FeedStale", "FeedGaps"), 0, 8, 12, 10),
            Placed(watched(_ages(), "FeedStale", "ChainLagging"), 12, 8, 12, 10),
            Placed(watched(_venues(), *VENUE_RUNBOOKS), 0, 18, 12, 8),
            Placed(watched(_markets(), "MarketHalted", "Delisting", "BookInvalid"), 12, 18, 12, 8),
        ),
    )


def _services() -> Any:
    told = ((code, name) for code, (name, _) in SERVICE_STATES.items() if code)
    lanes = promql.coded(signals.health.SERVICE_STATE, "state", told, ("job",))
    known = promql.by(
        "max", ("job",), f"last_over_time({promql.select(signals.health.SERVICE_STATE)}[1h])"
    )
    beating = f"max by (job) ({loop_age(('job', 'loop'))}) < {SILENT_AFTER}"
    stopped = promql.live(signals.health.SERVICE_STATE, ("job",), state="stopped")
    alive = f"(({lanes}) and on (job) (({beating}) or ({stopped} == 1)))"
    return (
        head(
            statetimeline.Panel(),
            "Service states",
            "What each service says of itself; **silent**: at least one of its loops has not "
            "beaten for 5 s. Every service is shown: no variable applies. Empty: no service has "
            "reported within the hour.",
        )
        .with_target(ranged(f"{alive} or 0 * {known}", "A", "{{job}}"))
        .mappings([style.words(SERVICE_STATES)])
        # With colours by threshold the panel shows ranges instead of the mapped words.
        .color_scheme(
            dashboard.FieldColor().mode(dashboard_models.FieldColorModeId.PALETTE_CLASSIC)
        )
        .unit("none")
        .show_value(common_models.VisibilityMode.AUTO)
        .merge_values(True)
        .row_height(0.8)
        .fill_opacity(80)
        .per_page(200)
        .legend(style.no_legend())
    )


def _loops() -> Any:
    keys = ("job", "instance", "loop")
    return grid(
        "Heartbeats",
        "Age of the last turn of every loop that beat within the hour, set by the loop itself. "
        "Every process is shown: no variable applies. Empty: no service has beaten within the "
        "hour.",
        keys={"job": "service", "instance": "process", "loop": "loop"},
        columns=(Column("age", loop_age(keys), cell(style.age(3, 5, 1))),),
        sort=(("age", True),),
        key_properties={"service": cell(on_pipeline(service="service"))},
        empty="no heartbeat within the hour",
    )


def _feeds() -> Any:
    keys = ("job", "venue", "stream")
    window = "$__range"
    lag = promql.live(signals.market.FEED_LAG, keys, promql.MARKETS)
    return grid(
        "Feeds, by process",
        "Each market-data connection as each service sees it: **age** of the last frame of any "
        "kind; **lag**: worst receive time less venue time of the selected symbols; **gaps** and "
        "**reconnects** over the dashboard's range. The exchange applies. Empty: no feed reports.",
        keys={"job": "service", "venue": "exchange", "stream": "stream"},
        columns=(
            Column(
                "age",
                promql.age(signals.market.FEED_ALIVE_TIMESTAMP, keys, VENUES),
                cell(style.age(3, 5, 1)),
            ),
            Column(
                "lag",
                lag,
                cell(
                    style.unit("s", 2),
                    style.coloured_text(),
                    style.threshold_properties((None, style.TEXT), (2, style.ASK)),
                ),
            ),
            Column(
                "gaps",
                promql.increase(signals.market.FEED_GAPS, keys, window, VENUES),
                _count(),
            ),
            Column(
                "reconnects",
                promql.increase(signals.market.FEED_RECONNECTS, keys, window, VENUES),
                _count(),
            ),
        ),
        sort=(("age", True),),
        key_properties={
            "service": cell(on_pipeline(service="service"), style.width(170)),
            "exchange": cell(selecting(exchange="exchange")),
        },
        empty="no feed in the selection",
    )


def _ages() -> Any:
    keys = ("job", "venue", "stream")
    age = promql.age(signals.market.FEED_ALIVE_TIMESTAMP, keys, VENUES)
    return (
        lines(
            "Age of feeds",
            "Time since the last frame on each market-data connection, by service. The exchange "
            "applies. A line that climbs is a feed that hangs. Empty: no feed reports.",
            many=True,
        )
        .with_target(ranged(age, "A", "{{job}} {{venue}} {{stream}}"))
        .unit("s")
        .min(0)
    )


def _venues() -> Any:
    keys = ("venue",)
    told = ((code, name) for code, (name, _) in VENUE_STATES.items())
    offset = promql.by(
        "max", keys, f"abs({promql.select(signals.market.VENUE_CLOCK_OFFSET, VENUES)})"
    )
    used = promql.live(signals.market.RATELIMIT_USED, keys, VENUES)
    closed = promql.live(
        recorded.ASSET_CLOSED_TIMESTAMP_SECONDS, ("venue", "asset"), VENUES, aggregator="group"
    )
    return grid(
        "Exchanges",
        "What each exchange says of itself (of several services that ask, the worst), how far its "
        "**clock** is from ours at the farthest service, the largest share of any **limit** on "
        "requests or orders that is used, **no transfers**: how many of our assets it takes no "
        "deposits or pays no withdrawals of, when the first API **key** **ends**, and on a chain "
        "the age of the newest **block** that the service farthest behind knows. The exchange "
        "applies. Empty cells: not reported, or none. Empty: no exchange reports.",
        keys={"venue": "exchange"},
        columns=(
            Column(
                "status",
                promql.coded(signals.market.VENUE_STATUS, "status", told, keys, VENUES),
                cell(
                    style.word_properties(VENUE_STATES),
                    style.coloured_cell(),
                    style.fixed(style.CLEAR),
                ),
            ),
            Column(
                "clock",
                offset,
                cell(
                    style.unit("s", 2),
                    style.coloured_text(),
                    style.threshold_properties(
                        (None, style.TEXT), (0.5, style.WARN), (1, style.ASK)
                    ),
                ),
            ),
            Column(
                "limit used",
                used,
                cell(
                    style.unit("percentunit", 0),
                    style.coloured_text(),
                    style.threshold_properties(
                        (None, style.TEXT), (0.8, style.WARN), (0.95, style.ASK)
                    ),
                ),
            ),
            Column(
                "no transfers",
                promql.by("count", keys, closed),
                cell(style.unit("none", 0), style.coloured_text(), style.fixed(style.WARN)),
            ),
            Column("key ends in", _key_left(), cell(style.remaining(2, 14))),
            Column("block", _block_age(), cell(style.age(30, 60, 1))),
        ),
        sort=(("status", False), ("limit used", True)),
        key_properties={"exchange": cell(selecting(exchange="exchange"))},
        empty="no exchange reports",
    )


def _key_left() -> str:
    left = recorded.ACCOUNT_KEY_LEFT_SECONDS
    return promql.live(left, ("venue",), VENUES, aggregator="min")


def _block_age() -> str:
    return promql.live(recorded.PROCESS_CHAIN_AGE_SECONDS, ("venue",), VENUES)


def _markets() -> Any:
    told = ((code, name) for code, (name, _) in MARKET_STATES.items())
    keys = ("venue", "symbol")
    status = promql.coded(signals.market.STATUS, "status", told, keys, promql.MARKETS)
    received = promql.age(signals.market.RECEIVED_TIMESTAMP, keys, promql.MARKETS)
    return grid(
        "Markets",
        "Whether each selected market trades, by what the exchange says (of several services that "
        "hear it, the worst), and how long ago its last message came; a thin market may say "
        "nothing for a while. Exchange and symbol apply, nothing else. Empty: no service reports a "
        "market of the selection.",
        keys={"venue": "exchange", "symbol": "symbol"},
        columns=(
            Column(
                "status",
                status,
                cell(
                    style.word_properties(MARKET_STATES),
                    style.coloured_cell(),
                    style.fixed(style.CLEAR),
                ),
            ),
            Column("last message", received, cell(style.unit("suffix: s", 1))),
        ),
        sort=(("status", False), ("last message", True)),
        key_properties={
            "exchange": cell(selecting(exchange="exchange")),
            "symbol": cell(selecting(exchange="exchange", symbol="symbol")),
        },
        empty="no market in the selection",
    )


def _count() -> tuple[style.Property, ...]:
    return cell(style.unit("none", 0))
