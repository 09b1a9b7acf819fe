"""The control endpoint: what the exchange is doing, and faults put into it on purpose.

`GET /_control` tells the state. `POST /_control` takes one JSON object. Faults that last:

| fault | fields | what happens |
|---|---|---|
| `hang` | venue, seconds, caller?, part? | requests get no answer |
| `unavailable` | venue, seconds, caller?, part? | requests are answered 503 |
| `maintenance` | venue, seconds, caller?, part? | requests are refused: maintenance |
| `delay` | venue, seconds, delay, caller?, part? | answers come `delay` seconds late |
| `swallow` | venue, seconds, caller?, part? | requests are done, but no answer comes |
| `refuse` | venue, seconds, share, caller?, part? | that share of the requests is refused |
| `halt` | venue, seconds, symbol? | the market takes no orders, and says so |
| `cross` | venue, seconds, symbol? | order books are shown with the bid above the ask |
| `rewind` | venue, seconds, symbol? | every other order book is an old one, by its sequence |
| `clock` | venue, seconds, offset | the venue's clock is off by `offset` seconds |
| `price` | symbol, ratio, seconds | a market's fair price is `ratio` times what it would be |
| `lift` | client, seconds, quantity or notional, symbol or asset, venue?, side?, protection? | \
a taker trades against this client's orders alone until the amount is done or the time is over |

`part` is what the requests are about: `market`, `orders` (placing, cancelling), `views` (open
orders), `account` (balances, trades), `deadman` or `all`; each fault has its usual one. A `caller`
is the User-Agent of a client (our engines send their service's name) or an account label; without
it everybody is hit. `seconds` is at most 600. A lift's `quantity` is in units of the base asset,
its `notional` in USD; `side` is the taker's, `buy` (lifts offers) unless `sell`; `protection` is
how far from the reference price it still trades, 0.02 unless set.

What happens once:

| fault | fields | what happens |
|---|---|---|
| `drop` | venue, account, symbol?, id? | the venue cancels an account's orders by itself |
| `order` | venue, account, symbol, side, notional, away? | an order appears that no engine \
sent, `away` (0.03) from the fair price, of a notional in the quote |
| `transfer` | venue, account, asset, amount | a deposit arrives (a withdrawal leaves: below 0) |
| `vanish` | venue, account, asset, amount | a balance shrinks (grows: below 0), unexplained |
| `clear` | id? | every fault ends now, or the one of that id |
"""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from examples.desk.exchange.asked import ControlError, number, seconds
from examples.desk.exchange.faults import Faults, Kind, Part
from examples.desk.exchange.lift import Lifts
from examples.desk.exchange.model import Refused
from examples.desk.exchange.orderbook import Side
from examples.desk.exchange.wire import reply, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from examples.desk.exchange.core import Venue
    from examples.desk.exchange.flow import Prices
    from examples.desk.exchange.model import Listing
    from examples.desk.exchange.world import VenueWorld

AWAY: Final = 0.03
LATEST_SECONDS: Final = 10.0
Fields = tuple[frozenset[str], frozenset[str]]


def _fields(required: str, optional: str = "") -> Fields:
    return frozenset(required.split()), frozenset(optional.split())


FIELDS: Final[Mapping[str, Fields]] = {
    "hang": _fields("venue seconds", "caller part"),
    "unavailable": _fields("venue seconds", "caller part"),
    "maintenance": _fields("venue seconds", "caller part"),
    "delay": _fields("venue seconds delay", "caller part"),
    "swallow": _fields("venue seconds", "caller part"),
    "refuse": _fields("venue seconds share", "caller part"),
    "halt": _fields("venue seconds", "symbol"),
    "cross": _fields("venue seconds", "symbol"),
    "rewind": _fields("venue seconds", "symbol"),
    "clock": _fields("venue seconds offset"),
    "price": _fields("symbol ratio seconds"),
    "lift": _fields("client seconds", "quantity notional symbol asset venue side protection"),
    "drop": _fields("venue account", "symbol id"),
    "order": _fields("venue account symbol side notional", "away"),
    "transfer": _fields("venue account asset amount"),
    "vanish": _fields("venue account asset amount"),
    "clear": _fields("", "id"),
}
# The field that says by how much, with the most and the least that it may be.
AMOUNTS: Final[Mapping[Kind, tuple[str, float, float]]] = {
    Kind.DELAY: ("delay", LATEST_SECONDS, 0.0),
    Kind.REFUSE: ("share", 1.0, 0.0),
    Kind.CLOCK: ("offset", LATEST_SECONDS, -LATEST_SECONDS),
}


