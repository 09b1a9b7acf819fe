"""Obligations integrated by the meter against brute force.

Everything happens at whole milliseconds (of 1/1024 s, so that binary fractions are exact and
quotes expire in the very moment of an event); the oracle looks at every millisecond by itself and
knows nothing of intervals. The same story is told in every way that takes another path: one book
or two, judged at once or the long way, in order or not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel import DepthTerm, Obligation
from fortuna_otel.testing import capture
from tests.meters.obligations import TERMS, attached, seconds_of

MILLISECOND = 1 / 1024
STALE = 30  # milliseconds

SHORT = replace(TERMS, staleness=STALE * MILLISECOND)
PROMISES = [
    SHORT,
    replace(SHORT, spread_max=0.005),
    replace(SHORT, spread_max=None),
    replace(SHORT, depth=()),
    replace(SHORT, spread_max=None, depth=()),
    replace(SHORT, depth=(DepthTerm("bid", "2", 150.0),)),
    replace(SHORT, depth=(DepthTerm("ask", "1", 60.0), DepthTerm("ask", "5", 250.0))),
]

SIZES = st.sampled_from([0.5, 1.0, 2.0])
ORDERS = {
    side: st.lists(st.tuples(st.sampled_from(prices), SIZES), max_size=4)
    for side, prices in (
        ("bids", [99.75, 99.5, 99.0, 98.0, 97.0, 100.25]),
        ("asks", [100.25, 100.5, 101.0, 102.0, 103.0, 99.75]),
    )
}
MIDS = st.sampled_from([100.0, 100.0, 100.5, None])
GOOD = st.fixed_dictionaries({**ORDERS, "mid": MIDS})
WRONG = st.sampled_from(
    [
        {"bids": None, "asks": [], "mid": 100.0},
        {"bids": [(float("nan"), 1.0)], "asks": [(101.0, 2.0)], "mid": 100.0},
        {"bids": [(99.0, 2.0)], "asks": [(101.0, 0.0), ("x", 1.0)], "mid": 100.0},
    ]
)
WHICH = st.integers(0, 1)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from([10, 20, 30, 1, 0]),  # sums of them meet the 30 of staleness
        st.one_of(
            st.tuples(st.just("export")),
            st.tuples(st.just("update"), WHICH, GOOD),
            st.tuples(st.just("update"), WHICH, GOOD),
            st.tuples(st.just("wrong"), WHICH, WRONG),
            st.tuples(st.just("confirm"), WHICH, MIDS),
            st.tuples(st.just("clear"), WHICH),
            st.tuples(st.just("attach"), WHICH),
            st.tuples(st.just("detach"), WHICH),
            st.tuples(st.just("schedule"), st.booleans()),
            st.tuples(st.just("terms"), st.sampled_from(PROMISES)),
        ),
    ),
    max_size=25,
)


@dataclass
class _Seen:
    """What the oracle knows of a book."""

    attached: bool = True
    known: bool = False
    bids: list[tuple[float, float]] | None = None
    asks: list[tuple[float, float]] = field(default_factory=list)
    mid: float | None = None
    told: tuple[int, int] = (0, 0)
    confirmed: int = 0


@dataclass
class _Oracle:
    """The definition, moment by moment."""

    books: list[_Seen]
    terms: Obligation = SHORT
    scheduled: bool = True
    events: int = 0
    totals: dict[str, int] = field(default_factory=dict)

    def happen(self, now: int, kind: str, *details: Any) -> None:
        """Take an event in."""
        self.events += 1
        if kind == "schedule":
            [self.scheduled] = details
        elif kind == "terms":
            [self.terms] = details
        elif kind != "export" and details[0] < len(self.books):
            self._heard(self.books[details[0]], now, kind, *details[1:])

    def _heard(self, book: _Seen, now: int, kind: str, what: Any = None) -> None:
        if kind in ("attach", "detach"):
            if book.attached != (kind == "attach"):
                book.attached, book.known = kind == "attach", False
                book.told = (book.told[0], 0)
            return
        if kind == "wrong":
            book.bids = book.mid = None
        elif kind == "confirm" and book.bids is None:
            return
        elif kind == "clear":
            book.bids, book.asks = [], []
        elif kind == "update":
            book.bids, book.asks, book.mid = what["bids"], what["asks"], what["mid"]
        elif what is not None:
            book.mid = what
        if kind == "update" or (kind == "confirm" and what is not None):
            book.told = (now, self.events if book.attached else 0)
        book.confirmed = now
        book.known = book.attached

    def millisecond(self, now: int) -> None:
        """Judge one millisecond."""
        books = [book for book in self.books if book.attached]
        fresh = [
            book
            for book in books
            if book.known and book.bids is not None and now < book.confirmed + STALE
        ]
        if not self.scheduled:
            return
        bids = [order for book in fresh for order in book.bids or []]
        asks = [order for book in fresh for order in book.asks]
        mids = [(book.told, book.mid) for book in fresh if book.mid is not None]
        mid = max(mids)[1] if mids else None
        terms = self._kept(bids, asks, mid)
        if len(terms) == 3:
            terms.add("all")
        measurable = mid is not None or not (bids or asks)
        known = bool(books) and len(fresh) == len(books) and measurable
        if not known and "all" not in terms:
            return
        state = {
            (True, True): "two_sided",
            (True, False): "bid_only",
            (False, True): "ask_only",
            (False, False): "empty",
        }[bool(bids), bool(asks)]
        for name in ("observed", state, *terms):
            self.totals[name] = self.totals.get(name, 0) + 1

    def _kept(self, bids: list[Any], asks: list[Any], mid: float | None) -> set[str]:
        terms = set()
        if bids and asks:
            terms.add("presence")
            spread = min(p for p, _ in asks) - max(p for p, _ in bids)
            widest = self.terms.spread_max
            if spread > 0 and (widest is None or (mid and spread <= widest * mid + 1e-9)):
                terms.add("spread")
        enough = True
        for term in self.terms.depth:
            share = float(term.band) / 100
            if mid is None:
                enough = False
            elif term.side == "bid":
                near = sum(p * q for p, q in bids if p >= (1 - share) * mid - 1e-9)
                enough = enough and near >= term.amount
            else:
                near = sum(p * q for p, q in asks if p <= (1 + share) * mid + 1e-9)
                enough = enough and near >= term.amount
        if enough:
            terms.add("depth")
        return terms


def _as_tuples(ladder: dict[str, Any]) -> dict[str, Any]:
    """Return the ladder as the fast path likes it."""

    def merged(orders: list[tuple[float, float]], *, best_high: bool) -> list[Any]:
        sizes: dict[float, float] = {}
        for price, size in orders:
            sizes[price] = sizes.get(price, 0.0) + size
        return sorted(sizes.items(), reverse=best_high)

    return {
        "bids": merged(ladder["bids"], best_high=True),
        "asks": merged(ladder["asks"], best_high=False),
        "mid": ladder["mid"],
    }


def _as_lists(ladder: dict[str, Any]) -> dict[str, Any]:
    """Return the ladder as ccxt gives it, in any order."""
    return {
        "bids": [[price, size, 1_795_000_000] for price, size in ladder["bids"]],
        "asks": [[price, size, 1_795_000_000] for price, size in ladder["asks"]],
        "mid": ladder["mid"],
    }


@pytest.mark.parametrize("accounts", [1, 2])
@pytest.mark.parametrize("shape", [_as_tuples, _as_lists])
@pytest.mark.parametrize("promises", [1, 2])
@settings(max_examples=40, deadline=None)
@given(events=EVENTS)
def test_integration_agrees_with_brute_force(
    accounts: int, shape: Any, promises: int, events: list[Any]
) -> None:
    """Seconds by term and state equal a count of milliseconds, whatever happens in between.

    A book of a single promise is judged at once, one that serves two is judged the long way.
    """
    with capture() as desk:
        obligation, books = attached(desk, SHORT, accounts)
        if promises == 2:
            other = desk.telemetry.obligation(replace(SHORT, mandate="other"))
            for book in books:
                other.attach(book)
        oracle = _Oracle([_Seen() for _ in books])
        now = 0
        for wait, (kind, *details) in [*events, (50, ("export",))]:
            for _ in range(wait):
                oracle.millisecond(now)
                now += 1
            desk.clock.advance(wait * MILLISECOND)
            oracle.happen(now, kind, *details)
            if kind == "export":
                desk.export(0.0)
            elif kind == "schedule":
                obligation.schedule(details[0])
            elif kind == "terms":
                obligation.replace(details[0])
            elif details[0] < accounts:
                _tell(obligation, books[details[0]], shape, kind, *details[1:])
        counted = seconds_of(desk)
        for name, found in counted.items():
            expected = oracle.totals.get(name, 0) * MILLISECOND
            assert found == pytest.approx(expected, abs=1e-6), name
        assert counted["all"] <= counted["presence"] <= counted["observed"]


def _tell(obligation: Any, book: Any, shape: Any, kind: str, what: Any = None) -> None:
    if kind == "update":
        book.quotes.update(**shape(what))
    elif kind == "wrong":
        book.quotes.update(**what)
    elif kind == "confirm":
        book.quotes.confirm(mid=what)
    elif kind == "clear":
        book.quotes.clear()
    elif kind == "attach":
        obligation.attach(book)
    else:
        obligation.detach(book)
