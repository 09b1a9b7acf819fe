"""When an alert tells somebody, where the mandates file does not say: the one table of defaults.

The file may set each of these figures (`alerts:`), by client, venue and obligation or for the whole
desk. `scripts/thresholds.py` writes this table into `alerting/rules/thresholds.yaml`, where the
defaults stand behind what the file sets; what is written there is changed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["page", "ticket"]
Scope = Literal["obligation", "desk"]
HOUR: Final = 3_600.0
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Tiers:
    """A default by liquidity tier; desk-wide ones are the same for both."""

    liquid: float
    thin: float


def _same(value: float) -> Tiers:
    return Tiers(value, value)


@dataclass(frozen=True, slots=True)
class Threshold:
    """One figure of one alert at one severity.

    Attributes:
        alert: name of the alert.
        severity: `page` or `ticket`; an alert may have one of each.
        meaning: what the figure bounds, for documentation and for what is wrong with a file.
        patience: seconds by tier, or None where the alert has no such figure.
        tolerance: ratio by tier, or None.
        scope: `obligation` if client, venue and symbol may have figures of their own.
    """

    alert: str
    severity: Severity
    meaning: str
    patience: Tiers | None = None
    tolerance: Tiers | None = None
    scope: Scope = "obligation"


STALENESS: Final = {
    "market": Tiers(5, 15),
    "quotes": Tiers(10, 30),
    "orders": Tiers(30, 60),
    "lag": Tiers(2, 5),
}
"""Seconds after which what was confirmed no longer counts, by feed; `lag` is a message's age on
arrival."""

THRESHOLDS: Final[tuple[Threshold, ...]] = (
    # What was promised, market by market.
    Threshold("SpreadTooWide", "page", "spread beyond its maximum", Tiers(60, 180)),
    Threshold("SpreadOutOfBand", "page", "spread below its minimum, or crossed", _same(1)),
    Threshold(
        "QuoteOffReference",
        "page",
        "own quote through the reference mid",
        _same(1),
        Tiers(0.01, 0.05),
    ),
    Threshold("NotQuoting", "page", "no quote on the promised sides", Tiers(30, 60)),
    Threshold("QuotesOneSided", "page", "one promised side missing", Tiers(60, 180)),
    Threshold("QuotesOneSided", "ticket", "one side held back by a limit", Tiers(60, 180)),
    Threshold(
        "DepthBelowMandate", "page", "share of the minimum depth", Tiers(60, 180), _same(0.8)
    ),
    Threshold(
        "DepthBelowMandate", "ticket", "share of the minimum depth", Tiers(60, 180), _same(1)
    ),
    Threshold(
        "UptimeAtRisk",
        "page",
        "time until the budget is gone, once this share of it is spent",
        _same(2 * HOUR),
        _same(0.2),
    ),
    Threshold("UptimeAtRisk", "ticket", "share of the budget spent", tolerance=_same(0.5)),
    # What is held. InventoryDrift is about a client's asset: its markets' figures count.
    Threshold("InventoryDrift", "page", "exposure beyond its limit", Tiers(10, 30)),
    Threshold("InventoryDrift", "ticket", "exposure beyond its tolerance", _same(900)),
    Threshold("InventoryRunway", "page", "balance ÷ float.min", tolerance=_same(1), scope="desk"),
    Threshold(
        "InventoryRunway", "ticket", "balance ÷ float.min", tolerance=_same(1.5), scope="desk"
    ),
    Threshold("BalancesUnconfirmed", "ticket", "age of an account's balances", Tiers(120, 300)),
    Threshold(
        "InventoryMismatch",
        "page",
        "ledger against venue ÷ what is held, where mismatch_max is not set",
        _same(10),
        _same(0.0001),
        "desk",
    ),
    Threshold("HedgeUncovered", "page", "unhedged beyond its limit", _same(10), scope="desk"),
    Threshold(
        "HedgeLimit", "page", "position ÷ the venue's limit", tolerance=_same(0.95), scope="desk"
    ),
    Threshold(
        "HedgeLimit", "ticket", "position ÷ the venue's limit", tolerance=_same(0.8), scope="desk"
    ),
    Threshold("MarginLow", "page", "maintenance ÷ equity", tolerance=_same(0.7), scope="desk"),
    Threshold("MarginLow", "ticket", "maintenance ÷ equity", tolerance=_same(0.5), scope="desk"),
    Threshold("Drawdown", "page", "loss ÷ loss limit", _same(10), _same(1), scope="desk"),
    Threshold("Drawdown", "ticket", "loss ÷ loss limit", _same(10), _same(0.5), scope="desk"),
    Threshold(
        "PnLUnexplained",
        "ticket",
        "unexplained in an hour ÷ equity, where unexplained_max is not set",
        tolerance=_same(0.001),
        scope="desk",
    ),
    Threshold("LoanExpiry", "page", "time until the loan ends", _same(2 * DAY), scope="desk"),
    Threshold("LoanExpiry", "ticket", "time until the loan ends", _same(14 * DAY), scope="desk"),
    # What is traded.
    Threshold("OneSidedFills", "ticket", "imbalance of bought and sold", tolerance=Tiers(0.8, 0.9)),
    Threshold("OneSidedFills", "page", "imbalance of bought and sold", tolerance=Tiers(0.95, 1)),
    Threshold(
        "AdverseSelection",
        "ticket",
        "loss after the fill ÷ notional",
        tolerance=Tiers(0.0003, 0.002),
    ),
    Threshold(
        "AdverseSelection", "page", "loss after the fill ÷ notional", tolerance=Tiers(0.002, 0.01)
    ),
    # Orders and venues.
    Threshold("OrderOutcomeUnknown", "page", "an order's fate unknown", _same(30)),
    Threshold("OrderRejects", "page", "share refused", tolerance=_same(0.3), scope="desk"),
    Threshold("OrderRejects", "ticket", "share refused", tolerance=_same(0.05), scope="desk"),
    Threshold("RateLimitNear", "page", "share used", tolerance=_same(0.95), scope="desk"),
    Threshold("RateLimitNear", "ticket", "share used", tolerance=_same(0.8), scope="desk"),
    Threshold(
        "OrderLatencyHigh",
        "ticket",
        "above the venue's usual, where ack.max is silent",
        tolerance=_same(1),
        scope="desk",
    ),
    Threshold(
        "DeadManDisarmed", "page", "switch not armed with live orders", _same(5), scope="desk"
    ),
    Threshold("BookInvalid", "page", "book crossed or discontinuous", Tiers(3, 5)),
    Threshold(
        "PriceDislocated", "page", "distance from the reference mid", _same(30), Tiers(0.01, 0.05)
    ),
    Threshold(
        "VenueDown", "page", "share of the obligations affected", _same(5), _same(0.5), "desk"
    ),
    Threshold("TransfersHalted", "ticket", "no transfers", _same(900), scope="desk"),
    Threshold("ApiKeyExpiry", "page", "time until the key expires", _same(2 * DAY), scope="desk"),
    Threshold(
        "ApiKeyExpiry", "ticket", "time until the key expires", _same(14 * DAY), scope="desk"
    ),
    Threshold("SourcesDisagree", "ticket", "engine and venue disagree", _same(60), scope="desk"),
    # Rates, clocks, chains.
    Threshold("ReferenceRateStale", "page", "age of the rate", _same(300), scope="desk"),
    Threshold("ReferenceRateStale", "ticket", "age of the rate", _same(60), scope="desk"),
    Threshold("StablecoinDepeg", "page", "distance from par", _same(30), _same(0.015), "desk"),
    Threshold("StablecoinDepeg", "ticket", "distance from par", _same(60), _same(0.005), "desk"),
    Threshold("ClockSkewed", "page", "how far the clock is off", _same(1), scope="desk"),
    Threshold("ClockSkewed", "ticket", "how far the clock is off", _same(0.25), scope="desk"),
    Threshold("PositionOutOfRange", "page", "price outside the range", _same(10), scope="desk"),
    Threshold(
        "PositionOutOfRange",
        "ticket",
        "distance from the range's edge",
        tolerance=_same(0.01),
        scope="desk",
    ),
    Threshold("ChainLagging", "page", "age of the newest block", _same(60), scope="desk"),
    Threshold("ChainLagging", "ticket", "age of the newest block", _same(30), scope="desk"),
    # Telemetry itself.
    Threshold(
        "CollectorQueueFilling", "ticket", "size ÷ capacity", tolerance=_same(0.8), scope="desk"
    ),
    Threshold(
        "RuleEvaluationFailing",
        "page",
        "share of evaluations missed",
        tolerance=_same(0.5),
        scope="desk",
    ),
)

BY_ALERT: Final = {(each.alert, each.severity): each for each in THRESHOLDS}
"""The row of each alert and severity."""
