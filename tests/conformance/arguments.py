"""Every public method of every meter, and arguments that it takes and that it cannot take.

Nothing is listed by hand but what a parameter *should* be: meters and methods are found by looking,
so that a new one is tested from its first day, or fails until its parameters are known.
"""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from fortuna_otel import DepthTerm, Obligation
from fortuna_otel.meters._meter import Meter
from fortuna_otel.telemetry import Telemetry
from tests.conformance.strategies import wrong_numbers
from tests.conformance.wire import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOK = {"client": "acme", "venue": "v", "symbol": "A/B:B", "account": "m", "tag": "t"}
TERMS = Obligation(
    mandate="m",
    client="acme",
    venue="v",
    symbol="A/B:B",
    spread_max=0.1,
    depth=(DepthTerm("bid", "1", 10.0),),
)
"""An obligation that the book serves."""

DECLARING: dict[str, Any] = {
    **BOOK,
    "asset": "A",
    "currency": "USD",
    "lender": "l",
    "loop": "q",
    "provider": "p",
    "stream": "book",
    "terms": TERMS,
}
"""What declarations are given, by parameter."""

NOT_METERS = {"counter", "gauge", "histogram"}
"""Declarations of a single cell: `test_cells_take_anything`."""

DECLARATIONS = {"attach", "detach", "replace", "bind"}
"""Methods of meters that declare: a wrong call is an error of the code, and says so."""

AMONG_METERS = {
    "advance",
    "distrust",
    "disturb",
    "judged_by",
    "no_longer_judged_by",
    "seen",
    "serves_only",
    "standing",
    "take_the_long_way",
    "verified",
}
"""What meters call on each other: nobody else has what these take."""

MEANT: dict[str, dict[str, str]] = {
    "Quotes.confirm": {"mid": "float | None"},
    "Quotes.update": {"bids": "Iterable", "asks": "Iterable", "mid": "float | None"},
}
"""What the parameters of the hottest methods are, which take anything and look at it later."""

OTHERWISE = {"Feed.error": "kind", "Orders.rejected": "reason", "Orders.unknown": "reason"}
"""Parameters whose closed set has an `other` for what is unknown: it has happened all the same."""

GOOD: dict[str, Any] = {
    "action": "submit",
    "armed": True,
    "asks": [(101.0, 1.0)],
    "bids": [(99.0, 1.0)],
    "direction": "in",
    "kind": "deposit",
    "levels": [(99.0, 1.0)],
    "liquidity": "maker",
    "origin": "venue",
    "outcome": "confirmed",
    "ranges": [(90.0, 110.0)],
    "reason": "timeout",
    "side": "buy",
    "status": "trading",
    "state": "quoting",
}
"""Good arguments, where a number, a label or truth is not enough; by parameter."""

GOOD_OF: dict[str, dict[str, Any]] = {
    "Account.flow": {"kind": "deposit", "direction": "in"},
    "Feed.error": {"kind": "timeout"},
    "Orders.open": {"bids": 1, "asks": 1},
    "Telemetry.state": {"state": "running"},
    "Trades.fill": {"fee": 0.1},
    "Venue.status": {"status": "ok"},
}
"""Good arguments of one method, where they are others, or where one makes another matter."""

LABELS: list[Any] = [None, 7, 1.5, b"x", [], {}, object(), "x" * 129, "tab\t", "\x00", float("nan")]
"""What cannot be a label, nor a word of a closed set."""

TRUTH: list[Any] = [None, object(), float("nan"), "no", [], np.bool_(True)]
"""What may stand where truth is expected: Python takes anything for it."""


class Endless:
    """Levels that fail in the middle."""

    def __iter__(self) -> Iterator[tuple[float, float]]:
        """Begin well."""
        yield 99.0, 1.0
        raise RuntimeError("the connection was lost while the book was read")


def wrong_levels() -> list[Any]:
    """Return what is no side of a book."""
    return [
        None,
        7,
        "99",
        [None],
        [7],
        [(99.0,)],
        [("a", "b")],
        [(float("nan"), 1.0)],
        [(99.0, float("inf"))],
        [(99.0, None)],
        [(-1.0, 1.0)],
        [(99.0, -1.0)],
        np.array([1.0, 2.0]),
        Endless(),
        object(),
    ]


