"""The version of this SDK."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from fortuna_otel._version import sdk_version

if TYPE_CHECKING:
    import pytest


def test_the_version_is_that_of_the_package() -> None:
    """Every batch of data says which SDK made it."""
    assert sdk_version() == importlib.metadata.version("fortuna-otel")


def test_code_that_is_not_installed_works_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout on the path has no metadata."""

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    assert sdk_version() == "unknown"
