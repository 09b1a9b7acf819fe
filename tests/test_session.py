"""Every signal of the registry has a typed method, and the session calls every method."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from collections import defaultdict
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from fortuna_otel import Telemetry, meters, signals
from fortuna_otel.meters._meter import Meter
from fortuna_otel.testing import capture
from tests.session import play

if TYPE_CHECKING:
    from fortuna_otel.signals import Signal
    from fortuna_otel.testing import Capture, Point

OURS = [
    signal
    for signal in signals.ALL
    if signal not in signals.mandates.ALL and not signal.name.startswith("fortuna.telemetry.")
]
"""What services say; the rest is said by the mandates exporter and by the SDK of itself."""

CELLS = {"gauge", "counter", "histogram"}
"""Declarations by a signal's constant: what has a typed method needs none of them."""

INTERNAL = {
    *("stop", "hurry", "before_fork", "after_fork_in_parent", "after_fork_in_child"),
    *("judged_by", "no_longer_judged_by", "seen", "disturb", "distrust", "advance"),
    *("standing", "serves_only", "take_the_long_way", "verified"),
}
"""Methods that the process and other meters call, not the service."""


class Played(NamedTuple):
    """The session that was played: what it sent by signal, and the code that it ran."""

    desk: Capture
    sent: dict[str, list[Point]]
    called: set[CodeType]


@pytest.fixture(scope="module")
def played() -> Played:
    """Play the session."""
    called: set[CodeType] = set()
    sent: dict[str, list[Point]] = defaultdict(list)
    with capture() as desk:
        sys.setprofile(lambda frame, _event, _argument: called.add(frame.f_code))
        try:
            play(desk)
        finally:
            sys.setprofile(None)
    for point in desk.points():
        sent[point.name].append(point)
    return Played(desk, sent, called)


def public(kind: type[Any]) -> dict[str, Any]:
    """Return the public methods and properties of a class with their code."""
    found = {}
    for name, member in inspect.getmembers(kind):
        function = member.fget if isinstance(member, property) else member
        if not name.startswith("_") and isinstance(function, FunctionType):
            found[name] = inspect.unwrap(function).__code__
    return found


def kinds() -> list[type[Any]]:
    """Return every class that takes numbers from a service."""
    modules = [
        importlib.import_module(f"{meters.__name__}.{module.name}")
        for module in pkgutil.iter_modules(meters.__path__)
        if not module.name.startswith("_")
    ]
    found = [kind for module in modules for kind in vars(module).values()]
    takers = {kind for kind in found if isinstance(kind, type) and issubclass(kind, Meter)}
    return [Telemetry, *sorted(takers - {Meter}, key=lambda kind: kind.__name__)]


def test_all_of_the_session_is_right(played: Played) -> None:
    """Nothing is refused, and nothing sent that the registry does not know."""
    played.desk.check()


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_the_session_calls_every_public_method(played: Played, kind: type[Any]) -> None:
    """A method that is added to a meter is added to the session, and thereby to these tests."""
    left_out = INTERNAL | CELLS if kind is Telemetry else INTERNAL
    uncalled = {name for name, code in public(kind).items() if code not in played.called} - left_out
    assert uncalled == set()


def test_no_signal_needs_its_constant(played: Played) -> None:
    """The session knows typed methods only."""
    assert not played.called & {public(Telemetry)[name] for name in CELLS}


@pytest.mark.parametrize("signal", OURS, ids=lambda signal: signal.name)
def test_every_signal_has_a_typed_method(played: Played, signal: Signal) -> None:
    """It arrives with exactly its attributes, and each closed attribute with each of its values."""
    points = [point for point in played.sent[signal.name] if not point.ended]
    assert points
    assert {tuple(point.attributes) for point in points} == {signal.attributes}
    for attribute, enum in signal.closed:
        assert {point.attributes[attribute] for point in points} == set(enum)
