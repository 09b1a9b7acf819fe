"""Both boards: what each is expected to have, and the selectors of its queries."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fortuna_otel import provisioning
from fortuna_otel.provisioning.pipeline import programs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BOARDS = ROOT / "grafana-provisioning" / "dashboards"

_CLAUSE = re.compile(r"\b(?:by|on|ignoring|group_left|group_right|without)\s*\([^)]*\)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_MATCHERS = re.compile(r"\{((?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*)\}")
_ASIDE = tuple(re.compile(part) for part in (r"\$\{\w+\}", r"\[[^\]]*\]", r"\{[^}]*\}"))
# Of what is left, a word that is not called is a metric or one of PromQL's own.
_WORD = re.compile(r"(?<![\w:$])[A-Za-z_:][\w:]*(?![\w:]|\s*\()")
_PROMQL = {"and", "or", "unless", "bool", "offset", "anchored", "NaN"}


@dataclass(frozen=True)
class Expected:
    """What one board has and the other has not."""

    title: str
    refresh: str
    rows: tuple[str, ...]
    # Metrics that may be read over a while although they are live, and why.
    lasting: frozenset[str]


EXPECTED = {
    "fortuna": Expected(
        "Fortuna",
        "5s",
        (
            "Inventory",
            "Depths",
            "Orders",
            "Spread",
            "Trades",
            "Obligations",
            "Feeds and services",
        ),
        # A candle's window, what a dead process was, and alerts that are evaluated every 15 s.
        frozenset(
            {
                *("fortuna_market_last", "fortuna_book_info", "fortuna_service_state"),
                *("ALERTS", "ALERTS_FOR_STATE"),
            }
        ),
    ),
    "fortuna-pipeline": Expected(
        "Fortuna · Pipeline",
        "10s",
        (
            "Services: what they send",
            "Collectors",
            "Store",
            "Rules",
            "Notifications",
            "Cost, and who causes it",
            "Clocks and identities",
        ),
        # Alerts are evaluated every 15 s; counters that begin with their first event.
        frozenset(
            {
                *("ALERTS", "ALERTS_FOR_STATE"),
                *programs.AFTER,
            }
        ),
    ),
}


def committed(uid: str) -> dict[str, Any]:
    """Read one of the committed boards."""
    loaded: dict[str, Any] = json.loads((BOARDS / f"{uid}.json").read_text(encoding="utf-8"))
    return loaded


def expressions(board: dict[str, Any]) -> list[tuple[str, str]]:
    """Every PromQL expression of the board with where it stands."""
    found = [
        (f"{panel['title']} [{target['refId']}]", target["expr"])
        for panel in provisioning.panels(board)
        for target in panel["targets"]
    ]
    found += [(one["name"], one["expr"]) for one in board["annotations"]["list"] if "expr" in one]
    return found


def selectors(expr: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield (what stands before, metric, its matchers as label: value) for each selector."""
    bare = expr
    for part in (_STRING, *_ASIDE, _CLAUSE):
        bare = part.sub(_blank, bare)
    for match in _WORD.finditer(bare):
        if match[0] in _PROMQL:
            continue
        inner = _MATCHERS.match(expr[match.end() :])
        pairs = re.findall(r'(\w+)(?:=~|!~|!=|=)"((?:[^"\\]|\\.)*)"', inner[1]) if inner else ()
        yield expr[: match.start()], match[0], dict(pairs)


def _blank(text: re.Match[str]) -> str:
    """Keep the places of what comes after."""
    return " " * len(text[0])
