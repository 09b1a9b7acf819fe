"""Faults of the pipeline and of what watches it; each comes alone, since it blinds everybody."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

import yaml

from examples.desk.campaign.far import FAR_HOST, Collector
from examples.desk.campaign.fault import EVERYTHING, TICKET, Fault, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.desk.campaign.scene import Scene

# The outside heartbeat service is told this often, and pages when it misses two.
HEARTBEAT_SECONDS: Final = 30
# Long enough for a Collector to have been heard.
HEARD_SECONDS: Final = 20.0


def mandates_rejected(scene: Scene) -> Iterator[None]:
    """Somebody saves a mandates file that is wrong."""
    with scene.terms(scene.mandates.read_text("utf-8") + "\nclints: {}\n"):
        yield


def exporter_killed(scene: Scene) -> Iterator[None]:
    """The mandates exporter is killed, and nobody starts it again."""
    scene.gone(scene.signal("mandates", signal.SIGKILL))
    yield
    scene.start("mandates")


def mandates_missing(scene: Scene) -> Iterator[None]:
    """The mandates exporter beats, but reports no mandate."""
    scene.stop("mandates")
    hollow = scene.actor("mandates")
    hollow.say("heartbeat.beat", {"loop": "export"}, every=0.5)
    try:
        yield
    finally:
        hollow.end()
        scene.start("mandates")


def rate_missing(scene: Scene) -> Iterator[None]:
    """A client's exposure is agreed in an asset that nobody has a rate of."""
    content = scene.promised()
    content["clients"]["arbor"]["exposure"]["NOVA"] = {"target": "0 NOVA", "limit": "1 NOVA"}
    with scene.terms(content):
        yield


def collector_down(scene: Scene) -> Iterator[None]:
    """The Collector is killed: nothing that services say arrives."""
    scene.gone(scene.signal("collector", signal.SIGKILL))
    yield
    scene.start("collector")


def alertmanager_down(scene: Scene) -> Iterator[None]:
    """Alertmanager is killed and started again: what happened meanwhile is told then."""
    scene.gone(scene.signal("alertmanager", signal.SIGKILL))
    with scene.override("vertex", spread_multiplier=4.5):
        time.sleep(20)
        scene.start("alertmanager")
        yield


def prometheus_down(scene: Scene) -> Iterator[None]:
    """Prometheus is killed: the outside heartbeat service stops hearing from us."""
    scene.gone(scene.signal("prometheus", signal.SIGKILL))
    silent_since = time.time()

    def missed() -> bool:
        heard = float(scene.pager()["heartbeat"] or 0.0)
        return time.time() - max(heard, silent_since) > 2 * HEARTBEAT_SECONDS

    try:
        # Alertmanager believes what Prometheus said last for a minute.
        scene.wait(missed, "two heartbeats to be missed", 6 * HEARTBEAT_SECONDS)
    finally:
        scene.start("prometheus")
    yield


def far_collector(scene: Scene) -> None:
    """Have another host's Collector be heard."""
    Collector.of(scene)
    time.sleep(HEARD_SECONDS)


def far_collector_down(scene: Scene) -> Iterator[None]:
    """Another host's Collector is heard no more; the rest of the pipeline is."""
    far = Collector.of(scene)
    far.silent = True
    try:
        yield
    finally:
        far.silent = False


def far_collector_drops(scene: Scene) -> Iterator[None]:
    """Another host's Collector loses points for good: the store refuses them."""
    far = Collector.of(scene)
    far.tells["otelcol_exporter_send_failed_metric_points"] = lambda ran: 10.0 * ran
    yield
    del far.tells["otelcol_exporter_send_failed_metric_points"]


def far_queue_fills(scene: Scene) -> Iterator[None]:
    """The queue of another host's Collector is nine tenths full."""
    far = Collector.of(scene)
    far.tells["otelcol_exporter_queue_size"] = lambda _: 900.0
    far.tells["otelcol_exporter_queue_capacity"] = lambda _: 1_000.0
    yield
    far.tells["otelcol_exporter_queue_size"] = lambda _: 0.0


