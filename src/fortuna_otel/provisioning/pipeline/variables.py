"""The variables of the pipeline board, in the order they are chosen."""

from __future__ import annotations

from typing import Any

from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning.pipeline import programs
from fortuna_otel.provisioning.pipeline.idioms import HOSTS
from fortuna_otel.provisioning.promql import Matcher
from fortuna_otel.provisioning.variables import (
    address,
    data_source,
    interval,
    option,
    query,
    values,
)
from fortuna_otel.signals import health

# What is scraped comes every 5 s: less than 30 s is too short for a rate.
INTERVALS = ("30s", "1m", "5m", "15m", "1h")
DEFAULT_INTERVAL = "1m"


def variables(runbooks: str) -> list[Any]:
    """Build every variable, a parent before its children; the hidden one last.

    Args:
        runbooks: where `/runbooks/<alert>` is found, without a slash at its end.
    """
    senders = "|".join(
        metric.prometheus for metric in (programs.COLLECTOR_UPTIME, health.TELEMETRY_SERIES)
    )
    hosts = f"{{{Matcher('__name__', '=~', senders)}}}"
    services = promql.select(health.TELEMETRY_SERIES, HOSTS)
    shown = (
        data_source(),
        _several("host", values("host_name", hosts)),
        _several("service", values("job", services)),
        interval(INTERVALS, DEFAULT_INTERVAL),
    )
    return [*(variable.build() for variable in shown), address(runbooks)]


def _several(name: str, expr: str) -> Any:
    return (
        query(name, name, expr).multi(True).include_all(True).current(option(["All"], ["$__all"]))
    )
