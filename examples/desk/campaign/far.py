"""The Collector of another host, as far as its own telemetry tells."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from examples.desk.campaign.scene import Scene

SEND_SECONDS: Final = 1.0
FAR_HOST: Final = "far-host"
UPTIME: Final = "otelcol_process_uptime"


class Collector:
    """Reports until the campaign's end: a Collector that was heard within the hour is missed.

    Args:
        endpoint: where to.

    Attributes:
        tells: what it reports, by name, as functions of the seconds it has run.
        silent: whether it reports nothing.
    """

    def __init__(self, endpoint: str) -> None:
        self.tells: dict[str, Callable[[float], float]] = {UPTIME: lambda ran: ran}
        self.silent = False
        self._endpoint, self._started = endpoint, time.time()
        self._ending = threading.Event()

    @classmethod
    def of(cls, scene: Scene) -> Collector:
        """Return the one of a scene, whichever fault asks first."""
        if scene.far is None:
            scene.far = cls(scene.telemetry["OTEL_EXPORTER_OTLP_ENDPOINT"])
            scene.keep(scene.far.running())
        return scene.far

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Report as long as inside."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ending.set()
            thread.join(5.0)

    def _run(self) -> None:
        while not self._ending.wait(SEND_SECONDS):
            if not self.silent:
                with contextlib.suppress(OSError):
                    self._send()

    def _send(self) -> None:
        ran = time.time() - self._started
        body = {
            "resourceMetrics": [
                {
                    "resource": {
                        "attributes": _attributes(
                            {
                                "service.namespace": "fortuna",
                                "service.name": "collector",
                                "service.instance.id": FAR_HOST,
                                "host.name": FAR_HOST,
                            }
                        )
                    },
                    "scopeMetrics": [
                        {
                            "scope": {"name": "campaign"},
                            "metrics": [
                                self._metric(name, tell(ran))
                                for name, tell in list(self.tells.items())
                            ],
                        }
                    ],
                }
            ]
        }
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self._endpoint}/v1/metrics",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - loopback
            pass

    def _metric(self, name: str, value: float) -> dict[str, Any]:
        point = {
            "timeUnixNano": str(time.time_ns()),
            "startTimeUnixNano": str(round(self._started * 1e9)),
            "asDouble": value,
        }
        if name == UPTIME:
            return {"name": name, "unit": "s", "sum": _counter(point)}
        exporter = {"exporter": "otlp_http/prometheus", "error_permanent": "true"}
        point = {**point, "attributes": _attributes(exporter)}
        if "queue" in name:
            return {"name": name, "gauge": {"dataPoints": [point]}}
        return {"name": name, "sum": _counter(point)}


def _counter(point: dict[str, Any]) -> dict[str, Any]:
    return {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [point]}


def _attributes(values: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
