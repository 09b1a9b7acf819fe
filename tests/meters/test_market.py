"""Markets and reference rates."""

from __future__ import annotations

import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import FrameType

    from fortuna_otel import MarketMeter
    from fortuna_otel.testing import Capture


@pytest.fixture
def market(desk: Capture) -> MarketMeter:
    """Give the meter of a market."""
    return desk.telemetry.market(venue="binance", symbol="BTC/USDT")


def test_top_sets_bid_ask_and_mid(desk: Capture, market: MarketMeter) -> None:
    """Prices are tick-exact and carry what the symbol says."""
    market.top(bid=64_000.0, ask=64_001.0)
    assert desk.value("fortuna.market.bid", base="BTC", quote="USDT", settle="") == 64_000.0
    assert desk.value("fortuna.market.mid") == 64_000.5


def test_an_empty_side_ends_its_price_and_mid(desk: Capture, market: MarketMeter) -> None:
    """None says that the side is empty; the other price stands."""
    market.top(bid=64_000.0, ask=64_001.0)
    desk.export()
    market.top(bid=64_000.0, ask=None)
    ended = {point.name for point in desk.export() if point.ended}
    assert ended == {"fortuna.market.ask", "fortuna.market.mid"}
    assert desk.value("fortuna.market.bid") == 64_000.0


def test_depth_is_absent_beyond_the_visible_book(desk: Capture, market: MarketMeter) -> None:
    """A book that shows 2 % of one side and 10 % of the other tells no more than that."""
    market.depth(
        bids=[(99.5, 1.0), (98.0, 1.0)],
        asks=[(100.5, 1.0), (110.0, 2.0)],
    )
    bands = {
        side: {
            dict(key)["band"]: value
            for key, value in desk.values("fortuna.market.depth", side=side).items()
        }
        for side in ("bid", "ask")
    }
    assert bands["bid"] == {"0.5": 99.5, "1": 99.5, "2": 197.5}
    assert bands["ask"] == {
        "0.5": 100.5,
        "1": 100.5,
        "2": 100.5,
        "3": 100.5,
        "5": 100.5,
        "10": 320.5,
    }
    assert desk.value("fortuna.market.reach", side="bid") == pytest.approx(0.02)
    assert desk.value("fortuna.market.reach", side="ask") == pytest.approx(0.10)


def test_depth_of_an_empty_side_is_0(desk: Capture, market: MarketMeter) -> None:
    """Nothing there is a fact; how much is within a band of an unknown mid is not."""
    market.depth(bids=[], asks=[(100.5, 1.0)])
    assert set(desk.values("fortuna.market.depth", side="bid").values()) == {0.0}
    assert desk.values("fortuna.market.depth", side="ask") == {}
    assert desk.values("fortuna.market.reach") == {}


@pytest.mark.parametrize("wrong", [[("x", 1.0)], [(99.0,)], [(99.0, -1.0)], None])
def test_a_wrong_book_is_counted_and_the_last_one_ends(
    desk: Capture, market: MarketMeter, wrong: Any
) -> None:
    """What is behind a book that cannot be read is not known, and the last one is history."""
    market.depth(bids=[(99.0, 1.0)], asks=[(101.0, 1.0)])
    assert desk.value("fortuna.market.reach", side="bid") == 0.01
    market.depth(bids=wrong, asks=[(101.0, 1.0)])
    assert desk.values("fortuna.market.reach") == {}
    assert desk.values("fortuna.market.depth") == {}
    assert desk.values("fortuna.telemetry.dropped") != {}
    market.depth(bids=[(98.0, 1.0)], asks=[(102.0, 1.0)])
    assert desk.value("fortuna.market.reach", side="bid") == 0.02


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan"), "1"])
def test_a_wrong_number_ends_the_one_before(desk: Capture, market: MarketMeter, wrong: Any) -> None:
    """As on every gauge: data goes on arriving, so the old number would look fresh."""

    def tell(number: Any) -> None:
        market.top(bid=number, ask=2.0)
        market.last(number)
        market.reference(number)
        other: Any = 1.0 if number == 1.0 else "x"
        market.received("book", venue_time=other)
        market.funding(rate=other, interval=number)
        market.volume(number if number == 1.0 else -1.0)

    names = ["market.bid", "market.mid", "market.last", "reference.mid", "feed.lag"]
    names += ["funding.rate", "funding.interval", "market.volume"]
    tell(1.0)
    assert None not in [desk.value(f"fortuna.{name}") for name in names]
    tell(wrong)
    assert [desk.value(f"fortuna.{name}") for name in names] == [None] * len(names)
    assert desk.value("fortuna.market.ask") == 2.0
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 7.0


def test_no_export_sees_half_a_top(desk: Capture, market: MarketMeter) -> None:
    """Whenever a writer is interrupted: bid, ask and mid are of one top, and never crossed."""
    seen = []

    def interrupt(frame: FrameType, _event: str, _arg: Any) -> Any:
        if frame.f_code.co_name != "top":
            return None
        sys.settrace(None)
        seen.append([desk.value(f"fortuna.market.{name}") for name in ("bid", "ask", "mid")])
        sys.settrace(interrupt)
        return interrupt

    market.top(bid=1.0, ask=2.0)
    before = sys.gettrace()
    sys.settrace(interrupt)
    try:
        market.top(bid=3.0, ask=4.0)
    finally:
        sys.settrace(before)
    seen.append([desk.value(f"fortuna.market.{name}") for name in ("bid", "ask", "mid")])
    assert len(seen) > 2
    assert {tuple(top) for top in seen} == {(1.0, 2.0, 1.5), (3.0, 4.0, 3.5)}


