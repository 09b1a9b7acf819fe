"""How the board looks: colours, thresholds, cells and the words for what is missing.

A quiet cockpit: what is well has no background colour, so that what is not stands out; bid and
buy are green, ask and sell red, in every panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from fortuna_otel.provisioning._grafana import common, common_models, dashboard, dashboard_models

if TYPE_CHECKING:
    from collections.abc import Mapping

BID = "#26a69a"
ASK = "#ef5350"
BID_MUTED = "#1b5e56"
ASK_MUTED = "#8c2f2d"
GOOD = BID
BAD = "#b3261e"
WARN = "#ffb357"
WARN_MUTED = "#8a6d2f"
TARGET = "#5794f2"
TARGET_MUTED = "#2c4a7c"
GREY = "#8e8e8e"
GREY_MUTED = "#4f4f4f"
# The theme's own: white on dark, black on light.
TEXT = "text"
VIOLET = "#b877d9"
CLEAR = "transparent"

DAY = 86_400

Step: TypeAlias = tuple[float | None, str]


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a field, such as its unit: what the SDK calls a DynamicConfigValue."""

    id_val: str
    value: Any

    def to_json(self) -> dict[str, Any]:
        """Return what Grafana reads."""
        return {"id": self.id_val, "value": self.value}


def look(name: str, value: Any) -> Property:
    """Set one property of a field, such as its unit or how its cells are drawn."""
    return Property(name, value)


def thresholds(*steps: Step) -> Any:
    """Colour by value: the first step has no value, each later one starts at its value."""
    return (
        dashboard.ThresholdsConfig()
        .mode(dashboard_models.ThresholdsMode.ABSOLUTE)
        .steps([dashboard_models.Threshold(value=value, color=colour) for value, colour in steps])
    )


def threshold_properties(*steps: Step) -> list[Property]:
    """Return the same for one column: its thresholds, and that they give the colour."""
    return [
        look(
            "thresholds",
            {
                "mode": "absolute",
                "steps": [{"value": value, "color": colour} for value, colour in steps],
            },
        ),
        look("color", {"mode": "thresholds"}),
    ]


def fixed(colour: str) -> Property:
    """One colour, whatever the value."""
    return look("color", {"mode": "fixed", "fixedColor": colour})


def dashed() -> Property:
    """Draw a line as what was promised, not what was measured."""
    return look("custom.lineStyle", {"fill": "dash", "dash": [8, 6]})


def unit(name: str, decimals: int | None = None) -> list[Property]:
    """Give a column its unit and, where it has them, its decimals."""
    properties = [look("unit", name)]
    if decimals is not None:
        properties.append(look("decimals", decimals))
    return properties


def width(pixels: int) -> Property:
    """Fix a column's width."""
    return look("custom.width", pixels)


def aligned(side: str) -> Property:
    """Align a column `left`, `center` or `right`."""
    return look("custom.align", side)


def hidden_when_empty() -> Property:
    """Leave an empty cell empty, where empty needs no word."""
    return look("noValue", " ")


def coloured_text() -> Property:
    """Show a cell's colour in its text."""
    return look("custom.cellOptions", {"type": "color-text"})


def coloured_cell() -> Property:
    """Show a cell's colour as its background."""
    return look("custom.cellOptions", {"type": "color-background", "mode": "basic"})


def gauge_cell(largest: float, *, show_value: bool = True) -> list[Property]:
    """Show a cell as a bar from 0 to `largest`.

    Without bounds Grafana scales a bar to the extremes of every number in the table.
    """
    shown = "text" if show_value else "hidden"
    return [
        look("custom.cellOptions", {"type": "gauge", "mode": "basic", "valueDisplayMode": shown}),
        look("min", 0),
        look("max", largest),
    ]


def amount() -> list[Property]:
    """Show an amount of an asset with all its digits."""
    return [*unit("locale"), aligned("right")]


