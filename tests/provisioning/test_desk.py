"""The desk table: what only its columns say."""

from __future__ import annotations

from fortuna_otel import provisioning, recorded, signals
from fortuna_otel.provisioning import desk
from fortuna_otel.provisioning.panels import (
    ALERTS_PANEL,
    DESK_PANEL,
    EXPOSURE_PANEL,
    FEEDS_PANEL,
    LOOPS_PANEL,
    VENUES_PANEL,
)
from tests.provisioning.boards import committed
from tests.provisioning.evaluation import Raw, Series, evaluate

SELECTED = {
    "client": ["acme", "globex"],
    "exchange": ["binance", "okx"],
    "symbol": ["A/USDT", "B/USDT"],
    "account": ["mm"],
    "tag": ["core"],
}


def obligation(client: str, venue: str, symbol: str) -> list[Series]:
    """An obligation, and the book that serves it."""
    market = {"client": client, "venue": venue, "symbol": symbol}
    book = {**market, "account": "mm", "tag": "core"}
    job = f"desk/{client}"
    return [
        Series(recorded.MANDATE_INFO, "1+0x60", **market, mandate=f"{client}-{venue}-{symbol}"),
        Series(recorded.BOOK, "1+0x60", **book),
        # Silent for a while.
        Series(signals.quotes.BOOK_INFO, "1+0x20", **book, job=job, instance=f"h1/{client}/0"),
    ]


def alert(name: str, severity: str = "page", **labels: str) -> Raw:
    """An alert that fires."""
    told = {"alertname": name, "alertstate": "firing", "severity": severity, **labels}
    inner = ",".join(f'{label}="{value}"' for label, value in told.items())
    return Raw(f"ALERTS{{{inner}}}", "1+0x60")


ALERTS = [
    alert("SpreadTooWide", client="acme", venue="binance", symbol="A/USDT"),
    alert("UptimeAtRisk", "ticket", client="acme", venue="binance", symbol="A/USDT"),
    alert("QuotesOneSided", "ticket", client="acme", venue="okx", symbol="A/USDT"),
    # Of what a row is a part of, the pages count.
    alert("InventoryDrift", client="acme", asset="A", capital="client"),
    alert("LoanExpiry", "ticket", client="acme", asset="A", lender="acme"),
    alert("InventoryRunway", client="acme", venue="okx", account="mm", asset="USDT"),
    alert("VenueDown", venue="okx"),
    alert("MarketHalted", venue="okx", symbol="B/USDT"),
    alert("ServiceSilent", job="desk/globex", instance="h1/globex/0", host_name="h1"),
    alert("FeedStale", job="desk/acme", instance="h1/acme/0", host_name="h1", venue="binance"),
    # Of nobody's market.
    alert("FeedStale", job="desk/hooli", instance="h1/hooli/0", host_name="h1", venue="okx"),
    alert("CollectorDown", host_name="h1"),
    alert("SpreadTooWide", client="hooli", venue="binance", symbol="A/USDT"),
]


def test_alerts_are_those_of_the_row_and_the_pages_of_what_it_is_a_part_of() -> None:
    """A row must not look well while its client or its exchange pages."""
    books = [
        *obligation("acme", "binance", "A/USDT"),
        *obligation("acme", "okx", "A/USDT"),
        *obligation("globex", "okx", "B/USDT"),
        *obligation("globex", "binance", "B/USDT"),
    ]
    found = evaluate(desk.firing(), [*books, *ALERTS], SELECTED)
    assert {dict(labels)["mandate"]: count for labels, count in found.items()} == {
        "acme-binance-A/USDT": 2 + 1 + 1,  # and the drift, and its engine's feed
        "acme-okx-A/USDT": 1 + 1 + 1 + 1,  # and drift, runway, the exchange
        "globex-okx-B/USDT": 1 + 1 + 1,  # the exchange, its market, its engine
        "globex-binance-B/USDT": 1,  # the engine
    }


def test_what_the_strip_leads_to_is_there() -> None:
    """A link names a panel by its number: one that moved would lead elsewhere."""
    titles = {panel["id"]: panel["title"] for panel in provisioning.panels(committed("fortuna"))}
    assert {
        DESK_PANEL: "Desk · worst obligation first",
        ALERTS_PANEL: "Firing alerts",
        EXPOSURE_PANEL: "Exposure by asset, all venues",
        LOOPS_PANEL: "Heartbeats",
        FEEDS_PANEL: "Feeds, by process",
        VENUES_PANEL: "Exchanges",
    }.items() <= titles.items()
