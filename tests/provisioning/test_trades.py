"""What was traded: how it is drawn."""

from __future__ import annotations

from fortuna_otel import signals
from fortuna_otel.provisioning import trades


def test_every_component_has_its_colour() -> None:
    """A new component in the registry must be given one."""
    assert set(trades.COMPONENTS) == set(signals.trades.PNL_ATTRIBUTED.values("component") or ())
