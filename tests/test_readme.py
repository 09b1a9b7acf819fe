"""The README's example runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import fortuna_otel
from fortuna_otel.testing import capture

if TYPE_CHECKING:
    from fortuna_otel import Telemetry

README = Path(__file__).resolve().parents[1] / "README.md"


class Once:
    """True the first time it is asked, and never again: the condition of a short loop."""

    def __init__(self) -> None:
        self.asked = 0

    def __bool__(self) -> bool:
        self.asked += 1
        return self.asked == 1


def test_the_example_says_what_it_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spread, depth, fill, latency and heartbeat of the example arrive with the right numbers."""
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    with capture() as seen:

        def instrument(service: str, *, namespace: str) -> Telemetry:
            assert (service, namespace) == ("mm-engine", "desk")
            return seen.telemetry

        monkeypatch.setattr(fortuna_otel, "instrument", instrument)
        exec(code, {"quoting": Once()})  # noqa: S102 - our own README
        seen.export()
        assert seen.value("fortuna.quote.spread", client="acme") == pytest.approx(1.8 / 64_001)
        assert seen.value("fortuna.quote.liquidity", side="bid") == pytest.approx(32_000.05)
        assert seen.value("fortuna.trade.notional", side="buy") == pytest.approx(32_000.05)
        assert seen.value("fortuna.fee.paid", asset="USDT") == pytest.approx(0.032)
        assert seen.value("fortuna.orders.acknowledged", side="buy") == 1
        assert seen.value("fortuna.heartbeat.timestamp", loop="quote") is not None
