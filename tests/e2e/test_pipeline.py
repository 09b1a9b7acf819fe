"""From a service to a PromQL answer through the real binaries, in every weather."""

from __future__ import annotations

import contextlib
import functools
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.e2e.pipeline import Pipeline, Sender, counter, gauge, point, wait
from tools.build import BuildError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.pipeline import PromQL, Receiver

pytestmark = pytest.mark.e2e

BOOK = {
    "client": "acme",
    "account": "acme-mm",
    "tag": "core",
    "venue": "binance",
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "settle": "",
    "source": "engine",
}
HOST = socket.gethostname()


def service(name: str) -> dict[str, str]:
    """A service's resource attributes."""
    return {
        "service__namespace": "desk",
        "service__name": name,
        "service__instance__id": f"{HOST}/{name}/0",
    }


def arrived(promql: PromQL, selector: str, samples: list[tuple[float, float]]) -> bool:
    """Tell whether exactly these samples are stored."""
    return promql.raw(selector) == samples


def sent(promql: PromQL, exporter: str, since: float) -> float:
    """Return how many points an exporter has sent, by a count that it took after that time."""
    count = f'otelcol_exporter_sent_metric_points_total{{exporter="{exporter}"}}'
    return promql.wait(f"sum({count} and timestamp({count}) > {since})")[0][1]


def test_a_sample_arrives_with_exactly_its_name_labels_and_value(
    pipeline: Pipeline, promql: PromQL
) -> None:
    """Plain OTLP/HTTP in; one series out, with nothing added but where it ran."""
    metric = gauge("fortuna.quote.spread", "1", point(0.00125, time.time(), **BOOK))
    assert pipeline.push(metric, **service("exact")) == 200
    [(labels, value)] = promql.wait('{__name__=~"fortuna_quote_spread.*", job="desk/exact"}')
    assert value == 0.00125
    assert labels == {
        "__name__": "fortuna_quote_spread_ratio",
        "job": "desk/exact",
        "instance": f"{HOST}/exact/0",
        "host_name": HOST,
        "deployment_environment_name": "demo",
        # An empty attribute is no label: Prometheus knows no difference.
        **{key: text for key, text in BOOK.items() if text},
    }


@pytest.mark.parametrize(
    ("name", "unit", "stored"),
    [
        ("fortuna.heartbeat.timestamp", "s", "fortuna_heartbeat_timestamp_seconds"),
        ("fortuna.market.bid", "{quote}", "fortuna_market_bid"),
        ("fortuna.mandate.spread.max", "1", "fortuna_mandate_spread_max_ratio"),
    ],
)
def test_names_of_gauges(
    pipeline: Pipeline, promql: PromQL, name: str, unit: str, stored: str
) -> None:
    """A unit becomes a suffix, an annotation in braces none."""
    job = f"names-{stored}"
    assert pipeline.push(gauge(name, unit, point(1, time.time())), **service(job)) == 200
    [(labels, _)] = promql.wait(f'{{__name__=~"fortuna_.*", job="desk/{job}"}}')
    assert labels["__name__"] == stored


@pytest.mark.parametrize(
    ("name", "unit", "stored"),
    [
        ("fortuna.orders.submitted", "{order}", "fortuna_orders_submitted_total"),
        ("fortuna.obligation.kept.time", "s", "fortuna_obligation_kept_time_seconds_total"),
    ],
)
def test_names_of_counters(
    pipeline: Pipeline, promql: PromQL, name: str, unit: str, stored: str
) -> None:
    """A counter says so at the end of its name."""
    job = f"names-{stored}"
    assert pipeline.push(counter(name, unit, point(1, time.time())), **service(job)) == 200
    [(labels, _)] = promql.wait(f'{{__name__=~"fortuna_.*", job="desk/{job}"}}')
    assert labels["__name__"] == stored


