"""The mandates file of the desk, as the facts have it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e.hand import facts, wealth
from tests.e2e.hand.model import SIDES

if TYPE_CHECKING:
    from tests.e2e.hand.model import Promise

CLIENTS = ("alpha", "beta", "gamma", "desk")
WATCHED = "alpha-abc"


def text(story: float) -> str:
    """Write the file; windows of maintenance are around now.

    Args:
        story: Unix time at which the story begins, or is about to.
    """
    services = {job: {"loops": list(loops)} for job, loops in facts.LOOPS.items()}
    services[facts.NEVER] = {"loops": ["quote"]}
    services[facts.MANDATES] = {"loops": ["export"]}
    clients = {client: _client(client, story) for client in CLIENTS}
    desk = {
        "defaults": {"uptime": {"all": "95 %", "window": "1 d"}},
        "services": services,
        "clients": clients,
    }
    return yaml.safe_dump(desk, sort_keys=False)


def _client(client: str, story: float) -> dict[str, Any]:
    promises = [one for one in facts.PROMISES if one.client == client]
    written: dict[str, Any] = {
        "exposure": {
            one.asset: {
                key: f"{amount:g} {one.asset}"
                for key in ("target", "tolerance", "limit")
                if (amount := getattr(one, key)) is not None
            }
            for one in wealth.EXPOSURES
            if one.client == client and one.limit is not None
        },
        "accounts": _accounts(client),
    }
    if client in wealth.LOSS_LIMITS:
        written["loss"] = {"day": f"{wealth.LOSS_LIMITS[client]} USD"}
    if promises:
        written["obligations"] = {one.mandate: _obligation(one, story) for one in promises}
    promised = [book for one in promises for book in one.books]
    others = [
        book
        for book in facts.BOOKS
        if book.client == client and book not in promised and book != facts.EXTRA
    ]
    if others:
        written["books"] = [
            {
                "venue": book.venue,
                "symbol": book.symbol,
                "account": book.account,
                "tag": book.tag,
                "role": book.role,
                "service": facts.HOLDERS[book],
            }
            for book in others
        ]
    if client == "desk":
        written["capital"] = "desk"
    return written


def _accounts(client: str) -> dict[str, Any]:
    accounts: dict[str, Any] = {}
    for (owner, venue, account, asset), least in wealth.FLOATS.items():
        if owner == client:
            floats = accounts.setdefault(f"{venue}/{account}", {"float": {}})["float"]
            floats[asset] = {"min": f"{least} {asset}"}
    return accounts


def _obligation(promise: Promise, story: float) -> dict[str, Any]:
    quote = facts.MARKETS[promise.venue, promise.symbol].quote
    least, target, widest = promise.spread
    written: dict[str, Any] = {
        "venue": promise.venue,
        "symbol": promise.symbol,
        "service": facts.HOLDERS[promise.books[0]],
        "spread": {"min": f"{least} bp", "target": f"{target} bp", "max": f"{widest} bp"},
        "depth": {
            f"{band:g} %": {
                side: f"{amount:g} {quote}"
                for side, amount in zip(SIDES, amounts, strict=True)
                if amount is not None
            }
            for band, amounts in promise.depth.items()
        },
        "books": [{"account": book.account, "tag": book.tag} for book in promise.books],
    }
    if promise.mandate == WATCHED:
        written["watcher"] = "desk/watch"
    if not promise.scheduled:
        written["maintenance"] = [
            {
                "from": _time(story - 3600),
                "to": _time(story + 3600),
                "reason": "the venue is upgraded",
            }
        ]
    return written


def _time(at: float) -> str:
    return datetime.fromtimestamp(round(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
