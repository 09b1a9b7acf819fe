"""The matching core: who trades with whom at which price, and where the money goes."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from examples.desk.exchange.core import FEES, Venue
from examples.desk.exchange.model import Account, Listing, Reason, Refused, Rules
from examples.desk.exchange.orderbook import LIVE, Order, Side, Status

SYMBOL = "BTC/USDT"
LISTING = Listing("BTC", "USDT", Decimal("0.5"), Decimal("0.001"), Decimal(5))
RULES = Rules(maker_fee=Decimal("-0.0001"), taker_fee=Decimal("0.0004"))
FUNDS = {"BTC": Decimal(10), "USDT": Decimal(100_000)}
NAMES = ("ann", "bob", "cid")


def venue(rules: Rules = RULES) -> Venue:
    """Return a venue of one market where three accounts have 10 BTC and 100 000 USDT each."""
    ticks = iter(range(10**9))
    return Venue(
        "binance",
        [LISTING],
        {name: dict(FUNDS) for name in NAMES},
        rules,
        clock=lambda: next(ticks),
    )


def place(at: Venue, account: str, side: str, price: Any, quantity: Any, **how: Any) -> Order:
    """Place an order, prices and quantities as texts or whole numbers."""
    limit = None if price is None else Decimal(str(price))
    return at.place(account, SYMBOL, Side(side), Decimal(str(quantity)), limit, **how)


def test_the_earlier_order_trades_first() -> None:
    """At one price the order that arrived first is filled first, at the resting price."""
    market = venue()
    first = place(market, "ann", "sell", 1000, "0.5")
    second = place(market, "bob", "sell", 1000, "0.5")
    taker = place(market, "cid", "buy", 1010, "0.7")
    assert (first.filled, second.filled) == (Decimal("0.5"), Decimal("0.2"))
    assert (first.status, second.status) == (Status.FILLED, Status.PARTIAL)
    assert taker.status is Status.FILLED
    assert taker.cost == Decimal(700)


def test_the_better_price_trades_first() -> None:
    """A better price goes before an earlier arrival."""
    market = venue()
    late = place(market, "ann", "sell", 1001, 1)
    better = place(market, "bob", "sell", 1000, 1)
    place(market, "cid", "buy", 1001, 1)
    assert [late.filled, better.filled] == [Decimal(0), Decimal(1)]


def test_the_rest_of_a_taker_rests() -> None:
    """What a limit order does not trade at once rests at its limit."""
    market = venue()
    place(market, "ann", "sell", 1000, "0.2")
    taker = place(market, "bob", "buy", 1000, 1)
    assert taker.status is Status.PARTIAL
    assert market.markets[SYMBOL].bids.levels(5) == [(Decimal(1000), Decimal("0.8"))]


def test_the_rest_of_an_immediate_order_expires() -> None:
    """What an immediate order does not trade is given back."""
    market = venue()
    place(market, "ann", "sell", 1000, "0.2")
    taker = place(market, "bob", "buy", 1000, 1, immediate=True)
    assert taker.status is Status.EXPIRED
    assert market.accounts["bob"].used["USDT"] == 0
    assert not market.accounts["bob"].orders


def test_a_market_order_is_protected() -> None:
    """A market order trades no further than 5 % beyond the best price."""
    market = venue()
    place(market, "ann", "sell", 1000, "0.2")
    far = place(market, "ann", "sell", 1100, 1)
    taker = place(market, "bob", "buy", None, 1)
    assert taker.filled == Decimal("0.2")
    assert far.filled == 0


def test_fees_go_to_the_venue() -> None:
    """A fee is charged in what was received, and a rebate is paid by the venue."""
    market = venue()
    place(market, "ann", "sell", 1000, 1)
    place(market, "bob", "buy", 1000, 1)
    ann, bob, house = (market.accounts[name] for name in ("ann", "bob", FEES))
    assert bob.free["BTC"] == Decimal("10.9996")
    assert ann.free["USDT"] == Decimal("101000.1")
    assert house.free["BTC"] == Decimal("0.0004")
    assert house.free["USDT"] == Decimal("-0.1")
    assert [fill.maker for fill in ann.fills] == [True]
    assert ann.fills[0].id == bob.fills[0].id


def test_a_better_price_gives_the_difference_back() -> None:
    """A buyer that trades below its limit gets back what it had reserved too much."""
    market = venue()
    place(market, "ann", "sell", 1000, 1)
    place(market, "bob", "buy", 1200, 1)
    assert market.accounts["bob"].free["USDT"] == Decimal(99_000)
    assert market.accounts["bob"].used["USDT"] == 0


def test_an_account_does_not_trade_with_itself() -> None:
    """The newer order lives, the resting one of the same account goes."""
    market = venue()
    own = place(market, "ann", "sell", 1000, 1)
    other = place(market, "bob", "sell", 1001, 1)
    taker = place(market, "ann", "buy", 1001, 1)
    assert own.status is Status.SELF_TRADE
    assert other.status is Status.FILLED
    assert taker.status is Status.FILLED


def test_post_only_is_refused_where_it_would_take() -> None:
    """A post-only order that would trade is refused, and changes nothing."""
    market = venue()
    place(market, "ann", "sell", 1000, 1)
    with pytest.raises(Refused) as refused:
        place(market, "bob", "buy", 1000, 1, post_only=True)
    assert refused.value.reason is Reason.POST_ONLY
    assert market.accounts["bob"].free == FUNDS
    assert place(market, "bob", "buy", 999, 1, post_only=True).status is Status.OPEN


def test_post_only_is_cancelled_where_the_venue_does_so() -> None:
    """At a venue that cancels instead, the order is taken and over at once, for nothing."""
    market = venue(Rules(post_only_cancels=True))
    place(market, "ann", "sell", 1000, 1)
    order = place(market, "bob", "buy", 1000, 1, post_only=True)
    assert order.status is Status.WOULD_TAKE
    assert market.accounts["bob"].free == FUNDS
    assert market.find("bob", SYMBOL, order.id) is order


@pytest.mark.parametrize(
    ("price", "quantity", "reason"),
    [
        ("1000.3", "1", Reason.TICK),
        ("-1", "1", Reason.TICK),
        ("1000", "0.0005", Reason.LOT),
        ("1000", "0", Reason.LOT),
        ("1000", "0.004", Reason.NOTIONAL),
        ("1000", "101", Reason.FUNDS),
    ],
)
def test_what_breaks_the_rules_is_refused(price: str, quantity: str, reason: Reason) -> None:
    """Ticks, steps, the least notional and funds are checked before anything changes."""
    market = venue()
    with pytest.raises(Refused) as refused:
        place(market, "ann", "buy", price, quantity)
    assert refused.value.reason is reason
    assert market.accounts["ann"].free == FUNDS
    assert not market.orders


def test_what_does_not_exist_is_refused() -> None:
    """Unknown markets, others' orders, finished orders and empty books have their reason."""
    market = venue()
    order = place(market, "ann", "buy", 1000, 1, client_id="x")
    for call, reason in (
        (lambda: market.market("NO/PE"), Reason.SYMBOL),
        (lambda: market.cancel("bob", SYMBOL, order.id), Reason.UNKNOWN_ORDER),
        (lambda: market.find("bob", SYMBOL, order.id), Reason.UNKNOWN_ORDER),
        (lambda: place(market, "ann", "buy", 1000, 1, client_id="x"), Reason.DUPLICATE),
        (lambda: place(market, "ann", "buy", None, 1), Reason.EMPTY_BOOK),
    ):
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.reason is reason
    market.cancel("ann", SYMBOL, order.id)
    with pytest.raises(Refused):
        market.cancel("ann", SYMBOL, order.id)
    assert place(market, "ann", "buy", 1000, 1, client_id="x").status is Status.OPEN


