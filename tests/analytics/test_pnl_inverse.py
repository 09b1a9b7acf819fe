"""PnL of inverse contracts, against the formulas that venues publish."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.analytics import pnl

VALUES = st.integers(-1_000, 1_000).filter(bool).map(float)
"""Value of a fill in units of the quote: contracts * contract size."""
PRICES = st.integers(1_000, 9_000).map(lambda n: n / 100)
FILLS = st.lists(st.tuples(VALUES, PRICES, PRICES), max_size=25)


class Venue:
    """An inverse position as Bybit's help center keeps it, in exact fractions.

    Average entry price = Σ contracts / Σ (contracts / price); PnL of what is closed = contracts *
    (1/entry - 1/exit), in units of the base. It knows nothing of attribution or of base sizes.
    """

    def __init__(self) -> None:
        self.contracts = Fraction(0)
        self.base = Fraction(0)

    @property
    def entry(self) -> Fraction:
        """The average entry price."""
        return self.contracts / self.base

    def unrealized(self, mid: Fraction) -> Fraction:
        """Return what is open at a price, in units of the base."""
        return self.contracts * (1 / self.entry - 1 / mid) if self.contracts else Fraction(0)

    def fill(self, contracts: Fraction, price: Fraction) -> Fraction:
        """Return what a fill realizes, in units of the base."""
        if self.contracts * contracts >= 0:
            self.contracts += contracts
            self.base += contracts / price
            return Fraction(0)
        closed = min(abs(self.contracts), abs(contracts)) * (1 if self.contracts > 0 else -1)
        realized = closed * (1 / self.entry - 1 / price)
        self.base -= closed / self.entry
        self.contracts -= closed
        opened = contracts + closed
        if opened:
            self.contracts, self.base = opened, opened / price
        return realized


def _trade(
    position: pnl.Position, value: float, price: float, mid: float
) -> tuple[pnl.Position, pnl.Result]:
    return pnl.trade(position, value / price, price, mid, inverse=True)


@given(fills=FILLS)
def test_realized_unrealized_and_entry_are_the_venues(fills: list[Any]) -> None:
    """Through zero and partial closes; base amounts are valued at the mid of their moment."""
    venue, position = Venue(), pnl.Position()
    for value, price, mid in fills:
        earned = venue.fill(Fraction(value), Fraction(price))
        position, result = _trade(position, value, price, mid)
        scale = 1e-9 * 1_000.0 * 90.0
        assert result.realized == pytest.approx(float(earned * Fraction(mid)), rel=1e-9, abs=scale)
        open_value = venue.unrealized(Fraction(mid)) * Fraction(mid)
        assert position.unrealized == pytest.approx(float(open_value), rel=1e-9, abs=scale)
        if venue.contracts:
            assert position.entry == pytest.approx(float(venue.entry), rel=1e-9)
            assert position.size == pytest.approx(float(venue.base), rel=1e-9)
        else:
            assert (position.size, position.entry) == (0.0, None)


@given(fills=FILLS)
def test_both_views_agree(fills: list[Any]) -> None:
    """Spread + inventory = realized + change of unrealized, in units of the quote."""
    position, attributed, realized, scale = pnl.Position(), 0.0, 0.0, 1.0
    for value, price, mid in fills:
        position, result = _trade(position, value, price, mid)
        assert result.realized is not None
        attributed += result.spread + result.inventory
        realized += result.realized
        scale += abs(value) * (1.0 + mid / price)
    assert position.unrealized is not None
    assert attributed == pytest.approx(realized + position.unrealized, abs=1e-9 * scale)


@given(fills=st.lists(st.tuples(VALUES, PRICES), max_size=25), mid=PRICES)
def test_at_one_mid_what_is_attributed_is_the_base_that_was_earned(
    fills: list[Any], mid: float
) -> None:
    """The oracle adds N * (1/price - 1/mid) of each fill, without any notion of a position."""
    position, attributed, exact, scale = pnl.Position(), 0.0, Fraction(0), 1.0
    for value, price in fills:
        position, result = _trade(position, value, price, mid)
        attributed += result.spread + result.inventory
        exact += Fraction(value) * (1 / Fraction(price) - 1 / Fraction(mid))
        scale += abs(value) * (1.0 + mid / price)
    assert attributed == pytest.approx(float(exact * Fraction(mid)), abs=1e-9 * scale)


def test_the_examples_that_bybit_publishes() -> None:
    """1000 at 5000 and 2000 at 6000 average 5625; 1000 from 5000 at 5500 earn 0.01819 BTC."""
    position, _ = _trade(pnl.Position(), 1_000.0, 5_000.0, 5_000.0)
    averaged, _ = _trade(position, 2_000.0, 6_000.0, 6_000.0)
    assert averaged.entry == pytest.approx(5_625.0)
    valued, _ = pnl.revalue(position, 5_500.0)
    assert valued.unrealized is not None
    assert valued.unrealized / 5_500.0 == pytest.approx(0.01818, abs=1e-5)
    closed, result = _trade(position, -1_000.0, 5_500.0, 5_500.0)
    assert result.realized is not None
    assert result.realized / 5_500.0 == pytest.approx(0.01818, abs=1e-5)
    assert closed == pnl.Position(0.0, None, 5_500.0)


def test_a_short_gains_when_the_price_falls() -> None:
    """1000 short from 5000 at 4500 earn 0.02222 BTC."""
    position, _ = _trade(pnl.Position(), -1_000.0, 5_000.0, 5_000.0)
    position, result = _trade(position, 1_000.0, 4_500.0, 4_500.0)
    assert result.realized is not None
    assert result.realized / 4_500.0 == pytest.approx(1_000.0 * (1 / 4_500.0 - 1 / 5_000.0))
    assert position.size == 0.0


def test_the_size_is_what_was_bought_at_the_entry() -> None:
    """Half of the contracts are half of the size, whatever the price they are closed at."""
    position, _ = _trade(pnl.Position(), 1_000.0, 50.0, 50.0)
    position, _ = _trade(position, -500.0, 100.0, 100.0)
    assert (position.size, position.entry) == (10.0, 50.0)


def test_closing_more_than_is_held_opens_the_other_side_at_its_own_price() -> None:
    """1000 bought at 50, 1500 sold at 100: 500 short from 100."""
    position, _ = _trade(pnl.Position(), 1_000.0, 50.0, 50.0)
    position, result = _trade(position, -1_500.0, 100.0, 100.0)
    assert (position.size, position.entry) == (-5.0, 100.0)
    assert result.realized == 1_000.0


def test_closing_what_has_no_entry_is_refused() -> None:
    """How much of it was closed depends on the entry."""
    with pytest.raises(ValueError, match="entry is unknown"):
        _trade(pnl.Position(10.0, None, 50.0), -100.0, 50.0, 50.0)
