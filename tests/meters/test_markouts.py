"""Markouts: settled by the exports, at the mid that stood at each horizon."""

from __future__ import annotations

import gc
import math
import weakref
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel._clock import SystemClock
from fortuna_otel._log import Throttle
from fortuna_otel._markets import Market
from fortuna_otel.analytics import markout
from fortuna_otel.export.registry import Registry
from fortuna_otel.meters.markouts import reference_mids
from fortuna_otel.signals.enums import Horizon
from fortuna_otel.testing import Capture, capture
from tests.meters.trades import FILL, book_of, net

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.meters.market import MarketMeter

HORIZONS = {str(horizon): float(horizon) for horizon in Horizon}


@pytest.fixture
def market(desk: Capture) -> MarketMeter:
    """Give the market of the book."""
    return desk.telemetry.market(venue="binance", symbol="BTC/USDT")


def _markouts(desk: Capture) -> dict[str, float]:
    """Return gain - loss of every horizon that has any."""
    net: defaultdict[str, float] = defaultdict(float)
    for key, value in desk.values("fortuna.markout.pnl").items():
        labels = dict(key)
        net[labels["horizon"]] += value if labels["direction"] == "gain" else -value
    return dict(net)


def test_each_horizon_is_counted_when_it_has_passed(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """2 bought at 99: the mid of each horizon's moment - 99, twice."""
    market.reference(100.0)
    book.trades.fill(side="buy", price=99.0, quantity=2.0, liquidity="maker")
    assert _markouts(desk) == {"0": 2.0}
    passed = 0.0
    for horizon, seconds in HORIZONS.items():
        if seconds > 0.0:
            desk.clock.advance(seconds - passed - 0.1)
            assert horizon not in _markouts(desk)
            desk.clock.advance(0.1)
            passed = seconds
            market.reference(100.0 + seconds)
    expected = {horizon: 2.0 * (1.0 + seconds) for horizon, seconds in HORIZONS.items()}
    assert _markouts(desk) == pytest.approx(expected)
    desk.clock.advance(1_000.0)
    assert _markouts(desk) == pytest.approx(expected)


def test_what_a_mean_and_its_error_need_is_counted_with_it(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """Notional, squares and number of the same fills; from them, what a list of them gives."""
    market.reference(100.0)
    prices, quantities = (99.0, 99.5, 100.5, 98.0), (1.0, 2.0, 3.0, 0.5)
    for price, quantity in zip(prices, quantities, strict=True):
        book.trades.fill(side="buy", price=price, quantity=quantity, liquidity="maker")
    markouts = [q * (100.0 - p) for p, q in zip(prices, quantities, strict=True)]
    total = net(desk, "fortuna.markout.pnl", horizon="0")
    squared = desk.value("fortuna.markout.squared", horizon="0")
    number = desk.value("fortuna.markout.fills", horizon="0")
    notional = sum([p * q for p, q in zip(prices, quantities, strict=True)])
    assert desk.value("fortuna.markout.notional", horizon="0") == pytest.approx(notional)
    assert squared is not None
    assert number == 4.0
    mean = sum(markouts) / 4
    variance = sum([(value - mean) ** 2 for value in markouts]) / 3
    assert total / number == pytest.approx(mean)
    error = math.sqrt((squared / number - (total / number) ** 2) / (number - 1))
    assert error == pytest.approx(math.sqrt(variance / 4))


def test_side_and_liquidity_are_kept_apart(desk: Capture, book: Book, market: MarketMeter) -> None:
    """A sale above the mid gains, a buy above it loses."""
    market.reference(100.0)
    book.trades.fill(side="sell", price=101.0, quantity=1.0, liquidity="maker")
    book.trades.fill(side="buy", price=101.0, quantity=2.0, liquidity="taker")
    assert net(desk, "fortuna.markout.pnl", side="sell", liquidity="maker", horizon="0") == 1.0
    assert net(desk, "fortuna.markout.pnl", side="buy", liquidity="taker", horizon="0") == -2.0
    assert desk.values("fortuna.markout.fills", side="buy", liquidity="maker") == {}


def test_the_mid_of_the_horizon_counts_not_that_of_the_export(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """An export half a second late sees the mid as it stood; one exactly on time counts already."""
    market.reference(100.0)
    book.trades.fill(side="buy", price=100.0, quantity=1.0, liquidity="maker")
    desk.clock.advance(0.75)
    market.reference(101.0)
    desk.clock.advance(0.25)
    assert _markouts(desk) == {"0": 0.0, "1": 1.0}
    desk.clock.advance(3.75)
    market.reference(105.0)
    desk.clock.advance(0.5)
    market.reference(200.0)
    assert _markouts(desk) == {"0": 0.0, "1": 1.0, "5": 5.0}


def test_a_horizon_without_a_mid_is_in_none_of_the_counters(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """Never told, told too long ago, or told to be unknown: later horizons are not harmed."""
    book.trades.fill(side="buy", price=100.0, quantity=1.0, liquidity="maker")
    desk.clock.advance(2.0)
    market.reference(101.0)
    desk.export(20.0)
    desk.clock.advance(8.0)
    market.reference(102.0)
    market.reference(None)
    desk.clock.advance(20.0)
    market.reference(103.0)
    desk.clock.advance(600.0)
    for name in ("pnl", "notional", "squared", "fills"):
        counted = desk.values(f"fortuna.markout.{name}")
        assert {dict(key)["horizon"] for key in counted} == {"5", "60"}
    assert _markouts(desk) == {"5": 1.0, "60": 3.0}


def test_without_a_reference_the_books_own_mid_stands_in(desk: Capture, book: Book) -> None:
    """What quotes are measured against, as the last export saw it."""
    book.quotes.update(bids=[], asks=[], mid=100.0)
    book.trades.fill(side="buy", price=99.0, quantity=2.0, liquidity="maker")
    desk.export(0.5)
    book.quotes.update(bids=[], asks=[], mid=103.0)
    desk.export(0.25)
    desk.export(0.25)
    assert _markouts(desk) == {"0": 2.0, "1": 8.0}


def test_the_mid_of_a_later_fill_stands_in_too(desk: Capture, book: Book) -> None:
    """It is news of the same market."""
    book.trades.fill(**FILL)
    desk.clock.advance(3.0)
    book.trades.fill(**{**FILL, "mid": 97.0, "liquidity": "taker"})
    desk.clock.advance(2.5)
    assert net(desk, "fortuna.markout.pnl", liquidity="maker", horizon="1") == 2.0
    assert net(desk, "fortuna.markout.pnl", liquidity="maker", horizon="5") == -4.0


def test_the_mid_of_a_fill_judges_it_at_once(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """Horizon 0 is the spread that the fill earned: against the mid it came with."""
    market.reference(100.0)
    book.trades.fill(**{**FILL, "mid": 99.5})
    assert net(desk, "fortuna.markout.pnl", horizon="0") == 1.0
    assert net(desk, component="spread") == 1.0


def test_books_of_one_market_share_its_mids(desk: Capture, market: MarketMeter) -> None:
    """Told once; markets of other venues and other processes have their own."""
    first, second = book_of(desk, "BTC/USDT"), book_of(desk, "BTC/USDT", tag="second")
    other = desk.telemetry.book(client="acme", venue="okx", symbol="BTC/USDT", account="a", tag="t")
    market.reference(101.0)
    for book in (first, second, other):
        book.trades.fill(side="buy", price=100.0, quantity=1.0, liquidity="maker")
    assert net(desk, "fortuna.markout.pnl", tag="hedge", horizon="0") == 1.0
    assert net(desk, "fortuna.markout.pnl", tag="second", horizon="0") == 1.0
    assert desk.values("fortuna.markout.pnl", venue="okx") == {}
    with capture() as elsewhere:
        book_of(elsewhere, "BTC/USDT").trades.fill(
            side="buy", price=100.0, quantity=1.0, liquidity="maker"
        )
        assert elsewhere.values("fortuna.markout.pnl") == {}


def test_the_mids_of_a_process_end_with_its_telemetry() -> None:
    """What a registry's markets told is held by nobody else."""
    market = Market.parse(venue="v", symbol="BTC/USDT")
    registry = Registry(Throttle(SystemClock()))
    held = weakref.ref(reference_mids(registry, market))
    assert reference_mids(registry, market) is held()
    del registry
    gc.collect()
    assert held() is None


def test_a_fill_that_cannot_wait_is_dropped_and_counted(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """At no horizon, so that all of them are about the same fills."""
    market.reference(100.0)
    for _ in range(markout.FILLS + 5):
        book.trades.fill(side="buy", price=99.0, quantity=1.0, liquidity="maker")
    for seconds in (1.0, 4.0, 25.0, 30.0, 240.0):
        desk.clock.advance(seconds)
        market.reference(100.0)
        desk.export(0.0)
    counted = desk.values("fortuna.markout.fills")
    assert set(counted.values()) == {float(markout.FILLS)}
    assert len(counted) == 6
    assert desk.value("fortuna.trade.fills") == markout.FILLS + 5
    assert desk.value("fortuna.telemetry.dropped", reason="limit") == 5.0


def test_a_markout_that_cannot_be_squared_is_in_none_of_the_counters(
    desk: Capture, book: Book
) -> None:
    """A sum with an infinite square would say nothing about all others."""
    book.trades.fill(**{**FILL, "price": 1e100, "quantity": 1e100})
    assert desk.values("fortuna.markout.fills") == {}
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_child_process_forgets_the_fills_of_its_parent(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """The parent settles them; the child begins with its own, and with what it is told itself."""
    market.reference(100.0)
    book.trades.fill(side="buy", price=99.0, quantity=1.0, liquidity="maker")
    desk.telemetry.registry.refresh()
    desk.clock.advance(0.5)
    desk.telemetry.registry.forget()
    book._forget()
    book.trades.fill(side="buy", price=99.0, quantity=1.0, liquidity="maker")
    desk.clock.advance(0.25)
    market.reference(101.0)
    desk.clock.advance(3.0)
    assert _markouts(desk) == {"1": 2.0}
    book.trades.fill(side="buy", price=101.0, quantity=1.0, liquidity="maker")
    assert _markouts(desk) == {"0": 0.0, "1": 2.0}
    assert desk.value("fortuna.markout.squared", horizon="0") == 0.0


def test_the_reference_goes_before_the_books_own_mid(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """As it does for PnL."""
    book.trades.fill(side="buy", price=99.0, quantity=1.0, liquidity="maker")
    book.quotes.update(bids=[], asks=[], mid=105.0)
    market.reference(100.0)
    desk.export(0.5)
    desk.clock.advance(0.5)
    assert _markouts(desk)["1"] == 1.0


def test_a_step_of_the_wall_clock_changes_nothing(
    desk: Capture, book: Book, market: MarketMeter
) -> None:
    """Horizons are on the monotonic clock."""
    market.reference(100.0)
    book.trades.fill(side="buy", price=99.0, quantity=1.0, liquidity="maker")
    desk.clock._ns += 3_600_000_000_000
    desk.clock.advance(0.5)
    assert _markouts(desk) == {"0": 1.0}
    desk.clock._ns -= 7_200_000_000_000
    desk.clock.advance(0.5)
    assert _markouts(desk) == {"0": 1.0, "1": 1.0}


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 60).map(lambda n: n / 2),  # seconds until it happens
        st.one_of(
            st.tuples(st.just("mid"), st.none() | st.integers(90, 110).map(float)),
            st.tuples(
                st.sampled_from(["buy", "sell"]),
                st.integers(90, 110).map(float),
                st.integers(1, 5).map(float),
                st.sampled_from(["maker", "taker"]),
            ),
            st.just(("export",)),
        ),
    ),
    max_size=25,
)


def _expected(
    fills: list[Any], told: list[tuple[float, float | None]], end: float
) -> dict[tuple[str, str, str], list[float]]:
    """Return the markouts by side, liquidity and horizon, from the full history."""
    expected = defaultdict(list)
    for when, side, price, quantity, liquidity in fills:
        for horizon, seconds in HORIZONS.items():
            before = [entry for entry in told if entry[0] <= when + seconds]
            moment, mid = before[-1] if before else (0.0, None)
            if when + seconds > end or mid is None or when + seconds - moment > 10.0:
                continue
            sign = 1.0 if side == "buy" else -1.0
            expected[side, liquidity, horizon].append(sign * quantity * (mid - price))
    return dict(expected)


@settings(max_examples=60, deadline=None)
@given(events=EVENTS)
def test_markouts_equal_those_of_the_full_history(events: list[Any]) -> None:
    """Whenever the exports come: the oracle looks every horizon up in all that was ever told."""
    fills: list[Any] = []
    told: list[tuple[float, float | None]] = []
    with capture() as desk:
        market = desk.telemetry.market(venue="binance", symbol="BTC/USDT")
        book = book_of(desk, "BTC/USDT")
        now, refresh = 0.0, desk.telemetry.registry.refresh
        for wait, event in events:
            # Exports come at any time, but never later than mids are kept for them.
            for _ in range(int(wait) // 10):
                desk.clock.advance(10.0)
                refresh()
            desk.clock.advance(wait % 10.0 + 0.125)
            now += wait + 0.125
            match event:
                case ("export",):
                    refresh()
                case ("mid", mid):
                    market.reference(mid)
                    told.append((now, mid))
                case (side, price, quantity, liquidity):
                    book.trades.fill(side=side, price=price, quantity=quantity, liquidity=liquidity)
                    fills.append((now, side, price, quantity, liquidity))
        for _ in range(31):
            desk.clock.advance(10.0)
            refresh()
        expected = _expected(fills, told, now + 310.0)
        counted = {
            tuple(dict(key)[name] for name in ("side", "liquidity", "horizon")): value
            for key, value in desk.values("fortuna.markout.fills").items()
        }
        assert counted == {key: float(len(values)) for key, values in expected.items()}
        for (side, liquidity, horizon), values in expected.items():
            labels = {"side": side, "liquidity": liquidity, "horizon": horizon}
            assert net(desk, "fortuna.markout.pnl", **labels) == pytest.approx(sum(values))
            squares = desk.value("fortuna.markout.squared", **labels)
            assert squares == pytest.approx(sum([value * value for value in values]))
