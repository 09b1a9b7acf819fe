"""Trades and PnL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel.testing import Capture, capture

if TYPE_CHECKING:
    from fortuna_otel import Book

FILL: dict[str, Any] = {
    "side": "buy",
    "price": 99.0,
    "quantity": 2.0,
    "liquidity": "maker",
    "mid": 100.0,
}


def _net(desk: Capture, name: str = "fortuna.pnl.attributed", **attributes: str) -> float:
    """Return gain - loss of the pair of counters, which must both be there."""
    gain = desk.value(name, direction="gain", **attributes)
    loss = desk.value(name, direction="loss", **attributes)
    assert gain is not None
    assert loss is not None
    return gain - loss


def _unrealized(desk: Capture) -> float:
    """Return unrealized PnL, which must be there."""
    value = desk.value("fortuna.pnl.unrealized")
    assert value is not None
    return value


def test_a_fill_counts_volume_and_notional(desk: Capture, book: Book) -> None:
    """By side and liquidity; a combination that never happened has no series."""
    book.trades.fill(**FILL)
    book.trades.fill(**FILL)
    assert desk.value("fortuna.trade.fills", side="buy", liquidity="maker") == 2.0
    assert desk.value("fortuna.trade.volume", side="buy") == 4.0
    assert desk.value("fortuna.trade.notional", side="buy") == 396.0
    assert desk.values("fortuna.trade.fills", side="sell") == {}
    assert desk.value("fortuna.trade.last.timestamp") == pytest.approx(desk.clock.now)


def test_spread_and_fees_are_exported_as_0_from_binding(desk: Capture, book: Book) -> None:
    """Pairs that are subtracted are both there from the start."""
    assert book.trades.position is None
    values = desk.values("fortuna.pnl.attributed")
    assert sorted(dict(key)["component"] for key in values) == ["fees", "fees", "spread", "spread"]
    assert set(values.values()) == {0.0}


def test_without_restore_what_needs_the_position_is_absent(desk: Capture, book: Book) -> None:
    """A position that is not known cannot be valued; the spread of a fill can."""
    book.trades.fill(**FILL)
    assert _net(desk, component="spread") == 2.0
    assert desk.values("fortuna.pnl.attributed", component="inventory") == {}
    assert desk.values("fortuna.pnl.realized") == {}
    assert desk.values("fortuna.pnl.unrealized") == {}


def test_a_book_restored_flat_accounts_for_everything(desk: Capture, book: Book) -> None:
    """Buy 2 at 99 with mid 100; mid goes to 103; sell 1 at 104."""
    book.trades.restore(position=0.0)
    book.trades.fill(**FILL)
    assert desk.value("fortuna.pnl.unrealized") == 2.0
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(103.0)
    assert desk.value("fortuna.pnl.unrealized") == 8.0
    assert _net(desk, component="inventory") == 6.0
    book.trades.fill(side="sell", price=104.0, quantity=1.0, liquidity="taker")
    assert _net(desk, "fortuna.pnl.realized") == 5.0
    assert _net(desk, component="spread") == 3.0
    assert desk.value("fortuna.pnl.unrealized") == 4.0
    assert (book.trades.position, book.trades.entry) == (1.0, 99.0)


def test_the_cost_basis_survives_a_restart(desk: Capture, book: Book) -> None:
    """Position and entry are restored: closing realizes against the old entry."""
    book.trades.restore(position=2.0, entry=90.0)
    book.trades.fill(side="sell", price=100.0, quantity=2.0, liquidity="maker", mid=100.0)
    assert _net(desk, "fortuna.pnl.realized") == 20.0
    assert desk.value("fortuna.pnl.unrealized") == 0.0


def test_a_position_without_an_entry_has_no_unrealized_pnl(desk: Capture, book: Book) -> None:
    """Absent, not 0, until the position has been flat."""
    book.trades.restore(position=2.0)
    book.trades.fill(side="sell", price=100.0, quantity=1.0, liquidity="maker", mid=100.0)
    assert desk.values("fortuna.pnl.unrealized") == {}
    assert desk.values("fortuna.pnl.realized") == {}
    book.trades.fill(side="sell", price=100.0, quantity=1.0, liquidity="maker", mid=100.0)
    assert desk.value("fortuna.pnl.unrealized") == 0.0
    assert _net(desk, "fortuna.pnl.realized") == 0.0


def test_unrealized_is_absent_without_a_mid(desk: Capture, book: Book) -> None:
    """An open position is worth nothing we know before the first mid."""
    book.trades.restore(position=2.0, entry=90.0)
    assert desk.values("fortuna.pnl.unrealized") == {}
    book.quotes.update(bids=[], asks=[], mid=95.0)
    assert desk.value("fortuna.pnl.unrealized") == 10.0


def test_the_reference_mid_goes_before_the_quotes_mid(desk: Capture, book: Book) -> None:
    """Where both are known the reference values the position."""
    book.trades.restore(position=1.0, entry=90.0)
    book.quotes.update(bids=[], asks=[], mid=95.0)
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(96.0)
    assert desk.value("fortuna.pnl.unrealized") == 6.0


def test_fees_are_counted_in_their_asset_and_in_pnl(desk: Capture, book: Book) -> None:
    """Paid and rebated apart; the PnL component is in the quote asset."""
    book.trades.restore(position=0.0)
    book.trades.fill(**FILL, fee=0.5, fee_asset="USDT")
    book.trades.fill(**FILL, fee=-0.2)
    assert desk.value("fortuna.fee.paid", asset="USDT") == 0.5
    assert desk.value("fortuna.fee.rebated", asset="USDT") == 0.2
    assert _net(desk, component="fees") == pytest.approx(-0.3)


def test_a_fee_in_the_base_asset_leaves_the_position(desk: Capture, book: Book) -> None:
    """0.01 BTC of 2 BTC are gone: worth 1 at mid 100, and the identity still holds."""
    book.trades.restore(position=0.0)
    book.trades.fill(**FILL, fee=0.01, fee_asset="BTC")
    assert book.trades.position == 1.99
    assert _net(desk, component="fees") == -1.0
    realized = _net(desk, "fortuna.pnl.realized")
    attributed = _net(desk, component="spread") + _net(desk, component="inventory")
    assert attributed == pytest.approx(realized + _unrealized(desk))


def test_a_fee_in_a_third_asset_is_converted_by_the_rates(desk: Capture, book: Book) -> None:
    """BNB in USD over USDT in USD; without both the fee is missing from PnL, and counted so."""
    book.trades.fill(**FILL, fee=0.01, fee_asset="BNB")
    assert _net(desk, component="fees") == 0.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    desk.telemetry.rate(asset="BNB", currency="USD", provider="desk").set(600.0)
    desk.telemetry.rate(asset="USDT", currency="USD", provider="desk").set(0.5)
    book.trades.fill(**FILL, fee=0.01, fee_asset="BNB")
    assert _net(desk, component="fees") == pytest.approx(-12.0)
    assert desk.value("fortuna.fee.paid", asset="BNB") == 0.02


def test_a_fill_without_any_mid_has_no_spread_yet(desk: Capture, book: Book) -> None:
    """Where no mid is known the fill's price stands in, and inventory takes the difference."""
    book.trades.restore(position=0.0)
    book.trades.fill(side="buy", price=99.0, quantity=2.0, liquidity="maker")
    assert _net(desk, component="spread") == 0.0
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(100.0)
    assert _net(desk, component="inventory") == 2.0


