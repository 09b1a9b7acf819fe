"""Sampling: what holds at a multiple of the interval stands for all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import Sampling
from fortuna_otel.meters._samples import Samples
from tests.meters.obligations import GOOD, KEPT, OBSERVED, TERMS, attached, seconds_of, start_at

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture

START = 20_775 * 86_400.0
MINUTELY = replace(TERMS, staleness=100.0, sampling=Sampling(60.0))


def test_a_sample_stands_for_its_whole_interval(desk: Capture) -> None:
    """Two of three find the quotes there; what was between them does not count."""
    start_at(desk, START + 1.0)
    _, [book] = attached(desk, MINUTELY)
    book.quotes.update(**GOOD)
    desk.export(58.0)
    assert seconds_of(desk)["observed"] == 0.0
    desk.export(2.0)
    assert seconds_of(desk)["all"] == 60.0
    book.quotes.clear()
    desk.export(50.0)
    book.quotes.update(**GOOD)
    desk.export(20.0)
    assert seconds_of(desk)["all"] == 120.0
    book.quotes.clear()
    desk.export(60.0)
    seconds = seconds_of(desk)
    assert (seconds["observed"], seconds["all"], seconds["empty"]) == (180.0, 120.0, 60.0)


def test_samples_during_a_stall_find_nothing_to_judge(desk: Capture) -> None:
    """Quotes were stale at two of three of them, whenever the export came."""
    start_at(desk, START + 1.0)
    _, [book] = attached(desk, MINUTELY)
    book.quotes.update(**GOOD)
    desk.export(240.0)
    book.quotes.confirm()
    desk.export(60.0)
    assert seconds_of(desk)["observed"] == seconds_of(desk)["all"] == 120.0


def test_samples_do_not_count_in_maintenance(desk: Capture) -> None:
    """A sample that nobody takes is none."""
    start_at(desk, START + 1.0)
    promise, [book] = attached(desk, MINUTELY)
    book.quotes.update(**GOOD)
    promise.schedule(False)
    desk.export(60.0)
    promise.schedule(True)
    book.quotes.confirm()
    desk.export(60.0)
    assert seconds_of(desk)["observed"] == 60.0


def test_samples_go_on_through_new_terms(desk: Capture) -> None:
    """Each is judged by those in force then; another interval has its own."""
    start_at(desk, START + 1.0)
    promise, [book] = attached(desk, MINUTELY)
    book.quotes.update(**GOOD)
    promise.replace(replace(MINUTELY, spread_max=0.001))
    desk.export(60.0)
    assert (seconds_of(desk)["observed"], seconds_of(desk)["spread"]) == (60.0, 0.0)
    promise.replace(replace(MINUTELY, sampling=Sampling(10.0)))
    desk.export(25.0)
    assert seconds_of(desk)["spread"] == 20.0


@pytest.mark.parametrize("whose", ["engine", "venue"])
def test_only_the_view_that_counts_is_credited(desk: Capture, whose: str) -> None:
    """The other one goes on showing spread and depth."""
    start_at(desk, START + 1.0)
    terms = replace(MINUTELY, sampling=Sampling(60.0, source=whose))
    for source in ("engine", "venue"):
        book = desk.telemetry.book(
            client="acme",
            venue="binance",
            symbol="BTC/USDT",
            account="acme-1",
            tag="core",
            source=source,
        )
        desk.telemetry.obligation(terms, source=source).attach(book)
        book.quotes.update(**GOOD)
    desk.export(60.0)
    for source in ("engine", "venue"):
        assert desk.value(OBSERVED, source=source) == (60.0 if source == whose else 0.0)
        assert desk.value(KEPT, source=source, term="all") == desk.value(OBSERVED, source=source)
        assert desk.value("fortuna.obligation.spread", source=source) == 0.01


def test_each_multiple_counts_once_while_a_clock_is_put_right() -> None:
    """Stretches may overlap a little, or leave a gap; each multiple lies in one of them."""
    samples = Samples(10.0)
    assert samples.between(95.0, 100.0) == 0
    assert samples.between(100.0, 109.9) == 1
    assert samples.between(110.1, 111.0) == 1
    assert samples.between(109.9, 111.0) == 0
    assert samples.between(111.0, 200.0) == 8
    assert samples.between(199.9, 200.1) == 1


def test_samples_go_on_from_the_time_a_clock_is_set_to() -> None:
    """What was skipped was never taken, and what comes again is."""
    samples = Samples(10.0)
    assert samples.between(95.0, 105.0) == 1
    assert samples.between(3_605.0, 3_615.0) == 1
    assert samples.between(95.0, 105.0) == 1
