"""A storm's figures, of pages that are known."""

from __future__ import annotations

from benchmarks.paging_desk import PATIENCE
from benchmarks.paging_stack import Received
from benchmarks.paging_storm import Storm, _told


def page(kind: str, at: float, where: str, *, firing: bool = True) -> Received:
    """A notification about a client on a venue."""
    return Received(kind, at, firing, f"SpreadTooWide: {where} TOK0001/USDT: spread 30.0 bp")


def test_an_incident_is_told_once_both_have_heard_of_it() -> None:
    """The slower one counts, its first message; ends, earlier pages and one receiver do not."""
    taken = [
        page("slack", 5.0, "client-01 on binance"),
        page("slack", 11.0, "client-01 on binance"),
        page("pagerduty", 12.0, "client-01 on binance"),
        page("slack", 13.0, "client-01 on binance"),
        page("webhook", 11.0, "client-02 on okx"),
        page("slack", 12.0, "client-02 on okx"),
        page("pagerduty", 14.0, "client-02 on okx", firing=False),
        Received("slack", 12.0, True, "InventoryDrift: client-02 on okx"),
    ]
    assert _told(taken, 10.0) == {("client-01", "binance"): 12.0}


def test_a_storm_says_when_who_was_told_and_who_was_not() -> None:
    """Beyond the alert's own patience; the goal is that nobody is forgotten."""
    crossed = {("client-01", "okx"): 10.0, ("client-02", "okx"): 10.5, ("client-03", "okx"): 11.0}
    told = {("client-01", "okx"): 12.0 + PATIENCE, ("client-02", "okx"): 14.5 + PATIENCE}
    found = {row[0]: row[1] for row in Storm(5, crossed, told, 3).table().rows}
    assert found["markets broken"] == "5"
    assert found["incidents (a client's markets on a venue)"] == "3"
    assert found["told, max"] == "4.00 s"
    assert found["from the first crossing to the last page"] == "5.50 s"
    assert found["messages at PagerDuty"] == "3"
    assert found["incidents not told"] == "1"
    assert not Storm(5, crossed, told, 3).goal().met


def test_nobody_told_is_a_storm_too() -> None:
    """Figures for a broken pipeline."""
    found = Storm(1, {("client-01", "okx"): 10.0}, {}, 0)
    assert found.goal().measured == 1.0
    assert ("told, p50", "30.0 s") in found.table().rows
