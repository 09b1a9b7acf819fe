"""Inventory and capital."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fortuna_otel import Account, Loan
    from fortuna_otel.testing import Capture


@pytest.fixture
def account(desk: Capture) -> Account:
    """Give an account of client acme."""
    return desk.telemetry.account(client="acme", venue="binance", account="acme-mm")


def test_a_balance_is_exported_by_state_and_confirms_the_account(
    desk: Capture, account: Account
) -> None:
    """Free, used and locked always; what is owed or under way only once it happened."""
    account.balance("BTC", free=3.2, used=0.8)
    values = {dict(k)["state"]: v for k, v in desk.values("fortuna.inventory.balance").items()}
    assert values == {"free": 3.2, "used": 0.8, "locked": 0.0}
    assert desk.value("fortuna.inventory.updated.timestamp") == pytest.approx(desk.clock.now)


def test_a_debt_that_was_paid_back_stays_at_0(desk: Capture, account: Account) -> None:
    """A rare state keeps its series once it had one."""
    account.balance("BTC", free=1.0, used=0.0, borrowed=2.0)
    account.balance("BTC", free=1.0, used=0.0)
    assert desk.value("fortuna.inventory.balance", state="borrowed") == 0.0
    assert desk.values("fortuna.inventory.balance", state="in_transit") == {}


@pytest.mark.parametrize(
    "wrong", [{"free": None}, {"used": -1.0}, {"free": float("inf")}, {"free": "1"}]
)
def test_a_wrong_balance_is_dropped_whole(desk: Capture, account: Account, wrong: Any) -> None:
    """No part of it is shown, and it confirms nothing."""
    account.balance("BTC", **{"free": 1.0, "used": 0.0, **wrong})
    assert desk.values("fortuna.inventory.balance") == {}
    assert desk.values("fortuna.inventory.updated.timestamp") == {}
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_wrong_balance_ends_the_one_before(desk: Capture, account: Account) -> None:
    """Another asset confirms the account, and an old number would look fresh with it."""
    account.balance("BTC", free=1.0, used=0.0)
    account.tracked("BTC", 1.0, tag="core")
    assert len(desk.values("fortuna.inventory.balance", asset="BTC")) == 3
    account.balance("BTC", free=None, used=0.0)  # type: ignore[arg-type]
    account.tracked("BTC", float("nan"), tag="core")
    account.balance("USDT", free=5.0, used=0.0)
    assert desk.values("fortuna.inventory.balance", asset="BTC") == {}
    assert desk.values("fortuna.inventory.tracked") == {}
    account.balance("BTC", free=2.0, used=0.0)
    assert desk.value("fortuna.inventory.balance", asset="BTC", state="free") == 2.0


def test_the_venue_may_confirm_balances_unchanged(desk: Capture, account: Account) -> None:
    """Confirmed is as good as changed."""
    account.confirm()
    assert desk.value("fortuna.inventory.updated.timestamp") == pytest.approx(desk.clock.now)


def test_the_ledger_and_flows(desk: Capture, account: Account) -> None:
    """What the engine tracks by tag, and what moved without a trade."""
    account.tracked("BTC", 3.9, tag="core")
    account.flow("BTC", 1.5, kind="deposit", direction="in")
    account.flow("BTC", 1.0, kind="gift", direction="in")
    assert desk.value("fortuna.inventory.tracked", tag="core") == 3.9
    assert desk.value("fortuna.inventory.flow", kind="deposit", direction="in") == 1.5
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_margin_is_absent_without_a_margin_account(desk: Capture, account: Account) -> None:
    """1 is liquidation; None ends it; what is no number ends it too and is counted."""
    assert desk.value("fortuna.margin.ratio") is None
    account.margin(0.25)
    assert desk.value("fortuna.margin.ratio", client="acme", account="acme-mm") == 0.25
    account.margin(None)
    assert desk.value("fortuna.margin.ratio") is None
    account.margin(0.25)
    account.margin(-0.1)
    assert desk.value("fortuna.margin.ratio") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_an_account_on_a_chain(desk: Capture, account: Account) -> None:
    """Uncollected fees are what they are now; gas is a sum."""
    account.fees_uncollected("USDC", 12.5)
    account.gas("ETH", 0.002)
    account.gas("ETH", 0.001)
    account.gas("ETH", -1.0)
    assert desk.value("fortuna.dex.fees.uncollected", asset="USDC") == 12.5
    assert desk.value("fortuna.dex.gas.spent", asset="ETH") == pytest.approx(0.003)
    account.fees_uncollected("USDC", None)
    assert desk.value("fortuna.dex.fees.uncollected", asset="USDC") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_ledger_may_not_know(desk: Capture, account: Account) -> None:
    """None ends what it said before."""
    account.tracked("BTC", 3.9, tag="core")
    account.tracked("BTC", None, tag="core")
    assert desk.values("fortuna.inventory.tracked") == {}
    assert desk.dropped() == []


@pytest.fixture
def loan(desk: Capture) -> Loan:
    """Give the meter of a loan."""
    return desk.telemetry.loan(client="acme", asset="ACME", lender="acme", currency="USD")


LOAN = ("principal", "rate", "expiry.timestamp", "strike")


def told(desk: Capture) -> list[float | None]:
    """Return what is known of the loan."""
    return [desk.value(f"fortuna.loan.{name}", client="acme", asset="ACME") for name in LOAN]


def test_a_loan_has_terms_until_it_is_repaid(desk: Capture, loan: Loan) -> None:
    """A strike is in the currency of the declaration; a loan that is over has no numbers."""
    loan.set(principal=1e6, rate=0.0, expires=1.8e9, strike=0.5)
    assert told(desk) == [1e6, 0.0, 1.8e9, 0.5]
    assert desk.value("fortuna.loan.strike", currency="USD", lender="acme") == 0.5
    loan.set(principal=5e5)
    assert told(desk) == [5e5, None, None, None]
    loan.repaid()
    assert told(desk) == [None] * 4
    assert repr(loan) == "loan(acme, ACME, acme)"


def test_a_wrong_term_of_a_loan_is_absent_and_the_others_stand(desk: Capture, loan: Loan) -> None:
    """Each number is counted for itself."""
    loan.set(principal=1e6, rate=0.1, expires=1.8e9, strike=0.5)
    loan.set(principal=-1.0, rate=float("nan"), expires="soon", strike=0.6)  # type: ignore[arg-type]
    assert told(desk) == [None, None, None, 0.6]
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 3.0


def test_exposure_and_equity_are_gauges_by_capital(desk: Capture) -> None:
    """Never summed over capital, so capital is always said; a short exposure is negative."""
    desk.telemetry.exposure(client="acme", asset="BTC", capital="desk").set(-4.0)
    desk.telemetry.equity(client="acme", currency="USD").set(1e6)
    assert desk.value("fortuna.exposure.net", capital="desk") == -4.0
    assert desk.value("fortuna.equity", capital="client", currency="USD") == 1e6
