# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Every signal of fortuna-otel as a constant, such as `signals.quotes.LADDER_PRICE`.

One module a section of the board; `attributes` and `enums` name what signals are labelled with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortuna_otel.signals import (
    attributes,
    enums,
    health,
    inventory,
    mandates,
    market,
    obligations,
    onchain,
    orders,
    quotes,
    trades,
)
from fortuna_otel.signals.spec import Deprecation, Kind, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL: Final[tuple[Signal, ...]] = (
    *market.ALL,
    *quotes.ALL,
    *obligations.ALL,
    *orders.ALL,
    *trades.ALL,
    *inventory.ALL,
    *health.ALL,
    *onchain.ALL,
    *mandates.ALL,
)
"""Every signal, section by section."""

BY_NAME: Final[Mapping[str, Signal]] = {signal.name: signal for signal in ALL}
"""Signals by their OpenTelemetry name."""

BY_PROMETHEUS: Final[Mapping[str, Signal]] = {
    series: signal for signal in ALL for series in signal.series_names()
}
"""Signals by the name of each series they cause in the store."""

__all__ = [
    "ALL",
    "BY_NAME",
    "BY_PROMETHEUS",
    "Deprecation",
    "Kind",
    "Signal",
    "attributes",
    "enums",
    "health",
    "inventory",
    "mandates",
    "market",
    "obligations",
    "onchain",
    "orders",
    "quotes",
    "trades",
]
