"""A book: what one strategy quotes and trades on one market, in one account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel.meters._meter import Meter, OneHot, harmless
from fortuna_otel.meters.onchain import Pool
from fortuna_otel.meters.orders import Orders
from fortuna_otel.meters.quotes import LEVELS, Quotes
from fortuna_otel.meters.trades import Trades
from fortuna_otel.signals import quotes as signals
from fortuna_otel.signals.enums import BookState

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel._clock import Clock
    from fortuna_otel._markets import Market
    from fortuna_otel.export.registry import Registry


class Book(Meter):
    """The meters of one book, and the state it claims.

    | | |
    |---|---|
    | `book.quotes` | own resting liquidity: ladder, spread, depth by band |
    | `book.orders` | life of orders, latency, rejects, what is not known |
    | `book.trades` | fills, fees, funding, PnL, markouts |
    | `book.pool` | ranges and transactions, where the venue is an automated market maker |
    | `book.state(state)` | what it is doing |

    Attributes:
        client: whose mandate it is.
        market: what it trades.
        account: label of the sub-account or wallet.
        tag: strategy or book within the account.
        role: quote, hedge.
        capital: whose money it is: client, desk.
        levels: levels of its ladder that are exported.
        quotes: own resting liquidity.
        orders: life of its orders.
        trades: its fills and PnL.
        pool: its position in a pool.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        client: str,
        market: Market,
        account: str,
        tag: str,
        role: str,
        capital: str,
        source: str,
        convert: Callable[[str, str], float | None],
        levels: int = LEVELS,
    ) -> None:
        super().__init__(registry, clock)
        self.client = client
        self.market = market
        self.account = account
        self.tag = tag
        self.role = role
        self.capital = capital
        book = {"client": client, "account": account, "tag": tag, **market.attributes}
        path = {"client": client, "venue": market.venue, "account": account}
        self.levels = levels
        self.quotes = Quotes(registry, clock, {**book, "source": source}, levels)
        self.orders = Orders(registry, clock, book=book, path=path, source=source)
        self.trades = Trades(
            registry, clock, book=book, market=market, quotes=self.quotes, convert=convert
        )
        self.pool = Pool(registry, clock, book=book, path=path, trades=self.trades)
        self._state = OneHot(
            BookState, lambda state: registry.gauge(signals.BOOK_STATE, **book, state=state)
        )
        self._info = registry.gauge(signals.BOOK_INFO, **book, role=role, capital=capital)
        self.bind()

    def __repr__(self) -> str:
        market = self.market
        return f"book({self.client}, {market.venue}, {market.symbol}, {self.account}, {self.tag})"

    def bind(self) -> None:
        """Say that the book is bound in this process."""
        self._info.set(1.0)
        self.trades.bind()

    @harmless
    def state(self, state: str) -> None:
        """Say what the book is doing, and so why it does not quote.

        Args:
            state: starting, quoting, one_sided_limit, pulled_risk, paused, maintenance, stopping,
                halted.
        """
        self._state.set(state)

    def _forget(self) -> None:
        for meter in (self.quotes, self.orders, self.trades, self.pool):
            meter._forget()  # noqa: SLF001  # a book is its meters
        self.bind()
