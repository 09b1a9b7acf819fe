"""Obligations: merged before judging, integrated at event time, capped by staleness."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import DepthTerm
from tests.meters.obligations import (
    GOOD,
    TERMS,
    attached,
    book_of,
    seconds_of,
)

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture


def test_kept_time_is_integrated_between_events(desk: Capture) -> None:
    """What holds between two events earns exactly the seconds between them."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    desk.clock.advance(3.0)
    book.quotes.update(bids=GOOD["bids"], asks=[], mid=100.0)
    desk.clock.advance(2.0)
    book.quotes.clear()
    desk.clock.advance(1.0)
    assert seconds_of(desk) == {
        "observed": 6.0,
        "two_sided": 3.0,
        "bid_only": 2.0,
        "ask_only": 0.0,
        "empty": 1.0,
        "presence": 3.0,
        "spread": 3.0,
        "depth": 3.0,
        "all": 3.0,
    }


def test_every_counter_is_exported_as_zero_from_binding(desk: Capture) -> None:
    """A promise never kept shows an uptime of 0, not no data."""
    desk.telemetry.obligation(TERMS)
    assert set(seconds_of(desk).values()) == {0.0}
    assert len(seconds_of(desk)) == 9


def test_a_hung_loop_earns_nothing_beyond_staleness(desk: Capture) -> None:
    """Quotes that nobody confirms count for `staleness` seconds and not one more."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    for _ in range(60):
        desk.export(1.0)
    assert seconds_of(desk)["all"] == pytest.approx(10.0)
    assert seconds_of(desk)["observed"] == pytest.approx(10.0)


def test_a_confirmation_keeps_an_unchanged_quote_fresh(desk: Capture) -> None:
    """Confirmed is as good as changed."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    for _ in range(5):
        desk.clock.advance(9.0)
        book.quotes.confirm()
    assert seconds_of(desk)["all"] == pytest.approx(45.0)


