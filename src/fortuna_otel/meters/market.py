"""Market data and feeds: what the venue shows everybody, and when we last heard from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel import _numbers
from fortuna_otel.analytics import depth
from fortuna_otel.meters._meter import Meter, OneHot, choose_or, harmless
from fortuna_otel.signals import market as signals
from fortuna_otel.signals.enums import BookSide, FeedError, MarketStatus, VenueStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fortuna_otel._clock import Clock
    from fortuna_otel._markets import Market
    from fortuna_otel.analytics.depth import Levels
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry

FAR = 1e-9
"""Share of mid by which a visible book may miss the limit of a band and still cover it."""


class MarketMeter(Meter):
    """One market as everybody sees it. Prices as the venue quotes them, in units of the quote."""

    def __init__(self, registry: Registry, clock: Clock, market: Market) -> None:
        super().__init__(registry, clock)
        self.market = market
        attributes = self._attributes = market.attributes
        self._bid = registry.gauge(signals.BID, **attributes)
        self._ask = registry.gauge(signals.ASK, **attributes)
        self._mid = registry.gauge(signals.MID, **attributes)
        self._last = registry.gauge(signals.LAST, **attributes)
        self._volume = registry.gauge(signals.VOLUME, **attributes)
        self._reference = registry.gauge(signals.REFERENCE_MID, **attributes)
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
        self._top = (
            None if bid is None else self._usable(_numbers.positive, bid, "bid"),
            None if ask is None else self._usable(_numbers.positive, ask, "ask"),
        )

    @harmless
    def last(self, price: float) -> None:
        """Set the price of the last public trade."""
        self._last.value = self._usable(_numbers.positive, price, "last")

    @harmless
    def volume(self, quote: float) -> None:
        """Set the value traded in the rolling last 24 hours, in units of the quote."""
        self._volume.value = self._usable(_numbers.not_negative, quote, "volume")

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
        """Set the fair mid that quotes are judged against; None says that it is unknown."""
        self._reference.value = (
            None if mid is None else self._usable(_numbers.positive, mid, "reference")
        )

    @harmless
    def received(self, stream: str, *, venue_time: float | None = None) -> None:
        """Note that data of a stream arrived now.

        Args:
            stream: kind of data, such as `book`, `trades`, `ticker`.
            venue_time: the venue's own time of the message, Unix seconds, where it tells one.
        """
        cells = self._stream(stream)
        now = self._now()
        cells.received.set(now)
        sent = None
        if venue_time is not None:
            sent = self._usable(_numbers.finite, venue_time, "venue_time")
        cells.lag.value = None if sent is None else now - sent

    @harmless
    def valid(self, stream: str, valid: bool) -> None:
        """Say whether the local copy of the book is continuous and not crossed."""
        self._stream(stream).valid.set(1.0 if valid else 0.0)

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
        self._seen = self._derived = None

    def _refresh(self) -> None:
        bid, ask = self._top
        self._bid.value = bid
        self._ask.value = ask
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


class Feed(Meter):
    """One connection to a venue that carries a stream of data."""

    def __init__(self, registry: Registry, clock: Clock, venue: str, stream: str) -> None:
        super().__init__(registry, clock)
        self._attributes = {"venue": venue, "stream": stream}
        self._alive = registry.gauge(signals.FEED_ALIVE_TIMESTAMP, **self._attributes)
        self._gaps = registry.counter(signals.FEED_GAPS, **self._attributes)
        self._reconnects = registry.counter(signals.FEED_RECONNECTS, **self._attributes)

    def __repr__(self) -> str:
        return f"feed({self._attributes['venue']}, {self._attributes['stream']})"

    @harmless
    def alive(self) -> None:
        """Note a frame of any kind: data, pong, or a re-check that was answered."""
        self._alive.set(self._now())

    @harmless
    def gap(self) -> None:
        """Count a break in the sequence numbers."""
        self._gaps.add()

    @harmless
    def reconnect(self) -> None:
        """Count a connection opened again after one was lost."""
        self._reconnects.add()

    @harmless
    def error(self, kind: str) -> None:
        """Count a request or message that failed; a kind we do not know counts as `other`."""
        known = choose_or(FeedError, kind, FeedError.OTHER)
        self._registry.counter(signals.FEED_ERRORS, **self._attributes, kind=known).add()


class Venue(Meter):
    """An exchange or protocol as a whole."""

    def __init__(self, registry: Registry, clock: Clock, venue: str) -> None:
        super().__init__(registry, clock)
        self.venue = venue
        self._status = OneHot(
            VenueStatus,
            lambda status: registry.gauge(signals.VENUE_STATUS, venue=venue, status=status),
        )
        self._offset = registry.gauge(signals.VENUE_CLOCK_OFFSET, venue=venue)

    def __repr__(self) -> str:
        return f"venue({self.venue})"

    @harmless
    def status(self, status: str) -> None:
        """Set what the venue can do: ok, post_only, cancel_only, maintenance, down."""
        self._status.set(status)

    @harmless
    def clock_offset(self, seconds: float) -> None:
        """Set the venue's clock - ours, in seconds."""
        self._offset.value = self._usable(_numbers.finite, seconds, "clock offset")


class Rate(Meter):
    """The price of one unit of an asset in a reference currency, from one provider."""

    def __init__(
        self, registry: Registry, clock: Clock, asset: str, currency: str, provider: str
    ) -> None:
        super().__init__(registry, clock)
        attributes = {"asset": asset, "currency": currency, "provider": provider}
        self.asset = asset
        self.currency = currency
        self._rate: Gauge = registry.gauge(signals.REFERENCE_RATE, **attributes)
        self._timestamp = registry.gauge(signals.REFERENCE_RATE_TIMESTAMP, **attributes)

    def __repr__(self) -> str:
        return f"rate({self.asset}/{self.currency})"

    @harmless
    def set(self, rate: float) -> None:
        """Set the rate as confirmed now, changed or not."""
        self._rate.set(_numbers.positive(rate, "rate"))
        self._timestamp.set(self._now())

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
