"""Alertmanager's configuration, from the routing file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import yaml

from fortuna_otel.alerts.causes import CAUSES, PLACE
from fortuna_otel.alerts.intervals import time_intervals
from fortuna_otel.alerts.tree import ELSEWHERE, Matcher, Route, elsewhere, receivers, routes, timing

if TYPE_CHECKING:
    from fortuna_otel.alerts.model import Routing
    from fortuna_otel.alerts.tree import Receiver

HEAD: Final = """\
# Who hears of what, when. Generated from {source} by `fortuna-otel alerts generate`:
# changes here are lost. Alertmanager >= 0.31; it reads no environment variables.
#
#   alertmanager --config.file=alerting/alertmanager.yml --cluster.listen-address= \\
#     --enable-feature=receiver-name-in-metrics
#
# Secrets are files, one value each, read at every notification (rotating one needs no restart).
# Paths are relative to the directory Alertmanager is started in. A receiver whose file is missing
# logs an error, and the others of the same page are told: `fortuna-otel alerts test-fire` finds it.
# docs/alerting.md says how a page travels; links get their addresses from templates/links.tmpl.
"""

SLACK_FIELDS: Final = ("Where", "Since", "Owner", "Next")
LINKS: Final = {"Board": "board", "Runbook": "runbook", "Silence": "silence"}


def render(routing: Routing, source: str) -> str:
    """Return the configuration file.

    Args:
        routing: what it says.
        source: name of the routing file, for the header.
    """
    inhibit = "".join(f"  # {why}\n{_indented(dump([rule]), 2)}" for why, rule in inhibit_rules())
    parts = [
        HEAD.format(source=source),
        dump(
            {
                # Alerts carry their own end; this is for a sender that does not say when.
                "global": {"resolve_timeout": "5m"},
                "templates": ["templates/*.tmpl"],
            }
        ),
        _commented(dump({"route": route(routing)})),
    ]
    if intervals := time_intervals(routing):
        parts.append(dump({"time_intervals": intervals}))
    parts.append(
        "# Causes mute symptoms. A label missing on both sides counts as equal, so `equal` lists\n"
        "# only labels that the source always has; a test alert mutes nothing.\n"
        f"inhibit_rules:\n{inhibit}"
    )
    parts.append(dump({"receivers": told(routing)}))
    return "\n".join(parts)


def route(routing: Routing) -> dict[str, Any]:
    """Return the tree of routes."""
    heartbeat = Route(
        "The dead man's switch: to the outside, for ever. Nothing else goes there.",
        "heartbeat",
        (Matcher("alertname", ("Watchdog",)),),
        group=(),
        # A repeat goes out when the group is next looked at. Looked at only when it is due, it is
        # found a moment too young each time, and goes out half as often.
        timing={"group_interval": "1s", "repeat_interval": routing.heartbeat.every},
    )
    dropped = [
        Route(
            "Evaluated and sent by Grafana; a test still goes through here.",
            ELSEWHERE,
            (Matcher("alertname", elsewhere(routing)), Matcher("test", ("",))),
        )
    ]
    return {
        "receiver": f"{routing.fallback}-page",
        "group_by": _group(routing.grouping.default),
        **timing(routing, "page"),
        "routes": [
            _route(one)
            for one in (heartbeat, *(dropped if elsewhere(routing) else ()), *routes(routing))
        ],
    }


def _route(one: Route) -> dict[str, Any]:
    written: dict[str, Any] = {"why": one.why} if one.why else {}
    if one.receiver:
        written["receiver"] = one.receiver
    if one.matchers:
        written["matchers"] = [matcher(each) for each in one.matchers]
    if one.further:
        written["continue"] = True
    if one.group is not None:
        written["group_by"] = _group(one.group)
    written |= one.timing
    if one.mutes:
        written["mute_time_intervals"] = list(one.mutes)
    if one.routes:
        written["routes"] = [_route(each) for each in one.routes]
    return written


def _group(labels: tuple[str, ...]) -> list[str]:
    # A test never joins an incident.
    return ["alertname", "test", *labels]


def matcher(one: Matcher) -> str:
    """Return a matcher as Alertmanager reads it."""
    if len(one.values) == 1:
        return f'{one.label}{"=" if one.equal else "!="}"{one.values[0]}"'
    values = "|".join(re.escape(value).replace("\\-", "-") for value in one.values)
    return f'{one.label}{"=~" if one.equal else "!~"}"{values}"'.replace("\\", "\\\\")


def inhibit_rules() -> list[tuple[str, dict[str, Any]]]:
    """Return each inhibition with its reason."""
    rules = []
    for cause in CAUSES:
        source = [matcher(Matcher("alertname", cause.sources))]
        if cause.where:
            label, pattern = cause.where
            source.append(f'{label}=~"{pattern}"')
        rule: dict[str, Any] = {
            "source_matchers": [*source, 'test=""'],
            "target_matchers": [matcher(Matcher("alertname", cause.targets))],
        }
        if cause.equal:
            rule["equal"] = list(cause.equal)
        rules.append((cause.why, rule))
    page = {
        "source_matchers": ['severity="page"', 'test=""'],
        "target_matchers": ['severity="ticket"'],
        "equal": list(PLACE),
    }
    return [*rules, ("A page mutes the ticket about the same thing.", page)]


def told(routing: Routing) -> list[dict[str, Any]]:
    """Return the receivers."""
    found = [_receiver(one) for one in receivers(routing)]
    return [*found, {"name": ELSEWHERE}] if elsewhere(routing) else found


def _receiver(one: Receiver) -> dict[str, Any]:
    written: dict[str, Any] = {"name": one.name}
    if one.ways.slack:
        written["slack_configs"] = [slack(one.ways.slack)]
    if one.ways.pagerduty:
        written["pagerduty_configs"] = [pagerduty(one.ways.pagerduty)]
    if one.ways.webhook:
        written["webhook_configs"] = [
            {
                "url_file": f"secrets/{one.ways.webhook}",
                "send_resolved": one.resolved,
                "max_alerts": 100 if one.resolved else 1,
            }
        ]
    return written


def slack(secret: str) -> dict[str, Any]:
    """Return a message in a Slack channel."""
    return {
        "api_url_file": f"secrets/{secret}",
        "send_resolved": True,
        "username": "Fortuna",
        "color": _template("slack.color"),
        "fallback": _template("line"),
        "title": _template("slack.title"),
        "title_link": _template("board"),
        "text": _template("slack.text"),
        "footer": _template("slack.footer"),
        "mrkdwn_in": ["text"],
        "short_fields": True,
        "fields": [{"title": title, "value": _template(title.lower())} for title in SLACK_FIELDS],
        "actions": [
            {"type": "button", "text": text, "url": _template(name)} for text, name in LINKS.items()
        ],
    }


def pagerduty(secret: str) -> dict[str, Any]:
    """Return a PagerDuty event (Events v2); Alertmanager's dedup key is a hash of the group."""
    own = ("action", "context", "description", "firing", "resolved")
    return {
        "url": "https://events.pagerduty.com/v2/enqueue",
        "routing_key_file": f"secrets/{secret}",
        "send_resolved": True,
        "description": _template("line"),
        "severity": _template("severity"),
        "class": "{{ .CommonLabels.alertname }}",
        "component": _template("component"),
        "group": _template("group"),
        "source": _template("where"),
        "client": "Fortuna board",
        "client_url": _template("board"),
        "links": [{"text": text, "href": _template(name)} for text, name in LINKS.items()],
        # Alertmanager would add the last four as raw JSON.
        "details": {name: _template(name) for name in ("where", "since", "owner", "next")}
        | {name: _template(f"pagerduty.{name}") for name in own}
        | {
            "num_firing": "{{ .Alerts.Firing | len }}",
            "num_resolved": "{{ .Alerts.Resolved | len }}",
        },
    }


