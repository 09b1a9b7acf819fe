"""Builders that panels share."""

from __future__ import annotations

from typing import Any

from fortuna_otel.provisioning import style
from fortuna_otel.provisioning.panels import Column, cell, grid, selecting


def built(*columns: Column, **arguments: Any) -> dict[str, Any]:
    """A table's JSON."""
    arguments = {"keys": {"venue": "exchange"}, "sort": [("price", True)]} | arguments
    panel: Any = grid("title", "description", columns=columns, **arguments)
    # Grafana's models encode their parts on demand.
    model: dict[str, Any] = panel.build().to_json()
    return model


def options(model: dict[str, Any]) -> dict[str, Any]:
    """How the table's fields are arranged."""
    arranged: dict[str, Any] = model["transformations"][-1].options
    return arranged


def test_columns_are_named_after_their_queries() -> None:
    """Grafana calls the values Value #A, Value #B: each becomes its column's title."""
    arranged = options(built(Column("price", "a"), Column("size", "b")))
    assert arranged["renameByName"] == {
        "venue": "exchange",
        "Value #A": "price",
        "Value #B": "size",
    }
    assert arranged["indexByName"] == {"venue": 0, "Value #A": 1, "Value #B": 2}


def test_the_value_of_a_single_query_has_no_letter() -> None:
    """With one query Grafana calls it Value, and a rename of Value #A would do nothing."""
    assert options(built(Column("price", "a")))["renameByName"]["Value"] == "price"


def test_keys_left_out_of_the_order_are_hidden() -> None:
    """A label can make a row without being shown."""
    arranged = options(
        built(
            Column("price", "a"),
            keys={"venue": "exchange", "mandate": "mandate"},
            order=("exchange", "price"),
        )
    )
    assert arranged["excludeByName"] == {"Time": True, "mandate": True}


def test_empty_cells_stay_empty() -> None:
    """The words for an empty table must not fill every empty cell."""
    model = built(Column("price", "a", cell(style.width(80))), empty="nothing here")
    assert model["fieldConfig"].defaults.no_value == "nothing here"
    for override in model["fieldConfig"].overrides:
        assert override.properties[0].id_val == "noValue"
        assert override.properties[0].value == " "


def test_link_names_columns_as_they_are_shown() -> None:
    """Data links see the renamed fields; All is passed as Grafana writes it."""
    (link,) = selecting(client="client", exchange="exchange", tag="$__all").value
    assert "var-client=${__data.fields.client}" in link["url"]
    assert "var-exchange=${__data.fields.exchange}" in link["url"]
    assert "var-tag=$__all" in link["url"]
