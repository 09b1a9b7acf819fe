"""How much liquidity do we provide, and where?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import obligations, promql, style
from fortuna_otel.provisioning._grafana import barchart, common_models
from fortuna_otel.provisioning.alerts import in_words, watched
from fortuna_otel.provisioning.panels import (
    OBLIGATION_KEYS,
    Column,
    Placed,
    Section,
    by_number,
    cell,
    counted,
    grid,
    head,
    instant,
    rows,
    select_obligation,
    sorted_by_number,
    tile,
    transformation,
)
from fortuna_otel.provisioning.promql import (
    BOOK,
    CLIENT_MARKET,
    INTERVAL,
    MARKET,
    ONE_MARKET,
    ONE_OBLIGATION,
)
from fortuna_otel.signals.enums import Role

if TYPE_CHECKING:
    from fortuna_otel.signals.spec import Recorded

COVERED = cell(
    style.unit("percentunit", 0),
    style.coloured_text(),
    style.threshold_properties((None, style.ASK), (0.8, style.WARN), (1, style.TEXT)),
)
ONE = "$one_client $one_exchange $one_symbol"
BAND: promql.Keys = ("band",)


def section() -> Section:
    """Build the section."""
    return Section(
        "Depths",
        (
            Placed(_mirrored(), 0, 0, 11, 10),
            Placed(watched(_bands(), "DepthBelowMandate"), 11, 0, 13, 10),
            Placed(watched(_coverage(), "DepthBelowMandate"), 0, 10, 20, 9),
            Placed(_below(), 20, 10, 4, 4),
            Placed(_worst(), 20, 14, 4, 5),
        ),
    )


def now(side: str) -> str:
    """Merged own depth now by band, in the quote currency, hedges left out."""
    each = promql.live(signals.quotes.DEPTH, (*BOOK, "band"), ONE_OBLIGATION, side=side)
    return promql.by("sum", BAND, _quoting(each))


def average(side: str) -> str:
    """The same, averaged over `$interval`."""
    each = promql.averaged(
        signals.quotes.DEPTH, (*BOOK, "band"), ONE_OBLIGATION, INTERVAL, side=side
    )
    return promql.by("sum", BAND, _quoting(each))


def _quoting(each: str) -> str:
    """Leave out the books that only hedge: they promise nobody a quote."""
    hedges = promql.select(recorded.MANDATE_BOOK, ONE_OBLIGATION, role=Role.HEDGE)
    return f"({each}) unless on ({','.join(BOOK)}) {hedges}"


def required(side: str) -> str:
    """Depth that the mandate requires by band, in the quote currency whatever it is promised in."""
    return _of_one(recorded.OBLIGATION_DEPTH_REQUIRED, side)


def covered(side: str) -> str:
    """Share of that which rests there, as the obligation is judged."""
    return f"{_of_one(recorded.OBLIGATION_DEPTH, side)} / ({required(side)} > 0)"


def _of_one(figure: Recorded, side: str) -> str:
    each = promql.live(figure, (*CLIENT_MARKET, "band"), ONE_OBLIGATION, side=side)
    return promql.by("sum", BAND, each)


def market(side: str) -> str:
    """Depth of the venue's whole book by band, within its visible reach."""
    each = promql.live(signals.market.DEPTH, (*MARKET, "band"), ONE_MARKET, side=side)
    return promql.by("max", BAND, each)


def _mirrored() -> Any:
    panel = (
        head(
            barchart.Panel(),
            f"Own depth by distance from mid · {ONE}",
            "The first obligation of the selection, in the quote currency: merged own orders "
            "within each distance from mid, cumulative; bids to the left (drawn negative), asks "
            "to the right; now, average over $interval, and required by the mandate (outline). "
            "An empty band has no bar. Empty, or 'Configured x field not found': this obligation "
            "reports no depth.",
        )
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .x_field("band")
        .unit("short")
        .legend(style.legend())
        .tooltip(style.tooltip())
        .show_value(common_models.VisibilityMode.NEVER)
        .group_width(0.9)
        .bar_width(1)
        .fill_opacity(90)
        .axis_centered_zero(True)
        .override_by_name("band", [style.look("unit", "string")])
    )
    drawn = {
        "bid required": (f"-{required('bid')}", style.GREY),
        "bid average": (f"-{average('bid')}", style.BID_MUTED),
        "bid now": (f"-{now('bid')}", style.BID),
        "ask now": (now("ask"), style.ASK),
        "ask average": (average("ask"), style.ASK_MUTED),
        "ask required": (required("ask"), style.GREY),
    }
    names = {}
    for ref, (name, (expr, colour)) in zip("ABCDEG", drawn.items(), strict=True):
        panel.with_target(rows(expr, ref))
        faint = [style.look("custom.fillOpacity", 10)] if "required" in name else []
        panel.override_by_name(name, [style.fixed(colour), *faint])
        names[f"Value #{ref}"] = name
    for step in sorted_by_number("band"):
        panel.with_transformation(step)
    return panel.with_transformation(by_number("band", "string")).with_transformation(
        transformation(
            "organize",
            excludeByName={"Time": True},
            indexByName={field: index for index, field in enumerate(("band", *names))},
            renameByName=names,
        )
    )


