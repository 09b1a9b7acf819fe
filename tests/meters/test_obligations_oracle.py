"""Obligations integrated by the meter against brute force.

Everything happens at whole milliseconds (of 1/1024 s, so that binary fractions are exact and
quotes expire in the very moment of an event); the oracle looks at every millisecond by itself and
knows nothing of intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fortuna_otel.testing import capture
from tests.meters.obligations import GOOD, TERMS, attached, seconds_of

MILLISECOND = 1 / 1024

LADDERS = st.sampled_from(
    [
        GOOD,
        {**GOOD, "mid": 100.5},
        {**GOOD, "mid": None},
        {"bids": [(99.5, 1.0)], "asks": [(100.5, 1.0)], "mid": 100.0},
        {"bids": [(98.0, 2.0)], "asks": [(102.5, 2.0)], "mid": 100.0},
        {"bids": [(99.0, 2.0)], "asks": [], "mid": 100.0},
        {"bids": [], "asks": [(101.0, 2.0)], "mid": 100.0},
        {"bids": [], "asks": [], "mid": None},
    ]
)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from([10, 20, 30, 1]),  # sums of them meet the 30 of staleness
        st.one_of(
            st.tuples(st.just("export")),
            st.tuples(st.just("update"), st.integers(0, 1), LADDERS),
            st.tuples(st.just("confirm"), st.integers(0, 1)),
            st.tuples(st.just("schedule"), st.booleans()),
            st.tuples(st.just("terms"), st.sampled_from([0.005, 0.02, 0.05])),
        ),
    ),
    max_size=25,
)
SHORT = replace(TERMS, staleness=30 * MILLISECOND)


@dataclass
class _Oracle:
    """The definition, moment by moment."""

    ladders: list[dict[str, Any] | None] = field(default_factory=lambda: [None, None])
    changed: list[int] = field(default_factory=lambda: [0, 0])
    confirmed: list[int] = field(default_factory=lambda: [0, 0])
    scheduled: bool = True
    spread_max: float = 0.02
    totals: dict[str, int] = field(default_factory=dict)

    def millisecond(self, now: int) -> None:
        """Judge one millisecond."""
        fresh = [n for n in (0, 1) if self.ladders[n] is not None and now < self.confirmed[n] + 30]
        if not self.scheduled:
            return
        believed = [(self.changed[n], self.ladders[n] or {}) for n in fresh]
        bids = [order for _, ladder in believed for order in ladder["bids"]]
        asks = [order for _, ladder in believed for order in ladder["asks"]]
        mids = [(changed, ladder["mid"]) for changed, ladder in believed if ladder["mid"]]
        mid = max(mids)[1] if mids else None
        terms = set()
        if bids and asks:
            terms.add("presence")
            spread = min(p for p, _ in asks) - max(p for p, _ in bids)
            if mid and spread <= self.spread_max * mid + 1e-9:
                terms.add("spread")
        if mid:
            near = sum(p * q for p, q in bids if p >= 0.98 * mid - 1e-9)
            far = sum(p * q for p, q in asks if p <= 1.02 * mid + 1e-9)
            if min(near, far) >= 150.0:
                terms.add("depth")
        if len(terms) == 3:
            terms.add("all")
        known = len(fresh) == 2 and (mid is not None or not (bids or asks))
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


@settings(max_examples=200, deadline=None)
@given(events=EVENTS)
def test_integration_agrees_with_brute_force(events: list[Any]) -> None:
    """Seconds by term and state equal a count of milliseconds, whatever happens in between."""
    with capture() as desk:
        obligation, books = attached(desk, SHORT, accounts=2)
        oracle = _Oracle()
        now = 0
        last_change = 0
        for wait, (kind, *details) in [*events, (50, ("export",))]:
            for _ in range(wait):
                oracle.millisecond(now)
                now += 1
            desk.clock.advance(wait * MILLISECOND)
            if kind == "update":
                which, ladder = details
                books[which].quotes.update(**ladder)
                last_change += 1
                oracle.ladders[which] = ladder
                oracle.changed[which] = last_change
                oracle.confirmed[which] = now
            elif kind == "confirm" and oracle.ladders[details[0]] is not None:
                books[details[0]].quotes.confirm()
                oracle.confirmed[details[0]] = now
            elif kind == "export":
                desk.export(0.0)
            elif kind == "schedule":
                obligation.schedule(details[0])
                oracle.scheduled = details[0]
            elif kind == "terms":
                obligation.replace(replace(SHORT, spread_max=details[0]))
                oracle.spread_max = details[0]
        counted = seconds_of(desk)
        for name, found in counted.items():
            assert found == pytest.approx(oracle.totals.get(name, 0) * MILLISECOND, abs=1e-6), name
        assert counted["all"] <= counted["presence"] <= counted["observed"] + 1e-9
