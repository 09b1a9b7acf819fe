"""Markouts: mids as they stood, fills on their way through the horizons."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.analytics import markout
from fortuna_otel.analytics.markout import Fill, MidHistory, Waiting, standing
from fortuna_otel.signals.enums import Horizon

TENTHS = st.integers(0, 4_000).map(lambda n: n / 10)
PRICES = st.integers(1, 1_000_000).map(lambda n: n / 100)
QUANTITIES = st.integers(-10_000, 10_000).filter(bool).map(lambda n: n / 1000)


def _fill(time: float, quantity: float = 1.0) -> Fill:
    return Fill(time, quantity, 100.0, 100.0, ("buy", "maker"))


def test_the_horizons_are_those_of_the_registry() -> None:
    """0, 1, 5, 30, 60 and 300 seconds, nearest first."""
    assert list(markout.HORIZONS.values()) == [0.0, 1.0, 5.0, 30.0, 60.0, 300.0]
    assert list(markout.HORIZONS) == list(Horizon)


def test_a_markout_is_above_0_if_it_is_in_our_favour() -> None:
    """A buy gains when the mid is above its price, a sale when it is below."""
    buy, sale = _fill(0.0, 2.0), _fill(0.0, -2.0)
    assert (buy.markout(103.0), sale.markout(103.0)) == (6.0, -6.0)
    assert (buy.markout(99.0), sale.markout(99.0)) == (-2.0, 2.0)
    assert buy.notional == sale.notional == 200.0


@given(quantity=QUANTITIES, price=PRICES, mid=PRICES)
def test_a_markout_is_the_value_at_mid_of_what_was_exchanged(
    quantity: float, price: float, mid: float
) -> None:
    """The oracle is cash + base * mid in exact fractions."""
    fill = Fill(0.0, quantity, price, None, ("buy", "maker"))
    cash = -Fraction(quantity) * Fraction(price)
    exact = cash + Fraction(quantity) * Fraction(mid)
    scale = abs(quantity) * (price + mid)
    assert fill.markout(mid) == pytest.approx(float(exact), rel=1e-9, abs=1e-12 * scale)


@given(value=st.integers(1, 10_000), price=PRICES, mid=PRICES)
def test_an_inverse_contracts_markout_is_its_published_pnl_at_mid(
    value: int, price: float, mid: float
) -> None:
    """Bybit: N * (1/entry - 1/mark) units of the base, worth mid each."""
    fill = Fill(0.0, value / price, price, None, ("buy", "maker"))
    base = Fraction(value) * (1 / Fraction(price) - 1 / Fraction(mid))
    scale = value * (1.0 + mid / price)
    expected = float(base * Fraction(mid))
    assert fill.markout(mid) == pytest.approx(expected, rel=1e-9, abs=1e-12 * scale)


@given(
    told=st.lists(st.tuples(TENTHS, st.none() | PRICES), max_size=40),
    moment=TENTHS,
)
def test_the_mid_that_stands_is_the_last_one_told(
    told: list[tuple[float, float | None]], moment: float
) -> None:
    """The oracle walks the whole history: then or before, not told to be unknown, not too old."""
    told.sort(key=lambda entry: entry[0])
    expected = None
    for when, mid in told:
        if when <= moment:
            expected = mid if moment - when <= 10.0 else None
    history = MidHistory()
    history.keep()
    for when, mid in told:
        history.tell(when, mid)
    assert standing(history.told(), moment) == expected


def test_a_mid_stands_from_its_moment_for_ten_seconds() -> None:
    """Exactly on both ends it does, just before and just after it does not."""
    told = [(100.0, 7.0)]
    assert standing(told, 99.999) is None
    assert standing(told, 100.0) == standing(told, 110.0) == 7.0
    assert standing(told, 110.001) is None
    assert standing([], 100.0) is None


def test_a_history_keeps_nothing_until_somebody_needs_it() -> None:
    """A market without books costs nothing."""
    history = MidHistory()
    history.tell(1.0, 7.0)
    assert history.told() == []
    history.keep()
    history.tell(2.0, 8.0)
    history.keep()
    assert history.told() == [(2.0, 8.0)]
    history.forget()
    assert history.told() == []
    history.tell(3.0, 9.0)
    assert history.told() == [(3.0, 9.0)]


def test_a_history_is_bounded_in_number_and_age() -> None:
    """The latest are kept; what no horizon asks for any more is let go."""
    history = MidHistory()
    history.keep()
    for index in range(markout.MIDS + 10):
        history.tell(float(index), 7.0)
    assert len(history.told()) == markout.MIDS
    now = float(markout.MIDS + 9)
    history.prune(now)
    assert history.told()[0] == (now - markout.KEPT, 7.0)
    history.prune(now)
    assert len(history.told()) == int(markout.KEPT) + 1


@given(
    times=st.lists(TENTHS, max_size=30),
    exports=st.lists(TENTHS, max_size=30),
)
def test_every_horizon_is_due_once_when_it_has_passed(
    times: list[float], exports: list[float]
) -> None:
    """The oracle compares every fill and horizon with the moments of the exports."""
    events = sorted([(time, 0) for time in times] + [(export, 1) for export in exports])
    waiting, taken = Waiting(), []
    for moment, kind in events:
        if kind:
            taken += [
                (moment, horizon, due, fill.time) for horizon, due, fill in waiting.due(moment)
            ]
        else:
            assert waiting.add(_fill(moment))
    expected = []
    for time in times:
        for horizon, seconds in markout.HORIZONS.items():
            after = [export for export in exports if export >= time + seconds]
            if after:
                expected.append((min(after), horizon, time + seconds, time))
    assert sorted(taken) == sorted(expected)
    done = [time for time in times if any(export >= time + 300.0 for export in exports)]
    assert len(waiting) == len(times) - len(done)


def test_a_fill_without_room_is_refused_until_others_are_done() -> None:
    """What waits is bounded; the last horizon makes room."""
    waiting = Waiting()
    assert all(waiting.add(_fill(0.0)) for _ in range(markout.FILLS))
    assert not waiting.add(_fill(0.0))
    assert len(waiting.due(299.9)) == 5 * markout.FILLS
    assert not waiting.add(_fill(0.0))
    assert len(waiting.due(300.0)) == markout.FILLS
    assert len(waiting) == 0
    assert waiting.add(_fill(300.0))
