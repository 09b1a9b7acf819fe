"""The Grafana boards as code.

Needs the extra `fortuna-otel[provisioning]`. `build` gives the desk's board and `pipeline.build`
the platform team's, `render` the text that is committed under `grafana-provisioning/`, `queries`
what Grafana would send for one.
"""

from __future__ import annotations

from fortuna_otel.provisioning import pipeline
from fortuna_otel.provisioning.board import build
from fortuna_otel.provisioning.interpolate import PanelQuery, panels, queries
from fortuna_otel.provisioning.layout import render

__all__ = ["PanelQuery", "build", "panels", "pipeline", "queries", "render"]
