"""Ask Prometheus' own engine, through promtool, what an expression answers to given series."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from fortuna_otel.provisioning.interpolate import substitute
from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel.signals import Signal

Answer = dict[tuple[tuple[str, str], ...], float]

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_SAMPLE = re.compile(rf"\{{((?:[^{{}}\"]|{_QUOTED})*)\}} ([^\s,]+)(?:,|$)")
_LABEL = re.compile(rf"(\w+)=({_QUOTED})")


@dataclass(frozen=True)
class Raw:
    """One series, a sample a second from 0 s on, in promtool's notation."""

    notation: str
    values: str


class Series(Raw):
    """One series of a registered signal."""

    def __init__(self, signal: Signal, values: str, *, suffix: str = "", **labels: str) -> None:
        inner = ",".join(f'{name}="{value}"' for name, value in labels.items())
        super().__init__(f"{signal.prometheus}{suffix}{{{inner}}}", values)


def evaluate(
    expr: str,
    series: Sequence[Raw],
    variables: Mapping[str, str | Sequence[str]] | None = None,
    at: str = "60s",
) -> Answer:
    """Return an expression's samples by their labels, at a time since the first sample."""
    return evaluate_all({"value": expr}, series, variables, at)["value"]


def evaluate_all(
    exprs: Mapping[str, str],
    series: Sequence[Raw],
    variables: Mapping[str, str | Sequence[str]] | None = None,
    at: str = "60s",
) -> dict[str, Answer]:
    """Return the samples of several expressions over the same series."""
    # promtool only compares; asked for what cannot be, it prints what there is.
    impossible = [{"labels": '{no_such="sample"}', "value": 0}]
    test = {
        "rule_files": [],
        "evaluation_interval": "1s",
        "tests": [
            {
                "interval": "1s",
                "input_series": [{"series": one.notation, "values": one.values} for one in series],
                "promql_expr_test": [
                    {
                        "expr": substitute(expr, variables or {}),
                        "eval_time": at,
                        "exp_samples": impossible,
                    }
                    for expr in exprs.values()
                ],
            }
        ],
    }
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "test.yaml"
        path.write_text(yaml.safe_dump(test, allow_unicode=True), encoding="utf-8")
        done = subprocess.run(
            [binary("promtool"), "test", "rules", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
    answers = re.findall(r"got: *(.*)", done.stdout + done.stderr)
    assert len(answers) == len(exprs), done.stdout + done.stderr
    return {name: _parse(answer) for name, answer in zip(exprs, answers, strict=True)}


def check_parses(exprs: Iterable[str]) -> None:
    """Fail with Prometheus' own words where an expression does not parse."""
    rules = [
        {"record": f"fortuna:board:query_{number}", "expr": expr}
        for number, expr in enumerate(dict.fromkeys(exprs))
    ]
    assert rules
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "rules.yaml"
        path.write_text(
            yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}, allow_unicode=True),
            encoding="utf-8",
        )
        done = subprocess.run(
            [binary("promtool"), "check", "rules", "--lint=none", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert f"{len(rules)} rules found" in done.stdout, done.stdout


def _parse(answer: str) -> Answer:
    found: Answer = {}
    for labels, value in _SAMPLE.findall(answer):
        pairs = ((name, json.loads(text)) for name, text in _LABEL.findall(labels))
        found[tuple(sorted(pair for pair in pairs if pair[0] != "__name__"))] = float(value)
    return found
