"""A campaign's desk is production's, with less patience and nothing else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from examples.desk.campaign import prepare
from examples.desk.stack import Ports
from fortuna_otel.mandates import load

if TYPE_CHECKING:
    from pathlib import Path


def test_layers_merge_key_by_key() -> None:
    """What is above wins; what is in one alone stays; lists are taken whole."""
    below = {"a": {"x": "1", "y": "2"}, "b": ["1"]}
    above = {"a": {"y": "3", "z": "4"}, "b": ["2"], "c": "5"}
    assert prepare.merge(below, above) == {
        "a": {"x": "1", "y": "3", "z": "4"},
        "b": ["2"],
        "c": "5",
    }


def test_the_mandates_are_the_demonstrations_and_more(tmp_path: Path) -> None:
    """Every client of the demonstration, and those that actors play without an exchange."""
    whole, world = prepare.mandates(tmp_path)
    everything, listed = load(whole), load(world)
    acted = {book.client for book in everything.books} - {book.client for book in listed.books}
    assert "vega" in acted
    assert {book.service for book in everything.books if book.client in acted} == {"desk/actor"}
    assert {book.venue for book in listed.books} == {"binance", "okx"}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run directory as a campaign writes it."""
    run_dir = tmp_path_factory.mktemp("run")
    prepare.desk(run_dir, Ports(), seed=7)
    return run_dir


def test_only_waiting_is_changed_in_rules(prepared: Path) -> None:
    """Names, labels and annotations are the committed ones; nothing keeps firing for minutes."""
    for path in prepare.RULES.glob("*.yaml"):
        before = yaml.safe_load(path.read_text("utf-8"))["groups"]
        after = yaml.safe_load((prepared / "rules" / path.name).read_text("utf-8"))["groups"]
        assert [group["name"] for group in after] == [group["name"] for group in before]
        for one, other in zip(before, after, strict=True):
            for rule, hurried in zip(one["rules"], other["rules"], strict=True):
                for name in ("alert", "record", "labels", "annotations"):
                    assert rule.get(name) == hurried.get(name)
                assert ("keep_firing_for" in rule) == ("keep_firing_for" in hurried)
                assert 10 <= int(hurried.get("keep_firing_for", "10s").removesuffix("s")) <= 20


def test_a_cause_outlasts_what_it_mutes(prepared: Path) -> None:
    """A venue that is back confirms the quotes of some engines a moment later."""
    kept = {
        rule["alert"]: rule.get("keep_firing_for", "0s")
        for path in (prepared / "rules").glob("*.yaml")
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
        for rule in group["rules"]
        if rule.get("labels", {}).get("severity") == "page" and "alert" in rule
    }
    assert kept["VenueDown"] == "20s"
    assert kept["QuotesUnconfirmed"] == "11s"


def test_what_is_hurried_is_still_there(prepared: Path) -> None:
    """A lookback that no rule has any more would be hurried in vain."""
    rules = [
        rule
        for path in prepare.RULES.glob("*.yaml")
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
        for rule in group["rules"]
    ]
    for alert, changes in prepare.LOOKBACKS.items():
        found = [rule["expr"] for rule in rules if rule.get("alert") == alert]
        assert found, alert
        assert all(any(text in expr for expr in found) for text in changes), alert
    for name, changes in prepare.RECORDS.items():
        found = [rule["expr"] for rule in rules if rule.get("record", "").startswith(name)]
        assert found, name
        assert all(any(text in expr for expr in found) for text in changes), name


def test_tickets_are_told_soon_and_at_any_hour(prepared: Path) -> None:
    """Routes keep receivers and matchers, wait for less, and lose their hours.

    A ticket waits for a page of its alert, which Prometheus repeats every 15 s.
    """
    text = (prepared / "config" / "alertmanager.yml").read_text("utf-8")
    assert "mute_time_intervals" not in text.partition("receivers:")[0].partition("route:")[2]
    config = yaml.safe_load(text)
    waits = [route.get("group_wait") for route in config["route"]["routes"]]
    assert set(waits) == {None, "0s", "16s"}
    heartbeat = next(one for one in config["route"]["routes"] if one["receiver"] == "heartbeat")
    assert heartbeat["repeat_interval"] == "30s"
