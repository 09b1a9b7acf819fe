"""Faults of whole venues, markets and currencies: these touch everybody, so they come alone."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from examples.desk.campaign.fault import EVERYTHING, Fault, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.desk.campaign.scene import Scene

MAINTENANCE_SECONDS: Final = 50
# An agreed window ends after the venue's: it is over when engines have seen that.
MARGIN_SECONDS: Final = 20
# The exporter and the engines follow the file within so many seconds.
FOLLOW_SECONDS: Final = 8


def down(scene: Scene) -> Iterator[None]:
    """A venue with 30 clients answers nothing but 503, to everybody."""
    with scene.exchange("unavailable", venue="binance", part="all"):
        yield


def maintenance(scene: Scene) -> Iterator[None]:
    """A venue goes into the maintenance that the mandates have agreed to."""
    content = scene.promised()
    now = datetime.now(UTC).replace(microsecond=0)
    ends = now + timedelta(seconds=FOLLOW_SECONDS + MAINTENANCE_SECONDS + MARGIN_SECONDS)
    window = {"from": f"{now:%Y-%m-%dT%H:%M:%SZ}", "to": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}
    for client in content["clients"].values():
        for obligation in client.get("obligations", {}).values():
            if obligation["venue"] == "okx":
                obligation["maintenance"] = [{**window, "reason": "the venue upgrades"}]
    with scene.terms(content):
        # Quotes are pulled before the venue refuses to: that is what a plan is for.
        time.sleep(FOLLOW_SECONDS)
        with scene.exchange("maintenance", venue="okx"):
            yield
        time.sleep(MARGIN_SECONDS)


def halted(scene: Scene) -> Iterator[None]:
    """A market is halted by its venue."""
    with scene.exchange("halt", venue="okx", symbol="EMB/USDT"):
        yield


def venue_clock(scene: Scene) -> Iterator[None]:
    """A venue's clock is 1.5 s fast."""
    with scene.exchange("clock", venue="okx", offset=1.5):
        yield


def depeg(scene: Scene) -> Iterator[None]:
    """A stablecoin trades 2 % below par."""
    scene.control(fault="price", symbol="USDT/USD", ratio=0.98, seconds=300)
    yield
    scene.control(fault="price", symbol="USDT/USD", ratio=1.0, seconds=1)


FAULTS: Final = (
    Fault(
        "market halted",
        halted,
        (
            Told(
                "MarketHalted",
                {"venue": "okx", "symbol": "EMB/USDT"},
                r"okx EMB/USDT is halted since \d\d:\d\d:\d\d UTC \(trading expected\).*",
            ),
        ),
        frozenset({"client:ember"}),
    ),
    Fault(
        "a venue's clock is wrong",
        venue_clock,
        (
            Told(
                "ClockSkewed",
                {"venue": "okx"},
                r"The clock of okx is fast by 1\.\d+s.*",
                owner="platform",
            ),
        ),
        frozenset({"clock:okx"}),
        seconds=90,
        settle=90,
    ),
    Fault(
        "venue down with 30 clients",
        down,
        (
            Told(
                "VenueDown",
                {"venue": "binance"},
                r"binance (does not answer|is in status down) for \d+ s \(5 s allowed\).*",
            ),
        ),
        EVERYTHING,
        settle=90,
    ),
    Fault(
        "planned maintenance of one venue",
        maintenance,
        (),
        EVERYTHING,
        seconds=MAINTENANCE_SECONDS,
        settle=45,
    ),
    Fault(
        "stablecoin off par",
        depeg,
        (
            Told(
                "StablecoinDepeg",
                {"asset": "USDT"},
                r"USDT is worth [12]\.\d+% less than 1 USD \(1\.5% allowed\), "
                r"since \d\d:\d\d:\d\d UTC",
            ),
        ),
        EVERYTHING,
        settle=90,
    ),
)
