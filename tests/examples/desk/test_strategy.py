"""The strategy keeps what was promised, leans against its inventory, and changes little."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.desk.strategy import (
    DEFAULT_SPREAD,
    DEPTH_MARGIN,
    LEAN,
    Quote,
    Resting,
    Rules,
    affordable,
    changes,
    hedge,
    ladder,
    lean,
    rungs,
    shape,
    target,
)
from fortuna_otel.analytics import depth
from fortuna_otel.mandates.terms import DepthMinimum, Spread
from fortuna_otel.signals.enums import BookSide

if TYPE_CHECKING:
    from fortuna_otel.mandates import Mandates, Obligation

RULES = Rules(tick=0.1, step=0.00001, min_notional=5.0)
BANDS = (0.5, 1, 2, 3, 5, 10, 15, 20)


def obligation(small: Mandates, mandate: str = "acme-btc-binance") -> Obligation:
    """Return one of the small desk's obligations."""
    return next(one for one in small.obligations if one.mandate == mandate)


@st.composite
def minima(draw: st.DrawFn) -> tuple[DepthMinimum, ...]:
    """Draw depth minima as the mandates file allows them: cumulative, growing with the band."""
    bands = sorted(draw(st.sets(st.sampled_from(BANDS), min_size=1, max_size=5)))
    total, promised = 0.0, []
    for band in bands:
        total += draw(st.floats(2_000, 100_000))
        promised += [DepthMinimum(f"{band:g}", side, total) for side in ("bid", "ask")]
    return tuple(promised)


@given(
    promised=minima(),
    share=st.floats(0.05, 1.2),
    mid=st.floats(1_000, 90_000),
    moved=st.floats(-0.05, 0.05),
)
def test_a_ladder_keeps_its_promise(
    small: Mandates, promised: tuple[DepthMinimum, ...], share: float, mid: float, moved: float
) -> None:
    """Spread is the target, and every depth minimum holds, also after the mid has moved a bit."""
    spread = share * float(promised[0].band) / 100
    terms = replace(obligation(small), depth=promised, spread=Spread(target=spread, max=2 * spread))
    quotes = ladder(shape(terms), mid, RULES)
    sides = {
        side: depth.levels([(q.price, q.size) for q in quotes if q.side == name], side)
        for side, name in ((BookSide.BID, "buy"), (BookSide.ASK, "sell"))
    }
    bids, asks = sides.values()
    assert (asks[0][0] - bids[0][0]) / mid == pytest.approx(spread, abs=3 * RULES.tick / mid)
    mid *= 1 + moved * spread
    for one in promised:
        side = BookSide(one.side)
        [found] = depth.within(sides[side], side, mid, (float(one.band) / 100,))
        assert found >= one.amount


def test_books_of_one_obligation_share_it(small: Mandates) -> None:
    """Two books rest half of the depth each, the second a little behind the first."""
    terms = obligation(small, "umbra-umb-binance")
    first, second = (shape(terms, index=index) for index in (0, 1))
    assert sum(rung.notional for rung in first.bids) == pytest.approx(DEPTH_MARGIN * 20_000 / 2)
    assert second.half == pytest.approx(1.25 * first.half)


def test_an_override_widens_the_whole_ladder(small: Mandates) -> None:
    """A multiplied spread is that much wider, and its rungs stay in order."""
    wide = shape(obligation(small), multiplier=20)
    assert wide.half == pytest.approx(20 * shape(obligation(small)).half)
    distances = [rung.distance for rung in wide.bids]
    assert distances == sorted(distances)
    assert distances[0] == wide.half


def test_a_side_without_minima_has_no_rungs() -> None:
    """Nothing promised, nothing quoted."""
    assert rungs(0.001, []) == ()


@pytest.mark.parametrize(
    ("spread", "wanted"),
    [
        (Spread(target=0.001, max=0.01), 0.001),
        (Spread(max=0.01), 0.005),
        (Spread(), DEFAULT_SPREAD),
    ],
)
def test_the_spread_aimed_at(spread: Spread, wanted: float) -> None:
    """The target, or half of what is allowed, or the desk's own where nothing was agreed."""
    assert target(spread) == wanted


@given(deviation=st.floats(-1e6, 1e6), limit=st.floats(0.1, 1e5))
def test_lean_is_against_the_inventory_and_bounded(deviation: float, limit: float) -> None:
    """Too much leans down, too little up, never by more than the bound; no limit, no lean."""
    shift = lean(deviation, limit)
    assert shift * deviation <= 0
    assert abs(shift) <= LEAN
    assert lean(deviation, 0.0) == 0.0


