"""Figures that must fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.mandates import Float, LossLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    Problem = Callable[[str, str], str]
    Problems = Callable[[str], list[str]]

SPREAD = "spread: {min: 1 bp, target: 20 bp, max: 0.4 %}"
AT = "clients.acme.obligations.acme-btc"


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("{min: 30 bp, target: 20 bp}", "target: min 30 bp is wider than target 20 bp"),
        ("{target: 50 bp, max: 40 bp}", "max: target 50 bp is wider than max 40 bp"),
        ("{min: 50 bp, max: 40 bp}", "max: min 50 bp is wider than max 40 bp"),
    ],
)
def test_spreads_are_ordered(problem: Problem, by: str, message: str) -> None:
    """It holds that min ≤ target ≤ max, whichever of them are set."""
    assert problem(SPREAD, f"spread: {by}") == (
        f"desk.yaml:13: {AT}.spread.{message}; write min ≤ target ≤ max"
    )


def test_an_inherited_spread_is_blamed_on_what_contradicts_it(
    good: str, problems: Problems
) -> None:
    """The nearer of two contradicting lines is the one to mend."""
    text = good.replace(SPREAD, "spread: {max: 10 bp}")
    assert problems(f"defaults: {{spread: {{target: 20 bp}}}}\n{text}") == [
        (
            f"desk.yaml:14: {AT}.spread.max: target 20 bp is wider than max 10 bp;"
            " write min ≤ target ≤ max"
        )
    ]
    text = good.replace(SPREAD, "spread: {target: 20 bp}")
    assert problems(f"defaults: {{spread: {{max: 10 bp}}}}\n{text}") == [
        (
            f"desk.yaml:14: {AT}.spread.target: target 20 bp is wider than max 10 bp;"
            " write min ≤ target ≤ max"
        )
    ]


def test_equal_spreads_are_fine(good: str, problems: Problems) -> None:
    """The target may be the limit."""
    assert problems(good.replace("max: 0.4 %", "max: 20 bp")) == []


def test_a_spread_may_be_left_out(good: str) -> None:
    """A mandate may promise presence and depth alone."""
    (obligation,) = mandates.loads(good.replace(f"        {SPREAD}\n", "")).obligations
    assert obligation.spread.max is None
    assert obligation.terms().spread_max is None


@pytest.mark.parametrize(
    ("part", "by", "message"),
    [
        (
            "0.5 %: 20000 USDT",
            "0.5 %: 20000 ETH",
            (
                "depth.0.5 %: `20000 ETH` is in neither USDT nor BTC, the assets of BTC/USDT,"
                " nor USD; write the amount in USDT instead"
            ),
        ),
        (
            "ask: 40000 USDT",
            "ask: 4000 USDT",
            (
                "depth.2 %.ask: asks for less within 2 % than within 0.5 %, although depth is"
                " counted from mid outwards; write at least as much, or remove the band"
            ),
        ),
        (
            "{0.5 %: 20000 USDT,",
            "{0.5 %: 20000 USDT, 50 bp: 20000 USDT,",
            "depth.50 bp: is the band of 0.5 % again; write it once",
        ),
        (
            "20000 USDT",
            "0 USDT",
            "depth.0.5 %: `0 USDT` is nothing; write more than zero instead",
        ),
    ],
)
def test_depth_is_in_known_units_and_cumulative(
    problem: Problem, part: str, by: str, message: str
) -> None:
    """Depth of another asset, a wider band with less, and a band twice are refused."""
    assert problem(part, by) == f"desk.yaml:14: {AT}.{message}"


def test_depth_is_sorted_from_mid_outwards(good: str) -> None:
    """Bands in the order of distance, bid before ask, whatever the order of the file."""
    text = good.replace(
        "{0.5 %: 20000 USDT, 2 %: {bid: 50000 USDT, ask: 40000 USDT}}",
        "{10 %: {ask: 9 USDT}, 2 %: {ask: 4 USDT, bid: 5 USDT}, 0.5 %: {bid: 2 USDT}}",
    )
    (obligation,) = mandates.loads(text).obligations
    assert [(term.band, term.side, term.amount) for term in obligation.depth] == [
        ("0.5", "bid", 2.0),
        ("2", "bid", 5.0),
        ("2", "ask", 4.0),
        ("10", "ask", 9.0),
    ]


@pytest.mark.parametrize(
    ("part", "by", "message"),
    [
        (
            "tolerance: 0.5 BTC",
            "tolerance: 2 BTC",
            (
                "tolerance: 2 BTC is beyond the limit, 1 BTC;"
                " write tolerance ≤ limit: the ticket comes before the page"
            ),
        ),
        (
            "limit: 1 BTC",
            "limit: 1 ETH",
            "limit: `1 ETH` is not in BTC; write the amount in BTC instead",
        ),
        (
            ", limit: 1 BTC",
            "",
            "limit: is missing; write `limit: 1 BTC`",
        ),
    ],
)
def test_exposures_are_in_their_asset(problem: Problem, part: str, by: str, message: str) -> None:
    """An exposure is in units of its asset, and a ticket comes before a page."""
    assert problem(part, by) == f"desk.yaml:8: clients.acme.exposure.BTC.{message}"


def test_an_exposure_needs_no_tolerance(good: str) -> None:
    """The limit alone may be agreed, and a target of nothing is one."""
    text = good.replace("target: 4 BTC, tolerance: 0.5 BTC", "target: 0 BTC")
    (exposure,) = mandates.loads(text).exposures
    assert (exposure.target, exposure.tolerance, exposure.limit) == (0.0, None, 1.0)


ACCOUNTS = """\
    accounts:
      binance/acme-mm:
        float:
          BTC: {min: 1 BTC, max: 9 BTC}
          USDT: {min: 100 USDT}
