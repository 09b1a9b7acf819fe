"""The way out for a signal that is renamed: a release in which both names work."""

from __future__ import annotations

import dataclasses
import json
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from fortuna_otel import signals
from fortuna_otel.signals import Deprecation, quotes
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fortuna_otel.signals import Signal

ROOT = Path(__file__).resolve().parents[2]
READERS = [
    *(ROOT / "alerting/rules").glob("*.yaml"),
    *(ROOT / "grafana-provisioning").rglob("*.yaml"),
    *(ROOT / "grafana-provisioning").rglob("*.json"),
]

RENAMED = dataclasses.replace(
    quotes.LIQUIDITY,
    name="fortuna.quote.resting",
    prometheus="fortuna_quote_resting",
    deprecated=Deprecation("fortuna.quote.liquidity", "Removed in 0.3.", "quotes.LIQUIDITY"),
)
OBSOLETE = dataclasses.replace(
    quotes.LIQUIDITY,
    name="fortuna.quote.mood",
    prometheus="fortuna_quote_mood",
    deprecated=Deprecation(None, "Nobody used it."),
)
SERIES = {
    "client": "acme",
    "account": "mm-1",
    "tag": "core",
    "venue": "binance",
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "settle": "",
    "source": "engine",
    "side": "bid",
}


def strings(document: Any) -> Iterator[str]:
    """Yield every text in a document of YAML or JSON: expressions are among them."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from strings(value)
    elif isinstance(document, list):
        for value in document:
            yield from strings(value)


def one_sided(texts: Mapping[str, Sequence[str]], known: Sequence[Signal]) -> list[str]:
    """Return who reads one name of a renamed signal and not the other."""
    by_name = {signal.name: signal for signal in known}
    found = []
    for old in known:
        if old.deprecated is None or old.deprecated.renamed_to is None:
            continue
        new = by_name[old.deprecated.renamed_to]
        for pair in zip(old.series_names(), new.series_names(), strict=True):
            patterns = [re.compile(rf"(?<![\w:]){name}(?![\w:])") for name in pair]
            found += [
                f"{where} reads one of {' and '.join(pair)} alone: {text}"
                for where, all_of_it in texts.items()
                for text in all_of_it
                if len({bool(pattern.search(text)) for pattern in patterns}) > 1
            ]
    return found


def test_who_binds_a_renamed_signal_is_told_the_new_constant_once() -> None:
    """The warning points at the line that declares it; binding more of it says nothing more."""
    with capture() as desk, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        desk.telemetry.gauge(RENAMED, **SERIES)
        desk.telemetry.gauge(RENAMED, **{**SERIES, "side": "ask"})
    (warning,) = caught
    assert warning.category is DeprecationWarning
    assert warning.filename == __file__
    assert str(warning.message) == (
        "fortuna.quote.resting is deprecated. Removed in 0.3. "
        "Use fortuna_otel.signals.quotes.LIQUIDITY (fortuna.quote.liquidity)."
    )


def test_a_signal_without_a_successor_says_why_it_goes() -> None:
    """There is nothing to use instead, and no constant is named."""
    with (
        capture() as desk,
        pytest.warns(DeprecationWarning, match=r"^fortuna.quote.mood is deprecated. Nobody used"),
    ):
        desk.telemetry.gauge(OBSOLETE, **SERIES)


def test_a_renamed_signal_is_exported_as_it_was_bound() -> None:
    """Under one name: what reads both would count a series under both twice."""
    with capture() as desk:
        with pytest.warns(DeprecationWarning, match=r"^fortuna.quote.resting"):
            gauge = desk.telemetry.gauge(RENAMED, **SERIES)
        gauge.set(2.0)
        sent = {point.name for point in desk.export()}
    assert RENAMED.name in sent
    assert quotes.LIQUIDITY.name not in sent


def test_rules_and_board_read_both_names() -> None:
    """Services are upgraded one by one: a reader of one name alone would lose the others."""
    texts = {}
    for path in READERS:
        read = json.loads if path.suffix == ".json" else yaml.safe_load
        texts[path.relative_to(ROOT).as_posix()] = list(strings(read(path.read_text("utf-8"))))
    assert sum("fortuna_" in text for all_of_it in texts.values() for text in all_of_it) > 100
    assert one_sided(texts, signals.ALL) == []


def test_a_reader_of_one_name_alone_is_found() -> None:
    """The check itself finds either mistake, and takes no longer name for a shorter one."""
    known = [*quotes.ALL, RENAMED]
    both = "fortuna_quote_liquidity or fortuna_quote_resting"
    assert one_sided({"rules": [both, "fortuna_quote_liquidity:sum"]}, known) == []
    for half in ("sum(fortuna_quote_liquidity)", 'fortuna_quote_resting{side="bid"}'):
        (found,) = one_sided({"board": [both, half]}, known)
        assert found == (
            f"board reads one of fortuna_quote_resting and fortuna_quote_liquidity alone: {half}"
        )