def test_cancel_all_takes_one_market_or_every_one() -> None:
    """Every live order of the account ends, and only of that account."""
    market = venue()
    mine = [place(market, "ann", "buy", price, 1) for price in (1000, 1001)]
    theirs = place(market, "bob", "buy", 1002, 1)
    assert market.cancel_all("ann", "ETH/USDT") == []
    assert market.cancel_all("ann") == mine
    assert theirs.status is Status.OPEN
    assert market.accounts["ann"].free == FUNDS


def test_take_trades_with_the_chosen_order_alone() -> None:
    """The control endpoint's privilege passes the queue, in whole steps, and no further."""
    market = venue()
    first = place(market, "ann", "sell", 1000, 1)
    chosen = place(market, "bob", "sell", 1000, 1)
    assert market.take("cid", chosen, Decimal("0.40049")) == Decimal("0.4")
    assert [first.filled, chosen.filled] == [Decimal(0), Decimal("0.4")]
    assert market.take("cid", chosen, Decimal(5)) == Decimal("0.6")
    assert market.take("cid", chosen, Decimal(1)) == 0
    assert market.markets[SYMBOL].asks.levels(5) == [(Decimal(1000), Decimal(1))]


def test_fills_are_found_from_a_point_on() -> None:
    """Fills are looked up by time and by id, oldest first."""
    market = venue()
    for _ in range(3):
        place(market, "ann", "sell", 1000, 1)
        place(market, "bob", "buy", 1000, 1)
    bob = market.accounts["bob"]
    ids = [fill.id for fill in bob.fills]
    assert [fill.id for fill in bob.fills_since(first_id=ids[1])] == ids[1:]
    assert [fill.id for fill in bob.fills_since(bob.fills[2].time)] == ids[2:]


