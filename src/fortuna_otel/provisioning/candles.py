"""Candles out of a price that is only told now and then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortuna_otel import signals
from fortuna_otel.provisioning.promql import MARKET, PROCESS, STEP, Scope, by, select

if TYPE_CHECKING:
    from fortuna_otel.signals import Signal


@dataclass(frozen=True, slots=True)
class Candles:
    """The four prices of a candle, each a range expression over one market."""

    open: str
    high: str
    low: str
    close: str


def candle_prices(metric: Signal, scope: Scope, window: str = STEP) -> Candles:
    """Build candles labelled at their opening; the last one is still open.

    `offset -window` looks at (t, t + window], so the sample at t itself opens the candle and is
    folded into its high and low.
    """
    price = select(metric, scope)
    opening = _last(price, scope, f"[{window}]")
    high = by("max", MARKET, f"max_over_time({price}[{window}] offset -{window})")
    low = by("min", MARKET, f"min_over_time({price}[{window}] offset -{window})")
    close = _last(price, scope, f"[{window}] offset -{window}")
    return Candles(
        open=opening,
        high=f"({high} >= {opening}) or {opening}",
        low=f"({low} <= {opening}) or {opening}",
        close=close,
    )


def _last(price: str, scope: Scope, window: str) -> str:
    """Read the last price of a market within a window, of the process that heard of it last.

    The one before it, which ended within the window, knows an older price. Where nobody says when
    it heard, any is as good.
    """
    received = select(signals.market.RECEIVED_TIMESTAMP, scope)
    heard = by("max", (*PROCESS, *MARKET), f"last_over_time({received}{window})")
    newest = f"topk by ({','.join(MARKET)}) (1, {heard})"
    told = f"last_over_time({price}{window})"
    chosen = by("max", MARKET, f"{told} and on ({','.join((*PROCESS, *MARKET))}) {newest}")
    return f"({chosen} or {by('max', MARKET, told)})"
