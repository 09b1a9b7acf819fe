"""What may become a label."""

from __future__ import annotations

from typing import Any

import pytest

from fortuna_otel import _text


@pytest.mark.parametrize("value", ["", "acme", "0.05%", "Zürich Büro", "a\\b", "x" * 128])
def test_printable_text_is_fine(value: Any) -> None:
    """Up to 128 characters, in any script."""
    assert _text.flaw(value) is None


@pytest.mark.parametrize("value", ["x" * 129, "a\nb", "\x7f", "\ud800", 'a"b', "a'b", None, 1])
def test_anything_else_is_not(value: Any) -> None:
    """Control characters and half a surrogate pair would poison a whole request, quotes a board."""
    assert _text.flaw(value)


def test_a_declaration_needs_text_and_says_so_with_an_example() -> None:
    """The remedy shows a value of that attribute."""
    _text.require(client="acme", tag="core")
    with pytest.raises(ValueError, match=r"client='' is empty: .* client='acme'"):
        _text.require(client="")
