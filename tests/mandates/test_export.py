"""The exporter: what it sends, and how it follows the file."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.mandates.export import FAREWELL, Exporter
from fortuna_otel.mandates.series import series
from fortuna_otel.signals import BY_NAME
from fortuna_otel.testing import Capture, capture
from tests.mandates.test_series import DEFAULTS, MORE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Desk:
    """An exporter of a file, its telemetry, and a clock."""

    def __init__(self, path: Path, captured: Capture) -> None:
        self.path = path
        self.captured = captured
        self.now = NOW
        self.exporter = Exporter(path, captured.telemetry, now=NOW)

    def turn(self, turns: int = 1) -> None:
        """Let turns of a second pass, with an export after each."""
        for _ in range(turns):
            self.now += SECOND
            self.exporter.turn(self.now)
            self.captured.export()

    def change(self, text: str) -> None:
        """Change the file, and let it be noticed and stand still."""
        self.path.write_text(text, encoding="utf-8")
        self.turn(2)

    def value(self, name: str, **attributes: str) -> float | None:
        """Return what the one series that matches has now."""
        return self.captured.value(name, **attributes)


@pytest.fixture
def desk(good: str, tmp_path: Path) -> Iterator[Desk]:
    """Yield a desk with the good file in force."""
    path = tmp_path / "mandates.yaml"
    path.write_text(good, encoding="utf-8")
    with capture("mandates", namespace="desk") as captured:
        yield Desk(path, captured)


def sent(captured: Capture) -> dict[tuple[str, tuple[str, ...]], float]:
    """Return the present value of every fortuna.mandate.* series as the wire has it."""
    values: dict[tuple[str, tuple[str, ...]], float] = {}
    for name in BY_NAME:
        if name.startswith(("fortuna.mandate.", "fortuna.loan.")):
            for attributes, value in captured.values(name).items():
                values[name, tuple(text for _, text in attributes)] = value
    return values


def test_what_is_sent_is_what_the_file_means(good: str, desk: Desk) -> None:
    """Every series of the file reaches the wire with its value, and two about the file itself."""
    expected = {tuple(key): value for key, value in series(mandates.loads(good), NOW).items()}
    assert sent(desk.captured) == expected | {
        ("fortuna.mandate.problems", ()): 0.0,
        ("fortuna.mandate.loaded.timestamp", ()): NOW.timestamp(),
    }


def test_a_change_comes_into_force(good: str, desk: Desk) -> None:
    """New figures replace old ones, new entries appear, without a restart."""
    desk.change(
        good.replace("max: 0.4 %", "max: 30 bp")
        + "      acme-eth: {venue: okx, symbol: ETH/USDT, books: [{account: acme-mm, tag: core}]}\n"
    )
    assert desk.value("fortuna.mandate.spread.max", mandate="acme-btc") == 0.003
    assert desk.value("fortuna.mandate.info", mandate="acme-eth") == 1.0
    assert desk.value("fortuna.mandate.loaded.timestamp") == (NOW + 2 * SECOND).timestamp()


def test_a_change_is_taken_once_it_stands_still(good: str, desk: Desk) -> None:
    """A file that is still being written is not judged: half of it may be missing."""
    desk.path.write_text(good[:100], encoding="utf-8")
    desk.turn()
    desk.path.write_text(good.replace("max: 0.4 %", "max: 30 bp"), encoding="utf-8")
    desk.turn()
    assert desk.value("fortuna.mandate.problems") == 0.0
    assert desk.value("fortuna.mandate.spread.max") == 0.004
    desk.turn()
    assert desk.value("fortuna.mandate.spread.max") == 0.003


def test_a_bad_change_is_refused_as_a_whole(
    good: str, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The last good terms stay, every problem is logged once, and the metric counts them."""
    before = sent(desk.captured)
    with caplog.at_level(logging.ERROR):
        desk.change(good.replace("max: 0.4 %", "max: 30").replace("4 BTC", "8"))
        desk.turn(5)
    assert sent(desk.captured) == before | {("fortuna.mandate.problems", ()): 2.0}
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == 3
    assert messages[0].startswith(f"{desk.path}:8: clients.acme.exposure.BTC.target: `8` does")
    assert messages[1].startswith(f"{desk.path}:13: ")
    assert messages[2] == (
        f"{desk.path}: change refused, 2 problem(s); the terms before it stay in force"
    )


def test_a_good_change_ends_a_bad_one(good: str, desk: Desk) -> None:
    """Once mended, or put back, the file is in force and the metric is 0 again."""
    desk.change("clients: {}\n")
    assert desk.value("fortuna.mandate.problems") == 1.0
    desk.change(good)
    assert desk.value("fortuna.mandate.problems") == 0.0
    assert desk.value("fortuna.mandate.spread.max") == 0.004