def test_what_a_service_says_of_its_host_wins(pipeline: Pipeline, promql: PromQL) -> None:
    """The Collector fills host and environment in only where they are missing."""
    metric = gauge("fortuna.market.bid", "{quote}", point(1, time.time()))
    status = pipeline.push(
        metric, **service("own"), host__name="mm-7", deployment__environment__name="staging"
    )
    assert status == 200
    [(labels, _)] = promql.wait('fortuna_market_bid{job="desk/own"}')
    assert labels["host_name"] == "mm-7"
    assert labels["deployment_environment_name"] == "staging"


def test_both_pipelines_deliver_and_nothing_is_doubled(pipeline: Pipeline, promql: PromQL) -> None:
    """A critical metric comes over both ways, another over the durable one; each is stored once."""
    exporters = ("otlp_http/critical", "otlp_http/durable")
    # A count taken late enough to hold whatever the tests before this one sent.
    settled = time.time() + 1
    before = {name: sent(promql, name, since=settled) for name in exporters}
    begun = time.time()
    times = [round(begun + step / 10, 3) for step in range(20)]
    critical = [point(at, at, loop="quote") for at in times]
    other = [point(at, at, loop="quote") for at in times]
    status = pipeline.push(
        gauge("fortuna.heartbeat.timestamp", "s", *critical),
        gauge("fortuna.test.elsewhere", "s", *other),
        **service("twice"),
    )
    assert status == 200
    for stored in ("fortuna_heartbeat_timestamp_seconds", "fortuna_test_elsewhere_seconds"):
        selector = f'{stored}{{job="desk/twice"}}'
        stored_all = functools.partial(arrived, promql, selector, [(at, at) for at in times])
        wait(stored_all, 10, f"every sample of {selector}, once each")

    # Nothing else sends while this test runs, so the Collector's own counts tell the ways apart.
    settled = time.time() + 1
    after = {name: sent(promql, name, since=settled) for name in exporters}
    assert {name: after[name] - before[name] for name in exporters} == {
        "otlp_http/critical": 20,
        "otlp_http/durable": 40,
    }


def test_a_crash_of_prometheus_loses_nothing(whole: Pipeline, promql: PromQL) -> None:
    """What was acknowledged while Prometheus was dead is there afterwards, once each."""
    with Sender(whole, "prometheus-dies") as sender:
        sender.wait(5)
        whole.kill("prometheus")
        sender.wait(30)  # six seconds at its pace
        whole.start("prometheus")
        sender.wait(10)
    assert sender.refused == 0
    sender.wait_stored(promql, 20)


def test_a_crash_of_the_collector_in_an_outage_loses_nothing(
    whole: Pipeline, promql: PromQL
) -> None:
    """The queue is on disk: a killed Collector sends after its restart what it had acknowledged."""
    with Sender(whole, "both-die") as sender:
        sender.wait(5)
        whole.kill("prometheus")
        sender.wait(10)
        whole.kill("collector")
        whole.start("collector")
        sender.wait(10)
        whole.start("prometheus")
        sender.wait(5)
    sender.wait_stored(promql, 20)


def test_a_hung_prometheus_does_not_reach_the_services(whole: Pipeline, promql: PromQL) -> None:
    """While Prometheus answers nothing, services still get 200 and lose nothing."""
    with Sender(whole, "prometheus-hangs") as sender:
        sender.wait(5)
        whole.signal("prometheus", signal.SIGSTOP)
        sender.wait(30)
        whole.signal("prometheus", signal.SIGCONT)
        sender.wait(5)
    assert sender.refused == 0
    sender.wait_stored(promql, 45)


