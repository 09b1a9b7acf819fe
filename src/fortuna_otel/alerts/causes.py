"""Which alerts mute which: the one table, for Alertmanager and for Grafana.

Alertmanager gets it as inhibition rules. Grafana has none that every version knows, so its rules
end in `unless` the cause fires. A label missing on both sides counts as equal in both, so `equal`
lists only labels that the cause always has; tests/alerting tries each cause in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause and what it makes superfluous.

    Attributes:
        why: one sentence, for the generated file.
        sources: alerts that mute.
        targets: alerts that are muted.
        equal: labels in which both must agree.
        where: a label of the source and the pattern that its value must match, or None.
    """

    why: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    equal: tuple[str, ...] = field(default=())
    where: tuple[str, str] | None = None


_UNCONFIRMED: Final = ("QuotesUnconfirmed", "OrdersUnconfirmed", "BalancesUnconfirmed")
_MARKET: Final = ("client", "venue", "symbol")
_BEHIND: Final = ("ServiceSilent", "FeedStale", *_UNCONFIRMED, "BookInvalid", "CollectorDown")

CAUSES: Final = (
    Cause(
        "The path is down: nobody can tell what its services do. (host_name is empty on both sides"
        " where the agent adds none: then there is one path.)",
        ("PipelineBehind",),
        _BEHIND,
        ("host_name",),
    ),
    Cause(
        "All paths are down at once: one gateway, network or store, and no host to agree on.",
        ("PipelineBehind",),
        _BEHIND,
        where=("scope", "desk"),
    ),
    Cause(
        "A process that hangs reads no feed and confirms nothing.",
        ("ServiceSilent",),
        ("FeedStale", *_UNCONFIRMED, "BookInvalid"),
        ("job", "instance"),
    ),
    Cause(
        "A crashed service is silent after 5 s and missing after 70.",
        ("ServiceSilent",),
        ("ServiceMissing",),
        ("job",),
    ),
    Cause(
        "A venue that is down takes everything on it along.",
        ("VenueDown",),
        (
            "FeedStale",
            *_UNCONFIRMED,
            *("BookInvalid", "FeedGaps", "SpreadTooWide", "NotQuoting", "QuotesOneSided"),
            *("DepthBelowMandate", "OrderRejects", "OrderOutcomeUnknown", "OrderLatencyHigh"),
            *("RateLimitNear", "MarketHalted"),
        ),
        ("venue",),
    ),
    Cause(
        "Nobody quotes on a market that the venue has halted.",
        ("MarketHalted",),
        ("SpreadTooWide", "NotQuoting", "QuotesOneSided", "DepthBelowMandate"),
        ("venue", "symbol"),
    ),
    Cause(
        "A book on a dead feed is wrong because the feed is dead.",
        ("FeedStale",),
        ("BookInvalid",),
        ("job", "instance", "venue"),
    ),
    Cause(
        "Somebody or something pulled the quotes on purpose.",
        ("KillSwitchFired",),
        ("NotQuoting", "QuotesOneSided", "DepthBelowMandate", "SpreadTooWide"),
        _MARKET,
    ),
    Cause(
        "Without quotes there is no spread, no depth, and uptime runs out.",
        ("NotQuoting",),
        ("QuotesOneSided", "DepthBelowMandate", "SpreadTooWide", "UptimeAtRisk"),
        _MARKET,
    ),
    Cause(
        "What is not confirmed cannot be measured.",
        ("QuotesUnconfirmed",),
        ("DepthBelowMandate", "SpreadTooWide"),
        _MARKET,
    ),
    Cause(
        "A missing side has no depth.",
        ("QuotesOneSided",),
        ("DepthBelowMandate",),
        _MARKET,
    ),
    Cause(
        "The mandates exporter itself crashed, or never started: one page says so.",
        ("ServiceSilent", "ServiceMissing"),
        ("MandatesMissing",),
        where=("job", "(.+/)?mandates"),
    ),
)

PLACE: Final = (
    *("alertname", "job", "instance", "host_name", "client", "venue", "symbol", "account", "tag"),
    *("asset", "capital", "currency", "window", "lender", "provider", "integration", "exporter"),
)
"""Labels in which the page and the ticket about the same thing agree."""

NEVER_MUTED: Final = frozenset(
    {
        *("InventoryDrift", "InventoryMismatch", "HedgeUncovered", "HedgeLimit", "MarginLow"),
        *("SelfTrade", "Drawdown", "KillSwitchFired", "QuoteOffReference", "DeadManDisarmed"),
    }
)
"""Exposure, margin and self-trade: what loses money whatever is being maintained."""

FAMILIES: Final = (
    *("FeedStale", "SpreadTooWide", "InventoryDrift"),
    *("ServiceSilent", "ServiceMissing", "PipelineBehind"),
)
"""Freshness, spread, inventory and silence: what Grafana can evaluate instead of the ruler."""