def test_a_file_that_vanishes_is_a_bad_change(
    good: str, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The terms stay, and the file counts again when it is back."""
    desk.path.unlink()
    desk.turn(3)
    assert desk.value("fortuna.mandate.problems") == 1.0
    assert desk.value("fortuna.mandate.info") == 1.0
    assert "cannot be read: No such file or directory" in caplog.text
    desk.change(good)
    assert desk.value("fortuna.mandate.problems") == 0.0


def test_a_removed_obligation_says_that_it_no_longer_counts(good: str, desk: Desk) -> None:
    """Its last word is scheduled = 0; everything else of it ends at once, then this too."""
    desk.change(good.replace("acme-btc:", "acme-two:"))
    assert desk.value("fortuna.mandate.scheduled", mandate="acme-btc") == 0.0
    assert desk.value("fortuna.mandate.info", mandate="acme-btc") is None
    assert desk.value("fortuna.mandate.scheduled", mandate="acme-two") == 1.0
    ended = desk.captured.points("fortuna.mandate.spread.max", mandate="acme-btc")[-1]
    assert ended.ended
    desk.turn(int(FAREWELL))
    assert desk.value("fortuna.mandate.scheduled", mandate="acme-btc") is None


def test_a_removed_obligation_that_returns_counts_again(good: str, desk: Desk) -> None:
    """Back within the farewell or after it, an obligation is scheduled."""
    desk.change(good.replace("acme-btc:", "acme-two:"))
    desk.change(good)
    desk.turn(int(FAREWELL) + 1)
    assert desk.value("fortuna.mandate.scheduled", mandate="acme-btc") == 1.0
    assert desk.value("fortuna.mandate.scheduled", mandate="acme-two") is None


def test_daily_versions_never_exhaust_the_series(good: str, desk: Desk) -> None:
    """A new version is a new info series; the old ones make room."""
    for day in range(30):
        desk.change(f"defaults: {{version: day-{day}}}\n{good}")
    assert desk.captured.values("fortuna.mandate.info").keys() == {
        (
            *(("mandate", "acme-btc"), ("client", "acme"), ("venue", "binance")),
            *(("symbol", "BTC/USDT"), ("base", "BTC"), ("quote", "USDT"), ("settle", "")),
            *(("tier", "liquid"), ("capital", "client"), ("version", "day-29")),
        )
    }


def test_maintenance_needs_no_change_of_the_file(good: str, desk: Desk) -> None:
    """A window begins and ends by the clock."""
    window = "{from: 2026-12-01T10:00:05Z, to: 2026-12-01T10:00:10Z, reason: listing}"
    desk.change(good.replace("venue: binance", f"venue: binance\n        maintenance: [{window}]"))
    told = [desk.value("fortuna.mandate.scheduled")]
    for _ in range(9):
        desk.turn()
        told.append(desk.value("fortuna.mandate.scheduled"))
    assert told == [1.0] * 3 + [0.0] * 5 + [1.0] * 2


def test_a_window_of_uptime_begins_by_the_clock(good: str, desk: Desk) -> None:
    """At midnight of its zone a new day begins, without a change of the file."""
    uptime = "uptime: {window: day}\n        zone: Etc/GMT-14"
    desk.change(good.replace("venue: binance", f"venue: binance\n        {uptime}"))
    name = "fortuna.mandate.uptime.start.timestamp"
    assert desk.value(name) == NOW.timestamp()
    desk.now = NOW + timedelta(hours=24) - 2 * SECOND
    desk.turn()
    assert desk.value(name) == NOW.timestamp()
    desk.turn()
    assert desk.value(name) == (NOW + timedelta(days=1)).timestamp()


def test_one_promise_follows_another_by_the_clock(good: str, desk: Desk) -> None:
    """The old obligation says that it no longer counts; the new one is there at once."""
    before = "valid: {to: 2026-12-01T10:00:05Z}, "
    after = "valid: {from: 2026-12-01T10:00:05Z}, "
    text, _, _ = good.partition("      acme-btc:")
    rest = "venue: okx, symbol: BTC/USDT, books: [{account: a, tag: t}]}"
    desk.change(f"{text}      one: {{{before}{rest}\n      two: {{{after}{rest}\n")
    desk.turn(2)
    assert desk.value("fortuna.mandate.scheduled", mandate="one") == 1.0
    assert desk.value("fortuna.mandate.info", mandate="two") is None
    desk.turn()
    assert desk.value("fortuna.mandate.scheduled", mandate="one") == 0.0
    assert desk.value("fortuna.mandate.info", mandate="one") is None
    assert desk.value("fortuna.mandate.scheduled", mandate="two") == 1.0
    assert desk.value("fortuna.mandate.loaded.timestamp") == (NOW + 2 * SECOND).timestamp()
    desk.turn(int(FAREWELL))
    assert desk.value("fortuna.mandate.scheduled", mandate="one") is None


def test_an_amendment_begins_while_a_bad_change_waits(good: str, desk: Desk) -> None:
    """Its figures change, and the problems of the file are still told."""
    amended = "amendments: [{from: 2026-12-01T10:00:09Z, spread: {max: 30 bp}}]"
    desk.change(good.replace("venue: binance", f"venue: binance\n        {amended}"))
    desk.change("clients: {}\n")
    desk.turn(4)
    assert desk.value("fortuna.mandate.spread.max") == 0.004
    desk.turn()
    assert desk.value("fortuna.mandate.spread.max") == 0.003
    assert desk.value("fortuna.mandate.problems") == 1.0


def test_everything_reaches_the_wire(good: str, desk: Desk) -> None:
    """Each series of a file that says everything is one that its signal allows."""
    desk.change(DEFAULTS + good + MORE)
    expected = mandates.loads(DEFAULTS + good + MORE, at=NOW)
    told = {tuple(key): value for key, value in series(expected, NOW).items()}
    assert {
        key: value for key, value in sent(desk.captured).items() if value is not None
    }.items() >= told.items()


def test_a_wrong_file_at_the_start_is_no_exporter(tmp_path: Path) -> None:
    """Without terms to go on with there is nothing to export: it says why and stops."""
    path = tmp_path / "mandates.yaml"
    path.write_text("clients: {}\n", encoding="utf-8")
    with capture("mandates") as captured, pytest.raises(mandates.MandatesError):
        Exporter(path, captured.telemetry)
