"""What the tests of obligations share: one promise, its books, its counters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel import DepthTerm, Obligation

if TYPE_CHECKING:
    from fortuna_otel import Book, ObligationMeter
    from fortuna_otel.testing import Capture

TERMS = Obligation(
    mandate="acme-btc",
    client="acme",
    venue="binance",
    symbol="BTC/USDT",
    spread_max=0.02,
    depth=(DepthTerm("bid", "2", 150.0), DepthTerm("ask", "2", 150.0)),
    staleness=10.0,
)
GOOD: dict[str, Any] = {"bids": [(99.5, 2.0)], "asks": [(100.5, 2.0)], "mid": 100.0}
KEPT = "fortuna.obligation.kept.time"
QUOTING = "fortuna.obligation.quoting.time"
OBSERVED = "fortuna.obligation.observed.time"


def book_of(desk: Capture, account: str = "acme-1") -> Book:
    """Return a book of the client on the market."""
    return desk.telemetry.book(
        client="acme", venue="binance", symbol="BTC/USDT", account=account, tag="core"
    )


def attached(
    desk: Capture, terms: Obligation = TERMS, accounts: int = 1
) -> tuple[ObligationMeter, list[Book]]:
    """Return the obligation and the books attached to it, one an account."""
    obligation = desk.telemetry.obligation(terms)
    books = [book_of(desk, f"acme-{n}") for n in range(accounts)]
    for book in books:
        obligation.attach(book)
    return obligation, books


def start_at(desk: Capture, unix: float) -> None:
    """Set the wall clock, before anything is measured."""
    desk.clock._ns = round(unix * 1e9)


def seconds_of(desk: Capture) -> dict[str, float]:
    """Return every counter of the obligation by term or state."""
    mandate = TERMS.mandate
    found = {"observed": desk.value(OBSERVED, mandate=mandate) or 0.0}
    for name, attribute in ((KEPT, "term"), (QUOTING, "state")):
        for key, value in desk.values(name, mandate=mandate).items():
            found[dict(key)[attribute]] = value
    return found