def rule_fails(scene: Scene) -> Iterator[None]:
    """A rule is loaded that cannot be evaluated."""
    rule = scene.run_dir / "rules" / "broken.yaml"
    rule.write_text(
        yaml.safe_dump(
            {
                "groups": [
                    {
                        "name": "broken",
                        "rules": [{"record": "broken", "expr": "up * on () group_left () up"}],
                    }
                ]
            }
        ),
        encoding="utf-8",
    )
    scene.signal("prometheus", signal.SIGHUP)
    try:
        yield
    finally:
        rule.unlink()
        scene.signal("prometheus", signal.SIGHUP)


FAULTS: Final = (
    Fault(
        "bad mandates file",
        mandates_rejected,
        (
            Told(
                "MandatesRejected",
                {},
                r"The last change of the mandates is refused: 1 problem in the file, "
                r"in force is what was read at .* UTC",
                severity=TICKET,
                owner="client-manager",
            ),
        ),
        frozenset({"file:mandates"}),
    ),
    Fault(
        "asset without a rate",
        rate_missing,
        (
            Told(
                "ReferenceRateMissing",
                {"asset": "NOVA"},
                r"NOVA has no rate in USD, for more than a minute \(one required\)",
                owner="platform",
            ),
        ),
        frozenset({"file:mandates"}),
        seconds=60,
    ),
    Fault(
        "mandates exporter killed",
        exporter_killed,
        (
            Told(
                "ServiceSilent",
                {"job": "desk/mandates"},
                r"desk/mandates is silent for \d+ s \(30 s allowed\), no live orders",
            ),
        ),
        EVERYTHING,
        seconds=60,
    ),
    Fault(
        "mandates exporter hollow",
        mandates_missing,
        (
            Told(
                "MandatesMissing",
                {},
                r"No mandates are reported: \d+ obligations are judged by the last known terms",
                owner="platform",
            ),
        ),
        EVERYTHING,
        seconds=160,
    ),
    Fault(
        "a Collector of another host down",
        far_collector_down,
        (
            Told(
                "CollectorDown",
                {"host_name": FAR_HOST},
                r"fortuna/collector on far-host has not been heard for more than 15 s .*",
                owner="platform",
            ),
        ),
        frozenset({"host:far-host"}),
        prepare=far_collector,
    ),
    Fault(
        "a Collector loses points",
        far_collector_drops,
        (
            Told(
                "CollectorDropping",
                {"host_name": FAR_HOST},
                r"fortuna/collector on far-host lost \d+ metric points for good .*",
                owner="platform",
            ),
        ),
        frozenset({"host:far-host"}),
        settle=120,
    ),
    Fault(
        "a Collector's queue fills",
        far_queue_fills,
        (
            Told(
                "CollectorQueueFilling",
                {"host_name": FAR_HOST},
                r"Queue otlp_http/prometheus of fortuna/collector on far-host is 90% full "
                r"\(80% allowed\)",
                severity=TICKET,
                owner="platform",
            ),
        ),
        frozenset({"host:far-host"}),
    ),
    Fault(
        "a rule fails",
        rule_fails,
        (
            Told(
                "RuleEvaluationFailing",
                {},
                r"\d+ rule evaluations failed within 5 min \(0 allowed\).*",
                owner="platform",
            ),
        ),
        frozenset({"prometheus"}),
        settle=120,
    ),
    Fault(
        "Collector down",
        collector_down,
        (
            Told(
                "PipelineBehind",
                {},
                r"Nothing fresh from \S+ for \d+ s \(3 s allowed\): \d+ services unseen",
                owner="platform",
            ),
        ),
        EVERYTHING,
        settle=60,
    ),
    Fault(
        "Alertmanager down, and a wide spread meanwhile",
        alertmanager_down,
        (
            Told(
                "SpreadTooWide",
                {"client": "vertex", "venue": "binance", "symbol": "VTX/USDT"},
                r"vertex on binance VTX/USDT: spread .*",
            ),
            Told(
                "SpreadTooWide",
                {"client": "vertex", "venue": "okx", "symbol": "VTX/USDT"},
                r"vertex on okx VTX/USDT: spread .*",
            ),
            Told(
                "AlertDeliveryFailing",
                {},
                r"Alertmanager does not answer for more than 10 s: nobody is paged by it",
                owner="platform",
            ),
        ),
        EVERYTHING,
        # Prometheus tells what fires again once a minute.
        seconds=100,
        settle=60,
    ),
    Fault("Prometheus down", prometheus_down, (), EVERYTHING, seconds=20, settle=10),
)
