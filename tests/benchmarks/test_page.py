"""The page: what was measured must be what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import page, plots
from benchmarks.__main__ import MEASURES, aligned
from benchmarks.outcome import Goal, Outcome, Report, Table

if TYPE_CHECKING:
    from pathlib import Path

TABLE = Table("A ladder", ("", "a call"), (("ours", "1.30 µs"), ("theirs", "1.07 ms")))
OUTCOME = Outcome(
    (TABLE,),
    (Goal("the caller's time", 1 / 800, 1 / 500), Goal("bytes", 1.2, 1.0)),
    when="2026-11-22",
    load=0.12,
    drift=1.03,
    seconds=12.3,
)
REPORT = Report("3.11", {"CPU": "a fast one, 2 cores", "protobuf": "7"}, {"quotes": OUTCOME})


def test_a_goal_is_met_up_to_its_limit() -> None:
    """At most means at most."""
    assert Goal("p99", 1.5, 1.5).met
    assert not Goal("p99", 1.5000001, 1.5).met


@pytest.mark.parametrize(
    ("limit", "text"), [(1 / 150, "≤ 1/150"), (1 / 8, "≤ 1/8"), (1.5, "≤ 1.5"), (1.0, "≤ 1")]
)
def test_a_goal_reads_as_it_was_set(limit: float, text: str) -> None:
    """A limit has no more digits than it was given."""
    assert page.limit(Goal("p99", 1.0, limit)) == text


def test_the_summary_says_what_is_met_and_what_is_not() -> None:
    """A goal that is missed is as visible as one that is met."""
    text = page.render(MEASURES, [REPORT])
    assert "| [A ladder](#a-ladder): the caller's time | ≤ 1/500 | 1/800 met |" in text
    assert "| [A ladder](#a-ladder): bytes | ≤ 1 | 1.20 **not met** |" in text


def test_a_section_has_text_and_figures() -> None:
    """Each measure says what it does before it gives its table."""
    text = page.render(MEASURES, [REPORT])
    section = text.split("## A ladder\n")[1].split("\n## ")[0]
    assert "obligation" in section
    assert "| ours | 1.30 µs |\n| theirs | 1.07 ms |" in section
    assert "## Memory" not in text  # it was not measured


def test_another_python_has_its_own_column_and_tables() -> None:
    """Figures of different interpreters are never mixed."""
    newer = Report("3.13", {"CPU": "the same"}, {"quotes": OUTCOME})
    text = page.render(MEASURES, [REPORT, newer])
    assert "| | goal | Python 3.11 | Python 3.13 |" in text
    assert "1/800 met | 1/800 met |" in text
    assert "**Python 3.13. A ladder**" in text


def test_the_page_says_what_it_ran_on() -> None:
    """Without machine, versions and noise a figure means nothing."""
    text = page.render(MEASURES, [REPORT])
    assert "Python 3.11: CPU a fast one, 2 cores; protobuf 7" in text
    assert "| A ladder | 3.11 | 2026-11-22 | 12 s | 0.12 | 1.03 |" in text


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    """Another run adds to what was measured before."""
    REPORT.save(tmp_path / "new" / "python-3.11.json")
    assert Report.load(tmp_path / "new" / "python-3.11.json") == REPORT


def test_a_table_knows_its_columns() -> None:
    """A row that is short would shift its figures under other headings."""
    with pytest.raises(ValueError, match="does not fit"):
        Table("broken", ("", "CPU"), (("ours",),))


def test_the_terminal_sees_aligned_columns() -> None:
    """Figures end below one another."""
    assert aligned(TABLE) == ["         a call", "ours    1.30 µs", "theirs  1.07 ms"]


PLOTS: dict[str, dict[str, Any]] = {
    "calls": {"peers": ["ours", "`theirs`"], "seconds": {"gauge": [1e-9, 1e-6], "x": [None, 2e-6]}},
    "export": {"sizes": [1_000, 50_000], "seconds": {"ours": [1e-7, 2e-7], "theirs": [2e-5, 3e-5]}},
    "delay": {"tails": {"none": [[1.0, 1e-6], [0.1, 2e-5], [0.001, 3e-3]]}},
    "growth": {"sizes": [1_000, 100_000], "cpu": [1e-3, 1e-1], "memory": [1e6, 1e8]},
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_small_labelled_and_has_no_background(name: str, tmp_path: Path) -> None:
    """It must be legible on a light and on a dark page, without its text being drawn as paths."""
    plots.draw(name, PLOTS[name], tmp_path / "plot.svg")
    image = tmp_path / "plot.svg"
    elements = ET.parse(image).iter()  # noqa: S314  # our own file
    texts = [element.text or "" for element in elements if element.tag.endswith("text")]
    assert any(text.endswith(("s", "B")) for text in texts)
    assert image.stat().st_size < 60_000
    assert "fill: #ffffff" not in image.read_text("utf-8")


def test_every_plot_is_tested_and_described() -> None:
    """What is drawn has words for those who do not see it."""
    assert set(PLOTS) == set(plots.PLOTS) == set(page.DESCRIPTIONS)


def test_a_plot_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    """A page generated again differs only where figures do."""
    for number in (1, 2):
        plots.draw("growth", PLOTS["growth"], tmp_path / f"{number}.svg")
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()
