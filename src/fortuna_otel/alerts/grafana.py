"""Grafana's provisioning files for alerting, from the routing file and the rule files.

Secrets are environment variables of Grafana: `slack-webhook-url` is FORTUNA_SLACK_WEBHOOK_URL.
Its value may be `$__file{/run/secrets/slack-webhook-url}`: Grafana reads the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fortuna_otel.alerts import alertmanager
from fortuna_otel.alerts.causes import FAMILIES
from fortuna_otel.alerts.grafana_rules import TICK, translate
from fortuna_otel.alerts.intervals import time_intervals
from fortuna_otel.alerts.tree import receivers, routes, timing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fortuna_otel.alerts.model import Routing
    from fortuna_otel.alerts.tree import Matcher, Receiver, Route

HEAD: Final = """\
# {what}
# Generated from {source} by `fortuna-otel alerts generate`: changes here are lost.
apiVersion: 1

"""
FOLDERS: Final = {
    "page": "Fortuna pages",
    "ticket": "Fortuna tickets",
    "watchers": "Fortuna watchers",
}
"""Titles are unique in a folder, and an alert's page and its ticket have the same."""


def contact_points(routing: Routing) -> dict[str, Any]:
    """Return who can be told."""
    return {
        "contactPoints": [
            {
                "orgId": 1,
                "name": one.name,
                "receivers": [
                    {"uid": f"fortuna-{one.name}-{kind}"[:40], **_integration(kind, secret)}
                    for kind, secret in one.ways.kinds()
                ],
            }
            for one in _people(routing)
        ]
    }


def _people(routing: Routing) -> list[Receiver]:
    # The heartbeat says that Alertmanager is alive, which Grafana cannot know.
    return [one for one in receivers(routing) if one.resolved]


def variable(secret: str) -> str:
    """Return the environment variable that holds a secret for Grafana."""
    return f"FORTUNA_{secret.upper().replace('-', '_')}"


def _integration(kind: str, secret: str) -> dict[str, Any]:
    held = f"${{{variable(secret)}}}"
    settings: dict[str, Any]
    if kind == "slack":
        settings = {
            "url": held,
            "username": "Fortuna",
            "title": _template("slack.title"),
            "text": _template("grafana.text"),
        }
    elif kind == "pagerduty":
        settings = {
            "integrationKey": held,
            "severity": _template("severity"),
            "class": "{{ .CommonLabels.alertname }}",
            "component": _template("component"),
            "group": _template("group"),
            "summary": _template("line"),
            "source": _template("where"),
            "client": "Fortuna board",
            "client_url": _template("board"),
            "details": {
                "action": _template("grafana.action"),
                "description": _template("grafana.description"),
                "runbook": _template("runbook"),
                "silence": _template("silence"),
                **{name: _template(name) for name in ("since", "owner", "next")},
            },
        }
    else:
        settings = {
            "url": held,
            "httpMethod": "POST",
            "maxAlerts": "100",
            "title": _template("line"),
            "message": _template("slack.text"),
        }
    return {"type": kind, "settings": settings, "disableResolveMessage": False}


def _template(name: str) -> str:
    return f'{{{{ template "fortuna.{name}" . }}}}'


def policies(routing: Routing) -> dict[str, Any]:
    """Return the one tree of policies: routes of people, as in Alertmanager."""
    return {
        "policies": [
            {
                "orgId": 1,
                "receiver": f"{routing.fallback}-page",
                "group_by": ["grafana_folder", "alertname", *routing.grouping.default],
                **_paced(timing(routing, "page")),
                "routes": [_unevaluated(routing), *map(_policy, routes(routing))],
            }
        ]
    }


def _unevaluated(routing: Routing) -> dict[str, Any]:
    """Return where a rule goes that cannot be evaluated: PrometheusDown pages, this explains."""
    return {
        "receiver": f"{routing.fallback}-ticket",
        "object_matchers": [["alertname", "=~", "DatasourceError|DatasourceNoData"]],
        "group_by": ["alertname"],
        **timing(routing, "ticket"),
    }


def _policy(one: Route, parent: str | None = None) -> dict[str, Any]:
    # Unlike Alertmanager, Grafana does not let a route inherit its receiver.
    written: dict[str, Any] = {"receiver": one.receiver or parent}
    if one.matchers:
        written["object_matchers"] = [_matcher(each) for each in one.matchers]
    if one.further:
        written["continue"] = True
    if one.group is not None:
        written["group_by"] = ["grafana_folder", "alertname", *one.group]
    written |= _paced(one.timing)
    if one.mutes:
        written["mute_time_intervals"] = list(one.mutes)
    # A test is Alertmanager's matter.
    below = [
        _policy(each, written["receiver"])
        for each in one.routes
        if each.matchers[0].label != "test"
    ]
    return written | {"routes": below} if below else written


def _paced(timing: dict[str, str]) -> dict[str, str]:
    # Nothing changes between two evaluations.
    slower = {"group_interval": f"{TICK}s"} if timing.get("group_interval") == "1s" else {}
    return timing | slower


def _matcher(one: Matcher) -> list[str]:
    if len(one.values) == 1:
        return [one.label, "=" if one.equal else "!=", one.values[0]]
    return [one.label, "=~" if one.equal else "!~", "|".join(one.values)]


def mute_timings(routing: Routing) -> dict[str, Any]:
    """Return the named intervals."""
    return {"muteTimes": [{"orgId": 1, **interval} for interval in time_intervals(routing)]}


def templates(words: Iterable[str], routing: Routing, runbooks: str) -> dict[str, Any]:
    """Return the templates.

    Args:
        words: the texts of the templates' files.
        routing: what it says.
        runbooks: the definition of the runbooks' address.
    """
    text = "\n".join((*words, alertmanager.templates(routing), runbooks))
    return {"templates": [{"orgId": 1, "name": "fortuna", "template": text}]}


def rules(
    routing: Routing, alerts: Iterable[dict[str, Any]], watchers: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """Return the rule groups: the families, and what always watches the watchers."""
    paused = routing.evaluator == "ruler"
    chosen = [alert for alert in alerts if alert["alert"] in FAMILIES]
    groups = [
        (
            f"fortuna-{severity}",
            FOLDERS[severity],
            TICK if severity == "page" else 6 * TICK,
            [
                translate(alert, paused=paused)
                for alert in chosen
                if alert["labels"]["severity"] == severity
            ],
        )
        for severity in ("page", "ticket")
    ]
    watching = [translate(alert, paused=False, watcher=True) for alert in watchers]
    groups.append(("fortuna-watchers", FOLDERS["watchers"], TICK, watching))
    return {
        "groups": [
            {
                "orgId": 1,
                "name": name,
                "folder": folder,
                "interval": f"{interval}s",
                "rules": written,
            }
            for name, folder, interval, written in groups
            if written
        ]
    }
