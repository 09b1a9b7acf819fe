"""Flags."""

from __future__ import annotations

from typing import Any

import pytest

from fortuna_otel.meters._flags import flag


@pytest.mark.parametrize(("value", "expected"), [(True, 1.0), (False, 0.0), (1, 1.0), (0.0, 0.0)])
def test_a_flag_is_1_or_0(value: Any, expected: float) -> None:
    """Venues say it in truth values or in numbers."""
    assert flag(value, "armed") == expected


@pytest.mark.parametrize("value", ["false", "", b"0", None])
def test_text_and_nothing_are_no_flags(value: Any) -> None:
    """`"false"` would be true."""
    with pytest.raises(TypeError, match="armed is"):
        flag(value, "armed")
