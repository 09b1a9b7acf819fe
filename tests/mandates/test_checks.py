"""What of an obligation does not fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Problems = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("part", "by", "message"),
    [
        (
            "1 %: 2 BTC",
            "1 %: 2 ETH",
            (
                "15:.depth.1 %: `2 ETH` is in neither USDT nor BTC, the assets of BTC/USDT, nor"
                " USD; write the amount in USDT instead"
            ),
        ),
        (
            "size: 500 USDT",
            "size: 500 USD",
            (
                "16:.levels.size: `500 USD` is not in USDT, the quote of BTC/USDT; write the"
                " amount in USDT instead"
            ),
        ),
        (
            "count: 3",
            "count: 2.5",
            "16:.levels.count: `2.5` is not a whole number from 1 to 1000; write `3` instead",
        ),
        (
            "window: month",
            "window: week",
            "20:.uptime.window: `week` is not a window; write `day`, `month` or `30 d` instead",
        ),
        (
            "interval: 1 min",
            "interval: 2 d",
            "22:.uptime.sampling.interval: is longer than a day; write at most `1 d`",
        ),
        (
            "source: venue",
            "source: both",
            "22:.uptime.sampling.source: is not `engine` or `venue`",
        ),
        (
            "factor: 250 %",
            "factor: 100 %",
            "23:.widening.factor: 100 % of the maximum widens nothing; write more than 100 %",
        ),
        (
            "factor: 250 %",
            "factor: 2.5",
            "23:.widening.factor: `2.5` has no unit; write `2.5 bp` or `2.5 %` instead",
        ),
        (
            "max: 20 bp",
            "max: 50 %",
            (
                "23:.widening.factor: makes a spread of 50 % one of 125 %; write a factor that"
                " leaves it below 100 %"
            ),
        ),
        (
            "move: 3 %",
            "move: 100 %",
            "23:.widening.move: is the whole price; write less than 100 %",
        ),
        (
            "cap: 2 h",
            "cap: 25 h",
            "23:.widening.cap: is longer than a day; write at most `1 d`",
        ),
        (
            "window: 5 min, ",
            "",
            "23:.widening.window: is missing; write `window: 5 min`",
        ),
        (
            "max: 20 bp, d",
            "d",
            "23:.widening: widens a maximum spread that is not there; write `spread: {max: …}`",
        ),
        (
            "max: 9000000 USDT",
            "max: 9 USDT",
            "24:.volume.day.max: max 9 USDT is below min 1000000 USDT; write min ≤ max",
        ),
        (
            "min: 5000 USDT",
            "min: 5000 BTC",
            (
                "24:.volume.month.min: `5000 BTC` is not in USDT, the quote of BTC/USDT; write"
                " the amount in USDT instead"
            ),
        ),
        (
            "SpreadTooWide: ",
            "SpreadTooWild: ",
            (
                "27:.alerts.SpreadTooWild: `SpreadTooWild` is not an alert with figures to set;"
                " write `SpreadTooWide` instead"
            ),
        ),
        (
            "SpreadTooWide: ",
            "Colour: ",
            (
                "27:.alerts.Colour: `Colour` is not an alert with figures to set; write one of"
                " those that `fortuna-otel mandates alerts` lists instead"
            ),
        ),
        (
            "SpreadTooWide: ",
            "FeedStale: ",
            (
                "27:.alerts.FeedStale: `FeedStale` waits as long as the staleness of what it is"
                " about; write `staleness: {market: …}` instead"
            ),
        ),
        (
            "SpreadTooWide: ",
            "VenueDown: ",
            (
                "27:.alerts.VenueDown: is about more than one obligation, so that only the desk"
                " has figures for it; write it under `defaults`"
            ),
        ),
        (
            "{page: {patience: 2 min}}",
            "{ticket: {patience: 2 min}}",
            (
                "27:.alerts.SpreadTooWide.ticket: is no severity of SpreadTooWide; write `page`"
                " instead"
            ),
        ),
        (
            "{page: {patience: 2 min}}",
            "{page: {tolerance: 2 %}}",
            (
                "27:.alerts.SpreadTooWide.page.tolerance: is no figure of SpreadTooWide: spread"
                " beyond its maximum; write `patience` instead"
            ),
        ),
        (
            "tolerance: 150 %",
            "tolerance: 0 %",
            (
                "28:.alerts.DepthBelowMandate.ticket.tolerance: `0 %` is not above 0 and at"
                " most 10000 %; write such a share instead"
            ),
        ),
        (
            "to: 2026-12-01T11",
            "to: 2026-12-01T09",
            "31:.exclusions[0].to: is not after its `from`; write when the window ends",
        ),
        (
            "            approver: J. Doe\n",
            "",
            "30:.exclusions[0].approver: is missing; write `approver: J. Doe, COO`",
        ),
        (
            "reporting: week",
            "reporting: weekly",
            "35:.reporting: is not `day`, `week`, `month` or `quarter`; write `week` instead",
        ),
        (
            "[Acme Ltd, Fortuna Desk Ltd]",
            "[]",
            "11:.parties: is empty; write `parties: [Acme Ltd, Desk Ltd]`",
        ),
        (
            "denominator: bid",
            "denominator: last",
            "14:.spread.denominator: is not `mid`, `bid` or `ask`",
        ),
        (
            "mid: venue_without_own",
            "mid: mark",
            "12:.mid: is not `venue`, `venue_without_own`, `own` or `reference`",
        ),
    ],
)
def test_what_does_not_fit_is_told(
    whole: str, problems: Problems, part: str, by: str, message: str
) -> None:
    """Each mistake has its line, what is wrong, and what to write instead."""
    assert whole.count(part) == 1
    line, _, rest = message.partition(":")
    place = f"desk.yaml:{line}: clients.acme.obligations.acme-btc"
    assert problems(whole.replace(part, by)) == [place + rest]


def test_a_zone_is_of_the_client(whole: str, problems: Problems) -> None:
    """A wrong zone is told where it stands."""
    assert problems(whole.replace("Europe/Berlin", "Berlin")) == [
        "desk.yaml:6: clients.acme.zone: `Berlin` is not a time zone; write `Europe/Berlin` instead"
    ]
