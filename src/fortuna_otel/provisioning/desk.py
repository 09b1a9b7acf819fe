"""The desk table: every obligation of the selection on one screen, worst first."""

from __future__ import annotations

from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import alerts, health, inventory, obligations, promql, style, trades
from fortuna_otel.provisioning.panels import Column, cell, grid, select_obligation
from fortuna_otel.provisioning.promql import CLIENT_MARKET, OBLIGATION


def table() -> Any:
    """Build the table; a click on a row selects it."""
    selected = ",".join(map(str, promql.OBLIGATIONS))
    firing = promql.by(
        "count", CLIENT_MARKET, f"{alerts.pages(selected)} or {alerts.tickets(selected)}"
    )
    columns = (
        Column(
            "state",
            obligations.state(),
            cell(
                style.word_properties(obligations.STATES),
                style.coloured_cell(),
                style.fixed(style.CLEAR),
                style.width(72),
            ),
        ),
        _number(
            "alerts",
            _row(firing),
            style.unit("none", 0),
            (None, style.TEXT),
            (1, style.ASK),
            width=50,
        ),
        _number(
            "spread",
            promql.of_selected(
                f"{obligations.spread()} / {obligations.spread_max()}", CLIENT_MARKET
            ),
            style.unit("percentunit", 0),
            (None, style.TEXT),
            (0.9, style.WARN),
            # Exactly at the limit is kept.
            (1.000001, style.ASK),
        ),
        _number(
            "depth",
            promql.of_selected(obligations.coverage(), CLIENT_MARKET),
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
            width=74,
        ),
        _number(
            "PnL",
            _row(trades.profit(CLIENT_MARKET, promql.TODAY, promql.OBLIGATIONS)),
            style.unit("short"),
            (None, style.ASK),
            (0, style.TEXT),
        ),
        _number(
            "budget",
            promql.of_selected(obligations.budget_left(), CLIENT_MARKET),
            style.unit("s", 1),
            (None, style.ASK),
            (0, style.WARN),
            (1800, style.TEXT),
            width=70,
        ),
        _number(
            "feed age",
            _row(health.feed_age_by_market()),
            style.unit("suffix: s", 1),
            (None, style.TEXT),
            (3, style.WARN),
            (5, style.ASK),
            width=68,
        ),
    )
    return grid(
        "Desk · worst obligation first",
        "One row an obligation, over all accounts and tags of the client on that market; account "
        "and tag choose which rows are shown. **state**: unobserved (nobody judges it: service "
        "silent or quotes unconfirmed), no quotes, bid only, ask only, spread or depth outside "
        "its term, kept, or unscheduled. **spread**: own merged spread ÷ widest allowed. "
        "**depth**: resting ÷ required, worst band and side. **bid**, **ask**: own best live "
        "prices. **exposure**: distance of the base asset's net exposure from its target ÷ limit, "
        "over all venues. **PnL**: today, since 00:00 UTC, fees and revaluation included, in "
        "$reference. **budget**: breach the uptime term still allows today. **feed age**: last "
        "frame on the engine's market-data connections. **alerts**: firing for this row. Click a "
        "client to select the row. Empty cells: not reported. Empty: no obligation in the "
        "selection.",
        keys=obligations.KEYS,
        columns=columns,
        order=("client", "exchange", "symbol", *(column.title for column in columns)),
        sort=(("state", False), ("spread", True)),
        key_properties={
            "client": cell(select_obligation(), style.width(80)),
            "symbol": cell(select_obligation(), style.width(100)),
            "exchange": cell(select_obligation(), style.width(80)),
        },
        empty="no obligation in the selection",
    )


def _row(expr: str) -> str:
    """Attach a number of (client, venue, symbol) to the obligations it belongs to."""
    each = promql.by("group", OBLIGATION, obligations.expected())
    return f"{each} * on ({','.join(CLIENT_MARKET)}) group_left () ({expr})"


def _number(
    title: str, expr: str, unit: list[style.Property], *steps: style.Step, width: int = 60
) -> Column:
    """Build a column whose text takes the colour of how bad it is."""
    return Column(
        title,
        expr,
        cell(unit, style.coloured_text(), style.threshold_properties(*steps), style.width(width)),
    )


def _price(title: str, signal: signals.Signal, aggregator: str, colour: str) -> Column:
    """Build the column of a best price over the accounts of an obligation."""
    best = promql.live(signal, CLIENT_MARKET, promql.OBLIGATIONS, aggregator=aggregator)
    return Column(
        title,
        _row(best),
        cell(
            # The venue's own tick: no fixed decimals fit both BTC/USDT and ETH/BTC.
            style.unit("string"),
            style.fixed(colour),
            style.coloured_text(),
            style.width(86),
        ),
    )
