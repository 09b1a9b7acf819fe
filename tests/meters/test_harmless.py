"""Whatever a meter is given, it harms nobody: the promise that all of them make."""

from __future__ import annotations

import inspect
import itertools
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tests.session import book
from tests.test_session import INTERNAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel import Telemetry
    from fortuna_otel.testing import Capture


class Rude:
    """An object that fails at whatever is asked of it."""

    def _fail(self, *_: object) -> NoReturn:
        raise RuntimeError("no")

    __bool__ = __float__ = __int__ = __len__ = __iter__ = __lt__ = __gt__ = __eq__ = _fail
    __hash__ = None  # type: ignore[assignment]


ODD: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**400, -1.5, 1e308, float("nan"), float("inf"), "", "1", "buy", b"1"),
    *([], {}, [None], [(1.0,)], [(float("nan"), 1.0)], [("a", "b")], object(), Rude()),
)

METERS: dict[str, Callable[[Telemetry], Any]] = {
    "market": lambda t: t.market(venue="v", symbol="A/B"),
    "feed": lambda t: t.feed(venue="v", stream="book"),
    "venue": lambda t: t.venue("v"),
    "credential": lambda t: t.credential(venue="v", account="a"),
    "rate": lambda t: t.rate(asset="A", currency="USD", provider="p"),
    "account": lambda t: t.account(client="c", venue="v", account="a"),
    "loan": lambda t: t.loan(client="c", asset="A", lender="l", currency="USD"),
    "ledger": lambda t: t.ledger(client="c", account="a", currency="USD"),
    "chain": lambda t: t.chain("v"),
    "heartbeat": lambda t: t.heartbeat("q"),
    "book": book,
    "quotes": lambda t: book(t).quotes,
    "orders": lambda t: book(t).orders,
    "trades": lambda t: book(t).trades,
    "pool": lambda t: book(t).pool,
}
DECLARES = {"bind", "attach", "turn"}
"""Methods that are part of a declaration, or whose result is used."""


def calls(meter: Any) -> dict[str, Callable[..., None]]:
    """Return what trading code calls on a meter."""
    return {
        name: getattr(meter, name)
        for name, _ in inspect.getmembers(type(meter), inspect.isfunction)
        if not name.startswith("_") and name not in INTERNAL | DECLARES
    }


def names(call: Callable[..., None]) -> list[str]:
    """Return the names of a call's arguments."""
    return [
        parameter.name
        for parameter in inspect.signature(call).parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


@pytest.mark.parametrize("name", METERS)
def test_no_value_harms(desk: Capture, name: str) -> None:
    """Each odd value for each argument, and for all of them at once; the export goes on."""
    meter = METERS[name](desk.telemetry)
    for call in calls(meter).values():
        for odd in ODD:
            call(**dict.fromkeys(names(call), odd))
            for argument in names(call):
                call(**{**dict.fromkeys(names(call), 1.0), argument: odd})
    desk.export()
    heart = desk.telemetry.heartbeat("other")
    heart.beat()
    assert desk.value("fortuna.heartbeat.timestamp", loop="other") == desk.clock.now


@pytest.mark.parametrize("name", METERS)
def test_no_wrong_call_harms(desk: Capture, name: str) -> None:
    """Too few arguments, too many, and some that there are not: counted like wrong values."""
    meter = METERS[name](desk.telemetry)
    for (method, call), number in itertools.product(calls(meter).items(), range(2)):
        call(*[1.0] * 9 * number, nonsense=1)
        assert any(method in line for line in desk.dropped()), method
