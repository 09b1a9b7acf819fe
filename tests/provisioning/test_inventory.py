"""Exposure and runway: signs, limits, and what is not reported."""

from __future__ import annotations

import pytest

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import inventory
from tests.provisioning.evaluation import Series, evaluate

SELECTED = {
    "client": ["acme"],
    "exchange": ["binance", "okx"],
    "symbol": ["BTC/USDT"],
    "account": ["mm"],
    "tag": ["core"],
    "asset": ["BTC", "ETH"],
    "reference": "USD",
}
HOLDING = {"client": "acme", "asset": "BTC"}


def exposure(net: float, capital: str = "client") -> Series:
    """What a client holds of BTC over all venues."""
    return Series(signals.inventory.EXPOSURE_NET, f"{net}+0x60", **HOLDING, capital=capital)


TARGET = Series(signals.mandates.EXPOSURE_TARGET, "10+0x60", **HOLDING)
LIMIT = Series(signals.mandates.EXPOSURE_LIMIT, "2+0x60", **HOLDING)


def test_too_little_is_as_far_from_the_limit_as_too_much() -> None:
    """One BTC short of the target is half of the limit; which way, the deviation says."""
    series = [exposure(9), TARGET, LIMIT]
    (share,) = evaluate(inventory.of_limit(), series, SELECTED).values()
    assert share == pytest.approx(0.5)
    (off,) = evaluate(inventory.deviation(), series, SELECTED).values()
    assert off == pytest.approx(-1)


def test_without_a_target_the_limit_is_around_zero() -> None:
    """As the InventoryDrift rule judges it."""
    (share,) = evaluate(inventory.of_limit(), [exposure(1), LIMIT], SELECTED).values()
    assert share == pytest.approx(0.5)


def test_capitals_are_judged_apart() -> None:
    """The desk's hedge must not cancel what the client's books hold."""
    both = [exposure(12), exposure(8, "desk"), TARGET, LIMIT]
    found = evaluate(inventory.of_limit(), both, SELECTED)
    by_capital = {dict(labels)["capital"]: share for labels, share in found.items()}
    assert by_capital == {"client": pytest.approx(1), "desk": pytest.approx(1)}


def test_an_obligation_shows_its_base_assets_exposure() -> None:
    """The worse of both capitals, without a sign."""
    obligation = {"mandate": "m", "client": "acme", "venue": "binance", "symbol": "BTC/USDT"}
    series = [
        exposure(11.5),
        exposure(10, "desk"),
        TARGET,
        LIMIT,
        Series(recorded.MANDATE_INFO, "1+0x60", **obligation, base="BTC"),
        Series(
            recorded.BOOK,
            "1+0x60",
            client="acme",
            venue="binance",
            symbol="BTC/USDT",
            account="mm",
            tag="core",
        ),
    ]
    (share,) = evaluate(inventory.exposure_by_obligation(), series, SELECTED).values()
    assert share == pytest.approx(0.75)


def test_runway_is_the_smallest_holding_in_times_of_its_float() -> None:
    """Of the client's accounts at that exchange: 1.5 and 4 times here, 0.5 times there."""
    market = {"client": "acme", "symbol": "BTC/USDT"}
    series = []
    for venue, times in (("binance", {"BTC": 1.5, "ETH": 4}), ("okx", {"BTC": 0.5})):
        series += [
            *(
                Series(
                    recorded.INVENTORY_RUNWAY_RATIO,
                    f"{ratio}+0x60",
                    client="acme",
                    venue=venue,
                    account="mm",
                    asset=asset,
                )
                for asset, ratio in times.items()
            ),
            Series(recorded.MANDATE_INFO, "1+0x60", mandate=venue, venue=venue, **market),
            Series(recorded.BOOK, "1+0x60", venue=venue, account="mm", tag="core", **market),
        ]
    found = evaluate(inventory.runway(), series, SELECTED)
    assert {dict(labels)["venue"]: ratio for labels, ratio in found.items()} == {
        "binance": 1.5,
        "okx": 0.5,
    }


def test_runway_is_of_every_account_and_asset() -> None:
    """Choosing an asset or an account chooses rows, and must not hide what runs out first."""
    market = {"client": "acme", "venue": "binance", "symbol": "BTC/USDT"}
    series = [
        Series(
            recorded.INVENTORY_RUNWAY_RATIO,
            f"{ratio}+0x60",
            client="acme",
            venue="binance",
            account=account,
            asset=asset,
        )
        for account, asset, ratio in (("mm", "BTC", 4), ("mm", "USDT", 2), ("mm-2", "BTC", 0.5))
    ]
    series += [
        Series(recorded.MANDATE_INFO, "1+0x60", mandate="m", **market),
        Series(recorded.BOOK, "1+0x60", account="mm", tag="core", **market),
    ]
    found = evaluate(inventory.runway(), series, SELECTED | {"asset": ["BTC"]})
    assert list(found.values()) == [0.5]
