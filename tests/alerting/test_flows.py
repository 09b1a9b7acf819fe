"""`alerting/rules/flows.yaml` against a count of every fill, over processes that start again."""

from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES: Final = Path(__file__).resolve().parents[2] / "alerting" / "rules"
SCENARIOS: Final = 24
STEP: Final = 5
SAMPLES: Final = 192
# promtool looks back for 5 min and the stores for 10 s: what crashed is taken away by then.
LINGERS: Final = 2
LABELS: Final = (
    'job="desk/mm",instance="h1/mm/0",client="acme",venue="binance",symbol="BTC/USD",base="BTC",'
    'quote="USD",account="a",tag="core"'
)


@dataclass
class Desk:
    """One engine, as its series look in the store.

    Attributes:
        chance: decides all of it.
        started: when the process that lives started, a sample every 5 s.
        counted: what each of its counters said.
        traded: everything that it traded: the answer.
    """

    chance: random.Random
    started: list[str] = field(default_factory=lambda: ["_"] * SAMPLES)
    counted: dict[str, list[str]] = field(
        default_factory=lambda: {side: ["_"] * SAMPLES for side in ("buy", "sell")}
    )
    traded: int = 0

    def live(self) -> None:
        """Trade through some lives, each longer than a minute, some right after the one before."""
        for begin, end in self._lives():
            gone = end if self.chance.random() < 0.5 else end + LINGERS
            self.started[begin:end] = [str(begin * STEP)] * (end - begin)
            _end(self.started, gone)
            for counter in self.counted.values():
                self._trade(counter, begin, end)
                _end(counter, gone)

    def _lives(self) -> Iterator[tuple[int, int]]:
        begin = self.chance.randrange(10)
        while begin < SAMPLES - 20:
            end = min(begin + self.chance.randrange(16, 80), SAMPLES - 1)
            yield begin, end
            begin = end + self.chance.choice((0, 1, 2, 3, 6, 20))

    def _trade(self, counter: list[str], begin: int, end: int) -> None:
        """Count from nothing; a counter is first told when something happens, after a 0."""
        often = self.chance.choice((0.0, 0.05, 0.3, 0.9))
        total = 0
        for now in range(begin + 1, end):
            if self.chance.random() < often:
                if not total:
                    counter[now - 1] = "0"
                size = self.chance.choice((1, 5, 5, 100))
                total += size
                self.traded += size
            if total:
                counter[now] = str(total)

    def test(self) -> dict[str, Any]:
        """Return the case that promtool is to try."""
        series = {
            f'fortuna_book_info{{{LABELS},capital="client",role="quote"}}': ["1x220"],
            'fortuna_reference_rate{asset="USDT",currency="USD",provider="desk"}': ["1x220"],
            'fortuna_service_started_timestamp_seconds{job="desk/mm",instance="h1/mm/0"}': (
                self.started
            ),
        } | {
            f'fortuna_trade_{of}_total{{{LABELS},side="{side}",liquidity="maker"}}': counter
            for of in ("notional", "fills")
            for side, counter in self.counted.items()
        }
        answer = [{"labels": "{}", "value": self.traded}] if self.traded else []
        return {
            "interval": f"{STEP}s",
            "input_series": [
                {"series": name, "values": " ".join(values)} for name, values in series.items()
            ],
            "promql_expr_test": [
                {
                    "expr": f"sum(sum_over_time({flow}[30m]))",
                    "eval_time": "18m",
                    "exp_samples": answer,
                }
                for flow in (
                    "fortuna:flow:traded",
                    'fortuna:flow:traded_value{currency="USD"}',
                    "fortuna:flow:fills",
                )
            ],
        }


def _end(samples: list[str], gone: int) -> None:
    if gone < SAMPLES and samples[gone] == "_":
        samples[gone] = "stale"


def test_nothing_is_counted_twice_or_lost_over_restarts(tmp_path: Path) -> None:
    """Crashed or stopped, back at once or after minutes, with more or less than it had before."""
    desks = [Desk(random.Random(seed)) for seed in range(SCENARIOS)]  # noqa: S311
    for desk in desks:
        desk.live()
    assert sum(desk.traded for desk in desks) > 1000 * SCENARIOS
    case = tmp_path / "flows.yaml"
    case.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(RULES / "books.yaml"), str(RULES / "flows.yaml")],
                "evaluation_interval": "1m",
                "group_eval_order": ["books", "flows-rates", "flows-traded", "flows-fills"],
                "tests": [desk.test() for desk in desks],
            }
        ),
        encoding="utf-8",
    )
    answer = subprocess.run(
        [binary("promtool"), "test", "rules", case], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
