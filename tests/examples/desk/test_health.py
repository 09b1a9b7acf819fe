"""A venue's status is what all accounts see of it, not what the last one saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from examples.desk.health import VenueHealth

if TYPE_CHECKING:
    from fortuna_otel.testing import Capture


@pytest.mark.parametrize("status", ["down", "maintenance"])
def test_a_venue_is_down_for_all_or_not_at_all(telemetry: Capture, status: str) -> None:
    """One account that fails is that account's trouble; one that is answered ends the venue's."""
    health = VenueHealth(telemetry.telemetry)
    for account in ("a", "b"):
        health.join("okx", account)
    health.tell("okx", "a", status)
    assert telemetry.values("fortuna.venue.status") == {}
    health.tell("okx", "b", status)
    assert telemetry.value("fortuna.venue.status", status=status) == 1
    health.tell("okx", "a", "ok")
    assert telemetry.value("fortuna.venue.status", status="ok") == 1
    health.tell("okx", "a", "")
    assert telemetry.value("fortuna.venue.status", status="ok") == 1