def test_a_confirmation_after_staleness_does_not_earn_the_gap(desk: Capture) -> None:
    """Only what was believed at the time counts: the 20 silent seconds are unobserved."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    desk.clock.advance(30.0)
    book.quotes.confirm()
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == pytest.approx(11.0)


def test_books_are_merged_before_judging(desk: Capture) -> None:
    """Two accounts that each hold half of it keep the promise together."""
    _, [first, second] = attached(desk, accounts=2)
    first.quotes.update(bids=[(99.5, 2.0)], asks=[], mid=100.0)
    second.quotes.update(bids=[], asks=[(100.5, 2.0)], mid=100.0)
    desk.clock.advance(4.0)
    assert seconds_of(desk)["all"] == 4.0
    assert desk.value("fortuna.obligation.spread") == pytest.approx(0.01)
    assert desk.value("fortuna.obligation.depth", side="bid") == 199.0


def test_depth_is_summed_over_books(desk: Capture) -> None:
    """150 are asked for; 100 in each of two accounts are enough."""
    _, [first, second] = attached(desk, accounts=2)
    for book in (first, second):
        book.quotes.update(bids=[(100.0, 1.0)], asks=[(100.0, 1.0)], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == 1.0
    second.quotes.clear()
    desk.clock.advance(1.0)
    assert seconds_of(desk)["depth"] == 1.0
    assert seconds_of(desk)["observed"] == 2.0


def test_time_is_unobserved_while_a_book_is_silent_and_the_others_do_not_suffice(
    desk: Capture,
) -> None:
    """What the silent book has may be there or not: neither kept nor breached."""
    _, [first, second] = attached(desk, accounts=2)
    first.quotes.update(bids=[(99.5, 1.0)], asks=[(100.5, 1.0)], mid=100.0)
    desk.clock.advance(5.0)
    assert seconds_of(desk)["observed"] == 0.0
    second.quotes.clear()
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 1.0


def test_time_is_observed_while_the_confirmed_books_suffice_alone(desk: Capture) -> None:
    """Another book can only add: what is kept without it is kept."""
    _, [first, _] = attached(desk, accounts=2)
    first.quotes.update(**GOOD)
    desk.clock.advance(5.0)
    assert seconds_of(desk)["all"] == 5.0


def test_only_scheduled_time_counts(desk: Capture) -> None:
    """An agreed maintenance window earns and costs nothing."""
    obligation, [book] = attached(desk)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    obligation.schedule(False)
    desk.clock.advance(2.0)
    obligation.schedule(True)
    desk.clock.advance(4.0)
    assert seconds_of(desk)["observed"] == 5.0


def test_new_terms_split_the_interval(desk: Capture) -> None:
    """Time before the change counts by the old terms, time after by the new ones."""
    obligation, [book] = attached(desk)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    obligation.replace(replace(TERMS, spread_max=0.001))
    desk.clock.advance(2.0)
    seconds = seconds_of(desk)
    assert (seconds["spread"], seconds["all"], seconds["depth"]) == (1.0, 1.0, 3.0)


def test_bands_follow_new_terms(desk: Capture) -> None:
    """Depth is exported for the bands that the terms name, and ends with them."""
    obligation, [book] = attached(desk)
    book.quotes.update(**GOOD)
    assert len(desk.values("fortuna.obligation.depth")) == 2
    obligation.replace(replace(TERMS, depth=(DepthTerm("bid", "5", 1.0),)))
    values = desk.values("fortuna.obligation.depth")
    assert [dict(key)["band"] for key in values] == ["5"]


def test_a_quote_exactly_at_its_terms_keeps_them(desk: Capture) -> None:
    """100.2 - 99.8 is a little more than 0.4 in binary fractions, and still a spread of 0.4 %."""
    terms = replace(TERMS, spread_max=0.004, depth=(DepthTerm("bid", "0.5", 0.3),))
    _, [book] = attached(desk, terms)
    orders = [(99.8, 0.1 / 99.8), (99.75, 0.1 / 99.75), (99.7, 0.1 / 99.7)]
    book.quotes.update(bids=orders, asks=[(100.2, 1.0)], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 1.0


def test_without_a_mid_orders_cannot_be_judged(desk: Capture) -> None:
    """Spread and depth need a mid; an empty ladder needs none."""
    _, [book] = attached(desk)
    book.quotes.update(bids=GOOD["bids"], asks=GOOD["asks"], mid=None)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0
    assert desk.value("fortuna.obligation.spread") is None
    assert desk.values("fortuna.obligation.depth") == {}
    book.quotes.clear()
    assert set(desk.values("fortuna.obligation.depth").values()) == {0.0}
    desk.clock.advance(1.0)
    assert seconds_of(desk)["empty"] == 1.0


def test_a_spread_that_was_not_promised_is_kept_by_presence(desk: Capture) -> None:
    """Without a maximum any two-sided quote will do, however wide."""
    _, [book] = attached(desk, replace(TERMS, spread_max=None, depth=()))
    book.quotes.update(bids=[(50.0, 1.0)], asks=[(150.0, 1.0)], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 1.0
    book.quotes.update(bids=[(50.0, 1.0)], asks=[], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["spread"] == 1.0


def test_spread_and_depth_are_absent_once_no_book_is_confirmed(desk: Capture) -> None:
    """Unknown is not zero: the merged gauges end with the last confirmation."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    assert desk.value("fortuna.obligation.spread") is not None
    desk.clock.advance(11.0)
    assert desk.value("fortuna.obligation.spread") is None
    assert desk.values("fortuna.obligation.depth") == {}


def test_attaching_twice_counts_once(desk: Capture) -> None:
    """A book counts once, however often it is attached; detached, not at all."""
    obligation, [book] = attached(desk)
    obligation.attach(book)
    book.quotes.update(**GOOD)
    assert desk.value("fortuna.obligation.depth", side="bid") == 199.0
    obligation.detach(book)
    book.quotes.confirm()
    assert desk.values("fortuna.obligation.depth") == {}


def test_a_book_that_was_quoting_before_it_was_attached_counts_from_its_next_confirmation(
    desk: Capture,
) -> None:
    """The first word after attaching is enough, changed or not."""
    book = book_of(desk)
    book.quotes.update(**GOOD)
    desk.telemetry.obligation(TERMS).attach(book)
    book.quotes.confirm()
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 1.0


def test_an_update_after_new_terms_is_judged_by_them(desk: Capture) -> None:
    """And by the older ones again, should they return."""
    obligation, [book] = attached(desk)
    for _ in range(2):
        book.quotes.update(**GOOD)
        obligation.replace(replace(TERMS, spread_max=0.001))
        book.quotes.update(**GOOD)
        desk.clock.advance(1.0)
        obligation.replace(TERMS)
        book.quotes.update(**GOOD)
        desk.clock.advance(2.0)
    assert seconds_of(desk)["spread"] == 4.0
    assert seconds_of(desk)["depth"] == 6.0


@pytest.mark.parametrize("accounts", [1, 2])
def test_no_second_counts_twice_when_the_clock_steps(desk: Capture, accounts: int) -> None:
    """A wall clock may be set; a monotonic one that went back has to catch up first."""
    _, books = attached(desk, accounts=accounts)
    for book in books:
        book.quotes.update(**GOOD)
    desk.clock.advance(5.0)
    books[0].quotes.confirm()
    desk.clock.advance(-3.0)
    books[0].quotes.update(**GOOD)
    books[-1].quotes.confirm()
    assert seconds_of(desk)["all"] == 5.0
    desk.clock.advance(2.0)
    books[0].quotes.confirm(mid=100.5)
    assert seconds_of(desk)["all"] == 5.0
    desk.clock.advance(2.0)
    assert seconds_of(desk)["all"] == 6.0


