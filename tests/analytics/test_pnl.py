"""PnL by average cost, and the identity of its two views."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.analytics import pnl

PRICES = st.integers(1, 1_000_000).map(lambda n: n / 100)
QUANTITIES = st.integers(-10_000, 10_000).filter(bool).map(lambda n: n / 1000)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("mark"), PRICES),
        st.tuples(st.just("trade"), QUANTITIES, PRICES, PRICES),
    ),
    max_size=40,
)
STARTS = st.tuples(st.integers(-10_000, 10_000).map(lambda n: n / 1000), PRICES, PRICES)


@given(start=STARTS, events=EVENTS)
def test_both_views_equal_the_change_of_value(
    start: tuple[float, float, float], events: list[Any]
) -> None:
    """The sum spread + inventory = realized + change of unrealized = change of cash + size * mid.

    The oracle keeps cash and size in exact fractions and knows neither entry nor attribution.
    """
    size, entry, mark = start
    position = pnl.Position(size, entry if size else None, mark)
    before = position.unrealized
    cash, held, mid = Fraction(0), Fraction(size), Fraction(mark)
    value = held * mid
    spread = inventory = realized = 0.0
    scale = abs(size) * (entry + mark)
    for event in events:
        if event[0] == "mark":
            position, earned = pnl.revalue(position, event[1])
            inventory += earned
            mid = Fraction(event[1])
        else:
            _, quantity, price, fair = event
            position, result = pnl.trade(position, quantity, price, fair)
            spread += result.spread
            inventory += result.inventory
            assert result.realized is not None
            realized += result.realized
            cash -= Fraction(quantity) * Fraction(price)
            held += Fraction(quantity)
            mid = Fraction(fair)
            scale += abs(quantity) * (price + fair)
        scale += abs(position.size) * float(mid)
    change = float(cash + held * mid - value)
    after = position.unrealized
    assert before is not None
    assert after is not None
    close = pytest.approx(change, rel=1e-9, abs=1e-9 * (1 + scale))
    assert spread + inventory == close
    assert realized + after - before == close


class Ledger:
    """Average cost as it is published (IAS 2.27, weighted average), in exact fractions.

    It keeps what the open position has cost, and never an entry price.
    """

    def __init__(self) -> None:
        self.size = Fraction(0)
        self.cost = Fraction(0)

    def trade(self, quantity: Fraction, price: Fraction) -> Fraction:
        """Return what a trade realizes."""
        if self.size * quantity >= 0:
            self.size += quantity
            self.cost += quantity * price
            return Fraction(0)
        share = min(Fraction(1), abs(quantity / self.size))
        closed, cost = self.size * share, self.cost * share
        opened = quantity + closed
        self.size, self.cost = self.size - closed, self.cost - cost
        if opened:
            self.size, self.cost = opened, opened * price
        return closed * price - cost


@given(trades=st.lists(st.tuples(QUANTITIES, PRICES), max_size=40))
def test_average_cost_is_kept_through_partial_closes_and_through_zero(trades: list[Any]) -> None:
    """Size, entry and realized PnL after every trade equal those of the published definition."""
    ledger, position = Ledger(), pnl.Position()
    for quantity, price in trades:
        expected = ledger.trade(Fraction(quantity), Fraction(price))
        position, result = pnl.trade(position, quantity, price, price)
        tolerance = 1e-9 * 10.0 * 10_000.0
        assert result.realized == pytest.approx(float(expected), rel=1e-9, abs=tolerance)
        if abs(ledger.size) < Fraction(1, 10**9):
            assert position.size == pytest.approx(0.0, abs=1e-9)
        else:
            assert position.size == pytest.approx(float(ledger.size), rel=1e-9, abs=1e-12)
            entry = ledger.cost / ledger.size
            assert position.entry == pytest.approx(float(entry), rel=1e-6)


@given(st.lists(st.tuples(QUANTITIES.map(abs), PRICES), min_size=1, max_size=10), PRICES)
def test_closing_what_was_bought_realizes_proceeds_minus_cost(
    buys: list[tuple[float, float]], price: float
) -> None:
    """Average cost: selling all of it earns what it brings less what it cost."""
    position = pnl.Position(0.0, None, price)
    for quantity, paid in buys:
        position, _ = pnl.trade(position, quantity, paid, paid)
    total = sum(quantity for quantity, _ in buys)
    cost = sum(quantity * paid for quantity, paid in buys)
    assert position.entry == pytest.approx(cost / total)
    position, result = pnl.trade(position, -position.size, price, price)
    assert position.size == 0.0
    assert position.entry is None
    assert result.realized == pytest.approx(total * price - cost, abs=1e-6 * (1 + cost))


def test_a_trade_through_flat_starts_the_other_side_at_its_own_price() -> None:
    """Selling 3 out of 1 closes 1 and opens 2 short at the price of the sale."""
    position = pnl.Position(1.0, 100.0, 100.0)
    position, result = pnl.trade(position, -3.0, 110.0, 110.0)
    assert (position.size, position.entry, result.realized) == (-2.0, 110.0, 10.0)


def test_spread_is_earned_against_the_mid_of_the_fill() -> None:
    """Buying below mid and selling above it earn the distance; the move until then is inventory."""
    position = pnl.Position(0.0, None, 100.0)
    position, bought = pnl.trade(position, 2.0, 99.0, 100.0)
    position, sold = pnl.trade(position, -2.0, 111.0, 110.0)
    assert (bought.spread, bought.inventory) == (2.0, 0.0)
    assert (sold.spread, sold.inventory, sold.realized) == (2.0, 20.0, 24.0)


def test_without_an_entry_nothing_is_realized_until_flat() -> None:
    """An unknown cost basis gives no realized and no unrealized PnL, until it is closed."""
    position = pnl.Position(2.0, None, 100.0)
    assert not position.known
    assert position.unrealized is None
    position, result = pnl.trade(position, -1.0, 110.0, 110.0)
    assert result.realized is None
    position, result = pnl.trade(position, 1.0, 110.0, 110.0)
    assert (result.realized, position.entry) == (0.0, None)
    position, result = pnl.trade(position, -2.0, 110.0, 110.0)
    assert result.realized is None
    assert position.known
    assert position.unrealized == 0.0


def test_the_first_mark_earns_nothing() -> None:
    """A position that was never valued has no earlier value to differ from."""
    position, earned = pnl.revalue(pnl.Position(5.0, 90.0), 100.0)
    assert earned == 0.0
    assert position.unrealized == 50.0


def test_dust_is_flat() -> None:
    """0.1 + 0.2 - 0.3 leaves nothing, although binary fractions say otherwise."""
    position = pnl.Position(0.0, None, 1.0)
    for quantity in (0.1, 0.2, -0.3):
        position, _ = pnl.trade(position, quantity, 1.0, 1.0)
    assert position == pnl.Position(0.0, None, 1.0)


@pytest.mark.parametrize("scale", [1e-150, 1e-12, 1e12, 1e150])
def test_neither_huge_nor_small_numbers_spoil_the_entry(scale: float) -> None:
    """A price times a quantity may leave the range of a float; their average may not."""
    position, _ = pnl.trade(pnl.Position(), 3.0 * scale, 2.0 * scale, 2.0 * scale)
    position, _ = pnl.trade(position, 1.0 * scale, 6.0 * scale, 6.0 * scale)
    assert position.size == pytest.approx(4.0 * scale, rel=1e-12)
    assert position.entry == pytest.approx(3.0 * scale, rel=1e-12)


def test_a_position_beyond_a_float_is_refused() -> None:
    """It would be infinite from then on, and its value no number."""
    with pytest.raises(OverflowError, match="cannot take"):
        pnl.trade(pnl.Position(1.7e308, 1e-300, 1e-300), 1.7e308, 1e-300, 1e-300)
    with pytest.raises(OverflowError, match="cannot take"):
        pnl.trade(pnl.Position(1.0, 1e-200, 1.0), -1.0, 1e200, 1.0, inverse=True)


def test_a_position_keeps_its_entry_while_it_shrinks() -> None:
    """Closing a part changes the size alone."""
    position, result = pnl.trade(pnl.Position(-4.0, 100.0, 100.0), 1.0, 90.0, 90.0)
    assert (position.size, position.entry, result.realized) == (-3.0, 100.0, 10.0)
