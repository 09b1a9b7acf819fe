"""Venues: what they can do, the connections to them, and what a login is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fortuna_otel import _numbers
from fortuna_otel.meters._flags import flag
from fortuna_otel.meters._meter import Meter, OneHot, choose_or, harmless
from fortuna_otel.signals import health, market, orders
from fortuna_otel.signals.enums import FeedError, TransferDirection, VenueStatus

if TYPE_CHECKING:
    from fortuna_otel._clock import Clock
    from fortuna_otel.export.registry import Registry


class Feed(Meter):
    """One connection to a venue that carries a stream of data.

    | call | when |
    |---|---|
    | `alive()` | a frame of any kind arrived, or a re-check was answered |
    | `gap()`, `reconnect()` | a sequence number is missing; the connection was opened again |
    | `error(kind)` | a request or a message failed |
    """

    def __init__(self, registry: Registry, clock: Clock, venue: str, stream: str) -> None:
        super().__init__(registry, clock)
        self._attributes = {"venue": venue, "stream": stream}
        self._alive = registry.gauge(market.FEED_ALIVE_TIMESTAMP, **self._attributes)
        self._gaps = registry.counter(market.FEED_GAPS, **self._attributes)
        self._reconnects = registry.counter(market.FEED_RECONNECTS, **self._attributes)

    def __repr__(self) -> str:
        return f"feed({self._attributes['venue']}, {self._attributes['stream']})"

    @harmless
    def alive(self) -> None:
        """Note a frame of any kind: data, pong, or a re-check that was answered.

        It says that the connection is alive, not that the market is active.
        """
        self._alive.value = self._now()

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
        """Count a request or message that failed.

        Args:
            kind: timeout, network, auth, rate_limited, maintenance, invalid; another counts as
                `other`.
        """
        known = choose_or(FeedError, kind, FeedError.OTHER)
        self._registry.counter(market.FEED_ERRORS, **self._attributes, kind=known).add()


class Venue(Meter):
    """An exchange or protocol as a whole.

    | call | when |
    |---|---|
    | `status(status)` | the venue said what can be done |
    | `clock_offset(seconds)` | an answer told the venue's time |
    | `transfers(asset, deposit=, withdrawal=)` | the venue said what of an asset can be moved |

    Attributes:
        venue: which it is.
    """

    def __init__(self, registry: Registry, clock: Clock, venue: str) -> None:
        super().__init__(registry, clock)
        self.venue = venue
        self._status = OneHot(
            VenueStatus,
            lambda status: registry.gauge(market.VENUE_STATUS, venue=venue, status=status),
        )
        self._offset = registry.gauge(market.VENUE_CLOCK_OFFSET, venue=venue)

    def __repr__(self) -> str:
        return f"venue({self.venue})"

    @harmless
    def status(self, status: str) -> None:
        """Set what the venue can do: ok, post_only, cancel_only, maintenance, down."""
        self._status.set(status)

    @harmless
    def clock_offset(self, seconds: float | None) -> None:
        """Set the venue's clock - ours, in seconds; None where the venue tells no time."""
        self._offset.value = self._known(_numbers.finite, seconds, "clock offset")

    @harmless
    def transfers(self, asset: str, *, deposit: bool | None, withdrawal: bool | None) -> None:
        """Set whether an asset can be moved to and from the venue.

        Args:
            asset: currency code.
            deposit: whether deposits are open; None where the venue does not say.
            withdrawal: likewise.
        """
        for direction, allowed in (
            (TransferDirection.DEPOSIT, deposit),
            (TransferDirection.WITHDRAWAL, withdrawal),
        ):
            gauge = self._registry.gauge(
                market.ASSET_TRANSFER, venue=self.venue, asset=asset, direction=direction
            )
            gauge.value = self._known(flag, allowed, direction)


class Credential(Meter):
    """A login to a venue: what it may still do, whoever it trades for.

    | call | when |
    |---|---|
    | `ratelimit(limit, used)` | an answer told how much of a limit is used |
    | `deadman(armed)` | the venue confirmed, or lost, its dead man's switch |
    | `expires(at)` | the venue told when the API key ends |
    """

    def __init__(self, registry: Registry, clock: Clock, venue: str, account: str) -> None:
        super().__init__(registry, clock)
        self._attributes = {"venue": venue, "account": account}
        self._armed = registry.gauge(orders.DEADMAN_ARMED, **self._attributes)
        self._expiry = registry.gauge(health.CREDENTIAL_EXPIRY_TIMESTAMP, **self._attributes)

    def __repr__(self) -> str:
        return "credential({venue}, {account})".format(**self._attributes)

    @harmless
    def ratelimit(self, limit: str, used: float | None) -> None:
        """Set how much of one of the venue's request limits is used.

        Args:
            limit: its name, as the venue calls it, such as `request_weight`; at most 8 of them.
            used: share of the limit; at 1 the venue refuses. None if it is not known any more.
        """
        gauge = self._registry.gauge(market.RATELIMIT_USED, **self._attributes, limit=limit)
        gauge.value = self._known(_numbers.not_negative, used, "used")

    @harmless
    def deadman(self, armed: bool | None) -> None:
        """Say whether the venue cancels every order if we vanish.

        Say it at each renewal and as soon as one fails. None where the venue has no such switch.
        """
        self._armed.value = self._known(flag, armed, "armed")

    @harmless
    def expires(self, at: float | None) -> None:
        """Set when the API key expires, Unix seconds; None if never, or if nobody says."""
        self._expiry.value = self._known(_numbers.unix_time, at, "expiry")