def templates(routing: Routing) -> str:
    """Return the words that depend on the routing file: who is called next, and when."""
    told = (
        '{{ if eq .Status "resolved" }}nothing: it is over'
        '{{ else if eq .CommonLabels.severity "ticket" }}nobody is called'
    )
    if routing.escalation:
        names = "|".join(routing.escalation.alerts)
        told += (
            f'{{{{ else if match "^({names})$" .CommonLabels.alertname }}}}second trader called'
            " too, head of trading after 10 min"
        )
    return (
        "{{/* Generated from alerting/routing.yaml by `fortuna-otel alerts generate`. */}}\n"
        '{{ define "fortuna.next" -}}\n'
        f"{told}{{{{ else }}}}second trader after 5 min, head of trading after 10{{{{ end }}}}\n"
        "{{- end }}\n"
    )


def _template(name: str) -> str:
    return f'{{{{ template "fortuna.{name}" . }}}}'


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: lists of words in one line, no anchors."""

    def ignore_aliases(self, _: Any) -> bool:
        """Write everything out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Indent lists below their key."""
        super().increase_indent(flow, indentless=False)


def _sequence(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    flow = all(isinstance(item, str) for item in items) or all(
        isinstance(item, dict) and len(item) <= 3 and all(isinstance(v, str) for v in item.values())
        for item in items
    )
    node = dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=False)
    if flow and all(isinstance(item, str) for item in items):
        node.flow_style = True
    elif flow:
        for item in node.value:
            item.flow_style = True
    return node


def _string(dumper: _Dumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(list, _sequence)
_Dumper.add_representer(str, _string)


def dump(document: Any) -> str:
    """Return YAML as people write it."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=4096)


def _commented(text: str) -> str:
    """Turn each route's `why` into a comment above it."""
    return re.sub(
        r"^( *)- why: (.*)\n\1  (.*)$",
        lambda found: (
            f"{found[1]}# {found[2].strip(chr(39)).replace(chr(39) * 2, chr(39))}\n"
            f"{found[1]}- {found[3]}"
        ),
        text,
        flags=re.MULTILINE,
    )


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())
