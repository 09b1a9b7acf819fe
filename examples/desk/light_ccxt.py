"""ccxt's exchanges, each loaded alone.

`import ccxt` loads every exchange there is, twice: about 2.5 s of a core and 80 MB a process. The
desk starts six processes at once on two cores, and needs two exchanges. What is loaded here are
ccxt's own modules, unmodified; only the two packages' `__init__`, which import everything, wait
until somebody asks for them: `import ccxt` works afterwards as ever, with the same classes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

PACKAGES: Final = ("ccxt", "ccxt.async_support")


def load(venue: str) -> Any:
    """Return the async class of an exchange.

    Raises:
        ModuleNotFoundError: for an exchange that ccxt does not have.
    """
    return getattr(_alone(f"ccxt.async_support.{venue}"), venue)


def _alone(name: str) -> ModuleType:
    """Import one module of ccxt without running its packages' `__init__`."""
    found = importlib.util.find_spec("ccxt")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("ccxt is not installed: pip install 'ccxt>=4.5'")
    root = Path(found.origin).parent.parent
    missing = [package for package in PACKAGES if package not in sys.modules]
    for package in missing:
        stand_in = ModuleType(package)
        stand_in.__path__ = [str(root.joinpath(*package.split(".")))]
        sys.modules[package] = stand_in
    try:
        # Some of ccxt's modules take these from the package itself.
        for part in ("ccxt.base.errors", "ccxt.base.exchange"):
            classes = vars(importlib.import_module(part)).items()
            for package in missing:
                vars(sys.modules[package]).update(
                    {key: value for key, value in classes if isinstance(value, type)}
                )
        return importlib.import_module(name)
    finally:
        for package in missing:
            del sys.modules[package]


errors: Final[Any] = _alone("ccxt.base.errors")
