"""The exchange lists, funds and knows what the mandates need."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from examples.desk.exchange.world import FUNDING, build, listing, opening_prices
from examples.desk.keys import credentials
from fortuna_otel import mandates

if TYPE_CHECKING:
    from fortuna_otel.mandates import Mandates


def test_every_traded_market_and_every_rate_is_listed(small: Mandates) -> None:
    """Each venue has its books' markets, every asset against USDT, and the currencies."""
    worlds = build(small)
    symbols = {name: {one.symbol for one in world.listings} for name, world in worlds.items()}
    shared = {"BTC/USDT", "ETH/USDT", "UMB/USDT", "USDT/USD", "EUR/USDT"}
    assert symbols == {"binance": {*shared, "ETH/BTC"}, "okx": shared}


def test_accounts_hold_their_target(small: Mandates) -> None:
    """A client starts at its exposure target, over all its accounts together."""
    worlds = build(small)
    assert sum(world.balances["acme-mm"]["BTC"] for world in worlds.values()) == 12
    assert worlds["binance"].balances["umbra-mm"]["UMB"] == 30_000


def test_accounts_can_pay_for_their_promise(small: Mandates) -> None:
    """Quote balances are several times the deepest promise."""
    assert build(small)["okx"].balances["acme-mm"]["USDT"] == Decimal(FUNDING * 120_000)


def test_an_unknown_asset_is_worth_what_its_mandate_implies(small: Mandates) -> None:
    """Its price makes the target a few times the promised depth; another is merely stable."""
    prices = opening_prices(small)
    assert prices["UMB"] == pytest.approx(FUNDING * 20_000 / 30_000)
    nobody = mandates.loads(
        "services: {desk/mm: {loops: [quote]}}\n"
        "clients: {a: {name: A, service: desk/mm, books: "
        "[{venue: okx, symbol: XYZ/USDT, account: m, tag: t, role: quote}]}}\n"
    )
    assert opening_prices(nobody)["XYZ"] == opening_prices(nobody)["XYZ"] > 0


@pytest.mark.parametrize(
    ("symbol", "tick", "step"),
    [
        ("BTC/USDT", "0.1", "0.00001"),
        ("ETH/BTC", "0.0000001", "0.0001"),
        ("XRP/USDT", "0.000001", "1"),
    ],
)
def test_ticks_and_steps_fit_the_price(symbol: str, tick: str, step: str) -> None:
    """A tick is about a hundred-thousandth of a price, a step worth less than a dollar or so."""
    prices = {"BTC": 64_000.0, "ETH": 3_200.0, "XRP": 0.55, "USDT": 1.0}
    rules = listing(symbol, prices)
    assert (rules.tick, rules.step) == (Decimal(tick), Decimal(step))


def test_keys_belong_to_accounts(small: Mandates) -> None:
    """The key that a client derives for an account is the one the venue knows for it."""
    keys = build(small)["okx"].keys()
    mine = credentials("okx", "acme-mm")
    key = keys[mine.api_key]
    assert (key.account, key.secret, key.passphrase) == ("acme-mm", mine.secret, mine.password)
    assert mine.secret != credentials("binance", "acme-mm").secret


def test_a_venue_we_do_not_speak_for_is_named() -> None:
    """A book at another venue is an error that says what can be used instead."""
    elsewhere = mandates.loads(
        "services: {desk/mm: {loops: [quote]}}\n"
        "clients: {a: {name: A, service: desk/mm, books: "
        "[{venue: kraken, symbol: BTC/USDT, account: m, tag: t, role: quote}]}}\n"
    )
    with pytest.raises(ValueError, match=r"kraken: use binance or okx"):
        build(elsewhere)