class Control:
    """The control endpoint over every venue.

    Args:
        venues: the venues, by name.
        worlds: whose accounts they are.
        prices: the reference prices of all markets.
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
        self._lifts = Lifts(venues, worlds, prices)
        self._started = time.monotonic()
        self._do: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "lift": self._lifts.start,
            "price": self._price,
            "drop": self._drop,
            "order": self._order,
            "transfer": self._transfer,
            "vanish": self._vanish,
            "clear": self._clear,
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the routes of the endpoint."""
        return [web.get("/_control", self._get), web.post("/_control", self._post)]

    def step(self, passed: float) -> None:
        """Let the takers at work trade for a while, in seconds."""
        self._lifts.step(passed)

    async def _get(self, _request: web.Request) -> web.StreamResponse:
        return reply(
            {
                "seed": self._seed,
                "uptime_seconds": round(time.monotonic() - self._started, 1),
                "faults": self._faults.describe(),
                "lifts": self._lifts.describe(),
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
        do = self._do.get(fault)
        return self._break(Kind(fault), fields) if do is None else do(fields)

    def _break(self, kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
        part = fields.get("part")
        if part is not None and part not in set(Part):
            raise ControlError(f"no part {part!r}: use one of {', '.join(Part)}")
        venue = self._venue_of(fields)
        if "symbol" in fields:
            _market_of(venue, fields)
        name, most, least = AMOUNTS.get(kind, ("", 0.0, 0.0))
        made = self._faults.add(
            kind,
            venue.name,
            seconds(fields),
            caller=fields.get("caller"),
            amount=number(fields, name, most, least) if name else 0.0,
            part=None if part is None else Part(part),
            symbol=fields.get("symbol"),
        )
        return {"id": made.id, "fault": kind.value}

    def _clear(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        if "id" in fields:
            return {"cleared": self._faults.clear(int(number(fields, "id")))}
        self._lifts.clear()
        self._prices.shifts.clear()
        return {"cleared": self._faults.clear()}

    def _price(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        symbol = fields["symbol"]
        if not any(symbol in venue.markets for venue in self._venues.values()):
            raise ControlError(f"no market of {symbol!r}")
        ends = time.monotonic() + seconds(fields)
        self._prices.shifts[symbol] = number(fields, "ratio", 10.0), ends
        return {"fault": "price", "symbol": symbol}

    def _drop(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        venue, account = self._account_of(fields)
        if "id" in fields:
            order = venue.accounts[account].orders.get(int(number(fields, "id")))
            if order is not None:
                venue.cancel(account, order.symbol, order.id)
            return {"cancelled": int(order is not None)}
        return {"cancelled": len(venue.cancel_all(account, fields.get("symbol")))}

    def _order(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        venue, account = self._account_of(fields)
        listing = _market_of(venue, fields)
        if fields["side"] not in set(Side):
            raise ControlError(f"side {fields['side']!r} is neither buy nor sell")
        side = Side(fields["side"])
        away = number(fields, "away", 0.5) if "away" in fields else AWAY
        fair = self._prices.of(listing) * (1 + away * (1 if side is Side.SELL else -1))
        price = round(fair / float(listing.tick)) * listing.tick
        steps = round(number(fields, "notional") / float(price * listing.step))
        try:
            order = venue.place(
                account, listing.symbol, side, max(steps, 1) * listing.step, price, post_only=True
            )
        except Refused as refusal:
            raise ControlError(f"the venue refuses the order: {refusal.reason}") from None
        return {"id": order.id, "fault": "order"}

    def _transfer(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        venue, account = self._account_of(fields)
        amount = Decimal(str(number(fields, "amount", least=-1e15)))
        moved = venue.transfer(account, fields["asset"], amount)
        return {"id": moved.id, "fault": "transfer", "time": moved.time}

    def _vanish(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        venue, account = self._account_of(fields)
        amount = Decimal(str(number(fields, "amount", least=-1e15)))
        venue.accounts[account].free[fields["asset"]] -= amount
        return {"fault": "vanish"}

    def _account_of(self, fields: Mapping[str, Any]) -> tuple[Venue, str]:
        venue, account = self._venue_of(fields), fields["account"]
        if account not in self._worlds[venue.name].clients:
            known = ", ".join(sorted(self._worlds[venue.name].clients))
            raise ControlError(f"no account {account!r} at {venue.name}; there are {known}")
        return venue, account

    def _venue_of(self, fields: Mapping[str, Any]) -> Venue:
        try:
            return self._venues[fields["venue"]]
        except (KeyError, TypeError):
            known = ", ".join(self._venues)
            raise ControlError(f"no venue {fields['venue']!r}; there are {known}") from None

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


def _market_of(venue: Venue, fields: Mapping[str, Any]) -> Listing:
    try:
        return venue.market(fields["symbol"]).listing
    except (Refused, TypeError):
        raise ControlError(f"no market of {fields['symbol']!r} at {venue.name}") from None
