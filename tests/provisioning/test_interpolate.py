"""Variables are substituted as Grafana's Prometheus data source does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fortuna_otel.provisioning.interpolate import duration_seconds, panels, queries, substitute
from tests.provisioning.evaluation import Raw, evaluate


def dashboard(*targets: dict[str, Any], **panel: Any) -> dict[str, Any]:
    """A board with one panel."""
    return {"panels": [{"type": "timeseries", "title": "price", "targets": list(targets), **panel}]}


def test_one_chosen_value_is_escaped_without_parentheses() -> None:
    """A dot in a value must not match any character, and PromQL needs its own backslash."""
    assert substitute('{asset=~"$asset"}', {"asset": ["USD.e"]}) == r'{asset=~"USD\\.e"}'


def test_several_values_become_alternatives() -> None:
    """Each is escaped by itself; a slash and a colon need nothing."""
    values = {"symbol": ["BTC/USDT", "ETH/USDT:USDT", "A+B"]}
    assert substitute('=~"$symbol"', values) == r'=~"(BTC/USDT|ETH/USDT:USDT|A\\+B)"'


def test_single_valued_variable_is_put_in_as_it_is() -> None:
    """Only for the PromQL string it stands in; a duration stands in none and needs nothing."""
    assert substitute("x[$interval]", {"interval": "15s"}) == "x[15s]"
    assert substitute("x[${today}s]", {"today": "3600"}) == "x[3600s]"
    assert substitute('="$one"', {"one": 'a\\b."c'}) == r'="a\\b.\"c"'


def test_backslash_in_a_multi_value_is_escaped_for_regex_and_string() -> None:
    """One backslash becomes four: the regex wants two, and the string wants each twice."""
    assert substitute("$x", {"x": ["a\\b"]}) == "a" + "\\" * 4 + "b"


HOSTILE = r"""a"} or vector(1) or x{b=~"' \.*"""


@pytest.mark.parametrize(
    ("selector", "chosen"),
    [
        ('{x="$one"}', {"one": HOSTILE}),
        ('{x=~"$several"}', {"several": [HOSTILE]}),
        ('{x=~"$several"}', {"several": ["other", HOSTILE]}),
    ],
)
def test_a_value_selects_itself_and_nothing_else(
    selector: str, chosen: dict[str, str | list[str]]
) -> None:
    """Quotes, backslashes and a regex in it do not leave the string that it stands in."""
    series = [Raw(f"x{{x={json.dumps(value)}}}", "1x9") for value in (HOSTILE, "a", "b")]
    assert evaluate(f"x{selector}", series, chosen, "5s") == {(("x", HOSTILE),): 1}


def test_a_value_with_a_quote_is_not_offered(board: dict[str, Any]) -> None:
    """Most versions of Grafana would put it into every query as it is."""
    for variable in board["templating"]["list"]:
        if variable["type"] == "query" and variable["name"] not in {"today", "bar"}:
            offered = re.compile(variable["regex"].strip("/"))
            values = {"acme": True, "BTC/USDT:USDT": True, "a\\b": True, 'a"b': False, "a'b": False}
            assert {one: bool(offered.search(one)) for one in values} == values, variable["name"]


def test_label_replace_groups_are_left_alone() -> None:
    """`$1` is no variable."""
    assert substitute('label_replace(x, "a", "$1", "b", "(.+)")', {}).count("$1") == 1


def test_unknown_variable_is_an_error() -> None:
    """A typo must not reach Prometheus as text."""
    with pytest.raises(KeyError, match="clinet"):
        substitute("$clinet", {"client": "acme"})


def test_range_and_intervals_follow_the_time_range() -> None:
    """$__range is the range; $__rate_interval is four scrapes at least, as Grafana computes it."""
    board = dashboard({"refId": "A", "expr": "a[$__range] b[$__rate_interval] c[$__interval]"})
    (found,) = queries(board, {}, range_seconds=900)
    assert found.expr == "a[900s] b[4s] c[1s]"
    assert found.step == 1.0
    assert not found.instant


def test_panel_interval_is_the_smallest_step() -> None:
    """A panel of candles asks one point a candle."""
    board = dashboard({"refId": "A", "expr": "c[$__interval]"}, interval="$interval")
    (found,) = queries(board, {"interval": "1m"}, range_seconds=900)
    assert (found.expr, found.step) == ("c[60s]", 60.0)


def test_long_range_widens_the_step() -> None:
    """There are no more points than pixels."""
    board = dashboard({"refId": "A", "expr": "c[$__interval]"}, interval="$interval")
    (found,) = queries(board, {"interval": "15s"}, range_seconds=86_400)
    assert found.step == pytest.approx(86.4)


def test_instant_query_has_no_step() -> None:
    """It is evaluated once."""
    (found,) = queries(dashboard({"refId": "A", "expr": "c", "instant": True}), {})
    assert (found.instant, found.step) == (True, 0.0)


def test_titles_are_substituted_too() -> None:
    """A result can be told to its market."""
    board = dashboard({"refId": "A", "expr": "c"}, title="ladder $one_symbol")
    (found,) = queries(board, {"one_symbol": "BTC/USDT"})
    assert found.panel == "ladder BTC/USDT"


def test_panels_of_collapsed_rows_are_found_and_rows_are_not() -> None:
    """A row shows nothing itself."""
    inner = {"type": "stat", "title": "inside"}
    board = {"panels": [{"type": "stat", "title": "top"}, {"type": "row", "panels": [inner]}]}
    assert [panel["title"] for panel in panels(board)] == ["top", "inside"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("15s", 15), ("1m", 60), ("2h", 7200), ("1d", 86_400)],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """Every unit of Grafana's interval variable."""
    assert duration_seconds(text) == seconds


def test_wrong_duration_says_how_to_write_one() -> None:
    """The message names the units."""
    with pytest.raises(ValueError, match="ms, s, m, h or d"):
        duration_seconds("soon")
