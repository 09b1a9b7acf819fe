"""The store, Prometheus or Mimir: what it takes, what it holds, how fast it answers."""

from __future__ import annotations

from typing import Any

from fortuna_otel.provisioning import promql
from fortuna_otel.provisioning.alerts import watched
from fortuna_otel.provisioning.panels import BAR, Placed, Section
from fortuna_otel.provisioning.pipeline import programs
from fortuna_otel.provisioning.pipeline.frame import curves, events, limit
from fortuna_otel.provisioning.pipeline.idioms import STEP, gained, mean, named, rate

JOB = ("job",)
# The goals of docs/series-budget.md.
GOAL_SAMPLES = 60_000
BUDGET_SERIES = 132_132
SERVERS = " `prometheus` and `mimir` are told apart by their job. No variable applies."


def stored(keys: promql.Keys = JOB) -> str:
    """Samples a second that each store took."""
    return f"{rate(programs.STORED, keys)} or {rate(programs.MIMIR_STORED, keys)}"


def section() -> Section:
    """Build the section."""
    return Section(
        "Store",
        (
            Placed(_samples(), 0, 0, 12, 8),
            Placed(_series(), 12, 0, 12, 8),
            Placed(_out_of_order(), 0, 8, 12, 8),
            Placed(_refused(), 12, 8, 12, 8),
            Placed(_pushes(), 0, 16, 12, 8),
            Placed(_queries(), 12, 16, 12, 8),
            Placed(_disk(), 0, 24, 12, 8),
            Placed(_failures(), 12, 24, 12, 8),
        ),
    )


def _samples() -> Any:
    panel = curves(
        "Samples stored",
        "Samples a second each store took, over $interval; what the critical and the durable "
        "path both bring counts once. Dashed: the goal for a desk of 400 books, without what is "
        "recorded." + SERVERS + " Empty: no store is scraped.",
        (stored(), "{{job}}"),
    ).unit("cps")
    return limit(panel, f"vector({GOAL_SAMPLES})", "goal, 400 books")


def _series() -> Any:
    held = f"{promql.live(programs.SERIES, JOB)} or {promql.live(programs.MIMIR_SERIES, JOB)}"
    panel = curves(
        "Series held",
        "Series of the last two or three hours in each store, ended ones and recorded ones too. "
        "It climbs with each deploy and falls when a block is written. Dashed: what services of "
        "a desk of 400 books send, watchers included." + SERVERS + " Empty: no store is scraped.",
        (held, "{{job}}"),
    ).unit("short")
    return limit(panel, f"vector({BUDGET_SERIES})", "budget, 400 books")


def _out_of_order() -> Any:
    late = f"{rate(programs.OUT_OF_ORDER, JOB)} or {rate(programs.MIMIR_OUT_OF_ORDER, JOB)}"
    return curves(
        "Samples out of order",
        "Samples a second stored behind a later one of their series, over $interval: what a "
        "Collector or a service kept through an outage and delivers now. Every query merges them; "
        "none is lost within 3 h." + SERVERS + " Empty: no store is scraped.",
        (late, "{{job}}"),
    ).unit("cps")


def _refused() -> Any:
    old = promql.increase(programs.TOO_OLD, JOB, STEP)
    discarded = gained(programs.MIMIR_DISCARDED, ("job", "reason"), STEP)
    return watched(
        events(
            "Samples refused",
            "Samples that a store did not take: older than its 3 h, or for what Mimir names. "
            "Prometheus refuses the rest of their request with them, and the Collector gives it "
            "up." + BAR + SERVERS + " Empty: no store is scraped.",
            (old, "{{job}} too old"),
            (discarded, "{{job}} {{reason}}"),
        ),
        "CollectorDropping",
    )


def _pushes() -> Any:
    return _durations(
        "Time of a push",
        "How long each store works on a request of a Collector, on average over $interval "
        "(Prometheus' own buckets begin at 0.1 s, too wide for a quantile)." + SERVERS + " Empty: "
        "nothing was pushed within $interval, or no store is scraped.",
        handlers="/api/v1/otlp/v1/metrics",
        routes="otlp_v1_metrics",
    )


def _queries() -> Any:
    return _durations(
        "Time of a query",
        "How long each store works on a query of boards and tools (not of rules), on average over "
        "$interval. The trader's board is refreshed every 5 s." + SERVERS + " Empty: nobody asked "
        "within $interval, or no store is scraped.",
        handlers="/api/v1/query|/api/v1/query_range",
        routes="prometheus_api_v1_query|prometheus_api_v1_query_range",
    )


def _durations(title: str, description: str, *, handlers: str, routes: str) -> Any:
    asked = (promql.Matcher("handler", "=~", handlers),)
    prometheus = mean(programs.HTTP_DURATION, ("job", "handler"), asked)
    asked = (promql.Matcher("route", "=~", routes),)
    mimir = mean(programs.MIMIR_HTTP_DURATION, ("job", "route"), asked)
    return curves(
        title, description, (prometheus, "{{job}} {{handler}}"), (mimir, "{{job}} {{route}}")
    ).unit("s")


def _disk() -> Any:
    parts = (
        (programs.BLOCKS_SIZE, "blocks"),
        (programs.WAL_SIZE, "log"),
        (programs.WBL_SIZE, "log of late samples"),
        (programs.MIMIR_BLOCKS_SIZE, "blocks"),
    )
    return curves(
        "Disk",
        "What each store has on its disk: finished blocks, and the write-ahead logs it reads "
        "again after a crash. Prometheus drops its oldest day at 70 % of the volume."
        + SERVERS
        + " Empty: no store is scraped.",
        *(
            (named(promql.by("sum", JOB, promql.live(metric, _each(metric))), "part", part), _PART)
            for metric, part in parts
        ),
    ).unit("bytes")


_PART = "{{job}} {{part}}"


def _each(metric: Any) -> promql.Keys:
    """Name what makes one series: a tenant's blocks are its own."""
    return ("job", "instance", *metric.attributes)


def _failures() -> Any:
    kinds = (
        (programs.WAL_FAILED, "writes to the log"),
        (programs.COMPACTIONS_FAILED, "compactions"),
        (programs.MIMIR_WAL_FAILED, "writes to the log"),
    )
    return events(
        "Failures of the disk",
        "Writes and compactions that failed: samples a crash would lose, and disk that is not "
        "given back. More than none means a full or broken volume." + BAR + SERVERS + " Empty: "
        "no store is scraped.",
        *(
            (named(promql.increase(metric, JOB, STEP), "kind", kind), "{{job}} {{kind}}")
            for metric, kind in kinds
        ),
    )
