"""What happens to the whole process: it forks, it is told to end, and it ends."""

from __future__ import annotations

import atexit
import multiprocessing.util
import os
import signal
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

from fortuna_otel._log import logger
from fortuna_otel.export.reader import SHUTDOWN_TIMEOUT

if TYPE_CHECKING:
    from types import FrameType


class Resident(Protocol):
    """Something with a thread, a connection and an identity, which a process has once."""

    def before_fork(self) -> None:
        """Keep locks that a child could not open from being copied."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Begin anew as another process."""

    def hurry(self) -> None:
        """Export now, without being waited for: the process may end soon."""

    def stop(self) -> None:
        """Begin to end."""

    def shutdown(self, timeout: float) -> None:
        """Say goodbye, within `timeout` seconds."""


living: weakref.WeakSet[Resident] = weakref.WeakSet()
"""Everything that is told."""


def _before_fork() -> None:
    for resident in list(living):
        resident.before_fork()


def _after_fork_in_parent() -> None:
    for resident in list(living):
        resident.after_fork_in_parent()


def _after_fork_in_child() -> None:
    for resident in list(living):
        resident.after_fork_in_child()


class _Leaving:
    """Whether the process says goodbye.

    No event: a signal handler may interrupt what sets it, and would wait for its lock for ever.
    """

    now = False


_leaving = _Leaving()


def at_exit() -> None:
    """Shut everything down, all at the same time: the wait for one is the wait for all."""
    _leaving.now = True
    deadline = time.monotonic() + SHUTDOWN_TIMEOUT
    residents = list(living)
    for resident in residents:
        resident.stop()
    for resident in residents:
        resident.shutdown(max(0.0, deadline - time.monotonic()))
    _leaving.now = False


class Sigterm:
    """Answer to SIGTERM, which by default ends a process without its exit handlers.

    - Nobody handled it: say goodbye, then die of it, as whoever sent it expects.
    - Somebody did: export at once without waiting, then leave it to them. They may go on trading
      for a while, so `stopped` is only said when the process exits.
    - It was ignored, or is handled outside of Python: it stays so.
    - The process is saying goodbye already: it goes on to.
    """

    def __init__(self) -> None:
        self._previous: Any = signal.SIG_DFL
        self._handling = False

    def install(self) -> None:
        """Install the handler; twice is once."""
        previous = signal.getsignal(signal.SIGTERM)
        if previous == self.handle:
            return
        if threading.current_thread() is not threading.main_thread():
            logger.warning(
                "SIGTERM is not handled: call instrument(handle_sigterm=True) in the main thread, "
                "the only one in which Python sets signal handlers"
            )
        elif previous is None or previous is signal.SIG_IGN:
            logger.warning(
                "SIGTERM is not handled: it is %s, and stays so",
                "ignored" if previous else "handled outside of Python",
            )
        else:
            self._previous = previous
            signal.signal(signal.SIGTERM, self.handle)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Do what is said above."""
        if self._handling:  # whoever came before us calls us, who call whoever did
            return
        self._handling = True
        try:
            if callable(self._previous):
                for resident in list(living):
                    resident.hurry()
                self._previous(number, frame)
            elif not _leaving.now:
                at_exit()
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)
        finally:
            self._handling = False


sigterm = Sigterm()


def _end_with_multiprocessing(_: object = None) -> None:
    """Say goodbye at the end of a multiprocessing child too, which skips the exit handlers."""
    multiprocessing.util.Finalize(None, at_exit, exitpriority=0)


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
_end_with_multiprocessing()
# A child forgets its parent's finalizers before it calls this.
multiprocessing.util.register_after_fork(living, _end_with_multiprocessing)
atexit.register(at_exit)
