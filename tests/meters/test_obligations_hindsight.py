"""Hindsight: what is noted in any thread is judged by the export, once and in order."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import Widening
from fortuna_otel.meters import _hindsight
from fortuna_otel.testing import FakeClock
from tests.meters.obligations import GOOD, TERMS, attached, seconds_of, start_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel.testing import Capture

OWN = replace(TERMS, mid="own")
ROUNDS = 300


def test_ordinary_terms_note_nothing(desk: Capture) -> None:
    """Nor do they once they followed others: a ladder is judged at once again."""
    promise, [book] = attached(desk)
    book.quotes.update(**GOOD)
    assert promise._hindsight is None
    promise.replace(OWN)
    book.quotes.update(**GOOD)
    assert book.quotes._limits is None
    promise.replace(TERMS)
    book.quotes.update(**GOOD)
    assert book.quotes._limits is not None


def test_time_is_split_where_terms_change_kind(desk: Capture) -> None:
    """Each second counts once, by the terms that were in force, whenever the export comes."""
    promise, [book] = attached(desk)
    wide = {**GOOD, "asks": [(102.0, 2.0)]}  # 2.5 of the mid that is told, 2.48 % of the own one
    book.quotes.update(**wide)
    terms = replace(TERMS, spread_max=0.0249)
    for seconds, each in ((1.0, terms), (2.0, replace(terms, mid="own")), (4.0, terms)):
        promise.replace(each)
        desk.clock.advance(seconds)
    counted = seconds_of(desk)
    assert (counted["observed"], counted["spread"], counted["depth"]) == (7.0, 2.0, 7.0)


def test_a_ladder_that_makes_no_sense_is_unknown_from_its_own_moment(desk: Capture) -> None:
    """Though nobody read so far when it was told, and the export only sees the last one."""
    _, [book] = attached(desk, OWN)
    book.quotes.update(**GOOD)
    desk.export(1.0)
    wrong: Any = [(99.5, 2.0), ("far", 1.0)]
    book.quotes.update(bids=wrong, asks=GOOD["asks"], mid=100.0)
    desk.clock.advance(1.0)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 2.0
    book.quotes.update(bids=wrong, asks=GOOD["asks"], mid=100.0)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 2.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    assert desk.value("fortuna.telemetry.dropped", reason="internal") is None


def test_orders_in_any_order_are_the_same_ladder(desk: Capture) -> None:
    """A trusted book is read in full by the export, whatever it shows then."""
    _, [book] = attached(desk, replace(OWN, levels=2))
    book.quotes.update(**GOOD)
    desk.export(0.0)
    split = [(99.0, 1.0), (99.5, 0.5), (99.5, 0.5)]
    book.quotes.update(bids=split, asks=[(101.0, 1.0), (100.5, 1.0)], mid=100.0)
    desk.clock.advance(1.0)
    book.quotes.update(**GOOD)
    assert seconds_of(desk)["levels"] == seconds_of(desk)["all"] == 1.0


def test_a_silent_book_leaves_own_bands_unknown(desk: Capture) -> None:
    """A better price of its would move the own mid, and the bands with it; a spread it betters."""
    promise, [first, _] = attached(desk, OWN, accounts=2)
    first.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0
    promise.replace(replace(OWN, depth=()))
    desk.clock.advance(1.0)
    assert seconds_of(desk)["all"] == seconds_of(desk)["observed"] == 1.0


def test_notes_are_bounded_and_what_they_miss_is_unobserved(
    desk: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export that does not come costs no memory without end, and credits nothing unseen."""
    monkeypatch.setattr(_hindsight, "MOST", 8)
    promise, [book] = attached(desk, OWN)
    desk.export(0.0)
    for _ in range(20):
        book.quotes.update(**GOOD)
        desk.clock.advance(1.0)
    hindsight = promise._hindsight
    assert hindsight is not None
    assert len(hindsight._notes) == 8
    assert seconds_of(desk)["observed"] == 8.0
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 9.0


