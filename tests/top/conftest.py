"""Small stores to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.top import scenes
from tests.top.prometheus import Prometheus, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.top.prometheus import Scene


@pytest.fixture(scope="session")
def desk() -> Scene:
    """The whole desk; evaluated once for every test that asks it."""
    return scenes.scene()


@pytest.fixture
def fake(desk: Scene) -> Iterator[Prometheus]:
    """A store that knows the whole desk."""
    with serving(desk) as fake:
        yield fake
