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
from fortuna_otel.meters.inventory import Account, Loan
from fortuna_otel.meters.ledger import Ledger
from fortuna_otel.meters.market import MarketMeter, Rate
from fortuna_otel.meters.obligations import ObligationMeter
from fortuna_otel.meters.onchain import Chain, Pool
from fortuna_otel.meters.orders import Orders
from fortuna_otel.meters.quotes import Quotes
from fortuna_otel.meters.terms import DepthTerm, Obligation, Sampling, Widening
from fortuna_otel.meters.trades import Trades
from fortuna_otel.meters.venue import Credential, Feed, Venue
from fortuna_otel.telemetry import Telemetry

__all__ = [
    "Account",
    "Book",
    "Chain",
    "Counter",
    "Credential",
    "DepthTerm",
    "Feed",
    "Gauge",
    "Heartbeat",
    "Histogram",
    "Ledger",
    "Loan",
    "Market",
    "MarketMeter",
    "Obligation",
    "ObligationMeter",
    "Orders",
    "Pool",
    "Quotes",
    "Rate",
    "Sampling",
    "Telemetry",
    "Trades",
    "Venue",
    "Widening",
    "instrument",
]