def test_received_keeps_the_time_of_the_event_and_the_lag(
    desk: Capture, market: MarketMeter
) -> None:
    """Age is judged from the event's own time; lag only where the venue tells its time."""
    market.received("trades", venue_time=desk.clock.now - 0.5)
    assert desk.value("fortuna.feed.lag", stream="trades") == pytest.approx(0.5, abs=1e-6)
    market.received("trades")
    market.received("book", venue_time=desk.clock.now - 0.25)
    then = desk.clock.now
    desk.export(5.0)
    assert desk.value("fortuna.market.received.timestamp", stream="book") == pytest.approx(then)
    assert desk.value("fortuna.feed.lag", stream="book") == pytest.approx(0.25, abs=1e-6)
    assert desk.values("fortuna.feed.lag", stream="trades") == {}


@pytest.mark.parametrize("stream", [["book"], {}, None, 7])
def test_a_stream_that_is_no_text_harms_nobody(
    desk: Capture, market: MarketMeter, stream: Any
) -> None:
    """It is called for every message, and a message may be anything."""
    market.received(stream)
    market.valid(stream, True)
    market.received("book")
    assert len(desk.values("fortuna.market.received.timestamp")) == 1
    assert desk.values("fortuna.telemetry.dropped") != {}


def test_whole_numbers_and_decimals_are_prices(desk: Capture, market: MarketMeter) -> None:
    """Not only floats, though they are fastest."""
    market.top(bid=1, ask=Decimal("2.5"))  # type: ignore[arg-type]
    market.reference(2)
    assert desk.value("fortuna.market.mid") == 1.75
    assert desk.value("fortuna.reference.mid") == 2.0


def test_funding_of_a_perpetual(desk: Capture, market: MarketMeter) -> None:
    """A negative rate is one; what nobody knows any more is absent."""
    market.funding(rate=-0.0001, interval=28_800.0)
    assert desk.value("fortuna.funding.rate") == -0.0001
    assert desk.value("fortuna.funding.interval") == 28_800.0
    market.funding(rate=0.0)
    assert desk.value("fortuna.funding.rate") == 0.0
    assert desk.value("fortuna.funding.interval") is None


def test_no_local_book_is_not_an_invalid_one(desk: Capture, market: MarketMeter) -> None:
    """None: there is none. Text is no answer, whatever it says."""
    market.valid("book", True)
    market.valid("book", None)
    assert desk.value("fortuna.feed.valid") is None
    market.valid("book", "false")  # type: ignore[arg-type]
    assert desk.value("fortuna.feed.valid") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_reference_and_plain_gauges(desk: Capture, market: MarketMeter) -> None:
    """Last, volume, reference, validity: set as they are; an unknown reference ends."""
    market.last(64_000.5)
    market.volume(1.2e9)
    market.reference(64_000.4)
    market.valid("book", False)
    assert desk.value("fortuna.market.last") == 64_000.5
    assert desk.value("fortuna.market.volume") == 1.2e9
    assert desk.value("fortuna.feed.valid", stream="book") == 0.0
    assert desk.value("fortuna.reference.mid") == 64_000.4
    market.reference(None)
    assert desk.value("fortuna.reference.mid") is None


def test_a_state_is_one_hot(desk: Capture, market: MarketMeter) -> None:
    """1 for the present state, 0 for those it left, no series for those it never entered."""
    market.status("trading")
    market.status("halted")
    assert desk.value("fortuna.market.status", status="trading") == 0.0
    assert desk.value("fortuna.market.status", status="halted") == 1.0
    assert len(desk.values("fortuna.market.status")) == 2


def test_a_rate_carries_its_time(desk: Capture) -> None:
    """Setting a rate confirms it, changed or not; what is no rate ends it, and has no time."""
    rate = desk.telemetry.rate(asset="BTC", currency="USD", provider="desk")
    rate.set(64_000.0)
    then = desk.clock.now
    desk.clock.advance(5.0)
    rate.set(0.0)
    assert desk.value("fortuna.reference.rate") is None
    assert desk.value("fortuna.reference.rate.timestamp") == pytest.approx(then)


@pytest.mark.parametrize("venue_time", [1_795_000_000_000, 1_795_000_000_000.0])
def test_a_venue_time_in_milliseconds_is_no_lag(desk: Capture, venue_time: float) -> None:
    """Ccxt tells milliseconds: 56,000 years of lag would page somebody."""
    market = desk.telemetry.market(venue="v", symbol="A/B")
    market.received("book", venue_time=venue_time)
    assert desk.value("fortuna.feed.lag") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_what_is_lost_is_told_as_none(desk: Capture) -> None:
    """It ends, and is nobody's mistake."""
    market = desk.telemetry.market(venue="v", symbol="A/B")
    rate = desk.telemetry.rate(asset="BTC", currency="USD", provider="desk")
    for tell in (market.last, market.volume, rate.set):
        tell(1.0)
        tell(None)
    for name in ("fortuna.market.last", "fortuna.market.volume", "fortuna.reference.rate"):
        assert desk.value(name) is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") is None