def band_columns() -> tuple[Column, ...]:
    """List what is said of each side at a distance from mid, for the first obligation."""
    amount = style.unit("short", 1)
    columns: list[Column] = []
    for side, colour in (("bid", style.BID), ("ask", style.ASK)):
        columns += [
            Column(f"{side} cov", covered(side), (*COVERED, style.width(80))),
            Column(f"{side} min", required(side), cell(amount)),
            Column(f"{side} avg", average(side), cell(amount)),
            Column(
                f"{side} now", now(side), cell(amount, style.fixed(colour), style.coloured_text())
            ),
            Column(
                f"{side} share",
                f"{now(side)} / ({market(side)} > 0)",
                cell(style.unit("percentunit", 1)),
            ),
        ]
    return tuple(columns)


def _bands() -> Any:
    # A table option sorts text; the distances must sort as numbers, so they are converted first.
    return grid(
        f"Depth against mandate · {ONE}",
        "The first obligation of the selection, by distance from mid, in the quote currency: "
        "**now**, **avg** over $interval, **min** required, **cov** = what the obligation is "
        "judged by ÷ min, **share** = part of the venue's whole book (blank beyond its visible "
        "reach). Empty cells: the mandate asks nothing there. Empty: this obligation reports no "
        "depth.",
        keys={"band": "±"},
        columns=band_columns(),
        order=(
            *(f"bid {name}" for name in ("cov", "min", "avg", "share", "now")),
            "±",
            *(f"ask {name}" for name in ("now", "share", "avg", "min", "cov")),
        ),
        sort=(("±", False),),
        key_properties={
            "±": cell(style.unit("suffix: %", 1), style.width(80), style.aligned("center"))
        },
        steps=(by_number("band"),),
        empty="this obligation reports no depth",
    )


def _below() -> Any:
    each = obligations.coverage()
    return counted(
        tile(
            "Below their depth",
            "Selected obligations that rest less than their mandate requires, at some distance and "
            "side. Beside it how many there are with a depth term that somebody observes. Empty: "
            "no obligation with a depth term in the selection." + in_words("DepthBelowMandate"),
            empty="no depth term",
        ),
        "below",
        promql.count_of(f"{each} < 1", each),
        of=each,
    )


def _worst() -> Any:
    return (
        tile(
            "Worst coverage",
            "Least own depth ÷ required depth of all selected obligations, distances and sides: "
            "amounts of different markets are never added up. Empty: no obligation with a depth "
            "term in the selection." + in_words("DepthBelowMandate"),
            empty="no depth term",
        )
        .with_target(instant(f"min({obligations.coverage()})", "A", "worst"))
        .unit("percentunit")
        .decimals(0)
        .thresholds(style.thresholds((None, style.BAD), (0.8, style.WARN_MUTED), (1, style.CLEAR)))
    )


def _coverage() -> Any:
    bands = sorted(signals.mandates.DEPTH_MIN.values("band") or (), key=float)
    return grid(
        "Coverage, by obligation",
        "Merged own depth ÷ required depth, the worse of bid and ask, by distance from mid, one "
        "row an obligation, worst first. Below 100 % the depth term is broken. Blank: the mandate "
        "asks nothing there. Account and tag choose which rows are shown. Empty: no obligation "
        "with a depth term in the selection.",
        keys=OBLIGATION_KEYS,
        columns=(
            Column("worst", obligations.coverage(), COVERED),
            *(Column(f"± {band} %", obligations.coverage(band=band), COVERED) for band in bands),
        ),
        order=("client", "exchange", "symbol", "worst", *(f"± {band} %" for band in bands)),
        sort=(("worst", False),),
        key_properties={"client": cell(select_obligation())},
        empty="no obligation with a depth term in the selection",
    )
