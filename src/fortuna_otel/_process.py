"""What happens to the whole process: it forks, and it ends."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from typing import Protocol

from fortuna_otel.export.reader import SHUTDOWN_TIMEOUT


class Resident(Protocol):
    """Something with a thread, a connection and an identity, which a process has once."""

    def before_fork(self) -> None:
        """Keep locks that a child could not open from being copied."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Begin anew as another process."""

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


def at_exit() -> None:
    """Shut everything down, all at the same time: the wait for one is the wait for all."""
    deadline = time.monotonic() + SHUTDOWN_TIMEOUT
    residents = list(living)
    for resident in residents:
        resident.stop()
    for resident in residents:
        resident.shutdown(max(0.0, deadline - time.monotonic()))


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)
atexit.register(at_exit)
