"""What the panels of the pipeline board share beyond those of the desk's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fortuna_otel.provisioning import style
from fortuna_otel.provisioning.panels import bars, cell, lines, ranged

if TYPE_CHECKING:
    from collections.abc import Sequence

# How often Prometheus scrapes itself and Alertmanager (storage/prometheus.yml): a smaller step only
# repeats samples.
SCRAPE: Final = "5s"
CLEAR: Final = (None, style.CLEAR)


def curves(title: str, description: str, *queries: tuple[str, str], many: bool = False) -> Any:
    """Build lines of (expression, legend) that nothing samples more often than a scrape."""
    panel = lines(title, description, many=many).interval(SCRAPE).min(0)
    return _asked(panel, queries)


def events(title: str, description: str, *queries: tuple[str, str]) -> Any:
    """Build bars of (expression, legend) that add up to what happened."""
    return _asked(
        bars(title, description).unit("none").decimals(0).min(0).axis_soft_max(1), queries
    )


def limit(panel: Any, expr: str, legend: str) -> Any:
    """Draw what is allowed over what is, dashed."""
    return panel.with_target(ranged(expr, "Z", legend)).override_by_name(
        legend, [style.fixed(style.TARGET), style.dashed()]
    )


def number(
    *steps: style.Step, unit: str, decimals: int | None = None, width: int | None = None
) -> tuple[style.Property, ...]:
    """Build the look of a column whose text takes the colour of how bad it is."""
    sized = [] if width is None else [style.width(width)]
    if not steps:
        return cell(style.unit(unit, decimals), sized)
    return cell(
        style.unit(unit, decimals),
        style.coloured_text(),
        style.threshold_properties((None, style.TEXT), *steps),
        sized,
    )


def _asked(panel: Any, queries: Sequence[tuple[str, str]]) -> Any:
    for letter, (expr, legend) in zip("ABCDEFGH", queries, strict=False):
        panel.with_target(ranged(expr, letter, legend))
    return panel
