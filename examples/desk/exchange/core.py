"""The matching core: markets, accounts, orders, fills. One thread, no I/O, exact decimals.

Price-time priority; an order trades at the resting order's price. Every asset is conserved:
what one account pays, another receives, fees included.
"""

from __future__ import annotations

import itertools
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

from examples.desk.exchange.model import (
    Account,
    Fill,
    Listing,
    Market,
    Reason,
    Refused,
    Rules,
    Transfer,
    unix_ms,
)
from examples.desk.exchange.orderbook import LIVE, ZERO, Order, Side, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

FEES = "fees"
DEFAULT_RULES = Rules()
# Finished orders are kept for look-ups, not for ever.
FINISHED_KEPT = 20_000
# A market order is an immediate order this far beyond the best price: the venue's price protection.
MARKET_ORDER_REACH = Decimal("0.05")


class Venue:
    """One venue: markets and accounts, and the matching between them.

    Args:
        name: the ccxt id whose dialect it speaks.
        listings: the markets.
        balances: opening free balances by account and asset.
        rules: fees and the treatment of post-only orders.
        clock: Unix milliseconds, for tests.
        first_id: of orders and trades; a venue that starts again must not use one twice.
    """

    def __init__(
        self,
        name: str,
        listings: Iterable[Listing],
        balances: Mapping[str, Mapping[str, Decimal]],
        rules: Rules = DEFAULT_RULES,
        *,
        clock: Callable[[], int] = unix_ms,
        first_id: int = 1,
    ) -> None:
        self.name = name
        self.rules = rules
        self.markets = {listing.symbol: Market(listing) for listing in listings}
        self.accounts = {FEES: Account(FEES, {})}
        self.accounts |= {account: Account(account, held) for account, held in balances.items()}
        self.orders: dict[int, Order] = {}
        # Milliseconds; and the markets that take no orders.
        self.clock_offset = 0
        self.halted: frozenset[str] = frozenset()
        self._finished: deque[int] = deque()
        self._clock = clock
        self._order_ids = itertools.count(first_id)
        self._trade_ids = itertools.count(first_id)
        self._transfer_ids = itertools.count(first_id)

    def now(self) -> int:
        """Return the venue's time, Unix milliseconds; its clock may be off."""
        return self._clock() + self.clock_offset

    def market(self, symbol: str) -> Market:
        """Return a market, or refuse."""
        try:
            return self.markets[symbol]
        except KeyError:
            raise Refused(Reason.SYMBOL) from None

    def place(
        self,
        account: str,
        symbol: str,
        side: Side,
        quantity: Decimal,
        price: Decimal | None,
        *,
        client_id: str = "",
        post_only: bool = False,
        immediate: bool = False,
    ) -> Order:
        """Place an order and match it; `price` None is a market order.

        Raises:
            Refused: with the reason; nothing has changed then.
        """
        market, holder = self.market(symbol), self.accounts[account]
        if symbol in self.halted:
            raise Refused(Reason.HALTED)
        if price is None:
            price, immediate = self._protected(market, side), True
        self._check(market, holder, quantity, price, client_id)
        now = self._clock()
        order = Order(
            id=next(self._order_ids),
            account=account,
            symbol=symbol,
            side=side,
            price=price,
            quantity=quantity,
            client_id=client_id,
            created=now,
            post_only=post_only,
            immediate=immediate,
            updated=now,
        )
        if post_only and self._crosses(market, order):
            if not self.rules.post_only_cancels:
                raise Refused(Reason.POST_ONLY)
            self.orders[order.id] = order
            self._finish(order, Status.WOULD_TAKE)
            return order
        holder.reserve(*self._locked(market, order, quantity))
        self.orders[order.id] = holder.orders[order.id] = order
        if client_id:
            holder.client_ids.add(client_id)
        self._match(market, order)
        if order.status in LIVE:
            if immediate:
                self._let_go(market, order, Status.EXPIRED)
            else:
                market.side(side).add(order)
        market.sequence += 1
        return order

    def cancel(self, account: str, symbol: str, order_id: int) -> Order:
        """Cancel an account's live order.

        Raises:
            Refused: when it is not that account's, not of that market, or not live.
        """
        market = self.market(symbol)
        order = self.accounts[account].orders.get(order_id)
        if order is None or order.symbol != symbol:
            raise Refused(Reason.UNKNOWN_ORDER)
        self._withdraw(market, order, Status.CANCELLED)
        return order

    def cancel_all(self, account: str, symbol: str | None = None) -> list[Order]:
        """Cancel an account's live orders, of one market or of all, and return them."""
        live = list(self.accounts[account].orders.values())
        chosen = [order for order in live if symbol in (None, order.symbol)]
        for order in chosen:
            self._withdraw(self.markets[order.symbol], order, Status.CANCELLED)
        return chosen

    def find(self, account: str, symbol: str, order_id: int) -> Order:
        """Return an account's order, live or lately finished."""
        order = self.orders.get(order_id)
        if order is None or order.account != account or order.symbol != symbol:
            raise Refused(Reason.UNKNOWN_ORDER)
        return order

    def take(self, taker: str, order: Order, quantity: Decimal) -> Decimal:
        """Trade against one chosen resting order at its price, past all others in the queue.

        A privilege of the simulator's control endpoint, which no real venue has. Returns the
        quantity traded: what remains of the order or what the taker can pay for, at most.
        """
        market = self.markets[order.symbol]
        step = market.listing.step
        quantity = min(quantity, order.remaining) // step * step
        if order.status not in LIVE or quantity <= 0:
            return ZERO
        now = self._clock()
        aggressor = Order(
            id=next(self._order_ids),
            account=taker,
            symbol=order.symbol,
            side=order.side.opposite,
            price=order.price,
            quantity=quantity,
            client_id="",
            created=now,
            immediate=True,
            updated=now,
        )
        self.accounts[taker].reserve(*self._locked(market, aggressor, quantity))
        self.orders[aggressor.id] = self.accounts[taker].orders[aggressor.id] = aggressor
        self._trade(market, aggressor, order, quantity)
        market.sequence += 1
        return quantity

    def transfer(self, account: str, asset: str, amount: Decimal) -> Transfer:
        """Take an amount in from outside, or let it leave (below 0), and remember it."""
        holder = self.accounts[account]
        moved = Transfer(next(self._transfer_ids), asset, amount, self.now())
        holder.free[asset] += amount
        holder.transfers.append(moved)
        return moved

    def expire(self) -> None:
        """Cancel everything of the accounts whose dead man's switch was not renewed in time."""
        now = self._clock()
        for account, holder in self.accounts.items():
            if holder.cancel_at is not None and holder.cancel_at <= now:
                holder.cancel_at = None
                self.cancel_all(account)

    def _check(
        self, market: Market, holder: Account, quantity: Decimal, price: Decimal, client_id: str
    ) -> None:
        rules = market.listing
        if quantity <= 0 or quantity % rules.step:
            raise Refused(Reason.LOT)
        if price <= 0 or price % rules.tick:
            raise Refused(Reason.TICK)
        if quantity * price < rules.min_notional:
            raise Refused(Reason.NOTIONAL)
        if client_id and client_id in holder.client_ids:
            raise Refused(Reason.DUPLICATE)

    def _protected(self, market: Market, side: Side) -> Decimal:
        best = market.side(side.opposite).best
        if best is None:
            raise Refused(Reason.EMPTY_BOOK)
        sign = 1 if side is Side.BUY else -1
        tick = market.listing.tick
        return max(best * (1 + sign * MARKET_ORDER_REACH) // tick * tick, tick)

    @staticmethod
    def _crosses(market: Market, order: Order) -> bool:
        best = market.side(order.side.opposite).best
        if best is None:
            return False
        return order.price >= best if order.side is Side.BUY else order.price <= best

    @staticmethod
    def _locked(market: Market, order: Order, quantity: Decimal) -> tuple[str, Decimal]:
        """Return the asset and amount that an order's quantity reserves."""
        if order.side is Side.BUY:
            return market.listing.quote, order.price * quantity
        return market.listing.base, quantity

    def _match(self, market: Market, order: Order) -> None:
        opposite = market.side(order.side.opposite)
        while order.remaining and self._crosses(market, order):
            resting = opposite.first()
            if resting is None:  # pragma: no cover - a crossing side is not empty
                break
            if resting.account == order.account:
                # Both venues' default: the newer order lives, the resting one goes.
                self._withdraw(market, resting, Status.SELF_TRADE)
                continue
            self._trade(market, order, resting, min(order.remaining, resting.remaining))

    def _trade(self, market: Market, taker: Order, maker: Order, quantity: Decimal) -> None:
        price, now = maker.price, self._clock()
        trade_id = next(self._trade_ids)
        market.side(maker.side).reduce(maker, quantity)
        for order, is_maker in ((taker, False), (maker, True)):
            self._settle(
                market,
                order,
                trade_id=trade_id,
                price=price,
                quantity=quantity,
                now=now,
                maker=is_maker,
            )
        if maker.status is Status.FILLED:
            market.side(maker.side).remove(maker)
        market.last = price
        market.trades += 1
        market.faded_volume = market.volume() + float(price * quantity)

    def _settle(
        self,
        market: Market,
        order: Order,
        *,
        trade_id: int,
        price: Decimal,
        quantity: Decimal,
        now: int,
        maker: bool,
    ) -> None:
        holder, listing = self.accounts[order.account], market.listing
        rate = self.rules.maker_fee if maker else self.rules.taker_fee
        if order.side is Side.BUY:
            holder.release(listing.quote, (order.price - price) * quantity)
            holder.used[listing.quote] -= price * quantity
            asset, amount = listing.base, quantity
        else:
            holder.used[listing.base] -= quantity
            asset, amount = listing.quote, price * quantity
        fee = amount * rate
        holder.free[asset] += amount - fee
        self.accounts[FEES].free[asset] += fee
        order.filled += quantity
        order.cost += price * quantity
        order.updated = now
        order.status = Status.PARTIAL if order.remaining else Status.FILLED
        holder.fills.append(Fill(trade_id, order, price, quantity, fee, asset, maker, now))
        if order.status is Status.FILLED:
            self._finish(order, Status.FILLED)

    def _withdraw(self, market: Market, order: Order, status: Status) -> None:
        market.side(order.side).remove(order)
        self._let_go(market, order, status)
        market.sequence += 1

    def _let_go(self, market: Market, order: Order, status: Status) -> None:
        """Return what the rest of an order reserved, and finish it."""
        self.accounts[order.account].release(*self._locked(market, order, order.remaining))
        self._finish(order, status)

    def _finish(self, order: Order, status: Status) -> None:
        order.status = status
        order.updated = self._clock()
        holder = self.accounts[order.account]
        holder.orders.pop(order.id, None)
        holder.client_ids.discard(order.client_id)
        self._finished.append(order.id)
        if len(self._finished) > FINISHED_KEPT:
            self.orders.pop(self._finished.popleft(), None)
