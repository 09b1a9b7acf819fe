"""The Grafana board as code.

Needs the extra `fortuna-otel[provisioning]`. `build` gives the board's JSON, `render` the text that
is committed under `grafana-provisioning/`, `queries` what Grafana would send for it.
"""

from __future__ import annotations

from fortuna_otel.provisioning.board import build, render
from fortuna_otel.provisioning.interpolate import PanelQuery, panels, queries

__all__ = ["PanelQuery", "build", "panels", "queries", "render"]
