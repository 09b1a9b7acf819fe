"""Who is told of what: one routing file, from which Alertmanager and Grafana are configured.

`load` reads `alerting/routing.yaml` with every problem of it, `fortuna-otel alerts generate` writes
the configuration of both from it, `fortuna-otel alerts test-fire` proves that it reaches people.
docs/alerting.md explains the file. Needs the extra `mandates`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fortuna_otel.alerts.model import Routing
    from fortuna_otel.alerts.reader import RoutingError, load, loads

__all__ = ["Routing", "RoutingError", "load", "loads"]


def __getattr__(name: str) -> Any:
    # Imported on first use: the command line asks for our subcommands where the extra is missing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = "model" if name == "Routing" else "reader"
    return getattr(import_module(f"{__name__}.{home}"), name)
