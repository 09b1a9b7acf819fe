"""What all meters share."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum

    from fortuna_otel._clock import Clock
    from fortuna_otel.export.cells import Gauge
    from fortuna_otel.export.registry import Registry

_P = ParamSpec("_P")
_M = TypeVar("_M", bound="Meter")


class Meter:
    """Something that is bound to attributes and takes numbers."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    def _now(self) -> float:
        """Return the present Unix time in seconds."""
        return self._clock.time_ns() / 1e9

    def _usable(
        self, read: Callable[[object, str], float], value: object, what: str
    ) -> float | None:
        """Return what `read` makes of a value; drop and count what it refuses: it is unknown."""
        try:
            return read(value, what)
        except Exception as error:  # noqa: BLE001  # a venue's number may be anything
            self._registry.drop(DropReason.INVALID, f"{self!r}: {said(error)}")
            return None

    def _known(
        self, read: Callable[[object, str], float], value: object, what: str
    ) -> float | None:
        """Return what `_usable` does; None is fine and says that the number is unknown."""
        return None if value is None else self._usable(read, value, what)

    def _drop(self, call: str, why: object, reason: DropReason = DropReason.INVALID) -> None:
        """Drop and count what a call was given."""
        self._registry.drop(reason, f"{self!r}.{call}: {said(why)}")

    def _forget(self) -> None:
        """Return to the state of a meter that was just bound: called in the child of a fork."""


def harmless(
    method: Callable[Concatenate[_M, _P], None],
) -> Callable[Concatenate[_M, _P], None]:
    """Drop and count what a call cannot take, instead of raising into trading code."""

    @functools.wraps(method)
    def guarded(self: _M, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except (TypeError, ValueError) as error:
            self._drop(method.__name__, error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the desk trades on
            self._drop(method.__name__, error, DropReason.INTERNAL)

    return guarded


def said(why: object) -> str:
    """Return what an exception says, and its type where that says more: it may be anybody's."""
    name = type(why).__name__
    try:
        text = str(why)
    except Exception:  # noqa: BLE001  # not even that
        return name
    return text if isinstance(why, (str, TypeError, ValueError)) else f"{name}: {text}"


class OneHot:
    """A state as one gauge a value: 1 for the present one, 0 for those it left.

    All of them are bound at once: whoever else sets the same state leaves the same values, and the
    last state can be told whatever limit or lock stands in the way by then.
    """

    def __init__(self, values: type[StrEnum], bind: Callable[[str], Gauge]) -> None:
        self._values = values
        self._gauges = {state.value: bind(state.value) for state in values}

    def set(self, value: str) -> None:
        """Enter a state.

        Raises:
            ValueError: if there is no such state.
        """
        gauge = self.gauge(value)
        gauge.set(1.0)
        for other in self._gauges.values():
            if other is not gauge and other.value is not None:
                other.set(0.0)

    def gauge(self, value: str) -> Gauge:
        """Return the gauge of a state.

        Raises:
            ValueError: if there is no such state.
        """
        return self._gauges[choose(self._values, value, "state")]


def choose(values: type[StrEnum], value: str, what: str) -> str:
    """Return the value of a closed set.

    Raises:
        ValueError: if it is not in the set; the message names what is.
    """
    try:
        return values(value).value
    except ValueError:
        raise ValueError(f"{what}={value!r:.60} is none of {', '.join(values)}") from None


def choose_or(values: type[StrEnum], value: str, otherwise: StrEnum) -> str:
    """Return the value of a closed set, or the one that stands for everything else."""
    try:
        return values(value).value
    except ValueError:
        return otherwise.value
