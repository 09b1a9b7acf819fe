"""What a failed call leaves of a position."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

from fortuna_otel.meters._meter import said

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")

_UNTIL = "the position is unknown until restore()"


class _HasPosition(Protocol):
    def _lose(self) -> None: ...


_S = TypeVar("_S", bound=_HasPosition)


def or_lose(
    method: Callable[Concatenate[_S, _P], None],
) -> Callable[Concatenate[_S, _P], None]:
    """Admit that the position is unknown if a call that changes it fails, arguments included."""

    @functools.wraps(method)
    def guarded(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        try:
            method(self, *args, **kwargs)
        except TypeError as error:
            self._lose()
            raise TypeError(f"{said(error)}; {_UNTIL}") from error
        except ValueError as error:
            self._lose()
            raise ValueError(f"{said(error)}; {_UNTIL}") from error
        except Exception:
            self._lose()
            raise

    return guarded
