"""Which hours were kept: shares, what proves nothing, and names of hours and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fortuna_otel import recorded
from fortuna_otel.provisioning import hours
from fortuna_otel.provisioning.interpolate import substitute
from tests.provisioning.evaluation import Answer, Series, answers

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKET = {"client": "acme", "venue": "binance", "symbol": "A/USDT"}
SELECTED = {
    "client": ["acme"],
    "exchange": ["binance"],
    "symbol": ["A/USDT"],
    "account": ["mm"],
    "tag": ["core"],
}
# The hour begins; and a question after its end, without which promtool would not load it.
BEGINS, LATER = "0s", "3700s"
NAMED = (("hour", "0:00"), ("obligation", "acme binance A/USDT"))


def told(totals: Mapping[str, float], seconds: int = 3_600, **more: str) -> list[Series]:
    """What was counted before the hour, and what is known so many seconds later.

    The mandates may be silent at its beginning.
    """
    return [
        Series(recorded.MANDATE_INFO, "_x3000 1x700", **MARKET, mandate="one"),
        Series(recorded.BOOK, "_x3000 1x700", **MARKET, account="mm", tag="core"),
        *(
            Series(
                recorded.UPTIME_TOTAL_SECONDS,
                f"500x60 {500 + gained}x{seconds}",
                **MARKET | more,
                term=term,
            )
            for term, gained in totals.items()
        ),
    ]


def shown(series: list[Series]) -> Answer:
    """What the panel asks for at the hour's beginning."""
    asked = substitute(hours.by_hour(), SELECTED)
    return answers([(asked, BEGINS), ("vector(1)", LATER)], series)[0]


@pytest.mark.parametrize(
    ("kept", "observed", "unscheduled", "share"),
    [
        pytest.param(3_600, 3_600, 0, 1.0, id="kept all the time"),
        pytest.param(1_764, 3_528, 0, 0.5, id="half of what was judged"),
        pytest.param(3_000, 3_060, 0, -1.0, id="hardly judged proves nothing"),
        pytest.param(900, 1_800, 1_800, 0.5, id="half an hour of maintenance"),
    ],
)
def test_an_hour(kept: int, observed: int, unscheduled: int, share: float) -> None:
    """Share of the judged time; what could not be judged for long enough is marked."""
    series = told({"all": kept, "observed": observed, "unscheduled": unscheduled})
    assert shown(series) == {NAMED: share}


def test_an_hour_that_is_not_over_is_not_shown() -> None:
    """Its first 50 minutes say nothing of the rest."""
    series = told({"all": 3_000, "observed": 3_000}, seconds=3_000)
    assert shown(series) == {}


def test_the_column_of_every_hour_has_its_look(panels: list[dict[str, Any]]) -> None:
    """Titles come from the query: the pattern must know them, and not the row's name."""
    (panel,) = (one for one in panels if one["title"] == "Kept by the hour")
    (pattern,) = (
        one["matcher"]["options"]
        for one in panel["fieldConfig"]["overrides"]
        if one["matcher"]["id"] == "byRegexp"
    )
    assert pattern == hours.HOURS == r"/^\d+:00$/"
    (ending,) = [one for one in panel["transformations"] if one["id"] == "organize"]
    assert ending["options"]["renameByName"] == {"obligation\\hour": "obligation"}
