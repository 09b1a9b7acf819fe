"""One call at a time, also where a signal handler makes one inside another."""

from __future__ import annotations

import functools
import threading
from collections import deque
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_T = TypeVar("_T")

PATIENCE = 0.1
"""Seconds the export waits for a meter that is busy."""

WAITING = 1_000
"""Calls that may wait inside another: one of microseconds is not interrupted that often."""


class Turns:
    """Makes calls that change one state, each as a whole.

    Another thread waits for its turn. The thread that has it may come again, from a signal handler
    or a finalizer that interrupted it: it cannot wait for itself, and must not change what the
    interrupted call has half done, so that its call is made as soon as that one ends.

    Args:
        lost: called in turn where too many calls waited, instead of those that were one too many.
    """

    def __init__(self, lost: Callable[[], None]) -> None:
        self._lost = lost
        self._lock = threading.RLock()
        self._busy = False
        self._waiting: deque[Callable[[], None]] = deque()

    def take(self, call: Callable[[], None]) -> None:
        """Make a call now, or, inside another of this thread, when that one ends."""
        with self._lock:
            waiting = self._waiting
            if len(waiting) < WAITING:
                waiting.append(call)
            elif len(waiting) == WAITING:
                waiting.append(self._lost)
            # Again, should a handler come after the last was made and before that is noted.
            while waiting and not self._busy:
                try:
                    self._busy = True
                    while waiting:
                        waiting.popleft()()
                finally:
                    self._busy = False

    def ask(self, call: Callable[[], _T]) -> _T | None:
        """Return what a call returns; None inside another of this thread."""
        answer: list[_T] = []
        with self._lock:
            if not self._busy:
                self.take(lambda: answer.append(call()))
        return answer[0] if answer else None

    def attempt(self, call: Callable[[], None]) -> None:
        """Make a call unless another is being made and does not end soon.

        A signal handler that ends the service may have interrupted whoever makes it, for ever: the
        export then does without the news of one meter rather than without all others.
        """
        if self._lock.acquire(timeout=PATIENCE):
            try:
                if not self._busy:
                    self.take(call)
            finally:
                self._lock.release()


class _InTurns(Protocol):
    _turns: Turns


_S = TypeVar("_S", bound=_InTurns)


def in_turn(
    method: Callable[Concatenate[_S, _P], None],
) -> Callable[Concatenate[_S, _P], None]:
    """Make every call of a method that raises nothing in its turn."""

    @functools.wraps(method)
    def taken(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
        self._turns.take(functools.partial(method, self, *args, **kwargs))

    return taken
