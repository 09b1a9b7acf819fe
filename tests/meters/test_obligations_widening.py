"""Widening: wider quotes are kept while the market moves, for so long a day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import Widening
from fortuna_otel.meters import _widening
from fortuna_otel.meters._widening import Allowance
from tests.meters.obligations import TERMS, attached, seconds_of, start_at

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture

DAY = 86_400.0
MIDNIGHT = 20_775 * DAY
WIDENING = Widening(factor=2.0, move=0.05, window=60.0, cap=30.0)
TERMS_WIDENED = replace(TERMS, spread_max=0.02, depth=(), staleness=1_000.0, widening=WIDENING)
ALLOWED = "fortuna.obligation.spread.allowed"


def _quote(book: Book, mid: float, spread: float = 0.03) -> None:
    half = spread / 2.0 * mid
    book.quotes.update(bids=[(mid - half, 1.0)], asks=[(mid + half, 1.0)], mid=mid)


@pytest.fixture
def book(desk: Capture) -> Book:
    """Give a book at midnight that quotes 3 % wide, of 2 % allowed, and has for a window."""
    start_at(desk, MIDNIGHT - 60.0)
    _, [book] = attached(desk, TERMS_WIDENED)
    desk.export(0.0)
    _quote(book, 100.0)
    desk.export(60.0)
    return book


def test_wider_quotes_are_kept_while_the_market_moves(desk: Capture, book: Book) -> None:
    """By more than 5 % within a minute, until the minute is over, in the middle of an interval."""
    assert desk.value(ALLOWED) == 0.02
    before = seconds_of(desk)["observed"]
    _quote(book, 105.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["spread"] == 0.0
    _quote(book, 105.01)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["spread"] == pytest.approx(1.0, abs=1e-4)
    assert desk.value(ALLOWED) == 0.04
    desk.clock.advance(100.0)
    assert seconds_of(desk)["spread"] == pytest.approx(30.0, abs=1e-4)
    assert seconds_of(desk)["observed"] - before == pytest.approx(102.0, abs=1e-4)
    assert desk.value(ALLOWED) == 0.02


def test_the_window_ends_leave_before_the_cap_does(desk: Capture, book: Book) -> None:
    """The mid of before stood until 100; a minute later nothing has moved."""
    desk.telemetry.obligation(TERMS_WIDENED).replace(
        replace(TERMS_WIDENED, widening=replace(WIDENING, cap=3_600.0))
    )
    desk.clock.advance(10.0)
    _quote(book, 110.0)
    desk.clock.advance(59.5)
    assert desk.value(ALLOWED) == 0.04
    desk.clock.advance(20.0)
    assert seconds_of(desk)["spread"] == pytest.approx(60.0, abs=1e-4)
    assert desk.value(ALLOWED) == 0.02


def test_quotes_wider_than_leave_allows_are_not_kept(desk: Capture, book: Book) -> None:
    """Twice the maximum, and not one bit more."""
    for spread, kept in ((0.04, 1.0), (0.0401, 1.0), (0.01, 2.0)):
        _quote(book, 110.0, spread)
        desk.clock.advance(1.0)
        assert seconds_of(desk)["spread"] == pytest.approx(kept, abs=1e-4)


def test_a_new_day_brings_new_leave(desk: Capture) -> None:
    """Half a minute of it was used before midnight, and half a minute may be after."""
    start_at(desk, MIDNIGHT - 100.0)
    _, [book] = attached(desk, TERMS_WIDENED)
    _quote(book, 100.0)
    desk.export(60.0)
    _quote(book, 110.0)
    desk.export(39.0)
    assert seconds_of(desk)["spread"] == 0.0  # the engine came late in the day: nobody can tell
    desk.clock.advance(60.0)
    assert seconds_of(desk)["spread"] == pytest.approx(20.0, abs=1e-4)
    assert desk.value(ALLOWED) == 0.02


def test_what_was_used_before_a_restart_is_unknown_until_midnight(desk: Capture) -> None:
    """Where that decides, the time is unobserved; where quotes suffice or fail anyway, it is not.

    The maximum that is shown is the wider one: the market does move.
    """
    start_at(desk, MIDNIGHT + DAY / 2.0)
    _, [book] = attached(desk, TERMS_WIDENED)
    _quote(book, 100.0)
    desk.export(60.0)
    observed = seconds_of(desk)["observed"]
    for spread, kept, seen in ((0.03, 0.0, 0.0), (0.01, 1.0, 1.0), (0.05, 1.0, 2.0)):
        _quote(book, 110.0, spread)
        desk.clock.advance(1.0)
        assert seconds_of(desk)["spread"] == pytest.approx(kept, abs=1e-4)
        assert seconds_of(desk)["observed"] - observed == pytest.approx(seen, abs=1e-4)
        assert desk.value(ALLOWED) == 0.04
    _quote(book, 110.0, 0.03)
    desk.clock.advance(50.0)
    assert seconds_of(desk)["observed"] - observed == pytest.approx(2.0 + 50.0 - 27.0, abs=1e-4)


def test_a_market_that_was_not_seen_long_enough_may_have_moved(desk: Capture) -> None:
    """For the first window after a start, and after the mid was unknown."""
    start_at(desk, MIDNIGHT)
    _, [book] = attached(desk, TERMS_WIDENED)
    _quote(book, 100.0)
    desk.clock.advance(20.0)
    assert seconds_of(desk)["observed"] == 0.0
    desk.clock.advance(50.0)
    assert seconds_of(desk)["observed"] == pytest.approx(10.0, abs=1e-4)


def test_leave_is_used_up_however_wide_the_quotes_are(desk: Capture, book: Book) -> None:
    """Also in time that does not count: it is the market that moves."""
    promise = desk.telemetry.obligation(TERMS_WIDENED)
    promise.schedule(False)
    _quote(book, 110.0)
    desk.clock.advance(29.0)
    promise.schedule(True)
    desk.clock.advance(10.0)
    assert seconds_of(desk)["spread"] == pytest.approx(1.0, abs=1e-4)


def test_leave_ends_with_the_terms_that_grant_it(desk: Capture, book: Book) -> None:
    """The gauge ends, and wide quotes are a breach."""
    promise = desk.telemetry.obligation(TERMS_WIDENED)
    _quote(book, 110.0)
    promise.replace(replace(TERMS_WIDENED, widening=None, levels=1))
    desk.clock.advance(1.0)
    assert seconds_of(desk)["spread"] == 0.0
    assert desk.value(ALLOWED) is None


def test_a_longer_window_knows_no_more_than_the_shorter_one_did() -> None:
    """What it would have had to remember is gone; a shorter one forgets at once."""
    allowance = Allowance(WIDENING, 0.0, MIDNIGHT)
    allowance.see(0.0, 100.0)
    assert allowance.leave(100.0, MIDNIGHT).perhaps is False
    allowance.follow(replace(WIDENING, window=300.0), 100.0)
    assert allowance.leave(100.0, MIDNIGHT).perhaps is True
    assert allowance.leave(100.0, MIDNIGHT).until == 340.0
    assert allowance.leave(340.0, MIDNIGHT).perhaps is False
    allowance.follow(replace(WIDENING, window=10.0), 340.0)
    assert allowance.leave(340.0, MIDNIGHT).perhaps is False


def test_of_several_mids_at_one_moment_the_last_one_stood() -> None:
    """Also where an export looked in between: what stood for no time moved nothing."""
    allowance = Allowance(WIDENING, 0.0, MIDNIGHT)
    allowance.see(0.0, 100.0)
    for mid in (200.0, None, 101.0):
        allowance.see(70.0, mid)
    leave = allowance.leave(70.0, MIDNIGHT)
    assert (leave.surely, leave.perhaps) == (False, False)


def test_a_steady_climb_is_thinned_out_and_still_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many mids there are in a window, memory is bounded and the move is found."""
    monkeypatch.setattr(_widening, "MOST", 64)
    for sign in (1.0, -1.0):
        allowance = Allowance(replace(WIDENING, window=1_000.0), 0.0, MIDNIGHT)
        for tick in range(1_000):
            allowance.see(float(tick), 100.0 + sign * tick * 0.01)
        assert allowance.leave(999.0, MIDNIGHT).surely
        assert max(len(allowance._highs), len(allowance._lows)) <= 65


def test_a_wall_clock_that_is_set_back_grants_no_second_leave() -> None:
    """The day that was begun goes on."""
    allowance = Allowance(WIDENING, 0.0, MIDNIGHT)
    allowance.see(0.0, 100.0)
    allowance.see(10.0, 110.0)
    assert allowance.leave(10.0, MIDNIGHT).surely
    allowance.spend(30.0)
    assert not allowance.leave(40.0, MIDNIGHT - 100.0).perhaps
    assert allowance.leave(40.0, MIDNIGHT + DAY).surely
