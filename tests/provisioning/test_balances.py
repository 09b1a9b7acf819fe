"""Balances: what adds up, and what our own books lack."""

from __future__ import annotations

import pytest

from fortuna_otel import recorded
from fortuna_otel.provisioning import balances
from tests.provisioning.evaluation import Series, evaluate

SELECTED = {
    "client": ["acme"],
    "exchange": ["binance", "okx"],
    "account": ["mm"],
    "asset": ["BTC", "ETH"],
    "reference": "USD",
}
ACCOUNT = {"client": "acme", "venue": "binance", "account": "mm", "asset": "BTC"}


def test_total_is_free_used_and_locked() -> None:
    """Borrowed is a liability, and in transit is in no account."""
    series = [
        Series(recorded.INVENTORY_BALANCE, f"{amount}+0x60", **ACCOUNT, state=state)
        for state, amount in (
            ("free", 1),
            ("used", 2),
            ("locked", 4),
            ("in_transit", 8),
            ("borrowed", 16),
        )
    ]
    total = evaluate(balances.balance(*balances.HELD), series, SELECTED)
    assert list(total.values()) == [7]


@pytest.mark.parametrize(
    ("difference", "shown"),
    [(0.5, 0.5), (-2.25, -2.25), (3e-15, 0), (-3e-15, 0), (1e-8, 1e-8), (0, 0)],
)
def test_off_ledger_keeps_its_sign_and_forgets_what_floats_add(
    difference: float, shown: float
) -> None:
    """Above 0 the venue has more than our books know of; less than 1e-8 no venue can tell."""
    told = Series(recorded.INVENTORY_DIFFERENCE, f"{difference}+0x60", **ACCOUNT, source="engine")
    (found,) = evaluate(balances.off_ledger(), [told], SELECTED).values()
    assert found == pytest.approx(shown, abs=1e-16)
