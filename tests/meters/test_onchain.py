"""Pools, transactions, and the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fortuna_otel import Book
    from fortuna_otel.testing import Capture

RANGE = (1_800.0, 2_400.0)


@pytest.fixture
def book(desk: Capture) -> Book:
    """Give a book in a pool."""
    return desk.telemetry.book(
        client="acme", venue="uniswap-v3", symbol="WETH/USDC@0.05%", account="lp-1", tag="core"
    )


def test_a_book_on_an_exchange_has_no_series_of_a_pool(desk: Capture, book: Book) -> None:
    """They cost nothing before they are told."""
    desk.export()
    families = desk.telemetry.registry.families
    assert not [name for name in families if name.startswith("fortuna.dex.")]
    assert repr(book.pool) == "book(acme, uniswap-v3, WETH/USDC@0.05%, lp-1, core).pool"


def test_a_position_is_in_range_and_knows_how_far_to_the_edges(desk: Capture, book: Book) -> None:
    """`bid` is down to the lower edge, `ask` up to the upper one, as shares of the price."""
    book.pool.position(ranges=[RANGE], price=2_000.0)
    assert desk.value("fortuna.dex.position.in_range") == 1.0
    assert desk.value("fortuna.dex.position.distance", side="bid") == pytest.approx(0.1)
    assert desk.value("fortuna.dex.position.distance", side="ask") == pytest.approx(0.2)
    book.pool.position(ranges=[RANGE], price=3_000.0)
    assert desk.value("fortuna.dex.position.in_range") == 0.0
    assert desk.value("fortuna.dex.position.distance", side="ask") == pytest.approx(-0.2)


def test_without_liquidity_a_book_is_not_in_range(desk: Capture, book: Book) -> None:
    """0 and no distance; with an unknown price, nothing at all."""
    book.pool.position(ranges=[RANGE], price=2_000.0)
    book.pool.position(ranges=[], price=2_000.0)
    assert desk.value("fortuna.dex.position.in_range") == 0.0
    assert desk.values("fortuna.dex.position.distance") == {}
    book.pool.position(ranges=[RANGE], price=None)
    assert desk.value("fortuna.dex.position.in_range") is None


@pytest.mark.parametrize(
    ("ranges", "price"),
    [
        ([(2_400.0, 1_800.0)], 2_000.0),
        ([(0.0, 1.0)], 2_000.0),
        ([("a", "b")], 2_000.0),
        ([(1.0,)], 2_000.0),
        ([RANGE], float("nan")),
        (None, 2_000.0),
    ],
)
def test_a_wrong_position_ends_the_one_before(
    desk: Capture, book: Book, ranges: Any, price: Any
) -> None:
    """In range is what an alert watches: an old 1 would reassure."""
    book.pool.position(ranges=[RANGE], price=2_000.0)
    assert desk.value("fortuna.dex.position.in_range") == 1.0
    book.pool.position(ranges=ranges, price=price)
    assert desk.value("fortuna.dex.position.in_range") is None
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_a_forked_child_has_no_position(desk: Capture, book: Book) -> None:
    """Until it is told one."""
    book.pool.position(ranges=[RANGE], price=2_000.0)
    desk.telemetry.registry.forget()
    book._forget()
    assert desk.value("fortuna.dex.position.in_range") is None


def test_a_transaction_counts_its_end_its_time_and_its_gas(desk: Capture, book: Book) -> None:
    """Outcome by book, duration by account, gas in its asset and in the PnL of the book."""
    for asset, price in (("ETH", 2_000.0), ("USDC", 1.0)):
        desk.telemetry.rate(asset=asset, currency="USD", provider="desk").set(price)
    book.pool.transaction("included", duration=12.0, gas=0.002, gas_asset="ETH")
    book.pool.transaction("reverted", gas=0.001, gas_asset="ETH")
    book.pool.transaction("dropped")
    assert desk.value("fortuna.dex.transactions", outcome="included") == 1.0
    assert desk.value("fortuna.dex.transactions", outcome="dropped") == 1.0
    assert desk.value("fortuna.dex.gas.spent", asset="ETH") == pytest.approx(0.003)
    assert desk.value("fortuna.pnl.attributed", component="gas", direction="loss") == pytest.approx(
        6.0
    )
    desk.export(5.0)
    point = desk.points("fortuna.dex.transaction.duration")[-1]
    assert (point.value, point.total) == (1.0, 12.0)
    assert desk.dropped() == []


@pytest.mark.parametrize(
    "wrong", [{"gas": 0.1}, {"gas": -0.1, "gas_asset": "ETH"}, {"duration": -1.0}]
)
def test_a_transaction_counts_though_its_details_are_wrong(
    desk: Capture, book: Book, wrong: Any
) -> None:
    """It has happened."""
    book.pool.transaction("included", **wrong)
    assert desk.value("fortuna.dex.transactions", outcome="included") == 1.0
    assert desk.values("fortuna.dex.gas.spent") == {}
    assert desk.values("fortuna.dex.transaction.duration") == {}
    assert desk.value("fortuna.telemetry.dropped", reason="invalid") == 1.0


def test_an_unknown_outcome_is_dropped(desk: Capture, book: Book) -> None:
    """The message names those there are."""
    book.pool.transaction("lost")
    assert "included, reverted, dropped, replaced" in desk.dropped()[0]


def test_a_chain_has_the_time_of_its_newest_block(desk: Capture) -> None:
    """As the block says; a reorganisation is counted; what is no time ends the last one."""
    chain = desk.telemetry.chain("uniswap-v3")
    chain.block(1_795_000_012)
    chain.reorg()
    assert desk.value("fortuna.chain.block.timestamp", venue="uniswap-v3") == 1_795_000_012.0
    assert desk.value("fortuna.chain.reorgs") == 1.0
    chain.block(None)  # type: ignore[arg-type]
    assert desk.value("fortuna.chain.block.timestamp") is None
    assert repr(chain) == "chain(uniswap-v3)"
