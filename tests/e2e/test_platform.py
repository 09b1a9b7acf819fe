"""What promtool cannot show: samples that arrive late or early, and the binaries' own metrics."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.e2e.pipeline import gauge, point, wait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.pipeline import Pipeline, PromQL

pytestmark = pytest.mark.e2e

PAUSE_SECONDS = 0.5


class Beating:
    """A service that beats, by a clock of its own.

    Args:
        pipeline: Where to.
        name: Its service.name and host.name: each on a path of its own.
        offset: How far its clock is ahead, in seconds.
    """

    def __init__(self, pipeline: Pipeline, name: str, offset: float = 0.0) -> None:
        self.name = name
        self.offset = offset
        self._pipeline = pipeline
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self) -> None:
        """Fall silent, as a crash does."""
        self._ending.set()
        self._thread.join(15)

    def _run(self) -> None:
        while not self._ending.wait(PAUSE_SECONDS):
            now = time.time() + self.offset
            offsets = [point(-self.offset, now, venue=venue) for venue in ("binance", "okx")]
            with contextlib.suppress(OSError):
                self._pipeline.push(
                    gauge("fortuna.heartbeat.timestamp", "s", point(now, now, loop="quote")),
                    gauge("fortuna.venue.clock.offset", "s", *offsets),
                    gauge("fortuna.orders.open", "{order}", point(3, now, client="acme")),
                    service__name=self.name,
                    service__instance__id=self.name,
                    host__name=self.name,
                )


@contextlib.contextmanager
def beating(*services: Beating) -> Iterator[None]:
    """Let services beat until the end of the block."""
    for service in services:
        service.start()
    try:
        yield
    finally:
        for service in services:
            service.stop()


def firing(promql: PromQL, alert: str, **labels: str) -> list[dict[str, str]]:
    """Return the labels of what fires now."""
    matchers = "".join(f',{name}="{value}"' for name, value in labels.items())
    found = promql.samples(f'ALERTS{{alertname="{alert}",alertstate="firing"{matchers}}}')
    return [names for names, _ in found]


def test_a_wrong_clock_is_found_and_is_no_silence(whole: Pipeline, promql: PromQL) -> None:
    """10 s slow or fast, each is named with its sign; neither is silent while it beats."""
    slow, fast = Beating(whole, "slow", -10.0), Beating(whole, "fast", 10.0)
    right = Beating(whole, "right")
    with beating(slow, fast, right):
        for service in (slow, fast):
            promql.wait(
                f'fortuna:host:clock_error_seconds{{host_name="{service.name}"}} '
                f"> {service.offset - 1} < {service.offset + 1}",
                60,
            )
        quiet_until = time.monotonic() + 15
        while time.monotonic() < quiet_until:
            for service in (slow, fast, right):
                assert not firing(promql, "ServiceSilent", host_name=service.name)
            assert not firing(promql, "PipelineBehind", host_name="slow")
            time.sleep(PAUSE_SECONDS)
        page = 'ALERTS{alertname="ClockSkewed",alertstate="firing",severity="page"}'
        for service in (slow, fast):
            promql.wait(page.replace("}", f',host_name="{service.name}"}}'), 120)
        assert not firing(promql, "ClockSkewed", host_name="right")
        assert not promql.samples("abs(fortuna:venue:clock_error_seconds) > 0.5")
        slow.stop()
        wait(lambda: firing(promql, "PipelineBehind", host_name="slow"), 60, "its end to be seen")


def test_what_the_store_refuses_pages(pipeline: Pipeline, promql: PromQL) -> None:
    """A request refused for good is counted from its first point on."""
    now = time.time()
    for value in (1.0, 2.0):
        assert pipeline.push(gauge("fortuna.test.twice", "s", point(value, now))) == 200
        wait(lambda: promql.samples("fortuna_test_twice_seconds"), 10, "the first one")
    [labels] = wait(
        lambda: firing(promql, "CollectorDropping", severity="page"), 60, "CollectorDropping"
    )
    assert labels["job"] == "fortuna/collector"
    assert labels["owner"] == "platform"


def test_a_dead_collector_pages_when_nobody_sends_through_it(
    whole: Pipeline, promql: PromQL
) -> None:
    """It is named, on its host; and the page resolves when it is back."""
    # Other tests' Collectors are gone too.
    own = {"host_name": socket.gethostname()}
    promql.wait(f'fortuna:collector:uptime_seconds{{host_name="{own["host_name"]}"}}')
    whole.kill("collector")
    [labels] = wait(lambda: firing(promql, "CollectorDown", **own), 90, "CollectorDown")
    assert labels["instance"].endswith("/collector")
    whole.start("collector")
    wait(lambda: not firing(promql, "CollectorDown", **own), 120, "CollectorDown to resolve")


def test_an_alertmanager_that_is_away_pages(whole: Pipeline, promql: PromQL) -> None:
    """Prometheus knows, whoever it can tell; a second path tells."""
    whole.kill("alertmanager")
    wait(lambda: firing(promql, "AlertDeliveryFailing", severity="page"), 90, "the alert")


@pytest.mark.parametrize(
    "name",
    [
        "otelcol_exporter_queue_capacity",
        "otelcol_receiver_refused_metric_points_total",
        "prometheus_notifications_dropped_total",
        "prometheus_rule_group_iterations_missed_total",
        "prometheus_rule_group_iterations_total",
        "process_start_time_seconds{job='prometheus'}",
        "up{job='alertmanager'}",
    ],
)
def test_the_rules_read_what_is_there(pipeline: Pipeline, promql: PromQL, name: str) -> None:
    """Under the names, and for the jobs, that platform.yaml reads."""
    assert pipeline.push(gauge("fortuna.test.any", "s", point(1, time.time()))) == 200
    assert promql.wait(name)


def test_no_rule_fails(pipeline: Pipeline, promql: PromQL) -> None:
    """After everything above."""
    with urllib.request.urlopen(f"{pipeline.stack.url('prometheus')}/-/ready", timeout=10) as ready:  # noqa: S310 - loopback
        assert ready.status == 200
    assert not promql.samples("prometheus_rule_evaluation_failures_total > 0")
