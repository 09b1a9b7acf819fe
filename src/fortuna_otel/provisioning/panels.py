"""What every panel shares: its queries, its head, and tables built column by column."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fortuna_otel.provisioning import style
from fortuna_otel.provisioning._grafana import (
    common,
    common_models,
    dashboard_models,
    prometheus,
    stat,
    table,
    timeseries,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DATASOURCE = common_models.DataSourceRef(type_val="prometheus", uid="${datasource}")
DASHBOARD_UID = "fortuna"
BAR = " A bar covers $interval, or longer where the range has no room for that."
BOOK_KEYS = {
    "client": "client",
    "venue": "exchange",
    "symbol": "symbol",
    "account": "account",
    "tag": "tag",
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel and where it stands in its section, in grid units of a 24 wide screen."""

    panel: Any
    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the board: its title, its panels, and whether it starts open."""

    title: str
    panels: tuple[Placed, ...]
    collapsed: bool = True


@dataclass(frozen=True, slots=True)
class Column:
    """One measured column of a table: an expression, and how its cells look."""

    title: str
    expr: str
    properties: tuple[style.Property, ...] = ()


def ranged(expr: str, ref: str, legend: str = "") -> Any:
    """Query a line over the dashboard's time range."""
    return _query(expr, ref).range().legend_format(legend)


def instant(expr: str, ref: str, legend: str = "") -> Any:
    """Query a value at the end of the dashboard's time range."""
    return _query(expr, ref).instant().legend_format(legend)


def rows(expr: str, ref: str) -> Any:
    """Query values at the end of the time range as rows of a table."""
    return instant(expr, ref).format("table")


def ranged_rows(expr: str, ref: str) -> Any:
    """Query a line as a table with a column Time, to be joined with others."""
    return _query(expr, ref).range().format("table")


def _query(expr: str, ref: str) -> Any:
    return prometheus.Dataquery().expr(expr).ref_id(ref).datasource(DATASOURCE).editor_mode("code")


def head(panel: Any, title: str, description: str) -> Any:
    """Give a panel its title, the definition of its numbers, and its data source."""
    return panel.title(title).description(description).datasource(DATASOURCE)


def transformation(name: str, **options: Any) -> Any:
    """Transform a panel's frames before they are drawn."""
    # The SDK's second positional argument is `disabled`: options go by keyword.
    return dashboard_models.DataTransformerConfig(id_val=name, options=options)


def cell(*parts: style.Property | list[style.Property]) -> tuple[style.Property, ...]:
    """Join properties and lists of them into one column's look."""
    joined: list[style.Property] = []
    for part in parts:
        joined.extend(part if isinstance(part, list) else [part])
    return tuple(joined)


def grid(
    title: str,
    description: str,
    *,
    keys: Mapping[str, str],
    columns: Sequence[Column],
    sort: Sequence[tuple[str, bool]],
    order: Sequence[str] = (),
    key_properties: Mapping[str, tuple[style.Property, ...]] | None = None,
    empty: str = "nothing in the selection",
) -> Any:
    """Build a table with one row for each combination of labels.

    Args:
        title: the panel's title.
        description: what its numbers mean.
        keys: the labels that make a row, and their column titles; labels a query returns
            beyond these would split rows, so every column must aggregate to exactly these.
        columns: the measured columns.
        sort: column titles with whether they sort descending, the first one foremost.
        order: titles of all columns from left to right; keys first unless given.
        key_properties: how key columns look, by column title.
        empty: what the table says when there is no row.
    """
    refs = dict(zip((column.title for column in columns), string.ascii_uppercase, strict=False))
    fields = {shown: label for label, shown in keys.items()}
    # Grafana numbers the value fields only where there are several queries.
    fields |= {
        column.title: f"Value #{refs[column.title]}" if len(columns) > 1 else "Value"
        for column in columns
    }
    places = list(order) or [*keys.values(), *(column.title for column in columns)]
    panel = head(table.Panel(), title, description)
    for column in columns:
        panel.with_target(rows(column.expr, refs[column.title]))
    panel.with_transformation(transformation("merge"))
    panel.with_transformation(
        transformation(
            "organize",
            excludeByName={"Time": True}
            | {field: True for shown, field in fields.items() if shown not in places},
            indexByName={fields[shown]: index for index, shown in enumerate(places)},
            renameByName={field: shown for shown, field in fields.items() if field != shown},
        )
    )
    looks = {column.title: column.properties for column in columns} | dict(key_properties or {})
    for shown in places:
        # Else what the empty table says would fill every empty cell.
        panel.override_by_name(shown, [style.hidden_when_empty(), *looks.get(shown, ())])
    return (
        panel.unit("short")
        .min_width(50)
        .cell_height(common_models.TableCellHeight.SM)
        .no_value(empty)
        .sort_by(
            [common.TableSortByFieldState().display_name(shown).desc(down) for shown, down in sort]
        )
    )


def tile(title: str, description: str, *, empty: str) -> Any:
    """Build a single number that stays quiet while it is well."""
    return (
        head(stat.Panel(), title, description)
        .color_mode(common_models.BigValueColorMode.BACKGROUND)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .no_value(empty)
        .mappings([style.missing(empty)])
    )


def lines(title: str, description: str, *, many: bool = False) -> Any:
    """Build lines over time; a real gap in the data stays a gap.

    Args:
        title: the panel's title.
        description: what its numbers mean.
        many: there may be forty lines: the legend is a sorted table on the right.
    """
    return (
        head(timeseries.Panel(), title, description)
        .line_width(1)
        .show_points(common_models.VisibilityMode.NEVER)
        .span_nulls(5000)
        .legend(style.legend(as_table=many))
        .tooltip(style.tooltip())
    )


def bars(title: str, description: str) -> Any:
    """Build stacked bars that add up: each starts where the one before ends."""
    return (
        head(timeseries.Panel(), title, description)
        .interval("$interval")
        .draw_style(common_models.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .stacking(style.stacked())
        .legend(style.legend())
        .tooltip(style.tooltip())
    )


def selecting(**fields: str) -> style.Property:
    """Link a cell to the same board with its row selected; the other variables stay.

    Args:
        fields: variable name to the column title that holds its value, or to `$__all`.
    """
    chosen = "&".join(
        f"var-{name}={value if value == '$__all' else '${__data.fields.' + value + '}'}"
        for name, value in fields.items()
    )
    kept = "&".join(f"${{{name}:queryparam}}" for name in ("datasource", "reference", "interval"))
    return style.look(
        "links",
        [
            {
                "title": "show only this row",
                "url": f"/d/{DASHBOARD_UID}?{kept}&{chosen}&${{__url_time_range}}",
            }
        ],
    )


def select_obligation() -> style.Property:
    """Select a row's obligation: every account and tag of it."""
    return selecting(
        client="client", exchange="exchange", symbol="symbol", account="$__all", tag="$__all"
    )


def select_book() -> style.Property:
    """Select a row's book."""
    return selecting(
        client="client", exchange="exchange", symbol="symbol", account="account", tag="tag"
    )
