"""The PromQL idioms of the pipeline board, beside those of the desk's (`provisioning.promql`).

What is scraped comes every 5 s: a rate needs a window of 30 s at least, the smallest `$interval`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning.promql import Matcher

if TYPE_CHECKING:
    from fortuna_otel.provisioning.promql import Keys, Scope
    from fortuna_otel.signals import Signal
    from fortuna_otel.signals.spec import Recorded

HOSTS: Final[Scope] = (Matcher("host_name", "=~", "$host"),)
SERVICES: Final[Scope] = (*HOSTS, Matcher("job", "=~", "$service"))
PROCESS: Final[Keys] = ("job", "instance", "host_name")
WINDOW: Final = "$interval"
STEP: Final = "$__interval"
# As long as the alerts about losses look back, so that a tile and its page agree.
RECENT: Final = "5m"


def rate(metric: Signal, keys: Keys, scope: Scope = (), window: str = WINDOW, **labels: str) -> str:
    """Count per second, the average of a window."""
    promql.check_labels(metric, keys)
    return promql.by("sum", keys, f"rate({promql.select(metric, scope, **labels)}[{window}])")


def gained(metric: Signal, keys: Keys, window: str, scope: Scope = (), **labels: str) -> str:
    """Count what a counter gained that first appears with its first event.

    `increase` counts from the first sample there is, and would call the first failure none.
    """
    promql.check_labels(metric, keys)
    chosen = promql.select(metric, scope, **labels)
    new = (
        f"last_over_time({chosen}[{window}]) "
        f"unless last_over_time({chosen}[{window}] offset {window})"
    )
    return promql.by("sum", keys, f"({new}) or increase({chosen}[{window}])")


def mean(histogram: Signal, keys: Keys, scope: Scope = (), window: str = WINDOW) -> str:
    """Average what a histogram took down, where its buckets are too wide for a quantile."""
    promql.check_labels(histogram, keys)
    matchers = f"{{{','.join(map(str, scope))}}}" if scope else ""
    summed, counted = (
        promql.by("sum", keys, f"rate({histogram.prometheus}_{part}{matchers}[{window}])")
        for part in ("sum", "count")
    )
    return f"{summed} / ({counted} > 0)"


def heard(expr: str, known: str) -> str:
    """Show zero where somebody is known that could say otherwise, and nothing where nobody is."""
    return f"{expr} or 0 * count({known})"


def named(expr: str, label: str, value: str) -> str:
    """Tell apart what has no label that would."""
    return f'label_replace({expr}, "{label}", "{value}", "", "")'


def allowed(metric: Recorded, alert: str, severity: str) -> str:
    """Read what an alert allows by the mandates file: a panel draws what its alert takes."""
    return f"max({promql.select(metric, alert=alert, severity=severity)})"
