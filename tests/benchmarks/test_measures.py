"""Every measure runs, at a size that takes a moment, and says what the page needs."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from benchmarks import calls, quotes
from benchmarks.__main__ import MEASURES, main
from benchmarks.export import exporter
from benchmarks.outcome import Measure, Scale
from benchmarks.plots import PLOTS
from benchmarks.sink import Sink
from benchmarks.worker import Worker
from benchmarks.workload import BOOK, Values, desk, histograms

if TYPE_CHECKING:
    from pathlib import Path

TINY = Scale(
    rounds=1,
    repeats=1,
    slice=0.0001,
    seconds=0.2,
    warmup=0.1,
    sizes=(200,),
    delayed=(200,),
    growth=(1_000, 3_000),
    held=3_000,
    paged=0,
    paging_books=0,
    paging_warmup=0.0,
    board_warmup=0.0,
    board_turns=0,
)
GOALS = {"calls": 6, "quotes": 1, "export": 4, "delay": 1, "memory": 2, "growth": 2}


# These need the whole pipeline: tests/e2e has them.
ALONE = [measure for measure in MEASURES if measure.name not in {"paging", "board"}]


@pytest.mark.parametrize("measure", ALONE, ids=lambda measure: measure.name)
def test_a_measure_finds_figures_for_each_of_its_goals(measure: Measure) -> None:
    """All sides run in their processes, export to a sink, and are compared."""
    steps: list[str] = []
    outcome = measure.run(TINY, steps.append)
    assert steps
    assert outcome.tables
    assert len(outcome.goals) == GOALS[measure.name]
    assert all(goal.measured > 0.0 for goal in outcome.goals if measure.name != "growth")
    assert bool(outcome.plot) == (measure.name in PLOTS)


def test_a_desk_has_distinct_series_of_every_kind_of_book_signal() -> None:
    """Two series with the same attributes would be one."""
    series = list(desk(1_000))
    keys = {(one.signal.name, *one.attributes.values()) for one in series}
    assert len(keys) == len(series) == 1_000
    assert {one.signal for one in series} == set(BOOK)
    assert all(set(one.attributes) == set(one.signal.attributes) for one in series)


def test_nothing_of_a_desk_is_exported_seldom() -> None:
    """Slow signals would spare us four exports of five."""
    assert not [signal.name for signal in BOOK if signal.slow]


def test_every_side_is_told_the_same_values_and_each_changes() -> None:
    """A value that stays would compress better than a trading day does."""
    series = list(desk(500))
    one, other = Values(series), Values(series)
    first, second = list(one), list(one)
    assert first == list(other)
    changed = sum(before != after for before, after in zip(first, second, strict=True))
    assert changed > 0.9 * len(series)


def test_a_ladder_is_sorted_and_as_deep_as_it_says() -> None:
    """The benchmark tells what a venue acknowledges: best first, both sides of mid."""
    for ladder in quotes.ladders(50):
        bids, asks = ([price for price, _ in side] for side in (ladder.bids, ladder.asks))
        assert len(bids) == len(asks) == quotes.LEVELS
        assert bids == sorted(bids, reverse=True)
        assert asks == sorted(asks)
        assert bids[0] < ladder.mid < asks[0]


def test_the_stock_side_is_told_as_many_values_as_the_board_gets() -> None:
    """20 + 20 levels with price and size, 8 bands a side, and what else follows from a ladder."""
    names = [point.name for point in quotes.values()]
    assert names.count("fortuna.quote.ladder.price") == 2 * quotes.LEVELS
    assert names.count("fortuna.quote.depth") == 16
    assert 100 <= len(names) <= 125


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("name", ["ours", "stock"])
def test_every_series_arrives(name: str, *, compressed: bool) -> None:
    """An exporter that sends less would look fast."""
    options = {"name": name, "number": 300, "compressed": compressed}
    with Sink() as sink, Worker(exporter, endpoint=sink.url, **options) as worker:
        assert worker.round() == {}
        taken = sink.take()
    assert 300 <= taken["points"] < 400
    assert taken["compressed"] == (taken["requests"] if compressed else 0)


def test_the_best_empty_loop_is_subtracted() -> None:
    """A loop that was disturbed once must not make calls look faster than they are."""
    raw = {"overhead": [10e-9, 200e-9], "gauge/ours": [30e-9, 210e-9], "fold": [5e-9, 5e-9]}
    found = calls.net(raw)
    assert found["gauge/ours"] == pytest.approx([20e-9, 200e-9])
    assert found["fold"] == raw["fold"]


def test_what_cannot_be_told_from_an_empty_loop_is_no_zero() -> None:
    """A ratio to nothing would be without end."""
    assert calls.net({"overhead": [10e-9], "gauge/value": [9e-9]})["gauge/value"] == [1e-9]


def test_histograms_are_each_of_an_account() -> None:
    """One histogram an account is what its limit allows."""
    assert len({one.attributes["account"] for one in histograms(50)}) == 50


def test_a_worker_that_fails_is_no_figure(capfd: pytest.CaptureFixture[str]) -> None:
    """A side that breaks ends the run and says why."""
    worker = Worker(exporter, name="nobody", endpoint="", number=1, compressed=False)
    with worker, pytest.raises(RuntimeError, match=r"nobody.* has failed"):
        worker.round()
    assert "KeyError" in capfd.readouterr().err


def test_workers_take_turns() -> None:
    """Between its rounds a side does nothing."""
    with Worker(count, start=5) as first, Worker(count, start=5) as second:
        assert [first.round(), second.round(), first.round(), second.round()] == [5, 5, 6, 6]


def test_a_run_of_one_measure_keeps_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page is written from all that was measured under this Python so far."""
    monkeypatch.setattr("benchmarks.__main__.FULL", TINY)
    monkeypatch.setattr("benchmarks.__main__.DOCS", tmp_path)
    monkeypatch.setattr("benchmarks.__main__.RESULTS", tmp_path / "results")
    assert main(["--only", "memory"]) == 0
    assert main(["--only", "growth"]) == 0
    text = (tmp_path / "performance.md").read_text("utf-8")
    assert text.index("\n## Memory\n") < text.index("\n## Growth\n")
    assert (tmp_path / "images" / "performance-growth.svg").exists()
    assert "From 1,000 to 3,000 series" in capsys.readouterr().out


def test_a_quick_run_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of a small run are for who ran it."""
    monkeypatch.setattr("benchmarks.__main__.QUICK", TINY)
    monkeypatch.setattr("benchmarks.__main__.DOCS", tmp_path)
    monkeypatch.setattr("benchmarks.__main__.RESULTS", tmp_path / "results")
    assert main(["--quick", "--only", "growth"]) == 0
    assert not list(tmp_path.iterdir())


def test_help_names_every_measure(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever wants one of them finds its name."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert all(measure.name in text for measure in MEASURES)
