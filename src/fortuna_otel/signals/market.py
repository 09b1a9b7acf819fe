# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Market data and feeds.

What the venue shows everybody, when we last heard from it, and the reference prices that own
quotes are judged against. Prices are tick-exact, as the venue quotes them; contracts are
multiplied by contract size. The depth of an empty side is 0, its prices are absent, never 0.
Feed ages are judged per consuming service, worst first: a fresh watcher must not hide an
engine that quotes on a dead feed.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import (
    Band,
    BookSide,
    FeedError,
    MarketStatus,
    TransferDirection,
    VenueStatus,
)
from fortuna_otel.signals.spec import Signal

BID: Final = Signal(
    name="fortuna.market.bid",
    prometheus="fortuna_market_bid",
    kind="gauge",
    unit="{quote}",
    attributes=attr.MARKET_SET,
    brief=(
        "Best bid price of the venue's book, own orders included. Absent while the bid side is "
        "empty."
    ),
    per="market",
    critical=True,
)
ASK: Final = Signal(
    name="fortuna.market.ask",
    prometheus="fortuna_market_ask",
    kind="gauge",
    unit="{quote}",
    attributes=attr.MARKET_SET,
    brief=(
        "Best ask price of the venue's book, own orders included. Absent while the ask side is "
        "empty."
    ),
    per="market",
    critical=True,
)
MID: Final = Signal(
    name="fortuna.market.mid",
    prometheus="fortuna_market_mid",
    kind="gauge",
    unit="{quote}",
    attributes=attr.MARKET_SET,
    brief="(best bid + best ask) / 2 of the venue's book. Absent while either side is empty.",
    per="market",
    critical=True,
)
LAST: Final = Signal(
    name="fortuna.market.last",
    prometheus="fortuna_market_last",
    kind="gauge",
    unit="{quote}",
    attributes=attr.MARKET_SET,
    brief="Price of the last public trade on the venue. Absent until one is seen.",
    per="market",
)
VOLUME: Final = Signal(
    name="fortuna.market.volume",
    prometheus="fortuna_market_volume",
    kind="gauge",
    unit="{quote}",
    attributes=attr.MARKET_SET,
    brief=(
        "Traded value of the rolling last 24 hours as the venue reports it; it goes down as well "
        "as up."
    ),
    per="market",
    slow=True,
)
DEPTH: Final = Signal(
    name="fortuna.market.depth",
    prometheus="fortuna_market_depth",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.MARKET_SET, attr.SIDE, attr.BAND),
    brief=(
        "Price * size summed over the venue's whole book from mid out to the band's limit, "
        "cumulative, own orders included; 0 on an empty side. Absent for bands that end beyond "
        "the visible book."
    ),
    per="market",
    closed=(
        ("side", BookSide),
        ("band", Band),
    ),
    limit=16,
    series=8,
    slow=True,
)
REACH: Final = Signal(
    name="fortuna.market.reach",
    prometheus="fortuna_market_reach_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.MARKET_SET, attr.SIDE),
    brief=(
        "Distance from mid of the farthest visible level, as a share of mid. Absent while a side "
        "is empty."
    ),
    per="market",
    closed=(("side", BookSide),),
    limit=2,
    series=2,
    slow=True,
)
RECEIVED_TIMESTAMP: Final = Signal(
    name="fortuna.market.received.timestamp",
    prometheus="fortuna_market_received_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.MARKET_SET, attr.STREAM),
    brief="Unix time at which the process last received data of this stream for this market.",
    per="market",
    limit=8,
    series=2,
    critical=True,
)
STATUS: Final = Signal(
    name="fortuna.market.status",
    prometheus="fortuna_market_status",
    kind="gauge",
    unit="{state}",
    attributes=(*attr.MARKET_SET, attr.STATUS),
    brief=(
        "1 for the market's present status, 0 for those it left; a status never entered has no "
        "series."
    ),
    per="market",
    closed=(("status", MarketStatus),),
    limit=3,
    critical=True,
)
REFERENCE_MID: Final = Signal(
    name="fortuna.reference.mid",
    prometheus="fortuna_reference_mid",
    kind="gauge",
    unit="{quote}",
    attributes=attr.MARKET_SET,
    brief=(
        "Fair mid that obligations, markouts and dislocation are judged against: other venues, "
        "own orders excluded. Absent while no source of it is fresh."
    ),
    per="market",
    critical=True,
)
REFERENCE_RATE: Final = Signal(
    name="fortuna.reference.rate",
    prometheus="fortuna_reference_rate",
    kind="gauge",
    unit="{currency}",
    attributes=attr.RATE_SET,
    brief=(
        "Price of one unit of the asset in the reference currency. A stablecoin is a market like "
        "any other: USDT in USD is measured, never 1."
    ),
    per="rate",
    critical=True,
)
REFERENCE_RATE_TIMESTAMP: Final = Signal(
    name="fortuna.reference.rate.timestamp",
    prometheus="fortuna_reference_rate_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.RATE_SET,
    brief="Unix time at which the provider last confirmed the rate, changed or not.",
    per="rate",
    critical=True,
)
FEED_ALIVE_TIMESTAMP: Final = Signal(
    name="fortuna.feed.alive.timestamp",
    prometheus="fortuna_feed_alive_timestamp_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.FEED_SET,
    brief=(
        "Unix time of the last frame of any kind on the connection: data, pong or re-check. It "
        "tells alive, not active: a quiet market stays alive."
    ),
    per="feed",
    critical=True,
)
FEED_LAG: Final = Signal(
    name="fortuna.feed.lag",
    prometheus="fortuna_feed_lag_seconds",
    kind="gauge",
    unit="s",
    attributes=(*attr.MARKET_SET, attr.STREAM),
    brief=(
        "Time of receipt - the venue's time in the last message. Absent where the venue sends no "
        "time."
    ),
    per="market",
    limit=8,
    series=2,
    critical=True,
)
FEED_VALID: Final = Signal(
    name="fortuna.feed.valid",
    prometheus="fortuna_feed_valid",
    kind="gauge",
    unit="{state}",
    attributes=(*attr.MARKET_SET, attr.STREAM),
    brief="1 while the local copy of the book is continuous and not crossed, else 0.",
    per="market",
    limit=8,
    critical=True,
)
FEED_GAPS: Final = Signal(
    name="fortuna.feed.gaps",
    prometheus="fortuna_feed_gaps_total",
    kind="counter",
    unit="{event}",
    attributes=attr.FEED_SET,
    brief="Breaks in the sequence numbers of a stream.",
    per="feed",
    series=0,
    slow=True,
)
FEED_RECONNECTS: Final = Signal(
    name="fortuna.feed.reconnects",
    prometheus="fortuna_feed_reconnects_total",
    kind="counter",
    unit="{event}",
    attributes=attr.FEED_SET,
    brief="Connections opened again after one was lost.",
    per="feed",
    series=0,
    slow=True,
)
FEED_ERRORS: Final = Signal(
    name="fortuna.feed.errors",
    prometheus="fortuna_feed_errors_total",
    kind="counter",
    unit="{event}",
    attributes=(*attr.FEED_SET, attr.KIND),
    brief="Requests or messages of a stream that failed, by kind.",
    per="feed",
    closed=(("kind", FeedError),),
    limit=7,
    series=0,
    slow=True,
)
VENUE_STATUS: Final = Signal(
    name="fortuna.venue.status",
    prometheus="fortuna_venue_status",
    kind="gauge",
    unit="{state}",
    attributes=(*attr.VENUE_SET, attr.STATUS),
    brief=(
        "1 for the venue's present status, 0 for those it left; a status never entered has no "
        "series."
    ),
    per="venue",
    closed=(("status", VenueStatus),),
    limit=5,
    critical=True,
)
VENUE_CLOCK_OFFSET: Final = Signal(
    name="fortuna.venue.clock.offset",
    prometheus="fortuna_venue_clock_offset_seconds",
    kind="gauge",
    unit="s",
    attributes=attr.VENUE_SET,
    brief=(
        "The venue's clock - ours; positive when theirs is ahead. Absent where the venue tells "
        "no time."
    ),
    per="venue",
    critical=True,
)
ASSET_TRANSFER: Final = Signal(
    name="fortuna.asset.transfer",
    prometheus="fortuna_asset_transfer",
    kind="gauge",
    unit="{state}",
    attributes=(*attr.TRANSFERABLE_SET, attr.DIRECTION),
    brief=(
        "1 while the venue accepts deposits or withdrawals of the asset, else 0. Absent where "
        "the venue does not say."
    ),
    per="transferable",
    closed=(("direction", TransferDirection),),
    limit=2,
    series=2,
    slow=True,
)
RATELIMIT_USED: Final = Signal(
    name="fortuna.ratelimit.used",
    prometheus="fortuna_ratelimit_used_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.CREDENTIAL_SET, attr.LIMIT),
    brief=(
        "Used share of one of the venue's request limits; at 1 the venue refuses. Absent until "
        "an answer tells it."
    ),
    per="credential",
    limit=8,
    series=2,
    critical=True,
)

ALL: Final[tuple[Signal, ...]] = (
    BID,
    ASK,
    MID,
    LAST,
    VOLUME,
    DEPTH,
    REACH,
    RECEIVED_TIMESTAMP,
    STATUS,
    REFERENCE_MID,
    REFERENCE_RATE,
    REFERENCE_RATE_TIMESTAMP,
    FEED_ALIVE_TIMESTAMP,
    FEED_LAG,
    FEED_VALID,
    FEED_GAPS,
    FEED_RECONNECTS,
    FEED_ERRORS,
    VENUE_STATUS,
    VENUE_CLOCK_OFFSET,
    ASSET_TRANSFER,
    RATELIMIT_USED,
)
"""Every signal of this section."""
