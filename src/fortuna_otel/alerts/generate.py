"""Every file that is written from the routing file, and where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from fortuna_otel.alerts import alertmanager, grafana
from fortuna_otel.alerts.reader import RoutingError, load
from fortuna_otel.mandates.source import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from fortuna_otel.alerts.model import Routing

SHARED: Final = ("fortuna.tmpl", "slack.tmpl", "grafana/links.tmpl")
"""Templates that Grafana understands: the shared ones, and its own."""

PROVISIONING: Final = "grafana-provisioning/alerting"


@dataclass(frozen=True, slots=True)
class Project:
    """Where a routing file stands and what stands around it.

    Attributes:
        routing: the file, `alerting/routing.yaml` of the project.
    """

    routing: Path

    @property
    def alerting(self) -> Path:
        """The folder of rules and templates."""
        return self.routing.parent

    @property
    def root(self) -> Path:
        """The folder that holds `alerting` and `grafana-provisioning`."""
        return self.alerting.parent

    def rules(self) -> list[dict[str, Any]]:
        """Return the alerts of every rule file.

        Raises:
            RoutingError: one cannot be read.
        """
        return [
            alert
            for path in sorted((self.alerting / "rules").glob("*.yaml"))
            for alert in _alerts(path)
        ]

    def watchers(self) -> list[dict[str, Any]]:
        """Return the rules that Grafana always evaluates; none without their file.

        Raises:
            RoutingError: it cannot be read.
        """
        path = self.alerting / "watchers.yaml"
        return _alerts(path) if path.is_file() else []

    def load(self) -> Routing:
        """Return the routing file, checked against the rules.

        Raises:
            RoutingError: something is wrong with it.
        """
        return load(self.routing, self.rules())

    def generated(self) -> dict[Path, str]:
        """Return every generated file with its content.

        Raises:
            RoutingError: something is wrong with the routing file, the rules or the templates.
        """
        rules = self.rules()
        routing = load(self.routing, rules)
        source = self.routing.relative_to(self.root).as_posix()
        folder = self.root / PROVISIONING
        words = [_text(self.alerting / "templates" / name) for name in SHARED]
        links = _text(self.alerting / "templates" / "links.tmpl")
        address = re.search(r'\{\{ define "fortuna\.address\.runbooks".*', links)
        found = {
            "contact-points": ("Who can be told by Grafana.", grafana.contact_points(routing)),
            "policies": ("Who is told of what by Grafana.", grafana.policies(routing)),
            "mute-timings": ("When somebody is not told.", grafana.mute_timings(routing)),
            "templates": (
                "The words of Grafana's notifications.",
                grafana.templates(words, routing, address[0] if address else ""),
            ),
            "rules": (
                "What Grafana evaluates: the families, paused while the ruler does, and watchers.",
                grafana.rules(routing, rules, self.watchers()),
            ),
        }
        return {
            self.alerting / "alertmanager.yml": alertmanager.render(routing, source),
            self.alerting / "templates" / "routing.tmpl": alertmanager.templates(routing),
            **{
                folder / f"{name}.yaml": grafana.HEAD.format(what=what, source=source)
                + alertmanager.dump(document)
                for name, (what, document) in found.items()
            },
        }


class _Loader(yaml.SafeLoader):
    """YAML as Prometheus reads it: an anchor may be set again."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Return the next node; an anchor is what it was set to last."""
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if not isinstance(event, yaml.AliasEvent):
            self.anchors.pop(getattr(event, "anchor", None), None)
        return super().compose_node(parent, index)


def _alerts(path: Path) -> list[dict[str, Any]]:
    try:
        document = yaml.load(_text(path), Loader=_Loader)  # noqa: S506 - a safe one
        return [rule for group in document["groups"] for rule in group["rules"] if "alert" in rule]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        what = f"is no rule file: {' '.join(str(error).split())}"
        raise RoutingError([Problem(str(path), 0, "", what, "run promtool check rules")]) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        what = f"cannot be read: {error.strerror or error}"
        raise RoutingError([Problem(str(path), 0, "", what)]) from None
