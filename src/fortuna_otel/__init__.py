"""Observability for market making.

from fortuna_otel import instrument

telemetry = instrument("mm-majors", namespace="desk")
book = telemetry.book(
    client="acme", venue="binance", symbol="BTC/USDT", account="acme-mm", tag="core"
)
book.quotes.update(bids=[(64_000.1, 0.5)], asks=[(64_001.2, 0.5)], mid=64_000.6)
"""

from __future__ import annotations

from fortuna_otel._instrument import instrument
from fortuna_otel._markets import Market
from fortuna_otel.export.cells import Counter, Gauge, Histogram
from fortuna_otel.meters.book import Book
from fortuna_otel.meters.health import Heartbeat
from fortuna_otel.meters.inventory import Account
from fortuna_otel.meters.market import Feed, MarketMeter, Rate, Venue
from fortuna_otel.meters.obligations import DepthTerm, Obligation, ObligationMeter
from fortuna_otel.meters.orders import Orders
from fortuna_otel.meters.quotes import Quotes
from fortuna_otel.meters.trades import Trades
from fortuna_otel.telemetry import Telemetry

__all__ = [
    "Account",
    "Book",
    "Counter",
    "DepthTerm",
    "Feed",
    "Gauge",
    "Heartbeat",
    "Histogram",
    "Market",
    "MarketMeter",
    "Obligation",
    "ObligationMeter",
    "Orders",
    "Quotes",
    "Rate",
    "Telemetry",
    "Trades",
    "Venue",
    "instrument",
]