def test_after_lost_notes_nobody_knows_how_the_market_moved(
    desk: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that wider quotes may be within leave or not, for one window more."""
    start_at(desk, 20_775 * 86_400.0)
    widening = Widening(factor=2.0, move=0.05, window=5.0, cap=86_400.0)
    _, [book] = attached(desk, replace(TERMS, spread_max=0.005, widening=widening))
    book.quotes.update(**GOOD)
    desk.export(6.0)
    assert seconds_of(desk)["observed"] == 1.0
    monkeypatch.setattr(_hindsight, "MOST", 0)
    book.quotes.update(**GOOD)
    desk.export(1.0)
    desk.export(6.0)
    assert seconds_of(desk)["observed"] == 2.0


def test_a_book_that_was_detached_meanwhile_is_not_noted(desk: Capture) -> None:
    """Its last word may be on its way still."""
    promise, [book] = attached(desk, OWN)
    book.quotes.update(**GOOD)
    hindsight = promise._hindsight
    assert hindsight is not None
    last = promise._standing(book.quotes)
    promise.detach(book)
    hindsight.note(desk.clock.monotonic(), last)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0


def test_a_child_of_a_fork_judges_from_its_own_first_word(desk: Capture) -> None:
    """What the parent noted, the parent counts."""
    _, [book] = attached(desk, OWN)
    book.quotes.update(**GOOD)
    desk.clock.advance(3.0)
    desk.telemetry.after_fork_in_child()
    desk.clock.advance(1.0)
    assert seconds_of(desk)["observed"] == 0.0
    book.quotes.update(**GOOD)
    desk.clock.advance(2.0)
    assert seconds_of(desk)["all"] == 2.0


def test_a_clock_that_steps_back_counts_no_second_twice(desk: Capture) -> None:
    """It has to catch up first."""
    _, [book] = attached(desk, OWN)
    book.quotes.update(**GOOD)
    desk.export(5.0)
    desk.clock.advance(-3.0)
    book.quotes.update(**GOOD)
    desk.export(2.0)
    assert seconds_of(desk)["all"] == 5.0
    book.quotes.update(**GOOD)
    desk.export(2.0)
    assert seconds_of(desk)["all"] == 6.0


def test_an_export_waits_for_no_other(desk: Capture) -> None:
    """Who finds it under way leaves it to the other one."""
    promise, [book] = attached(desk, OWN)
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    hindsight = promise._hindsight
    assert hindsight is not None
    with hindsight._lock:
        assert seconds_of(desk)["all"] == 0.0
    assert seconds_of(desk)["all"] == 1.0


def test_a_book_that_is_told_of_while_it_is_noted_stands_as_told_last(desk: Capture) -> None:
    """As where two threads tell of one book at once: the older note is made again."""
    promise, [book] = attached(desk, OWN)
    book.quotes.update(**GOOD)
    hindsight = promise._hindsight
    assert hindsight is not None
    note = hindsight.note

    def late(at: float, standing: Any) -> None:
        hindsight.note = note  # type: ignore[method-assign]
        book.quotes.clear()
        note(at, standing)

    hindsight.note = late  # type: ignore[method-assign]
    book.quotes.update(**GOOD)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["empty"] == 1.0

    declare = hindsight.declare

    def later(at: float, declared: Any) -> None:
        hindsight.declare = declare  # type: ignore[method-assign]
        book.quotes.update(**GOOD)
        declare(at, declared)

    hindsight.declare = later  # type: ignore[method-assign]
    promise.schedule(True)
    desk.clock.advance(1.0)
    assert seconds_of(desk)["two_sided"] == 1.0


def test_every_second_is_credited_once_among_threads(
    desk: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads update, one exports, one changes terms between both kinds."""
    stopped: list[float] = []
    monkeypatch.setattr(
        FakeClock, "monotonic", lambda _: stopped[0] if stopped else time.monotonic()
    )
    monkeypatch.setattr(_hindsight, "MOST", 1_000_000)
    promise, [first, second] = attached(desk, OWN, accounts=2)
    begun = time.monotonic()
    for book in (first, second):
        book.quotes.update(**GOOD)
    promise.replace(OWN)
    quoted = time.monotonic()
    kinds = iter([TERMS, OWN] * ROUNDS)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        _together(
            lambda: first.quotes.update(**GOOD),
            lambda: second.quotes.confirm(mid=100.0),
            promise._refresh,
            lambda: promise.replace(next(kinds)),
        )
    finally:
        sys.setswitchinterval(before)
    stopped.append(time.monotonic())
    seconds = seconds_of(desk)
    assert stopped[0] - quoted - 0.05 <= seconds["all"] <= stopped[0] - begun + 0.05
    assert seconds["all"] == pytest.approx(seconds["observed"])
    assert desk.value("fortuna.telemetry.dropped", reason="internal") is None


def _together(*loops: Callable[[], object]) -> None:
    def repeated(loop: Callable[[], object]) -> None:
        for _ in range(ROUNDS):
            loop()

    threads = [threading.Thread(target=repeated, args=(loop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60.0)
    assert not [thread for thread in threads if thread.is_alive()]
