"""Plots of the outcomes as SVG: small, readable on light and on dark, and to the colour-blind.

Nothing is told by colour alone: every line has a marker and a dash of its own. Colours are of Okabe
and Ito's palette, darkened or lightened until they stand out from white and from black by 3 : 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks import figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

INK = "#7d8188"
STYLES: tuple[dict[str, Any], ...] = (
    {"color": "#1f86c4", "marker": "o", "linestyle": "-"},
    {"color": "#d55e00", "marker": "s", "linestyle": "--"},
    {"color": "#0a9a74", "marker": "^", "linestyle": "-."},
    {"color": "#b9669a", "marker": "D", "linestyle": ":"},
)
PLAIN: dict[str, Any] = {"color": INK, "marker": "v", "linestyle": (0, (5, 1))}
"""For what is nobody's: the ground that others stand on."""

RC: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "grid.alpha": 0.3,
    "grid.color": INK,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "fortuna-otel",
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelcolor": INK,
    "ytick.color": INK,
    "ytick.labelcolor": INK,
}
TAIL = (0.5, 0.1, 0.01, 0.001, 0.0001)


def draw(name: str, plot: Mapping[str, Any], path: Path) -> None:
    """Write the plot of a measure.

    Args:
        name: of the measure; it must be in `PLOTS`.
        plot: what the measure gave for it (`Outcome.plot`).
        path: where to.
    """
    with mpl.rc_context(RC):
        figure = Figure(figsize=(7.2, 3.4), layout="constrained")
        PLOTS[name](figure, plot)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _calls(figure: Figure, plot: Mapping[str, Any]) -> None:
    axes = figure.add_subplot()
    peers = plot["peers"]
    for style, (kind, seconds) in zip(STYLES, plot["seconds"].items(), strict=False):
        known = [(each, at) for at, each in enumerate(seconds) if each is not None]
        axes.plot(
            [each for each, _ in known],
            [at for _, at in known],
            **{**style, "linestyle": "none", "label": kind, "markersize": 7, "alpha": 0.85},
        )
    axes.set_yticks(range(len(peers)), [peer.replace("`", "") for peer in peers])
    axes.invert_yaxis()
    _logarithmic(axes.set_xscale, axes.xaxis, "time of a call, less is better", figures.time)
    axes.legend(loc="lower left")


def _export(figure: Figure, plot: Mapping[str, Any]) -> None:
    axes = figure.add_subplot()
    for style, (side, seconds) in zip(STYLES, plot["seconds"].items(), strict=False):
        axes.plot(plot["sizes"], seconds, **{**style, "label": side})
    _logarithmic(axes.set_xscale, axes.xaxis, "series exported", _count)
    _logarithmic(axes.set_yscale, axes.yaxis, "CPU a point", figures.time)
    _decades(axes, (each for seconds in plot["seconds"].values() for each in seconds))
    figure.legend(loc="outside upper center", ncols=2)


def _delay(figure: Figure, plot: Mapping[str, Any]) -> None:
    axes = figure.add_subplot()
    for style, (side, tail) in zip((PLAIN, *STYLES), plot["tails"].items(), strict=False):
        shares, seconds = zip(*tail, strict=True)
        axes.plot(shares, seconds, **{**style, "label": side, "markevery": 5})
    _logarithmic(axes.set_xscale, axes.xaxis, "share of messages", _percentile)
    _logarithmic(axes.set_yscale, axes.yaxis, "delay of at most", figures.time)
    _decades(axes, (seconds for tail in plot["tails"].values() for _, seconds in tail))
    axes.invert_xaxis()
    axes.set_xticks([share for share in TAIL if share >= axes.get_xlim()[1]])
    figure.legend(loc="outside upper center", ncols=2)


def _growth(figure: Figure, plot: Mapping[str, Any]) -> None:
    sizes = plot["sizes"]
    both: tuple[tuple[str, str, Callable[[float], str]], ...] = (
        ("cpu", "CPU of an export", figures.time),
        ("memory", "memory", figures.size),
    )
    for at, (what, label, written) in enumerate(both):
        axes = figure.add_subplot(1, 2, at + 1)
        values = plot[what]
        linear = [values[-1] * size / sizes[-1] for size in sizes]
        axes.plot(sizes, linear, **{**PLAIN, "marker": "", "label": "linear"})
        axes.plot(sizes, values, **{**STYLES[at], "label": "fortuna-otel"})
        _logarithmic(axes.set_xscale, axes.xaxis, "series", _count)
        _logarithmic(axes.set_yscale, axes.yaxis, label, written)
        _decades(axes, values)
        axes.legend(loc="upper left")


def _logarithmic(
    scale: Callable[[str], None], axis: Axis, label: str, written: Callable[[float], str]
) -> None:
    """Make an axis logarithmic, with a label, a grid, and ticks with units."""
    scale("log")
    axis.set_label_text(label)
    axis.set_major_formatter(FuncFormatter(lambda value, _: _whole(written(value))))
    axis.set_minor_formatter(NullFormatter())
    axis.grid(visible=True)


def _decades(axes: Axes, values: Iterable[float]) -> None:
    """Show whole powers of ten on the vertical axis, so that it has ticks to read it by."""
    known = list(values)
    least, most = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    axes.set_ylim(10.0**least, 10.0 ** max(most, least + 1))


def _whole(text: str) -> str:
    """Write `10.0 µs` as `10 µs`, as ticks are whole."""
    number, _, unit = text.partition(" ")
    return f"{float(number):g} {unit}" if unit and "." in number else text


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percentile(share: float) -> str:
    return f"{100.0 * (1.0 - share):.10g} %"


PLOTS: Mapping[str, Callable[[Figure, Mapping[str, Any]], None]] = {
    "calls": _calls,
    "export": _export,
    "delay": _delay,
    "growth": _growth,
}
