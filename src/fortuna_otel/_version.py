"""The version of this SDK, as its data say it."""

from __future__ import annotations

import importlib.metadata


def sdk_version() -> str:
    """Return the version that is installed, `unknown` where the code runs without being so."""
    try:
        return importlib.metadata.version("fortuna-otel")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
