"""Numbers on the wire are exact texts."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.desk.exchange.wire import decimal, reply, text


@given(number=st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_text_has_no_exponent_and_loses_nothing(number: Decimal) -> None:
    """Every decimal is written out, and read back is the same."""
    assert "E" not in text(number)
    assert decimal(text(number)) == number


@pytest.mark.parametrize("value", ["", "abc", "NaN", "Infinity", None])
def test_what_is_no_number_is_none(value: object) -> None:
    """A request's text that is not a finite number is told apart."""
    assert decimal(value) is None


def test_a_reply_writes_decimals_as_text() -> None:
    """Decimals become texts wherever they stand; the status and headers are as given."""
    response = reply({"a": [Decimal("1E-7")]}, 418, {"x": "y"})
    assert json.loads(bytes(response.body or b"")) == {"a": ["0.0000001"]}  # type: ignore[arg-type]
    assert (response.status, response.headers["x"]) == (418, "y")


def test_a_reply_refuses_what_has_no_wire_form() -> None:
    """An object that no venue would send is a mistake of ours, and shows at once."""
    with pytest.raises(TypeError, match="object has no place"):
        reply({"a": object()})
