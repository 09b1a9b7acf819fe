"""Faults of what engines quote, and of the orders behind it: one client each, all at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from examples.desk.campaign.fault import TICKET, Fault, Told, clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.desk.campaign.scene import Scene

SINCE: Final = r"since \d\d:\d\d:\d\d UTC"
# A taker is done in a sixth of this: few large trades, as a sweep is.
SWEEP_SECONDS: Final = 3
DROP_SECONDS: Final = 2.0
DROPS: Final = 12


def too_wide(scene: Scene) -> Iterator[None]:
    """A client's spread is multiplied by 5."""
    with scene.override("globex", spread_multiplier=5.0):
        yield


def too_tight(scene: Scene) -> Iterator[None]:
    """A client's spread is a twentieth of its target, below its minimum."""
    with scene.override("fabrikam", spread_multiplier=0.05):
        yield


def one_sided(scene: Scene) -> Iterator[None]:
    """A wrong parameter takes away a client's offers, while the book says that it quotes."""
    with scene.override("tailspin", sides="bid"):
        yield


def not_quoting(scene: Scene) -> Iterator[None]:
    """A wrong parameter takes away all quotes, while the book says that it quotes."""
    with scene.override("kestrel", sides="none"):
        yield


def paused(scene: Scene) -> Iterator[None]:
    """A person pauses a client's book."""
    with scene.override("cobalt", paused=True):
        yield


def uptime(scene: Scene) -> Iterator[None]:
    """A pause spends a client's whole uptime budget."""
    with scene.override("quanta", paused=True):
        yield


def thin_shared(scene: Scene) -> Iterator[None]:
    """Two accounts that share a client's depth rest less than half of it."""
    with scene.override("lumen", depth_multiplier=0.45):
        yield


def drift(scene: Scene) -> Iterator[None]:
    """A taker lifts a client's offers until it holds far too little."""
    sweep = {"fault": "lift", "client": "marlow", "asset": "PLG", "seconds": SWEEP_SECONDS}
    scene.control(**sweep, side="buy", quantity=32_500.0)
    yield
    for _, off in scene.query('-fortuna:exposure:drift{client="marlow",asset="PLG"} > 0'):
        scene.control(**sweep, side="sell", quantity=off)


def deposit(scene: Scene) -> Iterator[None]:
    """A client deposits, and withdraws it again: the venue says so when it is asked."""
    moved = {"fault": "transfer", "venue": "binance", "account": "redwood-mm", "asset": "HELI"}
    scene.control(**moved, amount=8_000.0)
    yield
    scene.control(**moved, amount=-8_000.0)


def mismatch(scene: Scene) -> Iterator[None]:
    """A balance shrinks by an amount that no trade and no transfer explains."""
    lost = {"fault": "vanish", "venue": "binance", "account": "drake-mm", "asset": "VTX"}
    scene.control(**lost, amount=480.0)
    yield
    scene.control(**lost, amount=-480.0)


def runway(scene: Scene) -> Iterator[None]:
    """A withdrawal takes an account's float below its minimum."""
    moved = {"fault": "transfer", "venue": "okx", "account": "umbra-mm", "asset": "USDT"}
    scene.control(**moved, amount=-100_000.0)
    yield
    scene.control(**moved, amount=100_000.0)


def rejects(scene: Scene) -> Iterator[None]:
    """A venue refuses half of an account's orders and goes on cancelling what rests."""
    refuse = {"venue": "binance", "caller": "pelagos-mm", "part": "orders", "share": 0.5}
    with scene.exchange("refuse", **refuse):
        for _ in range(DROPS):
            scene.control(fault="drop", venue="binance", account="pelagos-mm")
            time.sleep(DROP_SECONDS)
        yield


def unknown(scene: Scene) -> Iterator[None]:
    """Orders of an account are taken, but no answer comes, and no view of the open orders."""
    lost = {"venue": "binance", "caller": "meridian-mm"}
    unresolved = 'fortuna_orders_unresolved{account="meridian-mm"} > 0'
    with scene.exchange("swallow", **lost, part="orders"):
        scene.control(fault="drop", venue="binance", account="meridian-mm")
        scene.wait(lambda: scene.query(unresolved), "an order without an answer")
        with scene.exchange("hang", **lost, part="views"):
            yield


def ghost(scene: Scene) -> Iterator[None]:
    """An order that no engine sent rests in a client's account."""
    where = {"venue": "binance", "account": "umbra-mm"}
    made = scene.control(fault="order", **where, symbol="UMB/USDT", side="buy", notional=500.0)
    yield
    scene.control(fault="drop", **where, id=made["id"])


def slow_acks(scene: Scene) -> Iterator[None]:
    """A venue answers an account's orders 400 ms late."""
    slow = {"venue": "binance", "caller": "northwind-mm", "part": "orders", "delay": 0.4}
    with scene.exchange("delay", **slow):
        for _ in range(3):
            scene.control(fault="drop", venue="binance", account="northwind-mm")
            time.sleep(DROP_SECONDS)
        yield


def disarmed(scene: Scene) -> Iterator[None]:
    """A venue refuses to renew an account's dead man's switch while its orders are live."""
    refuse = {"venue": "okx", "caller": "atlas-mm", "part": "deadman", "share": 1.0}
    with scene.exchange("refuse", **refuse):
        yield


def _at(client: str, venue: str, symbol: str) -> dict[str, str]:
    return {"client": client, "venue": venue, "symbol": symbol}