"""


def test_floats(good: str, problems: Problems) -> None:
    """Floats are by asset and account; min lies below max, and either may be left out."""
    (account,) = mandates.loads(good + ACCOUNTS).accounts
    assert account.floats == (Float("BTC", min=1.0, max=9.0), Float("USDT", min=100.0))
    place = "desk.yaml:20: clients.acme.accounts.binance/acme-mm.float.BTC"
    assert problems(good + ACCOUNTS.replace("max: 9 BTC", "max: 0.9 BTC")) == [
        f"{place}.max: max 0.9 BTC is below min 1 BTC; write min ≤ max"
    ]
    assert problems(good + ACCOUNTS.replace("max: 9 BTC", "max: 9 ETH")) == [
        f"{place}.max: `9 ETH` is not in BTC; write the amount in BTC instead"
    ]


def test_losses(good: str, problems: Problems) -> None:
    """Loss limits are by day, week or month, in whatever the reference currency is."""
    text = good + "    loss: {day: 1000 USD, month: 5000 USD}\n"
    assert mandates.loads(text).losses == (
        LossLimit("acme", "day", 1000.0, "USD"),
        LossLimit("acme", "month", 5000.0, "USD"),
    )
    assert problems(text.replace("month", "year")) == [
        "desk.yaml:17: clients.acme.loss.year: is not `day`, `week` or `month`"
    ]


WINDOW = (
    "venue: binance\n        maintenance:"
    " [{from: 2026-12-01T10:00:00Z, to: 2026-12-01T11:00:00Z, reason: listing}]"
)


def test_maintenance_ends(problem: Problem) -> None:
    """A window ends after it begins; times have a zone; the reason is said."""
    place = f"desk.yaml:12: {AT}.maintenance[0]"
    assert problem("venue: binance", WINDOW.replace("T11", "T09")) == (
        f"{place}.to: is not after its `from`; write when the window ends"
    )
    assert problem("venue: binance", WINDOW.replace("to: 2026-12-01T11:00:00Z, ", "")) == (
        f"{place}.to: is missing; write `to: 2026-12-01T10:00:00Z`"
    )
    assert problem("venue: binance", WINDOW.replace("11:00:00Z", "11:00:00")) == (
        f"{place}.to: `2026-12-01T11:00:00` has no time zone; write `2026-12-01T11:00:00Z` instead"
    )
    assert problem("venue: binance", WINDOW.replace(", reason: listing", "")) == (
        f"{place}.reason: is missing; write `reason: token listing`"
    )
