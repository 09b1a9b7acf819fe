# Generated from semconv/ by scripts/semconv.py; edit there and run `make generate`.
"""Obligations.

What was delivered on each promise, measured over the books of the obligation merged before
judging: best bid, best ask, summed depth, union of presence. Seconds are integrated at event
time; each event and each export adds min(now, last confirmation + staleness) - last on the
monotonic clock, so that a hung loop earns nothing. Only scheduled time counts; a changed
mandate splits the interval. Prefer `source="venue"` where a watcher sees the market.
"""

from __future__ import annotations

from typing import Final

from fortuna_otel.signals import attributes as attr
from fortuna_otel.signals.enums import Band, BookSide, QuotingState, Source, Term
from fortuna_otel.signals.spec import Signal

QUOTING_TIME: Final = Signal(
    name="fortuna.obligation.quoting.time",
    prometheus="fortuna_obligation_quoting_time_seconds_total",
    kind="counter",
    unit="s",
    attributes=(*attr.OBLIGATION_SET, attr.SOURCE, attr.STATE),
    brief="Scheduled, observed seconds by which sides of the obligation had live orders.",
    per="obligation",
    closed=(
        ("source", Source),
        ("state", QuotingState),
    ),
    limit=8,
    series=2,
    critical=True,
)
KEPT_TIME: Final = Signal(
    name="fortuna.obligation.kept.time",
    prometheus="fortuna_obligation_kept_time_seconds_total",
    kind="counter",
    unit="s",
    attributes=(*attr.OBLIGATION_SET, attr.SOURCE, attr.TERM),
    brief=(
        "Scheduled, observed seconds in which the term held. Uptime of a term = kept / scheduled."
    ),
    per="obligation",
    closed=(
        ("source", Source),
        ("term", Term),
    ),
    limit=10,
    series=4,
    slow=True,
)
OBSERVED_TIME: Final = Signal(
    name="fortuna.obligation.observed.time",
    prometheus="fortuna_obligation_observed_time_seconds_total",
    kind="counter",
    unit="s",
    attributes=(*attr.OBLIGATION_SET, attr.SOURCE),
    brief=(
        "Scheduled seconds in which the obligation could be judged. Scheduled - observed is "
        "unobserved time, which is shown apart from breached time."
    ),
    per="obligation",
    closed=(("source", Source),),
    limit=2,
    slow=True,
)
SPREAD: Final = Signal(
    name="fortuna.obligation.spread",
    prometheus="fortuna_obligation_spread_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.OBLIGATION_SET, attr.SOURCE),
    brief=(
        "(lowest own ask - highest own bid) / mid over all books of the obligation, mid and "
        "denominator as the mandate chooses. Absent unless both sides are live, confirmed and "
        "the mid is known."
    ),
    per="obligation",
    closed=(("source", Source),),
    limit=2,
    critical=True,
)
DEPTH: Final = Signal(
    name="fortuna.obligation.depth",
    prometheus="fortuna_obligation_depth",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.OBLIGATION_SET, attr.SOURCE, attr.SIDE, attr.BAND),
    brief=(
        "Own price * remaining size within the band, summed over all books of the obligation, "
        "for the bands its mandate has a minimum for. 0 on an empty side."
    ),
    per="obligation",
    closed=(
        ("source", Source),
        ("side", BookSide),
        ("band", Band),
    ),
    limit=32,
    series=4,
    critical=True,
)
DEPTH_REQUIRED: Final = Signal(
    name="fortuna.obligation.depth.required",
    prometheus="fortuna_obligation_depth_required",
    kind="gauge",
    unit="{quote}",
    attributes=(*attr.OBLIGATION_SET, attr.SOURCE, attr.SIDE, attr.BAND),
    brief=(
        "Least depth the mandate asks for now, where it is promised in base or in reference "
        "currency: converted at the obligation's mid and the rate of the quote. Absent while "
        "either is unknown."
    ),
    per="obligation",
    closed=(
        ("source", Source),
        ("side", BookSide),
        ("band", Band),
    ),
    limit=32,
    series=0,
    critical=True,
)
SPREAD_ALLOWED: Final = Signal(
    name="fortuna.obligation.spread.allowed",
    prometheus="fortuna_obligation_spread_allowed_ratio",
    kind="gauge",
    unit="1",
    attributes=(*attr.OBLIGATION_SET, attr.SOURCE),
    brief=(
        "Largest spread allowed now, as a share of the mandate's denominator: its maximum, "
        "widened while the market moves as the mandate grants."
    ),
    per="obligation",
    closed=(("source", Source),),
    limit=2,
    series=0,
    critical=True,
)

ALL: Final[tuple[Signal, ...]] = (
    QUOTING_TIME,
    KEPT_TIME,
    OBSERVED_TIME,
    SPREAD,
    DEPTH,
    DEPTH_REQUIRED,
    SPREAD_ALLOWED,
)
"""Every signal of this section."""
