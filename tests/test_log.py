"""Warnings at most once a minute and kind."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from fortuna_otel._log import Throttle
from fortuna_otel.testing import FakeClock

if TYPE_CHECKING:
    import pytest


def test_a_kind_of_warning_is_written_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The next one says how many were held back; another kind is not affected."""
    clock = FakeClock()
    throttle = Throttle(clock)
    with caplog.at_level(logging.WARNING):
        for number in range(3):
            throttle.warn("a", "fault %d of %s", number, "x")
        throttle.warn("b", "100 % other")
        clock.advance(60.0)
        throttle.warn("a", "fault %d of %s", 3, "x")
    assert [record.getMessage() for record in caplog.records] == [
        "fault 0 of x",
        "100 % other",
        "fault 3 of x (and 2 more like it since the last time)",
    ]


def test_good_news_is_as_rare_as_warnings(caplog: pytest.LogCaptureFixture) -> None:
    """What flaps must not fill the log with recoveries."""
    throttle = Throttle(FakeClock())
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            throttle.info("a", "up again")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("INFO", "up again")
    ]


def test_whether_a_line_was_written_is_said() -> None:
    """So that a recovery is only told to whoever was told of the fault."""
    clock = FakeClock()
    throttle = Throttle(clock)
    assert throttle.warn("a", "first")
    assert not throttle.warn("a", "second")
    assert throttle.info("b", "first")
    assert not throttle.allows("b")
    clock.advance(60.0)
    assert throttle.allows("b")
    assert not throttle.info("b", "taken")
