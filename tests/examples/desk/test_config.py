"""An engine knows its part of the mandates, and hears of overrides while it runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from examples.desk.config import ConfigError, Override, Overrides, Promises, plan

if TYPE_CHECKING:
    from pathlib import Path

    from fortuna_otel.mandates import Mandates


def test_a_plan_is_the_services_part(small: Mandates) -> None:
    """Accounts with their books, the obligations they keep, the venues and markets."""
    work = plan(small, "mm-test")
    assert (work.namespace, work.name) == ("desk", "mm-test")
    assert [(one.venue, one.account, len(one.books)) for one in work.accounts] == [
        ("binance", "desk-hedge", 1),
        ("binance", "acme-mm", 1),
        ("okx", "acme-mm", 1),
        ("binance", "umbra-mm", 2),
    ]
    assert {one.mandate for one in work.obligations} == {
        "acme-btc-binance",
        "acme-btc-okx",
        "umbra-umb-binance",
    }
    assert work.venues == ["binance", "okx"]
    assert work.symbols("binance") == ["BTC/USDT", "UMB/USDT"]
    assert plan(small, "desk/mm-test") == work


def test_an_unknown_service_is_answered_with_the_known(small: Mandates) -> None:
    """The error lists what could have been meant."""
    with pytest.raises(ConfigError, match="mm-other, mm-test"):
        plan(small, "mm-tset")


def write(path: Path, content: str) -> None:
    """Write a file so that it is seen to have changed."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(content)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_overrides_are_read_when_they_change(tmp_path: Path) -> None:
    """A new file counts at the next refresh; one that is gone overrides nothing."""
    path = tmp_path / "overrides.json"
    overrides = Overrides(path)
    overrides.refresh()
    assert overrides.of("acme") == Override()
    write(path, '{"acme": {"spread_multiplier": 6}}')
    overrides.refresh()
    assert overrides.of("acme") == Override(spread_multiplier=6.0)
    write(path, '{"acme": {"paused": true}}')
    overrides.refresh()
    assert overrides.of("acme") == Override(paused=True)
    path.unlink()
    overrides.refresh()
    assert overrides.of("acme") == Override()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"acme": 3}',
        '{"acme": {"spread": 2}}',
        '{"acme": {"spread_multiplier": 0}}',
        '{"acme": {"spread_multiplier": true}}',
        '{"acme": {"spread_multiplier": 1e9}}',
        '{"acme": {"depth_multiplier": -1}}',
        '{"acme": {"sides": "left"}}',
        '{"acme": {"paused": "yes"}}',
    ],
)
def test_wrong_overrides_change_nothing(tmp_path: Path, content: str) -> None:
    """A mistake in the file leaves in force what was."""
    path = tmp_path / "overrides.json"
    write(path, '{"acme": {"spread_multiplier": 2}}')
    overrides = Overrides(path)
    overrides.refresh()
    write(path, content)
    overrides.refresh()
    assert overrides.of("acme") == Override(spread_multiplier=2.0)


def test_an_engine_without_overrides_has_none() -> None:
    """No file, nothing changed."""
    overrides = Overrides(None)
    overrides.refresh()
    assert overrides.of("acme") == Override()


def test_promises_follow_the_file(tmp_path: Path, small: Mandates, small_text: str) -> None:
    """Changed terms and windows are told once; a wrong file and another's terms change nothing."""
    path = tmp_path / "mandates.yaml"
    write(path, small_text)
    mine = plan(small, "mm-test").obligations
    promises = Promises(path, mine)
    assert promises.refresh() == []
    write(path, small_text.replace("max: 25 bp", "max: 26 bp"))
    assert [one.mandate for one in promises.refresh()] == ["acme-btc-binance", "acme-btc-okx"]
    assert promises.refresh() == []
    window = "maintenance: [{from: 2020-01-01T00:00:00Z, to: 2099-01-01T00:00:00Z, reason: x}]"
    write(path, small_text.replace("venue: okx", f"{window}\n        venue: okx", 1))
    changed = {one.mandate for one in promises.refresh()}
    assert "acme-btc-okx" in changed
    [okx] = [one for one in mine if one.mandate == "acme-btc-okx"]
    assert okx.scheduled()
    assert not promises.scheduled(okx)
    write(path, "clients: nonsense")
    assert promises.refresh() == []
    assert not promises.scheduled(okx)
