"""What the exchange lists and whom it knows, derived from a mandates file.

Every market that a book trades exists, every asset also against USDT, and the two markets that
reference currencies need: USDT/USD and EUR/USDT. Every account is funded for what it promised.
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from examples.desk.exchange.model import Listing, Rules
from examples.desk.exchange.wire import Key
from examples.desk.keys import credentials
from examples.desk.strategy import DEFAULT_SPREAD, target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fortuna_otel.mandates import Mandates, Obligation

VENUES: Final[Mapping[str, Rules]] = {
    "binance": Rules(maker_fee=Decimal("0.0002"), taker_fee=Decimal("0.0004")),
    # A market maker's tier: resting orders earn a rebate.
    "okx": Rules(
        maker_fee=Decimal("-0.00005"), taker_fee=Decimal("0.0003"), post_only_cancels=True
    ),
}
USD: Final = "USD"
REFERENCE_SYMBOLS: Final = ("USDT/USD", "EUR/USDT")
# USD; what the numbers are does not matter, only that they look familiar.
KNOWN_PRICES: Final[Mapping[str, float]] = {
    "USD": 1.0,
    "USDT": 0.9996,
    "USDC": 0.9999,
    "EUR": 1.085,
    "BTC": 64_000.0,
    "ETH": 3_200.0,
    "SOL": 150.0,
    "BNB": 580.0,
    "XRP": 0.55,
}
# How many times its deepest promise an account holds on each side.
FUNDING: Final = 3.0
DEFAULT_LEVEL_USD: Final = 2_000.0
# Our engines spread the narrowest promised depth over about as many levels.
LEVELS_PER_BAND: Final = 5.0
MIN_NOTIONAL_USD: Final = 5.0


@dataclass(frozen=True, slots=True)
class Texture:
    """What the background of a market looks like.

    Attributes:
        spread: relative spread that our own makers aim at.
        level: notional of one of their levels, quote units.
    """

    spread: float
    level: float


@dataclass(frozen=True, slots=True)
class VenueWorld:
    """One venue: markets and their texture by symbol, opening balances, owners by account.

    `prices` are the opening prices in USD by asset, the same at every venue.
    """

    name: str
    rules: Rules
    prices: Mapping[str, float]
    listings: tuple[Listing, ...]
    textures: Mapping[str, Texture]
    balances: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)

    def keys(self) -> dict[str, Key]:
        """Return the API keys of the accounts, by key."""
        made = {account: credentials(self.name, account) for account in self.clients}
        return {
            one.api_key: Key(account, one.secret, one.password) for account, one in made.items()
        }


def opening_prices(mandates: Mandates) -> dict[str, float]:
    """Return every asset's opening price in USD.

    An asset that nobody knows is worth what makes its clients' target `FUNDING` times what they
    promised, or a price invented from its name where no client has a target.
    """
    assets = {asset for book in mandates.books for asset in book.symbol.split("/")}
    assets |= {exposure.asset for exposure in mandates.exposures}
    unknown = {asset: _invented(asset) for asset in assets - KNOWN_PRICES.keys()}
    for exposure in mandates.exposures:
        promised = sum(
            max((one.amount for one in obligation.depth if one.side == "ask"), default=0.0)
            * KNOWN_PRICES.get(obligation.symbol.split("/")[1], 0.0)
            for obligation in mandates.obligations
            if obligation.client == exposure.client
            and obligation.symbol.split("/")[0] == exposure.asset
        )
        if exposure.asset in unknown and promised and exposure.target:
            unknown[exposure.asset] = float(f"{FUNDING * promised / exposure.target:.3g}")
    return {**KNOWN_PRICES, **unknown}


def listing(symbol: str, prices: Mapping[str, float]) -> Listing:
    """Return the rules of a market: a tick of about a thousandth of a percent, a step of cents."""
    base, quote = symbol.split("/")
    relative = prices[base] / prices[quote]
    return Listing(
        base=base,
        quote=quote,
        tick=_power(math.floor(math.log10(relative)) - 5),
        step=_power(-math.ceil(math.log10(prices[base]))),
        min_notional=Decimal(f"{MIN_NOTIONAL_USD / prices[quote]:.1g}"),
    )


def build(mandates: Mandates) -> dict[str, VenueWorld]:
    """Return every venue that we can speak for, with the accounts that the mandates name.

    Raises:
        ValueError: when a book trades at a venue whose dialect we do not speak.
    """
    unknown = sorted({book.venue for book in mandates.books} - set(VENUES))
    if unknown:
        raise ValueError(
            f"the local exchange does not speak the dialect of {', '.join(unknown)}: "
            f"use {' or '.join(VENUES)} in the mandates file"
        )
    obligations = {obligation.mandate: obligation for obligation in mandates.obligations}
    prices = opening_prices(mandates)
    funds = _funds(mandates, obligations, prices)
    return {
        name: VenueWorld(
            name=name,
            rules=rules,
            prices=prices,
            listings=tuple(listing(symbol, prices) for symbol in _symbols(mandates, name)),
            textures=_textures(mandates, name, prices),
            balances={account: held for (venue, account), held in funds.items() if venue == name},
            clients={book.account: book.client for book in mandates.books if book.venue == name},
        )
        for name, rules in VENUES.items()
    }


def _power(exponent: int) -> Decimal:
    # As digits, since 1E+2 is no text a venue would send.
    return Decimal(format(Decimal(1).scaleb(exponent), "f"))


def _symbols(mandates: Mandates, venue: str) -> list[str]:
    traded = {book.symbol for book in mandates.books if book.venue == venue}
    # Rates are read at either venue, so both list every asset against USDT.
    assets = {asset for book in mandates.books for asset in book.symbol.split("/")}
    assets |= {exposure.asset for exposure in mandates.exposures}
    against = {f"{asset}/USDT" for asset in {*assets, "BTC"} - {USD, "USDT"}}
    return sorted({*traded, *against, *REFERENCE_SYMBOLS})


def _invented(asset: str) -> float:
    seed = int.from_bytes(hashlib.sha256(asset.encode()).digest()[:4], "big") / 2**32
    return float(f"{0.02 * 250**seed:.3g}")


def _textures(mandates: Mandates, venue: str, prices: Mapping[str, float]) -> dict[str, Texture]:
    textures = {
        symbol: Texture(
            spread=DEFAULT_SPREAD, level=DEFAULT_LEVEL_USD / prices[symbol.split("/")[1]]
        )
        for symbol in _symbols(mandates, venue)
    }
    by_symbol: defaultdict[str, list[Obligation]] = defaultdict(list)
    for obligation in mandates.obligations:
        if obligation.venue == venue:
            by_symbol[obligation.symbol].append(obligation)
    for symbol, promised in by_symbol.items():
        textures[symbol] = Texture(
            spread=min(target(one.spread) for one in promised),
            level=min(
                (one.depth[0].amount / LEVELS_PER_BAND for one in promised if one.depth),
                default=textures[symbol].level,
            ),
        )
    # Reference currencies trade tightly.
    textures |= {symbol: Texture(0.0002, DEFAULT_LEVEL_USD) for symbol in REFERENCE_SYMBOLS}
    return textures


def _funds(
    mandates: Mandates, obligations: Mapping[str, Obligation], prices: Mapping[str, float]
) -> dict[tuple[str, str], dict[str, Decimal]]:
    """Return balances by account: what the books need, or the client's target where it has one."""
    needs: defaultdict[tuple[str, str], defaultdict[str, float]] = defaultdict(
        lambda: defaultdict(float)
    )
    owners: dict[tuple[str, str], str] = {}
    for book in mandates.books:
        place = book.venue, book.account
        owners[place] = book.client
        base, quote = book.symbol.split("/")
        least = DEFAULT_LEVEL_USD * LEVELS_PER_BAND / prices[quote]
        bid, ask = _promised(obligations.get(book.mandate), least)
        needs[place][quote] += FUNDING * bid
        needs[place][base] += FUNDING * ask * prices[quote] / prices[base]
    for exposure in mandates.exposures:
        places = [place for place, owner in owners.items() if owner == exposure.client]
        total = sum(needs[place].get(exposure.asset, 0.0) for place in places)
        for place in places:
            if total:
                needs[place][exposure.asset] *= exposure.target / total
    return {
        place: {asset: _rounded(amount) for asset, amount in held.items()}
        for place, held in needs.items()
    }


def _promised(obligation: Obligation | None, least: float) -> tuple[float, float]:
    """Return a book's share of the deepest promise on bid and ask, quote units."""
    if obligation is None:
        return least, least
    share = len(obligation.books)
    most: dict[str, float] = {}
    for minimum in obligation.depth:
        most[minimum.side] = max(most.get(minimum.side, 0.0), minimum.amount)
    return most.get("bid", least) / share, most.get("ask", least) / share


def _rounded(amount: float) -> Decimal:
    return Decimal(format(Decimal(f"{amount:.8g}"), "f"))
