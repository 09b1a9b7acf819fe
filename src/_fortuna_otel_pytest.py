"""The pytest plugin of `fortuna_otel.testing`: the fixture `fortuna`.

It stands beside the package and not in it, because pytest imports it at every start, in projects
that never ask for the fixture too: importing it imports nothing of OpenTelemetry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fortuna_otel.testing import Capture


@pytest.fixture
def fortuna() -> Iterator[Capture]:
    """Telemetry without network or threads, and a clock to hold: `fortuna_otel.testing.Capture`.

    `fortuna_otel.instrument()` returns it while the test runs. At its end everything sent must be
    as the registry has it, and nothing may have been dropped that `fortuna.dropped()` did not say.
    """
    from fortuna_otel.testing import capture  # noqa: PLC0415  # half a second, for those who ask

    with capture() as captured:
        yield captured
        captured.check()
