"""The paging measure on the real pipeline: each fault pages once, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks import paging
from benchmarks.outcome import QUICK

pytestmark = pytest.mark.e2e


def test_each_fault_pages_once_and_its_way_is_known() -> None:
    """How fast is the benchmark's to say; that nothing is missing or double, this test's."""
    steps: list[str] = []
    small = replace(QUICK, paged=11, paging_books=4, paging_warmup=20.0)
    outcome = paging.run(small, steps.append)
    assert "fault 11 of 11" in steps
    pages, stages, meanwhile, storm = outcome.tables
    assert {row[0]: row[1] for row in pages.rows} == {
        "all": "11",
        "SpreadTooWide": "5",
        "InventoryDrift": "5",
        "ServiceSilent": "1",
    }
    assert len(stages.rows) == 4
    found = dict(row for row in meanwhile.rows if len(row) == 2)
    assert {name: found[name] for name in ("pages missing", "pages told twice", "other pages")} == {
        "pages missing": "0",
        "pages told twice": "0",
        "other pages": "0",
    }
    worst = dict(row for row in storm.rows if len(row) == 2)
    # Four engines of four books: no client has two of them on one venue.
    incidents = worst["incidents (a client's markets on a venue)"]
    assert worst["markets broken"] == incidents == worst["messages at PagerDuty"] == "16"
    assert worst["incidents not told"] == "0"
