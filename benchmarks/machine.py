"""What the figures were measured on, and whether it had time for them."""

from __future__ import annotations

import os
import platform
import re
import time
from importlib import metadata
from pathlib import Path

PEERS = (
    "opentelemetry-sdk",
    "opentelemetry-exporter-otlp-proto-http",
    "protobuf",
    "prometheus-client",
    "datadog",
)
BUSY = 0.5
"""Load average a core above which figures say more about the neighbours than about us."""


def facts() -> dict[str, str]:
    """Return what a reader needs to judge the figures, by name; nothing that names a machine."""
    return {
        "CPU": f"{_cpu()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        **{name: metadata.version(name) for name in PEERS},
    }


def _cpu() -> str:
    try:
        found = re.search(
            r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE
        )
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.machine()


def busy() -> float | None:
    """Return the load average of the last minute if it is too high to measure, else None."""
    load = os.getloadavg()[0]
    return load if load > BUSY * (os.cpu_count() or 1) else None


def calibrate() -> float:
    """Return the seconds one fixed piece of pure Python takes now, the best of a few tries.

    Virtual machines change their speed by a factor of up to two within minutes: how much this
    changes over a run says how far absolute figures may be off. Ratios are hardly touched.
    """
    best = float("inf")
    for _ in range(20):
        started = time.perf_counter()
        total = 0
        for number in range(20_000):
            total += number
        best = min(best, time.perf_counter() - started)
    return best