def test_a_lean_moves_both_sides(small: Mandates) -> None:
    """Holding too much, both sides are quoted lower."""
    wanted = shape(obligation(small))
    flat, long = (ladder(wanted, 64_000, RULES, shift=shift) for shift in (0.0, -0.5))
    assert all(after.price < before.price for before, after in zip(flat, long, strict=True))


@given(mid=st.floats(0.01, 90_000), data=st.data())
def test_quotes_obey_the_venue(small: Mandates, mid: float, data: st.DataObject) -> None:
    """Prices are whole ticks, sizes whole steps, and no order is below the least notional."""
    rules = Rules(
        tick=mid * data.draw(st.sampled_from([1e-6, 1e-5])),
        step=data.draw(st.sampled_from([0.5, 5.0])) / mid,
        min_notional=data.draw(st.floats(0, 50)),
    )
    for quote in ladder(shape(obligation(small)), mid, rules):
        assert quote.price / rules.tick == pytest.approx(round(quote.price / rules.tick), abs=1e-6)
        assert quote.size / rules.step == pytest.approx(round(quote.size / rules.step), abs=1e-6)
        assert quote.price * quote.size >= rules.min_notional * (1 - 1e-9)


def resting(quote: Quote, number: int = 1) -> Resting:
    """Return the order that a quote became."""
    return Resting(str(number), quote.side, quote.price, quote.size, quote.size, 0.0)


def test_what_rests_well_stays(small: Mandates) -> None:
    """A ladder that stands changes nothing, also when the mid has moved within tolerance."""
    wanted = ladder(shape(obligation(small)), 64_000, RULES)
    orders = [resting(quote, number) for number, quote in enumerate(wanted)]
    assert changes(wanted, orders) == ([], [])
    nearly = ladder(shape(obligation(small)), 64_000 * 1.0001, RULES)
    assert changes(nearly, orders) == ([], [])


def test_only_what_is_wrong_changes(small: Mandates) -> None:
    """A missing, a misplaced and a used up order are replaced, and nothing else is touched."""
    wanted = ladder(shape(obligation(small)), 64_000, RULES)
    orders = [resting(quote, number) for number, quote in enumerate(wanted)]
    far = replace(orders[1], price=orders[1].price * 0.9)
    empty = replace(orders[2], remaining=orders[2].amount * 0.1)
    cancel, place = changes(wanted, [far, empty, *orders[3:]])
    assert {order.id for order in cancel} == {far.id, empty.id}
    assert place == wanted[:3]


def test_orders_of_the_other_side_do_not_count() -> None:
    """An offer is never taken for a bid, however near."""
    bid = Quote("buy", 100.0, 1.0, 5.0)
    ask = resting(Quote("sell", 100.0, 1.0, 5.0))
    assert changes([bid], [ask]) == ([ask], [bid])


@given(
    sizes=st.lists(st.tuples(st.sampled_from(["buy", "sell"]), st.floats(0.1, 10)), max_size=12),
    base=st.floats(0, 30),
    quote=st.floats(0, 3_000),
)
def test_only_what_is_affordable_is_placed(
    sizes: list[tuple[str, float]], base: float, quote: float
) -> None:
    """Nothing is placed beyond the free balances, and nothing is forgotten."""
    wanted = [Quote(side, 100.0, size, 1.0) for side, size in sizes]  # type: ignore[arg-type]
    chosen, beyond = affordable(wanted, base, quote)
    assert sum(one.size for one in chosen if one.side == "sell") <= base + 1e-9
    assert sum(100.0 * one.size for one in chosen if one.side == "buy") <= quote + 1e-9
    assert sorted(map(id, [*chosen, *beyond])) == sorted(map(id, wanted))


@pytest.mark.parametrize(
    ("current", "deviation", "wanted"),
    [(5.0, 0.0, 0.0), (5.0, 20.0, -1.0), (4.0, 20.0, 0.0), (5.0, -20.0, 1.0), (5.0, 900.0, -2.0)],
)
def test_a_hedge_trades_the_difference(current: float, deviation: float, wanted: float) -> None:
    """It goes against a share of the deviation, no further than its limit, and then rests."""
    assert hedge(current, 5.0, deviation, 2.0, 0.05) == pytest.approx(wanted)
