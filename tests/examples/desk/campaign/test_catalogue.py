"""Every alert has a fault that makes it arrive, and every fault says what must be told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from examples.desk.campaign import prepare
from examples.desk.campaign.catalogue import CATALOGUE

if TYPE_CHECKING:
    from examples.desk.campaign.fault import Fault

# Always firing: its absence is a row, `Prometheus down`.
HEARTBEATS = {"Watchdog"}


def alerts() -> dict[tuple[str, str], str]:
    """The owner of each alert and severity that the rules have."""
    return {
        (rule["alert"], rule["labels"]["severity"]): rule["labels"]["owner"]
        for path in prepare.RULES.glob("*.yaml")
        for group in yaml.safe_load(path.read_text("utf-8"))["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }


def test_every_alert_has_a_fault() -> None:
    """An alert that nothing makes arrive is an alert that nobody knows to work."""
    tried = {told.alert for fault in CATALOGUE for told in fault.told}
    assert {alert for alert, _ in alerts()} - HEARTBEATS - tried == set()


def test_every_fault_expects_what_there_is() -> None:
    """Alert, severity and owner are the rules'."""
    known = alerts()
    for fault in CATALOGUE:
        for told in fault.told:
            assert known.get((told.alert, told.severity)) == told.owner, (fault.name, told.alert)


def test_names_are_unique() -> None:
    """The table is read by them."""
    names = [fault.name for fault in CATALOGUE]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_a_fault_says_what_it_breaks(fault: Fault) -> None:
    """In one line; its patterns are patterns."""
    assert fault.about.endswith(".")
    for told in fault.told:
        re.compile(told.text)
