"""One account at one venue: its REST cycle of views, fills, balances and quotes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import structlog

from examples.desk import strategy
from examples.desk.book import QuotedBook
from examples.desk.connect import errors, reason, used_weight
from examples.desk.fills import Fills
from examples.desk.health import VenueHealth
from examples.desk.orders import OrderPath, OutcomeUnknownError
from examples.desk.statement import Statement
from examples.desk.strategy import Resting, Rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.desk.config import AccountPlan, BookPlan, Override
    from examples.desk.feed import Prices
    from examples.desk.ledger import Ledger
    from examples.desk.portfolio import Portfolio
    from fortuna_otel import Telemetry
    from fortuna_otel.mandates import Obligation

log = structlog.get_logger()

# In turns of a second. Open orders are read at each; trades and balances also when those changed.
BALANCE_TURNS: Final = 6
HEDGE_TURNS: Final = 15
CLOCK_TURNS: Final = 30
# Where a venue cancels everything unless told not to: after how long, and how often it is told.
DEADMAN_VENUES: Final = frozenset({"okx"})
DEADMAN_SECONDS: Final = 60
DEADMAN_TURNS: Final = 15
# Without prices for this long, quotes are pulled; until then they stay as they are.
PULL_SECONDS: Final = 60.0
# A book stops adding to a position this many times its exposure limit.
ONE_SIDED_AT: Final = 2.0
LONGEST_BACKOFF_SECONDS: Final = 15.0
DOWN_AFTER_FAILURES: Final = 3
HEDGE_RATIO: Final = 0.05
HEDGE_LEAST_NOTIONAL: Final = 2_000.0
HEDGE_REACH: Final = 0.003


class Trader:
    """Everything the engine does in one account; `turn` is called about once a second.

    Args:
        telemetry: of this process.
        plan: the account and its books.
        exchange: ccxt with the account's keys and its markets loaded.
        prices: what the feeds know.
        portfolio: of the account's client and all others.
        ledger: what was counted before.
        health: of the venues, shared by the process's accounts.
        scheduled: whether a mandate counts now, or is in an agreed maintenance window.
        offset: spreads over the turns what is not due at each.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        plan: AccountPlan,
        exchange: Any,
        *,
        prices: Prices,
        portfolio: Portfolio,
        ledger: Ledger,
        health: VenueHealth | None = None,
        scheduled: Callable[[Obligation], bool] = lambda obligation: obligation.scheduled(),
        offset: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scheduled = scheduled
        self._health = health or VenueHealth(telemetry)
        self._health.join(plan.venue, plan.account)
        self.plan, self._exchange, self._prices, self._portfolio = plan, exchange, prices, portfolio
        self._clock = clock
        self._orders = OrderPath(exchange, lambda _: prices.doubted.add(plan.venue))
        self._armed = False
        self._venue = telemetry.venue(venue=plan.venue)
        account = telemetry.account(client=plan.client, venue=plan.venue, account=plan.account)
        self._statement = Statement(exchange, plan, account, portfolio)
        self._login = telemetry.credential(venue=plan.venue, account=plan.account)
        self.books = [self._book(telemetry, one) for one in plan.books]
        self._fills = {
            symbol: Fills(
                exchange,
                plan.account,
                symbol,
                [book for book in self.books if book.symbol == symbol],
                ledger,
                booked=self._statement.traded,
            )
            for symbol in {book.symbol for book in self.books}
        }
        self._turn = offset
        self._started = False
        self._trades_needed = self._balances_needed = True
        # Orders that rest no more, until it is known and told how they ended.
        self._gone: list[tuple[QuotedBook, Resting]] = []
        self._failures = 0
        self._rest_until = 0.0

    def _book(self, telemetry: Telemetry, plan: BookPlan) -> QuotedBook:
        market = self._exchange.market(plan.book.symbol)
        rules = Rules(
            tick=market["precision"]["price"],
            step=market["precision"]["amount"],
            min_notional=market["limits"]["cost"]["min"] or 0.0,
        )
        return QuotedBook(telemetry, plan, rules)

    async def turn(self, override: Override) -> None:
        """Do what is due. Nothing that the venue answers, or does not, gets out of here."""
        if self._clock() < self._rest_until:
            return
        self._turn += 1
        try:
            await self._cycle(override)
        except OutcomeUnknownError as error:
            self._back_off("network", error)
        except errors.BaseError as error:
            self._back_off(reason(error), error)
        else:
            if self._failures:
                log.info("venue answers again", venue=self.plan.venue, account=self.plan.account)
            self._failures = 0
            self._health.tell(self.plan.venue, self.plan.account, "ok")

    async def _cycle(self, override: Override) -> None:
        if not self._started:
            await self._start()
        await self._view()
        if self._trades_needed:
            await self._read_trades()
        if self._balances_needed or self._turn % BALANCE_TURNS == 0:
            await self._read_balances()
        if self._turn % CLOCK_TURNS == 0:
            await self._read_clock()
        if self.plan.venue in DEADMAN_VENUES and (
            not self._armed or self._turn % DEADMAN_TURNS == 0
        ):
            await self._renew()
        for book in self.books:
            if book.hedges:
                await self._hedge(book)
            else:
                await self._quote(book, override)
        used = used_weight(self._exchange)
        if used is not None:
            self._login.ratelimit("request_weight", used)

    async def _start(self) -> None:
        await self._read_clock()
        await self._statement.read()
        if self.plan.venue in DEADMAN_VENUES:
            await self._renew()
        for fills in self._fills.values():
            base = fills.symbol.split("/")[0]
            await fills.start(self._portfolio.total(self.plan, base))
        self._started = True

    # -- what the venue says ---------------------------------------------------------------------

    async def _view(self) -> None:
        """Read the open orders: from here on, they are what rests."""
        seen = []
        # Venues charge far more for all markets at once, and show a page of them at most.
        for symbol in self._fills:
            seen += await self._exchange.fetch_open_orders(symbol)
        now: dict[int, dict[str, Resting]] = {id(book): {} for book in self.books}
        for order in seen:
            book = self._owner(order)
            if book is not None:
                now[id(book)][order["id"]] = _resting(order)
                self._fills[book.symbol].remember(order["id"], book)
        for book in self.books:
            before, book.resting = book.resting, now[id(book)]
            self._gone += [(book, one) for key, one in before.items() if key not in book.resting]
            if any(
                key in book.resting and book.resting[key].remaining < one.remaining
                for key, one in before.items()
            ):
                self._trades_needed = True
            book.tell_open()
            book.tell(self._mid(book))
        if self._gone:
            await self._read_trades()
        while self._gone:
            await self._tell_end(*self._gone[0])
            del self._gone[0]

    def _owner(self, order: Any) -> QuotedBook | None:
        """Return whose an order is; one that we did not send is not ours to move."""
        books = [book for book in self.books if book.symbol == order["symbol"]]
        return next((book for book in books if book.owns(order["clientOrderId"])), None)

    async def _tell_end(self, book: QuotedBook, order: Resting) -> None:
        """Tell how an order ended that the venue no longer shows."""
        traded = self._fills[book.symbol].traded.get(order.id, 0.0)
        if traded >= order.amount * (1 - 1e-9):
            book.meter.orders.filled(order.side)
            return
        try:
            ended = await self._exchange.fetch_order(order.id, book.symbol)
        except errors.OrderNotFound:
            # Over, and forgotten by the venue: it had not traded, or we would know its trades.
            book.meter.orders.cancelled(order.side)
            return
        if ended["status"] == "closed":
            book.meter.orders.filled(order.side)
        elif ended["info"].get("cancelSource") == "31":
            # okx takes a post-only order that would trade, and cancels it at once.
            book.meter.orders.rejected(action="submit", reason="post_only", origin="venue")
        else:
            book.meter.orders.cancelled(order.side)

    async def _read_trades(self) -> None:
        for fills in self._fills.values():
            count = await fills.read(lambda symbol: self._prices.mid(self.plan.venue, symbol))
            self._balances_needed = self._balances_needed or count > 0
        self._trades_needed = False

    async def _read_balances(self) -> None:
        await self._statement.read(self._read_trades)
        self._balances_needed = False

    async def _renew(self) -> None:
        """Renew the dead man's switch: if we hang, the venue cancels everything."""
        try:
            await self._exchange.cancel_all_orders_after(DEADMAN_SECONDS * 1000)
        except errors.BaseError as error:
            log.warning("dead man's switch", account=self.plan.account, problem=repr(error)[:200])
            self._armed = False
        else:
            self._armed = True
        self._login.deadman(self._armed)

    async def _read_clock(self) -> None:
        """Compare the venue's clock with ours in the middle of question and answer."""
        asked = time.time()
        theirs = await self._exchange.fetch_time()
        self._venue.clock_offset(theirs / 1e3 - (asked + time.time()) / 2.0)

    # -- what we do ------------------------------------------------------------------------------

    async def _quote(self, book: QuotedBook, override: Override) -> None:
        mid, obligation = self._mid(book), book.plan.obligation
        if override.paused:
            await self._pull(book, "paused")
        elif obligation is not None and not self._scheduled(obligation):
            await self._pull(book, "maintenance")
        elif (self.plan.venue, book.symbol) in self._prices.halted:
            return
        elif mid is not None:
            await self._requote(book, mid, override)
        elif self._prices.age(self.plan.venue, book.symbol) > PULL_SECONDS:
            await self._pull(book, "pulled_risk")

    async def _requote(self, book: QuotedBook, mid: float, override: Override) -> None:
        deviation, limit = self._portfolio.deviation(self.plan.client, book.base)
        wanted = strategy.ladder(
            book.shape(override.spread_multiplier, override.depth_multiplier),
            mid,
            book.rules,
            shift=strategy.lean(deviation, limit),
        )
        full = "buy" if deviation > 0 else "sell"
        if limit and abs(deviation) > ONE_SIDED_AT * limit:
            wanted = [quote for quote in wanted if quote.side != full]
        if override.sides != "both":
            allowed = {"bid": "buy", "ask": "sell"}.get(override.sides)
            wanted = [quote for quote in wanted if quote.side == allowed]
        cancel, place = strategy.changes(wanted, book.resting.values())
        place, beyond = strategy.affordable(place, *self._free(book, cancel))
        if cancel or place:
            try:
                await self._orders.cancel(book, cancel)
                await self._orders.place(book, place)
            finally:
                for order_id in book.resting:
                    self._fills[book.symbol].remember(order_id, book)
                book.tell(mid)
        bids, asks = book.counts()
        if (bids and asks) or override.sides != "both":
            book.meter.state("quoting")
        elif bids or asks or beyond:
            book.meter.state("one_sided_limit")

    async def _hedge(self, book: QuotedBook) -> None:
        """Trade the desk's own book against what its clients' books have gathered."""
        book.meter.state("quoting")
        mid = self._mid(book)
        if mid is None or self._turn % HEDGE_TURNS:
            return
        own = self._portfolio.exposure(self.plan.client, book.base)
        if own is None:
            return
        amount = strategy.hedge(
            self._portfolio.total(self.plan, book.base),
            own.target,
            self._portfolio.others(self.plan.client, book.base),
            own.tolerance or own.limit,
            HEDGE_RATIO,
        )
        if abs(amount) * mid < HEDGE_LEAST_NOTIONAL:
            return
        side, sign = ("buy", 1) if amount > 0 else ("sell", -1)
        await self._orders.take(book, side, abs(amount), mid * (1 + sign * HEDGE_REACH))
        self._trades_needed = True
        await self._read_balances()

    async def _pull(self, book: QuotedBook, state: str) -> None:
        if book.resting:
            try:
                await self._orders.cancel(book, list(book.resting.values()))
            finally:
                book.tell(self._mid(book))
        book.meter.state(state)

    async def stop(self) -> None:
        """Cancel every order of the account, and say so once the venue has confirmed it."""
        for book in self.books:
            book.meter.state("stopping")
        try:
            for book in self.books:
                await self._orders.cancel_everything(book)
                book.tell_gone()
        except errors.BaseError as error:
            log.error(  # noqa: TRY400
                "orders may be live", account=self.plan.account, problem=repr(error)[:200]
            )

    # -- small things ----------------------------------------------------------------------------

    def _mid(self, book: QuotedBook) -> float | None:
        return self._prices.mid(self.plan.venue, book.symbol)

    def _free(self, book: QuotedBook, cancelled: list[Resting]) -> tuple[float, float]:
        """Return what will be free of base and quote once some orders are cancelled."""
        gone = {order.id for order in cancelled}
        base = self._portfolio.total(self.plan, book.base)
        quote = self._portfolio.total(self.plan, book.quote)
        for other in self.books:
            for order in other.resting.values():
                if order.id in gone:
                    continue
                if order.side == "sell" and other.base == book.base:
                    base -= order.remaining
                elif order.side == "buy" and other.quote == book.quote:
                    quote -= order.remaining * order.price
        return base, quote

    def _back_off(self, why: str, error: BaseException) -> None:
        self._failures += 1
        rest = min(2.0 ** (self._failures - 1), LONGEST_BACKOFF_SECONDS)
        self._rest_until = self._clock() + rest
        if why == "maintenance":
            self._health.tell(self.plan.venue, self.plan.account, "maintenance")
        elif why in ("timeout", "network"):
            down = self._failures >= DOWN_AFTER_FAILURES
            self._health.tell(self.plan.venue, self.plan.account, "down" if down else "")
        log.warning(
            "venue",
            venue=self.plan.venue,
            account=self.plan.account,
            rest=rest,
            problem=repr(error)[:200],
        )


def _resting(order: Any) -> Resting:
    return Resting(
        id=order["id"],
        side=order["side"],
        price=float(order["price"]),
        remaining=float(order["remaining"]),
        amount=float(order["amount"]),
        created=order["timestamp"] / 1000,
    )