FAULTS: Final = (
    Fault(
        "spread too wide",
        too_wide,
        (
            Told(
                "SpreadTooWide",
                _at("globex", "binance", "BTC/USDT"),
                rf"globex on binance BTC/USDT: spread \d+\.\d bp, 20\.0 bp allowed.*, {SINCE}",
            ),
        ),
        clients("globex"),
    ),
    Fault(
        "spread too tight",
        too_tight,
        (
            Told(
                "SpreadOutOfBand",
                _at("fabrikam", "okx", "BTC/USDT"),
                r"fabrikam on okx BTC/USDT: spread 0\.\d\d bp, "
                rf"at least 1\.00 bp required, {SINCE}",
            ),
        ),
        clients("fabrikam"),
    ),
    Fault(
        "one-sided",
        one_sided,
        (
            Told(
                "QuotesOneSided",
                _at("tailspin", "okx", "ETH/USDT"),
                rf"tailspin on okx ETH/USDT: no ask for \d+ s, \d+ s allowed, {SINCE}.*",
            ),
        ),
        clients("tailspin"),
    ),
    Fault(
        "not quoting, and saying it is",
        not_quoting,
        (
            Told(
                "NotQuoting",
                _at("kestrel", "okx", "SOL/USDT"),
                rf"kestrel on okx SOL/USDT: no quote for \d+ s, \d+ s allowed, {SINCE}.*",
            ),
        ),
        clients("kestrel"),
    ),
    Fault("paused by a person", paused, (), clients("cobalt"), seconds=25, settle=10),
    Fault(
        "uptime budget nearly spent",
        uptime,
        (
            Told(
                "UptimeAtRisk",
                _at("quanta", "binance", "ETH/USDT"),
                r"quanta on binance ETH/USDT: \d+ % of the uptime budget spent.*",
                resolves=False,
            ),
        ),
        clients("quanta"),
        seconds=150,
        settle=0,
    ),
    Fault(
        "thin depth shared by two accounts",
        thin_shared,
        (
            Told(
                "DepthBelowMandate",
                _at("lumen", "binance", "LMN/USDT"),
                r"lumen on binance LMN/USDT: depth \d+ of \d+ USDT on the (bid|ask) within \d+ % "
                rf"\(\d+ %.*\).*, {SINCE}.*",
            ),
        ),
        clients("lumen"),
    ),
    Fault(
        "inventory drift by trades",
        drift,
        (
            Told(
                "InventoryDrift",
                {"client": "marlow", "asset": "PLG"},
                rf"marlow PLG: exposure -[\d.]+k? PLG off target, ±25k PLG allowed, {SINCE}",
            ),
        ),
        clients("marlow"),
    ),
    Fault("deposit and withdrawal", deposit, (), clients("redwood"), seconds=25, settle=20),
    Fault(
        "ledger mismatch",
        mismatch,
        (
            Told(
                "InventoryMismatch",
                {"client": "drake", "venue": "binance", "account": "drake-mm", "asset": "VTX"},
                r"drake on binance: drake-mm holds -480 VTX against our ledger.*",
            ),
        ),
        clients("drake"),
        seconds=60,
    ),
    Fault(
        "float below its minimum",
        runway,
        (
            Told(
                "InventoryRunway",
                {"client": "umbra", "venue": "okx", "account": "umbra-mm", "asset": "USDT"},
                r"umbra on okx: .*USDT.*",
            ),
        ),
        frozenset({"client:umbra@okx"}),
    ),
    Fault(
        "rejects",
        rejects,
        (
            Told(
                "OrderRejects",
                {"client": "pelagos", "venue": "binance", "account": "pelagos-mm"},
                r"pelagos on binance: \d+(\.\d+)?% of the order actions of pelagos-mm refused "
                r"within 60 s \(30% allowed\).*",
            ),
        ),
        clients("pelagos"),
        seconds=60,
        settle=90,
    ),
    Fault(
        "unknown orders",
        unknown,
        (
            Told(
                "OrderOutcomeUnknown",
                {"client": "meridian", "venue": "binance", "account": "meridian-mm"},
                r"meridian on binance: [1-9]\d* orders of meridian-mm of unknown fate, "
                r"the oldest for \d+ s \(\d+ s allowed\)",
            ),
        ),
        clients("meridian"),
        seconds=60,
    ),
    Fault(
        "ghost order",
        ghost,
        (
            Told(
                "GhostOrders",
                {"client": "umbra", "venue": "binance", "account": "umbra-mm"},
                r"umbra on binance: 1 order live in umbra-mm that no engine knows \(0 allowed\).*"
                rf"{SINCE}.*",
            ),
        ),
        frozenset({"client:umbra@binance"}),
    ),
    Fault(
        "slow acks",
        slow_acks,
        (
            Told(
                "OrderLatencyHigh",
                {"client": "northwind", "venue": "binance", "account": "northwind-mm"},
                r"northwind on binance: orders of northwind-mm are acknowledged within .* "
                r"\(95% of the last 5 min, 200ms allowed\)",
                severity=TICKET,
            ),
        ),
        clients("northwind"),
        seconds=60,
        settle=120,
    ),
    Fault(
        "dead man's switch not renewed",
        disarmed,
        (
            Told(
                "DeadManDisarmed",
                {"client": "atlas", "venue": "okx", "account": "atlas-mm"},
                r"atlas on okx: dead-man switch of atlas-mm not armed with [1-9]\d* live orders"
                rf".*, {SINCE} \(\d+ s allowed\)",
            ),
        ),
        clients("atlas"),
    ),
)
