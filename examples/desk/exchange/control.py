"""The control endpoint: what the exchange is doing, and faults put into it on purpose.

`GET /_control` tells the state. `POST /_control` takes one JSON object:

| fault | fields | what happens |
|---|---|---|
| `hang` | venue, seconds, caller? | market data requests get no answer; orders go on |
| `unavailable` | venue, seconds, caller? | market data requests are answered 503; orders go on |
| `delay` | venue, seconds, delay, caller? | every request waits `delay` seconds |
| `lift` | client, seconds, quantity or notional, symbol or asset, venue?, side?, protection? | \
a taker trades against this client's orders alone until the amount is done or the time is over |
| `drop` | venue, account, symbol? | the venue cancels an account's orders by itself |
| `clear` | | every fault ends now |

A `caller` is the User-Agent of a client (our engines send their service's name) or an account
label; without it everybody is hit. `seconds` is at most 600. A lift's `quantity` is in units of
the base asset, its `notional` in USD; `side` is the taker's, `buy` (lifts offers) unless `sell`;
`protection` is how far from the reference price it still trades, 0.02 unless set.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from examples.desk.exchange.faults import LONGEST_SECONDS, Faults, Kind
from examples.desk.exchange.model import Refused
from examples.desk.exchange.orderbook import Order, Side
from examples.desk.exchange.wire import reply, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from examples.desk.exchange.core import Venue
    from examples.desk.exchange.flow import Prices
    from examples.desk.exchange.world import VenueWorld

WHALE: Final = "whale"
PROTECTION: Final = 0.02
# An aggressive taker is done in a sixth of its time, where the client offers that much.
LIFT_PACE: Final = 6
FIELDS: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    # fault: required fields, optional fields
    "hang": (frozenset({"venue", "seconds"}), frozenset({"caller"})),
    "unavailable": (frozenset({"venue", "seconds"}), frozenset({"caller"})),
    "delay": (frozenset({"venue", "seconds", "delay"}), frozenset({"caller"})),
    "lift": (
        frozenset({"client", "seconds"}),
        frozenset({"quantity", "notional", "symbol", "asset", "venue", "side", "protection"}),
    ),
    "drop": (frozenset({"venue", "account"}), frozenset({"symbol"})),
    "clear": (frozenset(), frozenset()),
}


class ControlError(ValueError):
    """A request that the control endpoint cannot follow; says how to mend it."""


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


class Control:
    """The control endpoint over every venue.

    Args:
        venues: the venues, by name.
        worlds: whose accounts they are.
        prices: the reference prices that protect a lift.
        faults: what the dialects obey.
        seed: told in the state.
    """

    def __init__(
        self,
        venues: Mapping[str, Venue],
        worlds: Mapping[str, VenueWorld],
        prices: Prices,
        faults: Faults,
        seed: int,
    ) -> None:
        self._venues, self._worlds = venues, worlds
        self._prices, self._faults, self._seed = prices, faults, seed
        self._lifts: dict[int, Lift] = {}
        self._ids = itertools.count(1)
        self._started = time.monotonic()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the endpoint."""
        return [web.get("/_control", self._get), web.post("/_control", self._post)]

    def step(self, seconds: float) -> None:
        """Let the takers at work trade for a while."""
        for lift in list(self._lifts.values()):
            if lift.left <= 0 or time.monotonic() >= lift.ends:
                del self._lifts[lift.id]
                continue
            self._take(lift, lift.rate * Decimal(str(seconds)))

    async def _get(self, _request: web.Request) -> web.StreamResponse:
        return reply(
            {
                "seed": self._seed,
                "uptime_seconds": round(time.monotonic() - self._started, 1),
                "faults": self._faults.describe(),
                "lifts": [self._describe(lift) for lift in self._lifts.values()],
                "venues": {name: self._venue(venue) for name, venue in self._venues.items()},
            }
        )

    async def _post(self, request: web.Request) -> web.StreamResponse:
        try:
            asked = await request.json()
        except ValueError:
            return reply({"error": "the body is not JSON: send one JSON object"}, 400)
        try:
            return reply(self.command(asked))
        except ControlError as error:
            return reply({"error": str(error)}, 400)

    def command(self, asked: object) -> dict[str, Any]:
        """Do what a request asks for and say what was done.

        Raises:
            ControlError: where it cannot be done.
        """
        if not isinstance(asked, dict):
            raise ControlError('send one JSON object, such as {"fault": "clear"}')
        fields = dict(asked)
        fault = fields.pop("fault", None)
        if fault not in FIELDS:
            raise ControlError(f"unknown fault {fault!r}: use one of {', '.join(FIELDS)}")
        required, optional = FIELDS[fault]
        if missing := sorted(required - fields.keys()):
            raise ControlError(f"{fault} needs {', '.join(missing)}")
        if unknown := sorted(fields.keys() - required - optional):
            known = ", ".join(sorted(required | optional)) or "nothing else"
            raise ControlError(f"{fault} does not know {', '.join(unknown)}; it takes {known}")
        if fault == "clear":
            self._lifts.clear()
            return {"cleared": self._faults.clear()}
        if fault == "drop":
            return self._drop(fields)
        if fault == "lift":
            return self._lift(fields)
        made = self._faults.add(
            Kind(fault),
            self._venue_of(fields).name,
            fields.get("caller"),
            _seconds(fields),
            _number(fields, "delay", 10.0) if fault == "delay" else 0.0,
        )
        return {"id": made.id, "fault": fault}

    def _drop(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        venue, account = self._venue_of(fields), fields["account"]
        if account not in self._worlds[venue.name].clients:
            known = ", ".join(sorted(self._worlds[venue.name].clients))
            raise ControlError(f"no account {account!r} at {venue.name}; there are {known}")
        return {"cancelled": len(venue.cancel_all(account, fields.get("symbol")))}

    def _lift(self, fields: Mapping[str, Any]) -> dict[str, Any]:
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
        seconds, base = _seconds(fields), next(iter(symbols)).split("/")[0]
        if "quantity" in fields:
            left = Decimal(str(_number(fields, "quantity")))
        else:
            left = Decimal(str(_number(fields, "notional") / self._prices.usd(base)))
        lift = Lift(
            id=next(self._ids),
            client=client,
            side=Side(side),
            orders_of=accounts,
            symbols=symbols,
            protection=_number(fields, "protection", 1.0) if "protection" in fields else PROTECTION,
            left=left,
            rate=LIFT_PACE * left / Decimal(str(seconds)),
            ends=time.monotonic() + seconds,
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

    def _venue_of(self, fields: Mapping[str, Any]) -> Venue:
        try:
            return self._venues[fields["venue"]]
        except (KeyError, TypeError):
            known = ", ".join(self._venues)
            raise ControlError(f"no venue {fields['venue']!r}; there are {known}") from None

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

    def _venue(self, venue: Venue) -> dict[str, Any]:
        return {
            "markets": {
                symbol: {
                    "reference": self._prices.of(market.listing),
                    "bid": None if market.bids.best is None else text(market.bids.best),
                    "ask": None if market.asks.best is None else text(market.asks.best),
                    "trades": market.trades,
                }
                for symbol, market in venue.markets.items()
            },
            "accounts": {
                account: {
                    "client": client,
                    "orders": len(venue.accounts[account].orders),
                    "fills": len(venue.accounts[account].fills),
                    "balances": {
                        asset: venue.accounts[account].total(asset)
                        for asset in venue.accounts[account].assets()
                    },
                }
                for account, client in self._worlds[venue.name].clients.items()
            },
        }


def _number(fields: Mapping[str, Any], name: str, most: float = 1e15) -> float:
    value = fields[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise ControlError(f"{name} {value!r} is not a number above 0 and at most {most:g}")
    return float(value)


def _seconds(fields: Mapping[str, Any]) -> float:
    return _number(fields, "seconds", LONGEST_SECONDS)
