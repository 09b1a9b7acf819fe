"""Obligations by terms that are not ordinary, one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import DepthTerm
from tests.meters.obligations import GOOD, TERMS, attached, seconds_of

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture

DEPTH = "fortuna.obligation.depth"
REQUIRED = "fortuna.obligation.depth.required"
SPREAD = "fortuna.obligation.spread"
LEVELS = replace(TERMS, levels=2, size_min=100.0, rest=3.0)
TWO: dict[str, Any] = {
    "bids": [(100.0, 1.0), (99.0, 2.0)],
    "asks": [(101.0, 1.0), (102.0, 1.0)],
    "mid": 100.5,
}


# Which mid, which denominator, which sides


def test_own_mid_is_between_the_best_own_prices_of_all_books(desk: Capture) -> None:
    """The mid that was told measures nothing then."""
    _, [first, second] = attached(desk, replace(TERMS, mid="own"), accounts=2)
    first.quotes.update(bids=[(99.0, 2.0)], asks=[(103.0, 1.0)], mid=500.0)
    second.quotes.update(bids=[(98.0, 1.0)], asks=[(101.0, 2.0)], mid=None)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 1.0
    assert desk.value(SPREAD) == pytest.approx(0.02)
    assert desk.value(DEPTH, side="bid") == 99.0 * 2.0 + 98.0


def test_one_side_is_a_breach_also_where_it_leaves_no_own_mid(desk: Capture) -> None:
    """Or whoever shows no ask would not be observed."""
    _, [book] = attached(desk, replace(TERMS, mid="own"))
    book.quotes.update(bids=[(99.5, 2.0)], asks=[], mid=100.0)
    desk.clock.advance(1.0)
    seconds = seconds_of(desk)
    assert (seconds["observed"], seconds["bid_only"]) == (1.0, 1.0)
    assert (seconds["presence"], seconds["spread"], seconds["depth"]) == (0.0, 0.0, 0.0)
    assert desk.value(SPREAD) is None
    assert desk.value(DEPTH, side="bid") is None
    assert desk.value(DEPTH, side="ask") == 0.0


def test_the_reference_mid_measures_from_the_moment_it_is_told(desk: Capture) -> None:
    """Between two events of the quotes, too; the mid they came with measures nothing."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    _, [book] = attached(desk, replace(TERMS, mid="reference", depth=()))
    book.quotes.update(bids=[(99.5, 2.0)], asks=[(100.5, 2.0)], mid=1.0)
    market.reference(100.0)
    desk.clock.advance(2.0)
    market.reference(10.0)
    desk.clock.advance(3.0)
    assert seconds_of(desk)["spread"] == 2.0
    assert seconds_of(desk)["observed"] == 5.0
    assert desk.value(SPREAD) == pytest.approx(0.1)
    market.reference(None)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 5.0
    assert desk.value(SPREAD) is None


