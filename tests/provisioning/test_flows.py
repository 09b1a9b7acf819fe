"""What flowed: fills, value, PnL, by minutes, currencies and capital."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import flows
from tests.provisioning.evaluation import Series, evaluate, evaluate_all

if TYPE_CHECKING:
    from fortuna_otel.signals.spec import Recorded

SELECTED = {
    "client": ["acme", "desk"],
    "exchange": ["binance"],
    "symbol": ["A/USDT", "A/BTC"],
    "account": ["mm"],
    "tag": ["core"],
    "reference": "USD",
}


def book(client: str, symbol: str) -> dict[str, str]:
    """A book's labels."""
    quote = symbol.partition("/")[2]
    return {
        "client": client,
        "venue": "binance",
        "symbol": symbol,
        "account": "mm",
        "tag": "core",
        "quote": quote,
    }


def pnl(labels: dict[str, str], component: str, *minutes: float, capital: str = "client") -> Series:
    """What a component earned in whole minutes, 20 s apart here, in dollars of each."""
    by = {name: value for name, value in labels.items() if name != "quote"}
    values = " ".join(f"_x19 {amount}" for amount in minutes)
    return Series(
        recorded.FLOW_ATTRIBUTED_VALUE,
        values,
        **by,
        component=component,
        capital=capital,
        currency="USD",
    )


def bound(labels: dict[str, str], capital: str) -> Series:
    """The book is bound, on this capital."""
    return Series(recorded.BOOK, "1+0x60", **labels, capital=capital)


def told(labels: dict[str, str]) -> Series:
    """The book's PnL is accounted for, whether or not it moved."""
    return Series(
        recorded.FLOW_ATTRIBUTED_LEVEL, "7+0x60", **labels, component="fees", direction="loss"
    )


DOLLARS = Series(recorded.FLOW_CURRENCY, "1+0x60", currency="USD", rank="1")


def test_profit_sums_components_books_and_minutes() -> None:
    """Each at the rate of its minute: today's rate changes nothing of what was."""
    series = [
        pnl(book("acme", "A/USDT"), "spread", 10, 20, 30),
        pnl(book("acme", "A/USDT"), "fees", -2.5, -2.5),
        pnl(book("acme", "A/BTC"), "inventory", -40),
        Series(signals.market.REFERENCE_RATE, "50000+0x60", asset="BTC", currency="USD"),
    ]
    found = evaluate(flows.profit(("client",), "60s"), series, SELECTED)
    assert found == {(("client", "acme"),): pytest.approx(60 - 5 - 40)}
    # The last 40 s hold two of the three minutes.
    found = evaluate(flows.profit_by_component("40s"), series, SELECTED)
    assert found == {
        (("capital", "client"), ("component", "spread")): pytest.approx(50),
        (("capital", "client"), ("component", "fees")): pytest.approx(-2.5),
    }


def test_profit_is_unknown_where_a_minute_had_no_rate() -> None:
    """NaN, never the part that is known."""
    series = [pnl(book("acme", "A/USDT"), "spread", 10, math.nan, 30)]
    (unknown,) = evaluate(flows.profit(("client",), "60s"), series, SELECTED).values()
    assert math.isnan(unknown)


def test_profit_of_a_book_that_did_not_move_is_zero_and_of_an_unknown_one_nothing() -> None:
    """Zero is said only where somebody accounts for it."""
    quiet, unknown = book("acme", "A/USDT"), book("acme", "A/BTC")
    series = [told(quiet), bound(quiet, "client"), bound(unknown, "client"), DOLLARS]
    found = evaluate(flows.profit(("symbol",), "60s"), series, SELECTED)
    assert found == {(("symbol", "A/USDT"),): 0}
    # Nothing is valued in francs here: that is not 0 francs.
    francs = SELECTED | {"reference": "CHF"}
    assert evaluate(flows.profit(("symbol",), "60s"), series, francs) == {}


def test_profit_is_never_added_over_capital() -> None:
    """What the client's and the desk's capital earned stay two numbers."""
    of_client, of_desk = book("acme", "A/USDT"), book("desk", "A/USDT")
    series = [
        pnl(of_client, "spread", 120),
        pnl(of_desk, "inventory", -60, capital="desk"),
        bound(of_client, "client"),
        bound(of_desk, "desk"),
        told(of_client),
        told(of_desk),
    ]
    found = evaluate(flows.profit(("capital",), "60s"), series, SELECTED)
    assert found == {(("capital", "client"),): 120, (("capital", "desk"),): -60}


