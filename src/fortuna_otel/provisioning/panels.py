"""What every panel shares: its queries, its head, and tables built column by column."""

from __future__ import annotations

import re
import string
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fortuna_otel.provisioning import style
from fortuna_otel.provisioning._grafana import (
    common,
    common_models,
    dashboard,
    dashboard_models,
    prometheus,
    stat,
    table,
    timeseries,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DASHBOARD_UID = "fortuna"
PIPELINE_UID = "fortuna-pipeline"
# What other panels lead to; `layout` numbers panels by their place.
DESK_PANEL = 109
ALERTS_PANEL = 115
EXPOSURE_PANEL = 201
FEEDS_PANEL = 803
LOOPS_PANEL = 802
VENUES_PANEL = 805
BAR = " A bar covers $interval, or longer where the range has no room for that."
FLOW_BAR = (
    " A bar covers $interval, a minute at the least, longer where the range has no room for that."
)
OBLIGATION_KEYS = {
    "client": "client",
    "venue": "exchange",
    "symbol": "symbol",
    "mandate": "mandate",
}
# Five seconds apart in a quarter of an hour.
POINTS_OF_MANY = 180
# Of one line where another has a point: what an empty panel says would be wrong.
GAP = " "
_WHEN_EMPTY = re.compile(r"Empty(?:, or '[^']*')?: ([^.]*)\.")
BOOK_KEYS = {
    "client": "client",
    "venue": "exchange",
    "symbol": "symbol",
    "account": "account",
    "tag": "tag",
}


@dataclass(frozen=True, slots=True)
class DataSource:
    """Which data source a panel asks."""

    type: str
    uid: str

    def to_json(self) -> dict[str, object]:
        """Return what Grafana reads."""
        return asdict(self)


DATASOURCE = DataSource("prometheus", "${datasource}")


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
    """Give a panel its title, the definition of its numbers, and its data source.

    An empty one says what its description says of that.
    """
    found = _WHEN_EMPTY.search(description)
    if found:
        # Grafana fills no variable in here.
        panel.no_value(found[1].replace("$interval", "the interval").replace("`", ""))
    return panel.title(title).description(description).datasource(DATASOURCE)


def transformation(name: str, **options: Any) -> Any:
    """Transform a panel's frames before they are drawn."""
    # The SDK's second positional argument is `disabled`: options go by keyword.
    return dashboard_models.DataTransformerConfig(id_val=name, options=options)


def by_number(field: str, kind: str = "number") -> Any:
    """Read a label as a `number`, or as a `string` again."""
    return transformation(
        "convertFieldType",
        fields={},
        conversions=[{"targetField": field, "destinationType": kind}],
    )


def sorted_by_number(field: str) -> tuple[Any, ...]:
    """Merge queries into rows, sorted by a label that is a number: as text, 10 is before 2."""
    return (
        transformation("merge"),
        by_number(field),
        transformation("sortBy", fields={}, sort=[{"field": field, "desc": False}]),
    )


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
    steps: Sequence[Any] = (),
    empty: str = "nothing in the selection",
) -> Any:
    """Build a table with one row for each combination of labels.

    Args:
        title: the panel's title.
        description: what its numbers mean.
        keys: the labels that make a row, and their column titles; labels a query returns
            beyond these would split rows, so every column must aggregate to exactly these. With
            `Time` among them there is a row for each point of the range as well.
        columns: the measured columns.
        sort: column titles with whether they sort descending, the first one foremost.
        order: titles of all columns from left to right; keys first unless given.
        key_properties: how key columns look, by column title.
        steps: transformations of the merged rows, before their columns are named.
        empty: what the table says when there is no row.
    """
    refs = dict(zip((column.title for column in columns), string.ascii_uppercase, strict=False))
    fields = {shown: label for label, shown in keys.items()}
    # Grafana numbers the value fields only where there are several queries.
    fields |= {
        column.title: f"Value #{refs[column.title]}" if len(columns) > 1 else "Value"
        for column in columns
    }
    ask = ranged_rows if "Time" in keys else rows
    places = list(order) or [*keys.values(), *(column.title for column in columns)]
    panel = head(table.Panel(), title, description)
    for column in columns:
        panel.with_target(ask(column.expr, refs[column.title]))
    panel.with_transformation(transformation("merge"))
    for step in steps:
        panel.with_transformation(step)
    panel.with_transformation(
        transformation(
            "organize",
            excludeByName=({} if "Time" in keys else {"Time": True})
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


def counted(panel: Any, name: str, part: str, *, of: str) -> Any:
    """Fill a tile with how many there are, red from one on, and quietly beside it of how many.

    Args:
        panel: a tile.
        name: of what is counted.
        part: their number.
        of: all that there are, to be counted.
    """
    return (
        panel.with_target(instant(part, "A", name))
        .with_target(instant(f"count({of})", "B", "of"))
        .unit("none")
        .thresholds(style.thresholds((None, style.CLEAR), (1, style.BAD)))
        .override_by_name("of", style.threshold_properties((None, style.CLEAR)))
    )


def lines(title: str, description: str, *, many: bool = False) -> Any:
    """Build lines over time; a real gap in the data stays a gap.

    Args:
        title: the panel's title.
        description: what its numbers mean.
        many: there may be forty lines: the legend is a sorted table on the right, and points are
            as far apart as forty can be drawn and read.
    """
    panel = head(timeseries.Panel(), title, description)
    if many:
        panel.max_data_points(POINTS_OF_MANY)
    return (
        panel.line_width(1)
        .show_points(common_models.VisibilityMode.NEVER)
        .span_nulls(5000)
        .mappings([style.missing(GAP)])
        .legend(style.legend(as_table=many))
        .tooltip(style.tooltip())
    )


def bars(title: str, description: str, *, interval: str = "$interval") -> Any:
    """Build stacked bars that add up: each starts where the one before ends."""
    return (
        head(timeseries.Panel(), title, description)
        .interval(interval)
        .draw_style(common_models.GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .stacking(style.stacked())
        .mappings([style.missing(GAP)])
        .legend(style.legend())
        .tooltip(style.tooltip())
    )


def link_to(title: str, uid: str) -> Any:
    """Link a board to another one, with its data source and its time range."""
    return (
        dashboard.DashboardLink(title)
        .type(dashboard_models.DashboardLinkType.LINK)
        .url(f"/d/{uid}?${{datasource:queryparam}}")
        .keep_time(True)
    )


def linked(title: str, url: str, *, elsewhere: bool = False) -> style.Property:
    """Make a cell a link; `elsewhere` opens a page beside the board."""
    return style.look("links", [{"title": title, "url": url, "targetBlank": elsewhere}])


def selecting(**fields: str) -> style.Property:
    """Link a cell to the same board with its row selected; the other variables stay.

    Args:
        fields: variable name to the column title that holds its value, or to `$__all`.
    """
    return linked("show only this row", f"{_board(**fields)}&${{__url_time_range}}")


def list_of_alerts(**fields: str) -> style.Property:
    """Link to the list of the firing alerts; `fields` as for `closely`."""
    return closely("list the alerts", ALERTS_PANEL, **fields)


def closely(title: str, panel: int, **fields: str) -> style.Property:
    """Link to one panel on the whole screen: of a row, with `fields` as for `selecting`, or of all.

    A number in `viewPanel` is what every Grafana since 10.4 understands.
    """
    board = _board(**fields) if fields else f"/d/{DASHBOARD_UID}?${{__all_variables}}"
    return linked(title, f"{board}&${{__url_time_range}}&viewPanel={panel}")


def on_pipeline(**fields: str) -> style.Property:
    """Link a cell to its row on the platform team's board; `fields` as for `selecting`."""
    url = f"/d/{PIPELINE_UID}?${{datasource:queryparam}}&{_chosen(**fields)}"
    return linked("its telemetry", f"{url}&${{__url_time_range}}")


def _board(**fields: str) -> str:
    others = ("datasource", "reference", "asset", "interval")
    kept = "&".join(f"${{{name}:queryparam}}" for name in others if name not in fields)
    return f"/d/{DASHBOARD_UID}?{kept}&{_chosen(**fields)}"


def _chosen(**fields: str) -> str:
    return "&".join(
        f"var-{name}={value if value == '$__all' else '${__data.fields.' + value + '}'}"
        for name, value in fields.items()
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
