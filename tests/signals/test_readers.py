"""What reads the signals: rules may only know what exists, and pages only what is critical."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fortuna_otel import signals

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted((ROOT / "alerting/rules").glob("*.yaml"))
METRIC = re.compile(r"\bfortuna_[a-z0-9_]+|\bfortuna(?::[a-z0-9_]+)+")


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    """Every recording and alerting rule."""
    files = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in RULES)
    return [
        {**rule, "group": group["name"]}
        for file in files
        for group in file["groups"]
        for rule in group["rules"]
    ]


def read(rule: dict[str, Any], recorded: dict[str, list[dict[str, Any]]]) -> set[str]:
    """Return the stored metrics that a rule reads, through the recording rules it reads."""
    found: set[str] = set()
    open_names = set(METRIC.findall(rule["expr"]))
    seen: set[str] = set()
    while open_names:
        name = open_names.pop()
        seen.add(name)
        if name in recorded:
            below = {n for source in recorded[name] for n in METRIC.findall(source["expr"])}
            open_names |= below - seen
        else:
            found.add(name)
    return found


def test_pages_read_critical_signals_alone(rules: list[dict[str, Any]]) -> None:
    """A page that reads anything else comes late behind a backlog, or is false.

    Groups named `…-slow-page` judge an hour or more: what a backlog delays is nothing to them.
    """
    recorded: dict[str, list[dict[str, Any]]] = {}
    for rule in rules:
        recorded.setdefault(rule.get("record", ""), []).append(rule)
    pages = [
        rule
        for rule in rules
        if "alert" in rule
        and rule["labels"]["severity"] == "page"
        and not rule["group"].endswith("-slow-page")
    ]
    assert pages
    for rule in pages:
        names = read(rule, recorded) & set(signals.BY_PROMETHEUS)
        late = sorted(name for name in names if not signals.BY_PROMETHEUS[name].critical)
        assert not late, f"{rule['alert']} reads {late}: mark them critical in semconv/"


def test_rules_read_only_signals_that_exist(rules: list[dict[str, Any]]) -> None:
    """A name with a typo would make a rule silent for ever."""
    known = set(signals.BY_PROMETHEUS) | {rule.get("record") for rule in rules}
    for rule in rules:
        unknown = set(METRIC.findall(rule["expr"])) - known
        assert not unknown, f"{rule.get('alert') or rule['record']} reads {sorted(unknown)}"