def test_a_reference_mid_measures_for_ten_seconds(desk: Capture) -> None:
    """Then it is unknown, and the time unobserved, until it is told again."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    _, [book] = attached(desk, replace(TERMS, mid="reference"))
    market.reference(100.0)
    for _ in range(15):
        book.quotes.update(**GOOD)
        desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == seconds_of(desk)["observed"] == 10.0
    market.reference(100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 11.0


def test_without_any_reference_mid_only_nothing_is_observed(desk: Capture) -> None:
    """What rests cannot be judged; that nothing rests, can."""
    _, [book] = attached(desk, replace(TERMS, mid="reference"))
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0
    book.quotes.clear()
    desk.clock.advance(1.0)
    assert seconds_of(desk)["empty"] == 1.0


@pytest.mark.parametrize(
    ("denominator", "kept", "spread"),
    [("mid", 1.0, 2.0 / 100.0), ("bid", 0.0, 2.0 / 99.0), ("ask", 1.0, 2.0 / 101.0)],
)
def test_a_spread_is_a_share_of_what_the_mandate_says(
    desk: Capture, denominator: str, kept: float, spread: float
) -> None:
    """2 of 100 are exactly the 2 % allowed, 2 of 99 are more; the gauge says the same."""
    _, [book] = attached(desk, replace(TERMS, denominator=denominator))
    book.quotes.update(bids=[(99.0, 2.0)], asks=[(101.0, 2.0)], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["spread"] == kept
    assert desk.value(SPREAD) == pytest.approx(spread)


@pytest.mark.parametrize(
    ("bids", "asks", "present", "state"),
    [
        ([(99.5, 2.0)], [], 1.0, "bid_only"),
        ([(99.5, 2.0)], [(100.5, 2.0)], 1.0, "two_sided"),
        ([], [(100.5, 2.0)], 0.0, "ask_only"),
        ([], [], 0.0, "empty"),
    ],
)
def test_one_promised_side_is_enough(
    desk: Capture, bids: Any, asks: Any, present: float, state: str
) -> None:
    """The other may be there or not."""
    terms = replace(TERMS, presence="bid", spread_max=None, depth=(DepthTerm("bid", "2", 150.0),))
    _, [book] = attached(desk, terms)
    book.quotes.update(bids=bids, asks=asks, mid=100.0)
    desk.clock.advance(1.0)
    seconds = seconds_of(desk)
    assert seconds[state] == seconds["observed"] == 1.0
    assert {seconds[term] for term in ("presence", "spread", "depth", "all")} == {present}


@pytest.mark.parametrize("terms", [{"mid": "own"}, {"levels": 1}, {"denominator": "ask"}])
def test_crossed_quotes_keep_no_spread_by_any_terms(desk: Capture, terms: Any) -> None:
    """They are no narrow ones."""
    _, [book] = attached(desk, replace(TERMS, **terms))
    book.quotes.update(bids=GOOD["asks"], asks=GOOD["bids"], mid=100.0)
    desk.clock.advance(1.0)
    seconds = seconds_of(desk)
    assert (seconds["two_sided"], seconds["spread"], seconds["all"]) == (1.0, 0.0, 0.0)


# Depth in other units


def test_depth_in_units_of_the_base_is_a_sum_of_sizes(desk: Capture) -> None:
    """2 are asked for and there; in units of the quote, just what they cost is required."""
    terms = replace(TERMS, depth=(DepthTerm("bid", "2", 2.0, "base"),))
    _, [book] = attached(desk, terms)
    book.quotes.update(bids=[(99.5, 1.0), (98.5, 1.0), (90.0, 9.0)], asks=GOOD["asks"], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == 1.0
    assert desk.value(DEPTH, side="bid") == desk.value(REQUIRED, side="bid") == 198.0
    book.quotes.update(bids=[(99.5, 1.0)], asks=GOOD["asks"], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == 1.0
    assert desk.value(REQUIRED, side="bid") == 2.0 * desk.value(DEPTH, side="bid")  # type: ignore[operator]
    book.quotes.update(bids=[], asks=GOOD["asks"], mid=100.0)
    assert desk.value(REQUIRED, side="bid") == 200.0
    book.quotes.update(bids=[(99.5, 1.0)], asks=GOOD["asks"], mid=None)
    assert desk.value(REQUIRED, side="bid") is None


@pytest.mark.parametrize("currency", ["USD", ""])
def test_depth_in_reference_currency_is_worth_what_the_rate_says(
    desk: Capture, currency: str
) -> None:
    """199 USDT are 150 USD from a rate of 0.754 on."""
    rate = desk.telemetry.rate(asset="USDT", currency="USD", provider="desk")
    terms = replace(TERMS, depth=(DepthTerm("bid", "2", 150.0, "reference", currency),))
    _, [book] = attached(desk, terms)
    book.quotes.update(**GOOD)
    for price, kept in ((0.75, 0.0), (0.76, 1.0), (None, 1.0), (1.0, 2.0)):
        rate.set(price)
        desk.clock.advance(1.0)
        assert seconds_of(desk)["depth"] == kept
        assert desk.value(REQUIRED) == (None if price is None else pytest.approx(150.0 / price))
    assert seconds_of(desk)["observed"] == 3.0


def test_a_rate_that_nobody_confirms_is_unknown(desk: Capture) -> None:
    """Of several providers the one that told last counts, for five minutes."""
    terms = replace(TERMS, depth=(DepthTerm("bid", "2", 150.0, "reference", "USD"),))
    _, [book] = attached(desk, terms)
    for provider, price in (("first", 0.1), ("second", 1.0)):
        desk.telemetry.rate(asset="USDT", currency="USD", provider=provider).set(price)
        desk.clock.advance(1.0)
    desk.clock.advance(298.0)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == 1.0
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 1.0


def test_nobody_can_tell_in_which_of_several_currencies_a_promise_is(desk: Capture) -> None:
    """Unless it says so."""
    term = DepthTerm("bid", "2", 150.0, "reference")
    promise, [book] = attached(desk, replace(TERMS, depth=term))  # type: ignore[arg-type]
    for currency in ("USD", "EUR"):
        desk.telemetry.rate(asset="USDT", currency=currency, provider="desk").set(1.0)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0
    promise.replace(replace(TERMS, depth=(replace(term, currency="EUR"),)))
    desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == 1.0


def test_the_quote_is_worth_one_of_itself(desk: Capture) -> None:
    """Where a market quotes in the reference currency, no rate is needed."""
    term = DepthTerm("bid", "2", 150.0, "reference", "USDT")
    _, [book] = attached(desk, replace(TERMS, depth=(term,)))
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == 1.0
    assert desk.value(REQUIRED) == 150.0


def test_the_most_that_is_required_is_shown(desk: Capture) -> None:
    """Two terms may be about one side and band; what is required ends with the terms."""
    terms = (DepthTerm("bid", "2", 2.0, "base"), DepthTerm("bid", "2", 500.0))
    promise, [book] = attached(desk, replace(TERMS, depth=terms))
    book.quotes.update(**GOOD)
    assert desk.value(REQUIRED) == 500.0
    promise.replace(TERMS)
    assert desk.values(REQUIRED) == {}


# Levels


def test_levels_count_from_their_size_and_rest_on(desk: Capture) -> None:
    """Two a side of 100 each, to the cent, once they have stood for three seconds."""
    _, [book] = attached(desk, LEVELS)
    book.quotes.update(**TWO)
    desk.clock.advance(1.0)
    desk.export(0.0)
    desk.clock.advance(4.0)
    assert seconds_of(desk)["levels"] == 2.0
    book.quotes.update(**{**TWO, "bids": [(100.0, 0.999), (99.0, 2.0)]})
    desk.clock.advance(1.0)
    assert seconds_of(desk)["levels"] == 2.0
    book.quotes.update(**TWO)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["levels"] == seconds_of(desk)["all"] == 3.0


def test_a_level_that_comes_back_rests_anew(desk: Capture) -> None:
    """Its price has not stood meanwhile; the other one has."""
    _, [book] = attached(desk, LEVELS)
    book.quotes.update(**TWO)
    desk.clock.advance(4.0)
    book.quotes.update(**{**TWO, "bids": TWO["bids"][1:]})
    book.quotes.update(**TWO)
    desk.clock.advance(4.0)
    assert seconds_of(desk)["levels"] == 2.0


def test_books_have_levels_together(desk: Capture) -> None:
    """Orders at one price are one level, which stands as long as one of them does."""
    _, [first, second] = attached(desk, replace(LEVELS, size_min=150.0), accounts=2)
    first.quotes.update(**TWO)
    desk.clock.advance(2.0)
    second.quotes.update(bids=[(100.0, 1.0)], asks=TWO["asks"], mid=100.5)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["levels"] == 0.0
    desk.clock.advance(1.0)
    assert seconds_of(desk)["levels"] == 1.0
    first.quotes.update(**{**TWO, "bids": [(99.0, 2.0)]})
    second.quotes.update(bids=[(100.0, 2.0)], asks=TWO["asks"], mid=100.5)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["levels"] == 2.0


def test_one_promised_side_has_the_levels(desk: Capture) -> None:
    """And none are asked of the other."""
    terms = replace(LEVELS, presence="ask", spread_max=None, depth=(), rest=0.0)
    _, [book] = attached(desk, terms)
    book.quotes.update(bids=[(100.0, 0.1)], asks=TWO["asks"], mid=100.5)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 1.0


def test_levels_are_counted_once_they_were_promised(desk: Capture) -> None:
    """Not before: who promised none has no such uptime."""
    promise, [book] = attached(desk)
    assert "levels" not in seconds_of(desk)
    promise.replace(LEVELS)
    book.quotes.update(**TWO)
    desk.clock.advance(4.0)
    assert seconds_of(desk)["levels"] == 1.0
