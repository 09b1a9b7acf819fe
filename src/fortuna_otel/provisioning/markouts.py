"""Were our fills good? What they were worth a while later, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import flows, promql, style
from fortuna_otel.provisioning._grafana import barchart, common_models
from fortuna_otel.provisioning.panels import (
    Column,
    by_number,
    cell,
    grid,
    head,
    rows,
    sorted_by_number,
    transformation,
)
from fortuna_otel.provisioning.promql import BOOKS

if TYPE_CHECKING:
    from fortuna_otel.signals.spec import Recorded

# A day of minutes is read at once, a day of counters is not.
RANGE = "$__range"
SIDES = {"buy": ("buys", style.BID), "sell": ("sells", style.ASK)}
_HORIZON: promql.Keys = ("horizon",)
_QUOTED: promql.Keys = ("horizon", "quote")


def _worth(expr: str) -> str:
    """Sum amounts of (horizon, quote) over the quote currencies, in the reference currency."""
    return promql.by("sum", _HORIZON, promql.in_reference(expr, "quote"))


def _flowed(metric: Recorded, side: str, **labels: str) -> str:
    return flows.flowed(metric, _QUOTED, RANGE, BOOKS, side=side, **labels)


def _earned(side: str) -> str:
    gain, loss = (
        _flowed(recorded.FLOW_MARKOUT_PNL, side, direction=direction)
        for direction in ("gain", "loss")
    )
    return _worth(f"{gain} - {loss}")


def _traded(side: str) -> str:
    return _worth(_flowed(recorded.FLOW_MARKOUT_NOTIONAL, side))


def _fills(side: str) -> str:
    number = _flowed(recorded.FLOW_MARKOUT_FILLS, side)
    # As many as are in the sums: none of those whose quote has no rate.
    return promql.by("sum", _HORIZON, promql.rated(number, "quote"))


def mean(side: str) -> str:
    """Mean markout of one side's fills by horizon, weighted by notional: a share of the price.

    Above 0 the price went our way. m is a fill's markout, w its notional: M = Σm ÷ Σw.
    """
    return f"{_earned(side)} / ({_traded(side)} > 0)"


def error(side: str) -> str:
    """Standard error of `mean`: SE² = (n · Σm² - (Σm)²) ÷ (n - 1) ÷ (Σw)².

    As in alerting/rules/trades.yaml, which says how exact it is. Unknown of fewer than two fills.
    """
    return f"sqrt({_scatter(side)} / ({_fills(side)} - 1 > 0)) / ({_traded(side)} > 0)"


def certainty(side: str) -> str:
    """`mean` in standard errors: Σm · √((n - 1) ÷ (n · Σm² - (Σm)²)); notional cancels out."""
    freedom = f"({_fills(side)} - 1 > 0)"
    return f"{_earned(side)} * sqrt({freedom} / ({_scatter(side)} > 0))"


def _scatter(side: str) -> str:
    """N · Σm² - (Σm)², never below 0 where it is 0 but for rounding."""
    squared = _flowed(recorded.FLOW_MARKOUT_SQUARED, side)
    # Σm² is in the quote's square.
    twice = promql.by(
        "sum", _HORIZON, promql.in_reference(promql.in_reference(squared, "quote"), "quote")
    )
    return f"clamp_min({_fills(side)} * {twice} - ({_earned(side)}) ^ 2, 0)"


def curve() -> Any:
    """Build the bars: one horizon after another, buys and sells beside each other."""
    panel = (
        head(
            barchart.Panel(),
            "Markout by horizon",
            "What own fills of the selected books were worth after so many seconds, by the venue's "
            "mid then, weighted by notional, over the range's whole minutes, in bp of the price; "
            "above 0 the price went our way. How sure that is stands in the table beside it. "
            "Empty, or 'Configured x field not found': no fill is that old yet.",
        )
        .x_field("horizon")
        .unit("suffix: bp")
        .decimals(1)
        .legend(style.legend())
        .tooltip(style.tooltip())
        .show_value(common_models.VisibilityMode.AUTO)
        .group_width(0.7)
        .bar_width(0.9)
        .fill_opacity(90)
        .override_by_name("horizon", [style.look("unit", "suffix: s")])
    )
    names = {}
    for ref, (side, (name, colour)) in zip("AB", SIDES.items(), strict=True):
        panel.with_target(rows(f"1e4 * {mean(side)}", ref))
        panel.override_by_name(name, [style.fixed(colour)])
        names[f"Value #{ref}"] = name
    for step in sorted_by_number("horizon"):
        panel.with_transformation(step)
    return panel.with_transformation(by_number("horizon", "string")).with_transformation(
        transformation(
            "organize",
            excludeByName={"Time": True},
            indexByName={field: index for index, field in enumerate(("horizon", *names))},
            renameByName=names,
        )
    )


def table() -> Any:
    """Build the same as numbers, each with its standard error."""
    columns = []
    for side, (name, colour) in SIDES.items():
        columns += [
            Column(
                name,
                f"1e4 * {mean(side)}",
                cell(style.unit("suffix: bp", 2), style.fixed(colour), style.coloured_text()),
            ),
            Column(
                f"± {name}",
                f"1e4 * {error(side)}",
                cell(style.unit("suffix: bp", 2), style.missing_property("too few")),
            ),
            Column(
                f"t {name}",
                certainty(side),
                cell(
                    style.unit("none", 1),
                    style.coloured_text(),
                    style.threshold_properties((None, style.ASK), (-2, style.TEXT), (2, style.BID)),
                    style.width(75),
                ),
            ),
            Column(
                f"n {name}", f"{_fills(side)} > 0", cell(style.unit("none", 0), style.width(70))
            ),
        ]
    return grid(
        "Markout, and how sure it is",
        "By seconds after the fill, over the range's whole minutes, of the selected books: mean "
        "markout weighted by notional, **±** one standard error of it, **t** the mean in standard "
        "errors (beyond 2 it is hardly chance; red: against us), **n** fills that are old enough. "
        "Several quote currencies are added in $reference at the current rate; fills in one "
        "without a rate are left out. Empty: no fill is that old yet.",
        keys={"horizon": "after"},
        columns=columns,
        sort=(("after", False),),
        key_properties={"after": cell(style.unit("suffix: s", 0), style.width(70))},
        steps=(by_number("horizon"),),
        empty="no fill is that old yet",
    )
