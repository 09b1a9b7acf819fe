"""The parts of the Grafana SDK the board is built from, in one place.

A part is imported when a panel is first built with it: the expressions that the panels show are
read without the SDK, by the rules' tests and by `fortuna-otel top`.

The SDK warns on import that dashboards should use schema v2. File provisioning refuses v2
(grafana/grafana#127928), so v1 is the choice here and the warning is silenced where it arises.
"""

from __future__ import annotations

import importlib
import warnings
from typing import Any

__all__ = [
    "barchart",
    "bargauge",
    "candlestick",
    "candlestick_models",
    "common",
    "common_models",
    "dashboard",
    "dashboard_models",
    "encoder",
    "prometheus",
    "stat",
    "statetimeline",
    "table",
    "timeseries",
]


class _Part:
    """A module of the SDK, imported when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = f"grafana_foundation_sdk.{name}"

    def __getattr__(self, attribute: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            module = importlib.import_module(self._name)
        value = getattr(module, attribute)
        # The next time it is found without asking here.
        setattr(self, attribute, value)
        return value


barchart = _Part("builders.barchart")
bargauge = _Part("builders.bargauge")
candlestick = _Part("builders.candlestick")
common = _Part("builders.common")
dashboard = _Part("builders.dashboard")
prometheus = _Part("builders.prometheus")
stat = _Part("builders.stat")
statetimeline = _Part("builders.statetimeline")
table = _Part("builders.table")
timeseries = _Part("builders.timeseries")
encoder = _Part("cog.encoder")
candlestick_models = _Part("models.candlestick")
common_models = _Part("models.common")
dashboard_models = _Part("models.dashboard")
