"""A structlog processor: what a service logs anyway also becomes signals.

    structlog.configure(processors=[..., SignalProcessor(telemetry), JSONRenderer()])

    log.info("fill", client="acme", venue="binance", symbol="BTC/USDT", account="acme-mm",
             tag="core", side="buy", price=64_000.1, quantity=0.5, liquidity="maker")

reaches the same cells as `book.trades.fill(...)`. Fields have the names of the typed API's
arguments; an event takes the ones it knows and ignores the rest. Events:

| event | reaches |
|---|---|
| `fill` | `book.trades.fill` |
| `quotes`, `quotes_confirmed`, `quotes_cleared` | `book.quotes.update`, `.confirm`, `.clear` |
| `book_state` | `book.state` |
| `order_submitted`, `order_acknowledged`, `order_cancelled`, `order_filled` | `book.orders...` |
| `order_rejected`, `order_unknown`, `orders_open` | `book.orders...` |
| `balance` | `account.balance` |
| `market` | `market.top` |
| `heartbeat` | `telemetry.heartbeat(loop).beat` |

Every event passes through unchanged, whatever it is; nothing here raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel.meters._meter import Meter, harmless

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from structlog.typing import EventDict, WrappedLogger

    from fortuna_otel.telemetry import Telemetry

MAX_METERS = 1000
"""Meters that log events may create: text in a log is not bounded as code is."""

_BOOK = ("client", "venue", "symbol", "account", "tag")
_ORDER_ERROR = ("action", "reason")

_EVENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "fill": (
        "trades.fill",
        ("side", "price", "quantity", "liquidity", "fee", "fee_asset", "mid"),
    ),
    "quotes": ("quotes.update", ("bids", "asks", "mid")),
    "quotes_confirmed": ("quotes.confirm", ()),
    "quotes_cleared": ("quotes.clear", ()),
    "book_state": ("state", ("state",)),
    "order_submitted": ("orders.submitted", ("side", "queued")),
    "order_acknowledged": ("orders.acknowledged", ("side", "latency")),
    "order_cancelled": ("orders.cancelled", ("side", "latency")),
    "order_filled": ("orders.filled", ("side",)),
    "order_rejected": ("orders.rejected", (*_ORDER_ERROR, "origin")),
    "order_unknown": ("orders.unknown", _ORDER_ERROR),
    "orders_open": ("orders.open", ("bids", "asks", "oldest")),
    "balance": (
        "balance",
        ("asset", "free", "used", "locked", "borrowed", "in_transit"),
    ),
    "market": ("top", ("bid", "ask")),
    "heartbeat": ("beat", ()),
}
"""Events: the call that each reaches on its meter, and the arguments that it takes."""

_IDENTITIES: dict[str, tuple[str, ...]] = {
    "balance": ("client", "venue", "account"),
    "market": ("venue", "symbol"),
    "heartbeat": ("loop",),
}
"""Events whose meter is not a book, and what identifies it."""


class SignalProcessor:
    """Turn log events into signals; put it before the renderer.

    An event that lacks every attribute of its meter is somebody else's of the same name and is
    left alone; one that has some but not all is counted in `fortuna.telemetry.dropped`.
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

    def __repr__(self) -> str:
        return "structlog"

    @harmless
    def route(self, event: str, fields: Mapping[str, Any]) -> None:
        identity = _IDENTITIES.get(event, _BOOK)
        missing = [name for name in identity if name not in fields]
        if len(missing) == len(identity):
            return
        if missing:
            raise ValueError(f"event {event!r} has no {', '.join(missing)}")
        call, names = _EVENTS[event]
        target = self._meter(event, {name: fields[name] for name in identity})
        for part in call.split("."):
            target = getattr(target, part)
        target(**{name: fields[name] for name in names if name in fields})

    def _meter(self, event: str, identity: dict[str, Any]) -> Any:
        kind = event if event in _IDENTITIES else "book"
        meter = self._meters.get((kind, *identity.values()))
        if meter is None:
            if len(self._meters) >= MAX_METERS:
                raise ValueError(
                    f"{MAX_METERS} meters were made of log events already, none is made for "
                    f"{identity}: is an id of something short-lived among the fields?"
                )
            declare: dict[str, Callable[..., Meter]] = {
                "balance": self._telemetry.account,
                "book": self._telemetry.book,
                "heartbeat": self._telemetry.heartbeat,
                "market": self._telemetry.market,
            }
            meter = self._meters[kind, *identity.values()] = declare[kind](**identity)
        return meter