def test_a_derivatives_book_shows_its_position(desk: Capture) -> None:
    """Size and entry are for derivatives; flat has a size of 0 and no entry."""
    perp = desk.telemetry.book(
        client="acme", venue="binance", symbol="BTC/USDT:USDT", account="a", tag="hedge"
    )
    perp.trades.restore(position=-2.0, entry=100.0)
    assert desk.value("fortuna.position.size", settle="USDT") == -2.0
    assert desk.value("fortuna.position.entry") == 100.0
    perp.trades.fill(side="buy", price=90.0, quantity=2.0, liquidity="taker", mid=90.0)
    assert desk.value("fortuna.position.size") == 0.0
    assert desk.value("fortuna.position.entry") is None


def test_a_fee_in_the_base_asset_of_a_contract_leaves_the_position_alone(desk: Capture) -> None:
    """It is paid out of the margin."""
    perp = desk.telemetry.book(
        client="acme", venue="binance", symbol="BTC/USDT:USDT", account="a", tag="hedge"
    )
    perp.trades.restore(position=0.0)
    perp.trades.fill(**FILL, fee=0.01, fee_asset="BTC")
    assert perp.trades.position == 2.0
    assert _net(desk, component="fees") == -1.0


def test_an_inverse_contract_has_no_pnl(desk: Capture) -> None:
    """It does not earn in proportion to the price: absent is right, linear would be wrong."""
    inverse = desk.telemetry.book(
        client="acme", venue="okx", symbol="BTC/USD:BTC", account="a", tag="hedge"
    )
    inverse.trades.restore(position=0.0)
    inverse.trades.fill(**FILL, fee=0.01, fee_asset="BTC")
    assert inverse.trades.position == 2.0
    assert desk.value("fortuna.position.entry") == 99.0
    assert desk.value("fortuna.fee.paid", asset="BTC") == 0.01
    for name in ("attributed", "realized", "unrealized"):
        assert desk.values(f"fortuna.pnl.{name}") == {}