@given(amount=st.decimals("0.001", "100", places=3))
def test_reserving_moves_and_never_makes(amount: Decimal) -> None:
    """Free and reserved always add up to the same."""
    account = Account("a", {"BTC": Decimal(50)})
    try:
        account.reserve("BTC", amount)
    except Refused:
        assert amount > 50
        assert account.free["BTC"] == 50
    else:
        assert account.total("BTC") == 50
        account.release("BTC", amount)
        assert account.free["BTC"] == 50


PRICES = st.integers(1_990, 2_010).map(lambda ticks: Decimal(ticks) / 2)
QUANTITIES = st.integers(5, 3_000).map(lambda steps: Decimal(steps) / 1_000)


class Trading(RuleBasedStateMachine):
    """Any sequence of orders and cancellations keeps the books honest."""

    def __init__(self) -> None:
        super().__init__()
        self.venue = venue()

    @rule(
        account=st.sampled_from(NAMES),
        side=st.sampled_from(Side),
        price=st.none() | PRICES,
        quantity=QUANTITIES,
        post_only=st.booleans(),
        immediate=st.booleans(),
    )
    def order(self, account: str, side: Side, price: Decimal | None, **rest: Any) -> None:
        """Somebody places an order."""
        quantity = rest.pop("quantity")
        with contextlib.suppress(Refused):
            self.venue.place(account, SYMBOL, side, quantity, price, **rest)

    @rule(account=st.sampled_from(NAMES), data=st.data())
    def cancel(self, account: str, data: st.DataObject) -> None:
        """Somebody cancels one of its orders."""
        live = list(self.venue.accounts[account].orders)
        if live:
            self.venue.cancel(account, SYMBOL, data.draw(st.sampled_from(live)))

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        """Over all accounts, the venue's included, every asset is conserved to the last digit."""
        for asset, each in FUNDS.items():
            total = sum(account.total(asset) for account in self.venue.accounts.values())
            assert total == each * len(NAMES)

    @invariant()
    def reserved_is_what_rests(self) -> None:
        """What is reserved is exactly what live orders could still spend, and nobody owes."""
        for name in NAMES:
            account = self.venue.accounts[name]
            orders = account.orders.values()
            buys = sum(o.price * o.remaining for o in orders if o.side is Side.BUY)
            sells = sum(o.remaining for o in orders if o.side is Side.SELL)
            assert (account.used["USDT"], account.used["BTC"]) == (buys, sells)
            assert min(account.free["USDT"], account.free["BTC"]) >= 0

    @invariant()
    def the_book_is_not_crossed(self) -> None:
        """The best bid is below the best ask, and every resting order is live and its owner's."""
        market = self.venue.markets[SYMBOL]
        if market.bids.best is not None and market.asks.best is not None:
            assert market.bids.best < market.asks.best
        resting = [*market.bids.orders(), *market.asks.orders()]
        assert all(order.status in LIVE and order.remaining > 0 for order in resting)
        owned = {o.id for name in NAMES for o in self.venue.accounts[name].orders.values()}
        assert {order.id for order in resting} == owned


TestTrading = Trading.TestCase
TestTrading.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
