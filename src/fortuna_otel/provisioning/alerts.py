"""Firing alerts on the board: counted, listed with their runbooks, marked where they began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning._grafana import dashboard, dashboard_models
from fortuna_otel.provisioning.panels import (
    DATASOURCE,
    Column,
    cell,
    grid,
    linked,
    select_obligation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

# The trailing | keeps alerts that belong to no client.
SELECTED = 'client=~"$client|"'
PLATFORM = 'owner="platform"'
# Tickets and some pages (LoanExpiry, UptimeAtRisk) are evaluated every 15 s, longer than the stores
# look back.
SLOW_WINDOW = "20s"
RUNBOOKS: Final = "${runbooks}/runbooks"
# Every label that tells alerts of one name and severity apart.
LABELS: Final[promql.Keys] = (
    *("client", "venue", "symbol", "account", "tag", "asset", "capital", "currency", "window"),
    *("lender", "provider", "reason", "scope", "exporter", "integration"),
    *("job", "instance", "host_name"),
)
# An alert about every exchange or symbol names none: a link must then say All, not nothing.
EVERY: Final = "All"
SILENT: Final = "silent: no rule is evaluated"


def firing(matchers: str, severity: str = "page|ticket") -> str:
    """Alerts that fire now; one that is over leaves within 20 s."""
    chosen = f'alertstate="firing",severity=~"{severity}",{matchers}'
    return f"last_over_time(ALERTS{{{chosen}}}[{SLOW_WINDOW}])"


def pages(matchers: str) -> str:
    """Those of them that page."""
    return firing(matchers, "page")


def lasting(matchers: str) -> str:
    """Seconds since what each firing alert complains of began."""
    since = f"last_over_time(ALERTS_FOR_STATE{{{matchers}}}[{SLOW_WINDOW}])"
    return f"(time() - ({since} and ignoring (alertstate) {firing(matchers)}))"


def watchdog() -> str:
    """The alert that always fires: while it does, no other one is no news."""
    return 'ALERTS{alertname="Watchdog",alertstate="firing"}'


def began(severity: str, matchers: str = SELECTED) -> str:
    """Unix time at which what a firing alert complains of began, wherever it fired in the range."""
    chosen = f'severity="{severity}",{matchers}'
    active = f"max_over_time(ALERTS_FOR_STATE{{{chosen}}}[$__interval])"
    fires = f'max_over_time(ALERTS{{alertstate="firing",{chosen}}}[$__interval])'
    return f"({active} and ignoring (alertstate) {fires})"


def in_words(*names: str) -> str:
    """Name the runbooks of what watches a tile: an icon would leave no room for its title."""
    return "".join(f" [Runbook {name}]({RUNBOOKS}/{name})" for name in names)


def watched(panel: Any, *names: str) -> Any:
    """Link a panel to the runbook of each alert that watches the same."""
    return panel.links(
        [
            dashboard.DashboardLink(f"Runbook {name}")
            .type(dashboard_models.DashboardLinkType.LINK)
            .url(f"{RUNBOOKS}/{name}")
            .target_blank(True)
            for name in names
        ]
    )


def table(
    title: str, description: str, matchers: str, *, columns: Mapping[str, str], empty: str
) -> Any:
    """List what fires now, one row an alert: pages first, then the newest first.

    Args:
        title: the panel's title.
        description: whose alerts these are; what every such table says is added.
        matchers: which alerts.
        columns: labels that have a column of their own, and its title. All others are joined in
            the column `about`.
        empty: what the table says while rules are evaluated and nothing fires.
    """
    keys = {"alertname": "alert", "severity": "severity", **columns, "about": "about"}
    looks = {
        "alert": cell(
            linked("runbook", f"{RUNBOOKS}/${{__data.fields.alert}}", elsewhere=True),
            style.width(150),
        ),
        "severity": cell(
            style.word_properties({"page": ("page", style.ASK), "ticket": ("ticket", style.WARN)}),
            style.coloured_text(),
            style.width(70),
        ),
    }
    if "client" in columns:
        every = style.word_properties({EVERY: (EVERY, style.GREY)})
        quiet = (every, style.coloured_text(), style.fixed(style.TEXT))
        looks |= {
            "client": cell(select_obligation(), style.width(80)),
            "exchange": cell(*quiet, style.width(80)),
            "symbol": cell(*quiet, style.width(100)),
        }
    return grid(
        title,
        f"{description} **about**: what else it names. **for**: since what it complains of began. "
        "An alert that is over leaves within 20 s. Click an alert for its runbook. A row of the "
        "Watchdog says that no rule is evaluated: then silence means nothing. Empty: rules are "
        "evaluated and nothing fires.",
        keys=keys,
        columns=(Column("for", _rows(matchers, columns), _seconds()),),
        sort=(("severity", False), ("for", False)),
        key_properties=looks,
        empty=empty,
    )


def _rows(matchers: str, columns: Mapping[str, str]) -> str:
    others = ",".join(f'"{label}"' for label in LABELS if label not in columns)
    joined = f'label_join({lasting(matchers)}, "about", " ", {others})'
    # What an alert does not name left a space.
    told = f'label_replace({joined}, "about", "$1", "about", " *(.*?) *")'
    # No number can be said of it.
    silent = f'label_replace(absent({watchdog()}) * NaN, "about", "{SILENT}", "", "")'
    rows = f"{told} or {silent}"
    for label in ("venue", "symbol"):
        if label in columns:
            rows = f'label_replace({rows}, "{label}", "{EVERY}", "{label}", "")'
    return promql.by("max", ("alertname", "severity", *columns, "about"), rows)


def _seconds() -> tuple[style.Property, ...]:
    return cell(style.unit("s", 0), style.missing_property(" ", nan=True), style.width(70))


def annotation(
    name: str, severity: str, colour: str, *, shown: bool, matchers: str = SELECTED
) -> Any:
    """Mark when what an alert complains of began.

    Marking it as a region needs a step that suits every time range, and a long alert would tint
    every panel. The value of ALERTS_FOR_STATE is the beginning itself.
    """
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(shown)
        .icon_color(colour)
        .expr(f"1000 * {began(severity, matchers)}")
        .use_value_for_time(True)
        .step("5s")
        .title_format("{{alertname}}")
        .text_format("{{client}} {{venue}} {{symbol}} {{asset}} {{job}}")
        .tag_keys("severity")
    )
