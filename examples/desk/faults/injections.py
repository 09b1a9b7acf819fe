"""What can be broken in the running demo: each says what page must come, and mends itself."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from examples.desk.config import WIDEST_MULTIPLIER
from examples.desk.faults.desk import Desk, Expected, FaultError, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

# Of its maximum: far beyond it, whatever the market does.
WIDE: Final = 3.0
# Of the exposure limit: enough to stay beyond it although the engine leans against it.
DRIFT: Final = 1.8
# Of what is promised: a page from four fifths on.
THIN: Final = 0.4
# Of what an account holds of the base.
LOST: Final = 0.02


@contextlib.contextmanager
def silent_service(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Freeze the engine that quotes for the client (SIGSTOP): its orders stay live, unattended."""
    job = _engine(desk, client)
    name = job.rpartition("/")[2]
    orders = sum(value for _, value in desk.query(f'fortuna:service:orders_open{{job="{job}"}}'))
    pid = desk.pid(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield Expected("ServiceSilent", job, f"froze {name} with {orders:.0f} orders live")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def stale_feed(desk: Desk, client: str, seconds: float) -> Iterator[Expected]:
    """Let one venue's market data hang for the client's engine; its orders go on."""
    job = _engine(desk, client)
    labels, _ = desk.greatest(
        f'sum by (venue) (fortuna_orders_open{{job="{job}"}}) > 0', f"{job} has no live orders"
    )
    name, venue = job.rpartition("/")[2], labels["venue"]
    with desk.exchange("hang", venue=venue, caller=name, seconds=seconds):
        yield Expected("FeedStale", job, f"{venue}'s market data hangs for {name}")


@contextlib.contextmanager
def wide_spread(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Set the client's spread to three times the maximum that its mandate allows."""
    share = f'fortuna:obligation:spread_of_max_ratio{{client="{client}"}}'
    _, narrowest = desk.greatest(f"-({share})", f"{client} has no obligation with a spread now")
    multiplier = min(round(WIDE / -narrowest, 1), WIDEST_MULTIPLIER)
    with _override(desk, client, spread_multiplier=multiplier):
        yield Expected(
            "SpreadTooWide", client, f"{client}'s spread is multiplied by {multiplier:g}"
        )


@contextlib.contextmanager
def _override(desk: Desk, client: str, **fields: object) -> Iterator[None]:
    """Change what the engines know of a client, for a while."""
    before = json.loads(desk.overrides.read_text("utf-8"))
    replace(desk.overrides, {**before, client: {**before.get(client, {}), **fields}})
    try:
        yield
    finally:
        now = json.loads(desk.overrides.read_text("utf-8"))
        now.pop(client, None)
        replace(desk.overrides, now | {name: before[name] for name in (client,) if name in before})


@contextlib.contextmanager
def not_quoting(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Take all quotes of the client away, while its books go on saying that they quote."""
    _engine(desk, client)
    with _override(desk, client, sides="none"):
        yield Expected("NotQuoting", client, f"{client}'s engine sends no orders any more")


@contextlib.contextmanager
def one_sided(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Take the client's offers away, while its books go on saying that they quote."""
    _engine(desk, client)
    with _override(desk, client, sides="bid"):
        yield Expected("QuotesOneSided", client, f"{client}'s engine rests no offers any more")


@contextlib.contextmanager
def thin_depth(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Rest less than the client was promised."""
    _engine(desk, client)
    with _override(desk, client, depth_multiplier=THIN):
        yield Expected("DepthBelowMandate", client, f"{client}'s depth is multiplied by {THIN:g}")


@contextlib.contextmanager
def venue_down(desk: Desk, client: str, seconds: float) -> Iterator[Expected]:
    """Let a venue of the client answer nothing but 503, to everybody."""
    venue, _ = _place(desk, client)
    with desk.exchange("unavailable", venue=venue, part="all", seconds=seconds):
        yield Expected("VenueDown", venue, f"{venue} answers 503 to everybody")


@contextlib.contextmanager
def halted_market(desk: Desk, client: str, seconds: float) -> Iterator[Expected]:
    """Let a venue halt a market of the client."""
    venue, symbol = _place(desk, client)
    with desk.exchange("halt", venue=venue, symbol=symbol, seconds=seconds):
        yield Expected("MarketHalted", f"{venue} {symbol}", f"{venue} halts {symbol}")


@contextlib.contextmanager
def lost_balance(desk: Desk, client: str, _seconds: float) -> Iterator[Expected]:
    """Let a balance of the client shrink by an amount that nothing explains."""
    labels, held = desk.greatest(
        f'sum by (venue, account, asset) (fortuna_inventory_balance{{client="{client}"}}) '
        f"and on (asset) label_replace("
        f'fortuna:mandate:info{{client="{client}"}}, "asset", "$1", "base", "(.+)")',
        f"{client} holds nothing that it quotes",
    )
    lost = {"fault": "vanish", **{name: labels[name] for name in ("venue", "account", "asset")}}
    amount = float(f"{LOST * held:.4g}")
    desk.control(**lost, amount=amount)
    try:
        yield Expected(
            "InventoryMismatch",
            f"{client} on {labels['venue']}",
            f"{amount:g} {labels['asset']} vanish from {labels['account']} at {labels['venue']}",
        )
    finally:
        desk.control(**lost, amount=-amount)


@contextlib.contextmanager
def inventory_drift(desk: Desk, client: str, seconds: float) -> Iterator[Expected]:
    """Let an aggressive taker lift the client's offers until it holds far too little."""
    labels, limit = desk.greatest(
        f'fortuna:exposure:limit{{client="{client}"}} and on (client, asset) '
        f'label_replace(fortuna:mandate:info, "asset", "$1", "base", "(.+)")',
        f"{client} has no exposure limit on an asset it quotes",
    )
    asset = labels["asset"]
    drift = f'fortuna:exposure:drift{{client="{client}",asset="{asset}"}}'
    _, start = desk.greatest(drift, f"{client}'s exposure is not known")
    lift = {"fault": "lift", "client": client, "asset": asset, "seconds": seconds}
    quantity = DRIFT * limit + max(start, 0.0)
    desk.control(**lift, side="buy", quantity=quantity)
    try:
        yield Expected(
            "InventoryDrift",
            f"{client} {asset}",
            f"a taker lifts {quantity:.4g} {asset} from {client}",
        )
    finally:
        desk.control(fault="clear")
        for _, off in desk.query(f"{drift} < 0"):
            desk.control(**lift, side="sell", quantity=-off)


def _engine(desk: Desk, client: str) -> str:
    """Return the `job` of the engine that has the client's orders."""
    # A watcher sees the same orders, and holds none.
    by_job = f'sum by (job) (fortuna_orders_open{{client="{client}",source="engine"}}) > 0'
    rows = desk.query(by_job)
    if rows:
        return rows[0][0]["job"]
    known = sorted(
        {row["client"] for row, _ in desk.query("sum by (client) (fortuna_orders_open)")}
    )
    raise FaultError(
        f"--client {client} has no live orders now; these have: {', '.join(known) or 'none yet'}"
    )


def _place(desk: Desk, client: str) -> tuple[str, str]:
    """Return venue and market of the client's most numerous live orders."""
    _engine(desk, client)
    labels, _ = desk.greatest(
        f'sum by (venue, symbol) (fortuna_orders_open{{client="{client}",source="engine"}})',
        f"{client} has no live orders now",
    )
    return labels["venue"], labels["symbol"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to break, and how."""

    name: str
    inject: Callable[[Desk, str, float], AbstractContextManager[Expected]]

    @property
    def about(self) -> str:
        """What it does, in a line."""
        return (self.inject.__doc__ or "").split("\n", 1)[0]


FAULTS: Final = {
    fault.name: fault
    for fault in (
        Fault("silent-service", silent_service),
        Fault("stale-feed", stale_feed),
        Fault("wide-spread", wide_spread),
        Fault("not-quoting", not_quoting),
        Fault("one-sided", one_sided),
        Fault("thin-depth", thin_depth),
        Fault("inventory-drift", inventory_drift),
        Fault("lost-balance", lost_balance),
        Fault("halted-market", halted_market),
        Fault("venue-down", venue_down),
    )
}
