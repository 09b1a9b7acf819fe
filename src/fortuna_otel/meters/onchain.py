"""On-chain: positions in automated market makers, transactions, and the chain itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.analytics import ranges as analytics
from fortuna_otel.meters._meter import Meter, choose, harmless
from fortuna_otel.signals import onchain as signals
from fortuna_otel.signals.enums import BookSide, TransactionOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel._clock import Clock
    from fortuna_otel.analytics.ranges import Place
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters.trades import Trades


class Pool(Meter):
    """What a book does in an automated market maker. It costs no series before it is told.

    | call | when |
    |---|---|
    | `position(ranges=, price=)` | the pool's price moved, or liquidity was added or removed |
    | `transaction(outcome, ...)` | the fate of a transaction is known |

    Fees not yet collected are the account's: `account.fees_uncollected`. Swaps against own
    liquidity are fills: `book.trades.fill`.
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        book: Mapping[str, str],
        path: Mapping[str, str],
        trades: Trades,
    ) -> None:
        super().__init__(registry, clock)
        self._book = book
        self._path = path
        self._trades = trades
        self._gauges: tuple[Gauge, ...] = ()
        self._place: tuple[float | None, float | None, float | None] = (None, None, None)

    def __repr__(self) -> str:
        return "book({client}, {venue}, {symbol}, {account}, {tag}).pool".format(**self._book)

    @harmless
    def position(self, *, ranges: Iterable[Sequence[float]], price: float | None) -> None:
        """Set where the pool's price stands among the book's ranges.

        Args:
            ranges: (lower, upper) price of each range that holds own liquidity, in units of the
                quote. Without any the book is not in range, and there is no distance.
            price: the pool's price in the same unit; None if it is unknown: all is absent then.
        """
        self._place = (None, None, None)
        if not self._gauges:
            self._bind()
        if price is None:
            return
        mine = [_edges(edges) for edges in ranges]
        self._place = _told(analytics.place(mine, _numbers.positive(price, "price")))

    @harmless
    def transaction(
        self,
        outcome: str,
        *,
        duration: float | None = None,
        gas: float | None = None,
        gas_asset: str | None = None,
    ) -> None:
        """Count a transaction by how it ended, and what it cost.

        Args:
            outcome: included, reverted, dropped, replaced.
            duration: seconds from sending it to the block that includes it.
            gas: what it cost, in units of `gas_asset`; a reverted one costs as well. It is booked
                in the PnL too: do not tell `book.trades.gas` of it again.
            gas_asset: the chain's native asset, such as ETH.
        """
        self._registry.counter(
            signals.DEX_TRANSACTIONS,
            **self._book,
            outcome=choose(TransactionOutcome, outcome, "outcome"),
        ).add()
        seconds = self._known(_numbers.not_negative, duration, "duration")
        if seconds is not None:
            self._registry.histogram(signals.DEX_TRANSACTION_DURATION, **self._path).record(seconds)
        if gas is not None:
            self._spend(_numbers.not_negative(gas, "gas"), gas_asset)

    def _spend(self, gas: float, asset: str | None) -> None:
        if asset is None:
            raise TypeError("gas has no gas_asset: say what it was paid in, such as 'ETH'")
        self._registry.counter(signals.DEX_GAS_SPENT, **self._path, asset=asset).add(gas)
        self._trades.gas(gas, asset=asset)

    def _bind(self) -> None:
        self._gauges = (
            self._registry.gauge(signals.DEX_POSITION_IN_RANGE, **self._book),
            *(
                self._registry.gauge(signals.DEX_POSITION_DISTANCE, **self._book, side=side)
                for side in (BookSide.BID, BookSide.ASK)
            ),
        )
        self._registry.refresh_with(self._refresh)

    def _refresh(self) -> None:
        """Show one position: all of its numbers belong together."""
        for gauge, value in zip(self._gauges, self._place, strict=True):
            gauge.value = value

    def _forget(self) -> None:
        self._place = (None, None, None)


def _edges(edges: Sequence[float]) -> analytics.Range:
    lower, upper = (_numbers.positive(edge, "edge") for edge in edges)
    if lower >= upper:
        raise ValueError(f"range {lower:g} to {upper:g}: the lower price comes first")
    return lower, upper


def _told(place: Place | None) -> tuple[float | None, float | None, float | None]:
    if place is None:
        return 0.0, None, None
    return float(place.inside), place.bid, place.ask


class Chain(Meter):
    """A chain, as the node that a venue is reached by sees it.

    | call | when |
    |---|---|
    | `block(timestamp)` | the node has a new block |
    | `reorg()` | a block we had seen is no part of the chain any more |

    Attributes:
        venue: what is reached by it.
    """

    def __init__(self, registry: Registry, clock: Clock, venue: str) -> None:
        super().__init__(registry, clock)
        self.venue = venue
        self._timestamp = registry.gauge(signals.CHAIN_BLOCK_TIMESTAMP, venue=venue)
        self._reorgs = registry.counter(signals.CHAIN_REORGS, venue=venue)

    def __repr__(self) -> str:
        return f"chain({self.venue})"

    @harmless
    def block(self, timestamp: float) -> None:
        """Set the time of the newest block, Unix seconds as the block says: its age is the lag."""
        self._timestamp.value = self._usable(_numbers.unix_time, timestamp, "timestamp")

    @harmless
    def reorg(self) -> None:
        """Count a reorganisation that removed a block we had seen."""
        self._reorgs.add()
