"""The board's queries, asked of the store as Grafana asks them, and held against the answers."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fortuna_otel.provisioning import panels, queries
from tests.e2e.hand import (
    answers_fills,
    answers_general,
    answers_health,
    answers_inventory,
    answers_orders,
    answers_quoting,
    answers_trades,
    facts,
)
from tests.e2e.hand.answering import ANSWERS, About, Between, Key, Perhaps, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

    from fortuna_otel.provisioning import PanelQuery
    from tests.e2e.hand.answering import Asked, Number
    from tests.e2e.hand.selection import Selection

SECTIONS: tuple[ModuleType, ...] = (
    answers_general,
    answers_inventory,
    answers_quoting,
    answers_orders,
    answers_trades,
    answers_fills,
    answers_health,
)
"""Where answers come from: each adds its own to `ANSWERS`."""

PATH = Path(__file__).parents[3] / "grafana-provisioning" / "dashboards" / "fortuna.json"
EXACT = 1e-9
"""Share by which sums of floats may differ."""

WHOLE_DAY = frozenset({"Kept by the hour"})
"""Panels that show the last day, whatever the dashboard's range is."""

Series = dict[Key, dict[float, float]]
"""Points of each series, by second of the story."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a panel, and the answer's name."""

    title: str
    sent: PanelQuery

    @property
    def key(self) -> tuple[str, str]:
        """What its answer is kept under."""
        return self.title, self.sent.ref


def board() -> dict[str, Any]:
    """Return the committed board."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def asked_of(selection: Selection, today: int, shown: Mapping[str, Any]) -> list[Query]:
    """List every query of the board for a selection."""
    titles = [panel["title"] for panel in panels(shown) for _ in panel.get("targets", ())]
    sent = queries(shown, selection.variables(today), range_seconds=facts.RANGE)
    return [Query(title, one) for title, one in zip(titles, sent, strict=True)]


class Store:
    """The store, by the clock of the story.

    Args:
        url: where it answers, up to `/api/v1`.
        story: Unix time at which the story begins, a whole second.
    """

    def __init__(self, url: str, story: int) -> None:
        self._url = url
        self.story = story

    def points(self, query: Query) -> range:
        """Return the seconds of the story that Grafana asks a query for.

        On the same seconds of the clock, whatever the range is.
        """
        if query.sent.instant:
            return range(facts.END, facts.END + 1)
        step = round(query.sent.step)
        assert step == query.sent.step, f"{query.key} has a step of {query.sent.step} s"
        length = facts.DAY if query.title in WHOLE_DAY else facts.RANGE
        first, last = (
            (self.story + t) // step * step - self.story for t in (facts.END - length, facts.END)
        )
        return range(first, last + 1, step)

    def ask(self, query: Query) -> Series:
        """Return what a query answers."""
        points = self.points(query)
        arguments = {"query": query.sent.expr}
        if query.sent.instant:
            return self._series("query", arguments | {"time": str(self.story + facts.END)})
        span = {
            "start": str(self.story + points[0]),
            "end": str(self.story + points[-1]),
            "step": str(points.step),
        }
        return self._series("query_range", arguments | span)

    def times(self, selector: str) -> dict[Key, tuple[float, ...]]:
        """Return when each stored sample of some series was taken."""
        span = f"{facts.END - facts.BEGIN + 600}s"
        end = str(self.story + facts.END)
        found = self._series("query", {"query": f"{selector}[{span}]", "time": end})
        return {key: tuple(sorted(points)) for key, points in found.items()}

    def values(self, label: str, selector: str) -> set[str]:
        """Return the values of a label that some series had in the dashboard's range."""
        arguments = urllib.parse.urlencode(
            {
                "match[]": selector,
                "start": str(self.story + facts.END - facts.RANGE),
                "end": str(self.story + facts.END),
            }
        )
        url = f"{self._url}/api/v1/label/{label}/values?{arguments}"
        with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - loopback
            return set(json.load(response)["data"])

    def _series(self, path: str, arguments: Mapping[str, str]) -> Series:
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self._url}/api/v1/{path}", data=urllib.parse.urlencode(arguments).encode()
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                result = json.load(response)["data"]["result"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.read().decode()}\n{arguments['query']}") from error
        found = {}
        for one in result:
            points = one["values"] if "values" in one else [one["value"]]
            key = frozenset((k, v) for k, v in one["metric"].items() if k != "__name__")
            found[key] = {at - self.story: float(value) for at, value in points}
        return found


def differences(query: Query, asked: Asked, found: Series, points: Sequence[int]) -> Iterator[str]:
    """Yield what a query returned and should not have, or the other way round."""
    answer = ANSWERS[query.key]
    for t in points:
        expected = answer(replace(asked, t=t, step=round(query.sent.step)))
        if expected is not None:
            got = {key: values[t] for key, values in found.items() if t in values}
            yield from _compared(expected, got, t)


def _compared(expected: Rows, got: Mapping[Key, float], t: int) -> Iterator[str]:
    for key in expected.keys() | got.keys():
        name = "{" + ", ".join(f"{k}={v}" for k, v in sorted(key)) + "}"
        if key not in got:
            if isinstance(expected.get(key), Perhaps):
                continue
            yield f"at {t} s: {name} is missing, must be {expected[key]}"
        elif key not in expected:
            yield f"at {t} s: {name} must not be there, is {got[key]!r}"
        elif not _same(expected[key], got[key]):
            yield f"at {t} s: {name} must be {expected[key]}, is {got[key]!r}"


def _same(expected: Number, got: float) -> bool:
    if isinstance(expected, Between):
        return expected.least <= got <= expected.most
    if isinstance(expected, About):
        return abs(expected.value - got) <= expected.within
    if math.isnan(expected):
        return math.isnan(got)
    return math.isclose(expected, got, rel_tol=EXACT, abs_tol=1e-11)
