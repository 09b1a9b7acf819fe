"""The stable identity of a process: `<host>/<service>/<slot>`.

Two live processes behind one instance id corrupt each other's counters, and a random id doubles
every sum on the board after a restart. A slot is therefore the lowest index that no live process
of the same service holds on this host, guarded by a lock that the kernel releases when the process
ends, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import socket
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from fortuna_otel._log import logger

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SLOTS = 4096

LONGEST_ADDRESS = 107
"""Bytes of a Unix socket's address."""


class Slot:
    """The lowest free index among the live processes of one service on this host.

    On Linux a slot is the address of an abstract Unix socket: every process that shares the
    network and so the host's name sees it, whatever its user, temporary directory or mounts.
    Elsewhere it is the lock of a file in the user's runtime directory.

    Args:
        job: the service.
        directory: where lock files are; given, it is files everywhere.
    """

    def __init__(self, job: str, directory: Path | None = None) -> None:
        self._job = job
        self._directory = directory
        self._file: int | None = None
        self.name = ""
        self.acquire()

    def acquire(self) -> None:
        """Take the lowest free slot and hold it until `release` or the end of the process.

        Where no lock can be had the process id stands in: unique among live processes, though
        not stable across a restart.
        """
        problem: object = f"all {MAX_SLOTS} slots of {self._job} are taken"
        for lock in self._locks():
            try:
                slot = self._lowest(lock)
            except OSError as error:
                problem = error  # there are no such locks here: try others
                continue
            if slot is None:
                break
            self.name = str(slot)
            return
        self.name = f"pid-{os.getpid()}"
        logger.warning(
            "no slot lock (%s): the instance id ends in %s and changes at every restart. "
            "Set XDG_RUNTIME_DIR to a writable directory, or service.instance.id in "
            "OTEL_RESOURCE_ATTRIBUTES",
            problem,
            self.name,
        )

    def release(self) -> None:
        """Let another process have the slot."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _locks(self) -> list[Callable[[int], int | None]]:
        if self._directory is None and sys.platform == "linux":
            return [self._address, self._lock]
        return [self._lock]

    def _lowest(self, lock: Callable[[int], int | None]) -> int | None:
        for slot in range(MAX_SLOTS):
            self._file = lock(slot)
            if self._file is not None:
                return slot
        return None

    def _address(self, slot: int) -> int | None:
        """Return a socket that has the slot as its address, None if another one has."""
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            holder.bind(address(self._job, slot))
        except OSError as error:
            holder.close()
            if error.errno == errno.EADDRINUSE:
                return None
            raise
        return holder.detach()

    def _lock(self, slot: int) -> int | None:
        """Return a file that is locked by us, None if it is by others."""
        stem = re.sub(r"[^\w.-]", "_", self._job)
        path = (self._directory or lock_directory()) / f"{stem}.{slot}.lock"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # flock, not lockf: the lock belongs to this open file, so that a fork's copy
            # can be closed without losing it.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        except OSError:
            os.close(file)
            raise
        return file


def address(job: str, slot: int) -> bytes:
    """Return the abstract address of a slot."""
    name = job.encode("utf-8", "backslashreplace")
    full = b"\0fortuna-otel/%s/%d" % (name, slot)
    if len(full) <= LONGEST_ADDRESS:
        return full
    return b"\0fortuna-otel/%s/%d" % (hashlib.sha256(name).hexdigest().encode(), slot)


def lock_directory() -> Path:
    """Return a directory of this user alone, made if need be.

    Raises:
        OSError: if there is none, or if somebody else owns it.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK | os.X_OK):
        directory = Path(runtime) / "fortuna-otel"
    else:
        directory = Path(tempfile.gettempdir()) / f"fortuna-otel-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise PermissionError(f"{directory} belongs to somebody else")
    return directory


class Identity:
    """Who this process is: the attributes of its resource.

    What the code says wins, then OTEL_RESOURCE_ATTRIBUTES, then what the host says.
    """

    def __init__(
        self,
        service: str,
        namespace: str | None = None,
        version: str | None = None,
        instance: str | None = None,
    ) -> None:
        said = {
            "service.name": service,
            "service.namespace": namespace,
            "service.version": version,
            "service.instance.id": instance or _declared_instance(),
        }
        resource = _resource({key: value for key, value in said.items() if value})
        self.attributes: dict[str, Any] = dict(resource.attributes)
        self.attributes.setdefault("host.name", socket.gethostname())
        self._job = job(service, self.namespace)
        self._slot: Slot | None = None
        self._stem = said["service.instance.id"]
        if not self._stem:
            self._stem = f"{self.attributes['host.name']}/{service}"
            self._take_slot()

    @property
    def namespace(self) -> str | None:
        """What the service belongs to, if anything."""
        return self.attributes.get("service.namespace")

    @property
    def instance(self) -> str:
        """The id of this process."""
        return str(self.attributes["service.instance.id"])

    def renew(self) -> None:
        """Take a slot of our own after a fork; a declared id is the parent's and gets it added.

        The stock Resource.create must not be called here: it starts threads, which the child of a
        fork cannot do before every library has renewed its locks.
        """
        self.release()
        self._take_slot()

    def release(self) -> None:
        """Let another process be who we were."""
        if self._slot is not None:
            self._slot.release()

    def _take_slot(self) -> None:
        self._slot = Slot(self._job)
        self.attributes["service.instance.id"] = f"{self._stem}/{self._slot.name}"


def _resource(said: dict[str, str]) -> Resource:
    """Return what is said, and what the deployment and the host say beside."""
    try:
        return Resource.create(said)
    except RuntimeError:  # it starts threads, which the end of the interpreter does not allow
        return OTELResourceDetector().detect().merge(Resource(said))


def job(service: str, namespace: str | None) -> str:
    """Return a service's name as Prometheus forms it: `namespace/name`."""
    return f"{namespace}/{service}" if namespace else service


def _declared_instance() -> str | None:
    """Return the instance id the deployment chose, in OTEL_RESOURCE_ATTRIBUTES."""
    value = OTELResourceDetector().detect().attributes.get("service.instance.id")
    return str(value) if value else None
