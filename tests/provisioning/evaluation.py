"""Ask Prometheus' own engine, through promtool, what an expression answers to given series."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from fortuna_otel.provisioning.interpolate import substitute
from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fortuna_otel.signals import Signal
    from fortuna_otel.signals.spec import Recorded

# What the board reads of the rules: each file, its groups in the order they build on each other.
RULES = Path(__file__).parents[2] / "alerting" / "rules"
BOARD_RULES = {
    "thresholds.yaml": ("mandates-carry-1", "mandates-carry-2", "thresholds-1"),
    "quoting.yaml": ("quoting-known", "quoting-page"),
    "books.yaml": ("books", "books-view"),
    "obligations.yaml": ("obligations-spread",),
    "depth.yaml": ("depth-page",),
    "inventory.yaml": ("inventory-balance-page",),
}

# As storage/prometheus.flags has it: the board's exact increases need it.
EXTENDED = "--enable-feature=promql-extended-range-selectors"

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
    """One series of a registered signal, or of a rule."""

    def __init__(
        self, signal: Signal | Recorded, values: str, *, suffix: str = "", **labels: str
    ) -> None:
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
    asked = [(substitute(expr, variables or {}), at) for expr in exprs.values()]
    return dict(zip(exprs, answers(asked, series), strict=True))


def answers(
    asked: Iterable[tuple[str, str]], series: Sequence[Raw], rules: Mapping[str, Sequence[str]] = {}
) -> list[Answer]:
    """Return the samples of each (expression, time since the first sample).

    Args:
        asked: what to evaluate, without variables.
        series: what there is.
        rules: files of `alerting/rules` that record more every second (nothing alerts), with
            their groups in the order in which they build on one another.
    """
    # promtool knows no `anchored`: its plain increase, over samples at the window's edges, is near.
    asked = [(expr.replace("] anchored", "]"), at) for expr, at in asked]
    # promtool only compares; asked for what cannot be, it prints what there is.
    impossible = [{"labels": '{no_such="sample"}', "value": 0}]
    test = {
        "rule_files": list(rules),
        "evaluation_interval": "1s",
        "group_eval_order": [group for groups in rules.values() for group in groups],
        "tests": [
            {
                "interval": "1s",
                "input_series": [{"series": one.notation, "values": one.values} for one in series],
                "promql_expr_test": [
                    {"expr": expr, "eval_time": at, "exp_samples": impossible} for expr, at in asked
                ],
            }
        ],
    }
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "test.yaml"
        path.write_text(yaml.safe_dump(test, allow_unicode=True), encoding="utf-8")
        for file in rules:
            (Path(directory) / file).write_text(_recording(file), encoding="utf-8")
        done = subprocess.run(
            [binary("promtool"), "test", "rules", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.findall(r"got: *(.*)", done.stdout + done.stderr)
    assert len(found) == len(asked), done.stdout + done.stderr
    return [_parse(answer) for answer in found]


@cache
def _recording(file: str) -> str:
    """Return a file of rules without its alerts: what fires is what a test says."""
    content = yaml.safe_load((RULES / file).read_text(encoding="utf-8"))
    for group in content["groups"]:
        group["rules"] = [rule for rule in group["rules"] if "record" in rule]
    return yaml.safe_dump(content)


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
            [binary("promtool"), EXTENDED, "check", "rules", "--lint=none", str(path)],
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
