"""The parts of the Grafana SDK the board is built from, in one place.

The SDK warns on import that dashboards should use schema v2. File provisioning refuses v2
(grafana/grafana#127928), so v1 is the choice here and the warning is silenced where it arises.
"""

from __future__ import annotations

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import (
        barchart,
        bargauge,
        candlestick,
        common,
        dashboard,
        prometheus,
        stat,
        statetimeline,
        table,
        timeseries,
    )
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import candlestick as candlestick_models
    from grafana_foundation_sdk.models import common as common_models
    from grafana_foundation_sdk.models import dashboard as dashboard_models

__all__ = [
    "JSONEncoder",
    "barchart",
    "bargauge",
    "candlestick",
    "candlestick_models",
    "common",
    "common_models",
    "dashboard",
    "dashboard_models",
    "prometheus",
    "stat",
    "statetimeline",
    "table",
    "timeseries",
]
