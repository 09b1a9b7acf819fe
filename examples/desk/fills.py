"""Own trades of one market in one account: each counted once, across restarts of the engine."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from examples.desk.ledger import Cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from examples.desk.book import QuotedBook
    from examples.desk.ledger import Ledger

ORDERS_REMEMBERED: Final = 2_000
PAGE: Final = 100
# Venues whose pages begin with the latest trades: older ones are asked for after them.
NEWEST_FIRST: Final = frozenset({"okx"})


class Fills:
    """Reads own trades and tells each to the book whose order it filled.

    Args:
        exchange: ccxt with the account's keys.
        account: its label, for the ledger.
        symbol: the market.
        books: the books that trade it in this account.
        ledger: what was counted before.
        booked: told of every trade that is counted.
    """

    def __init__(
        self,
        exchange: Any,
        account: str,
        symbol: str,
        books: Sequence[QuotedBook],
        ledger: Ledger,
        *,
        booked: Callable[[Any], None],
    ) -> None:
        self._booked = booked
        self._exchange, self._account, self.symbol = exchange, account, symbol
        self._books, self._ledger = books, ledger
        # Orders outlive their place in a book by a view or two: a fill may be read after that.
        self._owners: OrderedDict[str, QuotedBook] = OrderedDict()
        self.traded: dict[str, float] = {}

    @property
    def _cursor(self) -> Cursor | None:
        return self._ledger.get(self._exchange.id, self._account, self.symbol)

    def remember(self, order_id: str, book: QuotedBook) -> None:
        """Note whose an order is."""
        self._owners[order_id] = book
        self._owners.move_to_end(order_id)
        while len(self._owners) > ORDERS_REMEMBERED:
            forgotten, _ = self._owners.popitem(last=False)
            self.traded.pop(forgotten, None)

    async def start(self, held: float) -> None:
        """Begin: restore the books' position, from what the account holds of the base.

        The first time ever, what is there is the baseline, and counting begins now. Later,
        the position is what has come on top of it, less what was traded while we were away:
        that is counted next.
        """
        cursor = self._cursor
        if cursor is None:
            now = self._exchange.milliseconds()
            latest = await self._exchange.fetch_my_trades(self.symbol, limit=1)
            last = int(latest[-1]["id"]) if latest else 0
            self._keep(Cursor(last, now, held))
            position, entry = 0.0, None
        else:
            missed = await self._read(cursor)
            position = held - cursor.baseline - sum(_signed(trade) for trade in missed)
            entry = cursor.entry
        # The books of one account share its balance; the first of them carries the position.
        for book, size in zip(self._books, [position, *[0.0] * len(self._books)], strict=False):
            book.meter.trades.restore(position=size, entry=entry)

    async def read(self, mid: Callable[[str], float | None]) -> int:
        """Count the trades since the last time and return how many there were.

        Args:
            mid: the market's mid by symbol, to judge each fill against.
        """
        cursor = self._cursor
        if cursor is None:
            return 0
        trades = await self._read(cursor)
        if not trades:
            return 0
        last = trades[-1]
        counted = Cursor(int(last["id"]), int(last["timestamp"]), cursor.baseline)
        self._keep(counted)
        for trade in trades:
            book = await self._owner(trade)
            amount, order = float(trade["amount"]), str(trade["order"])
            self._booked(trade)
            self.traded[order] = self.traded.get(order, 0.0) + amount
            fee = trade["fee"] or {"cost": 0.0, "currency": book.quote}
            book.meter.trades.fill(
                side=trade["side"],
                price=float(trade["price"]),
                quantity=amount,
                fee=float(fee["cost"] or 0.0),
                fee_asset=fee["currency"],
                liquidity=trade["takerOrMaker"],
                mid=mid(self.symbol),
            )
        if len(self._books) == 1:
            # Books that share a balance cannot be told apart after a restart.
            self._keep(replace(counted, entry=self._books[0].meter.trades.entry))
        return len(trades)

    async def _read(self, cursor: Cursor) -> list[Any]:
        """Return every trade after the cursor, oldest first, however many pages it takes."""
        since = cursor.time
        params: dict[str, Any] = {}
        found: dict[str, Any] = {}
        while True:
            page = await self._exchange.fetch_my_trades(
                self.symbol, since=since, limit=PAGE, params=params
            )
            fresh = [trade for trade in page if int(trade["id"]) > cursor.trade]
            new = {trade["id"]: trade for trade in fresh if trade["id"] not in found}
            found |= new
            if len(page) < PAGE or not new:
                return sorted(found.values(), key=lambda trade: int(trade["id"]))
            times = [int(trade["timestamp"]) for trade in page]
            if self._exchange.id in NEWEST_FIRST:
                params = {"until": min(times)}
            else:
                since = max(times)

    async def _owner(self, trade: Any) -> QuotedBook:
        known = self._owners.get(str(trade["order"]))
        if known is not None or len(self._books) == 1:
            return known or self._books[0]
        # An order of another life of this engine, in an account that several books share.
        order = await self._exchange.fetch_order(trade["order"], self.symbol)
        for book in self._books:
            if book.owns(order["clientOrderId"]):
                return book
        return self._books[0]

    def _keep(self, cursor: Cursor) -> None:
        self._ledger.set(self._exchange.id, self._account, self.symbol, cursor)


def _signed(trade: Any) -> float:
    """Return what a trade did to the account's base, its fee included."""
    amount = float(trade["amount"])
    base, fee = trade["symbol"].split("/")[0], trade["fee"] or {}
    change = amount if trade["side"] == "buy" else -amount
    return change - (float(fee["cost"] or 0.0) if fee.get("currency") == base else 0.0)
