"""The Grafana SDK is needed to build panels, and for nothing else."""

from __future__ import annotations

import subprocess
import sys
import warnings

import pytest

from fortuna_otel.provisioning import _grafana


def test_expressions_are_read_without_the_sdk() -> None:
    """`fortuna-otel top` asks what the board asks on machines that have no Grafana SDK."""
    code = (
        "import sys; sys.modules['grafana_foundation_sdk'] = None\n"
        "from fortuna_otel.provisioning import board, obligations, variables\n"
        "print(obligations.spread())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "fortuna:obligation:spread_ratio{" in done.stdout


def test_a_part_is_imported_without_its_warning() -> None:
    """The SDK's advice to use schema v2 does not reach the user; what is asked for does."""
    part = _grafana._Part("builders.stat")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert part.Panel is part.Panel
    assert part.Panel.__module__ == "grafana_foundation_sdk.builders.stat"


def test_what_a_part_does_not_have_is_no_attribute() -> None:
    """A misspelt builder fails where it is written."""
    with pytest.raises(AttributeError, match="Pannel"):
        _ = _grafana._Part("builders.stat").Pannel