def test_without_a_present_mid_an_open_position_has_no_value(desk: Capture, book: Book) -> None:
    """Absent while nobody knows a mid; inventory takes the whole move with the next one."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    market.reference(100.0)
    book.trades.restore(position=2.0, entry=90.0)
    assert desk.value("fortuna.pnl.unrealized") == 20.0
    market.reference(None)
    assert desk.value("fortuna.pnl.unrealized") is None
    market.reference(103.0)
    assert desk.value("fortuna.pnl.unrealized") == 26.0
    assert _net(desk, component="inventory") == 6.0
    market.reference(None)
    book.trades.restore(position=0.0)
    assert desk.value("fortuna.pnl.unrealized") == 0.0


def test_a_mid_told_along_the_way_is_good_for_ten_seconds(desk: Capture, book: Book) -> None:
    """Confirming or clearing quotes does not make their mid younger, nor does an old fill's do."""
    book.trades.restore(position=2.0, entry=90.0)
    book.quotes.update(bids=[], asks=[], mid=95.0)
    desk.clock.advance(10.0)
    assert desk.value("fortuna.pnl.unrealized") == 10.0
    book.quotes.confirm()
    book.quotes.clear()
    desk.clock.advance(0.1)
    assert desk.value("fortuna.pnl.unrealized") is None
    book.quotes.confirm(mid=96.0)
    assert desk.value("fortuna.pnl.unrealized") == 12.0
    desk.clock.advance(10.1)
    book.trades.fill(**{**FILL, "quantity": 1.0, "price": 90.0})
    assert desk.value("fortuna.pnl.unrealized") == 30.0
    desk.clock.advance(10.1)
    assert desk.value("fortuna.pnl.unrealized") is None


