"""The telemetry of a service: declare what there is, get a meter for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import _text
from fortuna_otel._markets import Market
from fortuna_otel._runtime import Runtime
from fortuna_otel.meters._meter import choose
from fortuna_otel.meters.book import Book
from fortuna_otel.meters.health import Heartbeat
from fortuna_otel.meters.inventory import Account, Loan
from fortuna_otel.meters.ledger import Ledger
from fortuna_otel.meters.market import MarketMeter, Rate, convert, worth
from fortuna_otel.meters.obligations import ObligationMeter
from fortuna_otel.meters.onchain import Chain
from fortuna_otel.meters.quotes import LEVELS
from fortuna_otel.meters.venue import Credential, Feed, Venue
from fortuna_otel.signals import inventory as inventory_signals
from fortuna_otel.signals.enums import Capital, Role, Source

if TYPE_CHECKING:
    from fortuna_otel.export.cells import Counter, Gauge, Histogram
    from fortuna_otel.meters.terms import Obligation
    from fortuna_otel.signals import Signal

MAX_LEVELS = 50


class Telemetry(Runtime):
    """Everything one service says about itself. Made by `instrument()`.

    | declaration | meter | tells |
    |---|---|---|
    | `market(venue=, symbol=)` | `MarketMeter` | prices, depth, status, funding rate, freshness |
    | `feed(venue=, stream=)` | `Feed` | a connection: alive, gaps, reconnects, errors |
    | `venue(venue)` | `Venue` | status, clock, deposits and withdrawals |
    | `credential(venue=, account=)` | `Credential` | rate limits, dead man's switch, expiry |
    | `rate(asset=, currency=, provider=)` | `Rate` | reference rates |
    | `book(client=, venue=, symbol=, account=, tag=)` | `Book` | quotes, orders, trades, pool |
    | `account(client=, venue=, account=)` | `Account` | balances, flows, margin, gas |
    | `loan(client=, asset=, lender=, currency=)` | `Loan` | principal, rate, expiry, strike |
    | `exposure(client=, asset=)` | `Gauge` | net exposure over all venues |
    | `equity(client=, currency=)` | `Gauge` | value of everything held - owed |
    | `ledger(client=, account=, currency=)` | `Ledger` | PnL that nothing explains |
    | `obligation(Obligation(...))` | `ObligationMeter` | promises kept |
    | `chain(venue)` | `Chain` | blocks and reorganisations |
    | `heartbeat(loop)` | `Heartbeat` | liveness and duration of a loop |
    | `state(state)` | - | what the service is doing |
    | `gauge(signal, ...)`, `counter(...)`, `histogram(...)` | a cell | a signal by its constant |

    Declaring something twice with the same attributes gives the same meter. A wrong declaration
    raises ValueError with what to do about it; a meter, once declared, never raises.

    Attributes:
        service: name of the service.
        namespace: what it belongs to, if anything.
        provider: the meter provider, for instruments of other libraries.
        registry: every series of this process.
        clock: what time is taken from.
    """

    def market(self, *, venue: str, symbol: str) -> MarketMeter:
        """Return the meter of a market.

        Raises:
            ValueError: if the symbol cannot be parsed.
        """
        market = Market.parse(venue=venue, symbol=symbol)
        return self._declare(
            MarketMeter,
            (venue, symbol),
            lambda: MarketMeter(self.registry, self.clock, market),
        )

    def feed(self, *, venue: str, stream: str) -> Feed:
        """Return the meter of a connection to a venue that carries a stream."""
        _text.require(venue=venue, stream=stream)
        return self._declare(
            Feed, (venue, stream), lambda: Feed(self.registry, self.clock, venue, stream)
        )

    def venue(self, venue: str) -> Venue:
        """Return the meter of a venue as a whole."""
        _text.require(venue=venue)
        return self._declare(Venue, (venue,), lambda: Venue(self.registry, self.clock, venue))

    def credential(self, *, venue: str, account: str) -> Credential:
        """Return the meter of a login to a venue, whoever it trades for."""
        _text.require(venue=venue, account=account)
        return self._declare(
            Credential,
            (venue, account),
            lambda: Credential(self.registry, self.clock, venue, account),
        )

    def chain(self, venue: str) -> Chain:
        """Return the meter of a chain, as the node that a venue is reached by sees it."""
        _text.require(venue=venue)
        return self._declare(Chain, (venue,), lambda: Chain(self.registry, self.clock, venue))

    def rate(self, *, asset: str, currency: str, provider: str) -> Rate:
        """Return the meter of an asset's rate in a reference currency."""
        _text.require(asset=asset, currency=currency, provider=provider)
        return self._declare(
            Rate,
            (asset, currency, provider),
            lambda: Rate(self.registry, self.clock, asset, currency, provider),
        )

    def book(
        self,
        *,
        client: str,
        venue: str,
        symbol: str,
        account: str,
        tag: str,
        role: str | None = None,
        capital: str | None = None,
        source: str = Source.ENGINE,
        levels: int | None = None,
    ) -> Book:
        """Return the meters of a book.

        Args:
            client: whose mandate; `desk` for own books.
            venue: exchange or protocol.
            symbol: unified symbol.
            account: label of the sub-account or wallet, never a key or a full address.
            tag: strategy or book within the account.
            role: quote (unless said otherwise), hedge.
            capital: client (unless said otherwise), desk.
            source: who sees its quotes: engine (the service itself), venue (a watcher).
            levels: levels of the ladder to export, at most 50; 10 unless said otherwise.

        Raises:
            ValueError: if an attribute is wrong, or the book was declared otherwise before.
        """
        market = Market.parse(venue=venue, symbol=symbol)
        _text.require(client=client, account=account, tag=tag)
        role = role and choose(Role, role, "role")
        capital = capital and choose(Capital, capital, "capital")
        source = choose(Source, source, "source")
        if levels is not None and not (isinstance(levels, int) and 1 <= levels <= MAX_LEVELS):
            raise ValueError(f"levels={levels!r}: give a number from 1 to {MAX_LEVELS}")
        book = self._declare(
            Book,
            (client, venue, symbol, account, tag, source),
            lambda: Book(
                self.registry,
                self.clock,
                client=client,
                market=market,
                account=account,
                tag=tag,
                role=role or Role.QUOTE.value,
                capital=capital or Capital.CLIENT.value,
                source=source,
                convert=self._convert,
                levels=levels or LEVELS,
            ),
        )
        declared = (book.role, book.capital, book.levels)
        if (role or book.role, capital or book.capital, levels or book.levels) != declared:
            raise ValueError(
                f"{book!r} was declared with role={book.role!r}, capital={book.capital!r}, "
                f"levels={book.levels} before: a book has one of each; give another tag to another"
            )
        book.bind()
        return book

    def account(
        self, *, client: str, venue: str, account: str, source: str = Source.ENGINE
    ) -> Account:
        """Return the meter of an account's balances."""
        _text.require(client=client, venue=venue, account=account)
        source = choose(Source, source, "source")
        return self._declare(
            Account,
            (client, venue, account, source),
            lambda: Account(
                self.registry,
                self.clock,
                client=client,
                venue=venue,
                account=account,
                source=source,
            ),
        )

    def loan(self, *, client: str, asset: str, lender: str, currency: str) -> Loan:
        """Return the meter of an asset that was lent to a client's books.

        Args:
            client: whose mandate it serves.
            asset: what was lent.
            lender: who lent it.
            currency: what the strike of the loan's option is in.
        """
        _text.require(client=client, asset=asset, lender=lender, currency=currency)
        return self._declare(
            Loan,
            (client, asset, lender, currency),
            lambda: Loan(
                self.registry,
                self.clock,
                client=client,
                asset=asset,
                lender=lender,
                currency=currency,
            ),
        )

    def exposure(self, *, client: str, asset: str, capital: str = Capital.CLIENT) -> Gauge:
        """Return the gauge of a client's net exposure to an asset, in units of it."""
        _text.require(client=client, asset=asset)
        return self.registry.gauge(
            inventory_signals.EXPOSURE_NET,
            client=client,
            asset=asset,
            capital=choose(Capital, capital, "capital"),
        )

    def equity(self, *, client: str, currency: str, capital: str = Capital.CLIENT) -> Gauge:
        """Return the gauge of a client's equity in a reference currency."""
        _text.require(client=client, currency=currency)
        return self.registry.gauge(
            inventory_signals.EQUITY,
            client=client,
            capital=choose(Capital, capital, "capital"),
            currency=currency,
        )

    def ledger(
        self, *, client: str, account: str, currency: str, capital: str = Capital.CLIENT
    ) -> Ledger:
        """Return the meter that compares the PnL of an account's books with its equity.

        Args:
            client: whose mandate it is.
            account: label of the account, over all venues.
            currency: what equity is told in.
            capital: whose money it is: client, desk.
        """
        _text.require(client=client, account=account, currency=currency)
        capital = choose(Capital, capital, "capital")
        return self._declare(
            Ledger,
            (client, account, capital, currency),
            lambda: Ledger(
                self.registry,
                self.clock,
                client=client,
                account=account,
                capital=capital,
                currency=currency,
                convert=self._convert,
            ),
        )

    def obligation(self, terms: Obligation, *, source: str = Source.ENGINE) -> ObligationMeter:
        """Return the meter of an obligation; attach the books that serve it.

        Raises:
            ValueError: if it was declared with other terms before.
        """
        source = choose(Source, source, "source")
        meter = self._declare(
            ObligationMeter,
            (terms.mandate, terms.client, terms.venue, terms.symbol, source),
            lambda: ObligationMeter(self.registry, self.clock, terms, source, self._worth),
        )
        if meter.terms != terms:
            raise ValueError(
                f"{meter!r} has other terms already: change them with obligation.replace(terms)"
            )
        meter.bind()
        return meter

    def heartbeat(self, loop: str) -> Heartbeat:
        """Return the pulse of one of the service's loops."""
        _text.require(loop=loop)
        return self._declare(Heartbeat, (loop,), lambda: Heartbeat(self.registry, self.clock, loop))

    def state(self, state: str) -> None:
        """Say what the service is doing: starting, running, stopping; `stopped` is said for it."""
        self._service.state(state)

    # A signal by its constant

    def gauge(self, signal: Signal, **attributes: str) -> Gauge:
        """Return the gauge of a signal, for what the typed meters do not fit.

        Raises:
            TypeError: if the signal is no gauge.
            ValueError: if the attributes are not exactly those of the signal.
        """
        return self.registry.gauge(signal, **attributes)

    def counter(self, signal: Signal, **attributes: str) -> Counter:
        """Return the counter of a signal (see `gauge`)."""
        return self.registry.counter(signal, **attributes)

    def histogram(self, signal: Signal, **attributes: str) -> Histogram:
        """Return the histogram of a signal (see `gauge`)."""
        return self.registry.histogram(signal, **attributes)

    def _convert(self, asset: str, into: str) -> float | None:
        return convert(self._rates(), asset, into)

    def _worth(self, asset: str, currency: str) -> float | None:
        return worth(self._rates(), asset, currency, self.clock.monotonic())

    def _rates(self) -> list[Rate]:
        return [meter for meter in list(self._meters[Rate].values()) if isinstance(meter, Rate)]
