"""docs/mandates.md says what is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.cli import parser
from fortuna_otel.mandates import model, model_terms
from fortuna_otel.mandates.diff import diff, render
from fortuna_otel.mandates.terms import TIERS
from fortuna_otel.mandates.units import format_duration
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel.mandates.terms import Tier

PAGE = (Path(__file__).parents[2] / "docs" / "mandates.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_the_small_desk_is_good() -> None:
    """The example of the page loads as it stands."""
    desk = mandates.loads(blocks("yaml")[1])
    assert [client.client for client in desk.clients] == ["acme", "desk"]
    assert len(desk.obligations[0].books) == 2


def test_the_engine_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine of the page declares its books and obligations."""
    (tmp_path / "mandates.yaml").write_text(blocks("yaml")[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with capture("mm-majors", namespace="desk") as captured:
        monkeypatch.setattr("fortuna_otel.instrument", lambda *_, **__: captured.telemetry)
        exec(compile(blocks("python")[0], "docs/mandates.md", "exec"), {})  # noqa: S102
        assert len(captured.values("fortuna.book.info", client="acme")) == 2
        assert captured.value("fortuna.obligation.observed.time", client="acme") == 0.0


def test_other_pieces_are_good(problems: Callable[[str], list[str]]) -> None:
    """The other examples of the page are pieces: nothing is wrong with them but what they omit."""
    for piece in blocks("yaml")[2:]:
        told = problems(piece)
        assert told
        omitted = ("is missing", "no service holds", "has neither obligations nor books")
        assert all(any(words in line for words in omitted) for line in told), told


def test_a_change_reads_as_shown() -> None:
    """The lines of the page are those of `diff`."""
    desk = blocks("yaml")[1]
    amended = "amendments: [{from: 2027-01-01, spread: {max: 15 bp}}]"
    changed = desk.replace("limit: 7 BTC", "limit: 5 BTC").replace(
        "    obligations:",
        f"    zone: Europe/Berlin\n    uptime: 97 %\n    {amended}\n    obligations:",
    )
    lines = render(diff(mandates.loads(desk), mandates.loads(changed)), {"acme": "Acme Treasury"})
    assert "\n".join(lines) in PAGE


def test_the_watch_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine of the page that follows its file."""
    (tmp_path / "mandates.yaml").write_text(blocks("yaml")[1], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks("python")[1], "docs/mandates.md", "exec"), {})  # noqa: S102
    assert capsys.readouterr().out == "1 obligations\n"


@pytest.mark.parametrize("tier", ["liquid", "thin"])
def test_defaults_are_those_of_the_page(tier: Tier) -> None:
    """What a tier sets stands in the table."""
    defaults = TIERS[tier]
    for field in fields(defaults):
        row, *_ = re.findall(rf"\| `staleness\.{field.name}` \|(.*)\|\n", PAGE)
        shown = row.split("|")[("liquid", "thin").index(tier)].strip()
        assert shown == format_duration(getattr(defaults, field.name))


def test_every_command_is_on_the_page() -> None:
    """And no other."""
    area = parser()._subparsers._group_actions[0].choices["mandates"]  # type: ignore[union-attr,index]
    commands = set(area._subparsers._group_actions[0].choices)
    assert set(re.findall(r"fortuna-otel mandates ([a-z]+)", PAGE)) == commands


def test_problems_read_as_shown(good: str, problems: Callable[[str], list[str]]) -> None:
    """The messages of the page are those of `check`, line numbers apart."""
    wrong = (
        good.replace("0.4 %", "0.004")
        .replace("{bid: 50000 USDT, ask: 40000 USDT}", "50000 ETH")
        .replace("tag:", "tga:")
    )
    told = [line.partition(": ")[2] for line in problems(wrong)]
    (shown,) = re.findall(r"```\n(mandates.yaml:14.*?)```", PAGE, re.DOTALL)
    assert [line.partition(": ")[2] for line in shown.splitlines()] == told


@pytest.mark.parametrize(
    "entry",
    [
        model.Client,
        model.Defaults,
        model.Loan,
        model.Contact,
        model.Account,
        model.Obligation,
        model.Service,
        model.OwnBook,
        model_terms.Terms,
        model_terms.Shared,
        model_terms.Spread,
        model_terms.Levels,
        model_terms.Uptime,
        model_terms.Widening,
        model_terms.AccountsStaleness,
        model_terms.Limits,
        model_terms.Exclusion,
        model_terms.Amendment,
    ],
)
def test_every_field_is_on_the_page(entry: type[model_terms.Entry]) -> None:
    """A field that nobody can read about is not there."""
    for name, field in entry.model_fields.items():
        assert re.search(rf"[`.{{ ]{field.alias or name}\b", PAGE), name
