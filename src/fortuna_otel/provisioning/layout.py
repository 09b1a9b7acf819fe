"""How sections become a dashboard: places, ids, variables, and the text that is committed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fortuna_otel.provisioning._grafana import dashboard, dashboard_models, encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fortuna_otel.provisioning.panels import Placed, Section

# Panel ids hold while a section grows: alerts and links point at them.
_IDS_PER_SECTION = 100


def begin(
    title: str, uid: str, description: str, *, since: str, refresh: str, intervals: Sequence[str]
) -> Any:
    """Begin a dashboard: in UTC, to be edited, with one crosshair over all its panels.

    Args:
        title: its name.
        uid: where it is found.
        description: what it answers, and where it is generated.
        since: beginning of its time range, which ends now.
        refresh: how often it asks again.
        intervals: what else may be chosen for that.
    """
    return (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["fortuna"])
        .timezone("utc")
        .time(since, "now")
        .refresh(refresh)
        .timepicker(dashboard.TimePicker().refresh_intervals(list(intervals)))
        .tooltip(dashboard_models.DashboardCursorSync.CROSSHAIR)
        .editable()
    )


def assemble(builder: Any, sections: Sequence[Section], variables: list[Any]) -> dict[str, Any]:
    """Give a dashboard its sections and variables, as Grafana's classic dashboard JSON."""
    y = 0
    for index, section in enumerate(sections, start=1):
        y = _add(builder, section, index * _IDS_PER_SECTION, y)
    model = builder.build()
    model.templating = dashboard_models.DashboardDashboardTemplating(list_val=variables)
    built: dict[str, Any] = json.loads(encoder.JSONEncoder().encode(model))
    return built


def render(board: dict[str, Any]) -> str:
    """Write a board as it is committed; its first line says that it is generated."""
    rest = {name: value for name, value in board.items() if name != "description"}
    body = json.dumps(rest, indent=2, sort_keys=True, ensure_ascii=False)
    first = json.dumps(board["description"], ensure_ascii=False)
    return f'{{ "description": {first},\n{body.removeprefix("{").lstrip(chr(10))}\n'


def _add(builder: Any, section: Section, first_id: int, top: int) -> int:
    """Add a section below `top` and return where the next one starts."""
    if not section.collapsed:
        for number, placed in enumerate(section.panels, start=1):
            builder.with_panel(_place(placed, first_id + number, top))
        return top + max(placed.y + placed.h for placed in section.panels)
    row = (
        dashboard.Row(section.title)
        .id(first_id)
        .grid_pos(dashboard_models.GridPos(h=1, w=24, x=0, y=top))
    )
    for number, placed in enumerate(section.panels, start=1):
        row.with_panel(_place(placed, first_id + number, top + 1))
    builder.with_row(row)
    return top + 1


def _place(placed: Placed, number: int, top: int) -> Any:
    position = dashboard_models.GridPos(h=placed.h, w=placed.w, x=placed.x, y=top + placed.y)
    return placed.panel.id(number).grid_pos(position)
