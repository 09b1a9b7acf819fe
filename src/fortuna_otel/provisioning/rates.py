"""What is everything valued at, and since when?"""

from __future__ import annotations

from typing import Any

from fortuna_otel import signals
from fortuna_otel.provisioning import promql, style
from fortuna_otel.provisioning.panels import Column, cell, grid


def table() -> Any:
    """Build the table of the rates that amounts are converted at."""
    keys = ("asset", "currency", "provider")
    scope = (*promql.ASSETS, *promql.REFERENCE)
    return grid(
        "Rates",
        "Price of one unit of each asset in $reference, by who supplies it, and **as of**: how "
        "long ago it was last confirmed, changed or not. A stablecoin is a market like any other. "
        "Asset and reference currency apply. Empty: nobody supplies a rate in $reference.",
        keys={"asset": "asset", "provider": "provider", "currency": "currency"},
        columns=(
            Column(
                "rate",
                promql.live(signals.market.REFERENCE_RATE, keys, scope),
                cell(style.unit("string"), style.aligned("right")),
            ),
            Column(
                "as of",
                promql.age(signals.market.REFERENCE_RATE_TIMESTAMP, keys, scope),
                cell(style.age(60, 300), style.width(70)),
            ),
        ),
        order=("asset", "rate", "as of", "provider"),
        sort=(("as of", True),),
        empty="no rate in the reference currency",
    )
