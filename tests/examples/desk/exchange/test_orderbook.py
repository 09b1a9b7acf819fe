"""One side of a book: the best price first, and who came first of those at a price."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from examples.desk.exchange.orderbook import BookSide, Order, Side


def order(number: int, side: Side, price: int, quantity: int = 1) -> Order:
    """Return an order whose id is its arrival."""
    return Order(
        id=number,
        account="a",
        symbol="BTC/USDT",
        side=side,
        price=Decimal(price),
        quantity=Decimal(quantity),
        client_id="",
        created=0,
    )


ORDERS = st.lists(st.tuples(st.integers(1, 8), st.integers(1, 9)), min_size=1, max_size=30)


@given(entries=ORDERS, side=st.sampled_from(Side))
def test_best_price_then_arrival(entries: list[tuple[int, int]], side: Side) -> None:
    """Orders come out by price, and by arrival where the price is the same."""
    book = BookSide(side)
    orders = [order(number, side, *entry) for number, entry in enumerate(entries)]
    for each in orders:
        book.add(each)
    sign = -1 if side is Side.BUY else 1
    wanted = sorted(orders, key=lambda each: (sign * each.price, each.id))
    assert list(book.orders()) == wanted
    assert book.first() is wanted[0]
    assert book.best == wanted[0].price
    assert len(book) == len(orders)


@given(entries=ORDERS, side=st.sampled_from(Side), data=st.data())
def test_levels_sum_what_rests(
    entries: list[tuple[int, int]], side: Side, data: st.DataObject
) -> None:
    """A level's quantity is the sum of its orders', also after some left; empty levels vanish."""
    book = BookSide(side)
    orders = [order(number, side, *entry) for number, entry in enumerate(entries)]
    for each in orders:
        book.add(each)
    gone = data.draw(st.sets(st.sampled_from(range(len(orders)))))
    for number in gone:
        book.remove(orders[number])
    left = [each for each in orders if each.id not in gone]
    sums: dict[Decimal, Decimal] = {}
    for each in left:
        sums[each.price] = sums.get(each.price, Decimal(0)) + each.quantity
    wanted = sorted(sums.items(), reverse=side is Side.BUY)
    assert book.levels(100) == wanted
    assert book.levels(2) == wanted[:2]
    assert book.best_quantity == (wanted[0][1] if wanted else 0)


def test_an_empty_side_has_no_best() -> None:
    """An empty side has neither price nor order."""
    book = BookSide(Side.SELL)
    assert book.best is None
    assert book.first() is None
    assert book.best_quantity == 0
    assert book.levels(5) == []
