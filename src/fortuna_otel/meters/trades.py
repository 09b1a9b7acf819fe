"""Trades and PnL: what was traded, and what it earned."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.analytics import pnl
from fortuna_otel.meters._meter import Meter, choose, harmless, patiently
from fortuna_otel.meters.quotes import MID_LIFETIME
from fortuna_otel.signals import market as market_signals
from fortuna_otel.signals import trades as signals
from fortuna_otel.signals.enums import Component, DropReason, Liquidity, TradeSide

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fortuna_otel._clock import Clock
    from fortuna_otel._markets import Market
    from fortuna_otel.export.cells import Counter, Signed
    from fortuna_otel.export.registry import Registry
    from fortuna_otel.meters.quotes import Quotes


class Trades(Meter):
    """The fills of one book and their PnL, in units of the quote asset.

    PnL is revalued at the market's reference mid, or, where nobody provides one, at the mid that
    the book's quotes are measured against, or that came with the last fill, for the ten seconds
    in which it says something; without any unrealized PnL is absent. What depends on the position
    (inventory, realized and unrealized PnL) needs `restore`, and is absent without it: a position
    that is not known cannot be valued.

    An inverse contract settles in its base asset and does not earn in proportion to the price:
    its fills, fees and position are told, but no PnL (see `fortuna_otel.analytics.pnl`).
    """

    def __init__(
        self,
        registry: Registry,
        clock: Clock,
        *,
        book: Mapping[str, str],
        market: Market,
        quotes: Quotes,
        convert: Callable[[str, str], float | None],
    ) -> None:
        super().__init__(registry, clock)
        self._book = book
        self._market = market
        self._quotes = quotes
        self._linear = market.settle != market.base
        self._convert = convert
        self._reference = registry.gauge(market_signals.REFERENCE_MID, **market.attributes)
        self._last = registry.gauge(signals.LAST_TIMESTAMP, **book)
        self._unrealized = registry.gauge(signals.PNL_UNREALIZED, **book)
        self._size = registry.gauge(signals.POSITION_SIZE, **book)
        self._entry = registry.gauge(signals.POSITION_ENTRY, **book)
        self._counts: dict[tuple[str, str], tuple[Counter, Counter, Counter]] = {}
        self._components: dict[Component, Signed] = {}
        self._realized: Signed | None = None
        self._position: pnl.Position | None = None
        self._fair: tuple[float, float] | None = None
        self._lock = threading.Lock()
        registry.refresh_with(self._refresh)

    def __repr__(self) -> str:
        return "book({client}, {venue}, {symbol}, {account}, {tag}).trades".format(**self._book)

    @property
    def position(self) -> float | None:
        """The position in units of the base asset, None if it was never restored."""
        return None if self._position is None else self._position.size

    @property
    def entry(self) -> float | None:
        """The average entry price, None if flat or unknown: keep it for `restore`."""
        return None if self._position is None else self._position.entry

    @harmless
    def restore(self, *, position: float, entry: float | None = None) -> None:
        """Set the position the book starts with, so that its PnL goes on across a restart.

        Args:
            position: units of the base asset beyond the opening or loaned stock, negative if
                short; 0 for a book that starts flat.
            entry: average price it was opened at; without it realized and unrealized PnL stay
                absent until the position has been flat.
        """
        size = _numbers.finite(position, "position")
        price = None if entry is None or size == 0.0 else _numbers.positive(entry, "entry")
        with self._lock:
            self._revalue()  # what the old position earned until now, it has earned
            self._position = pnl.Position(size, price)
            self._earn(Component.INVENTORY, 0.0)
            if self._position.known:
                self._announce_realized()
            self._revalue()

    @harmless
    def fill(
        self,
        *,
        side: str,
        price: float,
        quantity: float,
        liquidity: str | None,
        fee: float | None = 0.0,
        fee_asset: str | None = None,
        mid: float | None = None,
    ) -> None:
        """Count one fill.

        It has happened, whatever else is known of it: a `fee` that is no number counts as 0, an
        unknown `liquidity` as taker and a wrong `mid` as not given, each counted as dropped. After
        a fill whose side, price or quantity cannot be read the position is not known any more, and
        what depends on it is absent until `restore`.

        Args:
            side: buy, sell.
            price: as the venue charged it, in units of the quote.
            quantity: units of the base.
            liquidity: maker, taker.
            fee: units of `fee_asset`; negative for a rebate.
            fee_asset: what the fee was charged in; the quote asset unless said otherwise.
            mid: the fair mid at the moment of the fill; the reference mid unless given.
        """
        try:
            side = choose(TradeSide, side, "side")
            price = _numbers.positive(price, "price")
            quantity = _numbers.positive(quantity, "quantity")
        except Exception:
            self._lose()
            raise
        liquidity = self._liquidity(liquidity)
        paid = self._usable(_numbers.finite, fee, "fee") or 0.0
        fair = None if mid is None else self._usable(_numbers.positive, mid, "mid")
        with self._lock:
            for counter, amount in zip(
                self._counters(side, liquidity), (1.0, quantity, price * quantity), strict=True
            ):
                counter.add(amount)
            self._last.set(self._now())
            # Where no mid is known the fill's own price stands in: its spread is 0 then, and
            # inventory takes the difference as soon as a mid is known.
            if fair is not None:
                self._fair = fair, self._clock.monotonic()
            fair = fair or self._mid() or price
            self._trade(quantity if side == TradeSide.BUY else -quantity, price, fair)
            if paid:
                self._charge(paid, fee_asset or self._market.quote, fair)

    def _liquidity(self, liquidity: str | None) -> str:
        try:
            return choose(Liquidity, liquidity or "", "liquidity")
        except ValueError as error:
            self._registry.drop(DropReason.INVALID, f"{self!r}: {error}")
            return Liquidity.TAKER.value

    def _lose(self) -> None:
        """Admit that the position is not known any more."""
        with self._lock:
            self._position = None
            for gauge in (self._unrealized, self._size, self._entry):
                gauge.value = None

    # Accounting, under the lock

    def _trade(self, quantity: float, price: float, mid: float) -> None:
        if self._position is None:
            self._earn(Component.SPREAD, quantity * (mid - price))
            return
        self._position, result = pnl.trade(self._position, quantity, price, mid)
        self._earn(Component.SPREAD, result.spread)
        self._earn(Component.INVENTORY, result.inventory)
        if self._position.known:
            self._announce_realized()
        if self._realized is not None and result.realized is not None:
            self._realized.add(result.realized)

    def _charge(self, fee: float, asset: str, mid: float) -> None:
        """Book a fee in the asset it was charged in, and what it is worth in the quote."""
        signal = signals.FEE_PAID if fee > 0.0 else signals.FEE_REBATED
        self._registry.counter(signal, **self._book, asset=asset).add(abs(fee))
        rate: float | None
        if asset == self._market.base:
            rate = mid
            if not self._market.settle:
                # It leaves the position, as if sold at mid to pay the same value. On a contract
                # it comes out of the margin instead.
                self._trade(-fee, mid, mid)
        else:
            rate = 1.0 if asset == self._market.quote else self._convert(asset, self._market.quote)
        if rate is None:
            self._registry.drop(
                DropReason.INVALID,
                f"{self!r}: a fee in {asset} has no value in {self._market.quote} and is missing "
                f"from the PnL: set telemetry.rate(asset={asset!r}, ...) and the rate of "
                f"{self._market.quote} in the same currency",
            )
        else:
            self._earn(Component.FEES, -fee * rate)

    def _mid(self) -> float | None:
        """Return the mid that values the position now, None if nobody knows one."""
        mid = self._reference.value or self._quotes.mid
        if mid is None and self._fair is not None:
            fair, told = self._fair
            mid = fair if self._clock.monotonic() - told <= MID_LIFETIME else None
        return mid

    def _refresh(self) -> None:
        with patiently(self._lock) as held:
            if held:
                self._revalue()

    def _revalue(self) -> None:
        """Value the position at the present mid, and show it.

        Without a mid it has no value now; it keeps its mark, so that the move until the next one
        is inventory's.
        """
        position = self._position
        if position is None:
            return
        mid = self._mid()
        if mid is not None and mid != position.mark:
            position, inventory = pnl.revalue(position, mid)
            self._position = position
            self._earn(Component.INVENTORY, inventory)
        valued = self._linear and (mid is not None or position.size == 0.0)
        self._unrealized.value = position.unrealized if valued else None
        if self._market.settle:
            self._size.value = position.size
            self._entry.value = position.entry

    # Series

    def bind(self) -> None:
        """Export from now on, as 0, what needs no position."""
        with self._lock:
            self._earn(Component.SPREAD, 0.0)
            self._earn(Component.FEES, 0.0)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._position = self._realized = self._fair = None
        self._components.clear()

    def _earn(self, component: Component, amount: float) -> None:
        """Add to a component of PnL, exported from its first amount on, though it be 0."""
        if not self._linear:
            return
        pair = self._components.get(component)
        if pair is None:
            pair = self._components[component] = self._registry.signed(
                signals.PNL_ATTRIBUTED, **self._book, component=component
            )
        pair.add(amount)

    def _announce_realized(self) -> None:
        if self._realized is None and self._linear:
            self._realized = self._registry.signed(signals.PNL_REALIZED, **self._book)

    def _counters(self, side: str, liquidity: str) -> tuple[Counter, Counter, Counter]:
        counters = self._counts.get((side, liquidity))
        if counters is None:
            labels = {**self._book, "side": side, "liquidity": liquidity}
            counters = self._counts[side, liquidity] = (
                self._registry.counter(signals.FILLS, **labels),
                self._registry.counter(signals.VOLUME, **labels),
                self._registry.counter(signals.NOTIONAL, **labels),
            )
        return counters
