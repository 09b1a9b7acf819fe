"""Which hours of the last day were kept? One row an obligation, readable with forty."""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning._grafana import common_models
from fortuna_otel.provisioning._grafana import table as tables
from fortuna_otel.provisioning.panels import cell, head, ranged_rows, transformation
from fortuna_otel.provisioning.promql import CLIENT_MARKET, OBLIGATIONS

# Share of the scheduled time that must have been judged for an uptime to be proof.
PROVEN = 0.95
UNPROVEN = -1
HOUR = 3_600
CORNER = "obligation"
HOURS = r"/^\d+:00$/"


def kept() -> str:
    """Share of the judged time of the hour that ends now in which every term held.

    `UNPROVEN` where little of it could be judged.
    """
    held, judged = _gained("all"), _gained("observed")
    scheduled = f"({HOUR} - ({_gained('unscheduled')} or 0 * {judged}))"
    share = f"clamp_max({held} / ({judged} > 0), 1)"
    hardly = f"{judged} < {PROVEN} * {scheduled}"
    return promql.of_selected_obligations(f"0 * ({hardly}) + {UNPROVEN} or {share}")


def _gained(term: str) -> str:
    # Sums are recorded once a minute and only grow: the least of 61 minutes was the hour's start.
    total = promql.select(recorded.UPTIME_TOTAL_SECONDS, OBLIGATIONS, term=term)
    gained = f"(last_over_time({total}[150s]) - min_over_time({total}[61m]))"
    return promql.by("max", CLIENT_MARKET, gained)


def by_hour() -> str:
    """Give `kept` the name of its obligation, and of its hour by the beginning, in UTC.

    Asked once an hour, at the hour; of one that is not over there is nothing.
    """
    names = ",".join(f'"{label}"' for label in CLIENT_MARKET)
    ending = f"last_over_time(({kept()})[{HOUR}s:{HOUR}s] offset -{HOUR}s)"
    named = f'label_join({ending}, "{CORNER}", " ", {names})'
    # Grafana would name the hour in the browser's time zone.
    hour = 'label_replace(count_values("hour", hour()), "hour", "$1:00", "hour", "(.+)")'
    return promql.by("max", (CORNER, "hour"), f"{named} * on () group_left (hour) {hour}")


def table() -> Any:
    """Build the table: a column an hour, the oldest on the left."""
    shown = f"{CORNER}\\hour"
    return (
        head(
            tables.Panel(),
            "Kept by the hour",
            "Each whole hour of the last day, by its beginning (UTC), one row an obligation: share "
            "of the judged time in which every term held. **?**: less than 95 % of the scheduled "
            "hour could be judged, so that it proves nothing. Account and tag choose which "
            "obligations are shown. Empty: no obligation in the selection promises an uptime, or "
            "no hour is over yet.",
        )
        .time_from("24h")
        .interval("1h")
        .with_target(ranged_rows(by_hour(), "A"))
        .with_transformation(
            transformation("sortBy", fields={}, sort=[{"field": "Time", "desc": False}])
        )
        .with_transformation(
            transformation(
                "groupingToMatrix", columnField="hour", rowField=CORNER, valueField="Value"
            )
        )
        .with_transformation(transformation("organize", renameByName={shown: CORNER}))
        .unit("percentunit")
        .min_width(30)
        .cell_height(common_models.TableCellHeight.SM)
        .override_by_regexp(HOURS, list(_share()))
        .override_by_name(CORNER, [style.width(230)])
        .no_value("no hour is over yet")
    )


def _share() -> tuple[style.Property, ...]:
    return cell(
        style.unit("percentunit", 0),
        style.coloured_cell(),
        style.threshold_properties(
            (None, style.GREY_MUTED), (0, style.BAD), (0.9, style.WARN_MUTED), (PROVEN, style.CLEAR)
        ),
        style.word_properties({UNPROVEN: ("?", style.GREY_MUTED)}),
        style.hidden_when_empty(),
        style.aligned("right"),
        style.width(46),
    )
