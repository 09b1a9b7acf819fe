"""`scripts/flows.py`: every kind of flow is accounted for by the same rules."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import yaml

from fortuna_otel import signals
from scripts import flows

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_committed_file_is_current() -> None:
    """Whoever edits the script runs `make generate`."""
    assert flows.TARGET.read_text(encoding="utf-8") == flows.rendered()


def test_check_says_what_is_not_current_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI fails with the way to mend it; without `--check` the file is written."""
    target = tmp_path / "flows.yaml"
    monkeypatch.setattr(flows, "TARGET", target)
    monkeypatch.setattr(flows, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["flows.py", "--check"])
    assert flows.main() == 1
    assert "make generate" in capsys.readouterr().err
    assert not target.exists()
    monkeypatch.setattr(sys, "argv", ["flows.py"])
    assert flows.main() == 0
    assert target.read_text(encoding="utf-8") == flows.rendered()


def test_every_flow_keeps_all_that_its_counters_tell() -> None:
    """A label that is left out would add up what must stay apart; only derived ones may go."""
    derived = {"base", "quote", "settle"}
    for flow in flows.FLOWS:
        kept = {*flows.BOOK.split(", "), *filter(None, (*flow.by.split(", "), flow.unit))}
        for counter, direction in flow.counters:
            signal = signals.BY_PROMETHEUS[counter]
            assert signal.kind == "counter"
            assert set(signal.attributes) - derived - {"direction"} == kept - derived, flow.name
            own = signal.values("direction") if "direction" in signal.attributes else {direction}
            assert set(own or ()) - {""} <= dict(flow.signs).keys(), flow.name


def test_a_group_reads_only_what_it_has_recorded_before() -> None:
    """Levels before what rose, that before its worth, and when it was counted last of all."""
    groups = {each["name"]: each["rules"] for each in yaml.safe_load(flows.rendered())["groups"]}
    counted = "fortuna:flow:counted_timestamp_seconds"
    for flow in flows.FLOWS:
        amount = f"fortuna:flow:{flow.name}"
        names = [rule["record"] for rule in groups[f"flows-{flow.group or flow.name}"]]
        names = names[names.index(f"{amount}_level") :]
        names = names[: names.index(counted) + 1]
        worth = [f"{amount}_value"] if flow.unit else []
        assert names[:3] == [f"{amount}_level", amount, *(worth or names[2:3])]
        assert (f"{amount}_value" in names) == bool(worth)
        assert names[-2:] == ["fortuna:flow:started_timestamp_seconds", counted]


def test_what_is_divided_by_each_other_is_counted_at_the_same_moments() -> None:
    """A fill whose worth is counted a minute before its notional makes a mean of neither."""
    groups = {each["name"]: each["rules"] for each in yaml.safe_load(flows.rendered())["groups"]}
    told = [rule["labels"]["flow"] for rule in groups["flows-markouts"] if "labels" in rule]
    assert {f"markout_{of}" for of in ("pnl", "notional", "squared", "fills")} == set(told)
