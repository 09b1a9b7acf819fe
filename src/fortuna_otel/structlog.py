"""A structlog processor: what a service logs anyway also becomes signals.

    structlog.configure(processors=[..., SignalProcessor(telemetry), JSONRenderer()])

    log.info("fill", client="acme", venue="binance", symbol="BTC/USDT", account="acme-mm",
             tag="core", side="buy", price=64_000.1, quantity=0.5, liquidity="maker")

reaches the same cells as `book.trades.fill(...)`. An event names its meter with the fields of the
declaration; its other fields have the names of the call's arguments, and what else it carries is
ignored. Every event passes through unchanged, whatever it is; nothing here raises.

| meter | fields that say which |
|---|---|
| `book` | client, venue, symbol, account, tag |
| `account` | client, venue, account |
| `credential` | venue, account |
| `market` | venue, symbol |
| `feed` | venue, stream |
| `venue` | venue |
| `chain` | venue |
| `rate` | asset, currency, provider |
| `loan` | client, asset, lender, currency |
| `exposure` | client, asset, capital |
| `equity` | client, currency, capital |
| `heartbeat` | loop |
| `service` | - |

| event | other fields | reaches |
|---|---|---|
| `fill` | side, price, quantity, liquidity, fee, fee_asset, mid | `book.trades.fill` |
| `position_restored` | position, entry, mark | `book.trades.restore` |
| `funding` | amount, asset | `book.trades.funding` |
| `interest` | amount, asset | `book.trades.interest` |
| `gas` | amount, asset | `book.trades.gas` |
| `self_trade` | - | `book.trades.self_trade` |
| `quotes` | bids, asks, mid | `book.quotes.update` |
| `quotes_confirmed` | mid | `book.quotes.confirm` |
| `quotes_cleared` | - | `book.quotes.clear` |
| `book_state` | state | `book.state` |
| `order_submitted` | side, queued | `book.orders.submitted` |
| `order_acknowledged` | side, latency | `book.orders.acknowledged` |
| `order_cancelled` | side, latency | `book.orders.cancelled` |
| `order_filled` | side | `book.orders.filled` |
| `order_rejected` | action, reason, origin | `book.orders.rejected` |
| `order_unknown` | action, reason | `book.orders.unknown` |
| `orders_open` | bids, asks, oldest, asked | `book.orders.open` |
| `orders_ghosts` | count | `book.orders.ghosts` |
| `pool_position` | ranges, price | `book.pool.position` |
| `transaction` | outcome, duration, gas, gas_asset | `book.pool.transaction` |
| `balance` | asset, free, used, locked, borrowed, in_transit | `account.balance` |
| `balances_confirmed` | - | `account.confirm` |
| `tracked` | asset, amount, tag | `account.tracked` |
| `flow` | asset, amount, kind, direction | `account.flow` |
| `margin` | ratio | `account.margin` |
| `fees_uncollected` | asset, amount | `account.fees_uncollected` |
| `account_gas` | asset, amount | `account.gas` |
| `ratelimit` | limit, used | `credential.ratelimit` |
| `deadman` | armed | `credential.deadman` |
| `key_expiry` | at | `credential.expires` |
| `market` | bid, ask | `market.top` |
| `market_status` | status | `market.status` |
| `reference` | mid | `market.reference` |
| `book_valid` | stream, valid | `market.valid` |
| `funding_rate` | rate, interval | `market.funding` |
| `feed_gap` | - | `feed.gap` |
| `feed_reconnect` | - | `feed.reconnect` |
| `feed_error` | kind | `feed.error` |
| `venue_status` | status | `venue.status` |
| `clock_offset` | seconds | `venue.clock_offset` |
| `transfers` | asset, deposit, withdrawal | `venue.transfers` |
| `block` | timestamp | `chain.block` |
| `reorg` | - | `chain.reorg` |
| `rate` | rate | `rate.set` |
| `loan` | principal, rate, expires, strike | `loan.set` |
| `loan_repaid` | - | `loan.repaid` |
| `exposure` | value | `exposure.set` |
| `equity` | value | `equity.set` |
| `heartbeat` | - | `heartbeat.beat` |
| `service_state` | state | `service.state` |
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from fortuna_otel.meters._meter import Meter, harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from structlog.typing import EventDict, WrappedLogger

    from fortuna_otel.telemetry import Telemetry

MAX_METERS = 1000
"""Meters that log events may create: text in a log is not bounded as code is."""

_IDENTITIES: dict[str, tuple[str, ...]] = {
    "book": ("client", "venue", "symbol", "account", "tag"),
    "account": ("client", "venue", "account"),
    "credential": ("venue", "account"),
    "market": ("venue", "symbol"),
    "feed": ("venue", "stream"),
    "venue": ("venue",),
    "chain": ("venue",),
    "rate": ("asset", "currency", "provider"),
    "loan": ("client", "asset", "lender", "currency"),
    "exposure": ("client", "asset", "capital"),
    "equity": ("client", "currency", "capital"),
    "heartbeat": ("loop",),
    "service": (),
}
"""Declarations of `Telemetry`, and the fields that say which meter; `service` is itself."""

_EVENTS: dict[str, tuple[str, str]] = {
    "fill": ("book", "trades.fill"),
    "position_restored": ("book", "trades.restore"),
    "funding": ("book", "trades.funding"),
    "interest": ("book", "trades.interest"),
    "gas": ("book", "trades.gas"),
    "self_trade": ("book", "trades.self_trade"),
    "quotes": ("book", "quotes.update"),
    "quotes_confirmed": ("book", "quotes.confirm"),
    "quotes_cleared": ("book", "quotes.clear"),
    "book_state": ("book", "state"),
    "order_submitted": ("book", "orders.submitted"),
    "order_acknowledged": ("book", "orders.acknowledged"),
    "order_cancelled": ("book", "orders.cancelled"),
    "order_filled": ("book", "orders.filled"),
    "order_rejected": ("book", "orders.rejected"),
    "order_unknown": ("book", "orders.unknown"),
    "orders_open": ("book", "orders.open"),
    "orders_ghosts": ("book", "orders.ghosts"),
    "pool_position": ("book", "pool.position"),
    "transaction": ("book", "pool.transaction"),
    "balance": ("account", "balance"),
    "balances_confirmed": ("account", "confirm"),
    "tracked": ("account", "tracked"),
    "flow": ("account", "flow"),
    "margin": ("account", "margin"),
    "fees_uncollected": ("account", "fees_uncollected"),
    "account_gas": ("account", "gas"),
    "ratelimit": ("credential", "ratelimit"),
    "deadman": ("credential", "deadman"),
    "key_expiry": ("credential", "expires"),
    "market": ("market", "top"),
    "market_status": ("market", "status"),
    "reference": ("market", "reference"),
    "book_valid": ("market", "valid"),
    "funding_rate": ("market", "funding"),
    "feed_gap": ("feed", "gap"),
    "feed_reconnect": ("feed", "reconnect"),
    "feed_error": ("feed", "error"),
    "venue_status": ("venue", "status"),
    "clock_offset": ("venue", "clock_offset"),
    "transfers": ("venue", "transfers"),
    "block": ("chain", "block"),
    "reorg": ("chain", "reorg"),
    "rate": ("rate", "set"),
    "loan": ("loan", "set"),
    "loan_repaid": ("loan", "repaid"),
    "exposure": ("exposure", "set"),
    "equity": ("equity", "set"),
    "heartbeat": ("heartbeat", "beat"),
    "service_state": ("service", "state"),
}
"""Events: the declaration of the meter that each is about, and the call that it reaches there."""


class SignalProcessor:
    """Turn log events into signals; put it before the renderer.

    An event that lacks every field that says which meter is somebody else's of the same name and
    is left alone; one that has some but not all is counted in `fortuna.telemetry.dropped`.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self._router = _Router(telemetry)

    def __call__(
        self,
        logger: WrappedLogger,  # noqa: ARG002  # structlog's signature
        method_name: str,  # noqa: ARG002
        event_dict: EventDict,
    ) -> EventDict:
        """Pass the event on unchanged, whatever becomes of it here."""
        event = event_dict.get("event")
        if event.__class__ is str and event in _EVENTS:
            self._router.route(event, event_dict)
        return event_dict


