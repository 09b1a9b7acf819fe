"""Takers that trade against one client's orders alone, for as long and as much as they are told."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from examples.desk.exchange.asked import ControlError, number, seconds
from examples.desk.exchange.model import Refused
from examples.desk.exchange.orderbook import Order, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from examples.desk.exchange.core import Venue
    from examples.desk.exchange.flow import Prices
    from examples.desk.exchange.world import VenueWorld

WHALE: Final = "whale"
PROTECTION: Final = 0.02
# An aggressive taker is done in a sixth of its time, where the client offers that much.
LIFT_PACE: Final = 6


@dataclass(slots=True)
class Lift:
    """A taker at work. `left` is in units of the base asset, `rate` in units a second."""

    id: int
    client: str
    side: Side
    orders_of: frozenset[tuple[str, str]]
    symbols: frozenset[str]
    protection: float
    left: Decimal
    rate: Decimal
    ends: float
    done: Decimal = Decimal(0)


class Lifts:
    """The takers at work.

    Args:
        venues: the venues, by name.
        worlds: whose accounts they are.
        prices: the reference prices that protect a lift.
    """

    def __init__(
        self, venues: Mapping[str, Venue], worlds: Mapping[str, VenueWorld], prices: Prices
    ) -> None:
        self._venues, self._worlds, self._prices = venues, worlds, prices
        self._lifts: dict[int, Lift] = {}
        self._ids = itertools.count(1)

    def step(self, passed: float) -> None:
        """Let the takers at work trade for a while, in seconds."""
        for lift in list(self._lifts.values()):
            if lift.left <= 0 or time.monotonic() >= lift.ends:
                del self._lifts[lift.id]
                continue
            self._take(lift, lift.rate * Decimal(str(passed)))

    def clear(self) -> None:
        """Send every taker home."""
        self._lifts.clear()

    def describe(self) -> list[dict[str, Any]]:
        """Return what each taker has done."""
        return [self._describe(lift) for lift in self._lifts.values()]

    def start(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Send a taker to work, as a command's fields say.

        Raises:
            ControlError: where they cannot be followed.
        """
        if ("symbol" in fields) == ("asset" in fields):
            raise ControlError("lift needs either symbol or asset")
        if ("quantity" in fields) == ("notional" in fields):
            raise ControlError("lift needs either quantity (base units) or notional (USD)")
        client, side = fields["client"], fields.get("side", "buy")
        if side not in ("buy", "sell"):
            raise ControlError(f"side {side!r} is neither buy (lifts offers) nor sell (hits bids)")
        accounts = frozenset(
            (name, account)
            for name, world in self._worlds.items()
            for account, owner in world.clients.items()
            if owner == client and fields.get("venue", name) == name
        )
        if not accounts:
            raise ControlError(f"no account of client {client!r} here")
        symbols = frozenset(
            symbol
            for name, _ in accounts
            for symbol, market in self._venues[name].markets.items()
            if symbol == fields.get("symbol") or market.listing.base == fields.get("asset")
        )
        if not symbols:
            raise ControlError(f"no market of {fields.get('symbol') or fields.get('asset')!r}")
        lasts, base = seconds(fields), next(iter(symbols)).split("/")[0]
        if "quantity" in fields:
            left = Decimal(str(number(fields, "quantity")))
        else:
            left = Decimal(str(number(fields, "notional") / self._prices.usd(base)))
        lift = Lift(
            id=next(self._ids),
            client=client,
            side=Side(side),
            orders_of=accounts,
            symbols=symbols,
            protection=number(fields, "protection", 1.0) if "protection" in fields else PROTECTION,
            left=left,
            rate=LIFT_PACE * left / Decimal(str(lasts)),
            ends=time.monotonic() + lasts,
        )
        self._lifts[lift.id] = lift
        return {"id": lift.id, "fault": "lift"}

    def _take(self, lift: Lift, quantity: Decimal) -> None:
        quantity = min(quantity, lift.left)
        for venue, order in self._targets(lift):
            if quantity <= 0:
                return
            # At least one step, or a small rate would never trade a coarse market.
            step = venue.markets[order.symbol].listing.step
            try:
                traded = venue.take(WHALE, order, max(quantity, min(step, lift.left)))
            except Refused:
                continue
            quantity -= traded
            lift.left -= traded
            lift.done += traded

    def _targets(self, lift: Lift) -> list[tuple[Venue, Order]]:
        """Return the client's orders that the taker may trade with, the nearest to fair first."""
        sign = 1 if lift.side is Side.BUY else -1
        found = []
        for name, account in lift.orders_of:
            venue = self._venues[name]
            for order in venue.accounts[account].orders.values():
                if order.symbol not in lift.symbols or order.side is lift.side:
                    continue
                fair = self._prices.of(venue.markets[order.symbol].listing)
                away = sign * (float(order.price) / fair - 1)
                if away <= lift.protection:
                    found.append((away, order.id, venue, order))
        found.sort(key=lambda entry: entry[:2])
        return [(venue, order) for _, _, venue, order in found]

    def _describe(self, lift: Lift) -> dict[str, Any]:
        return {
            "id": lift.id,
            "client": lift.client,
            "side": lift.side.value,
            "symbols": sorted(lift.symbols),
            "done": lift.done,
            "left": lift.left,
            "seconds_left": round(lift.ends - time.monotonic(), 1),
        }
