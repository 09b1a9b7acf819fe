"""What a change of the mandates alters, in words and with its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.cli import main
from fortuna_otel.mandates.diff import diff, render

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = Path(__file__).parents[2] / "examples" / "mandates.yaml"


MORE = """\
        levels: {count: 3, size: 500 USDT}
        uptime: 97 %
        alerts: {SpreadTooWide: {page: {patience: 2 min}}}
"""


@pytest.fixture
def told(good: str) -> Callable[..., list[str]]:
    """Return the lines that changing parts of the good file gives."""

    def lines(*pairs: tuple[str, str], old: str = good) -> list[str]:
        new = old
        for part, by in pairs:
            assert new.count(part) == 1
            new = new.replace(part, by)
        before, after = mandates.loads(old), mandates.loads(new)
        names = {client.client: client.name for client in (*before.clients, *after.clients)}
        return render(diff(before, after), names)

    return lines


def test_what_means_the_same_is_not_told(good: str, told: Callable[..., list[str]]) -> None:
    """Other words, order or level of inheritance are no change."""
    assert told() == []
    assert told(("0.4 %", "40 bp"), ("20000 USDT", "20_000 USDT")) == []
    spread = "        spread: {min: 1 bp, target: 20 bp, max: 0.4 %}\n"
    client = "    service: desk/mm-majors\n"
    assert told((spread, ""), (client, client + spread[4:])) == []
    now = mandates.load(EXAMPLE)
    assert diff(now, now) == []


def test_terms_are_told_by_client_and_obligation(told: Callable[..., list[str]]) -> None:
    """Each line says what was and what will be, in the units of the contract."""
    assert told(
        ("max: 0.4 %", "max: 30 bp"),
        ("min: 1 bp, ", ""),
        ("limit: 1 BTC", "limit: 2 BTC"),
        ("name: Acme Treasury", "name: Acme"),
        ("[quote]", "[quote, hedge]"),
        (
            "venue: binance\n",
            f"venue: binance\n{MORE}",
        ),
    ) == [
        "the desk as a whole",
        "  service desk/mm-majors: beats quote for acme → beats quote, hedge for acme",
        "acme, Acme",
        "  name: Acme Treasury → Acme",
        "  exposure of BTC, limit from target: 1 BTC → 2 BTC",
        "  acme-btc",
        "    tightest spread: 1 bp of mid → not agreed",
        "    widest spread: 40 bp of mid → 30 bp of mid",
        "    uptime, all terms together: 95 % → 97 %",
        "    price levels on every promised side: not agreed → 3 of at least 500 USDT",
        "    SpreadTooWide pages after: not agreed → 2 min",
    ]


def test_what_is_new_or_gone_is_told_as_such(told: Callable[..., list[str]]) -> None:
    """A new obligation is told with all of its terms, one that is gone without them."""
    lines = told(("acme-btc:", "acme-two:"))
    assert lines[:4] == ["acme, Acme Treasury", "  acme-btc", "    removed", "  acme-two"]
    assert lines[4:6] == ["    added", "    market: not agreed → BTC/USDT on binance"]
    assert "    book acme-mm/core: not agreed → held by desk/mm-majors" in lines


def test_a_change_in_time_is_told_with_its_time(told: Callable[..., list[str]]) -> None:
    """An amendment is told from its first second on; one that is moved, for the days between."""
    first = "        amendments: [{from: 2026-12-01, spread: {max: 30 bp}}]\n"
    venue = "        venue: binance\n"
    lines = told((venue, venue + first))
    assert lines == [
        "acme, Acme Treasury",
        "  acme-btc",
        "    widest spread: 40 bp of mid → 30 bp of mid (from 2026-12-01T00:00:00Z)",
    ]


def test_an_amendment_that_is_moved(good: str, told: Callable[..., list[str]]) -> None:
    """Between the old day and the new one, and nowhere else, something differs."""
    first = "        amendments: [{from: 2026-12-01, spread: {max: 30 bp}}]\n"
    venue = "        venue: binance\n"
    lines = told(("2026-12-01", "2026-12-15"), old=good.replace(venue, venue + first))
    assert lines[-1] == (
        "    widest spread: 30 bp of mid → 40 bp of mid"
        " (from 2026-12-01T00:00:00Z until 2026-12-15T00:00:00Z)"
    )


def test_a_change_of_the_past_is_told(good: str, told: Callable[..., list[str]]) -> None:
    """What held before an amendment is judged by what the file says of it, so it is told too."""
    first = "        amendments: [{from: 2020-01-01, spread: {max: 30 bp}}]\n"
    venue = "        venue: binance\n"
    lines = told(("max: 0.4 %", "max: 50 bp"), old=good.replace(venue, venue + first))
    assert lines[-1] == (
        "    widest spread: 40 bp of mid → 50 bp of mid (until 2020-01-01T00:00:00Z)"
    )


def test_the_exit_code_is_that_of_diff(
    good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0: they mean the same; 1: they differ; 2: one cannot be used, and its problems are told."""
    old, new, bad = (tmp_path / name for name in ("old.yaml", "new.yaml", "bad.yaml"))
    old.write_text(good, encoding="utf-8")
    new.write_text(good.replace("max: 0.4 %", "max: 30 bp"), encoding="utf-8")
    bad.write_text(good.replace("max: 0.4 %", "max: 30"), encoding="utf-8")
    assert main(["mandates", "diff", str(old), str(old)]) == 0
    assert capsys.readouterr() == ("", "")
    assert main(["mandates", "diff", str(old), str(new)]) == 1
    assert capsys.readouterr().out == (
        "acme, Acme Treasury\n  acme-btc\n    widest spread: 40 bp of mid → 30 bp of mid\n"
    )
    assert main(["mandates", "diff", str(old), str(bad)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("has no unit")) == ("", 1)


def test_clients_that_come_and_go(good: str, told: Callable[..., list[str]]) -> None:
    """A client without a name of its own goes by its id."""
    other = good.split("clients:\n")[1].replace("acme", "globex").replace("    name: ", "    # ")
    lines = told(("acme-mm, tag: core}\n", "acme-mm, tag: core}\n" + other))
    assert "globex" in lines
    assert lines[lines.index("globex") + 1] == "  added"
