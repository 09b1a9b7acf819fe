"""The telemetry of a service: declare what there is, get a meter for it."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, TypeVar

from fortuna_otel import _process, _text
from fortuna_otel._clock import SystemClock
from fortuna_otel._instance import Identity, job
from fortuna_otel._log import Throttle
from fortuna_otel._markets import Market
from fortuna_otel.export.pipeline import Pipeline
from fortuna_otel.export.reader import SHUTDOWN_TIMEOUT
from fortuna_otel.export.registry import SERIES_LIMIT, Registry
from fortuna_otel.meters._meter import Meter, choose
from fortuna_otel.meters.book import Book
from fortuna_otel.meters.health import Heartbeat, Service
from fortuna_otel.meters.inventory import Account
from fortuna_otel.meters.market import Feed, MarketMeter, Rate, Venue, convert
from fortuna_otel.meters.obligations import Obligation, ObligationMeter
from fortuna_otel.meters.quotes import LEVELS
from fortuna_otel.signals import inventory as inventory_signals
from fortuna_otel.signals.enums import Capital, Role, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.metrics import MeterProvider

    from fortuna_otel._clock import Clock
    from fortuna_otel._environment import Environment
    from fortuna_otel.export.cells import Counter, Gauge, Histogram
    from fortuna_otel.export.transport import Transport
    from fortuna_otel.signals import Signal

MAX_LEVELS = 50

_MeterT = TypeVar("_MeterT", bound=Meter)


class Telemetry:
    """Everything one service says about itself. Made by `instrument()`.

    | declaration | meter |
    |---|---|
    | `market(venue=, symbol=)` | prices, depth and freshness of a market |
    | `feed(venue=, stream=)`, `venue(venue=)` | connections and venues |
    | `rate(asset=, currency=, provider=)` | reference rates |
    | `book(client=, venue=, symbol=, account=, tag=)` | own quotes, orders, trades |
    | `account(client=, venue=, account=)` | balances |
    | `exposure(...)`, `equity(...)` | capital |
    | `obligation(Obligation(...))` | promises kept |
    | `heartbeat(loop)` | liveness |
    | `gauge(signal, ...)`, `counter(...)`, `histogram(...)` | any other signal |

    Declaring something twice with the same attributes gives the same meter. A wrong declaration
    raises ValueError with what to do about it; a meter, once declared, never raises.

    Attributes:
        service: name of the service.
        namespace: what it belongs to, if anything.
        provider: the meter provider, for instruments of other libraries.
        registry: every series of this process.
        clock: what time is taken from.
    """

    def __init__(
        self,
        service: str,
        *,
        namespace: str | None = None,
        version: str | None = None,
        environment: Environment,
        transport: Transport | None = None,
        clock: Clock | None = None,
        instance: str | None = None,
        series_limit: int = SERIES_LIMIT,
        threaded: bool = True,
    ) -> None:
        self.service = service
        self.namespace = namespace
        self.clock = clock or SystemClock()
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._meters: defaultdict[type[Meter], dict[tuple[object, ...], Meter]] = defaultdict(dict)
        self._throttle = Throttle(self.clock)
        self.registry = Registry(self._throttle, series_limit)
        self._closed = False
        self._service = Service(self.registry, self.clock)
        identity = None
        if not environment.disabled:
            identity = Identity(service, namespace, version, instance)
            self.namespace = identity.namespace
        self._pipeline = Pipeline(
            identity,
            environment=environment,
            transport=transport,
            registry=self.registry,
            clock=self.clock,
            throttle=self._throttle,
            last_words=self._service.stopped,
        )
        self.provider: MeterProvider = self._pipeline.provider
        if environment.disabled:
            return
        _process.living.add(self)
        if threaded:
            self._pipeline.start()

    def __repr__(self) -> str:
        return f"<Telemetry {self.job}>"

    # Identity

    @property
    def job(self) -> str:
        """The service as Prometheus names it: `namespace/name`."""
        return job(self.service, self.namespace)

    @property
    def instance(self) -> str | None:
        """The id of this process: stable over restarts, unique among living processes.

        None while OTEL_SDK_DISABLED.
        """
        return self._pipeline.instance

    # Declarations

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
        levels: int = LEVELS,
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
            levels: levels of the ladder to export, at most 50.

        Raises:
            ValueError: if an attribute is wrong, or the book was declared otherwise before.
        """
        market = Market.parse(venue=venue, symbol=symbol)
        _text.require(client=client, account=account, tag=tag)
        role = role and choose(Role, role, "role")
        capital = capital and choose(Capital, capital, "capital")
        source = choose(Source, source, "source")
        if not 1 <= levels <= MAX_LEVELS:
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
                levels=levels,
            ),
        )
        if (role or book.role, capital or book.capital) != (book.role, book.capital):
            raise ValueError(
                f"{book!r} was declared with role={book.role!r}, capital={book.capital!r} before: "
                "one book has one role and one capital; give another tag to another book"
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

    def obligation(self, terms: Obligation, *, source: str = Source.ENGINE) -> ObligationMeter:
        """Return the meter of an obligation; attach the books that serve it.

        Raises:
            ValueError: if it was declared with other terms before.
        """
        source = choose(Source, source, "source")
        meter = self._declare(
            ObligationMeter,
            (terms.mandate, terms.client, terms.venue, terms.symbol, source),
            lambda: ObligationMeter(self.registry, self.clock, terms, source),
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

    # Any other signal

    def gauge(self, signal: Signal, **attributes: str) -> Gauge:
        """Return the gauge of a signal that has no typed meter.

        Raises:
            TypeError: if the signal is no gauge.
            ValueError: if the attributes are not exactly those of the signal.
        """
        return self.registry.gauge(signal, **attributes)

    def counter(self, signal: Signal, **attributes: str) -> Counter:
        """Return the counter of a signal that has no typed meter (see `gauge`)."""
        return self.registry.counter(signal, **attributes)

    def histogram(self, signal: Signal, **attributes: str) -> Histogram:
        """Return the histogram of a signal that has no typed meter (see `gauge`)."""
        return self.registry.histogram(signal, **attributes)

    def _declare(
        self, kind: type[_MeterT], key: tuple[object, ...], create: Callable[[], _MeterT]
    ) -> _MeterT:
        with self._lock:
            meter = self._meters[kind].get(key)
            if meter is None:
                meter = self._meters[kind][key] = create()
        assert isinstance(meter, kind)  # noqa: S101  # for the type checker; the key says so
        return meter

    def _convert(self, asset: str, into: str) -> float | None:
        return convert(
            (m for m in list(self._meters[Rate].values()) if isinstance(m, Rate)), asset, into
        )

    # Life

    def flush(self, *, only_critical: bool = False) -> bool:
        """Export now, everything or what is critical; return whether it was accepted.

        Waits for the Collector: for scripts and tests, not for trading code.
        """
        return self._pipeline.flush(only_critical=only_critical)

    def stop(self) -> None:
        """Begin the end without waiting for it, where `shutdown` follows."""
        self._pipeline.stop()

    def shutdown(self, timeout: float = SHUTDOWN_TIMEOUT) -> None:
        """Say that the service has stopped, end its gauges, and stop; at most `timeout` seconds.

        Called at exit by itself. What meters are told afterwards is not exported.
        """
        if self._closed or os.getpid() != self._pid:
            return
        self._closed = True  # without the lock: a signal handler may have interrupted its holder
        self._pipeline.shutdown(timeout)

    @property
    def closed(self) -> bool:
        """Whether it was shut down."""
        return self._closed

    # Fork (called by `_process`)

    def before_fork(self) -> None:
        """Keep locks that a child could not open from being copied."""
        self._pipeline.before_fork()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._pipeline.after_fork_in_parent()

    def after_fork_in_child(self) -> None:
        """Begin anew: another process must not repeat what its parent counts."""
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self.registry.forget()
        for meter in [meter for kind in self._meters.values() for meter in kind.values()]:
            meter._forget()  # noqa: SLF001  # meters are ours
        self._service._forget()  # noqa: SLF001
        if not self._closed:
            self._pipeline.after_fork_in_child()
