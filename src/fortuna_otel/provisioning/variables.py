"""The board's variables, in the order they are chosen.

They are filled from the books the mandates expect and the books services have reported within
the time range, so that a dead engine, a hedge and a book without a mandate can all be chosen.
The hidden ones name the first book of the selection, for panels that show exactly one.
"""

from __future__ import annotations

from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning._grafana import dashboard, dashboard_models
from fortuna_otel.provisioning.panels import DATASOURCE

INTERVALS = ("5s", "15s", "30s", "1m", "5m", "15m", "1h", "1d")
DEFAULT_INTERVAL = "15s"
DEFAULT_REFERENCE = "USD"
# From midnight, and never less than a minute: a range must be longer than nothing.
_SECONDS_TODAY = "query_result(floor(clamp_min(vector(time() % 86400), 60)))"


def variables() -> list[Any]:
    """Build every variable, a parent before its children."""
    shown = [
        dashboard.DatasourceVariable("datasource")
        .label("data source")
        .type("prometheus")
        .current(dashboard_models.VariableOption(text="Prometheus", value="prometheus")),
        *_books(),
        _query(
            "reference",
            "reference currency",
            _values("currency", signals.market.REFERENCE_RATE.prometheus),
        )
        .multi(False)
        .include_all(False)
        .current(_option(DEFAULT_REFERENCE)),
        _query(
            "asset",
            "asset",
            _values("asset", promql.select(signals.inventory.BALANCE, promql.ACCOUNTS)),
        )
        .multi(True)
        .include_all(True)
        .current(_option(["All"], ["$__all"])),
        dashboard.IntervalVariable("interval")
        .label("interval")
        .values(",".join(INTERVALS))
        .current(_option(DEFAULT_INTERVAL)),
    ]
    return [variable.build() for variable in shown] + [_hide(v) for v in (*_one_book(), _today())]


def _books() -> list[Any]:
    built = []
    for position, matcher in enumerate(promql.BOOKS):
        name = matcher.value.removeprefix("$")
        built.append(
            _query(name, name, _values(matcher.label, _known_books(promql.BOOKS[:position])))
            .multi(True)
            .include_all(True)
            .current(_option(["All"], ["$__all"]))
        )
    return built


def _one_book() -> list[Any]:
    built = []
    for position, matcher in enumerate(promql.ONE_BOOK):
        scope = (*promql.BOOKS, *promql.ONE_BOOK[:position])
        expr = _values(matcher.label, _known_books(scope))
        built.append(_query(matcher.value.removeprefix("$"), matcher.label, expr))
    return built


def _today() -> Any:
    return (
        _query("today", "seconds since 00:00 UTC", _SECONDS_TODAY)
        .refresh(dashboard_models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .regex(r"/ (\d+) /")
    )


def _hide(builder: Any) -> Any:
    model = builder.multi(False).include_all(False).build()
    model.skip_url_sync = True
    model.hide = dashboard_models.VariableHide.HIDE_VARIABLE
    return model


def _known_books(scope: promql.Scope) -> str:
    names = "|".join(
        metric.prometheus for metric in (signals.mandates.BOOK, signals.quotes.BOOK_INFO)
    )
    matchers = (promql.Matcher("__name__", "=~", names), *scope)
    return f"{{{','.join(map(str, matchers))}}}"


def _values(label: str, series: str) -> str:
    return f"label_values({series}, {label})"


def _query(name: str, label: str, expr: str) -> Any:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query({"query": expr, "refId": "v"})
        .definition(expr)
        .datasource(DATASOURCE)
        # On each time range change would ask 22 times at every refresh; a new market costs a
        # reload instead.
        .refresh(dashboard_models.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(dashboard_models.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
    )


def _option(text: str | list[str], value: str | list[str] | None = None) -> Any:
    return dashboard_models.VariableOption(
        text=text, value=text if value is None else value, selected=True
    )
