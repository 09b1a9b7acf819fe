"""PnL by what it comes from, in units of the quote asset, whatever asset it was paid in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.signals import trades as signals
from fortuna_otel.signals.enums import Component, DropReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fortuna_otel._markets import Market
    from fortuna_otel.export.cells import Signed
    from fortuna_otel.export.registry import Registry

INFINITY = float("inf")

OWED = 32
"""Amounts that may wait for a rate, by component and asset: a book pays in a handful of assets."""


def usable(price: object) -> float | None:
    """Return a price that somebody else keeps as a float above 0; None if it is none now."""
    if price is None:
        return None
    try:
        return _numbers.positive(price, "price")
    except (TypeError, ValueError):
        return None


def in_quote(market: Market) -> bool:
    """Return whether what a market earns follows from prices in its quote.

    On spot, and if it settles in the quote; also if it settles in the base (inverse, see
    `fortuna_otel.analytics.pnl`), but for options, which are priced in it then.
    """
    if market.settle == market.base:
        return not market.symbol.endswith(("-C", "-P"))
    return market.settle in ("", market.quote)


class Attribution:
    """The components of one book's PnL. Its owner holds the lock.

    An amount in another asset than the quote is worth what the mid or the reference rates say at
    that moment. Where they say nothing it waits, and is worth what they say first: it is missing
    from the PnL until then, and for ever if the process ends before.

    Args:
        registry: where the series are bound.
        book: its attributes.
        market: what it trades.
        valued: whether it has any PnL at all.
        convert: price of one asset in another, by the reference rates.
        leave: called with an amount of the base that left or joined a spot position, and the mid.

    Attributes:
        total: what all components have earned.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        book: Mapping[str, str],
        market: Market,
        valued: bool,
        convert: Callable[[str, str], float | None],
        leave: Callable[[float, float], None],
    ) -> None:
        self._registry = registry
        self._book = book
        self._market = market
        self._valued = valued
        self._convert = convert
        self._leave = leave
        self.forget()

    def forget(self) -> None:
        """Return to nothing earned."""
        self.total = 0.0
        self._components: dict[Component, Signed] = {}
        self._owed: dict[tuple[Component, str], float] = {}
        self._leaving = 0.0  # what of it has yet to leave the position

    def earn(self, component: Component, amount: float) -> None:
        """Add to a component, exported from its first amount on, though it be 0."""
        if not self._valued:
            return
        pair = self._components.get(component)
        if pair is None:
            pair = self._components[component] = self._registry.signed(
                signals.PNL_ATTRIBUTED, **self._book, component=component.value
            )
        if amount:
            pair.add(amount)
            if -INFINITY < amount < INFINITY:
                self.total += amount

    def receive(self, component: Component, amount: float, asset: str, mid: float | None) -> None:
        """Add an amount of an asset that was received (> 0) or paid (< 0)."""
        rate = self._rate(asset, mid)
        if asset == self._market.base and not self._market.settle:
            # It leaves the position, as if sold at mid to pay the same value. On a contract it
            # comes out of the margin instead.
            self._leaving += amount
            self._let_leave(mid)
        if rate is not None:
            self.earn(component, amount * rate)
        elif (component, asset) in self._owed:
            self._owed[component, asset] += amount
        else:
            self._owe(component, amount, asset)

    def settle(self, mid: float | None) -> None:
        """Add what has waited for a rate that is known by now."""
        self._let_leave(mid)
        for component, asset in list(self._owed) if self._owed else ():
            rate = self._rate(asset, mid)
            if rate is not None:
                self.earn(component, self._owed.pop((component, asset)) * rate)

    def restored(self) -> None:
        """Leave a position alone that is known anew: what waits has left it before."""
        self._leaving = 0.0

    def _rate(self, asset: str, mid: float | None) -> float | None:
        """Return the price of one unit in the quote."""
        if asset == self._market.quote:
            return 1.0
        if asset == self._market.base:
            return mid
        return usable(self._convert(asset, self._market.quote))

    def _let_leave(self, mid: float | None) -> None:
        if self._leaving and mid is not None:
            amount, self._leaving = self._leaving, 0.0
            self._leave(amount, mid)

    def _owe(self, component: Component, amount: float, asset: str) -> None:
        book, quote = self._book, self._market.quote
        what = f"{component.value} in {asset!r:.60} of {book['client']} on {book['symbol']}"
        if len(self._owed) >= OWED:
            self._registry.drop(DropReason.LIMIT, f"{what}: too many assets wait for a rate")
            return
        self._owed[component, asset] = amount
        self._registry.drop(
            DropReason.INVALID,
            f"{what} have no value in {quote} and are missing from the PnL until they have: set "
            f"telemetry.rate(asset={asset!r:.60}, ...) and the rate of {quote} in the same "
            "currency, or the market's reference mid",
        )
