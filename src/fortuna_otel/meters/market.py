"""Markets: what the venue shows everybody, when we last heard of it, and what is fair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel import _numbers
from fortuna_otel.analytics import depth
from fortuna_otel.meters._flags import flag
from fortuna_otel.meters._meter import Meter, OneHot, harmless
from fortuna_otel.meters.markouts import reference_mids
from fortuna_otel.signals import market as signals
from fortuna_otel.signals import trades as trades_signals
from fortuna_otel.signals.enums import BookSide, MarketStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortuna_otel._clock import Clock
    from fortuna_otel._markets import Market
    from fortuna_otel.analytics.depth import Levels
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry

INFINITY = float("inf")

FAR = 1e-9
"""Share of mid by which a visible book may miss the limit of a band and still cover it."""


RATE_LIFETIME = 300.0
"""Seconds for which a rate may value an obligation's depth that nobody has told again."""


class MarketMeter(Meter):
    """One market as everybody sees it. Prices as the venue quotes them, in units of the quote.

    | call | when |
    |---|---|
    | `received(stream, venue_time=)` | a message of a stream arrived, whatever was in it |
    | `top(bid=, ask=)` | the best prices are known, changed or not |
    | `reference(mid)` | the fair mid is known |
    | `depth(bids=, asks=)` | the visible book is known |
    | `valid(stream, valid)` | the local book was checked |
    | `last(price)`, `volume(quote)` | a public trade; the 24 hours' volume |
    | `funding(rate=, interval=)` | the venue told a perpetual's next funding |
    | `status(status)` | what can be done on the market |

    `received`, `top` and `reference` may be called for every message: each is a few hundred
    nanoseconds, whatever number they are given.

    Attributes:
        market: which it is.
    """

    def __init__(self, registry: Registry, clock: Clock, market: Market) -> None:
        super().__init__(registry, clock)
        self.market = market
        self._time_ns = clock.time_ns
        attributes = self._attributes = market.attributes
        self._bid = registry.gauge(signals.BID, **attributes)
        self._ask = registry.gauge(signals.ASK, **attributes)
        self._mid = registry.gauge(signals.MID, **attributes)
        self._last = registry.gauge(signals.LAST, **attributes)
        self._volume = registry.gauge(signals.VOLUME, **attributes)
        self._reference = registry.gauge(signals.REFERENCE_MID, **attributes)
        self._references = reference_mids(registry, market)
        self._status = OneHot(
            MarketStatus, lambda status: registry.gauge(signals.STATUS, **attributes, status=status)
        )
        self._depth = {
            (side, band): registry.gauge(signals.DEPTH, **attributes, side=side, band=band)
            for side in BookSide
            for band in depth.BANDS
        }
        self._reach = {
            side: registry.gauge(signals.REACH, **attributes, side=side) for side in BookSide
        }
        self._streams: dict[str, _Stream] = {}
        self._top: tuple[float | None, float | None] = (None, None)
        self._shown: tuple[float | None, float | None] | None = None
        self._seen: _Seen | None = None
        self._derived: _Seen | None = None
        registry.refresh_with(self._refresh)

    def __repr__(self) -> str:
        return f"market({self.market.venue}, {self.market.symbol})"

    @harmless
    def top(self, *, bid: float | None, ask: float | None) -> None:
        """Set the best prices; None says that the side is empty: its price and the mid end.

        The three gauges are derived at the next export, from the same top.
        """
        if (
            bid.__class__ is float
            and ask.__class__ is float
            and 0.0 < bid < INFINITY
            and 0.0 < ask < INFINITY
        ):
            self._top = (bid, ask)
        else:
            self._top = (
                self._known(_numbers.positive, bid, "bid"),
                self._known(_numbers.positive, ask, "ask"),
            )

    @harmless
    def last(self, price: float | None) -> None:
        """Set the price of the last public trade; None if it is not known any more."""
        self._last.value = self._known(_numbers.positive, price, "last")

    @harmless
    def volume(self, quote: float | None) -> None:
        """Set the value of the last 24 hours' trades, in units of the quote; None if unknown."""
        self._volume.value = self._known(_numbers.not_negative, quote, "volume")

    @harmless
    def depth(self, *, bids: Iterable[Sequence[Any]], asks: Iterable[Sequence[Any]]) -> None:
        """Take the venue's visible book, (price, size, ...) a level.

        What is derived of it, depth by band and reach, is computed at the next export: only the
        last book before it is looked at. The levels are not copied until then.
        """
        seen = None
        try:
            seen = _Seen(tuple(bids), tuple(asks))
        finally:
            self._seen = seen

    @harmless
    def reference(self, mid: float | None) -> None:
        """Set the fair mid that quotes are judged against; None says that it is unknown.

        Say it again when it is confirmed unchanged: markouts need one that is not older than ten
        seconds.
        """
        if mid.__class__ is not float or not 0.0 < mid < INFINITY:
            mid = self._known(_numbers.positive, mid, "reference")
        self._reference.value = mid
        self._references.tell(self._clock.monotonic(), mid)

    @harmless
    def received(self, stream: str, *, venue_time: float | None = None) -> None:
        """Note that data of a stream arrived now.

        Args:
            stream: kind of data, such as `book`, `trades`, `ticker`; at most 8 of a market.
            venue_time: the venue's own time of the message, Unix seconds, where it tells one.
        """
        cells = self._streams.get(stream) or self._stream(stream)
        now = cells.received.value = self._time_ns() / 1e9
        if venue_time.__class__ is float and venue_time < _numbers.LATEST:
            cells.lag.value = now - venue_time  # a NaN is dropped, and counted, by the export
        elif venue_time is None:
            cells.lag.value = None
        else:
            sent = self._usable(_numbers.unix_time, venue_time, "venue_time")
            cells.lag.value = None if sent is None else now - sent

    @harmless
    def valid(self, stream: str, valid: bool | None) -> None:
        """Say whether the local copy of the book is continuous and not crossed.

        Args:
            stream: as in `received`.
            valid: None if there is no local copy.
        """
        self._stream(stream).valid.value = self._known(flag, valid, "valid")

    @harmless
    def funding(self, *, rate: float | None, interval: float | None = None) -> None:
        """Set the next funding payment of a perpetual.

        Args:
            rate: as a share of the position's value; positive means longs pay. None if unknown.
            interval: seconds between two payments, such as 28 800; None where nobody says.
        """
        for signal, value, read, what in (
            (trades_signals.FUNDING_RATE, rate, _numbers.finite, "rate"),
            (trades_signals.FUNDING_INTERVAL, interval, _numbers.positive, "interval"),
        ):
            gauge = self._registry.gauge(signal, **self._attributes)
            gauge.value = self._known(read, value, what)

    @harmless
    def status(self, status: str) -> None:
        """Set what can be done on this market: trading, halted, delisting."""
        self._status.set(status)

    def _stream(self, stream: str) -> _Stream:
        cells = self._streams.get(stream)
        if cells is None:
            cells = self._streams[stream] = _Stream(self._registry, self._attributes, stream)
        return cells

    def _forget(self) -> None:
        self._top = (None, None)
        self._shown = self._seen = self._derived = None

    def _refresh(self) -> None:
        """Derive what is shown from the last top and the last book, if they are new."""
        top = self._top
        if top is not self._shown:
            self._shown = top
            self._bid.value, self._ask.value = bid, ask = top
            self._mid.value = None if bid is None or ask is None else (bid + ask) / 2.0
        self._refresh_depth()

    @harmless
    def _refresh_depth(self) -> None:
        seen = self._seen
        if seen is self._derived:
            return
        self._derived = seen
        bids: Levels | None = None
        asks: Levels | None = None
        try:
            if seen is not None:
                # Both or none: without one of them the mid is not known.
                bids, asks = (
                    depth.levels(seen.bids, BookSide.BID),
                    depth.levels(seen.asks, BookSide.ASK),
                )
        finally:
            mid = (bids[0][0] + asks[0][0]) / 2.0 if bids and asks else None
            self._derive(BookSide.BID, bids, mid)
            self._derive(BookSide.ASK, asks, mid)

    def _derive(self, side: BookSide, ladder: Levels | None, mid: float | None) -> None:
        """Set what is known of a side: of one that could not be read, nothing."""
        reach = None
        sums: list[float | None] = [None] * len(depth.BANDS)
        if ladder == ():
            sums = [0.0] * len(depth.BANDS)
        elif ladder is not None and mid is not None:
            reach = depth.reach(ladder, side, mid)
            known = depth.within(ladder, side, mid, tuple(depth.BANDS.values()))
            sums = [
                total if distance <= reach + FAR else None
                for distance, total in zip(depth.BANDS.values(), known, strict=True)
            ]
        self._reach[side].value = reach
        for band, total in zip(depth.BANDS, sums, strict=True):
            self._depth[side, band].value = total


