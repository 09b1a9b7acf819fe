"""Trades and PnL: what was traded, and what it earned."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.analytics import pnl
from fortuna_otel.analytics.markout import Fill
from fortuna_otel.meters._meter import Meter, harmless
from fortuna_otel.meters._position import or_lose
from fortuna_otel.meters._turns import Turns, in_turn
from fortuna_otel.meters.attribution import Attribution, in_quote, usable
from fortuna_otel.meters.markouts import Markouts
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

INFINITY = float("inf")

_SIDES = {TradeSide.BUY.value: ("buy", 1.0), TradeSide.SELL.value: ("sell", -1.0)}
_LIQUIDITIES = {liquidity.value: liquidity.value for liquidity in Liquidity}


class Trades(Meter):
    """The fills of one book and their PnL, in units of the quote asset.

    | call | meaning |
    |---|---|
    | `restore(position=...)` | the position it starts with |
    | `fill(side=..., price=..., quantity=..., liquidity=...)` | an own fill |
    | `funding(...)`, `interest(...)`, `gas(...)` | what is paid beside the fills |
    | `self_trade()` | both sides of a trade were ours |

    PnL is revalued at the market's reference mid, or, where nobody provides one, at the mid that
    the book's quotes are measured against, or that came with the last fill, for ten seconds;
    without any, unrealized PnL is absent. What depends on the position (inventory, realized and
    unrealized PnL) is absent without `restore`: what is not known cannot be valued.

    An inverse contract settles in its base asset (`BTC/USD:BTC`); its quantities are units of the
    base, its PnL is valued in the quote (see `fortuna_otel.analytics.pnl`). Options that settle in
    their base and contracts that settle in a third asset earn in another way than prices in the
    quote say: of them fills, fees and position are told, but no PnL and no markout. Where the
    third asset is what prices are meant in, as BTC/USD settled in USDC on some venues, declare the
    market as `BTC/USDC:USDC`.
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
        self._inverse = market.settle == market.base
        self._valued = in_quote(market)
        self._reference = registry.gauge(market_signals.REFERENCE_MID, **market.attributes)
        self._last = registry.gauge(signals.LAST_TIMESTAMP, **book)
        self._unrealized = registry.gauge(signals.PNL_UNREALIZED, **book)
        self._size = registry.gauge(signals.POSITION_SIZE, **book)
        self._entry = registry.gauge(signals.POSITION_ENTRY, **book)
        self._counts: dict[tuple[str, str], tuple[Counter, Counter, Counter]] = {}
        self._realized: Signed | None = None
        self._position: pnl.Position | None = None
        self._shown: tuple[pnl.Position, float | None] | None = None
        self._fair: tuple[float, float] | None = None
        self._attribution = Attribution(
            registry,
            book=book,
            market=market,
            valued=self._valued,
            convert=convert,
            leave=lambda amount, mid: self._trade(amount, mid, mid),
        )
        self._markouts = Markouts(registry, clock, book=book, market=market, own_mid=self._own_mid)
        self._turns = Turns(self._lost)
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

    @property
    def mark(self) -> float | None:
        """The mid it was last valued at, None before the first: keep it for `restore`."""
        return None if self._position is None else self._position.mark

    @property
    def attributed(self) -> float | None:
        """What all components have earned since the process began, in units of the quote.

        None while it is not all known: without a position, without a mid to value it at, or asked
        by a signal handler in the midst of a fill.
        """
        return self._turns.ask(self._sum)

    @in_turn
    @harmless
    @or_lose
    def restore(
        self, *, position: float, entry: float | None = None, mark: float | None = None
    ) -> None:
        """Set the position the book starts with, so that its PnL goes on across a restart.

        Give it the `position`, `entry` and `mark` that were kept of the last process. In between,
        it corrects the position: the step to the new one is no PnL.

        Args:
            position: units of the base asset beyond the opening or loaned stock, negative if
                short; 0 for a book that starts flat. Of an inverse contract, contracts * contract
                size / entry.
            entry: average price it was opened at; without it realized and unrealized PnL stay
                absent until the position has been flat. An inverse contract cannot do without.
            mark: the mid it was last valued at: what the market moved since is inventory's;
                without it the first mid from now on is where inventory begins.
        """
        size = _numbers.finite(position, "position")
        price = None if entry is None or size == 0.0 else _numbers.positive(entry, "entry")
        if price is None and self._inverse and size != 0.0:
            raise ValueError("the position of an inverse contract is known with its entry only")
        valued_at = None if mark is None else self._usable(_numbers.positive, mark, "mark")
        self._revalue()  # what the old position earned until now, it has earned
        if valued_at is None and self._position is not None:
            valued_at = self._position.mark
        self._position = pnl.Position(size, price, valued_at)
        self._attribution.restored()
        self._attribution.earn(Component.INVENTORY, 0.0)
        if self._position.known:
            self._announce_realized()
        self._revalue()

    @in_turn
    @harmless
    @or_lose
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
        a call that fails otherwise, because side, price or quantity are missing or cannot be read,
        the position is not known any more, and what depends on it is absent until `restore`.

        Args:
            side: buy, sell.
            price: as the venue charged it, in units of the quote.
            quantity: units of the base, after the contract size; of an inverse contract,
                contracts * contract size / price (what ccxt calls the trade's `cost`).
            liquidity: maker, taker.
            fee: units of `fee_asset`; negative for a rebate.
            fee_asset: what the fee was charged in; the quote asset unless said otherwise.
            mid: the fair mid at the moment of the fill; the reference mid unless given.
        """
        known = _SIDES.get(side)
        if known is None:
            raise ValueError(f"side={side!r:.60} is none of {', '.join(_SIDES)}")
        side, sign = known
        price = _numbers.positive(price, "price")
        quantity = _numbers.positive(quantity, "quantity")
        notional = price * quantity
        if notional == INFINITY:
            raise ValueError("price * quantity is too large")
        maker_or_taker = _LIQUIDITIES.get(str(liquidity)) or self._unknown(liquidity)
        paid = self._usable(_numbers.finite, fee, "fee") or 0.0
        fair = None if mid is None else self._usable(_numbers.positive, mid, "mid")
        fills, volume, traded = self._counters(side, maker_or_taker)
        fills.add(1.0)
        volume.add(quantity)
        traded.add(notional)
        self._last.value = self._now()
        now = self._clock.monotonic()
        if fair is not None:
            self._fair = fair, now
        if self._valued:
            self._markouts.fill(Fill(now, sign * quantity, price, fair, (side, maker_or_taker)))
        # Where no mid is known the fill's own price stands in: its spread is 0 then, and
        # inventory takes the difference as soon as a mid is known.
        fair = fair or self._mid() or price
        self._trade(sign * quantity, price, fair)
        if paid:
            self._charge(paid, fee_asset, fair)

    @in_turn
    @harmless
    def funding(self, amount: float, *, asset: str | None = None) -> None:
        """Book a funding payment, as component `funding`.

        Args:
            amount: units of the asset; above 0 if received, below 0 if paid.
            asset: what it was paid in; what the contract settles in unless said otherwise.
        """
        asset = asset or self._market.settle
        self._receive(Component.FUNDING, _numbers.finite(amount, "funding"), asset)

    @in_turn
    @harmless
    def interest(self, amount: float, *, asset: str | None = None) -> None:
        """Book interest on what is borrowed, as component `loan`.

        Args:
            amount: units of the asset; above 0 if it is a cost, below 0 if it was earned.
            asset: what it is owed in; the quote unless said otherwise. Interest in the base of a
                spot market leaves the position, as a fee in it does.
        """
        self._receive(Component.LOAN, -_numbers.finite(amount, "interest"), asset)

    @in_turn
    @harmless
    def gas(self, amount: float, *, asset: str) -> None:
        """Book what a transaction cost on chain, as component `gas`, whether it succeeded or not.

        Args:
            amount: units of the asset; above 0 if it is a cost.
            asset: what gas is paid in, as its rate calls it, such as ETH. Gas in the base of a
                spot market leaves the position, as a fee in it does.
        """
        if not asset:
            raise ValueError("gas is paid in an asset: give asset='ETH' or what the chain takes")
        self._receive(Component.GAS, -_numbers.finite(amount, "gas"), asset)

    @harmless
    def self_trade(self) -> None:
        """Count a trade of which both sides were ours; once, whichever of our books saw it."""
        labels = {"client": self._book["client"], **self._market.attributes}
        self._registry.counter(signals.SELF, **labels).add(1.0)

    def _unknown(self, liquidity: object) -> str:
        self._registry.drop(
            DropReason.INVALID,
            f"{self!r}: liquidity={liquidity!r:.60} is none of {', '.join(Liquidity)}",
        )
        return Liquidity.TAKER.value

    def _lose(self) -> None:
        """Admit that the position is not known any more."""
        self._position = self._shown = None
        for gauge in (self._unrealized, self._size, self._entry):
            gauge.value = None

    def _lost(self) -> None:
        self._registry.drop(DropReason.LIMIT, f"{self!r}: too many calls inside one another")
        self._lose()

    # Accounting, in turn

    def _sum(self) -> float | None:
        position = self._position
        if not self._valued or position is None:
            return None
        if position.size != 0.0 and self._mid() is None:
            return None
        self._revalue()
        return self._attribution.total

    def _trade(self, quantity: float, price: float, mid: float) -> None:
        if self._position is None:
            self._attribution.earn(Component.SPREAD, quantity * (mid - price))
            return
        self._position, result = pnl.trade(
            self._position, quantity, price, mid, inverse=self._inverse
        )
        self._attribution.earn(Component.SPREAD, result.spread)
        self._attribution.earn(Component.INVENTORY, result.inventory)
        if self._realized is None and self._position.known:
            self._announce_realized()
        if self._realized is not None and result.realized is not None:
            self._realized.add(result.realized)

    def _charge(self, fee: float, asset: str | None, mid: float) -> None:
        asset = self._asset(asset)
        signal = signals.FEE_PAID if fee > 0.0 else signals.FEE_REBATED
        self._registry.counter(signal, **self._book, asset=asset).add(abs(fee))
        self._attribution.receive(Component.FEES, -fee, asset, mid)

    def _receive(self, component: Component, amount: float, asset: str | None) -> None:
        asset = self._asset(asset)
        self._attribution.receive(component, amount, asset, self._mid())

    def _asset(self, asset: str | None) -> str:
        if asset and not isinstance(asset, str):
            raise TypeError(f"asset is {asset!r:.60}, not the code of an asset")
        return asset or self._market.quote

    def _mid(self) -> float | None:
        """Return the mid that values the position now, None if nobody knows one."""
        reference = usable(self._reference.value)
        return self._own_mid() if reference is None else reference

    def _own_mid(self) -> float | None:
        """Return the mid that stands in where there is no reference."""
        mid = usable(self._quotes.mid)
        if mid is None and self._fair is not None:
            fair, told = self._fair
            mid = fair if self._clock.monotonic() - told <= MID_LIFETIME else None
        return mid

    def _refresh(self) -> None:
        self._turns.attempt(self._revalue)
        self._markouts.settle()

    def _revalue(self) -> None:
        """Value the position at the present mid, and show it.

        Without a mid it has no value now; it keeps its mark, so that the move until the next one
        is inventory's.
        """
        mid = self._mid()
        self._attribution.settle(mid)
        position = self._position
        if position is None or (position, mid) == self._shown:
            return
        if mid is not None and mid != position.mark:
            position, inventory = pnl.revalue(position, mid)
            self._position = position
            self._attribution.earn(Component.INVENTORY, inventory)
        valued = self._valued and (mid is not None or position.size == 0.0)
        self._unrealized.value = position.unrealized if valued else None
        if self._market.settle:
            self._size.value = position.size
            self._entry.value = position.entry
        self._shown = position, mid

    # Series

    def bind(self) -> None:
        """Export from now on, as 0, what needs no position."""
        for component in (Component.SPREAD, Component.FEES):
            self._turns.take(functools.partial(self._attribution.earn, component, 0.0))

    def _forget(self) -> None:
        self._turns = Turns(self._lost)
        self._position = self._shown = self._realized = self._fair = None
        self._attribution.forget()
        self._markouts._forget()  # noqa: SLF001  # a book's fills and their markouts are one

    def _announce_realized(self) -> None:
        if self._realized is None and self._valued:
            self._realized = self._registry.signed(signals.PNL_REALIZED, **self._book)

    def _counters(self, side: str, liquidity: str) -> tuple[Counter, Counter, Counter]:
        known = self._counts.get((side, liquidity))
        if known is None:
            labels = {**self._book, "side": side, "liquidity": liquidity}
            known = self._counts[side, liquidity] = (
                self._registry.counter(signals.FILLS, **labels),
                self._registry.counter(signals.VOLUME, **labels),
                self._registry.counter(signals.NOTIONAL, **labels),
            )
        return known
