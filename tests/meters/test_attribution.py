"""What is paid beside the fills, in whatever asset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel._markets import Market
from fortuna_otel.meters.attribution import OWED
from fortuna_otel.meters.trades import Trades
from tests.meters.trades import FILL, book_of, net, unrealized

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture

MARKET = Market.parse(venue="v", symbol="BTC/USDT")


def test_fees_are_counted_in_their_asset_and_in_pnl(desk: Capture, book: Book) -> None:
    """Paid and rebated apart; the PnL component is in the quote asset."""
    book.trades.restore(position=0.0)
    book.trades.fill(**FILL, fee=0.5, fee_asset="USDT")
    book.trades.fill(**FILL, fee=-0.2)
    assert desk.value("fortuna.fee.paid", asset="USDT") == 0.5
    assert desk.value("fortuna.fee.rebated", asset="USDT") == 0.2
    assert net(desk, component="fees") == pytest.approx(-0.3)


def test_a_fee_in_the_base_asset_leaves_the_position(desk: Capture, book: Book) -> None:
    """0.01 BTC of 2 BTC are gone: worth 1 at mid 100, and the identity still holds."""
    book.trades.restore(position=0.0)
    book.trades.fill(**FILL, fee=0.01, fee_asset="BTC")
    assert book.trades.position == 1.99
    assert net(desk, component="fees") == -1.0
    realized = net(desk, "fortuna.pnl.realized")
    attributed = net(desk, component="spread") + net(desk, component="inventory")
    assert attributed == pytest.approx(realized + unrealized(desk))


def test_a_fee_in_the_base_asset_of_a_contract_leaves_the_position_alone(desk: Capture) -> None:
    """It is paid out of the margin."""
    perp = book_of(desk, "BTC/USDT:USDT")
    perp.trades.restore(position=0.0)
    perp.trades.fill(**FILL, fee=0.01, fee_asset="BTC")
    assert perp.trades.position == 2.0
    assert net(desk, component="fees") == -1.0


@pytest.mark.parametrize(
    "symbol", ["BTC/USD:BTC-261225-64000-C", "BTC/USD:BTC-261225-64000-P", "ETH/USD:BTC"]
)
def test_what_does_not_earn_in_its_quote_has_no_pnl(desk: Capture, symbol: str) -> None:
    """An option priced in its base, a quanto: absent is right, any formula of ours is wrong."""
    book = book_of(desk, symbol)
    book.trades.restore(position=1.0, entry=99.0)
    book.trades.fill(**FILL, fee=0.01, fee_asset="USD")
    book.trades.funding(1.0, asset="USD")
    assert book.trades.position == 3.0
    assert book.trades.attributed is None
    assert desk.value("fortuna.position.entry") == 99.0
    assert desk.value("fortuna.fee.paid", asset="USD") == 0.01
    for name in ("pnl.attributed", "pnl.realized", "pnl.unrealized", "markout.pnl"):
        assert desk.values(f"fortuna.{name}") == {}


def test_what_is_attributed_is_known_with_the_position_and_a_mid(desk: Capture, book: Book) -> None:
    """The sum of all components, or None while a part of it is unknown."""
    market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
    assert book.trades.attributed is None
    book.trades.restore(position=1.0, entry=90.0)
    assert book.trades.attributed is None
    market.reference(100.0)
    assert book.trades.attributed == 0.0
    market.reference(103.0)
    book.trades.fill(side="buy", price=102.0, quantity=2.0, liquidity="maker", fee=0.5)
    assert book.trades.attributed == 3.0 + 2.0 - 0.5
    market.reference(None)
    assert book.trades.attributed is None
    book.trades.fill(side="sell", price=103.0, quantity=3.0, liquidity="taker", mid=103.0)
    desk.clock.advance(60.0)
    assert book.trades.attributed == 4.5


def _rates(desk: Capture) -> None:
    """Tell BNB and USDT in USD: one BNB is 1200 USDT."""
    desk.telemetry.rate(asset="BNB", currency="USD", provider="desk").set(600.0)
    desk.telemetry.rate(asset="USDT", currency="USD", provider="desk").set(0.5)


def test_a_fee_in_a_third_asset_is_converted_by_the_rates(desk: Capture, book: Book) -> None:
    """BNB in USD over USDT in USD."""
    _rates(desk)
    book.trades.fill(**FILL, fee=0.01, fee_asset="BNB")
    assert net(desk, component="fees") == pytest.approx(-12.0)
    assert desk.value("fortuna.fee.paid", asset="BNB") == 0.01


def test_a_fee_without_a_rate_waits_for_it(desk: Capture, book: Book) -> None:
    """Missing from PnL until then, warned of once an asset, and not lost at a start-up."""
    for _ in range(3):
        book.trades.fill(**FILL, fee=0.01, fee_asset="BNB")
    assert net(desk, component="fees") == 0.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    _rates(desk)
    assert net(desk, component="fees") == pytest.approx(-36.0)
    assert net(desk, component="fees") == pytest.approx(-36.0)


def test_what_waits_for_a_rate_is_bounded(desk: Capture, book: Book) -> None:
    """One asset more than there is room for is dropped and counted."""
    for index in range(OWED + 3):
        book.trades.gas(1.0, asset=f"COIN{index}")
    assert desk.value("fortuna.telemetry.dropped", reason="limit") == 3.0


def test_funding_is_in_what_the_contract_settles_in(desk: Capture) -> None:
    """Received gains, paid loses; there is no series before the first payment."""
    perp = book_of(desk, "BTC/USDT:USDT")
    assert desk.values("fortuna.pnl.attributed", component="funding") == {}
    perp.trades.funding(3.0)
    perp.trades.funding(-1.0)
    assert net(desk, component="funding") == 2.0
    assert desk.value("fortuna.pnl.attributed", component="funding", direction="loss") == 1.0


def test_funding_of_an_inverse_contract_is_worth_the_mid(desk: Capture) -> None:
    """It is paid in the base, out of the margin: the position stays."""
    perp = book_of(desk, "BTC/USD:BTC")
    perp.trades.restore(position=2.0, entry=90.0)
    perp.trades.funding(-0.5)
    assert perp.trades.position == 2.0
    desk.telemetry.market(venue="binance", symbol="BTC/USD:BTC").reference(100.0)
    assert net(desk, component="funding") == -50.0
    perp.trades.funding(0.1)
    assert net(desk, component="funding") == -40.0


def test_interest_is_a_cost_in_component_loan(desk: Capture, book: Book) -> None:
    """In the quote unless said otherwise; in the base of a spot market it leaves the position."""
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(100.0)
    book.trades.restore(position=2.0, entry=90.0)
    book.trades.interest(1.5)
    book.trades.interest(0.5, asset="BTC")
    assert net(desk, component="loan") == -51.5
    assert book.trades.position == 1.5
    assert net(desk, "fortuna.pnl.realized") == 5.0


def test_interest_in_the_base_waits_for_a_mid(desk: Capture, book: Book) -> None:
    """What it is worth and what is left are known together."""
    book.trades.restore(position=2.0, entry=90.0)
    book.trades.interest(0.5, asset="BTC")
    assert book.trades.position == 2.0
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(100.0)
    assert net(desk, component="loan") == -50.0
    assert book.trades.position == 1.5
    assert desk.value("fortuna.pnl.unrealized") == 15.0


def test_what_waits_leaves_a_restored_position_alone(desk: Capture, book: Book) -> None:
    """It was gone when the venue was asked for the position; its value is booked once all the same.

    What is owed after that leaves the new position.
    """
    book.trades.restore(position=10.0, entry=90.0)
    book.trades.interest(0.5, asset="BTC")
    book.trades.restore(position=9.5, entry=90.0)
    book.trades.interest(0.25, asset="BTC")
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(100.0)
    assert net(desk, component="loan") == -75.0
    assert book.trades.position == 9.25
    assert net(desk, component="loan") == -75.0
    assert (net(desk, component="inventory"), book.trades.attributed) == (0.0, -75.0)
    assert (net(desk, "fortuna.pnl.realized"), unrealized(desk)) == (2.5, 92.5)


def test_gas_is_a_cost_in_the_chains_asset(desk: Capture, book: Book) -> None:
    """Converted like any other; a refund is below 0."""
    desk.telemetry.rate(asset="ETH", currency="USDT", provider="desk").set(4_000.0)
    book.trades.gas(0.01, asset="ETH")
    book.trades.gas(-0.002, asset="ETH")
    assert net(desk, component="gas") == pytest.approx(-32.0)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_no_price_values_nothing(desk: Capture, rate: float) -> None:
    """Whatever was written to its cell, PnL stays a number."""
    registry = desk.telemetry.registry
    trades = Trades(
        registry,
        desk.clock,
        book={"client": "c", "account": "a", "tag": "t", **MARKET.attributes},
        market=MARKET,
        quotes=desk.telemetry.book(
            client="c", venue="v", symbol="BTC/USDT", account="a", tag="other"
        ).quotes,
        convert=lambda asset, into: rate,
    )
    trades.bind()
    trades.gas(1.0, asset="ETH")
    assert net(desk, component="fees", tag="t") == 0.0
    assert desk.values("fortuna.pnl.attributed", component="gas") == {}


@pytest.mark.parametrize("wrong", [None, "1", float("nan")])
def test_a_payment_nobody_can_read_is_dropped(desk: Capture, book: Book, wrong: Any) -> None:
    """Counted, and the position stays: no fill was missed."""
    book.trades.restore(position=2.0, entry=90.0)
    book.trades.funding(wrong)
    book.trades.interest(wrong)
    book.trades.gas(wrong, asset="ETH")
    book.trades.gas(1.0, asset=7)  # type: ignore[arg-type]
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 4.0
    assert book.trades.position == 2.0


def test_what_leaves_the_range_of_a_float_does_not_spoil_the_rest(
    desk: Capture, book: Book
) -> None:
    """Dropped and counted; what else was earned stays a number."""
    book.trades.restore(position=0.0)
    desk.telemetry.market(venue="binance", symbol="BTC/USDT").reference(1e300)
    book.trades.interest(1e300, asset="BTC")
    book.trades.funding(2.0)
    assert book.trades.attributed == 2.0
    assert net(desk, component="funding") == 2.0