@dataclass(frozen=True, slots=True)
class Method:
    """A public method of a meter, by how to get at it."""

    path: str  # of the meter from the telemetry, such as `book.quotes`
    name: str

    def __str__(self) -> str:
        return f"{self.path}.{self.name}".lstrip(".")

    def of(self, desk: Desk) -> Any:
        """Return the method of a desk."""
        target: Any = meters(desk.telemetry)[self.path]
        return getattr(target, self.name)


def meters(telemetry: Telemetry) -> dict[str, Any]:
    """Declare one meter of every kind, and return them and what they are made of, by path."""
    found: dict[str, Any] = {"": telemetry}
    for name, declare in inspect.getmembers(telemetry, inspect.ismethod):
        if name.startswith("_") or name in NOT_METERS:
            continue
        made = typing.get_type_hints(getattr(Telemetry, name), localns=_names()).get("return")
        if not (inspect.isclass(made) and issubclass(made, Meter)):
            continue
        needed = [
            parameter.name
            for parameter in inspect.signature(declare).parameters.values()
            if parameter.default is parameter.empty
        ]
        found[name] = declare(**{parameter: DECLARING[parameter] for parameter in needed})
    for path, meter in list(found.items()):
        for name, part in vars(meter).items():
            if not name.startswith("_") and isinstance(part, Meter):
                found[f"{path}.{name}"] = part
    found["obligation"].attach(found["book"])
    found["book"].trades.restore(position=0.0)
    return found


def _names() -> dict[str, Any]:
    """Return every class of the package by name: annotations are only imported for the checker."""
    import fortuna_otel  # noqa: PLC0415
    from fortuna_otel.export import cells  # noqa: PLC0415
    from fortuna_otel.signals import Signal  # noqa: PLC0415

    return {**vars(fortuna_otel), **vars(cells), "Signal": Signal}


@cache
def methods() -> tuple[Method, ...]:
    """Return every public method of every meter that is called while trading."""
    desk = Desk()
    found = [Method("", "state")]
    for path, meter in meters(desk.telemetry).items():
        if meter is desk.telemetry:
            continue
        found += [
            Method(path, name)
            for name, _ in inspect.getmembers(meter, callable)
            if not name.startswith("_") and name not in DECLARATIONS | AMONG_METERS
        ]
    return tuple(found)


def parameters(method: Any) -> dict[str, inspect.Parameter]:
    """Return a method's parameters."""
    found = inspect.signature(method).parameters
    meant = MEANT.get(owner(method))
    if meant is None:
        return dict(found)
    required = inspect.Parameter.empty
    return {
        name: found[name].replace(
            annotation=annotation,
            default=None if found[name].default is None else required,
        )
        for name, annotation in meant.items()
    }


def required(method: Any, name: str) -> bool:
    """Tell whether a parameter must be given."""
    return parameters(method)[name].default is inspect.Parameter.empty


def owner(method: Any) -> str:
    """Return a method as `Class.method`."""
    return f"{type(method.__self__).__name__}.{method.__name__}"


def good(method: Any) -> dict[str, Any]:
    """Return arguments that the method takes."""
    special = GOOD_OF.get(owner(method), {})
    return special | {
        name: _good(name, str(parameter.annotation))
        for name, parameter in parameters(method).items()
        if parameter.default is parameter.empty and name not in special
    }


def _good(name: str, annotation: str) -> Any:
    if name in GOOD:
        return GOOD[name]
    if annotation.startswith(("float", "int")):
        return 1.0
    if annotation.startswith("bool"):
        return True
    if annotation.startswith("str"):
        return DECLARING.get(name, "x")
    raise LookupError(f"say in GOOD what {name}: {annotation} should be")


def wrong(name: str, parameter: inspect.Parameter) -> list[Any]:
    """Return what the parameter cannot take and must count."""
    annotation = str(parameter.annotation)
    values: list[Any]
    if "Iterable" in annotation or "Sequence" in annotation:
        values = wrong_levels()
    elif annotation.startswith(("float", "int")):
        values = [None, *wrong_numbers()]
    elif annotation.startswith("str"):
        values = list(LABELS)
    elif annotation.startswith("bool"):
        return []
    else:
        raise LookupError(f"say what is wrong for {name}: {annotation}")
    if "None" in annotation:
        # Whatever is empty says that there is none, as None does.
        values = [value for value in values if value is not None and not _is_empty(value)]
    return values


def _is_empty(value: Any) -> bool:
    return isinstance(value, (str, bytes, list, tuple, dict)) and not value
