"""Are the rules evaluated in time? Every group against how often it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import BAR, Column, Placed, Section, cell, grid
from fortuna_otel.provisioning.pipeline import programs
from fortuna_otel.provisioning.pipeline.frame import curves, events, limit, number
from fortuna_otel.provisioning.pipeline.idioms import STEP, WINDOW, allowed

if TYPE_CHECKING:
    from fortuna_otel.signals import Signal

GROUP = ("job", "group")
# As RuleEvaluationFailing judges it.
MISSED_WINDOW = "2m"
_WHO = "Groups of Prometheus and, where it is scraped, of Mimir's ruler. No variable applies."


def missed_share(window: str = MISSED_WINDOW) -> str:
    """Share of a group's evaluations that were skipped."""
    missed = _either(_increase, programs.GROUP_MISSED, programs.MIMIR_GROUP_MISSED, window)
    due = _either(_increase, programs.GROUP_ITERATIONS, programs.MIMIR_GROUP_ITERATIONS, window)
    return f"({missed}) / ({due} > 0)"


def failed(window: str) -> str:
    """Rules whose expression failed, by group."""
    return _either(_increase, programs.RULES_FAILED, programs.MIMIR_RULES_FAILED, window)


def duration() -> str:
    """Seconds that each group's last evaluation took."""
    return _either(_gauge, programs.GROUP_DURATION, programs.MIMIR_GROUP_DURATION)


def interval() -> str:
    """Seconds between two evaluations of each group."""
    return _either(_gauge, programs.GROUP_INTERVAL, programs.MIMIR_GROUP_INTERVAL)


def share() -> str:
    """How much of its interval each group takes."""
    return f"({duration()}) / ({interval()})"


def paging() -> str:
    """Seconds that each group takes which may page: those that are due every second."""
    return f"({duration()}) and on ({','.join(GROUP)}) (({interval()}) <= 1)"


def section() -> Section:
    """Build the section."""
    return Section(
        "Rules",
        (
            Placed(_groups(), 0, 0, 14, 16),
            Placed(_longest(), 14, 0, 10, 8),
            Placed(_missed(), 14, 8, 10, 8),
            Placed(_failed(), 0, 16, 14, 7),
            Placed(_work(), 14, 16, 10, 7),
        ),
    )


def _groups() -> Any:
    evaluated = _either(_gauge, programs.GROUP_EVALUATED, programs.MIMIR_GROUP_EVALUATED)
    return watched(
        grid(
            "Rule groups",
            "Every group of rules, the one nearest to its limit first. **every**: how often it is "
            "due. **took**: its last evaluation. **share**: took ÷ every; above 100 % evaluations "
            "are missed. **missed**: share of those due within 2 min. **failed**: rules whose "
            f"expression failed within 5 min. **last**: time since it was evaluated. {_WHO} "
            "Empty: Prometheus does not scrape itself.",
            keys={"job": "server", "group": "group"},
            columns=(
                Column(
                    "every",
                    interval(),
                    number(unit="s"),
                ),
                Column(
                    "rules",
                    _either(_gauge, programs.GROUP_RULES, programs.MIMIR_GROUP_RULES),
                    number(unit="none"),
                ),
                Column("took", duration(), number(unit="s")),
                Column(
                    "share",
                    share(),
                    number((0.5, style.WARN), (1, style.ASK), unit="percentunit", decimals=0),
                ),
                Column(
                    "missed",
                    missed_share(),
                    number((0.001, style.WARN), (0.5, style.ASK), unit="percentunit", decimals=0),
                ),
                Column("failed", failed("5m"), number((0.5, style.ASK), unit="none", decimals=0)),
                Column(
                    "last",
                    f"(time() - ({evaluated}))",
                    number((60, style.WARN), (120, style.ASK), unit="s", decimals=0),
                ),
            ),
            sort=(("share", True),),
            key_properties={"server": cell(style.width(100)), "group": cell(style.width(200))},
            empty="Prometheus does not scrape itself",
        ),
        "RuleEvaluationFailing",
    )


def _longest() -> Any:
    longest = _either(_peak, programs.GROUP_DURATION, programs.MIMIR_GROUP_DURATION)
    panel = curves(
        "Groups nearest to their limit",
        "Longest evaluation within $interval ÷ interval, of the groups that take more than a tenth "
        f"of theirs. Dashed: from here evaluations are missed, and every page is late. {_WHO} "
        "Empty: none takes as much, or Prometheus does not scrape itself.",
        (f"({longest}) / ({interval()}) > 0.1", "{{job}} {{group}}"),
        many=True,
    ).unit("percentunit")
    return watched(limit(panel, "vector(1)", "whole interval"), "RuleEvaluationFailing")


def _missed() -> Any:
    panel = curves(
        "Evaluations missed, by group",
        "Share of the evaluations due within 2 min that were skipped, because the one before was "
        f"not over; groups that missed any. Dashed: RuleEvaluationFailing pages. {_WHO} Empty: "
        "none was missed, or Prometheus does not scrape itself.",
        (f"({missed_share()}) > 0", "{{job}} {{group}}"),
    ).unit("percentunit")
    page = allowed(recorded.DESK_TOLERANCE_RATIO, "RuleEvaluationFailing", "page")
    return watched(limit(panel, page, "allowed"), "RuleEvaluationFailing")


def _failed() -> Any:
    return watched(
        events(
            "Evaluations failed, by group",
            "Rules whose expression failed, by group: their alerts cannot fire. The page `/rules` "
            f"of Prometheus says why.{BAR} {_WHO} Empty: none failed, or Prometheus does not "
            "scrape itself.",
            (f"({failed(STEP)}) > 0", "{{job}} {{group}}"),
        ),
        "RuleEvaluationFailing",
    )


def _work() -> Any:
    return curves(
        "Cores that rules keep busy",
        "Sum over all groups of what each takes of its interval: about the processors that "
        f"evaluation keeps busy, waiting included. {_WHO} Empty: Prometheus does not scrape "
        "itself.",
        (f"sum by (job) ({share()})", "{{job}}"),
    ).unit("none")


def _either(read: Any, prometheus: Signal, mimir: Signal, *window: str) -> str:
    """Read the same of whichever server evaluates rules; the job tells them apart."""
    return f"{read(prometheus, *window)} or {read(mimir, *window)}"


def _gauge(metric: Signal) -> str:
    return _by_group("max", promql.live(metric, ("job", "rule_group")))


def _peak(metric: Signal) -> str:
    highest = f"max_over_time({metric.prometheus}[{WINDOW}])"
    return _by_group("max", promql.by("max", ("job", "rule_group"), highest))


def _increase(metric: Signal, window: str) -> str:
    return _by_group("sum", promql.increase(metric, ("job", "rule_group"), window))


def _by_group(aggregator: str, expr: str) -> str:
    """Name a group as its rule file does: the store puts the file's path in front."""
    bare = f'label_replace({expr}, "group", "$1", "rule_group", ".*;(.*)")'
    return promql.by(aggregator, GROUP, bare)
