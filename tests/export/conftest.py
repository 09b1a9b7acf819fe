"""What tests of the export share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fortuna_otel._log import Throttle
from fortuna_otel.export.registry import Registry
from fortuna_otel.testing import Capture, FakeClock, capture

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def desk() -> Iterator[Capture]:
    """Give a telemetry without network, and its clock."""
    with capture() as captured:
        yield captured


@pytest.fixture
def registry() -> Registry:
    """Give an empty registry."""
    return Registry(Throttle(FakeClock()))
