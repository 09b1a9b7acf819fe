"""docs/sdk.md says what is so, and runs as it is printed."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import fortuna_otel
from fortuna_otel.testing import capture
from tests import session

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture

PAGE = (Path(__file__).parents[1] / "docs" / "sdk.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def read() -> Capture:
    """Run the page from top to bottom."""
    names: dict[str, Any] = {}
    with capture("mm-engine", namespace="desk") as desk:
        for number, block in enumerate(BLOCKS, 1):
            exec(compile(block, f"docs/sdk.md, block {number}", "exec"), names)  # noqa: S102
            desk.export()
        desk.check()
    return desk


def test_the_first_service_takes_ten_lines() -> None:
    """A reader should see the end of it."""
    assert len(BLOCKS[0].splitlines()) <= 10


@pytest.mark.parametrize(
    ("signal", "attributes", "value"),
    [
        ("fortuna.quote.spread", {}, 1.8 / 64_001.0),
        ("fortuna.market.mid", {}, 64_001.0),
        ("fortuna.ratelimit.used", {"limit": "request_weight"}, 412 / 1_200),
        ("fortuna.trade.notional", {}, 32_000.05),
        ("fortuna.pnl.unexplained", {}, 12.0),
        ("fortuna.orders.rejected", {"reason": "rate_limited"}, 1.0),
        ("fortuna.dex.position.in_range", {}, 1.0),
        ("fortuna.heartbeat.timestamp", {"loop": "quote"}, None),
    ],
)
def test_the_page_runs(
    read: Capture, signal: str, attributes: dict[str, str], value: float | None
) -> None:
    """What it tells arrives with the right numbers, and nothing of it is refused."""
    values = [point.value for point in read.points(signal, **attributes) if not point.ended]
    assert values
    if value is not None:
        assert values[-1] == pytest.approx(value)


def test_the_page_names_every_call() -> None:
    """All that the session calls: it calls everything there is for a service."""
    kinds = [kind for kind in vars(fortuna_otel).values() if inspect.isclass(kind)]
    called = set(re.findall(r"\.(\w+)\(", inspect.getsource(session)))
    methods = {name for kind in kinds for name in vars(kind)} & called
    assert len(methods) > 60
    assert {name for name in methods if f"{name}(" not in PAGE} == set()
