"""Placing and cancelling orders through ccxt, and telling telemetry how each attempt ended.

An attempt ends in one of four ways, and they are counted apart: acknowledged, rejected by the
venue, rejected locally before anything was sent, or unknown: no answer came, and the order may
be live until a view of the open orders says otherwise.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from examples.desk.connect import (
    UNKNOWN_OUTCOMES,
    Wire,
    errors,
    on_the_wire,
    reason,
    reason_of_code,
)
from examples.desk.strategy import Quote, Resting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from examples.desk.book import QuotedBook

# Venues where ccxt's createOrders and cancelOrders work on spot, and how many go in one request.
BATCH: Final = {"okx": 20}


# Whatever else is sent now would be refused, too.
REFUSES_ALL: Final = frozenset({"rate_limited", "auth", "maintenance"})


class OutcomeUnknownError(Exception):
    """No answer came to an order or a cancellation: only a new view of open orders helps."""


class OrderPath:
    """The way of one account's orders to its venue.

    Args:
        exchange: ccxt with the account's keys, from `connect`.
        closed: told the symbol of a market that refuses an order because it is closed.
    """

    def __init__(self, exchange: Any, closed: Callable[[str], None] = lambda _: None) -> None:
        self._exchange, self._closed = exchange, closed
        self._batch: int = BATCH.get(exchange.id, 1)

    async def place(self, book: QuotedBook, quotes: Sequence[Quote]) -> None:
        """Place post-only orders; what the venue acknowledges rests in the book.

        Raises:
            OutcomeUnknownError: where no answer came; what follows is not sent.
        BaseError: where the venue would refuse all that follows as well.
        """
        for some in _chunks(quotes, self._batch):
            wanted = {book.client_id(): quote for quote in some}
            with on_the_wire() as wire:
                try:
                    answers = await self._create(book, wanted)
                except errors.BaseError as error:
                    self._count_sent(book, wanted.values(), wire)
                    self._failed(book, "submit", len(wanted), error, wire)
                    continue
            self._count_sent(book, wanted.values(), wire)
            for client_id, quote in wanted.items():
                self._acknowledge(book, quote, answers.get(client_id), wire)

    async def take(self, book: QuotedBook, side: str, size: float, limit: float) -> None:
        """Send one order that trades at once or not at all, at a limit or better."""
        quote = Quote("buy" if side == "buy" else "sell", limit, size, 0.0)
        with on_the_wire() as wire:
            try:
                await self._exchange.create_order(
                    book.symbol,
                    "limit",
                    side,
                    size,
                    limit,
                    {"timeInForce": "IOC", "clientOrderId": book.client_id()},
                )
            except errors.BaseError as error:
                self._count_sent(book, [quote], wire)
                self._failed(book, "submit", 1, error, wire)
                return
        self._count_sent(book, [quote], wire)
        book.meter.orders.acknowledged(side, latency=wire.seconds)

    async def cancel(self, book: QuotedBook, orders: Sequence[Resting]) -> None:
        """Cancel resting orders; what the venue confirms rests no more.

        An order that the venue does not find is over, too: filled, most likely; it stays in
        the book until the next view tells how it ended.

        Raises:
            OutcomeUnknownError: where no answer came; what follows is not sent.
        BaseError: where the venue would refuse all that follows as well.
        """
        for some in _chunks(orders, self._batch):
            with on_the_wire() as wire:
                try:
                    done = await self._cancel(book, [order.id for order in some])
                except errors.BaseError as error:
                    self._failed(book, "cancel", len(some), error, wire)
                    continue
            for order in some:
                if order.id in done:
                    book.resting.pop(order.id, None)
                    book.meter.orders.cancelled(order.side, latency=wire.seconds)
                else:
                    book.meter.orders.rejected(action="cancel", reason="not_found", origin="venue")

    async def cancel_everything(self, book: QuotedBook) -> None:
        """Cancel all that the account has in the book's market, known to us or not."""
        with on_the_wire() as wire:
            if self._batch > 1:
                live = await self._exchange.fetch_open_orders(book.symbol)
                ids = [order["id"] for order in live]
                for some in _chunks(ids, self._batch):
                    await self._exchange.cancel_orders(list(some), book.symbol)
            else:
                try:
                    await self._exchange.cancel_all_orders(book.symbol)
                except errors.OrderNotFound:
                    # This venue's way to say that there were none.
                    book.resting.clear()
        for order in book.resting.values():
            book.meter.orders.cancelled(order.side, latency=wire.seconds)

    async def _create(self, book: QuotedBook, wanted: dict[str, Quote]) -> dict[str, Any]:
        """Send orders and return the venue's answers by client order id."""
        if self._batch == 1:
            [(client_id, quote)] = wanted.items()
            return {
                client_id: await self._exchange.create_order(
                    book.symbol,
                    "limit",
                    quote.side,
                    quote.size,
                    quote.price,
                    {"postOnly": True, "clientOrderId": client_id},
                )
            }
        requests = [
            {
                "symbol": book.symbol,
                "type": "limit",
                "side": quote.side,
                "amount": quote.size,
                "price": quote.price,
                "params": {"postOnly": True, "clientOrderId": client_id},
            }
            for client_id, quote in wanted.items()
        ]
        answers = await self._exchange.create_orders(requests)
        return {answer["clientOrderId"]: answer for answer in answers}

    async def _cancel(self, book: QuotedBook, ids: list[str]) -> set[str]:
        """Cancel orders and return the ids of those that the venue cancelled."""
        if self._batch == 1:
            return {(await self._exchange.cancel_order(ids[0], book.symbol))["id"]}
        # ccxt leaves those that were refused out of its answer.
        answers = await self._exchange.cancel_orders(ids, book.symbol)
        return {answer["id"] for answer in answers if answer["status"] != "rejected"}

    def _acknowledge(self, book: QuotedBook, quote: Quote, answer: Any, wire: Wire) -> None:
        if answer is None or answer["status"] == "rejected":
            code = None if answer is None else answer["info"].get("sCode")
            why = reason_of_code(self._exchange, code)
            book.meter.orders.rejected(action="submit", reason=why, origin="venue")
            if why == "maintenance":
                self._closed(book.symbol)
            return
        book.meter.orders.acknowledged(quote.side, latency=wire.seconds)
        # Some venues answer with no more than an id: then what they took is what was sent.
        venue, symbol = self._exchange, book.symbol
        price = answer["price"] or float(venue.price_to_precision(symbol, quote.price))
        amount = answer["amount"] or float(venue.amount_to_precision(symbol, quote.size))
        remaining = amount if answer["remaining"] is None else answer["remaining"]
        book.resting[answer["id"]] = Resting(
            id=answer["id"],
            side=quote.side,
            price=price,
            remaining=remaining,
            amount=amount,
            created=(answer["timestamp"] or time.time() * 1000) / 1000,
        )

    @staticmethod
    def _count_sent(book: QuotedBook, quotes: Any, wire: Wire) -> None:
        if wire.seconds is not None:
            for quote in quotes:
                book.meter.orders.submitted(quote.side, queued=wire.queued)

    def _failed(
        self, book: QuotedBook, action: str, count: int, error: errors.BaseError, wire: Wire
    ) -> None:
        why = reason(error)
        sent = wire.seconds is not None
        if sent and why in UNKNOWN_OUTCOMES:
            for _ in range(count):
                book.meter.orders.unknown(action=action, reason=why)
            raise OutcomeUnknownError(repr(error)[:200]) from error
        for _ in range(count):
            book.meter.orders.rejected(
                action=action, reason=why, origin="venue" if sent else "local"
            )
        if isinstance(error, errors.MarketClosed | errors.ContractUnavailable):
            self._closed(book.symbol)
        elif why in REFUSES_ALL:
            raise error


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
