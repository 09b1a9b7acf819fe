"""Quotes: what the venue acknowledged, derived from one ladder, ended when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture

LADDER: dict[str, Any] = {
    "bids": [(99.0, 1.0), (98.0, 2.0)],
    "asks": [(101.0, 1.0), (102.0, 2.0)],
    "mid": 100.0,
}


def test_an_update_becomes_prices_spread_and_liquidity(desk: Capture, book: Book) -> None:
    """Best prices, (ask - bid) / mid, and price * remaining size by side."""
    book.quotes.update(**LADDER)
    assert desk.value("fortuna.quote.bid") == 99.0
    assert desk.value("fortuna.quote.ask") == 101.0
    assert desk.value("fortuna.quote.spread", client="acme", source="engine") == 0.02
    assert desk.value("fortuna.quote.liquidity", side="bid") == 295.0
    assert desk.value("fortuna.quote.liquidity", side="ask") == 305.0


def test_depth_is_cumulative_by_band(desk: Capture, book: Book) -> None:
    """All eight bands of both sides are exported."""
    book.quotes.update(**LADDER)
    depth = {
        (dict(key)["side"], dict(key)["band"]): value
        for key, value in desk.values("fortuna.quote.depth").items()
    }
    assert len(depth) == 16
    assert [depth["bid", band] for band in ("0.5", "1", "2", "20")] == [0.0, 99.0, 295.0, 295.0]


def test_an_empty_side_has_depth_0_and_no_price(desk: Capture, book: Book) -> None:
    """Depth and liquidity of an empty side are 0; its price and the spread are absent, never 0."""
    book.quotes.update(bids=LADDER["bids"], asks=[], mid=100.0)
    assert desk.value("fortuna.quote.ask") is None
    assert desk.value("fortuna.quote.spread") is None
    assert desk.value("fortuna.quote.liquidity", side="ask") == 0.0
    assert set(desk.values("fortuna.quote.depth", side="ask").values()) == {0.0}


def test_without_a_mid_there_is_no_spread_and_no_depth(desk: Capture, book: Book) -> None:
    """What is measured from mid is absent while mid is unknown; liquidity is not."""
    book.quotes.update(bids=LADDER["bids"], asks=LADDER["asks"], mid=None)
    assert desk.value("fortuna.quote.spread") is None
    assert desk.values("fortuna.quote.depth") == {}
    assert desk.value("fortuna.quote.liquidity", side="bid") == 295.0


def test_a_vanished_level_ends_at_once_and_exactly_once(desk: Capture, book: Book) -> None:
    """A cancelled level is marked stale in the next export, and never mentioned again."""
    book.quotes.update(**LADDER)
    desk.export()
    book.quotes.update(bids=LADDER["bids"][:1], asks=LADDER["asks"], mid=100.0)
    gone = [point for point in desk.export() if point.ended]
    assert {(p.name, p.attributes["side"], p.attributes["level"]) for p in gone} == {
        ("fortuna.quote.ladder.price", "bid", "2"),
        ("fortuna.quote.ladder.size", "bid", "2"),
    }
    later = [p for p in desk.export() if p.attributes.get("level") == "2"]
    assert {p.attributes["side"] for p in later} == {"ask"}


def test_the_ladder_is_keyed_by_level(desk: Capture, book: Book) -> None:
    """Level 1 is the best price, whatever the price is."""
    book.quotes.update(**LADDER)
    assert desk.value("fortuna.quote.ladder.price", side="ask", level="1") == 101.0
    book.quotes.update(bids=[], asks=[(105.0, 3.0)], mid=100.0)
    assert desk.value("fortuna.quote.ladder.price", side="ask", level="1") == 105.0
    assert desk.value("fortuna.quote.ladder.size", side="ask", level="1") == 3.0


def test_ten_levels_unless_declared_otherwise(desk: Capture, book: Book) -> None:
    """The ladder is cut, depth and liquidity are not."""
    orders = [(100.0 - n / 10, 1.0) for n in range(30)]
    book.quotes.update(bids=orders, asks=[], mid=100.0)
    assert len(desk.values("fortuna.quote.ladder.price")) == 10
    assert desk.value("fortuna.quote.liquidity", side="bid") == pytest.approx(
        sum(price for price, _ in orders)
    )
    deep = desk.telemetry.book(
        client="acme", venue="okx", symbol="BTC/USDT", account="a", tag="deep", levels=25
    )
    deep.quotes.update(bids=orders, asks=[], mid=100.0)
    assert len(desk.values("fortuna.quote.ladder.price", tag="deep")) == 25


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(500, 1500), st.integers(1, 100)), max_size=10))
def test_the_sum_of_the_ladder_is_the_liquidity(orders: list[tuple[int, int]]) -> None:
    """Of the exported series: ladder price * size = liquidity, up to ten levels a side."""
    with capture() as desk:
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        book.quotes.update(bids=[(p / 10, float(q)) for p, q in orders], asks=[], mid=100.0)
        prices = desk.values("fortuna.quote.ladder.price")
        sizes = list(desk.values("fortuna.quote.ladder.size").values())
        ladder = sum(p * q for p, q in zip(prices.values(), sizes, strict=True))
        assert desk.value("fortuna.quote.liquidity", side="bid") == pytest.approx(ladder)


def test_updated_means_last_confirmed(desk: Capture, book: Book) -> None:
    """An unchanged quote that the venue confirms is fresh."""
    book.quotes.update(**LADDER)
    desk.clock.advance(30.0)
    book.quotes.confirm()
    assert desk.value("fortuna.quote.updated.timestamp") == pytest.approx(desk.clock.now)


def test_an_export_does_not_make_quotes_fresh(desk: Capture, book: Book) -> None:
    """Gauges are sent again at every export, with the time of the event as it was."""
    book.quotes.update(**LADDER)
    then = desk.clock.now
    for _ in range(3):
        points = desk.export()
        assert [p.value for p in points if p.name == "fortuna.quote.updated.timestamp"] == [then]
        assert [p.value for p in points if p.name == "fortuna.quote.spread"] == [0.02]


def test_a_confirmation_may_bring_a_new_mid(desk: Capture, book: Book) -> None:
    """The same orders at another mid have another spread and depth."""
    book.quotes.update(**LADDER)
    book.quotes.confirm(mid=200.0)
    assert desk.value("fortuna.quote.spread") == 0.01


def test_nothing_is_exported_before_the_first_ladder(desk: Capture, book: Book) -> None:
    """Unknown is not 0."""
    assert desk.values("fortuna.quote.liquidity") == {}
    book.quotes.confirm()
    assert desk.values("fortuna.quote.updated.timestamp") == {}
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_clearing_empties_both_sides(desk: Capture, book: Book) -> None:
    """After `clear` nothing of ours rests any more, and that is confirmed."""
    book.quotes.update(**LADDER)
    desk.clock.advance(1.0)
    book.quotes.clear()
    assert desk.values("fortuna.quote.ladder.price") == {}
    assert set(desk.values("fortuna.quote.liquidity").values()) == {0.0}
    assert desk.value("fortuna.quote.updated.timestamp") == pytest.approx(desk.clock.now)


def test_a_side_crossed_past_mid_counts_in_every_band(desk: Capture, book: Book) -> None:
    """Crossed own quotes have a negative spread, and all of their depth is near."""
    book.quotes.update(bids=[(101.0, 1.0)], asks=[(99.0, 1.0)], mid=100.0)
    assert desk.value("fortuna.quote.spread") == -0.02
    assert set(desk.values("fortuna.quote.depth", side="bid").values()) == {101.0}
    assert set(desk.values("fortuna.quote.depth", side="ask").values()) == {99.0}


def test_an_order_exactly_at_the_limit_of_a_band_counts_in_it(desk: Capture, book: Book) -> None:
    """3.663 is within 1 % of 3.7, although 3.7 * 0.99 is a little more in binary."""
    book.quotes.update(bids=[(3.663, 100.0)], asks=[(3.737, 100.0)], mid=3.7)
    for side, total in (("bid", 366.3), ("ask", 373.7)):
        depths = {
            dict(key)["band"]: value
            for key, value in desk.values("fortuna.quote.depth", side=side).items()
        }
        assert depths["0.5"] == 0.0
        assert depths["1"] == pytest.approx(total)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(810, 1190), st.integers(1, 9999)), min_size=1, max_size=40))
def test_liquidity_is_the_widest_depth_to_the_last_bit(orders: list[tuple[int, int]]) -> None:
    """What lies within the widest band is added up once, and in one order."""
    with capture() as desk:
        book = desk.telemetry.book(client="c", venue="v", symbol="A/B", account="a", tag="t")
        ladder = [(price / 10, size / 997) for price, size in orders]
        book.quotes.update(bids=ladder, asks=ladder, mid=100.0)
        for side in ("bid", "ask"):
            assert desk.value("fortuna.quote.liquidity", side=side) == desk.value(
                "fortuna.quote.depth", side=side, band="20"
            )


def test_the_same_ladder_at_another_mid_has_another_depth(desk: Capture, book: Book) -> None:
    """Tuples that an engine uses again are measured again, in both calls."""
    bids, asks = ((99.0, 1.0), (98.0, 1.0)), ((101.0, 1.0), (102.0, 1.0))
    book.quotes.update(bids=bids, asks=asks, mid=100.0)
    assert desk.value("fortuna.quote.depth", side="bid", band="1") == 99.0
    book.quotes.update(bids=bids, asks=asks, mid=98.9)
    assert desk.value("fortuna.quote.depth", side="bid", band="1") == 197.0
    assert desk.value("fortuna.quote.depth", side="ask", band="3") == 101.0
    book.quotes.confirm(mid=98.4)
    assert desk.value("fortuna.quote.depth", side="bid", band="0.5") == 197.0
    assert desk.value("fortuna.quote.depth", side="ask", band="3") == 101.0


HUGE = 10**400
WRONG: list[dict[str, Any]] = [
    {"bids": [(float("nan"), 1.0)], "asks": [], "mid": 100.0},
    {"bids": [(99.0, -1.0)], "asks": [], "mid": 100.0},
    {"bids": None, "asks": [], "mid": 100.0},
    {"bids": [(99.0, 1.0)], "asks": [(101.0, None)], "mid": 100.0},
    {"bids": [("99", 1.0)], "asks": [(101.0, 1.0)], "mid": 100.0},
    {"bids": [(99.0, True)], "asks": [(101.0,)], "mid": 100.0},
    {"bids": "99", "asks": [(101.0, 1.0)], "mid": 100.0},
    {"bids": {99.0: 1.0}, "asks": [(101.0, 1.0)], "mid": 100.0},
    {"bids": [(99.0, 1.0)], "asks": [(float("inf"), 1.0)], "mid": 100.0},
    {"bids": [(HUGE, 1.0)], "asks": [(101.0, 1.0)], "mid": 100.0},
    {"bids": [], "asks": []},
    {"bids": [], "asks": [], "mid": 100.0, "spread": 0.1},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_ladder_is_dropped_counted_and_leaves_the_quotes_unknown(
    desk: Capture, book: Book, wrong: Any
) -> None:
    """Neither it nor the older one is shown: nobody knows what rests. It is not made fresh."""
    book.quotes.update(**LADDER)
    then = desk.clock.now
    desk.clock.advance(5.0)
    book.quotes.update(**wrong)
    for name in ("bid", "ask", "spread", "depth", "liquidity", "ladder.price", "ladder.size"):
        assert desk.values(f"fortuna.quote.{name}") == {}, name
    assert desk.value("fortuna.quote.updated.timestamp") == pytest.approx(then)
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0
    assert desk.value("fortuna.telemetry.dropped", reason="internal") is None
    assert book.quotes.mid is None
    book.quotes.update(**LADDER)
    assert desk.value("fortuna.quote.spread") == 0.02


def test_an_unknown_ladder_cannot_be_confirmed(desk: Capture, book: Book) -> None:
    """What a wrong update left unknown stays so until the next word on what rests."""
    book.quotes.update(**LADDER)
    book.quotes.update(**WRONG[0])
    desk.clock.advance(1.0)
    book.quotes.confirm(mid=100.0)
    assert desk.value("fortuna.quote.bid") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 2.0
    book.quotes.clear()
    assert desk.value("fortuna.quote.liquidity", side="bid") == 0.0


@pytest.mark.parametrize(
    "mid", [0.0, -1.0, float("nan"), float("inf"), "100", True, [], pytest.param(HUGE, id="huge")]
)
def test_a_wrong_mid_is_counted_and_unknown(desk: Capture, book: Book, mid: Any) -> None:
    """The ladder itself stands: what is not measured from mid is still shown."""
    for _ in range(2):
        book.quotes.update(bids=LADDER["bids"], asks=LADDER["asks"], mid=mid)
        assert desk.value("fortuna.quote.bid") == 99.0
        assert desk.value("fortuna.quote.spread") is None
        assert desk.values("fortuna.quote.depth") == {}
        book.quotes.update(**LADDER)
        assert desk.value("fortuna.quote.spread") == 0.02
        book.quotes.confirm(mid=mid)
        assert desk.value("fortuna.quote.spread") is None
        book.quotes.update(**LADDER)
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 4.0


@pytest.mark.parametrize(
    "call",
    [
        lambda quotes: quotes.confirm(1.0, 2.0),
        lambda quotes: quotes.confirm(midpoint=1.0),
        lambda quotes: quotes.clear(1.0),
    ],
)
def test_a_call_with_wrong_arguments_is_dropped_and_changes_nothing(
    desk: Capture, book: Book, call: Any
) -> None:
    """It says nothing against the ladder that stands."""
    book.quotes.update(**LADDER)
    call(book.quotes)
    assert desk.value("fortuna.quote.spread") == 0.02
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_arguments_may_be_given_by_position(desk: Capture, book: Book) -> None:
    """Bids, asks and mid in this order; a mid alone to confirm."""
    book.quotes.update(LADDER["bids"], LADDER["asks"], 100.0)
    book.quotes.confirm(200.0)
    assert desk.value("fortuna.quote.spread") == 0.01


def test_a_child_of_a_fork_knows_no_ladder(desk: Capture, book: Book) -> None:
    """What the parent quotes, the parent exports."""
    book.quotes.update(**LADDER)
    desk.export()
    desk.telemetry.after_fork_in_child()
    book.quotes.confirm()
    assert not [point for point in desk.export() if point.name.startswith("fortuna.quote.")]
    assert book.quotes.mid is None
    book.quotes.update(**LADDER)
    assert desk.value("fortuna.quote.spread") == 0.02


def test_the_callers_lists_may_change_afterwards(desk: Capture, book: Book) -> None:
    """A ladder is copied: what the engine does with its lists later is its own business."""
    bids = [[99.0, 1.0]]
    book.quotes.update(bids=bids, asks=[], mid=100.0)
    bids[0][1] = 7.0
    bids.append([98.0, 1.0])
    assert desk.value("fortuna.quote.liquidity", side="bid") == 99.0
