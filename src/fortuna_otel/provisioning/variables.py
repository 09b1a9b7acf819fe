"""The board's variables, in the order they are chosen.

They are filled from one recorded series, a book each: those the mandates expect and those seen in
the last day, so that a dead engine, a hedge and a book without a mandate can all be chosen.
The hidden ones name the first book of the selection, for panels that show exactly one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel import recorded, signals
from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning._grafana import dashboard, dashboard_models
from fortuna_otel.provisioning.panels import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERVALS = ("5s", "15s", "30s", "1m", "5m", "15m", "1h", "1d")
DEFAULT_INTERVAL = "15s"
DEFAULT_REFERENCE = "USD"
# From midnight, and never less than a minute: a range must be longer than nothing.
SECONDS_TODAY = "floor(clamp_min(vector(time() % 86400), 60))"
# Most versions of Grafana put a value with a quote into a query as it is: it would end the string
# that it stands in, and every panel with it. No such value is offered.
PLAIN = r"""/^[^"']*$/"""
# What flows is recorded once a minute.
SECONDS_OF_BAR = "clamp_min(vector($interval), 60)"


def variables(runbooks: str) -> list[Any]:
    """Build every variable, a parent before its children; the hidden ones last.

    Args:
        runbooks: where `/runbooks/<alert>` is found, without a slash at its end.
    """
    shown = [
        data_source(),
        *_books(),
        query(
            "reference",
            "reference currency",
            values("currency", known_currencies()),
        )
        .multi(False)
        .include_all(False)
        .current(option(DEFAULT_REFERENCE)),
        query(
            "asset",
            "asset",
            values("asset", known_assets()),
        )
        .multi(True)
        .include_all(True)
        .current(option(["All"], ["$__all"])),
        interval(INTERVALS, DEFAULT_INTERVAL),
    ]
    return [
        *(variable.build() for variable in shown),
        *(_hide(variable) for variable in (*_one_book(), _today(), _bar())),
        address(runbooks),
    ]


def address(runbooks: str) -> Any:
    """Say once where runbooks are found; nobody sees it, and no link may change it."""
    model = dashboard.ConstantVariable("runbooks").value(runbooks).build()
    model.skip_url_sync = True
    return model


def data_source() -> Any:
    """Choose the store every panel reads."""
    return (
        dashboard.DatasourceVariable("datasource")
        .label("data source")
        .type("prometheus")
        .current(dashboard_models.VariableOption(text="Prometheus", value="prometheus"))
    )


def interval(choices: Sequence[str], start: str) -> Any:
    """Choose the width of a candle, a bar, a window."""
    return (
        dashboard.IntervalVariable("interval")
        .label("interval")
        .values(",".join(choices))
        .current(option(start))
    )


def _books() -> list[Any]:
    built = []
    for position, matcher in enumerate(promql.BOOKS):
        name = matcher.value.removeprefix("$")
        built.append(
            query(name, name, values(matcher.label, known_books(promql.BOOKS[:position])))
            .multi(True)
            .include_all(True)
            .current(option(["All"], ["$__all"]))
        )
    return built


def _one_book() -> list[Any]:
    built = []
    for position, matcher in enumerate(promql.ONE_BOOK):
        scope = (*promql.BOOKS, *promql.ONE_BOOK[:position])
        expr = values(matcher.label, known_books(scope))
        built.append(query(matcher.value.removeprefix("$"), matcher.label, expr))
    return built


def _today() -> Any:
    return (
        query("today", "seconds since 00:00 UTC", f"query_result({SECONDS_TODAY})")
        .refresh(dashboard_models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .regex(r"/ (\d+) /")
    )


def _bar() -> Any:
    return query("bar", "seconds of a bar of flows", f"query_result({SECONDS_OF_BAR})").regex(
        r"/ (\d+) /"
    )


def _hide(builder: Any) -> Any:
    model = builder.multi(False).include_all(False).build()
    model.skip_url_sync = True
    model.hide = dashboard_models.VariableHide.HIDE_VARIABLE
    return model


def known_books(scope: promql.Scope = ()) -> str:
    """Select the books that are expected, or were seen in the last day."""
    return promql.select(recorded.BOOK, scope)


def known_assets() -> str:
    """Select what the chosen clients hold, owe or are exposed to, wherever: as panels of assets do.

    Not by exchange or account: an exposure is over all of them.
    """
    inventory = signals.inventory
    told = (inventory.BALANCE, inventory.EXPOSURE_NET, inventory.LOAN_PRINCIPAL)
    for metric in told:
        promql.check_labels(metric, ("client", "asset"))
    names = "|".join(metric.prometheus for metric in told)
    scope = ",".join(map(str, promql.CLIENTS))
    return f'{{__name__=~"{names}",{scope}}}'


def known_currencies() -> str:
    """Select the rates, each with the reference currency it is in."""
    return promql.select(signals.market.REFERENCE_RATE)


def values(label: str, series: str) -> str:
    """Ask for the values a label has on some series."""
    return f"label_values({series}, {label})"


def query(name: str, label: str, expr: str) -> Any:
    """Fill a variable from the data source, once when the dashboard is opened."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query({"query": expr, "refId": "v"})
        .definition(expr)
        .datasource(DATASOURCE)
        .allow_custom_value(False)
        # On each time range change would ask 22 times at every refresh; a new market costs a
        # reload instead.
        .refresh(dashboard_models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(dashboard_models.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .regex(PLAIN)
    )


def option(text: str | list[str], value: str | list[str] | None = None) -> Any:
    """Choose what a variable starts at; the value is its text unless given."""
    return dashboard_models.VariableOption(
        text=text, value=text if value is None else value, selected=True
    )
