"""The type of the constants, and the lookups over them."""

from __future__ import annotations

import dataclasses
import json

import pytest

from fortuna_otel import signals
from fortuna_otel.signals import attributes, enums, health, orders, quotes


def test_a_closed_attribute_knows_its_values() -> None:
    """An attribute that others use with other values is narrowed to what fits this signal."""
    assert quotes.LADDER_PRICE.values("side") == frozenset({"bid", "ask"})
    assert orders.SUBMITTED.values("side") == frozenset({"buy", "sell"})
    assert health.SERVICE_STATE.values("state") == frozenset(enums.ServiceState)


def test_an_open_attribute_has_no_list_of_values() -> None:
    """A client may be called anything."""
    assert quotes.LADDER_PRICE.values("client") is None


def test_an_unknown_attribute_is_an_error_that_names_the_known() -> None:
    """A typo in an attribute shows what would have been right."""
    with pytest.raises(KeyError, match=r"no attribute 'cleint', only \('client',"):
        quotes.BID.values("cleint")


def test_a_histogram_is_three_families_in_the_store() -> None:
    """Readers of the store look for buckets, sum and count, not for the family's name."""
    assert orders.ACK_DURATION.series_names() == (
        "fortuna_orders_ack_duration_seconds_bucket",
        "fortuna_orders_ack_duration_seconds_sum",
        "fortuna_orders_ack_duration_seconds_count",
    )
    assert quotes.BID.series_names() == ("fortuna_quote_bid",)


def test_signals_are_found_by_either_name() -> None:
    """Each signal is found by its OpenTelemetry name and by the name of each of its series."""
    for signal in signals.ALL:
        assert signals.BY_NAME[signal.name] is signal
        for series in signal.series_names():
            assert signals.BY_PROMETHEUS[series] is signal


def test_a_signal_cannot_be_changed() -> None:
    """The constants are shared by a whole process."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        quotes.BID.unit = "s"  # type: ignore[misc]


def test_the_identity_comes_first_among_the_attributes() -> None:
    """A meter binds the identity once and adds the rest per series."""
    for signal in signals.ALL:
        identity = attributes.IDENTITIES[signal.per]
        assert signal.attributes[: len(identity)] == identity


def test_enum_members_are_their_values() -> None:
    """Members go onto the wire and compare with plain strings as they are."""
    assert json.dumps(enums.Band.PCT_0_5) == '"0.5"'
    assert f"{enums.Component.INVENTORY}" == "inventory"
