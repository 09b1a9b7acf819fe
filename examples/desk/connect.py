"""How the desk reaches its venues: ccxt, as anyone would, pointed at the local exchange.

Nothing here knows telemetry, but `on_the_wire` measures what telemetry wants to tell: how long a
request took at the venue, without the time that it waited in our own rate limiter.
"""

from __future__ import annotations

import contextlib
import re
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from examples.desk import light_ccxt
from examples.desk.keys import credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

errors = light_ccxt.errors

# A desk's patience: ccxt's own is 10 s, longer than quotes may stay unconfirmed.
TIMEOUT_MS: Final = 3_000
OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "binance": {
        # Only what a spot desk needs: the rest are calls to hosts that are not there.
        "fetchMarkets": {"types": ["spot"]},
        "fetchCurrencies": False,
        "fetchMargins": False,
        # One call for all markets of an account; its weight is what we budget for.
        "warnOnFetchOpenOrdersWithoutSymbol": False,
    },
    "okx": {"fetchMarkets": {"types": ["spot"]}},
}
# ccxt's default, a leaky bucket, refills only while somebody waits: each request pays for the one
# before it, however long ago that was. A window counts what was sent in its milliseconds; a short
# one, since whoever has used it up waits for its end.
LIMITER: Final = {"algorithm": "rollingWindow", "windowSize": 10_000.0}

# First match wins: several of these are subclasses of later ones.
REASONS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (errors.InsufficientFunds, "insufficient_funds"),
    (errors.OrderImmediatelyFillable, "post_only"),
    (errors.OrderNotFound, "not_found"),
    (errors.RateLimitExceeded, "rate_limited"),
    (errors.DDoSProtection, "rate_limited"),
    (errors.AuthenticationError, "auth"),
    (errors.InvalidNonce, "auth"),
    (errors.RequestTimeout, "timeout"),
    (errors.OnMaintenance, "maintenance"),
    (errors.MarketClosed, "maintenance"),
    (errors.NetworkError, "network"),
    # How ccxt reads a pair that okx has suspended; it is an InvalidOrder, too.
    (errors.ContractUnavailable, "maintenance"),
    (errors.InvalidOrder, "invalid"),
    (errors.BadRequest, "invalid"),
    (errors.ArgumentsRequired, "invalid"),
    (errors.NotSupported, "invalid"),
)
# What binance allows in a minute, as its exchangeInfo says.
WEIGHT_A_MINUTE: Final = 6_000
# After these nobody knows whether the venue did what was asked.
UNKNOWN_OUTCOMES: Final = frozenset({"timeout", "network"})


@dataclass(slots=True)
class Wire:
    """One call: how long it waited in our limiter, and how long its request was on the wire.

    Both are in seconds, and None for a call that never sent anything.
    """

    started: float
    queued: float | None = None
    seconds: float | None = None


_wire: ContextVar[Wire | None] = ContextVar("wire", default=None)


@contextlib.contextmanager
def on_the_wire() -> Iterator[Wire]:
    """Measure the ccxt call made inside, by an exchange of `connect`."""
    wire = Wire(time.perf_counter())
    token = _wire.set(wire)
    try:
        yield wire
    finally:
        _wire.reset(token)


def reason(error: BaseException) -> str:
    """Return why a call failed, in the words of `fortuna.orders.rejected`."""
    return next((name for kind, name in REASONS if isinstance(error, kind)), "other")


def used_weight(exchange: Any) -> float | None:
    """Return the used share of the request weight, None where the last answer did not tell it."""
    headers = exchange.last_response_headers or {}
    used = {name.lower(): value for name, value in headers.items()}.get("x-mbx-used-weight-1m")
    return None if used is None else int(used) / WEIGHT_A_MINUTE


def reason_of_code(exchange: Any, code: str | None) -> str:
    """Return why one order of a batch was refused, by the venue's own code."""
    kind = exchange.exceptions["exact"].get(code)
    return "other" if kind is None else reason(kind(""))


def point(exchange: Any, url: str) -> Any:
    """Point a ccxt exchange, sync or async, at a loopback exchange and return it.

    Every URL keeps its host as the first segment of the path: one port serves all venues, and
    an endpoint that nobody thought of is a 404 here instead of a call to the real venue.
    """
    target = urlsplit(url)
    hostname = getattr(exchange, "hostname", None) or ""
    for group in ("api", "test", "demo"):
        if group in exchange.urls:
            exchange.urls[group] = _rewritten(exchange.urls[group], target.netloc, hostname)
    return exchange


def connect(venue: str, url: str, *, agent: str, account: str | None = None) -> Any:
    """Return an async ccxt exchange at a loopback exchange; close it when done.

    Args:
        venue: ccxt id.
        url: of the loopback exchange.
        agent: who calls, as the venue's logs will say.
        account: whose keys to sign with; None for market data only.
    """
    settings: dict[str, Any] = {
        "timeout": TIMEOUT_MS,
        "options": dict(OPTIONS.get(venue, {})),
        "userAgent": agent,
        "tokenBucket": dict(LIMITER),
    }
    if account is not None:
        keys = credentials(venue, account)
        settings |= {"apiKey": keys.api_key, "secret": keys.secret, "password": keys.password}
    exchange = point(light_ccxt.load(venue)(settings), url)
    send = exchange.fetch

    async def timed(*arguments: Any, **options: Any) -> Any:
        wire = _wire.get()
        if wire is None:
            return await send(*arguments, **options)
        sent = time.perf_counter()
        wire.queued = sent - wire.started
        try:
            return await send(*arguments, **options)
        finally:
            wire.seconds = time.perf_counter() - sent

    exchange.fetch = timed
    return exchange


def _rewritten(node: Any, authority: str, hostname: str) -> Any:
    if isinstance(node, dict):
        return {key: _rewritten(value, authority, hostname) for key, value in node.items()}
    if isinstance(node, str) and re.match(r"(http|ws)s?://", node):
        real = urlsplit(node.replace("{hostname}", hostname))
        scheme = real.scheme.removesuffix("s")
        return f"{scheme}://{authority}/{real.netloc.split(':')[0]}{real.path}"
    return node