def test_a_child_of_a_fork_counts_from_zero(desk: Capture) -> None:
    """Its books are attached still; what they quote, it has to be told itself."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    desk.export(3.0)
    desk.telemetry.after_fork_in_child()
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0
    for _ in range(2):
        book.quotes.update(**GOOD)
        desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == 2.0


def test_a_wrong_ladder_ends_what_the_one_before_it_earned(desk: Capture) -> None:
    """The older ladder does not stand any more: until the next good one nobody can tell."""
    _, [book] = attached(desk)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    book.quotes.update(bids=[("99", 1.0)], asks=[(101.0, 1.0)], mid=100.0)
    desk.clock.advance(1.0)
    book.quotes.confirm()
    desk.clock.advance(1.0)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == seconds_of(desk)["all"] == 2.0


def test_a_book_of_another_market_is_refused(desk: Capture) -> None:
    """Attaching what cannot serve the obligation is a declaration error with a remedy."""
    other = desk.telemetry.book(
        client="acme", venue="okx", symbol="BTC/USDT", account="acme-1", tag="core"
    )
    with pytest.raises(ValueError, match="attach only books"):
        desk.telemetry.obligation(TERMS).attach(other)


def test_terms_of_another_obligation_are_refused(desk: Capture) -> None:
    """`replace` changes terms, not whose they are."""
    with pytest.raises(ValueError, match="another obligation"):
        desk.telemetry.obligation(TERMS).replace(replace(TERMS, client="globex"))


def test_declaring_other_terms_twice_is_refused(desk: Capture) -> None:
    """The same obligation is the same meter; other terms go through `replace`."""
    obligation = desk.telemetry.obligation(TERMS)
    assert desk.telemetry.obligation(TERMS) is obligation
    with pytest.raises(ValueError, match="replace"):
        desk.telemetry.obligation(replace(TERMS, staleness=5.0))


@pytest.mark.parametrize(
    ("terms", "remedy"),
    [
        ({"symbol": "BTCUSDT"}, "BASE/QUOTE"),
        ({"client": ""}, "client"),
        ({"spread_max": 0.0}, "spread_max"),
        ({"spread_max": "0.4 %"}, "spread_max"),
        ({"staleness": -1.0}, "staleness"),
    ],
)
def test_terms_that_cannot_be_measured_are_refused(terms: dict[str, Any], remedy: str) -> None:
    """A wrong declaration raises, and says which part is wrong."""
    with pytest.raises(ValueError, match=remedy):
        replace(TERMS, **terms)


@pytest.mark.parametrize(
    ("side", "band", "amount"), [("buy", "2", 1.0), ("bid", "4", 1.0), ("bid", "2", 0.0)]
)
def test_depth_terms_that_cannot_be_measured_are_refused(
    side: str, band: str, amount: float
) -> None:
    """A depth term names a side of the book, a known band, and an amount above 0."""
    with pytest.raises(ValueError, match=r"side|band|amount"):
        DepthTerm(side, band, amount)


def test_crossed_quotes_keep_no_spread(desk: Capture) -> None:
    """They cannot rest like that: sides were swapped, or a view is torn."""
    _, [book] = attached(desk)
    for bids, asks in ((GOOD["asks"], GOOD["bids"]), ([(100.0, 500.0)], [(100.0, 500.0)])):
        book.quotes.update(bids=bids, asks=asks, mid=100.0)
        desk.clock.advance(1.0)
    seconds = seconds_of(desk)
    assert (seconds["spread"], seconds["all"], seconds["two_sided"]) == (0.0, 0.0, 2.0)


@pytest.mark.parametrize(
    ("terms", "remedy"),
    [
        ({"spread_max": 20}, "20 bp are 0.002"),
        ({"depth": (("bid", "2", 1.0),)}, "give DepthTerm"),
    ],
)
def test_terms_of_the_wrong_kind_say_how_to_mend_them(terms: Any, remedy: str) -> None:
    """In basis points or as a bare tuple, they would never be met, or never be missed."""
    with pytest.raises(ValueError, match=remedy):
        replace(TERMS, **terms)


def test_one_depth_term_needs_no_tuple() -> None:
    """The commonest promise is one."""
    term = DepthTerm(side="bid", band="2", amount=1.0)
    assert replace(TERMS, depth=term).depth == (term,)  # type: ignore[arg-type]
