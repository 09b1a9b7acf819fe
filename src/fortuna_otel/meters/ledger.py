"""The books of an account against its equity: is all of its PnL explained?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from fortuna_otel import _numbers
from fortuna_otel.analytics.ledger import Tally
from fortuna_otel.meters._meter import Meter, harmless
from fortuna_otel.meters._turns import Turns, in_turn
from fortuna_otel.meters.attribution import usable
from fortuna_otel.signals import trades as signals
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel._clock import Clock
    from fortuna_otel._markets import Market
    from fortuna_otel.export.registry import Registry


class _Trades(Protocol):
    @property
    def attributed(self) -> float | None: ...


class Attributed(Protocol):
    """A book, as far as a ledger needs it."""

    market: Market

    @property
    def trades(self) -> _Trades:
        """Its fills and PnL."""


class Ledger(Meter):
    """What of the change of an account's equity is not explained, in units of a currency.

    | call | meaning |
    |---|---|
    | `attach(book, ...)` | the books that trade in this account |
    | `equity(amount)` | the account is worth this much now |
    | `flow(amount)` | capital came in (> 0) or went out (< 0) |
    | `begin()` | the desk's day begins: what was until now is settled |

    It counts from the first equity after it was made, or after `begin`, at which its books are
    known. What a book attributed since the last equity is valued at the reference rate of its quote
    when equity is told. The gauge is absent before the second equity, and while a book's position,
    its mid or the rate of its quote is unknown; what it attributed meanwhile is taken in when they
    are known again.

    Stock that no book carries moves equity with its price, unexplained: either restore a book with
    it, or tell equity without it. So does cash in another asset than the currency. Loaned stock is
    no equity.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        client: str,
        account: str,
        capital: str,
        currency: str,
        convert: Callable[[str, str], float | None],
    ) -> None:
        super().__init__(registry, clock)
        self._name = f"ledger({client}, {account}, {capital}, {currency})"
        self._currency = currency
        self._convert = convert
        self._unexplained = registry.gauge(
            signals.PNL_UNEXPLAINED,
            client=client,
            account=account,
            capital=capital,
            currency=currency,
        )
        self._books: dict[Attributed, float | None] = {}
        self._turns = Turns(self._lost)
        self._tally = Tally()

    def __repr__(self) -> str:
        return self._name

    def attach(self, *books: Attributed) -> None:
        """Explain the account's equity by these books too, from now on."""
        known = {book: book.trades.attributed for book in books}
        self._turns.take(lambda: self._books.update({**known, **self._books}))

    @in_turn
    @harmless
    def begin(self) -> None:
        """Begin anew, from the next equity on."""
        self._tally = Tally()
        self._unexplained.value = None

    @in_turn
    @harmless
    def flow(self, amount: float) -> None:
        """Note capital that came in (> 0) or went out (< 0), in units of the currency."""
        moved = _numbers.finite(amount, "flow")
        self._tally.flows += moved

    @in_turn
    @harmless
    def equity(self, amount: float | None) -> None:
        """Set what the account is worth now, in units of the currency; None if it is unknown."""
        unexplained = None
        try:
            if amount is not None:
                unexplained = self._compare(_numbers.finite(amount, "equity"))
        finally:
            self._unexplained.value = unexplained

    def _lost(self) -> None:
        self._drop("equity", "too many calls inside one another", DropReason.LIMIT)
        self._tally = Tally()
        self._unexplained.value = None

    def _compare(self, equity: float) -> float | None:
        if not self._take():
            return None
        if self._tally.began is None:
            self._tally = Tally(began=equity)
            return None
        return self._tally.unexplained(equity)

    def _take(self) -> bool:
        """Take in what the books have attributed since the last time; return whether all is known.

        A book that was not known until now begins to count now.
        """
        known = bool(self._books)
        for book, before in self._books.items():
            attributed = book.trades.attributed
            rate = self._rate(book.market.quote)
            if attributed is None or rate is None:
                known = False
                continue
            if before is not None:
                self._tally.attributed += (attributed - before) * rate
            self._books[book] = attributed
        return known

    def _rate(self, quote: str) -> float | None:
        return 1.0 if quote == self._currency else usable(self._convert(quote, self._currency))

    def _forget(self) -> None:
        self._turns = Turns(self._lost)
        self._tally = Tally()  # where it begins again, so does what its books have attributed
