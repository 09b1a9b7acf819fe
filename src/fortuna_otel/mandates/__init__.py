"""What the desk promised its clients: the mandates file, its checks and its exporter.

```python
from fortuna_otel import mandates

desk = mandates.load("mandates.yaml")       # or MandatesError with every problem and its line
for obligation in desk.obligations:
    telemetry.obligation(obligation.terms())
```

Needs the extra: `pip install 'fortuna-otel[mandates]'`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fortuna_otel.mandates.loader import load, loads
    from fortuna_otel.mandates.source import MandatesError, Problem
    from fortuna_otel.mandates.terms import (
        Account,
        Book,
        Client,
        Exposure,
        Float,
        LossLimit,
        Mandates,
        Obligation,
        Service,
    )

__all__ = [
    "Account",
    "Book",
    "Client",
    "Exposure",
    "Float",
    "LossLimit",
    "Mandates",
    "MandatesError",
    "Obligation",
    "Problem",
    "Service",
    "load",
    "loads",
]

_HOMES = {"MandatesError": "source", "Problem": "source", "load": "loader", "loads": "loader"}


def __getattr__(name: str) -> Any:
    # Imported on first use: the command line asks for our subcommands where the extra is missing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'terms')}"), name)
