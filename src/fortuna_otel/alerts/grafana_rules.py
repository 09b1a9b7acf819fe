"""Prometheus alert rules as Grafana-managed ones (provisioning files, Grafana 10.4 to 13).

A rule is a query, its value (`B`) and a condition that is true wherever the query returns a number,
since a Prometheus alert fires for each series of its expression, 0 included.

What an annotation looks up becomes one more query of the rule (`Q1`, and its value `V1`), where
`grafana_text` finds a way to ask for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from fortuna_otel.alerts.causes import CAUSES, PLACE, Cause
from fortuna_otel.alerts.grafana_text import NOBODY, Lookups, annotation

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE: Final = "prometheus"
"""uid of the data source, as in grafana-provisioning/datasources."""

EXPRESSION: Final = "__expr__"
EVALUATOR: Final = '"evaluator", "grafana", "", ""'
"""A label for every alert. One without any would match every series of every query of its rule, and
take its numbers from them."""

TICK: Final = 10
"""Seconds of Grafana's scheduler; intervals are multiples of it."""

WHOLE: Final = "PrometheusDown"
"""The watcher that fires when Grafana gets no answer; for all others that is no matter."""


def translate(alert: dict[str, Any], *, paused: bool, watcher: bool = False) -> dict[str, Any]:
    """Return one rule.

    Args:
        alert: an alert of a Prometheus rule file.
        paused: whether Grafana leaves it alone.
        watcher: whether it watches Prometheus itself; then no data is an alert of its own.
    """
    lookups = Lookups()
    name, labels = str(alert["alert"]), dict(alert["labels"])
    annotations = {
        key: said
        for key, text in alert["annotations"].items()
        if (said := annotation(str(text), lookups, sentences=key in {"description", "context"}))
    }
    rule = {
        "uid": uid(name, labels["severity"]),
        "title": name,
        "condition": "C",
        "data": [
            _query("A", muted(name, str(labels["severity"]), str(alert["expr"]).strip())),
            _reduced("B", "A"),
            _expression("C", type="math", expression="is_number($B) || is_inf($B)"),
            *(
                one
                for expression, number in lookups.numbers.items()
                for one in (_query(f"Q{number}", expression), _reduced(f"V{number}", f"Q{number}"))
            ),
        ],
        "noDataState": "Alerting" if watcher and name == WHOLE else "OK",
        # An error of one rule must not look like all well; grafana.policies makes one ticket of it.
        "execErrState": "Alerting" if watcher and name == WHOLE else "Error",
        "for": alert.get("for", "0s"),
    }
    if kept := alert.get("keep_firing_for"):
        rule["keepFiringFor"] = kept
    return rule | {"annotations": annotations, "labels": labels, "isPaused": paused}


def uid(name: str, severity: str) -> str:
    """Return a rule's uid, at most 40 characters."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
    return f"fortuna-{words}-{severity}"


def muted(name: str, severity: str, expression: str) -> str:
    """Return an alert's expression without what a cause explains, and never without any result.

    Causes are looked up among the ruler's alerts: it evaluates its rules whoever sends them.
    """
    unless = [_unless(cause.equal, _causing(cause)) for cause in CAUSES if name in cause.targets]
    if severity == "ticket":
        place = tuple(label for label in PLACE if label != "alertname")
        unless.append(_unless(place, f'alertname="{name}",severity="page"'))
    told = "\n".join((f"({expression})", *unless))
    return f"label_replace(\n{told},\n{EVALUATOR}\n)\nor {NOBODY}"


def _causing(cause: Cause) -> str:
    where = ',{}=~"{}"'.format(*cause.where) if cause.where else ""
    return f'alertname=~"{"|".join(cause.sources)}"{where}'


def _unless(equal: Iterable[str], which: str) -> str:
    return f'unless on ({", ".join(equal)}) ALERTS{{{which},alertstate="firing"}}'


def _query(ref: str, expression: str) -> dict[str, Any]:
    return {
        "refId": ref,
        "relativeTimeRange": {"from": 600, "to": 0},
        "datasourceUid": SOURCE,
        "model": {
            "refId": ref,
            "expr": expression,
            "instant": True,
            "range": False,
            "intervalMs": 1000,
            "maxDataPoints": 43_200,
        },
    }


def _reduced(ref: str, of: str) -> dict[str, Any]:
    return _expression(ref, type="reduce", reducer="last", expression=of)


def _expression(ref: str, **model: str) -> dict[str, Any]:
    return {
        "refId": ref,
        "datasourceUid": EXPRESSION,
        "model": {
            "refId": ref,
            "datasource": {"type": EXPRESSION, "uid": EXPRESSION},
            **model,
        },
    }
