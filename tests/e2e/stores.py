"""Both stores behind one Collector: the pipeline's Prometheus, and Mimir as we configure it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import urllib.request
from typing import TYPE_CHECKING, Self

from examples.desk.stack import ROOT, Ports
from tests.e2e.pipeline import START_SECONDS, STOP_SECONDS, PromQL, wait
from tools.build import binary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TENANT = "conformance"


class Stores:
    """A Collector that stores in Prometheus and Mimir what is pushed to it.

    Args:
        run_dir: An empty directory for data and logs.
        prometheus: One that runs.

    Attributes:
        otlp: Where to push to.
        prometheus: Questions to the one.
        mimir: Questions to the other.

    Raises:
        BuildError: A binary is not built yet; the message says how.
    """

    def __init__(self, run_dir: Path, prometheus: PromQL) -> None:
        # Nothing of these parts is asked for by the names that the ports have.
        ports = Ports.free()
        self.otlp = f"http://127.0.0.1:{ports.otlp}"
        self._mimir = f"http://127.0.0.1:{ports.prometheus}"
        self._health = f"http://127.0.0.1:{ports.health}"
        self.prometheus = prometheus
        self.mimir = PromQL(f"{self._mimir}/prometheus", {"X-Scope-OrgID": TENANT})
        self._run_dir = run_dir
        self._running: list[subprocess.Popen[bytes]] = []
        data = run_dir / "mimir"
        data.mkdir()
        self._commands: dict[str, tuple[list[str], dict[str, str], str]] = {
            "mimir": (
                [
                    str(binary("mimir")),
                    f"-config.file={ROOT / 'storage' / 'mimir.yaml'}",
                    "-config.expand-env",
                ],
                {
                    "FORTUNA_MIMIR_PORT": str(ports.prometheus),
                    "FORTUNA_MIMIR_GRPC_PORT": str(ports.alertmanager),
                    "FORTUNA_MIMIR_DATA": str(data),
                    "FORTUNA_ALERTMANAGER_URL": f"http://127.0.0.1:{ports.pager}",
                },
                f"{self._mimir}/ready",
            ),
            "collector": (
                [
                    str(binary("otelcol")),
                    *(
                        f"--config={ROOT / 'collector' / name}.yaml"
                        for name in ("single-host", "critical", "mimir")
                    ),
                ],
                {
                    "FORTUNA_OTLP_ENDPOINT": f"127.0.0.1:{ports.otlp}",
                    "FORTUNA_HEALTH_ENDPOINT": f"127.0.0.1:{ports.health}",
                    "FORTUNA_STORE_URL": prometheus.url,
                    "FORTUNA_MIMIR_URL": self._mimir,
                    "FORTUNA_TENANT": TENANT,
                    "FORTUNA_QUEUE_DIR": str(run_dir / "queue"),
                    "FORTUNA_QUEUE_BYTES": "100000000",
                    "FORTUNA_HOST_NAME": TENANT,
                    "FORTUNA_ENVIRONMENT": "test",
                    "GOMEMLIMIT": "400MiB",
                },
                self._health,
            ),
        }

    def __enter__(self) -> Self:
        try:
            for name, (argv, env, ready) in self._commands.items():
                self._start(name, argv, env, ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_SECONDS)
        self._running.clear()

    @property
    def all(self) -> Mapping[str, PromQL]:
        """The stores by name."""
        return {"prometheus": self.prometheus, "mimir": self.mimir}

    def metrics(self) -> str:
        """Return what Mimir says of itself."""
        with urllib.request.urlopen(f"{self._mimir}/metrics", timeout=5) as response:  # noqa: S310
            return str(response.read().decode())

    def upload(self, namespace: str, group: str) -> None:
        """Give Mimir's ruler a group of rules of the tenant, as YAML."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self._mimir}/prometheus/config/v1/rules/{namespace}",
            data=group.encode(),
            headers={"X-Scope-OrgID": TENANT, "Content-Type": "application/yaml"},
        )
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            assert response.status == 202

    def logs(self, lines: int = 25) -> str:
        """Return the end of each log."""
        parts = []
        for log in sorted(self._run_dir.glob("*.log")):
            text = log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
            parts.append(f"--- {log}\n" + "\n".join(text))
        return "\n".join(parts)

    def _start(self, name: str, argv: list[str], env: Mapping[str, str], ready: str) -> None:
        with (self._run_dir / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                argv,
                cwd=self._run_dir,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._running.append(process)

        def answers() -> bool:
            assert process.poll() is None, f"{name} ended:\n{self.logs()}"
            with contextlib.suppress(OSError), urllib.request.urlopen(ready, timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
            return False

        wait(answers, START_SECONDS, f"{name} to answer at {ready}")
