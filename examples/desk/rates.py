"""Reference rates: `python -m examples.desk.rates`.

What one unit of every asset that the desk uses is worth in USD, USDT, EUR and BTC. A stablecoin
is a market like any other: USDT/USD is read, never taken for 1.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog

from examples.desk.connect import connect, errors, reason
from examples.desk.engine import DEFAULT_EXCHANGE, DEFAULT_MANDATES
from examples.desk.service import serve
from fortuna_otel import instrument
from fortuna_otel.mandates import MandatesError, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel import Telemetry
    from fortuna_otel.mandates import Mandates

log = structlog.get_logger()

CURRENCIES: Final = ("USD", "USDT", "EUR", "BTC")
PROVIDER: Final = "desk"
VENUE: Final = "binance"
POLL_SECONDS: Final = 2.0
RETRY_SECONDS: Final = 1.0


def assets_used(mandates: Mandates) -> list[str]:
    """Return every asset that is traded, held or counted in."""
    traded = {asset for book in mandates.books for asset in book.symbol.split("/")}
    held = {exposure.asset for exposure in mandates.exposures}
    return sorted({*traded, *held, *CURRENCIES})


def rates(mids: Mapping[str, float], assets: Iterable[str]) -> dict[tuple[str, str], float]:
    """Return the rates by (asset, currency) that follow from market mids by symbol.

    Args:
        mids: must hold USDT/USD, and X/USDT for every asset X that is to have a rate.
        assets: those wanted; one without a market has no rate.
    """
    stable = mids.get("USDT/USD")
    if stable is None:
        return {}
    usd = {"USD": 1.0, "USDT": stable}
    for asset in {*assets, *CURRENCIES} - usd.keys():
        if (mid := mids.get(f"{asset}/USDT")) is not None:
            usd[asset] = mid * stable
    return {
        (asset, currency): usd[asset] / usd[currency]
        for asset in assets
        for currency in CURRENCIES
        if asset in usd and currency in usd
    }


class Rates:
    """Polls a venue and tells the rates that follow.

    Args:
        telemetry: of this process.
        exchange: ccxt, from `connect`.
        assets: whose rates to tell.
    """

    def __init__(self, telemetry: Telemetry, exchange: Any, assets: list[str]) -> None:
        self._exchange, self._assets = exchange, assets
        self._feed = telemetry.feed(venue=exchange.id, stream="ticker")
        self._heartbeat = telemetry.heartbeat("rates")
        self._rates = {
            (asset, currency): telemetry.rate(asset=asset, currency=currency, provider=PROVIDER)
            for asset in assets
            for currency in CURRENCIES
        }
        self._symbols: list[str] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop."""
        try:
            while not stop.is_set():
                started = time.monotonic()
                pause = POLL_SECONDS
                try:
                    with self._heartbeat.turn():
                        await self.read()
                except errors.BaseError as error:
                    self._feed.error(reason(error))
                    log.warning("rates", problem=repr(error)[:200])
                    pause = RETRY_SECONDS
                left = started + pause - time.monotonic()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), timeout=max(left, 0.01))
        finally:
            await self._exchange.close()

    async def read(self) -> None:
        """Read all markets in one call and tell every rate."""
        if not self._symbols:
            await self._exchange.load_markets()
            wanted = {"USDT/USD", *(f"{asset}/USDT" for asset in (*self._assets, *CURRENCIES))}
            self._symbols = sorted(wanted & set(self._exchange.symbols))
        tickers = await self._exchange.fetch_tickers(self._symbols)
        self._feed.alive()
        mids = {
            symbol: (ticker["bid"] + ticker["ask"]) / 2
            for symbol, ticker in tickers.items()
            if ticker["bid"] and ticker["ask"]
        }
        for key, rate in rates(mids, self._assets).items():
            self._rates[key].set(rate)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        assets = assets_used(load(options.mandates))
    except MandatesError as error:
        print(f"rates: {error}", file=sys.stderr)
        return 2
    telemetry = instrument("rates", namespace="desk", version="1.0")
    try:
        exchange = connect(VENUE, options.exchange, agent="rates")
        serve(Rates(telemetry, exchange, assets).run)
    finally:
        telemetry.shutdown()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m examples.desk.rates",
        description="Exports what every asset of the mandates is worth in USD, USDT, EUR and BTC.",
        epilog="Telemetry goes where the OTEL_* variables say, http://localhost:4318 by default.",
    )
    parser.add_argument(
        "--mandates", type=Path, default=DEFAULT_MANDATES, help="(examples/mandates.yaml)"
    )
    parser.add_argument(
        "--exchange", default=DEFAULT_EXCHANGE, help=f"of the local exchange ({DEFAULT_EXCHANGE})"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