def test_what_was_traded_is_apart_by_side() -> None:
    """Bought for 100 as a maker and for 50 as a taker, sold for nothing."""
    labels = book("acme", "A/USDT")
    by = {name: value for name, value in labels.items() if name != "quote"}
    series = [
        *(
            Series(
                recorded.FLOW_TRADED_VALUE,
                f"_x30 {amount}",
                **by,
                side="buy",
                liquidity=liquidity,
                capital="client",
                currency="USD",
            )
            for liquidity, amount in (("maker", 100), ("taker", 50))
        ),
        bound(labels, "client"),
        Series(recorded.FLOW_TRADED_LEVEL, "150+0x60", **labels, side="buy", liquidity="maker"),
        DOLLARS,
    ]
    bought, sold = (
        evaluate(flows.traded(("client",), "60s", side), series, SELECTED)
        for side in ("buy", "sell")
    )
    assert (bought, sold) == ({(("client", "acme"),): 150}, {(("client", "acme"),): 0})


def test_fills_volume_and_maker_share_are_of_whole_minutes() -> None:
    """Bought 3 times as a maker and once as a taker, 250 of 300 as a maker; nothing was sold."""
    labels = book("acme", "A/USDT")
    by = {name: value for name, value in labels.items() if name != "quote"}

    def flow(metric: Recorded, liquidity: str, amount: float, **more: str) -> Series:
        flowed = by | more | {"side": "buy", "liquidity": liquidity, "capital": "client"}
        return Series(metric, f"_x30 {amount}", **flowed)

    series = [
        flow(recorded.FLOW_FILLS, "maker", 3),
        flow(recorded.FLOW_FILLS, "taker", 1),
        flow(recorded.FLOW_VOLUME, "maker", 2.5),
        flow(recorded.FLOW_VOLUME, "taker", 0.5),
        flow(recorded.FLOW_TRADED, "maker", 250, quote="USDT"),
        flow(recorded.FLOW_TRADED, "taker", 50, quote="USDT"),
        bound(labels, "client"),
        *(
            Series(level, "7+0x60", **by, side="buy", liquidity="maker")
            for level in (recorded.FLOW_FILLS_LEVEL, recorded.FLOW_VOLUME_LEVEL)
        ),
    ]
    asked = {
        "buys": flows.number(("client",), "60s", "buy"),
        "sells": flows.number(("client",), "60s", "sell"),
        "volume": flows.volume(("client",), "60s"),
        "maker": flows.maker_share(("client",), "60s"),
    }
    acme = (("client", "acme"),)
    # None of it needs a rate.
    assert evaluate_all(asked, series, SELECTED | {"reference": "CHF"}) == {
        "buys": {acme: 4},
        "sells": {acme: 0},
        "volume": {acme: 3},
        "maker": {acme: pytest.approx(250 / 300)},
    }


def test_a_book_that_only_took_has_a_maker_share_of_nothing() -> None:
    """Zero of what it traded; and of nothing traded there is no share."""
    labels = book("acme", "A/USDT")
    taken = Series(
        recorded.FLOW_TRADED, "_x30 50", **labels, side="buy", liquidity="taker", capital="client"
    )
    known = [
        bound(labels, "client"),
        Series(recorded.FLOW_TRADED_LEVEL, "50+0x60", **labels, side="buy", liquidity="taker"),
    ]
    share = flows.maker_share(("client",), "60s")
    assert evaluate(share, [taken, *known], SELECTED) == {(("client", "acme"),): 0}
    assert evaluate(share, known, SELECTED) == {}


def test_minutes_that_follow_each_other_are_added_up() -> None:
    """A minute without a flow has no sample and adds nothing."""
    value = recorded.FLOW_TRADED_VALUE
    series = [Series(value, "_x59 5 _x59 _x59 _x59 7", client="acme", currency="USD")]
    expr = flows.flowed(value, ("client",), "5m", currency="USD")
    assert evaluate(expr, series, at="300s") == {(("client", "acme"),): 12.0}
