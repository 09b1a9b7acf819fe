"""Whatever stands in a file, loading it tells its problems, and nothing else happens."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fortuna_otel import mandates
from tests.mandates.conftest import GOOD, WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES = re.compile(r"(?<=[:,\[{] )[^\s{}\[\],:][^{}\[\],:\n]*")
STRANGE = st.sampled_from(
    [
        *("~", "''", "[]", "{}", "[1]", "{a: b}", "0", "-1", "1e400", "nan", "9" * 400, "null"),
        *("0 %", "1 bp", "101 %", "1 d", "401 d", "5 USDT", "5 X", "0001-01-01", "9999-12-31"),
        *("2200-12-31", "9999-12-31T23:59:59-14:00", "2026-02-29", "BTC/USDT", "a" * 200, "\\0"),
        *("&x [*x]", "!!python/none x", "é" * 65, "day", "month", "bid", "Pacific/Apia"),
    ]
)


def load(content: str | bytes) -> None:
    """Load a text; only its problems may be raised."""
    told = [mandates.Problem("f", 1, "", "nothing is wrong")]
    try:
        mandates.loads(content)
    except mandates.MandatesError as error:
        told = list(error.problems)
    assert told
    assert all(problem.what for problem in told)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from([GOOD, WHOLE]), st.data())
def test_any_value_anywhere(text: str, data: st.DataObject) -> None:
    """A value replaced by whatever fits nowhere, or a few of them."""
    for _ in range(data.draw(st.integers(1, 3))):
        spans = [match.span() for match in VALUES.finditer(text)]
        start, end = data.draw(st.sampled_from(spans))
        text = text[:start] + data.draw(STRANGE) + text[end:]
    load(text)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([GOOD, WHOLE]), st.data())
def test_any_piece(text: str, data: st.DataObject) -> None:
    """A file cut off anywhere, or with lines that moved."""
    lines = text.splitlines(keepends=True)
    start = data.draw(st.integers(0, len(lines)))
    end = data.draw(st.integers(start, len(lines)))
    moved = data.draw(st.integers(0, len(lines)))
    load("".join(lines[:start] + lines[end:moved] + lines[start:end])[: len(text) - moved])


def plain() -> st.SearchStrategy[Any]:
    """Draw what JSON may hold, with keys of the file among others."""
    keys = st.sampled_from(
        [*("clients", "services", "defaults", "obligations", "amendments", "venues", "acme")]
    )
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda below: st.lists(below, max_size=3) | st.dictionaries(keys, below, max_size=4),
        max_leaves=20,
    )


@settings(deadline=None, max_examples=200)
@given(plain())
@example({"clients": {"acme": {"amendments": [None], "venues": {"okx": []}}}, "services": {}})
def test_any_shape(shape: Any) -> None:
    """Mappings, lists and values where others belong."""
    load(json.dumps(shape))


@given(st.binary(max_size=200))
def test_any_bytes(content: bytes) -> None:
    """Bytes of no meaning."""
    load(content)


def test_a_stand_in_never_hides_a_problem(problems: Callable[[str], list[str]]) -> None:
    """A required value that is wrong is told once, whatever is judged in its place."""
    text = GOOD.replace("limit: 1 BTC", "limit: 1").replace("tolerance: 0.5 BTC", "tolerance: 5")
    assert len(problems(text)) == 2
