"""The identity of PnL's two views, as it is exported."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel.testing import capture
from tests.meters.trades import net, unrealized

COMPONENTS = ("spread", "inventory", "fees", "funding", "loan", "gas")
RATES = {"USDT": 1.0, "BNB": 600.0}
PRICES = st.integers(9_000, 11_000).map(lambda n: n / 100)
MIDS = st.integers(9_500, 10_500).map(lambda n: n / 100)
QUANTITIES = st.integers(1, 500).map(lambda n: n / 100)
FEES = st.sampled_from([("USDT", 0.05), ("BTC", 0.001), ("USDT", -0.02), ("BNB", 0.003)])
PAYMENTS = st.tuples(
    st.sampled_from(["funding", "interest", "gas"]),
    st.integers(-100, 100).filter(bool).map(lambda n: n / 1_000),
    st.sampled_from(["USDT", "BTC", "BNB"]),
)
FILLS = st.tuples(st.sampled_from(["buy", "sell"]), PRICES, QUANTITIES, FEES, MIDS)
STEPS = st.lists(st.one_of(FILLS, MIDS, PAYMENTS, st.none()), max_size=20)


class Account:
    """Cash and base of an account, in exact fractions: no notion of cost or component.

    A contract's base is a claim; what is paid in base there is sold at once to be in cash.
    """

    def __init__(self, size: float, *, spot: bool) -> None:
        self.cash = Fraction(0)
        self.held = Fraction(size)
        self._spot = spot

    def trade(self, quantity: float, price: float) -> None:
        """Exchange cash for base, or base for cash."""
        self.held += Fraction(quantity)
        self.cash -= Fraction(quantity) * Fraction(price)

    def receive(self, amount: float, asset: str, mid: float) -> None:
        """Take in an amount of an asset, or give it away if it is below 0."""
        if asset != "BTC":
            self.cash += Fraction(amount) * Fraction(RATES[asset])
        elif self._spot:
            self.held += Fraction(amount)
        else:
            self.cash += Fraction(amount) * Fraction(mid)

    def value(self, mid: float) -> Fraction:
        """Return what all of it is worth, in units of the quote."""
        return self.cash + self.held * Fraction(mid)


@settings(max_examples=60, deadline=None)
@given(
    steps=STEPS,
    size=st.integers(-300, 300).map(lambda n: n / 100),
    symbol=st.sampled_from(["BTC/USDT", "BTC/USDT:USDT"]),
)
def test_components_equal_realized_plus_unrealized_plus_payments(
    steps: list[Any], size: float, symbol: str
) -> None:
    """On the wire, over any mix of fills, payments, moves of the mid and repeated restores."""
    with capture() as desk:
        market = desk.telemetry.market(venue="v", symbol=symbol)
        book = desk.telemetry.book(client="c", venue="v", symbol=symbol, account="a", tag="t")
        desk.telemetry.rate(asset="BNB", currency="USDT", provider="p").set(RATES["BNB"])
        account, mid = Account(size, spot=symbol == "BTC/USDT"), 100.0
        market.reference(mid)
        book.trades.restore(position=size, entry=100.0)
        before, began = unrealized(desk), account.value(mid)
        paid = Fraction(0)
        for component in ("funding", "interest", "gas"):
            getattr(book.trades, component)(0.0, asset="USDT")
        for step in steps:
            match step:
                case None:
                    trades = book.trades
                    assert trades.position is not None
                    trades.restore(position=trades.position, entry=trades.entry)
                case float():
                    mid = step
                    market.reference(mid)
                    desk.export(0.5)
                case (str() as payment, amount, asset):
                    getattr(book.trades, payment)(amount, asset=asset)
                    amount = amount if payment == "funding" else -amount
                    account.receive(amount, asset, mid)
                    paid += Fraction(amount) * Fraction({**RATES, "BTC": mid}[asset])
                case (side, price, quantity, (asset, fee), mid):
                    market.reference(mid)
                    book.trades.fill(
                        side=side,
                        price=price,
                        quantity=quantity,
                        liquidity="maker",
                        fee=fee,
                        fee_asset=asset,
                    )
                    account.trade(quantity if side == "buy" else -quantity, price)
                    account.receive(-fee, asset, mid)
                    paid -= Fraction(fee) * Fraction({**RATES, "BTC": mid}[asset])
        change = float(account.value(mid) - began)
        attributed = sum([net(desk, component=name) for name in COMPONENTS])
        accounted = net(desk, "fortuna.pnl.realized") + unrealized(desk) - before
        assert book.trades.attributed == pytest.approx(attributed, abs=1e-6)
        assert attributed == pytest.approx(change, abs=1e-6)
        assert accounted + float(paid) == pytest.approx(change, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["buy", "sell"]), PRICES, st.integers(1, 500), MIDS),
            MIDS,
        ),
        max_size=20,
    ),
    mid=MIDS,
)
def test_an_inverse_contract_accounts_for_the_base_it_earned(steps: list[Any], mid: float) -> None:
    """Both views agree; at one last mid they are what was realized on the way, and what is open.

    The oracle keeps contracts and their average entry as venues do, in exact fractions.
    """
    with capture() as desk:
        market = desk.telemetry.market(venue="v", symbol="BTC/USD:BTC")
        book = desk.telemetry.book(
            client="c", venue="v", symbol="BTC/USD:BTC", account="a", tag="t"
        )
        market.reference(100.0)
        book.trades.restore(position=0.0)
        contracts = base = realized = Fraction(0)
        for step in steps:
            if isinstance(step, float):
                market.reference(step)
                desk.export(0.5)
                continue
            side, price, number, fair = step
            market.reference(fair)
            book.trades.fill(side=side, price=price, quantity=number / price, liquidity="maker")
            signed, at = Fraction(number if side == "buy" else -number), Fraction(price)
            if contracts * signed < 0:
                closed = max(min(-signed, abs(contracts)), -abs(contracts))
                entry = contracts / base
                realized += closed * (1 / entry - 1 / at) * Fraction(fair)
                contracts, base, signed = contracts - closed, base - closed / entry, signed + closed
            contracts, base = contracts + signed, base + signed / at
        market.reference(mid)
        attributed = net(desk, component="spread") + net(desk, component="inventory")
        opened = (base - contracts / Fraction(mid)) * Fraction(mid)
        assert unrealized(desk) == pytest.approx(float(opened), abs=1e-6)
        assert net(desk, "fortuna.pnl.realized") == pytest.approx(float(realized), abs=1e-6)
        assert attributed == pytest.approx(float(realized + opened), abs=1e-6)


def test_an_inverse_position_is_not_known_without_its_entry() -> None:
    """How much of it a fill closes depends on the entry."""
    with capture() as desk:
        book = desk.telemetry.book(
            client="c", venue="v", symbol="BTC/USD:BTC", account="a", tag="t"
        )
        book.trades.restore(position=2.0)
        assert book.trades.position is None
        assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
        book.trades.restore(position=2.0, entry=50.0)
        assert desk.value("fortuna.position.size") == 2.0


def test_pnl_goes_on_across_a_restart() -> None:
    """With position, entry and mark kept, both views agree over the gap between two processes."""
    attributed = realized = 0.0
    kept: dict[str, Any] = {"position": 0.0, "entry": None, "mark": None}
    still_open = 0.0
    for mid, side in ((100.0, "buy"), (107.0, "sell"), (95.0, "sell")):
        with capture() as desk:
            book = desk.telemetry.book(
                client="c", venue="v", symbol="BTC/USDT", account="a", tag="t"
            )
            desk.telemetry.market(venue="v", symbol="BTC/USDT").reference(mid)
            book.trades.restore(**kept)
            book.trades.fill(side=side, price=mid + 1.0, quantity=2.0, liquidity="maker")
            attributed += net(desk, component="spread") + net(desk, component="inventory")
            realized += net(desk, "fortuna.pnl.realized")
            still_open = unrealized(desk)
            trades = book.trades
            kept = {"position": trades.position, "entry": trades.entry, "mark": trades.mark}
    assert kept["position"] == -2.0
    assert attributed == pytest.approx(realized + still_open)