def worth() -> list[Property]:
    """Show what an amount is worth in the reference currency."""
    return [*unit("locale", 2), fixed(TARGET), coloured_text(), aligned("right"), width(130)]


def age(late: float, stale: float, decimals: int = 0) -> list[Property]:
    """Show how many seconds ago something was said, and from when on that is too long."""
    return [
        *unit("suffix: s", decimals),
        coloured_text(),
        *threshold_properties((None, TEXT), (late, WARN), (stale, ASK)),
    ]


def remaining(short: float, soon: float) -> list[Property]:
    """Show how long until something ends, and below how many days that is short, or soon."""
    return [
        *unit("s", 1),
        coloured_text(),
        *threshold_properties((None, ASK), (short * DAY, WARN), (soon * DAY, TEXT)),
        width(100),
    ]


def missing(text: str, colour: str = GREY) -> Any:
    """Say why there is no value; without it no data takes the colour of the best value."""
    return dashboard_models.SpecialValueMap(
        options=dashboard_models.DashboardSpecialValueMapOptions(
            match=dashboard_models.SpecialValueMatch.NULL_AND_NAN,
            result=dashboard_models.ValueMappingResult(text=text, color=colour, index=0),
        )
    )


def words(meanings: Mapping[int, tuple[str, str]]) -> Any:
    """Show numbers as words: code to (text, colour)."""
    return dashboard_models.ValueMap(
        options={
            str(code): dashboard_models.ValueMappingResult(text=text, color=colour, index=index)
            for index, (code, (text, colour)) in enumerate(meanings.items())
        }
    )


def word_properties(
    meanings: Mapping[int, tuple[str, str]] | Mapping[str, tuple[str, str]],
) -> Property:
    """Return the same for one column of a table."""
    return look(
        "mappings",
        [
            {
                "type": "value",
                "options": {
                    str(code): {"text": text, "color": colour, "index": index}
                    for index, (code, (text, colour)) in enumerate(meanings.items())
                },
            }
        ],
    )


def missing_property(text: str, *, nan: bool = False) -> Property:
    """Say in one column why a cell is empty, without the colour of the worst value.

    Args:
        text: why.
        nan: say it of a value that is no number too.
    """
    return look(
        "mappings",
        [
            {
                "type": "special",
                "options": {
                    "match": "null+nan" if nan else "null",
                    "result": {"text": text, "color": CLEAR, "index": 0},
                },
            }
        ],
    )


def legend(*, as_table: bool = False) -> Any:
    """Put the legend below; as a table on the right where there may be forty lines."""
    builder = common.VizLegendOptions().show_legend(True)
    if not as_table:
        return builder.display_mode(common_models.LegendDisplayMode.LIST).placement(
            common_models.LegendPlacement.BOTTOM
        )
    return (
        builder.display_mode(common_models.LegendDisplayMode.TABLE)
        .placement(common_models.LegendPlacement.RIGHT)
        .calcs(["lastNotNull"])
        .sort_by("Last *")
        .sort_desc(True)
    )


def no_legend() -> Any:
    """Show no legend, where the lanes are named."""
    return common.VizLegendOptions().show_legend(False)


def tooltip() -> Any:
    """Show every line at the pointer, largest first."""
    return (
        common.VizTooltipOptions()
        .mode(common_models.TooltipDisplayMode.MULTI)
        .sort(common_models.SortOrder.DESCENDING)
    )


def stacked() -> Any:
    """Stack bars; positive and negative ones stay on their own sides of zero."""
    return common.StackingConfig().mode(common_models.StackingMode.NORMAL).group("A")


def net_line() -> list[Property]:
    """Draw the sum of stacked bars as a line over them."""
    return [
        look("custom.drawStyle", "line"),
        look("custom.lineWidth", 2),
        look("custom.fillOpacity", 0),
        look("custom.stacking", {"mode": "none", "group": "B"}),
        fixed(TEXT),
    ]
