"""`alerting/rules/trades.yaml`: the mean markout and its error, against other ways to know them."""

from __future__ import annotations

import math
import random
import re
import statistics
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterator

RULES = Path(__file__).resolve().parents[2] / "alerting" / "rules" / "trades.yaml"
RESAMPLES = 4_000


class Fill(NamedTuple):
    """What a fill was worth a minute later, and its notional."""

    markout: float
    notional: float


def evaluated(samples: list[list[Fill]], tmp_path: Path) -> list[tuple[float, float]]:
    """Return mean and error of each sample as Prometheus' own engine makes them of the counters."""
    series = [
        {"series": name, "values": f"0x10 {value!r}x20"}
        for index, fills in enumerate(samples)
        for name, value in _counters(f"client-{index:03}", fills)
    ]
    # What is expected is wrong on purpose: promtool then says what it got.
    asked = [
        {"expr": expr, "eval_time": "20m"}
        for expr in ("fortuna:markout:mean_ratio", "fortuna:markout:error_ratio")
    ]
    case = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series, "promql_expr_test": asked}],
    }
    path = tmp_path / "case.yaml"
    path.write_text(yaml.safe_dump(case), encoding="utf-8")
    said = subprocess.run(
        [binary("promtool"), "test", "rules", path], capture_output=True, text=True, check=False
    )
    means, errors = (
        dict(re.findall(r'client="([^"]+)"[^}]*\} ([^ ,]+)', line))
        for line in re.findall(r"got: (.+)", said.stdout + said.stderr)
    )
    return [(float(means[client]), float(errors[client])) for client in sorted(means)]


def _counters(client: str, fills: list[Fill]) -> Iterator[tuple[str, float]]:
    where = (
        f'client="{client}", venue="binance", symbol="BTC/USDT", base="BTC", quote="USDT", '
        'account="mm", tag="core", side="buy", liquidity="maker", horizon="60"'
    )
    for direction, sign in (("gain", 1.0), ("loss", -1.0)):
        amount = sum(max(sign * fill.markout, 0.0) for fill in fills)
        yield f'fortuna_markout_pnl_total{{{where}, direction="{direction}"}}', amount
    squared = sum(fill.markout**2 for fill in fills)
    yield f"fortuna_markout_squared_total{{{where}}}", squared
    yield f"fortuna_markout_notional_total{{{where}}}", sum(fill.notional for fill in fills)
    yield f"fortuna_markout_fills_total{{{where}}}", float(len(fills))


def seeded(seed: int) -> random.Random:
    """Return the same chance each time."""
    return random.Random(seed)  # noqa: S311  # nothing is secret


def cochran(fills: list[Fill]) -> float:
    """Return the error of the weighted mean with all its terms (Gatz and Smith 1995, eq. 3)."""
    count, total = len(fills), sum(fill.notional for fill in fills)
    mean = sum(fill.markout for fill in fills) / total
    size, earned = total / count, mean * total / count
    terms = sum(
        (fill.markout - earned) ** 2
        - 2 * mean * (fill.notional - size) * (fill.markout - earned)
        + mean**2 * (fill.notional - size) ** 2
        for fill in fills
    )
    return math.sqrt(count / (count - 1) * terms) / total


def bootstrap(fills: list[Fill], chance: random.Random) -> float:
    """Return the error of the weighted mean as the spread of means of resampled fills."""
    means = []
    for _ in range(RESAMPLES):
        drawn = chance.choices(fills, k=len(fills))
        means.append(sum(f.markout for f in drawn) / sum(f.notional for f in drawn))
    return statistics.stdev(means)


def drawn(chance: random.Random, *, mean: float, deviation: float, sizes: float) -> list[Fill]:
    """Return fills whose markout per notional has nothing to do with their size."""
    notionals = [1_000.0 * chance.lognormvariate(0.0, sizes) for _ in range(200)]
    return [Fill(notional * chance.gauss(mean, deviation), notional) for notional in notionals]


def test_of_equal_fills_it_is_the_textbook_error_of_a_mean(tmp_path: Path) -> None:
    """Standard deviation over the root of the number of fills, to the last digits."""
    fills = drawn(seeded(1), mean=-0.0005, deviation=0.002, sizes=0.0)
    shares = [fill.markout / fill.notional for fill in fills]
    [(mean, error)] = evaluated([fills], tmp_path)
    assert mean == pytest.approx(statistics.fmean(shares), rel=1e-9)
    assert error == pytest.approx(statistics.stdev(shares) / math.sqrt(len(shares)), rel=1e-9)
    assert error == pytest.approx(cochran(fills), rel=1e-9)


def test_where_nothing_is_lost_it_is_the_error_with_all_terms(tmp_path: Path) -> None:
    """What is left out carries the mean as a factor: as a test of 0 the formula is whole."""
    fills = drawn(seeded(2), mean=0.0, deviation=0.002, sizes=1.0)
    centre = sum(fill.markout for fill in fills) / sum(fill.notional for fill in fills)
    fills = [Fill(fill.markout - centre * fill.notional, fill.notional) for fill in fills]
    [(_, error)] = evaluated([fills], tmp_path)
    assert error == pytest.approx(cochran(fills), rel=1e-9)
    assert error == pytest.approx(bootstrap(fills, seeded(3)), rel=0.1)


def test_it_is_rather_too_large_where_size_does_not_matter(tmp_path: Path) -> None:
    """An alert that is not certain stays quiet: over many markets the error errs to that side."""
    chance = seeded(4)
    samples = [drawn(chance, mean=-0.002, deviation=0.002, sizes=0.7) for _ in range(60)]
    excess = [
        error / cochran(fills)
        for (_, error), fills in zip(evaluated(samples, tmp_path), samples, strict=True)
    ]
    assert statistics.fmean(excess) > 1.05
    assert min(excess) > 0.8
