"""What does telemetry cost, and who causes it?"""

from __future__ import annotations

from typing import Any

from fortuna_otel import recorded
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning._grafana import bargauge, common, common_models
from fortuna_otel.provisioning.panels import Column, Placed, Section, cell, grid, head, instant
from fortuna_otel.provisioning.pipeline import programs
from fortuna_otel.provisioning.pipeline.frame import curves, limit, number
from fortuna_otel.provisioning.pipeline.idioms import HOSTS, SERVICES, rate
from fortuna_otel.provisioning.pipeline.services import SERIES_LIMIT
from fortuna_otel.signals import health, mandates, quotes

# Series that name a client, for each of its books: what docs/series-budget.md adds up to with a
# watcher beside every engine. A test counts again.
BUDGET_A_BOOK = 299
# `memory_limiter` answers 503 from here: limit less spike (collector/single-host.yaml).
COLLECTOR_MEMORY_BYTES = (1024 - 200) * 2**20
LARGEST = 25


def section() -> Section:
    """Build the section."""
    return Section(
        "Cost, and who causes it",
        (
            Placed(_clients(), 0, 0, 12, 12),
            Placed(_signals(), 12, 0, 12, 12),
            Placed(_services(), 0, 12, 12, 8),
            Placed(_new(), 12, 12, 12, 8),
            Placed(_memory(), 0, 20, 12, 8),
            Placed(_cpu(), 12, 20, 12, 8),
        ),
    )


def clients() -> str:
    """Series that name each client."""
    return promql.live(recorded.CLIENT_SERIES, ("client",))


def books() -> str:
    """Books of each client that the mandates expect or a service reports."""
    expected = promql.term(mandates.BOOK, promql.BOOK)
    reported = promql.live(quotes.BOOK_INFO, promql.BOOK, aggregator="group")
    return promql.by("count", ("client",), f"{expected} or {reported}")


def _clients() -> Any:
    return grid(
        "Series, by client",
        "Series that name a client, counted once a minute over every service that sends them, the "
        "largest first. **share**: of all that name any client. **a book**: series ÷ its books; "
        f"the budget is {BUDGET_A_BOOK} with a watcher beside every engine "
        "(docs/series-budget.md). Market data name no client and are not in it. No variable "
        "applies. Empty cells: it has no book. Empty: nothing was counted within 150 s.",
        keys={"client": "client"},
        columns=(
            Column("series", clients(), number(unit="short")),
            Column(
                "share",
                f"{clients()} / on () group_left () sum({clients()})",
                cell(style.unit("percentunit", 1), style.gauge_cell(1)),
            ),
            Column("books", books(), number(unit="none")),
            Column(
                "a book",
                f"{clients()} / on (client) ({books()})",
                number(
                    (BUDGET_A_BOOK, style.WARN),
                    (2 * BUDGET_A_BOOK, style.ASK),
                    unit="none",
                    decimals=0,
                ),
            ),
        ),
        sort=(("series", True),),
        empty="not counted within 150 s",
    )


def _signals() -> Any:
    largest = f"topk({LARGEST}, {promql.live(recorded.SIGNAL_SERIES, ('signal',))})"
    return (
        head(
            bargauge.Panel(),
            "Series, by signal",
            f"The {LARGEST} signals with the most series, counted once a minute; a histogram's "
            "buckets are its own. What a book is allowed of each says docs/series-budget.md. No "
            "variable applies. Empty: nothing was counted within 150 s.",
        )
        .with_target(instant(f"sort_desc({largest})", "A", "{{signal}}"))
        .orientation(common_models.VizOrientation.HORIZONTAL)
        .display_mode(common_models.BarGaugeDisplayMode.BASIC)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .unit("short")
        .min(0)
        .thresholds(style.thresholds((None, style.TARGET)))
        .mappings([style.missing("not counted")])
    )


def _services() -> Any:
    each = promql.live(health.TELEMETRY_SERIES, ("job", "instance"), SERVICES)
    panel = curves(
        "Series of a service's largest process",
        "Series each service exports now, of the process that has the most. Dashed: what one "
        "process may have; more is refused and counted as dropped, reason `limit`. Host and "
        "service apply. Empty: no service of the selection exports.",
        (promql.by("max", ("job",), each), "{{job}}"),
        many=True,
    ).unit("short")
    return limit(panel, f"vector({SERIES_LIMIT})", "limit of a process")


def _new() -> Any:
    created = f"{rate(programs.SERIES_CREATED, ('job',))} or {_mimir_created()}"
    return curves(
        "New series",
        "Series a second that each store had not known, over $interval: deploys, new clients, "
        "labels that should not vary. In steady state next to none. No variable applies. Empty: "
        "no store is scraped.",
        (created, "{{job}}"),
    ).unit("cps")


def _mimir_created() -> str:
    return rate(programs.MIMIR_SERIES_CREATED, ("job",))


def _memory() -> Any:
    collectors = promql.live(programs.COLLECTOR_MEMORY, ("host_name",), HOSTS)
    servers = promql.live(programs.MEMORY, ("job", "instance"))
    panel = curves(
        "Memory",
        "What each program of the pipeline holds (resident set). Dashed: from here a Collector "
        "answers 503 until it has room again. The host applies to Collectors. Empty: none "
        "reports.",
        (collectors, "Collector {{host_name}}"),
        (servers, "{{job}} {{instance}}"),
    ).unit("bytes")
    return limit(panel, f"vector({COLLECTOR_MEMORY_BYTES})", "a Collector's limit")


def _cpu() -> Any:
    return curves(
        "Processors",
        "Processors each program of the pipeline keeps busy, over $interval. The host applies to "
        "Collectors. Empty: none reports.",
        (rate(programs.COLLECTOR_CPU, ("host_name",), HOSTS), "Collector {{host_name}}"),
        (rate(programs.CPU, ("job", "instance")), "{{job}} {{instance}}"),
    ).unit("none")
