"""What Grafana's Prometheus data source sends for a panel, given values for the variables.

Tests and tools use it to run every query of the board against a real Prometheus. The rules are
those of Grafana's Prometheus data source (`interpolateQueryExpr`), of quotes those that it has with
`prometheusSpecialCharsInLabelValues`: without, it leaves double quotes as they are, and single
ones are found in no single-valued variable. So the boards offer no value that has any
(`variables.PLAIN`), and the SDK refuses them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# A name starts with a letter: `$1` belongs to label_replace.
_REFERENCE = re.compile(r"\$\{([A-Za-z_]\w*)(?::\w+)?\}|\$([A-Za-z_]\w*)")
_REGEX_SPECIAL = re.compile(r"[\\$^*{}\[\]\"'+?.()|]")
_STEP_FLOOR_MS = 1000
_POINTS = 1000  # unless the panel asks for fewer
_SCRAPE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One query of a panel as it is sent.

    Attributes:
        panel: the panel's title, variables substituted.
        ref: the query's letter, unique in its panel.
        expr: the PromQL expression, variables substituted.
        instant: whether it is evaluated once, at the end of the range.
        step: seconds between two points of a range query; 0 for an instant one.
    """

    panel: str
    ref: str
    expr: str
    instant: bool
    step: float


def queries(
    dashboard: Mapping[str, Any],
    variables: Mapping[str, str | Sequence[str]],
    *,
    range_seconds: int = 900,
) -> list[PanelQuery]:
    """List every query of a dashboard with its variables substituted as Grafana does.

    Args:
        dashboard: the dashboard's JSON.
        variables: a string for each single-valued variable; a sequence for each multi-valued
            one, holding what is selected (for All: every option).
        range_seconds: the dashboard's time range, for `$__range` and the step.

    Raises:
        KeyError: a query names a variable that has no value here.
    """
    found = []
    for panel in panels(dashboard):
        for target in panel.get("targets", ()):
            step = _step(panel, target, variables, range_seconds)
            values = {**variables, **_builtins(step, range_seconds)}
            found.append(
                PanelQuery(
                    panel=substitute(panel["title"], values),
                    ref=target["refId"],
                    expr=substitute(target["expr"], values),
                    instant=bool(target.get("instant")),
                    step=0.0 if target.get("instant") else step,
                )
            )
    return found


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every panel that shows something, those inside collapsed rows too."""
    for panel in dashboard["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels") or ()


def substitute(text: str, values: Mapping[str, str | Sequence[str]]) -> str:
    """Replace `$name` and `${name}`: a string for a quoted match, a sequence for a regex match.

    Raises:
        KeyError: the text names a variable that has no value here.
    """

    def replacement(found: re.Match[str]) -> str:
        value = values[found[1] or found[2]]
        if isinstance(value, str):
            return _quoted(value)
        escaped = [_escape(item) for item in value]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"

    return _REFERENCE.sub(replacement, text)


def _escape(value: str) -> str:
    """Escape for a regex inside a double-quoted PromQL string: both need their backslash."""
    return _quoted(_REGEX_SPECIAL.sub(r"\\\g<0>", value))


def _quoted(value: str) -> str:
    """Escape for a double-quoted PromQL string."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _step(
    panel: Mapping[str, Any],
    target: Mapping[str, Any],
    variables: Mapping[str, str | Sequence[str]],
    range_seconds: int,
) -> float:
    floor = target.get("interval") or panel.get("interval")
    smallest = duration_seconds(substitute(floor, variables)) if floor else 0.0
    points = panel.get("maxDataPoints") or _POINTS
    return max(smallest, range_seconds / points, _STEP_FLOOR_MS / 1000)


def _builtins(step: float, range_seconds: int) -> dict[str, str]:
    rate_interval = max(step + _SCRAPE_SECONDS, 4 * _SCRAPE_SECONDS)
    return {
        "__range": f"{range_seconds}s",
        "__range_s": str(range_seconds),
        "__interval": f"{step:g}s",
        "__interval_ms": f"{step * 1000:g}",
        "__rate_interval": f"{rate_interval:g}s",
    }


def duration_seconds(text: str) -> float:
    """Convert a duration such as `15s`, `1m` or `1d` into seconds.

    Raises:
        ValueError: the text is not a number followed by ms, s, m, h or d.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration: write a number and ms, s, m, h or d")
    return float(found[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]
