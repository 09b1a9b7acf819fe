"""What the demonstration desk consists of: every process, in the order of starting."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
from typing import TYPE_CHECKING

from examples.desk.stack import Ports, Process, Stack

if TYPE_CHECKING:
    from pathlib import Path

    from fortuna_otel.mandates import Mandates

ENVIRONMENT = "demo"
ENGINE_PREFIX = "mm-"
# Whose accounts an independent watcher looks at; all of them would be a second desk's load.
WATCHED = ("acme", "globex", "umbra", "lumen")


def waves(
    run_dir: Path,
    ports: Ports,
    mandates: Mandates,
    mandates_file: Path,
    *,
    seed: int,
    colour: bool,
    world_file: Path | None = None,
    grafana: bool = True,
) -> list[list[Process]]:
    """Return the desk's processes: pipeline, then pager and exchange, then services and Grafana.

    The exchange lists what `world_file` trades, the mandates file unless another is given.

    The run directory also gets `ports.json` and an empty `overrides.json`, by which
    `examples.desk.faults` finds and changes the running desk. What an earlier run stored is
    removed: its exchange is gone, so its fills and positions are no longer true.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    for stored in ("data", "logs", "state"):
        shutil.rmtree(run_dir / stored, ignore_errors=True)
    (run_dir / "ports.json").write_text(json.dumps(dataclasses.asdict(ports)), encoding="utf-8")
    overrides = run_dir / "overrides.json"
    overrides.write_text("{}\n", encoding="utf-8")
    stack = Stack(run_dir, ports)
    exchange = f"http://127.0.0.1:{ports.exchange}"
    telemetry = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{ports.otlp}",
        "OTEL_RESOURCE_ATTRIBUTES": f"deployment.environment.name={ENVIRONMENT}",
    }

    def python(name: str, *arguments: str, ready: str | None = None, **env: str) -> Process:
        argv = (sys.executable, *arguments)
        return Process(name=name, argv=argv, env=telemetry | env, ready=ready)

    pager = f"http://127.0.0.1:{ports.pager}"
    pipeline = stack.components()
    outside = [
        python(
            *("pager", "-m", "examples.desk.pager", "--port", str(ports.pager)),
            ready=f"{pager}/",
            # The demo repeats the pager's lines on the user's terminal.
            **({"FORCE_COLOR": "1"} if colour else {}),
        ),
        python(
            "exchange",
            *("-m", "examples.desk.exchange", "--port", str(ports.exchange)),
            *("--mandates", str(world_file or mandates_file), "--seed", str(seed)),
            ready=f"{exchange}/_health",
        ),
    ]
    services = [
        python("mandates", "-m", "fortuna_otel.cli", "mandates", "export", str(mandates_file)),
        python(
            "rates",
            *("-m", "examples.desk.rates"),
            *("--mandates", str(mandates_file), "--exchange", exchange),
        ),
        *(
            python(
                engine,
                *("-m", "examples.desk.engine", "--service", engine),
                *("--mandates", str(mandates_file), "--exchange", exchange),
                *("--overrides", str(overrides), "--state-dir", str(run_dir / "state")),
            )
            for engine in (service.name for service in mandates.services)
            if engine.startswith(ENGINE_PREFIX)
        ),
    ]
    watched = [one for one in WATCHED if any(one == book.client for book in mandates.books)]
    if watched:
        services.append(
            python(
                "watcher",
                *("-m", "examples.desk.watcher", "--mandates", str(mandates_file)),
                *("--exchange", exchange),
                *(argument for client in watched for argument in ("--client", client)),
            )
        )
    board = stack.grafana() if grafana else None
    return [pipeline, outside, [*services, board] if board else services]
