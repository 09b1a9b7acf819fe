"""The replay buffer: requests that could not be delivered, until they can be."""

from __future__ import annotations

import gzip
import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fortuna_otel.export import wire
from fortuna_otel.signals.enums import DropReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from fortuna_otel.export.render import Request

MAX_AGE = 15 * 60.0
"""Seconds a request is kept; a quarter of an hour is well within what stores take late."""

OVERHEAD = 512
"""Bytes of memory a kept request costs beside its body, about."""


@dataclass(slots=True)
class _Kept:
    request: Request
    at: float

    @property
    def size(self) -> int:
        return len(self.request.body) + OVERHEAD


class Buffer:
    """Requests in the order of their time, compressed, bounded in age and in bytes.

    What has no place goes to `lost`, the oldest first. Any thread may use it.

    Args:
        limit: bytes of memory, at most.
        gzipped: whether the bodies of requests are compressed as they come.
        lost: called with each request that is dropped, and why.

    Attributes:
        size: bytes of memory in use, about.
    """

    def __init__(
        self, limit: int, *, gzipped: bool, lost: Callable[[Request, DropReason], None]
    ) -> None:
        self.limit = limit
        self.size = 0
        self._gzipped = gzipped
        self._lost = lost
        self._kept: deque[_Kept] = deque()
        self._lock = threading.RLock()  # a signal handler may end what it interrupts

    def __len__(self) -> int:
        """Return the number of requests that are kept."""
        return len(self._kept)

    def keep(self, request: Request, at: float, now: float) -> None:
        """Keep a request that was rendered `at` this time; both are monotonic seconds."""
        self.expire(now)
        if not self._gzipped:
            request.body = wire.compressed(request.body)
        for lost in self._place(_Kept(request, at)):
            # Without the lock: the line that is logged may take its time.
            self._lost(lost, DropReason.BUFFER_FULL)

    def _place(self, kept: _Kept) -> list[Request]:
        """Put it in its place, and return what has none any more."""
        if kept.size > self.limit:
            return [kept.request]
        lost = []
        with self._lock:
            while self.size + kept.size > self.limit:
                lost.append(self._take())
            place = len(self._kept)
            while place and self._kept[place - 1].at > kept.at:
                place -= 1
            self._kept.insert(place, kept)
            self.size += kept.size
        return lost

    def expire(self, now: float) -> None:
        """Drop what is too old."""
        lost = []
        with self._lock:
            while self._kept and now - self._kept[0].at > MAX_AGE:
                lost.append(self._take())
        for request in lost:
            self._lost(request, DropReason.EXPIRED)

    def oldest(self) -> tuple[Request, bytes] | None:
        """Return the oldest request and the body to send, None if nothing is kept."""
        with self._lock:
            if not self._kept:
                return None
            request = self._kept[0].request
        return request, request.body if self._gzipped else gzip.decompress(request.body)

    def remove(self, request: Request) -> None:
        """Take a request out, unless it had to make room meanwhile."""
        with self._lock:
            for place, kept in enumerate(self._kept):
                if kept.request is request:
                    del self._kept[place]
                    self.size -= kept.size
                    return

    def _take(self) -> Request:
        kept = self._kept.popleft()
        self.size -= kept.size
        return kept.request