def test_a_wrong_clock_harms_nobody_else(pipeline: Pipeline, promql: PromQL) -> None:
    """Samples far behind or ahead are dropped and counted; the others of the request are stored."""
    dropped = "sum(otelcol_processor_filter_datapoints_filtered_total) or vector(0)"
    before = promql.wait(dropped)[0][1]
    now = time.time()
    points = [
        point(1, now, symbol="good"),
        point(2, now - 4 * 3600, symbol="behind"),
        point(3, now + 1200, symbol="ahead"),
    ]
    assert pipeline.push(gauge("fortuna.test.clock", "s", *points), **service("clock")) == 200
    [(labels, value)] = promql.wait('fortuna_test_clock_seconds{job="desk/clock"}')
    assert (labels["symbol"], value) == ("good", 1)
    wait(lambda: promql.wait(dropped)[0][1] >= before + 2, 10, "the dropped samples' count")
    assert len(promql.query('fortuna_test_clock_seconds{job="desk/clock"}[5h]')) == 1


def test_the_marker_ends_a_series_at_once(pipeline: Pipeline, promql: PromQL) -> None:
    """A cancelled ladder level is gone the moment it is marked, not when the lookback ends."""
    now = round(time.time(), 3)
    for value, at in ((64_000.0, now - 2), (None, now - 1)):
        metric = gauge("fortuna.quote.ladder.price", "{quote}", point(value, at, level="3"))
        assert pipeline.push(metric, **service("ends")) == 200
    selector = 'fortuna_quote_ladder_price{job="desk/ends"}'
    wait(lambda: promql.value(selector, now - 1.001) == 64_000, 10, "the sample")
    wait(lambda: promql.value(selector, now - 1) is None, 10, "the marker")
    assert promql.value(selector, now - 1.001) == 64_000


def test_a_dead_series_is_gone_after_the_lookback(pipeline: Pipeline, promql: PromQL) -> None:
    """A crashed process's numbers leave after ten seconds, not after five minutes."""
    now = round(time.time(), 3)
    metric = gauge("fortuna.market.bid", "{quote}", point(1, now))
    assert pipeline.push(metric, **service("dies")) == 200
    selector = 'fortuna_market_bid{job="desk/dies"}'
    wait(lambda: promql.value(selector, now + 9.9) == 1, 10, "the sample")
    assert promql.value(selector, now + 10.1) is None


@pytest.mark.parametrize(
    "name",
    [
        "otelcol_exporter_queue_capacity",
        "otelcol_exporter_queue_size",
        "otelcol_exporter_sent_metric_points_total",
        "otelcol_process_memory_rss_bytes",
        "otelcol_process_uptime_seconds_total",
        "otelcol_receiver_accepted_metric_points_total",
    ],
)
def test_the_collector_watches_itself(pipeline: Pipeline, promql: PromQL, name: str) -> None:
    """Its own metrics are in the same Prometheus, fresh, under the names that the alerts read."""
    assert pipeline.push(gauge("fortuna.test.any", "s", point(1, time.time()))) == 200
    for labels, _ in promql.wait(name):
        assert labels["job"] == "fortuna/collector"
        assert labels["instance"] == f"{HOST}/collector"
        assert labels["host_name"] == HOST
    assert promql.wait(f"time() - max(timestamp({name})) < 5")


def test_prometheus_and_alertmanager_are_watched(promql: PromQL) -> None:
    """Failing rules and lost notifications are visible."""
    assert promql.wait('prometheus_rule_evaluation_failures_total{job="prometheus"}')
    assert promql.wait('alertmanager_notifications_failed_total{job="alertmanager"}')


def test_no_rule_fails_and_no_request_was_refused(promql: PromQL) -> None:
    """After everything above: every rule evaluates, and Prometheus took every request."""
    assert promql.wait("sum(prometheus_rule_evaluation_failures_total)")[0][1] == 0
    permanent = 'sum(otelcol_exporter_send_failed_metric_points_total{error_permanent="true"})'
    assert not promql.value(permanent)


def test_an_alert_reaches_slack_pagerduty_and_the_webhook(
    pipeline: Pipeline, receiver: Receiver
) -> None:
    """Alertmanager takes its secrets from files and speaks to each receiver in its own way."""
    labels = {"alertname": "PipelineTest", "severity": "page", "owner": "platform"}
    alert = {"labels": labels, "annotations": {"summary": "a test of the path"}}
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{pipeline.stack.url('alertmanager')}/api/v2/alerts",
        data=json.dumps([alert]).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        assert response.status == 200
    for kind in ("slack", "pagerduty", "webhook"):
        assert receiver.wait(kind, "PipelineTest")
    [page] = receiver.matching("pagerduty", "PipelineTest")
    assert page.body["event_action"] == "trigger"
    assert page.body["routing_key"] == "pagerduty-platform-routing-key"


