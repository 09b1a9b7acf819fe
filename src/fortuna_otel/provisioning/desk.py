"""The desk table: every obligation of the selection on one screen, worst first."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import alerts, flows, health, inventory, obligations, promql, style
from fortuna_otel.provisioning.panels import (
    OBLIGATION_KEYS,
    Column,
    cell,
    grid,
    list_of_alerts,
    select_obligation,
)
from fortuna_otel.provisioning.promql import CLIENT_MARKET, OBLIGATION

EMPTY = "no obligation in the selection"
RUNBOOKS = (
    *("SpreadTooWide", "DepthBelowMandate", "QuotesUnconfirmed", "InventoryDrift"),
    *("InventoryRunway", "Drawdown", "UptimeAtRisk", "FeedStale"),
)
# Worst first: column titles, and whether they descend.
SORT = (("state", False), ("alerts", True), ("spread", True))


def columns() -> tuple[Column, ...]:
    """List what each row says, from left to right after its names."""
    theirs = list_of_alerts(client="client", exchange="exchange", symbol="symbol")
    return (
        Column(
            "state",
            obligations.state(),
            cell(
                style.word_properties(obligations.STATES),
                style.coloured_cell(),
                style.fixed(style.CLEAR),
                style.width(88),
                theirs,
            ),
        ),
        _number(
            "alerts",
            firing(),
            style.unit("none", 0),
            (None, style.TEXT),
            (1, style.ASK),
            width=54,
            link=theirs,
        ),
        _number(
            "spread",
            obligations.spread_of_allowed(),
            style.unit("percentunit", 0),
            (None, style.TEXT),
            (0.9, style.WARN),
            # Exactly at the limit is kept.
            (1.000001, style.ASK),
            width=66,
        ),
        _number(
            "depth",
            obligations.coverage(),
            style.unit("percentunit", 0),
            (None, style.ASK),
            (0.8, style.WARN),
            (1, style.TEXT),
        ),
        _price("bid", signals.quotes.BID, "max", style.BID),
        _price("ask", signals.quotes.ASK, "min", style.ASK),
        _number(
            "exposure",
            inventory.exposure_by_obligation(),
            style.unit("percentunit", 0),
            (None, style.TEXT),
            (0.8, style.WARN),
            (1, style.ASK),
            width=82,
        ),
        _number(
            "runway",
            inventory.runway(),
            style.unit("suffix: x", 1),
            (None, style.ASK),
            (1, style.WARN),
            (1.5, style.TEXT),
            width=68,
        ),
        _number(
            "PnL",
            profit_today(),
            style.unit("short"),
            (None, style.ASK),
            (0, style.TEXT),
        ),
        _number(
            "loss",
            promql.of_selected_obligations(loss_of_limit(), on=("client",)),
            style.unit("percentunit", 0),
            (None, style.TEXT),
            (0.8, style.WARN),
            (1, style.ASK),
            width=54,
        ),
        _number(
            "budget",
            obligations.budget_left(),
            style.unit("s", 1),
            (None, style.ASK),
            (0, style.WARN),
            (1800, style.TEXT),
            width=70,
        ),
        _number(
            "feed age",
            promql.of_selected_obligations(health.feed_age_by_market()),
            style.unit("suffix: s", 1),
            (None, style.TEXT),
            (3, style.WARN),
            (5, style.ASK),
            width=82,
        ),
    )


def table() -> Any:
    """Build the table; a click on a row selects it."""
    panel = grid(
        "Desk · worst obligation first",
        "One row an obligation, over all accounts and tags of the client on that market; account "
        "and tag choose which rows are shown. **state**: unobserved (nobody judges it: service "
        "silent or quotes unconfirmed), no quotes, bid only, ask only (where both are promised), "
        "spread, depth or levels outside their term, kept, or unscheduled. **spread**: own merged "
        "spread ÷ widest allowed now. "
        "**depth**: resting ÷ required, worst band and side. **bid**, **ask**: own best live "
        "prices. **exposure**: distance of the base asset's net exposure from its target ÷ limit, "
        "over all venues. **runway**: smallest holding of the client at the exchange, in times of "
        "the float it needs there. **PnL**: today, since 00:00 UTC, of the obligation's capital, "
        "fees and revaluation included, in $reference. **loss**: what the client's books lost "
        "together, of its loss limit (day, week or month, whichever is nearest). **budget**: "
        "breach the uptime term still allows in its window. **feed age**: last frame on the "
        "engine's market-data connections. **alerts**: firing for this row, and pages of its "
        "services, its exchange, its market or its client. Click a client to select the row, a "
        "state or its alerts for the list of them; runbooks of what watches a row are behind the "
        "arrow in the corner. Empty cells: not reported. Empty: no obligation in the selection.",
        keys=OBLIGATION_KEYS,
        columns=columns(),
        order=("client", "exchange", "symbol", *(column.title for column in columns())),
        sort=SORT,
        key_properties={
            "client": cell(select_obligation(), style.width(88)),
            "symbol": cell(select_obligation(), style.width(100)),
            "exchange": cell(select_obligation(), style.width(84)),
        },
        empty=EMPTY,
    )
    # Links in every cell would underline every number.
    return alerts.watched(panel, *RUNBOOKS)


def firing() -> str:
    """Count the alerts of each obligation, and the pages of what it is a part of.

    That is its exchange, its market, its client, and the services that tell of its books.
    """
    counts = [
        promql.of_selected_obligations(_firing(CLIENT_MARKET, "page|ticket")),
        *(
            promql.of_selected_obligations(_firing(keys, "page"), keys)
            for keys in (("client", "venue"), ("client",), promql.MARKET, ("venue",))
        ),
        *(_of_services(keys) for keys in (("job", "venue"), ("job",))),
    ]
    # Apart until they are added up.
    apart = (
        f'label_replace({count}, "of", "{number}", "", "")' for number, count in enumerate(counts)
    )
    return promql.by("sum", OBLIGATION, " or ".join(apart))


def _firing(keys: promql.Keys, severity: str) -> str:
    """Count the alerts that name these labels of an obligation or of its service, and no other."""
    named = [str(one) for one in promql.OBLIGATIONS if one.label in keys]
    others = [f'{label}=""' for label in CLIENT_MARKET if label not in keys]
    service = 'job!=""' if "job" in keys else 'job=""'
    matchers = (*named, *others) if "client" in keys else (*named, *others, service)
    return promql.by("count", keys, alerts.firing(",".join(matchers), severity))


def _of_services(keys: promql.Keys) -> str:
    """Count the pages of services, at each obligation of whose books they told lately."""
    books = promql.select(signals.quotes.BOOK_INFO, promql.OBLIGATIONS)
    told = f"last_over_time({books}[{promql.MANDATE_WINDOW}])"
    services = promql.by("group", (*CLIENT_MARKET, "job"), told)
    count = f"{services} * on ({','.join(keys)}) group_left () {_firing(keys, 'page')}"
    return promql.of_selected_obligations(promql.by("sum", CLIENT_MARKET, count))


def profit_today() -> str:
    """Profit less loss of each obligation's own capital since midnight, in $reference."""
    of_capital = (*CLIENT_MARKET, "capital")
    each = promql.term(signals.mandates.INFO, (*OBLIGATION, "capital"), promql.OBLIGATIONS)
    profit = flows.profit(of_capital, flows.TODAY, promql.OBLIGATIONS)
    selected = promql.of_selected(each, CLIENT_MARKET)
    joined = f"{selected} * on ({','.join(of_capital)}) group_left () {profit}"
    return promql.by("sum", OBLIGATION, joined)


def loss_of_limit() -> str:
    """Loss of each client as a share of its limit, of the window that is nearest to it."""
    loss = promql.live(recorded.PNL_LOSS_OF_LIMIT_RATIO, ("client",), promql.CLIENTS)
    return f"clamp_min({loss}, 0)"


def _number(
    title: str,
    expr: str,
    unit: list[style.Property],
    *steps: style.Step,
    width: int = 60,
    link: style.Property | None = None,
) -> Column:
    """Build a column whose text takes the colour of how bad it is."""
    return Column(
        title,
        expr,
        cell(
            unit,
            style.coloured_text(),
            style.threshold_properties(*steps),
            style.width(width),
            [link] if link else [],
        ),
    )


def _price(title: str, signal: signals.Signal, aggregator: str, colour: str) -> Column:
    """Build the column of a best price over the accounts of an obligation."""
    best = promql.live(signal, CLIENT_MARKET, promql.OBLIGATIONS, aggregator=aggregator)
    return Column(
        title,
        promql.of_selected_obligations(best),
        cell(
            # The venue's own tick: no fixed decimals fit both BTC/USDT and ETH/BTC.
            style.unit("string"),
            style.fixed(colour),
            style.coloured_text(),
            style.width(94),
        ),
    )
