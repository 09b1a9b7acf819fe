"""The PnL that nobody can explain."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fortuna_otel.analytics.ledger import Tally

AMOUNTS = st.integers(-1_000_000, 1_000_000).map(lambda n: n / 100)


def test_before_the_beginning_nothing_is_unexplained() -> None:
    """Without a first equity there is no change of it."""
    assert Tally().unexplained(100.0) is None


@given(began=AMOUNTS, flows=AMOUNTS, attributed=AMOUNTS, missed=AMOUNTS)
def test_what_is_not_known_of_is_unexplained(
    began: float, flows: float, attributed: float, missed: float
) -> None:
    """The equity that all of it leads to, a missed amount included, leaves that amount over."""
    equity = float(Fraction(began) + Fraction(flows) + Fraction(attributed) + Fraction(missed))
    tally = Tally(began, flows, attributed)
    assert tally.unexplained(equity) == pytest.approx(missed, abs=1e-9)