SERVICE = """
import sys, time
from fortuna_otel import instrument

telemetry = instrument("e2e", namespace="desk", version="1.0")
book = telemetry.book(client="acme", venue="binance", symbol="BTC/USDT", account="acme-mm",
                      tag="core", role="quote", capital="client")
loop = telemetry.heartbeat("quote")
for turn in range(100_000):
    book.quotes.update(bids=[(63_990.0, 0.5)], asks=[(64_010.0, 0.25)], mid=64_000.0)
    book.orders.submitted("buy")
    loop.beat()
    print(turn, flush=True)
    if sys.stdin in __import__("select").select([sys.stdin], [], [], 0.1)[0]:
        break
telemetry.shutdown()
"""


@contextlib.contextmanager
def instrumented(pipeline: Pipeline, home: str) -> Iterator[subprocess.Popen[str]]:
    """A trading service in a process of its own, with our SDK; ended by a line on its stdin."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVICE],
        env={
            "OTEL_EXPORTER_OTLP_ENDPOINT": pipeline.stack.url("otlp"),
            "XDG_RUNTIME_DIR": home,
            "PATH": "",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def turns(process: subprocess.Popen[str], count: int) -> None:
    """Read that many more turns of the service's loop; its end is a failure."""
    assert process.stdout is not None
    for _ in range(count):
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.communicate()[1])


def test_instrument_to_promql(
    pipeline: Pipeline, promql: PromQL, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Five lines in a service; its spread, ladder and heartbeat, exactly as promised."""
    with instrumented(pipeline, str(tmp_path_factory.mktemp("slots"))) as process:
        turns(process, 20)
        [(labels, value)] = promql.wait('fortuna_quote_spread_ratio{job="desk/e2e"}')
        assert value == pytest.approx(20 / 64_000)
        assert labels.pop("instance").startswith(f"{HOST}/")
        assert labels == {
            "__name__": "fortuna_quote_spread_ratio",
            "job": "desk/e2e",
            "host_name": HOST,
            "deployment_environment_name": "demo",
            **{key: text for key, text in BOOK.items() if text},
        }
        prices = {
            (labels["side"], labels["level"]): value
            for labels, value in promql.wait('fortuna_quote_ladder_price{job="desk/e2e"}')
        }
        assert prices == {("bid", "1"): 63_990, ("ask", "1"): 64_010}
        assert promql.wait('time() - fortuna_heartbeat_timestamp_seconds{job="desk/e2e"} < 5')


def test_a_service_survives_a_dead_collector(
    whole: Pipeline, promql: PromQL, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The loop turns on while nobody listens, and its numbers are back with the Collector."""
    with instrumented(whole, str(tmp_path_factory.mktemp("slots"))) as process:
        turns(process, 15)
        promql.wait('fortuna_heartbeat_timestamp_seconds{job="desk/e2e"}')
        whole.kill("collector")
        turns(process, 60)
        whole.start("collector")
        returned = time.time()
        turns(process, 5)
        promql.wait(f'fortuna_heartbeat_timestamp_seconds{{job="desk/e2e"}} > {returned}', 20)
        # The counter kept counting meanwhile: no increment is lost with the Collector.
        promql.wait('fortuna_orders_submitted_total{job="desk/e2e"} >= 75', 20)


def test_missing_binaries_fail_with_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing is skipped where the tools are not built: the failure says what builds them."""
    monkeypatch.setenv("FORTUNA_OTEL_CACHE", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(BuildError, match=r"python3 tools/build\.py otelcol"):
        Pipeline(tmp_path_factory.mktemp("nothing"))