class _Seen:
    """A venue's book as it was handed over."""

    __slots__ = ("asks", "bids")

    def __init__(self, bids: tuple[Sequence[Any], ...], asks: tuple[Sequence[Any], ...]) -> None:
        self.bids = bids
        self.asks = asks


class _Stream:
    """The gauges of one stream of one market."""

    __slots__ = ("lag", "received", "valid")

    def __init__(self, registry: Registry, attributes: dict[str, str], stream: str) -> None:
        self.received = registry.gauge(signals.RECEIVED_TIMESTAMP, **attributes, stream=stream)
        self.lag = registry.gauge(signals.FEED_LAG, **attributes, stream=stream)
        self.valid = registry.gauge(signals.FEED_VALID, **attributes, stream=stream)


class Rate(Meter):
    """The price of one unit of an asset in a reference currency, from one provider.

    Attributes:
        asset: what is priced.
        currency: what the price is in.
    """

    def __init__(
        self, registry: Registry, clock: Clock, asset: str, currency: str, provider: str
    ) -> None:
        super().__init__(registry, clock)
        attributes = {"asset": asset, "currency": currency, "provider": provider}
        self.asset = asset
        self.currency = currency
        self._rate: Gauge = registry.gauge(signals.REFERENCE_RATE, **attributes)
        self._timestamp = registry.gauge(signals.REFERENCE_RATE_TIMESTAMP, **attributes)
        self._told = -INFINITY

    def __repr__(self) -> str:
        return f"rate({self.asset}/{self.currency})"

    @harmless
    def set(self, rate: float | None) -> None:
        """Set the rate as confirmed now, changed or not; None if it is not known any more.

        Not setting it leaves the last rate, whose age tells.
        """
        usable = self._known(_numbers.positive, rate, "rate")
        self._rate.value = usable
        if usable is not None:
            self._timestamp.set(self._now())
            self._told = self._clock.monotonic()

    @property
    def value(self) -> float | None:
        """The last rate set."""
        return self._rate.value


