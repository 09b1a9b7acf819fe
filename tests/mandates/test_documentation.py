"""docs/mandates.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fortuna_otel import mandates
from fortuna_otel.mandates import model
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_problems_read_as_shown(good: str, problems: Callable[[str], list[str]]) -> None:
    """The messages of the page are those of `check`, line numbers apart."""
    wrong = (
        good.replace("0.4 %", "0.004")
        .replace("{bid: 50000 USDT, ask: 40000 USDT}", "50000 BTC")
        .replace("tag:", "tga:")
    )
    told = [line.partition(": ")[2] for line in problems(wrong)]
    (shown,) = re.findall(r"```\n(mandates.yaml:14.*?)```", PAGE, re.DOTALL)
    assert [line.partition(": ")[2] for line in shown.splitlines()] == told


@pytest.mark.parametrize(
    "entry",
    [model.Shared, model.Client, model.Obligation, model.Service, model.Spread, model.Uptime],
)
def test_every_field_is_on_the_page(entry: type[model.Entry]) -> None:
    """A field that nobody can read about is not there."""
    for name, field in entry.model_fields.items():
        assert re.search(rf"[`.]{field.alias or name}\b", PAGE), name
