"""What was traded: how it is drawn."""

from __future__ import annotations

import re
from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import queries, trades
from fortuna_otel.provisioning.interpolate import duration_seconds


def test_every_component_has_its_colour() -> None:
    """A new component in the registry must be given one."""
    assert set(trades.COMPONENTS) == set(signals.trades.PNL_ATTRIBUTED.values("component") or ())


def test_a_bar_adds_up_all_of_its_time_however_long_the_range_is(
    board: dict[str, Any], several: dict[str, str | list[str]]
) -> None:
    """A bar of ten minutes that sums one of them would lose nine tenths of what was traded."""
    week = 7 * 86_400
    found = 0
    for query in queries(board, several, range_seconds=week):
        windows = re.findall(r"(?:sum_over_time|increase)\([^\[\]]*\[([\d.]+\w)\]", query.expr)
        if query.step > duration_seconds("60s") and "fortuna:flow:" in query.expr:
            found += 1
            assert {duration_seconds(window) for window in windows} == {query.step}, query
    assert found == 6  # buys, sells and their difference; PnL by component, net and realized