def convert(rates: Iterable[Rate], asset: str, into: str) -> float | None:
    """Return the price of one asset in another by way of a currency that both have a rate in.

    None if no two of the rates meet.
    """
    rates = list(rates)
    prices = {rate.currency: rate.value for rate in rates if rate.asset == into and rate.value}
    for rate in rates:
        if rate.asset == asset and rate.value:
            if rate.currency == into:
                return rate.value
            if price := prices.get(rate.currency):
                return rate.value / price
    return None


def worth(rates: Iterable[Rate], asset: str, currency: str, now: float) -> float | None:
    """Return what one unit of an asset is worth by the rate that was told last.

    None if nobody told one within `RATE_LIFETIME`, or nobody said in which of several currencies.

    Args:
        rates: what is told in this process, by any provider.
        asset: what is priced.
        currency: what in; empty for the one that all rates are told in.
        now: a monotonic moment.
    """
    rates = list(rates)
    if not currency:
        currencies = {rate.currency for rate in rates}
        if len(currencies) != 1:
            return None
        [currency] = currencies
    if asset == currency:
        return 1.0
    told = [
        (rate._told, rate.value)  # noqa: SLF001  # one thing in two definitions
        for rate in rates
        if (rate.asset, rate.currency) == (asset, currency) and rate.value
    ]
    latest, value = max(told, default=(-INFINITY, None))
    return value if now - latest <= RATE_LIFETIME else None