class _Router(Meter):
    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__(telemetry.registry, telemetry.clock)
        self._telemetry = telemetry
        self._meters: dict[tuple[object, ...], Any] = {}
        self._fields: dict[str, tuple[str, ...]] = {}

    def __repr__(self) -> str:
        return "structlog"

    @harmless
    def route(self, event: str, fields: Mapping[str, Any]) -> None:
        declaration, path = _EVENTS[event]
        names = _IDENTITIES[declaration]
        missing = [name for name in names if name not in fields]
        if missing and len(missing) == len(names):
            return
        if missing:
            raise ValueError(f"event {event!r} has no {', '.join(missing)}")
        call = self._meter(declaration, {name: fields[name] for name in names})
        for part in path.split("."):
            call = getattr(call, part)
        known = self._fields.get(event)
        if known is None:
            known = self._fields[event] = _arguments(call)
        arguments = {name: fields[name] for name in known if name in fields}
        if arguments or names:  # or else it is somebody else's
            call(**arguments)

    def _meter(self, declaration: str, identity: dict[str, Any]) -> Any:
        if declaration == "service":
            return self._telemetry
        key = (declaration, *identity.values())
        meter = self._meters.get(key)
        if meter is None:
            if len(self._meters) >= MAX_METERS:
                raise ValueError(
                    f"{MAX_METERS} meters were made of log events already, none is made for "
                    f"{identity}: is an id of something short-lived among the fields?"
                )
            declare: Callable[..., Any] = getattr(self._telemetry, declaration)
            meter = self._meters[key] = declare(**identity)
        return meter


def _arguments(call: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the arguments that a call takes."""
    return tuple(
        [
            parameter.name
            for parameter in inspect.signature(call).parameters.values()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
    )