def test_restoring_again_keeps_what_the_old_position_earned(desk: Capture, book: Book) -> None:
    """The move since the last export is valued first."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    market.reference(100.0)
    book.trades.restore(position=2.0, entry=90.0)
    desk.export()
    market.reference(103.0)
    book.trades.restore(position=1.0, entry=103.0)
    assert _net(desk, component="inventory") == 6.0
    assert desk.value("fortuna.pnl.unrealized") == 0.0


@pytest.mark.parametrize(
    ("wrong", "counted"),
    [
        ({"liquidity": None}, {"liquidity": "taker"}),
        ({"liquidity": "both"}, {"liquidity": "taker"}),
        ({"fee": None}, {"liquidity": "maker"}),
        ({"fee": "0.1"}, {"liquidity": "maker"}),
        ({"mid": -1.0}, {"liquidity": "maker"}),
    ],
)
def test_a_fill_with_a_bad_detail_has_happened_all_the_same(
    desk: Capture, book: Book, wrong: Any, counted: dict[str, str]
) -> None:
    """What ccxt leaves out (fee, takerOrMaker) is counted as dropped; the fill is not lost."""
    book.trades.restore(position=0.0)
    book.trades.fill(**{**FILL, **wrong})
    assert desk.value("fortuna.trade.fills", **counted) == 1.0
    assert book.trades.position == 2.0
    assert _net(desk, component="fees") == 0.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


@pytest.mark.parametrize(
    "wrong",
    [{"side": "bid"}, {"price": 0.0}, {"quantity": -1.0}, {"quantity": float("nan")}],
)
def test_after_a_fill_nobody_can_read_the_position_is_unknown(desk: Capture, wrong: Any) -> None:
    """It did happen: size, entry and unrealized are absent, not wrong, until `restore`."""
    perp = desk.telemetry.book(
        client="acme", venue="binance", symbol="BTC/USDT:USDT", account="a", tag="hedge"
    )
    own = ["fortuna.pnl.unrealized", "fortuna.position.size", "fortuna.position.entry"]
    perp.trades.restore(position=1.0, entry=90.0)
    perp.trades.fill(**FILL)
    assert None not in [desk.value(name) for name in own]
    perp.trades.fill(**{**FILL, **wrong})
    perp.trades.fill(**FILL)
    assert [desk.value(name) for name in own] == [None] * 3
    assert perp.trades.position is None
    assert desk.value("fortuna.trade.fills") == 2.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    perp.trades.restore(position=3.0, entry=100.0)
    assert desk.value("fortuna.position.size") == 3.0


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["buy", "sell"]),
            st.integers(9_000, 11_000).map(lambda n: n / 100),
            st.integers(1, 500).map(lambda n: n / 100),
            st.sampled_from([("USDT", 0.05), ("BTC", 0.001), ("USDT", -0.02)]),
            st.integers(9_500, 10_500).map(lambda n: n / 100),
        ),
        st.integers(9_000, 11_000).map(lambda n: n / 100),
    ),
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, size=st.integers(-300, 300).map(lambda n: n / 100))
def test_exported_components_equal_realized_plus_unrealized_plus_fees(
    steps: list[Any], size: float
) -> None:
    """The identity holds on the wire, over any mix of fills, fees and moves of the mid.

    The oracle is the change of cash + size * mid, kept without any notion of cost or component.
    """
    with capture() as desk:
        market = desk.telemetry.market(venue="v", symbol="BTC/USDT")
        book = desk.telemetry.book(client="c", venue="v", symbol="BTC/USDT", account="a", tag="t")
        mid, cash, held = 100.0, 0.0, size
        market.reference(mid)
        book.trades.restore(position=size, entry=100.0)
        before = _unrealized(desk)
        for step in steps:
            if isinstance(step, float):
                mid = step
                market.reference(mid)
                desk.export(0.5)
                continue
            side, price, quantity, (asset, fee), mid = step
            market.reference(mid)
            book.trades.fill(
                side=side,
                price=price,
                quantity=quantity,
                liquidity="maker",
                fee=fee,
                fee_asset=asset,
            )
            sign = 1 if side == "buy" else -1
            held += sign * quantity
            cash -= sign * quantity * price
            if asset == "BTC":
                held -= fee
            else:
                cash -= fee
        value = cash + held * mid - size * 100.0
        spread, inventory, fees = (
            _net(desk, component=name) for name in ("spread", "inventory", "fees")
        )
        accounted = _net(desk, "fortuna.pnl.realized") + _unrealized(desk)
        assert spread + inventory + fees == pytest.approx(value, abs=1e-6)
        assert accounted - before + fees == pytest.approx(value, abs=1e-6)
