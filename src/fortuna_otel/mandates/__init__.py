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
    from fortuna_otel.mandates.desk import (
        Account,
        Client,
        Exposure,
        Float,
        Loan,
        LossLimit,
        Mandates,
        Service,
    )
    from fortuna_otel.mandates.follow import Watch, watch
    from fortuna_otel.mandates.loader import load, loads
    from fortuna_otel.mandates.source import MandatesError, Problem
    from fortuna_otel.mandates.terms import Book, Obligation

__all__ = [
    "Account",
    "Book",
    "Client",
    "Exposure",
    "Float",
    "Loan",
    "LossLimit",
    "Mandates",
    "MandatesError",
    "Obligation",
    "Problem",
    "Service",
    "Watch",
    "load",
    "loads",
    "watch",
]

_HOMES = {
    "Book": "terms",
    "MandatesError": "source",
    "Obligation": "terms",
    "Problem": "source",
    "Watch": "follow",
    "load": "loader",
    "loads": "loader",
    "watch": "follow",
}


def __getattr__(name: str) -> Any:
    # Imported on first use: the command line asks for our subcommands where the extra is missing.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'desk')}"), name)
