"""For your tests: a telemetry without network or threads, whose clock you hold.

With pytest, ask for the fixture `fortuna`; it comes with the package:

    def test_the_engine_quotes_inside_its_band(fortuna):
        Engine().quote()  # calls fortuna_otel.instrument() as it does in production
        assert fortuna.value(quotes.SPREAD, client="acme") == pytest.approx(0.001)

Elsewhere, and for several services in one test, use `capture`. Everything but the connection is
real: what `value` returns was rendered to OTLP and parsed again with the official protobuf classes.
"""

from __future__ import annotations

from fortuna_otel.export.transport import TransportError
from fortuna_otel.testing._capture import Capture, capture
from fortuna_otel.testing._checks import problems
from fortuna_otel.testing._clock import FakeClock
from fortuna_otel.testing._points import MemoryTransport, Point, points_of

__all__ = [
    "Capture",
    "FakeClock",
    "MemoryTransport",
    "Point",
    "TransportError",
    "capture",
    "points_of",
    "problems",
]
